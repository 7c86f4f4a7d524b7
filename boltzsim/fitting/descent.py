"""The two ways down to the least squares: Gauss and Newton's steps, and a trust region.

Parameters that are hard to tell apart make χ² a narrow, curved valley, and a method of which every step must lower χ²
creeps along it. Gauss and Newton's steps leave the floor of the valley and come back to it further down, in a handful
of evaluations: what has to shrink is the steps. Where they do not, SciPy's trust region goes on from the best point.

Both see numbers that are 1 at the start instead of the parameters. The first step of the trust region is as long as
they are, each weighed by its effect on the residuals; numbers that are 0 would make it one standard error long, however
far the minimum is. Both end where the linearised residuals promise no gain that errors would show.
"""

import math

import numpy as np
from scipy.optimize import least_squares, lsq_linear

from boltzsim.errors import ConvergenceError

#: The fit ends where a step promises to lower χ² by less than this part of one standard error's: 0.03 errors are left.
FINISHED = 1e-3
#: No step of Gauss and Newton's changes a parameter by more than a factor e to this power, or its size times this.
LEAP = 1.0
#: Their steps must shrink to this part of the one before, and be no more than so many.
SHRINKS, STEPS = 0.7, 15
#: A search ends too where a step lowers χ² by less than this part of itself, or moves no parameter by more than that.
LOWERS, SHIFTS = 1e-6, 1e-8

#: Why a search ended, by the numbers SciPy gives it.
ENDS = {
    -2: "no step gains what errors would show",
    1: "χ² has no slope",
    2: f"the last step lowered χ² by less than {LOWERS:g} of it",
    3: f"the last step moved the parameters by less than {SHIFTS:g} of them",
}


def gauss_newton(function, x, low, high, promised):
    """Where Gauss and Newton's steps end and why, or the best point and None where they do not shrink."""
    first = least = float(np.sum(function.value(x) ** 2))
    best, last = x, math.inf
    for _ in range(STEPS):
        value, slope = function.value(x), function.slope(x)
        square = float(value @ value)
        if not np.isfinite(square):
            break
        if square < least:
            best, least = x, square
        step, gain = step_within(x, value, slope, low, high)
        if promised(value, gain) < FINISHED and square <= first:
            return x, -2
        step = step_within(x, value, slope, np.maximum(low, x - LEAP), np.minimum(high, x + LEAP))[0]
        length = np.abs(step).max()
        if length < SHIFTS and square <= first:
            return x, 3
        if length > SHRINKS * last:
            break
        x, last = np.clip(x + step, low, high), length if length < 0.99 * LEAP else math.inf
    return best, None


def trust_region(function, x, low, high, promised):
    """Where SciPy's trust region ends, and why."""

    def end(intermediate_result):
        x = intermediate_result.x
        if function.remembers(x):
            value, slope = function.value(x), function.slope(x)
            if promised(value, step_within(x, value, slope, low, high)[1]) < FINISHED:
                raise StopIteration

    found = least_squares(
        function.value,
        x,
        jac=function.slope,
        bounds=(low, high),
        x_scale="jac",
        ftol=LOWERS,
        xtol=SHIFTS,
        gtol=1e-12,
        max_nfev=100,
        callback=end,
    )
    if found.status == 0:
        raise ConvergenceError(
            f"the fit did not find a minimum in {found.nfev} steps: the data hardly tell its parameters apart; "
            "fix one, let curves share their terms, or start nearer",
            found.nfev,
        )
    return found.x, found.status


def step_within(x, value, slope, low, high):
    """The step within the bounds that lowers the squares of linearised residuals most, and by how much."""
    size = np.linalg.norm(slope, axis=0) + np.finfo(float).tiny
    low, high = np.minimum(low - x, -1e-12), np.maximum(high - x, 1e-12)
    best = lsq_linear(slope / size, -value, bounds=(low * size, high * size))
    return np.clip(best.x / size, low, high), max(float(value @ value) - 2 * best.cost, 0.0)
