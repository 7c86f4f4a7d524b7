"""Numerical errors of a case: it is run on three grids, several angular sets and time steps, and the numbers compared.

Errors from space, angles, time and iteration are found one at a time, with everything else as in the case, and added.
They are those of the case's own numbers, not of the extrapolated ones.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import product
from os import PathLike
from typing import Any, NamedTuple

import numpy as np

from boltzsim.accuracy.extrapolation import by_order, by_spread
from boltzsim.accuracy.ladders import Level, case_on, divisor, work
from boltzsim.case.case import Case, load_case
from boltzsim.device import preflight
from boltzsim.errors import CaseError, ConvergenceError
from boltzsim.measure.numbers import Number, numbers
from boltzsim.result import Accuracy, Result
from boltzsim.runs.reuse import Reuse
from boltzsim.runs.start import Progress, run

#: All other runs together may take so many times the work of the case's own run.
BUDGET = 30.0
#: Grids that are tried, the case's own among them: cells per axis over those of the case.
GRIDS = tuple(
    tuple(map(Fraction, ladder.split())) for ladder in ("1 2 4", "1 2 3", "1/2 1 2", "1/3 2/3 1", "1/4 1/2 1")
)
#: Angular sets: directions per axis over those of the case.
ANGLES = ((1, Fraction(3, 2), 2), (1, Fraction(3, 2)))
#: Steps per time over those of the case.
STEPS = (Fraction(1, 2), 1, 2)
#: The tolerance of the iteration that shows what the case's own one leaves.
TIGHTER = Fraction(1, 100)
#: A number below this share of the largest of its kind is rounding noise and gets no error.
NEGLIGIBLE = 1e-9


class Plan(NamedTuple):
    """Runs beside the case's own: levels for each source of error, the case's own level among them."""

    space: tuple[Level, ...]
    angles: tuple[Level, ...]
    time: tuple[Level, ...]
    iteration: tuple[Level, ...]

    @property
    def levels(self) -> tuple[Level, ...]:
        """Every level once, the case's own first."""
        return tuple(dict.fromkeys([Level(), *(level for levels in self for level in levels)]))


