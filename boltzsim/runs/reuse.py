"""Operators and solutions reused between runs: discrete operators with their factors, solved sources, starts.

Contact currents, voltages, floats, spin potentials, driving fields and measures do not enter the operator. It is
linear: a source that is a combination of solved ones needs no solve. Points with other operators start from the
solutions of the point before, and share its grid where that is the same.
"""

from dataclasses import dataclass, replace

import numpy as np

from boltzsim.device.build import transport_of
from boltzsim.device.key import operator_key

#: Two sources are the same if no component differs by more than this share of its size.
SAME = 1e-13
#: Known sources may be combined if their sizes add up to at most so many times the size of the result.
AMPLIFIED = 10


class SolvedOperator:
    """A discrete operator and the sources it has been solved for.

    Parameters
    ----------
    transport : DeviceModel
    """

    def __init__(self, transport):
        self.transport, self.solved = transport, []

    def solve(self, source, rtol, start=None, **control):
        """Response to one source, combined from earlier responses where possible.

        Parameters
        ----------
        source : dict
            Arguments reservoirs and field of `Transport.solve`. The other parameters are also those of that method.
        rtol : float
        start : numpy.ndarray, optional
        **control
            max_products, progress.

        Returns
        -------
        Solution
            A combined solution has cost no sweeps.
        """
        drive = np.concatenate([np.ravel(source["reservoirs"]), source.get("field", np.zeros(3))])
        known = [entry for entry in self.solved if entry.rtol <= rtol]
        weights = _weights(drive, np.array([entry.drive for entry in known]))
        if weights is not None:
            return _combined(weights, [entry.solution for entry in known])
        solution = self.transport.solve(**source, start=start, rtol=rtol, **control)
        self.solved.append(_Solved(drive, rtol, solution))
        return solution


class Reuse:
    """Operators of the last run, kept for the next one, and its solutions as starts."""

    def __init__(self):
        self.operators, self.form, self.vectors, self.grid = {}, None, {}, None

    def prepare(self, case):
        """Drop the operators that a case cannot use, before others are built."""
        keys = {operator_key(case, name) for name in case.magnetic_states}
        self.operators = {key: operator for key, operator in self.operators.items() if key in keys}
        if self.form != _form(case):
            self.form, self.vectors = _form(case), {}

    def operator(self, case, reversed_contact):
        """The operator of a case, built if it is new."""
        key = operator_key(case, reversed_contact)
        if key not in self.operators:
            like = self.operators.get(operator_key(case))
            transport = transport_of(case, reversed_contact, like=like and like.transport, grid=self.grid)
            self.operators[key], self.grid = SolvedOperator(transport), transport.grid
        return self.operators[key]

    def start(self, reversed_contact, number, own=None):
        """A vector to start a source from, or None.

        Parameters
        ----------
        reversed_contact : str or None
        number : int
            Number of the source.
        own : numpy.ndarray, optional
            This point's solution with no contact reversed. The start is this plus the change that the reversal made at
            the last point.
        """
        last = self.vectors.get((reversed_contact, number))
        if own is None or last is None:
            return last if own is None else own
        return own + last - self.vectors[None, number]

    def finish(self, vectors):
        """Keep solution vectors, by (reversed contact, number of the source), for the next point."""
        self.vectors = vectors


@dataclass(frozen=True)
class _Solved:
    drive: np.ndarray
    rtol: float
    solution: object


def _form(case):
    """Properties of a case that fix the layout of a solution vector, and the axis along B of its spin frame."""
    B = np.array(case.field.B) * case.field.g
    axis = np.round(B / (np.linalg.norm(B) or 1.0), 12) + 0.0
    return case.grid.shape, case.grid.axes, case.degree, case.angles, case.walls, case.physics.model, tuple(axis)


def _weights(drive, known):
    """Weights of known drives (rows) that combine to a drive without cancelling, or None."""
    if not len(known):
        return None
    size = np.maximum(np.abs(known).max(0), np.abs(drive))
    size[size == 0] = 1.0
    weights = np.linalg.lstsq((known / size).T, drive / size)[0]
    weights[np.abs(weights) < SAME] = 0.0
    parts = weights[:, None] * known / size
    missing = np.abs(parts.sum(0) - drive / size).max()
    cancelling = np.abs(parts).sum() > AMPLIFIED * np.abs(drive / size).sum()
    return None if missing > SAME or cancelling else weights


def _combined(weights, solutions):
    """Weighted sum of solutions; its imbalance is what theirs can add up to, over the largest flux of the sum."""
    parts = [(w, s) for w, s in zip(weights, solutions, strict=True) if w]
    hardest = max((s for _, s in parts), key=lambda s: s.products)
    flux = sum(w * s.flux for w, s in parts)
    shares = [abs(w) * np.abs(s.flux).max(initial=0.0) for w, s in parts]
    shares = np.array(shares) / np.abs(flux).max() if len(parts) > 1 else np.ones(1)
    return replace(
        hardest,
        phi=sum(w * s.phi for w, s in parts),
        flux=flux,
        entering=sum(w * s.entering for w, s in parts),
        vector=sum(w * s.vector for w, s in parts),
        sweeps=0,
        charge_balance=float(shares @ [s.charge_balance for _, s in parts]),
        spin_balance=float(shares @ [s.spin_balance for _, s in parts]),
    )
