"""The slowest decay rate of a recorded signal, from samples at uneven times.

    y(t) = A e^{-rt}    or    A e^{-rt} + B e^{-Rt},   r < R

A grating decays with one or two discrete rates and a continuum, and no sum of two exponentials holds from the start:
the window begins where the fit leaves the slow rate least uncertain. The samples come from a deterministic solver
whose error follows the size of the solution: the misfit counts relative to the signal's envelope, the largest |y| from
then on, down to `FLOOR` of the largest, and every sample weighs as much as the time it stands for.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

FLOOR = 1e-4
STARTS = np.arange(16) / 20  # of the window, as parts of the record
SAMPLES = {1: 6, 2: 12}  # least number in a window by the number of exponentials
BETTER = 0.5  # of the misfit, for a second exponential
SIGNIFICANT = 3.0  # standard uncertainties of either amplitude, likewise
APART = 1.2  # least ratio of two rates: nearer ones are one rate and the curvature that other modes leave
FOREIGN = 0.02  # a misfit above is no noise: the signal is no sum of exponentials
LEFT = 1e-3  # of the signal, what the slow mode must leave at first for a fast rate


@dataclass(frozen=True)
class Exponentials:
    """Fitted sum of exponentials: rates (ascending), amplitudes at the first sample, standard uncertainties, misfit."""

    rates: np.ndarray
    amplitudes: np.ndarray
    rate_errors: np.ndarray
    amplitude_errors: np.ndarray
    misfit: float


@dataclass(frozen=True)
class DecayFit:
    """The slow decay of a signal.

    Attributes
    ----------
    rate, rate_error : float
        Slow rate in 1/s; its standard uncertainty or what a later start of the window changes, if that is more, and at
        least the misfit where no exponentials describe the signal. Modes that the record is too short to tell apart
        are not in it: it should last several lifetimes of the slow one.
    rate_fast : float
        Of one exponential for what the slow one leaves of the record; nan where it leaves nothing.
    weight_slow : float
        Part of the slow exponential in the first sample of the record.
    misfit : float
        Weighted root mean square in the window.
    """

    rate: float
    rate_error: float
    rate_fast: float
    weight_slow: float
    misfit: float


def fit_decay(time, signal, search=True):
    """The slow decay rate of a signal.

    Parameters
    ----------
    time, signal : array_like, shape (n,)
        Increasing times in s; the signal in any unit.
    search : bool
        Whether the window may begin later than the record.

    Returns
    -------
    DecayFit

    Raises
    ------
    ValueError
        For too few samples or a signal that vanishes.
    """
    time, signal = np.asarray(time, float), np.asarray(signal, float)
    if len(time) < SAMPLES[1]:
        raise ValueError(f"a decay needs at least {SAMPLES[1]} samples")
    if not np.any(signal):
        raise ValueError("the signal vanishes: there is no decay to fit")
    unit, scale = time[-1] - time[0], np.abs(signal).max()
    t, y = (time - time[0]) / unit, signal / scale
    weight = _weight(t, y)
    fits = {}
    for start in STARTS if search else STARTS[:1]:
        first = int(np.searchsorted(t, start))
        if first not in fits and len(t) - first >= SAMPLES[1]:
            fits[first] = _better(t[first:], y[first:], weight[first:])
    rates = np.array([fit.rates[0] for fit in fits.values()])
    errors = np.array([fit.rate_errors[0] for fit in fits.values()])
    if len(fits) > 1:
        errors = np.append(np.maximum(errors[:-1], np.abs(np.diff(rates))), np.inf)
    first, best = list(fits.items())[chosen := int(errors.argmin())]
    rate, amplitude = rates[chosen], best.amplitudes[0] * np.exp(rates[chosen] * t[first])
    rest, fast = y - amplitude * np.exp(-rate * t), np.nan
    if abs(rest[0]) > LEFT * abs(y[0]):
        fast = exponentials(t, rest, _weight(t, rest), 1).rates[0]
    return DecayFit(
        rate=float(rate / unit),
        rate_error=float(max(errors[chosen], abs(rate) * best.misfit * (best.misfit > FOREIGN)) / unit),
        rate_fast=float(fast / unit),
        weight_slow=float(amplitude / y[0]) if y[0] else np.nan,
        misfit=best.misfit,
    )


def _weight(t, y):
    """Square roots of the weights of the samples."""
    envelope = np.maximum.accumulate(np.abs(y)[::-1])[::-1] + FLOOR * np.abs(y).max()
    stands_for = np.gradient(t)
    stands_for[[0, -1]] /= 2
    return np.sqrt(stands_for / stands_for.sum()) / envelope


def _better(t, y, weight):
    """One exponential, or two, apart, where they halve the misfit with two significant amplitudes."""
    one = exponentials(t, y, weight, 1)
    if len(t) < SAMPLES[2]:
        return one
    two = exponentials(t, y, weight, 2)
    significant = np.all(np.abs(two.amplitudes) > SIGNIFICANT * two.amplitude_errors)
    apart = two.rates[1] > APART * two.rates[0]
    return two if significant and apart and two.misfit < BETTER * one.misfit else one


def exponentials(t, y, weight, count):
    """Weighted least squares of `count` (1 or 2) exponentials: amplitudes eliminated, rates from a grid, refined.

    Parameters
    ----------
    t, y, weight : numpy.ndarray, shape (n,)
        Increasing; weights multiply the misfit.
    count : int

    Returns
    -------
    Exponentials
    """
    unit = t[-1] - t[0]
    t, target = (t - t[0]) / unit, weight * y

    def columns(rates):
        return weight[:, None] * np.exp(-np.multiply.outer(t, rates))

    def solve(rates):
        basis = columns(rates)
        amplitudes = np.linalg.lstsq(basis, target, rcond=None)[0]
        return basis, amplitudes, basis @ amplitudes - target

    def rates_of(parameters):
        """From the first rate and the logarithms of the differences, kept where exponentials exist."""
        return np.cumsum([max(parameters[0], -50.0), *np.exp(np.clip(parameters[1:], -50, 50))])

    best = None
    for start in _starts(columns, target, np.diff(t).min(), count):
        first = np.r_[start[0], np.log(np.diff(start))]
        found = least_squares(
            lambda p: solve(rates_of(p))[2], first, x_scale="jac", xtol=1e-14, ftol=1e-14, gtol=1e-14, max_nfev=100
        )
        if best is None or found.cost < best.cost:
            best = found
    rates = rates_of(best.x)
    basis, amplitudes, residual = solve(rates)
    slopes = np.concatenate([basis, -t[:, None] * basis * amplitudes], axis=1)
    variance = residual @ residual / (len(t) - 2 * count)
    errors = np.sqrt(np.diag(np.linalg.pinv(slopes.T @ slopes)).clip(0) * variance)
    misfit = float(np.linalg.norm(residual) / np.linalg.norm(target))
    return Exponentials(rates / unit, amplitudes, errors[count:] / unit, errors[:count], misfit)


def _starts(columns, target, step, count):
    """The two best sets of rates on a grid from slight growth to a decay within the smallest step."""
    grid = np.concatenate([[-1.0, 0.0], np.geomspace(0.05, 3 / step, 40)])
    basis = columns(grid)
    gram, right = basis.T @ basis, basis.T @ target
    if count == 1:
        gained = right**2 / np.diag(gram)
        return [grid[[k]] for k in np.argsort(-gained)[:2]]
    i, j = np.triu_indices(len(grid), 1)
    a, b, c = gram[i, i], gram[i, j], gram[j, j]
    gained = (c * right[i] ** 2 - 2 * b * right[i] * right[j] + a * right[j] ** 2) / np.maximum(
        a * c - b * b, 1e-12 * a * c
    )
    return [grid[[i[k], j[k]]] for k in np.argsort(-gained)[:2]]
