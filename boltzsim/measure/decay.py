"""The slowest decay rate of a recorded signal, from samples at uneven times.

    y(t) = A e^{-rt}    or    A e^{-rt} + B e^{-Rt},   r < R

A grating decays with one or two discrete rates and a continuum, so that no sum of two exponentials describes it from
the start. The fit therefore uses a window that ends with the record, and begins where the slow rate comes out least
uncertain. The samples come from a deterministic solver, whose error is proportional to the size of the solution. The
misfit of a sample is therefore divided by the envelope, the largest |y| from that sample on plus `FLOOR` times the
largest of all, and weighted by the time that the sample stands for.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

#: This fraction of the largest |signal| is added to the envelope that divides the misfit.
FLOOR = 1e-4
#: The window is tried with these starts, given as fractions of the length of the record.
STARTS = np.arange(16) / 20
#: A window must hold at least so many samples to fit one exponential, and to fit two.
SAMPLES = {1: 6, 2: 12}
#: A second exponential is kept only if it reduces the misfit to this fraction of the former or less.
BETTER = 0.5
#: A second exponential is kept only if both amplitudes are larger than so many standard uncertainties.
SIGNIFICANT = 3.0
#: Two fitted rates must differ by this factor. Closer ones fit the curvature that other modes cause to a single rate.
APART = 1.2
#: With a larger misfit the signal is not a sum of exponentials, and the misfit counts as relative error of its rate.
FOREIGN = 0.02
#: A fast rate is fitted only if the signal without its slow part exceeds this fraction of the first sample.
LEFT = 1e-3


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
        Slow rate and its uncertainty in 1/s. The uncertainty is the standard one of the fit, or the change of the rate
        when the window begins later, if that is larger; where no exponentials describe the signal, it is at least the
        misfit times the rate. It does not cover modes that the record is too short to tell apart: the record should
        last several lifetimes of the slow mode.
    rate_fast : float
        Rate in 1/s of one exponential fitted to the record without its slow part; nan where nothing remains.
    weight_slow : float
        Value of the slow exponential at the first sample of the record, relative to that sample.
    misfit : float
        Weighted root mean square of the relative deviations in the window.
    """

    rate: float
    rate_error: float
    rate_fast: float
    weight_slow: float
    misfit: float


def fit_decay(time: np.ndarray, signal: np.ndarray, search: bool = True) -> DecayFit:
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
    fits, near = {}, None
    for start in STARTS if search else STARTS[:1]:
        first = int(np.searchsorted(t, start))
        if first not in fits and len(t) - first >= SAMPLES[1]:
            fits[first], near = _better(t[first:], y[first:], weight[first:], near)
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


def _weight(t: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Square roots of the weights of the samples."""
    envelope = np.maximum.accumulate(np.abs(y)[::-1])[::-1] + FLOOR * np.abs(y).max()
    stands_for = np.gradient(t)
    stands_for[[0, -1]] /= 2
    return np.sqrt(stands_for / stands_for.sum()) / envelope


def _better(
    t: np.ndarray, y: np.ndarray, weight: np.ndarray, near: np.ndarray | None
) -> tuple[Exponentials, np.ndarray | None]:
    """One exponential; or two, if they differ enough, halve the misfit and both have significant amplitudes.

    Also two rates for a window that begins later to start from: those of two exponentials here, or as they were given.
    """
    one = exponentials(t, y, weight, 1)
    if len(t) < SAMPLES[2]:
        return one, near
    two = exponentials(t, y, weight, 2, near)
    slow, fast = two.rates
    if fast - slow <= (APART - 1) * abs(slow):
        return one, near
    significant = np.all(np.abs(two.amplitudes) > SIGNIFICANT * two.amplitude_errors)
    return two if significant and two.misfit < BETTER * one.misfit else one, two.rates


def exponentials(
    t: np.ndarray, y: np.ndarray, weight: np.ndarray, count: int, near: np.ndarray | None = None
) -> Exponentials:
    """Fit `count` (1 or 2) exponentials by weighted least squares, with the amplitudes eliminated.

    The search for the rates starts from the two best points of a grid.

    Parameters
    ----------
    t, y, weight : numpy.ndarray, shape (n,)
        Increasing; weights multiply the misfit.
    count : int
    near : numpy.ndarray, optional
        Rates, in ascending order, to start from in place of the second best point.

    Returns
    -------
    Exponentials
    """
    unit = t[-1] - t[0]
    t, target = (t - t[0]) / unit, weight * y

    from scipy.optimize import least_squares  # slow to load, and few cases fit a decay

    def columns(rates: np.ndarray) -> np.ndarray:
        return weight[:, None] * np.exp(-np.multiply.outer(t, rates))

    def solve(rates: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        basis = columns(rates)
        amplitudes = np.linalg.lstsq(basis, target, rcond=None)[0]
        return basis, amplitudes, basis @ amplitudes - target

    def rates_of(parameters: np.ndarray) -> np.ndarray:
        """Rates from the first rate and the logarithms of the differences, limited so that no exponential overflows."""
        return np.cumsum([max(parameters[0], -50.0), *np.exp(np.clip(parameters[1:], -50, 50))])

    def misfit_of(parameters: np.ndarray) -> np.ndarray:
        return solve(rates_of(parameters))[2]

    tight: dict[str, Any] = {"x_scale": "jac", "xtol": 1e-14, "ftol": 1e-14, "gtol": 1e-14, "max_nfev": 100}
    starts = _starts(columns, target, np.diff(t).min(), count)
    if near is not None:
        starts[1] = near * unit
    found = [least_squares(misfit_of, np.r_[one[0], np.log(np.diff(one))], **tight) for one in starts]
    best = min(found, key=lambda fit: fit.cost)
    rates = rates_of(best.x)
    basis, amplitudes, residual = solve(rates)
    slopes = np.concatenate([basis, -t[:, None] * basis * amplitudes], axis=1)
    variance = residual @ residual / (len(t) - 2 * count)
    errors = np.sqrt(np.diag(np.linalg.pinv(slopes.T @ slopes)).clip(0) * variance)
    misfit = float(np.linalg.norm(residual) / np.linalg.norm(target))
    return Exponentials(rates / unit, amplitudes, errors[count:] / unit, errors[:count], misfit)


def _starts(columns: Any, target: np.ndarray, step: float, count: int) -> list[np.ndarray]:
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
