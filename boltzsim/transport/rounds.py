"""Solutions whose products are made in single precision, in rounds of iterative refinement.

Every round solves for the correction that a residual asks for in single precision, which takes less than half the time,
and then the residual of the corrected vector, its currents and their balance are found in double precision. So what is
reached in the end is what products in double precision reach, if every round leaves a small share of the residual.

Products in single precision are wrong by ε = 6e-8 of the vector, and slow modes turn an error ε of the moments into one
of ε‖M⁻¹‖ of the solution, M⁻¹ the preconditioner: (σL)² ε in a device of σL mean free paths, more behind tunnel
contacts. That is what a round cannot resolve (N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.,
theorem 12.1).
"""

from dataclasses import dataclass, field

import numpy as np

from boltzsim.errors import ConvergenceError
from boltzsim.transport.iteration import LEFT, Iteration
from boltzsim.transport.krylov import norm

_ROUNDING = float(np.finfo(np.float32).eps) / 2
_DEEPEST = 1e-5  # share of a residual that a round leaves: deeper ones find the same digits as two
_SHALLOWEST = 1e-2  # rounds that leave more would cost more products in double precision than they save
_STALLED = 0.1  # a round that leaves more than this share has failed
#: Corner unknowns of a device (cells × corners × directions × 4) below which compiling the kernels again takes longer
#: than the products of many sources save.
SMALLEST = 3_000_000


@dataclass
class Reached:
    """How far a solution has come.

    Attributes
    ----------
    vector, residual, entering, balance
        A Krylov vector, its residual, flux into the boundary corners, and its violations of conservation.
    history : list
        As of `Iteration`.
    products, sweeps, rounds : int
        Products until the residual was small enough, before the balance was; sweeps beside those of all products and of
        the start; rounds in single precision.
    converged : bool
        Whether residual and balance are as wanted after these rounds.
    """

    vector: np.ndarray
    residual: np.ndarray
    entering: np.ndarray
    balance: tuple[float, float] = (np.inf, np.inf)
    history: list = field(default_factory=list)
    products: int = 0
    sweeps: int = 0
    rounds: int = 0
    converged: bool = False


def left_by_a_round(equation):
    """Share of a residual that a round in single precision leaves; infinite where it does not pay.

    Parameters
    ----------
    equation : Equation
    """
    unknowns = equation.grid.corners * len(equation.grid.metal) * len(equation.octants.ordinates.weights) * 4
    if unknowns < SMALLEST or equation.preconditioner is None:
        return np.inf
    share = max(_DEEPEST, _ROUNDING * amplification(equation.single))
    return share if share <= _SHALLOWEST else np.inf


def amplification(equation):
    """‖M⁻¹‖, estimated by two steps of a power iteration that starts from all slow modes, uniform in the device."""
    vector = np.zeros_like(equation._applied)
    phi = equation._split(vector)[0]
    phi.reshape(*phi.shape[:2], -1)[:] = equation.preconditioner.modes.sum(0)
    for _ in range(2):
        vector = equation._precondition(vector / norm(vector))
    return norm(vector)


def refine(transport, reached, drive, rtol, balanced, share, control):
    """Rounds in single precision until residual and balance are as wanted, or until a round fails.

    Parameters
    ----------
    transport : Transport
    reached : Reached
        The start, with its residual in double precision; changed in place.
    drive : tuple
        The sources, as of `Equation._product`.
    rtol, balanced : float
        Wanted ‖M⁻¹r‖/‖u‖ and balance.
    share : float
        From `left_by_a_round`.
    control : dict
        max_products, progress and watch of `Iteration`.
    """
    before = np.inf, np.inf
    while len(reached.history) < control["max_products"]:
        start = reached.vector, reached.residual, reached.entering
        try:
            iteration = Iteration(transport.single, *start, history=reached.history, least=10 * _ROUNDING, **control)
            left, wanted, balance = iteration.sought, rtol * iteration.size, max(reached.balance)
            reached.converged = left <= wanted and balance <= balanced
            failed = left > _STALLED * before[0] and not (left <= wanted and balance < before[1] / 2)
            if reached.converged or failed:
                return
            iteration.converge(max(wanted, share * left))
            reached.products = len(reached.history)
            if share * left <= wanted:
                transport.advance_to_balance(iteration, balanced / LEFT, drive)
        except ConvergenceError:  # also where numbers are beyond the range of single precision
            return
        before, vector = (left, balance), iteration.improved()
        del start, iteration  # their vectors make room for the residual's
        transport.verify(reached, vector, drive)
        reached.rounds += 1
