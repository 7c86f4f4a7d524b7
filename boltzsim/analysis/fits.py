"""Least-squares fits of what a spin valve measures, with standard uncertainties.

exponential        A e^{-d/λ}
two exponentials   A e^{-d/λ} + B e^{-d/λ'},  λ > λ'
Hanle              Re[A κ₀/κ e^{-κ d}],  κ = √((1/τ_s + iω)/D),  κ₀ = κ(ω = 0): the standard one-dimensional lineshape
                   of tunnel contacts, field across the magnetisations

Amplitudes and lengths vary over decades: the fits use scaled data and the logarithms of positive parameters.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.constants import elementary_charge
from scipy.optimize import OptimizeWarning, curve_fit

#: Signals that the field changes by less than this part of themselves are not fitted: it does not turn the spins.
UNTURNED = 1e-4

#: A fitted lineshape whose spins would have to diffuse over more decay lengths than this is none.
LONGEST = 100

Weights = Literal["relative", "equal"]


@dataclass(frozen=True)
class Fit:
    """Parameters by name with their standard uncertainties (one σ), and the misfit relative to the data's norm."""

    kind: str
    value: dict[str, float]
    error: dict[str, float]
    misfit: float


def exponential(distance: ArrayLike, signal: ArrayLike, weights: Weights = "relative") -> Fit:
    """Fit A e^{-d/λ}.

    Parameters
    ----------
    distance, signal : array_like, shape (n,)
        In m, and any unit; all signals of one sign. At least 3 points.
    weights : {"relative", "equal"}
        Whether the misfit counts relative to each signal or to the largest.

    Returns
    -------
    Fit
        amplitude, length.

    Raises
    ------
    ValueError
        For too few points, a signal that changes sign or grows.
    """
    d, s = _points(distance, signal, 3)
    slope, offset = np.polyfit(d, np.log(np.abs(s)), 1)
    if slope >= 0:
        raise ValueError("the signal does not decay with distance: there is no decay length to fit")
    start = [offset, -math.log(-slope)]

    def model(d, a, length):
        return np.exp(a - d * math.exp(-length))

    return _fit("exponential", ("amplitude", "length"), model, d, s, start, weights)


