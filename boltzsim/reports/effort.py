"""Estimate of the time that a run takes, from the speed of matrix products on this machine.

A sweep is mostly products of moments with directions. How long it takes beside the same products in NumPy, and how much
the preconditioner adds, was measured with `scripts/bench.py` (scripts/README.md). Nothing is compiled for the estimate,
which is good within a factor of about two.
"""

import time

import numpy as np

from boltzsim import machine
from boltzsim.case.case import Case
from boltzsim.device import preflight

#: Time of a sweep over that of its products in NumPy, by the number of gridded axes.
SWEEP = {1: 0.75, 2: 0.9, 3: 1.25}
#: Time of an iteration over that of its sweep: the preconditioner takes a quarter to a half of a solve.
ITERATION = {1: 1.3, 2: 1.8, 3: 1.3}
#: Sweeps that one source usually takes: about 15 products, and some until the currents balance.
SWEEPS = 20
#: Sweeps that each of the two stages of a step in time usually takes: about 9 products.
STAGE = 10
_TRIAL = 200_000  # values of the distribution in the timed products


def run_time(case: Case) -> float | None:
    """Seconds that a kinetic run will roughly take on all processors, compiling aside; None where steps are chosen."""
    if case.time is None:
        sweeps = preflight.sources(case) * SWEEPS
    elif (steps := preflight.steps(case)) is not None:
        sweeps = len(case.magnetic_states) * 2 * steps * STAGE
    else:
        return None
    size, directions = preflight.size(case), len(preflight.ordinates(case.angles).weights)
    axes, values = len(case.grid.axes), 4 * size.corners * directions
    each = _product_time(size.moments, directions) * SWEEP[axes] * ITERATION[axes]
    return sweeps * values * each / machine.processors()


def _product_time(moments: int, directions: int) -> float:
    """Seconds for each value of a distribution that both products, to directions and back to moments, take in NumPy."""
    table = np.ones((directions, moments))
    phi = np.ones((moments, max(1, _TRIAL // directions)))
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        psi = table @ phi
        table.T @ psi
        seconds.append((time.perf_counter() - start) / psi.size)
    return min(seconds)
