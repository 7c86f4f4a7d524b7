"""Estimate of the time that a run takes, from a few sweeps of a small box of the same metal on this machine."""

import time

import numpy as np

from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.device import preflight
from boltzsim.device.metal import materials_of
from boltzsim.errors import ConvergenceError
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import BoundaryLaw, Wall, contact_law
from boltzsim.transport.singular import unique_solution
from boltzsim.transport.steady import Transport

#: Cells along each axis of the small box, by the number of gridded axes: large enough to fill the cores.
CELLS = {1: 128, 2: 16, 3: 6}
#: Products with the operator in the trial, and products that one source of a run usually takes.
TRIAL, USUAL = 4, 15


def run_time(case: Case) -> float:
    """Seconds that a steady kinetic run will roughly take: products, times that of one in the box, times the size.

    Raises
    ------
    ConvergenceError
        If the equations of the box have no unique solution.
    """
    with unique_solution():
        box = _box(case)
    source = np.zeros((1, 4))
    source[0, :2] = 1.0
    seconds = []
    for _ in range(2):  # the first pass loads the compiled kernels
        start = time.perf_counter()
        try:
            solution = box.solve(source, rtol=1e-13, max_products=TRIAL)
            sweeps = solution.sweeps
        except ConvergenceError:
            sweeps = TRIAL + 1
        seconds.append((time.perf_counter() - start) / sweeps)
    size = preflight.size(case).corners / (CELLS[len(case.grid.axes)] * 2) ** len(case.grid.axes)
    return seconds[-1] * size * USUAL * preflight.sources(case)


def _box(case: Case) -> Transport:
    """A box of the case's first metal with its directions and cell size, and one contact."""
    axes = case.grid.axes
    cells = (CELLS[len(axes)],) * len(axes)
    grid = Grid(
        axes=tuple(AXES.index(a) for a in axes),
        cells=cells,
        spacing=tuple(case.grid.spacing(a) for a in axes),
        material=np.zeros(np.prod(cells), int),
        periodic=(False,) * len(axes),
    )
    face = np.prod(cells[1:], dtype=int)
    walls = {(number, upper): Wall(0.0, BoundaryLaw(), None) for number in range(len(axes)) for upper in (False, True)}
    walls[0, False] = Wall(0.0, BoundaryLaw(), np.ones(face, int))
    return Transport(grid, preflight.ordinates(case.angles), materials_of(case)[:1], walls, [contact_law(1.0)])
