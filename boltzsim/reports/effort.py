"""Estimate of the time that a run takes, from the speed of matrix products on this machine.

An iteration is a sweep and what the preconditioner, the collisions and GMRES add to it. It takes multiples of the time
of a multiply-add in a matrix product in NumPy, in the precision of its numbers: some for every moment of every angular
value, many for every unknown of the iteration, and a number whatever the size. These numbers, and the sweeps of a
source, were measured on the shipped cases. Nothing is compiled for the estimate, which is good within a factor of about
two.
"""

import time

import numpy as np

from boltzsim import machine
from boltzsim.case.case import Case
from boltzsim.device import preflight
from boltzsim.device.energies import varies_with_energy
from boltzsim.transport import rounds

#: Multiply-adds that an iteration takes as long as: for each moment of an angular value, each unknown, and beside.
VALUE, UNKNOWN, LEAST = 6, 450, 4_000_000
#: Sweeps of one source, those for residual and confirmation included: 7 to 19 in the shipped cases.
SWEEPS = 12
#: Sweeps of each of the two stages of a step in time: 3 for a grating, 5 with contacts.
STAGE = 5
#: Iterations that the set-up of the operator and its preconditioner takes as long as.
SETUP = 4
#: Energies at which a device with a temperature is solved: 7 to 23.
ENERGIES = 15


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
    size = preflight.size(case)
    shared = VALUE * size.moments * preflight.angular_values(case) + UNKNOWN * size.unknowns
    each = LEAST + shared / machine.processors()
    return (SETUP + sweeps) * each * _multiply_add(precision(case)) * (ENERGIES if varies_with_energy(case) else 1)


def precision(case: Case) -> type[np.floating]:
    """Type of the numbers in most products; rounding may still keep a very thick device from single precision."""
    single = preflight.angular_values(case) >= rounds.SMALLEST and case.solver.preconditioner != "none"
    return np.float32 if single and case.time is None else np.float64


def _multiply_add(precision: type[np.floating]) -> float:
    """Seconds for each multiply-add of the products from nine moments to 128 directions and back in NumPy."""
    table, phi = np.ones((128, 9), precision), np.ones((9, 2048), precision)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        psi = table @ phi
        table.T @ psi
        seconds.append((time.perf_counter() - start) / (2 * len(phi) * psi.size))
    return min(seconds)
