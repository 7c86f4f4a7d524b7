"""Estimate of the time that a run takes, from the speed of matrix products on this machine.

An iteration is a sweep and what the preconditioner and GMRES add to it. It takes a multiple of the time that the
products of moments with directions take in NumPy, alike in one, two and three dimensions, and some milliseconds
whatever the size. These numbers, and the sweeps of a source, were measured on the shipped cases (scripts/README.md).
Nothing is compiled for the estimate, which is good within a factor of about two.
"""

import time

import numpy as np

from boltzsim import machine
from boltzsim.case.case import Case
from boltzsim.device import preflight
from boltzsim.device.energies import varies_with_energy

#: Processor time of an iteration over that of the products of its sweep in NumPy.
ITERATION = 6.5
#: Seconds of an iteration of a tiny device.
LEAST = 5e-3
#: Sweeps of one source, those for residual and confirmation included: 8 to 14 in the shipped cases at rtol 1e-8.
SWEEPS = 13
#: Sweeps of each of the two stages of a step in time: 3 for a grating, 5 with contacts.
STAGE = 5
#: Iterations that the set-up of the operator and its preconditioner takes as long as.
SETUP = 8
#: Energies at which a device with a temperature is solved: 7 to 23.
ENERGIES = 15
_TRIAL = 200_000  # values of the distribution in the timed products


def run_time(case: Case) -> float | None:
    """Seconds that a kinetic run, or one point of a series, will roughly take; None where steps are chosen on the way.

    On all processors, compiling aside.
    """
    if case.time is None:
        sweeps = preflight.sources(case) * SWEEPS
    elif (steps := preflight.steps(case)) is not None:
        sweeps = len(case.magnetic_states) * 2 * steps * STAGE
    else:
        return None
    size, directions = preflight.size(case), len(preflight.ordinates(case.angles).weights)
    values = 4 * size.corners * directions
    each = LEAST + values * _product_time(size.moments, directions) * ITERATION / machine.processors()
    return (SETUP + sweeps) * each * (ENERGIES if varies_with_energy(case) else 1)


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