def two_exponentials(distance: ArrayLike, signal: ArrayLike, weights: Weights = "relative") -> Fit:
    """Fit A e^{-d/λ} + B e^{-d/λ'}, both amplitudes of the signal's sign.

    Parameters
    ----------
    distance, signal, weights
        As in `exponential`; at least 5 points.

    Returns
    -------
    Fit
        amplitude, length (the longer), amplitude_short, length_short.

    Raises
    ------
    ValueError
        As in `exponential`; also if the data hold no second exponential.
    """
    d, s = _points(distance, signal, 5)
    order = np.argsort(d)
    d, s = d[order], s[order]
    far = len(d) - max(3, len(d) // 2)
    tail = exponential(d[far:], s[far:], weights)
    rest = np.abs(s[:far]) - abs(tail.value["amplitude"]) * np.exp(-d[:far] / tail.value["length"])
    if rest[0] <= 0:
        raise ValueError("the signal holds no second, shorter exponential; fit one")
    short = tail.value["length"] / 4
    start = [
        math.log(abs(tail.value["amplitude"])),
        math.log(tail.value["length"]),
        math.log(rest[0]) + d[0] / short,
        math.log(short),
    ]

    def model(d, a, length, b, shorter):
        return np.exp(a - d * math.exp(-length)) + np.exp(b - d * math.exp(-shorter))

    names = ("amplitude", "length", "amplitude_short", "length_short")
    fit = _fit("two exponentials", names, model, d, s, start, weights)
    if fit.value["length_short"] > fit.value["length"]:
        swapped = dict(zip(names, (names[2], names[3], names[0], names[1]), strict=True))
        value, error = ({n: part[swapped[n]] for n in names} for part in (fit.value, fit.error))
        return Fit(fit.kind, value, error, fit.misfit)
    return fit


def decay(fit: Fit, distance: np.ndarray) -> np.ndarray:
    """The signal of a fit of one or two exponentials at distances in m."""
    value = fit.value
    signal = value["amplitude"] * np.exp(-distance / value["length"])
    if "length_short" in value:
        signal = signal + value["amplitude_short"] * np.exp(-distance / value["length_short"])
    return signal


def hanle(omega: ArrayLike, signal: ArrayLike, distance: float) -> Fit:
    """Fit the standard Hanle lineshape Re[A κ₀/κ e^{-(κ-κ₀) d}] of tunnel contacts.

    Parameters
    ----------
    omega : array_like, shape (n,)
        Larmor frequencies, rad/s. At least 4 different magnitudes.
    signal : array_like, shape (n,)
        R_NL or ΔR without background, Ω.
    distance : float
        In m.

    Returns
    -------
    Fit
        amplitude (the signal at ω = 0, Ω), tau_s (s), D (m²/s), length = √(D τ_s) (m), and
        strength = amplitude e^{d/λ} √(D/τ_s), which is P_1 P_2/(2 e² N A) for R_NL and twice that for ΔR (Ω m/s).

    Raises
    ------
    ValueError
        For too few points, a signal that does not change, or if no lineshape comes near the data.
    """
    omega, signal = np.asarray(omega, float), np.asarray(signal, float)
    if len(np.unique(np.abs(omega))) < 4:
        raise ValueError("a Hanle fit needs at least 4 different fields")
    scale = signal[np.abs(omega).argmin()]
    if scale == 0:
        raise ValueError("the signal vanishes without field: there is no Hanle curve to fit")
    if np.ptp(signal) < UNTURNED * abs(scale):
        raise ValueError("the field does not turn the spins: there is no Hanle curve to fit")
    widest = np.abs(omega).max()

    def model(w, amplitude, tau, D):
        return hanle_lineshape(w, amplitude, np.exp(tau) / widest, np.exp(D) * distance**2 * widest, distance)

    best = None
    for tau in (1.0, 5.0, 25.0):
        for D in (0.02, 0.2, 2.0):
            try:
                start = [1.0, math.log(tau), math.log(D)]
                found, covariance = least_squares(model, omega, signal / scale, start)
            except ValueError:
                continue
            misfit = np.linalg.norm(model(omega, *found) - signal / scale) / np.linalg.norm(signal / scale)
            if best is None or misfit < best[0]:
                best = misfit, found, covariance
    if best is None:
        raise ValueError("no Hanle lineshape comes near the data")
    misfit, found, covariance = best
    tau, D = math.exp(found[1]) / widest, math.exp(found[2]) * distance**2 * widest
    length = math.sqrt(tau * D)
    if length < distance / LONGEST:
        raise ValueError("no Hanle lineshape comes near the data: its decay length runs away")
    value = {"amplitude": found[0] * scale, "tau_s": tau, "D": D, "length": length}
    value["strength"] = value["amplitude"] * math.exp(distance / length) * math.sqrt(D / tau)
    lever = distance / (2 * length)  # of ln τ and ln D on d/λ
    gradients = {  # of the logarithms of the results by (amplitude, ln τ, ln D)
        "amplitude": (1 / found[0], 0, 0),
        "tau_s": (0, 1, 0),
        "D": (0, 0, 1),
        "length": (0, 0.5, 0.5),
        "strength": (1 / found[0], -lever - 0.5, -lever + 0.5),
    }
    error = {name: abs(value[name]) * math.sqrt(max(g @ covariance @ g, 0.0)) for name, g in
             ((name, np.array(gradient)) for name, gradient in gradients.items())}  # fmt: skip
    return Fit("Hanle", _floats(value), _floats(error), float(misfit))


def hanle_lineshape(omega: np.ndarray, amplitude: float, tau_s: float, D: float, distance: float) -> np.ndarray:
    """Re[A κ₀/κ e^{-(κ-κ₀) d}] at Larmor frequencies omega (rad/s); A is the signal at ω = 0."""
    kappa, kappa0 = np.sqrt((1 / tau_s + 1j * omega) / D), np.sqrt(1 / (tau_s * D))
    return amplitude * np.real(kappa0 / kappa * np.exp(-(kappa - kappa0) * distance))


def injected_polarization(fit: Fit, states: float, area: float, steps: int = 1) -> tuple[float, float]:
    """√(P_1 P_2) of tunnel contacts from a Hanle fit, with its standard uncertainty.

    Parameters
    ----------
    fit : Fit
        From `hanle`; its strength is P_1 P_2/(2 e² N A).
    states, area : float
        Density of states of both spins (1/(J m³)) and cross-section of the channel (m²).
    steps : int
        1 for a fit to R_NL, 2 for one to ΔR = R_P - R_AP.

    Returns
    -------
    tuple of float

    Raises
    ------
    ValueError
        If the signal is that of contacts of opposite polarisation.
    """
    square = fit.value["strength"] * 2 * elementary_charge**2 * states * area / steps
    if square < 0:
        raise ValueError("the signal is negative: the contacts have polarisations of opposite sign")
    value = math.sqrt(square)
    return value, value / 2 * abs(fit.error["strength"] / fit.value["strength"])


def _points(distance: ArrayLike, signal: ArrayLike, least: int) -> tuple[np.ndarray, np.ndarray]:
    d, s = np.asarray(distance, float), np.asarray(signal, float)
    if len(np.unique(d)) < least:
        raise ValueError(f"the fit needs at least {least} different distances")
    if not (np.all(s > 0) or np.all(s < 0)):
        raise ValueError("the signal changes sign or vanishes: no exponential describes it")
    return d, s


def _fit(kind, names, model, distance, signal, start, weights):
    """Fit a positive model of logarithmic parameters to |signal| with lengths in units of the largest distance."""
    sign, unit, top = np.sign(signal[0]), distance.max(), np.abs(signal).max()
    shift = np.array([math.log(top) if name.startswith("amplitude") else math.log(unit) for name in names])
    data = np.abs(signal) / top
    sigma = data if weights == "relative" else None
    found, covariance = least_squares(model, distance / unit, data, np.array(start) - shift, sigma)
    misfit = np.linalg.norm(model(distance / unit, *found) - data) / np.linalg.norm(data)
    values = np.exp(found + shift)
    errors = np.sqrt(np.diag(covariance)) * values
    signs = [sign if name.startswith("amplitude") else 1 for name in names]
    return Fit(
        kind,
        {name: float(s * v) for name, s, v in zip(names, signs, values, strict=True)},
        {name: float(e) for name, e in zip(names, errors, strict=True)},
        float(misfit),
    )


def least_squares(
    model: Callable[..., np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    start: Sequence[float] | np.ndarray,
    sigma: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Parameters of model(x, *parameters) and their covariance; a ValueError if none are found.

    A trial step may overflow. A fit whose result overflows has failed.
    """
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", OptimizeWarning)
        try:
            found, covariance = curve_fit(model, x, y, start, sigma=sigma, xtol=1e-13, ftol=1e-13, maxfev=20000)
        except RuntimeError as error:
            raise ValueError(f"the fit did not converge: {error}") from None
    if not np.all(np.abs(found) < 500):  # logarithms and scaled amplitudes; also false for nan
        raise ValueError("the fit did not converge: parameters ran away")
    return found, covariance


def _floats(values):
    return {name: float(value) for name, value in values.items()}
