"""Published closed forms of non-local spin valves, and the contacts that they speak of."""

import math

import numpy as np
from scipy.constants import elementary_charge

from boltzsim.analysis.channel_formula import SpinContact


def interface(R, P_J, axis, R_F=0.0, p_F=0.0, r_perp=None):
    """A contact from its resistances, in the standard model of spin injection.

    Parameters
    ----------
    R, P_J : float
        Interface resistance R_k in Ω and its polarisation.
    axis : array_like, shape (3,)
        Magnetisation.
    R_F, p_F : float
        Spin resistance ρ_F λ_F / A_k of the ferromagnet in Ω and its polarisation.
    r_perp : float, optional
        Resistance to spins across the axis in Ω; the same as along the axis if omitted.

    Returns
    -------
    SpinContact
        r = R/(1-P_J²) + R_F/(1-p_F²), s = [P_J R/(1-P_J²) + p_F R_F/(1-p_F²)]/r, Y = m m^T/r + (1 - m m^T)/r_perp.
    """
    m = np.asarray(axis, float) / np.linalg.norm(axis)
    barrier, metal = R / (1 - P_J**2), R_F / (1 - p_F**2)
    r = barrier + metal
    along = np.outer(m, m)
    return SpinContact(m, (P_J * barrier + p_F * metal) / r, along / r + (np.eye(3) - along) / (r_perp or r))


def takahashi_maekawa(distance, length, resistance, injector, detector):
    """Collinear non-local resistance in Ω, S. Takahashi and S. Maekawa, Phys. Rev. B 67, 052409 (2003).

    Parameters
    ----------
    distance, length : float
        Distance of the contacts and spin diffusion length λ, m.
    resistance : float
        R_N = ρλ/A of the channel, Ω.
    injector, detector : tuple of float
        (R_k, P_J, R_F, p_F) as in `interface`.
    """
    decay, source, damping = math.exp(-distance / length), 1.0, 1.0
    for R, P_J, R_F, p_F in (injector, detector):
        barrier, metal = R / ((1 - P_J**2) * resistance), R_F / ((1 - p_F**2) * resistance)
        source *= P_J * barrier + p_F * metal
        damping *= 1 + 2 * barrier + 2 * metal
    return 2 * resistance * decay * source / (damping - decay**2)


def tunnel_hanle(channel_area, states, D, tau_s, omega, distance, P_1, P_2):
    """Hanle signal of tunnel contacts as an integral over the spins' times of flight, in Ω.

    R_NL = P_1 P_2/(e² N A) ∫ dt exp(-d²/4Dt - t/τ_s) cos ωt / √(4πDt), field across the magnetisations; SI.
    The integrand falls off double-exponentially in ln t at both ends: the trapezoidal rule converges to rounding.
    """
    flight = distance**2 / (4 * D)
    x = np.linspace(math.log(flight / 700), math.log(60 * tau_s + 8 * math.sqrt(flight * tau_s)), 4001)
    t = np.exp(x)
    weight = np.exp(-flight / t - t / tau_s) * np.cos(omega * t) * np.sqrt(t / (4 * math.pi * D))
    value = np.sum(weight) * (x[1] - x[0])
    return P_1 * P_2 * value / (elementary_charge**2 * states * channel_area)
