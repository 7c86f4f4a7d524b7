"""Errors of one number from a sequence of grids, time steps or angular sets.

**Grids and time steps.** The error of a smooth solution falls as C h^p, h the size of a cell or step. Three values
q₁, q₂, q₃ on h₁ > h₂ > h₃ give p, C and the limit q* (Richardson). What is known is used as such: the error of a value
q is |q - q₃| + F |q₃ - q*|, its distance to the finest value and, times a safety factor, the estimated error of that.
Where the three values behave (one after the other in one direction, with ½ ≤ p ≤ 2½) F = 1.25, as in the grid
convergence index of Roache and in ASME V&V 20; p counts as at most 2, the order of the scheme. Elsewhere, at contacts
of one cell or with rays from small contacts, no order can be trusted, and one well above that of the scheme only says
that the coarsest grid is too coarse: the last step counts as one of first order, or what the step before it would have
left at second order if that is more, and F = 1.5 (compare Eça and Hoekstra, Journal of Computational Physics 262, 104
(2014), who trust orders from 0.5 to 2.1).

**Angular sets** do not converge smoothly where rays from small contacts matter, and differences between coarse sets may
still grow. The error of a value is its distance to the finest set, plus that set's own error: the last step counts as
one of first order, with the safety factors above, and as no less than the largest distance between any two sets. Where
three sets go up and down there is nothing to extend, and their largest distance counts, times 1.5.
"""

import math
from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from scipy.optimize import brentq

FORMAL = 2.0  # order of the scheme in space, and of the time steps
ORDERS = (0.5, 2.5)  # observed orders that are believed
SAFETY, DOUBT = 1.25, 1.5  # safety factors where the sequence behaves, and where it does not


class Estimate(NamedTuple):
    """Error of a value.

    Attributes
    ----------
    limit : float
        Best estimate of the exact value.
    order : float
        Observed order; nan where the sequence has none.
    error : float
        Bound of the error of the value that was asked about.
    """

    limit: float
    order: float
    error: float

    @property
    def trusted(self) -> bool:
        """Whether the sequence behaves."""
        return ORDERS[0] <= self.order <= ORDERS[1]


def by_order(sizes: Sequence[float], values: Sequence[float], own: float, noise: float = 0.0) -> Estimate:
    """Error of `own`, one of the values on cells or steps of falling size.

    Parameters
    ----------
    sizes : sequence of float
        Cell or step sizes, falling, three or more; the last three are used.
    values : sequence of float
    own : float
        The value whose error is wanted.
    noise : float
        Differences up to this size say nothing.
    """
    (h1, h2, h3), (q1, q2, q3) = sizes[-3:], values[-3:]
    before, last = q1 - q2, q2 - q3
    if max(abs(before), abs(last)) <= noise:
        return Estimate(q3, math.nan, abs(own - q3) + noise)
    order = observed_order((h1, h2, h3), before, last)
    if ORDERS[0] <= order <= ORDERS[1]:
        p = min(order, FORMAL)
        rest = last * h3**p / (h2**p - h3**p)
        return Estimate(q3 - rest, order, abs(own - q3) + SAFETY * abs(rest) + noise)
    expected = before * (h2**FORMAL - h3**FORMAL) / (h1**FORMAL - h2**FORMAL)
    rest = max(abs(last), abs(expected)) * h3 / (h2 - h3)
    return Estimate(q3, order, abs(own - q3) + DOUBT * rest + noise)


def by_spread(sizes: Sequence[float], values: Sequence[float], own: float, noise: float = 0.0) -> Estimate:
    """Error of `own` from values of angular sets, the finest last; parameters as in `by_order`, two sets or more."""
    spread = max(abs(a - b) for a, b in combinations(values, 2))
    steps = [before - after for before, after in pairwise(values)]
    order = observed_order(sizes[-3:], *steps[-2:]) if len(values) > 2 and spread > noise else math.nan
    if len(values) > 2 and steps[-2] * steps[-1] < 0:
        rest = DOUBT * spread
    else:
        factor = SAFETY if ORDERS[0] <= order <= ORDERS[1] else DOUBT
        rest = max(factor * abs(steps[-1]) * sizes[-1] / (sizes[-2] - sizes[-1]), spread)
    return Estimate(values[-1], order, abs(own - values[-1]) + rest + noise)


def observed_order(sizes: Sequence[float], before: float, last: float) -> float:
    """Order p at which two successive differences fall as h₁^p - h₂^p and h₂^p - h₃^p; nan where they do not."""
    h1, h2, h3 = sizes
    if before * last <= 0:
        return math.nan

    def excess(p: float) -> float:
        return math.log((h1**p - h2**p) / (h2**p - h3**p)) - math.log(before / last)

    low, high = 1e-3, 20.0
    if excess(low) > 0:
        return math.nan
    if excess(high) < 0:
        return math.inf
    return float(brentq(excess, low, high))
