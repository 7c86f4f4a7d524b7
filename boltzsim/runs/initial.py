"""The initial state of a transient run: an isotropic shift, or the angular distribution of an earlier result."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from boltzsim.axes import AXES
from boltzsim.device.build import transport_of
from boltzsim.device.signals import wave
from boltzsim.errors import ConvergenceError
from boltzsim.result import Result


@dataclass(frozen=True)
class Earlier:
    """An earlier result to start from, and access to the angular distribution stored with it.

    Attributes
    ----------
    result : Result
    read_distribution : callable
        Fills an array with the stored distribution and returns its spin axes (rows); returns None without one.
    """

    result: Result
    read_distribution: Callable


def initial_distribution(case, transport, out, earlier=None):
    """Fill the angular distribution that a case starts from.

    Parameters
    ----------
    case : Case
    transport : Transport
        Any stage of the case's device.
    out : numpy.ndarray, shape `transport.sweep.distribution()`
    earlier : Earlier, optional
        For a case that starts from an earlier result.

    Returns
    -------
    numpy.ndarray, shape (cells, corners, moments, 4)
        Its moments.

    Raises
    ------
    CaseError
        If an earlier result does not fit this case, or holds no distribution.
    """
    if case.initial is not None and case.initial.kind == "result":
        return _earlier(case, transport, out, earlier)
    return transport.isotropic(_shift(case, transport.grid), out)


def _shift(case, grid):
    """Charge and spin potential at the corners, (cells, corners, 4)."""
    start, shape = case.initial, np.ones((len(grid.metal), grid.corners))
    if start is None:
        return np.zeros((*shape.shape, 4))
    if start.kind == "grating":
        shape = wave(case, grid, start)
    elif start.kind == "packet":
        for number, axis in enumerate(grid.axes):
            centre, width = (getattr(table, AXES[axis]) for table in (start.centre, start.width))
            if width is not None:
                shape = shape * np.exp(-0.5 * ((grid.corner_points()[number] - centre) / width) ** 2)
    return shape[:, :, None] * np.array([start.charge, *start.spin])


def _earlier(case, transport, out, earlier):
    result = earlier.result
    if fault := _mismatch(case, result.case):
        raise case.error(
            f"initial.file = '{case.initial.file}' has another {fault}; start from a result on the same grid"
        )
    if result.history is None:
        steady = transport_of(result.case)
        reservoirs = _reservoirs(result.case, result.terminals)
        field = result.case.drive.electric_field
        rtol, most = result.case.solver.rtol, result.case.solver.max_products
        solution = steady.solve(reservoirs, field, rtol=rtol, max_products=most)
        steady.advance(solution.vector, out, reservoirs, field)
        frame = steady.frame
    else:
        frame = earlier.read_distribution(out)
        if frame is None:
            raise case.error(
                f"initial.file = '{case.initial.file}' holds no angular distribution; "
                f"run its case again with time.keep_state = true"
            )
    if not np.isfinite(out).all():
        raise ConvergenceError(f"initial.file = '{case.initial.file}' leads to a distribution that is not finite")
    return transport.turned(out, frame)


def _reservoirs(case, terminals):
    """Potentials (contacts, 4) behind the contacts of a finished steady run."""
    found = np.zeros((len(case.contact), 4))
    for own, contact, voltage in zip(found, case.contact, terminals.voltage, strict=True):
        own[:] = [voltage, *contact.spin_voltage]
        if contact.electrode:
            spin = terminals.electrode_spin_potential[contact.name]
            own += spin * np.array([-contact.electrode.polarization, *contact.direction])
    return found


def _mismatch(case, earlier):
    """Name of the property in which an earlier case differs so that its distribution does not fit, or None."""
    for name in ("grid", "angles"):
        if getattr(case, name) != getattr(earlier, name):
            return name
    if case.walls.periodic != earlier.walls.periodic:
        return "walls.periodic"
    if not np.array_equal(case.material_index() < 0, earlier.material_index() < 0):
        return "set of cells that hold metal"
    return "degree of scattering" if case.degree != earlier.degree else None
