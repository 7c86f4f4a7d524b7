"""The least work that reaches a wanted accuracy: errors extended to other grids, angular sets and time steps."""

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import NamedTuple

import numpy as np

from boltzsim.accuracy.extrapolation import FORMAL, ORDERS
from boltzsim.accuracy.ladders import Level, case_on, divisor, work
from boltzsim.case.case import Case
from boltzsim.device import preflight
from boltzsim.errors import CaseError
from boltzsim.result import Accuracy, Result

FINEST = 8  # times the cells, directions or steps of the case; the coarsest has half of them
_FACTORS = tuple(map(Fraction, ("1/2", "3/4", "1", "3/2", "2", "3", "4", "6", "8")))
_LIKELY = 1.0  # order that counts where none is trusted


class Choice(NamedTuple):
    """A level, what it costs in runs of the case as it is, and the largest relative error expected there."""

    level: Level
    case: Case
    work: float
    error: float


def cheapest(result: Result, wanted: float) -> Choice | None:
    """The cheapest grid, angular set and steps on which every measure has a wanted relative accuracy.

    Errors are extended with the observed orders, at most 2, and 1 where none is trusted. A case without measures is
    judged by the currents and voltages of its contacts, each relative to the largest of its kind.

    Parameters
    ----------
    result : Result
        With `accuracy`, as `boltzsim.accuracy.study.converge` leaves it.
    wanted : float
        Relative error.

    Returns
    -------
    Choice or None
        None where eight times the cells, directions and steps do not suffice, or cannot be run.
    """
    case, accuracy = result.case, result.accuracy
    if accuracy is None:
        raise CaseError("the result has no numerical errors; run 'boltzsim converge' on its case")
    rows = _judged(accuracy, bool(result.measures))
    options = sorted((work(case, level), level) for level in _levels(case))
    for cost, level in options:
        error = max((_expected(accuracy, row, scale, level) for row, scale in rows), default=0.0)
        if error > wanted:
            continue
        try:
            chosen = case_on(case, level)
            preflight.require(chosen)
        except CaseError:
            continue
        return Choice(level, chosen, cost, error)
    return None


def _levels(case: Case) -> Iterator[Level]:
    g = divisor(case)
    grids = [Fraction(k, g) for k in range(-(-g // 2), FINEST * g + 1)]
    angles = _FACTORS if case.physics.model == "kinetic" else (Fraction(1),)
    steps = _FACTORS if case.time is not None else (Fraction(1),)
    for grid, directions, step in product(grids, angles, steps):
        yield Level(grid, directions, step)


def _judged(accuracy: Accuracy, measured: bool) -> list[tuple[int, float]]:
    """Rows that count, each with the size to which its error is relative."""
    values = np.abs(accuracy.columns["value"])
    if measured:
        return [(i, values[i]) for i, of in enumerate(accuracy.of) if not of.startswith("contact ")]
    largest = {unit: max(values[i] for i, own in enumerate(accuracy.unit) if own == unit) for unit in accuracy.unit}
    judged = [i for i, name in enumerate(accuracy.quantity) if name in ("current", "voltage")]
    return [(i, largest[accuracy.unit[i]]) for i in judged]


def _expected(accuracy: Accuracy, row: int, scale: float, level: Level) -> float:
    """Relative error of a row on a level."""
    parts = [("space", "order", level.grid), ("angles", "order_angles", level.angles)]
    parts += [("time", "order_time", level.time)]
    found = accuracy.columns["iteration"][row]
    for part, order, factor in parts:
        power = accuracy.columns[order][row]
        power = min(power, FORMAL) if ORDERS[0] <= power <= ORDERS[1] else _LIKELY if factor > 1 else FORMAL
        found += accuracy.columns[part][row] * float(factor) ** -power
    return found / scale if scale else math.inf
