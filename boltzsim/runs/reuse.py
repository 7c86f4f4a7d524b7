"""Operators and solutions reused between runs: discrete operators with their factors, solved sources, starts.

Contact currents, voltages, floats, spin potentials, driving fields and measures do not enter the operator. It is
linear: a source that is a combination of solved ones needs no solve. Points with other operators start from the
solutions of the points before, and share their grid where that is the same. Where a mirror or a half turn carries one
source into another (`boltzsim.transport.symmetry`), its solution starts from the image of the other's: one sweep then
confirms it.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from boltzsim.device.build import transport_of
from boltzsim.device.key import operator_key
from boltzsim.transport.guess import Known
from boltzsim.transport.symmetry import symmetries

#: Two sources are the same if no component differs by more than this share of its size.
SAME = 1e-13
#: Known sources may be combined if their sizes add up to at most so many times the size of the result.
AMPLIFIED = 10


class Start(NamedTuple):
    """Where the solution of a source starts.

    Attributes
    ----------
    vector : numpy.ndarray or None
        None for zero.
    known : boltzsim.transport.guess.Known or None
        What improves it.
    sweeps : int
        How many it has taken.
    """

    vector: np.ndarray | None = None
    known: Known | None = None
    sweeps: int = 0


class SolvedOperator:
    """A discrete operator and the sources it has been solved for.

    Parameters
    ----------
    transport : DeviceModel
    """

    def __init__(self, transport):
        self.transport, self.solved = transport, []

    @cached_property
    def form(self):
        """`boltzsim.transport.symmetry.Form` of the operator; None for a diffusion model, which is solved directly."""
        return getattr(self.transport, "form", None)

    @cached_property
    def symmetries(self):
        """The operations that carry the operator into itself."""
        return [] if self.form is None else symmetries(self.form, self.form)

    def image(self, source, solved):
        """The `Start` of a source whose image under a symmetry has been solved for, None if there is no such source.

        Parameters
        ----------
        source : dict
        solved : sequence of (dict, numpy.ndarray)
            Sources that have been solved for, and vectors.
        """
        found = _carrying(self.symmetries, source, solved)
        if found is None:
            return None
        one, (other, vector) = found
        returned = self.transport.returned(vector, **other) if one.swept else ()
        return Start(one.image(vector, returned), sweeps=int(one.swept))

    def follows(self, source, others):
        """Whether a source is the image of one of some others."""
        return _carrying(self.symmetries, source, [(other, None) for other in others]) is not None

    def solve(self, source, rtol, start=None, **control):
        """Response to one source, combined from earlier responses where possible.

        Parameters
        ----------
        source : dict
            Arguments reservoirs and field of `Transport.solve`. The other parameters are also those of that method.
        rtol : float
        start : callable, optional
            Gives the `Start`, where the source is no combination.
        **control
            max_products, progress, watch.

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
        begin = Start() if start is None else start()
        solution = self.transport.solve(**source, start=begin.vector, known=begin.known, rtol=rtol, **control)
        solution = replace(solution, sweeps=begin.sweeps + solution.sweeps)
        self.solved.append(_Solved(drive, rtol, solution))
        return solution


class Reuse:
    """Operators of the last run, kept for the next one, and the solutions of the last two as starts."""

    def __init__(self):
        self.operators, self.layout, self.points, self.grid = {}, None, [], None

    def prepare(self, case):
        """Drop the operators that a case cannot use, before others are built."""
        keys = {operator_key(case, name) for name in case.magnetic_states}
        self.operators = {key: operator for key, operator in self.operators.items() if key in keys}
        if self.layout != _layout(case):
            self.layout, self.points = _layout(case), []

    def operator(self, case, reversed_contact):
        """The operator of a case, built if it is new."""
        key = operator_key(case, reversed_contact)
        if key not in self.operators:
            like = self.operators.get(operator_key(case))
            transport = transport_of(case, reversed_contact, like=like and like.transport, grid=self.grid)
            self.operators[key], self.grid = SolvedOperator(transport), transport.grid
        return self.operators[key]

    def start(self, operator, reversed_contact, source, number, own=None):
        """A vector to start a source from, or None.

        Parameters
        ----------
        operator : SolvedOperator
        reversed_contact : str or None
        source : dict
        number : int
            Number of the source.
        own : numpy.ndarray, optional
            This point's solution with no contact reversed. The start is this plus the change that the reversal made at
            an earlier point, unless that has the image of this source.
        """
        for point in self.points:
            image = point.image(operator.form, reversed_contact, source)
            if image is not None:
                return image
        point = min(self.points, key=lambda one: one.distance(operator.form), default=None)
        last = point and point.vector(operator.form, reversed_contact, number)
        if own is None or last is None:
            return last if own is None else own
        return own + last - point.vector(operator.form, None, number)

    def finish(self, case, sources, vectors):
        """Keep what has been solved, vectors by (reversed contact, number of the source), for the next points."""
        forms = {name: self.operator(case, name).form for name in case.magnetic_states}
        self.points = [_Point(forms, sources, vectors), *self.points[:1]]


class _Point:
    """Solutions of a point of a series; parameters as for `Reuse.finish`, with a `Form` by reversed contact."""

    def __init__(self, forms, sources, vectors):
        self.forms, self.sources, self.vectors = forms, sources, vectors
        self._found = {}  # a form of another point by reversed contact, and the operations that lead there

    def image(self, form, reversed_contact, source):
        """Vector of the image of a source that has been solved for here, None if there is no such source."""
        own = self.forms.get(reversed_contact)
        if form is None or own is None:
            return None
        if self._found.get(reversed_contact, (None,))[0] is not form:
            self._found[reversed_contact] = form, [one for one in symmetries(own, form) if not one.swept]
        solved = [(self.sources[k], vector) for (name, k), vector in self.vectors.items() if name == reversed_contact]
        found = _carrying(self._found[reversed_contact][1], source, solved)
        return None if found is None else found[0].image(found[1][1])

    def distance(self, form):
        """How far another device's precession is from this one's."""
        own = next(iter(self.forms.values()))
        return 0.0 if form is None or own is None else np.linalg.norm(own.precession - form.precession)

    def vector(self, form, reversed_contact, number):
        """The vector of a source for a device with some form, or None."""
        vector, own = self.vectors.get((reversed_contact, number)), self.forms.get(reversed_contact)
        if vector is None or form is None:
            return vector
        return form.reframed(vector, own) if form.fits(own) else None


@dataclass(frozen=True)
class _Solved:
    drive: np.ndarray
    rtol: float
    solution: object


def _layout(case):
    """Properties of a case that fix the layout of a solution vector."""
    return case.grid.shape, case.grid.axes, case.degree, case.angles, case.walls, case.physics.model


def _carrying(operations, source, solved):
    """The first operation that carries one of some pairs (source, vector) into a source, with that pair, or None."""
    found = ((one, pair) for one in operations for pair in solved if one.carries(pair[0], source))
    return next(found, None)


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
