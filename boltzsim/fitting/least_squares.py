"""Least squares with exact derivatives: values, covariance, what the data cannot say, and profiles of χ².

The covariance is (JᵀJ)⁻¹ of the residuals over their standard errors; where these are not known it is multiplied by χ²
per degree of freedom.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from boltzsim.errors import CaseError
from boltzsim.fitting.descent import ENDS, gauss_newton, step_within, trust_region

#: Parameters are told apart if no combination of them, each scaled to equal effect, moves the data less than this.
APART = 1e-5
#: A parameter moves the data if a change by its own size changes them by more than this part.
MOVES = 1e-9
#: Residuals over their standard errors (n,), and their derivatives by the parameters (n, m).
Residuals = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Minimum:
    """The minimum of χ².

    Attributes
    ----------
    value : numpy.ndarray, shape (m,)
    covariance : numpy.ndarray, shape (m, m)
        Not yet scaled by χ² per degree of freedom.
    chi_square : float
    ended : str
        Why the search ended here.
    residual : numpy.ndarray, shape (n,)
    slope : numpy.ndarray, shape (n, m)
        Of the residuals, by the parameters.
    """

    value: np.ndarray
    covariance: np.ndarray
    chi_square: float
    ended: str
    residual: np.ndarray
    slope: np.ndarray


def minimise(
    residuals: Residuals, names: Sequence[str], start: Any, low: Any, high: Any, rise: float | None = None
) -> Minimum:
    """Find the parameters of least squares.

    Parameters
    ----------
    residuals : callable
    names : sequence of str
        For messages.
    start, low, high : sequence of float, length m
        Bounds may be infinite.
    rise : float, optional
        Of χ² by one standard error: 1 where errors are known; χ² per degree of freedom if omitted.

    Returns
    -------
    Minimum

    Raises
    ------
    CaseError
        If a parameter moves nothing, or parameters cannot be told apart.
    ConvergenceError
        If no minimum is found.
    """
    start, low, high = (np.asarray(values, float) for values in (start, low, high))
    first = residuals(start)
    scale, inner = _Scale(start, low, *first), np.ones(len(start))
    function = _Remembered(residuals, scale, inner, first)
    bounds = scale.inner(low), scale.inner(high)
    _require_apart(names, function.slope(inner), first[0])
    freedom = max(len(first[0]) - len(names), 1)

    def promised(value, gain):
        """What a step is to take off χ², over its rise by one standard error."""
        return gain / (rise or float(value @ value) / freedom or 1.0)

    x, status = gauss_newton(function, inner, *bounds, promised)
    if status is None:
        x, status = trust_region(function, x, *bounds, promised)
    value, slope = function.value(x), function.slope(x)
    _require_apart(names, slope, value)
    left = math.sqrt(promised(value, step_within(x, value, slope, *bounds)[1]))
    ended = f"{ENDS[status]}; the next would move the parameters by {left:.1g} standard errors"
    slope = slope / scale.slope(x)
    size = np.linalg.norm(slope, axis=0)
    covariance = np.linalg.inv((slope / size).T @ (slope / size)) / np.outer(size, size)
    return Minimum(scale.number(x), covariance, float(value @ value), ended, value, slope)


def interval(
    residuals: Residuals, names: Sequence[str], best: Minimum, number: int, low, high, rise: float
) -> tuple[float, float]:
    """Both values of a parameter at which the least χ², all others free, has risen by an amount.

    Parameters
    ----------
    residuals, names, low, high
        As in `minimise`.
    best : Minimum
    number : int
        Of the parameter.
    rise : float
        Above the minimum: 1 for one standard error where errors are known, χ² per degree of freedom where not.

    Returns
    -------
    tuple of float
        Infinite, or the bound, on a side where χ² never rises so far.
    """
    low, high = np.asarray(low, float), np.asarray(high, float)
    others = [i for i in range(len(names)) if i != number]
    error = math.sqrt(best.covariance[number, number] * rise)
    slopes = best.covariance[:, number] / best.covariance[number, number]

    def excess(value):
        start = best.value + slopes * (value - best.value[number])
        start = np.clip(start, low, high)

        def rest(x):
            full = start.copy()
            full[number], full[others] = value, x
            r, J = residuals(full)
            return r, J[:, others]

        if others:
            free = [names[i] for i in others]
            least = minimise(rest, free, start[others], low[others], high[others], rise).chi_square
        else:
            r, _ = residuals(np.array([value]))
            least = float(r @ r)
        return (least - best.chi_square) / rise - 1

    ends = []
    for sign, bound in ((-1, low[number]), (1, high[number])):
        inner, step = best.value[number], sign * error
        for _ in range(8):
            outer = inner + step if sign * (bound - inner - step) > 0 else bound
            if excess(outer) > 0:
                ends.append(float(brentq(excess, inner, outer, xtol=1e-2 * error)))
                break
            if outer == bound:
                ends.append(float(bound))
                break
            inner, step = outer, 2 * step
        else:
            ends.append(sign * math.inf)
    return ends[0], ends[1]


class _Scale:
    """Numbers that are 1 at the start: of what is positive by logarithms, of all else by a size.

    The size of what starts at nothing is that which would move the residuals as much as they are.
    """

    def __init__(self, start, low, residual, slope):
        self.start, self.log = start, (start > 0) & (low >= 0)
        effect, misfit = np.linalg.norm(slope, axis=0), np.linalg.norm(residual)
        size = np.divide(misfit, effect, out=np.ones(len(start)), where=(effect > 0) & (misfit > 0))
        self.unit = np.where(start == 0, size, np.abs(start))

    def inner(self, number):
        with np.errstate(divide="ignore", invalid="ignore"):
            return 1 + np.where(self.log, np.log(number / self.unit), (number - self.start) / self.unit)

    def number(self, inner):
        return np.where(self.log, self.slope(inner), self.start + self.unit * (inner - 1))

    def slope(self, inner):
        """Derivative of the number by the inner one."""
        return self.unit * np.where(self.log, np.exp(np.where(self.log, inner - 1, 0.0)), 1.0)


class _Remembered:
    """Residuals and derivatives by the inner numbers; the last evaluation is remembered."""

    def __init__(self, residuals, scale, at, found):
        self.residuals, self.scale, self.at, self.found = residuals, scale, at, found

    def __call__(self, x):
        if not self.remembers(x):
            self.at, self.found = x.copy(), self.residuals(self.scale.number(x))
        return self.found

    def remembers(self, x):
        return np.array_equal(x, self.at)

    def value(self, x):
        return self(x)[0]

    def slope(self, x):
        return self(x)[1] * self.scale.slope(x)


def _require_apart(names, slope, residual):
    """Refuse parameters that the data do not determine; slopes are per relative change of each."""
    if len(residual) < len(names):
        raise CaseError(f"{len(residual)} points cannot determine {len(names)} parameters; fix some, or add data")
    sizes = np.linalg.norm(slope, axis=0)
    still = [name for name, size in zip(names, sizes, strict=True) if not size > MOVES * max(sizes.max(), 1e-300)]
    if still:
        raise CaseError(
            f"{' and '.join(still)} moves nothing: no point of the data depends on it; fix it, or add a curve that does"
        )
    _, singular, combinations = np.linalg.svd(slope / sizes, full_matrices=False)
    if singular[-1] < APART * singular[0]:
        shares = np.abs(combinations[-1])
        mixed = [name for name, share in zip(names, shares, strict=True) if share > 0.05 * shares.max()]
        raise CaseError(
            f"{' and '.join(mixed)} cannot be told apart: changes of one are undone by the others within {APART:g}; "
            f"fix one of them, or add data that differ"
        )