def converge(
    case: Case | str | PathLike[str],
    budget: float = BUDGET,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Run a case with its numerical errors.

    Parameters
    ----------
    case : Case or path-like
        Its series, if it has one, is left out.
    budget : float
        Work of all further runs over that of the case's own run. Work counts cells × directions × time steps, since the
        number of products hardly depends on them. The largest study within the budget is done.
    threads, progress
        As `boltzsim.runs.start.run`.

    Returns
    -------
    Result
        Of the case as it is, with its `accuracy`.

    Raises
    ------
    CaseError
        If no study fits into the budget, or the case has no other grid.
    ConvergenceError
        If one of the runs does not converge.
    """
    case = case if isinstance(case, Case) else load_case(case)
    chosen = plan(case, budget)
    results: dict[Level, Result] = {}
    reuse = Reuse()
    for number, level in enumerate(sorted(chosen.levels, key=lambda level: level != Level())):
        told = _told(progress, f"run {number + 1} of {len(chosen.levels)} ({level})")
        try:
            share = reuse if case.time is None else None
            results[level] = run(case_on(case, level), threads=threads, progress=told, reuse=share)
        except ConvergenceError as error:
            raise ConvergenceError(f"{level}: {error}", error.products, error.residual) from None
    return replace(results[Level()], accuracy=accuracy(chosen, results))


def plan(case: Case, budget: float = BUDGET) -> Plan:
    """The largest study of a case within a budget; parameters and errors as in `converge`."""
    if case.initial is not None and case.initial.kind == "result":
        raise case.error(
            "initial.kind = 'result' starts from a state on this very grid, which no other grid has; study the earlier "
            "run, or start from a grating or a packet"
        )
    found = []
    grids = [ladder for ladder in GRIDS if not any((divisor(case) * Fraction(r)).denominator > 1 for r in ladder)]
    angles = ANGLES if case.physics.model == "kinetic" else ((1,),)
    for space, directions in product(grids, angles):
        steps = STEPS if case.time is not None else (1,)
        found.append(
            Plan(
                tuple(Level(grid=Fraction(r)) for r in space),
                tuple(Level(angles=Fraction(r)) for r in directions),
                tuple(Level(time=Fraction(r)) for r in steps),
                (Level(), Level(rtol=TIGHTER)) if case.physics.model == "kinetic" else (Level(),),
            )
        )
    found.sort(key=lambda entry: -_cost(case, entry))
    reason = ""
    for entry in (entry for entry in found if _cost(case, entry) <= budget):
        reason = _refusal(case, entry)
        if not reason:
            return entry
    if reason:
        raise case.error(f"three grids are needed, and one cannot be run: {reason}")
    least, g = min(_cost(case, entry) for entry in found), divisor(case)
    allowed = "whole multiples" if g == 1 else f"multiples of 1/{g}"
    raise CaseError(
        f"--budget {budget:g} is too small: contacts and regions stay on cell edges on grids of {allowed} of the "
        f"case's cells, and the smallest study takes {least:.3g} times the work of the case's own run; give --budget "
        f"{math.ceil(least)}"
    )


def accuracy(plan: Plan, results: dict[Level, Result]) -> Accuracy:
    """Errors from results on all levels of a plan."""
    values = {level: numbers(result) for level, result in results.items()}
    rows = []
    for i, own in enumerate(values[Level()]):
        found = {level: values[level][i].value for level in values}
        if all(map(math.isfinite, found.values())) and not _noise(values, i):
            rows.append((own, _errors(plan, found)))
    columns = {key: np.array([entry[key] for _, entry in rows], float) for key in (rows[0][1] if rows else ())}
    told = [_account(level, result) for level, result in results.items()]
    of, quantity, unit = (tuple(getattr(own, name) for own, _ in rows) for name in ("of", "quantity", "unit"))
    return Accuracy(of, quantity, unit, columns, {"runs": told})


def _errors(plan: Plan, found: dict[Level, float]) -> dict[str, float]:
    """A row of the accuracy: one number's errors from its values on all levels."""
    own = found[Level()]
    iteration = max(abs(found[level] - own) for level in plan.iteration)
    space = by_order(*_sequence(plan.space, found, "grid"), own, iteration)
    time = by_order(*_sequence(plan.time, found, "time"), own, iteration) if len(plan.time) > 1 else None
    angles = by_spread(*_sequence(plan.angles, found, "angles"), own) if len(plan.angles) > 1 else None
    parts = {
        "space": space.error,
        "angles": angles.error if angles else 0.0,
        "time": time.error if time else 0.0,
        "iteration": iteration,
    }
    limit = own + sum(estimate.limit - own for estimate in (space, angles, time) if estimate)
    orders = {"order": space.order, "order_angles": angles.order if angles else math.nan}
    orders |= {"order_time": time.order if time else math.nan}
    return {"value": own, "extrapolated": limit, **orders, **parts, "total": sum(parts.values())}


def _sequence(levels: tuple[Level, ...], found: dict[Level, float], name: str) -> tuple[list[float], list[float]]:
    """Sizes and values of levels, the finest last."""
    levels = tuple(sorted(levels, key=lambda level: getattr(level, name)))
    return [1 / float(getattr(level, name)) for level in levels], [found[level] for level in levels]


def _noise(values: dict[Level, list[Number]], i: int) -> bool:
    return all(abs(entry[i].value) <= NEGLIGIBLE * entry[i].largest for entry in values.values())


def _cost(case: Case, plan: Plan) -> float:
    return sum(work(case, level) for level in plan.levels[1:])


def _refusal(case: Case, plan: Plan) -> str:
    """Why a level of a plan cannot be run; empty where all can."""
    for level in plan.levels:
        try:
            preflight.require(case_on(case, level))
        except CaseError as error:
            return f"{level}: {'; '.join(error.problems)}"
    return ""


def _account(level: Level, result: Result) -> dict[str, Any]:
    """One run of the study as plain data; work in products × unknowns."""
    case, angles = result.case, result.case.angles
    halves = "2 × {0.polar} × {0.azimuthal}"
    directions = {"product": "{0.polar} × {0.azimuthal}", "double-gauss": halves, "graded": halves}
    size = preflight.size(case)
    unknowns = 4 * size.corners * (len(preflight.ordinates(angles).weights) if case.physics.model == "kinetic" else 1)
    return {
        "run": str(level),
        "level": [float(entry) for entry in level],
        "cells": " × ".join(str(case.grid.cells(axis)) for axis in case.grid.axes),
        "angles": directions.get(angles.quadrature, "order {0.order}").format(angles),
        "steps": len(result.history.time) - 1 if result.history else 0,
        "products": result.solver.products_total,
        "work": float(result.solver.products_total * unknowns),
        "seconds": float(sum(result.solver.wall_time.values())),
    }


def _told(progress: Progress | None, run: str) -> Callable | None:
    return progress and (lambda phase, *numbers: progress(f"{run}, {phase}", *numbers))
