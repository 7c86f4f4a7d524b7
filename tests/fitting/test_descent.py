"""Ways down to the least squares, on formulas: neither small errors nor narrow valleys keep a fit from its end."""

import numpy as np
import pytest
from scipy.optimize import curve_fit

from boltzsim.fitting.descent import trust_region
from boltzsim.fitting.least_squares import interval, minimise

X = np.linspace(0.1, 3, 30)
NAMES = ("amplitude", "length", "offset")


def decay(x, amplitude, length, offset):
    return amplitude * np.exp(-x / length) + offset


class Data:
    """Residuals of a decay with an offset, and how often they are asked for."""

    def __init__(self, error):
        self.error, self.count = error, 0
        self.y = decay(X, 2.0, 1.5, 0.1) + error * np.random.default_rng(5).normal(size=len(X))

    def __call__(self, p):
        self.count += 1
        fall = np.exp(-X / p[1])
        slope = np.stack([fall, p[0] * fall * X / p[1] ** 2, np.ones(len(X))], axis=1)
        return (decay(X, *p) - self.y) / self.error, slope / self.error


@pytest.mark.parametrize("error", [1e-1, 1e-4, 1e-7])
@pytest.mark.parametrize("start", [(1.0, 1.0, 0.0), (0.7, 4.0, 0.0)])
def test_small_errors_do_not_make_small_steps(error, start):
    data = Data(error)
    found = minimise(data, NAMES, start, (0, 0, -np.inf), (np.inf,) * 3, 1.0)
    tight, covariance = curve_fit(
        decay, X, data.y, (2, 1.5, 0.1), np.full(len(X), error), absolute_sigma=True, xtol=1e-14, ftol=1e-14, gtol=1e-14
    )
    assert data.count <= 12
    assert np.all(np.abs(found.value - tight) < 0.1 * np.sqrt(np.diag(covariance)))
    assert "standard errors" in found.ended


def test_the_first_step_of_the_trust_region_is_not_one_standard_error():
    """Of a line its first step finds the minimum, however small the errors."""
    slope = np.stack([X, np.ones(len(X))], axis=1) / 1e-8
    value = slope @ np.array([0.5, -0.4])
    asked = []

    class Line:
        def value(self, x):
            asked.append(x)
            return value + slope @ (x - 1)

        def slope(self, x):
            return slope

        def remembers(self, x):
            return True

    x, _ = trust_region(Line(), np.ones(2), np.full(2, -np.inf), np.full(2, np.inf), lambda value, gain: gain)
    assert x == pytest.approx([0.5, 1.4], abs=1e-8)
    assert len(asked) <= 6


def test_a_minimum_beyond_a_bound_ends_at_the_bound():
    data = Data(1e-2)
    found = minimise(data, NAMES, (1.0, 1.0, 0.0), (0, 0, -np.inf), (np.inf, 1.2, np.inf), 1.0)
    assert found.value[1] == pytest.approx(1.2, rel=1e-6)
    assert data.count <= 12


def test_a_step_to_where_there_are_no_residuals_is_shortened():
    data, low = Data(1e-2), 1.5

    def residuals(p):
        value, slope = data(p)
        return (value, slope) if p[1] > low else (np.full(len(X), np.nan), np.zeros((len(X), 3)))

    start, free = (0.7, 4.0, 0.0), ((0, 0, -np.inf), (np.inf,) * 3)
    wanted = minimise(data, NAMES, start, *free, 1.0).value
    seen = []
    found = minimise(lambda p: seen.append(p[1]) or residuals(p), NAMES, start, *free, 1.0)
    assert min(seen) < low < wanted[1]
    assert found.value == pytest.approx(wanted, rel=1e-3)


def test_a_profile_ends_where_the_least_chi_square_has_risen_by_one():
    data = Data(1e-1)
    low, high = (0, 0, -np.inf), (np.inf,) * 3
    found = minimise(data, NAMES, (1.0, 1.0, 0.0), low, high, 1.0)
    ends = interval(data, NAMES, found, 1, low, high, 1.0)
    for end in ends:
        fall = np.stack([np.exp(-X / end), np.ones(len(X))], axis=1)  # the rest is linear
        left = np.linalg.lstsq(fall, data.y, rcond=None)[1][0] / data.error**2
        assert left - found.chi_square == pytest.approx(1, rel=0.05)
    down, up = found.value[1] - ends[0], ends[1] - found.value[1]
    error = np.sqrt(found.covariance[1, 1])
    assert 0.5 * error < down < 0.95 * up  # not alike, as a standard error would have it
    bound = (ends[0] + found.value[1]) / 2
    assert interval(data, NAMES, found, 1, (0, bound, -np.inf), high, 1.0)[0] == bound
