"""Fit of Hanle curves with the matrix diffusion formula: τ_s, D_L, D_T and the contacts' polarisation.

Beside the standard lineshape (`fits.hanle`) it knows D_L ≠ D_T, the spins that contacts draw back, any directions of
magnetisations and field, and the drift of spins across a film by swapping (`channel_formula`). Contact resistances and
the tilt of the spins at the contacts are taken as known.
"""

import math
from collections.abc import Sequence

import numpy as np

from boltzsim.analysis import channel_formula as formula
from boltzsim.analysis import fits
from boltzsim.analysis.valve_device import Valve

#: Spins with a smaller component than this along an axis, relative to their size, are taken as having none.
TURNED = 1e-6
#: Device without field, Larmor vectors (n, 3) in rad/s and ΔR (n,) in Ω.
HanleData = tuple[Valve, np.ndarray, np.ndarray]


def fit(curves: Sequence[HanleData]) -> fits.Fit:
    """Fit ΔR against field of one or several Hanle curves with one set of constants.

    Parameters
    ----------
    curves : sequence of (Valve, array_like (n, 3), array_like (n,))
        Device without field (its channel's D, τ_s and contact polarisations are only scales to start from), Larmor
        vectors in rad/s, ΔR in Ω.

    Returns
    -------
    fits.Fit
        tau_s (s), D_T and, where spins along the channel take part, D_L (m²/s), polarization √(P₁P₂).

    Raises
    ------
    ValueError
        If a curve has too few fields, no spin is turned, or the fit fails.
    """
    first = curves[0][0]
    names = ["polarization", "tau_s", "D_T", *(["D_L"] if any(map(_along, curves)) else [])]
    signal = np.concatenate([np.asarray(values, float) for _, _, values in curves])
    if not any(map(_turns, curves)):
        raise ValueError("the field does not turn the spins: there is no Hanle curve to fit")
    if len(signal) <= len(names):
        raise ValueError(f"a Hanle fit of {', '.join(names)} needs more than {len(names)} points")
    size, own = np.abs(signal).max(), first.channel
    scale = {"tau_s": 1 / np.trace(own.K) * 3, "D_T": np.linalg.eigvalsh(own.D)[1], "polarization": first.polarization}
    scale["D_L"] = scale["D_T"]

    def model(_, *logarithms):
        value = {name: scale[name] * math.exp(x) for name, x in zip(names, logarithms, strict=True)}
        return np.concatenate([curve(valve, omega, value) for valve, omega, _ in curves]) / size

    found, covariance = fits.least_squares(model, np.arange(len(signal)), signal / size, np.zeros(len(names)))
    misfit = np.linalg.norm(model(None, *found) - signal / size) / np.linalg.norm(signal / size)
    value = {name: float(scale[name] * math.exp(x)) for name, x in zip(names, found, strict=True)}
    error = {name: value[name] * float(s) for name, s in zip(names, np.sqrt(np.diag(covariance)), strict=True)}
    return fits.Fit("Hanle, matrix D", value, error, float(misfit))


def curve(valve: Valve, omega: np.ndarray, value: dict[str, float]) -> np.ndarray:
    """ΔR in Ω of a valve's geometry and contacts at Larmor vectors (n, 3), for constants as `fit` finds them."""
    strength = 2 * (value["polarization"] / valve.polarization) ** 2
    own, D_T = valve.channel, value["D_T"]
    found = []
    for vector in omega:
        channel = formula.channel(own.area, own.states, value.get("D_L", D_T), D_T, value["tau_s"], vector, valve.along)
        found.append(formula.channel_resistance(channel, valve.injector, valve.detector, valve.distance))
    return strength * np.array(found)


def _axes(curve):
    """Directions that the spins of a curve take: the magnetisations, and the magnetisations turned by the fields."""
    valve, omega, _ = curve
    axes = np.array([valve.injector.axis, valve.detector.axis])
    unit = np.array(omega) / max(np.abs(omega).max(), np.finfo(float).tiny)
    return axes, np.cross(unit[:, None], axes)


def _along(curve):
    axes, turned = _axes(curve)
    return max(np.abs(axes[:, curve[0].along]).max(), np.abs(turned[..., curve[0].along]).max()) > TURNED


def _turns(curve):
    return np.abs(_axes(curve)[1]).max() > TURNED
