"""Non-local resistance of a one-dimensional channel by the diffusion equation, for comparison with the kinetic device.

Along a channel of cross-section A the spin potential s (half the splitting, V) obeys D s'' = K s, with

    D = D_T 1 + (D_L - D_T) x x^T       spin diffusion, x along the channel (Huang, Tokatly and Cazalilla, Eq. 16),
    K = 1/τ_s - [ω]×                    relaxation and Larmor precession, ∂_t s = ω × s,   Q = √(D⁻¹ K),
    G(x) = exp(-Q|x|) Q⁻¹ D⁻¹ / (2 e² N A)     spin potential at x per spin current injected at 0 (Ω),

N the density of states of both spins. A contact injects the polarisation s_k of its charge current along m_k and draws
the spin current Y_k s back from the channel, so that between contacts 1 and 2 at a distance d

    R_NL = s_1 s_2 m_2^T [(1 + G Y)⁻¹ G]_21 m_1.

Spin-orbit coupling lets spins that diffuse along a film drift across it (swapping: s_z flowing along x turns into s_x
flowing along z). Walls at z = ±d/2 stop them, ∂_z s = -R ∂_x s with R = D_zz⁻¹ D_zx, so that a contact on the upper
wall reads s + t Q s, t = (d/2) R, of spins that come along x, and by reciprocity injects G (1 - D Q D⁻¹ tᵀ): of first
order in d/λ and in the coupling, and seen where a field turns the spins in the plane of x and z.

Valid where the mean free path is far below every length, contacts are short and the channel thin on the scale of the
spin diffusion length, spin-orbit scattering is weak and the side jump is neglected.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from scipy.constants import elementary_charge
from scipy.linalg import expm, sqrtm

#: Three times the extrapolation length of Milne's problem in mean free paths (isotropic scattering).
MILNE = 3 * 0.710446089598763


@dataclass(frozen=True)
class Channel:
    """A channel along x in SI.

    Attributes
    ----------
    area : float
        Cross-section A in m².
    states : float
        Density of states of both spins N in 1/(J m³).
    D : numpy.ndarray, shape (3, 3)
        Spin diffusion along the channel by polarisation, m²/s.
    K : numpy.ndarray, shape (3, 3)
        Relaxation and precession, 1/s.
    """

    area: float
    states: float
    D: np.ndarray
    K: np.ndarray

    @property
    def Q(self):
        """√(D⁻¹ K) in 1/m, shape (3, 3)."""
        return np.real(sqrtm(np.linalg.solve(self.D, self.K)))

    def response(self, distance):
        """G(distance) in Ω, shape (3, 3)."""
        Q = self.Q
        kernel = expm(-Q * abs(distance)) @ np.linalg.inv(self.D @ Q)
        return kernel / (2 * elementary_charge**2 * self.states * self.area)


@dataclass(frozen=True)
class SpinContact:
    """A contact as the channel's spins see it.

    Attributes
    ----------
    axis : numpy.ndarray, shape (3,)
        Magnetisation m.
    polarization : float
        s: spin current injected per charge current, and voltage read per spin potential.
    admittance : numpy.ndarray, shape (3, 3)
        Y in S: spin current drawn per spin potential.
    tilt : numpy.ndarray, shape (3, 3)
        t in m: minus what the spin potential at the contact differs from its mean over the film, per gradient along it.
    """

    axis: np.ndarray
    polarization: float
    admittance: np.ndarray
    tilt: np.ndarray = field(default_factory=lambda: np.zeros((3, 3)))


def channel(area, states, D_L, D_T, tau_s, omega=(0, 0, 0), along=0):
    """A channel along one coordinate axis.

    Parameters
    ----------
    area, states : float
        As in `Channel`.
    D_L, D_T : float
        Diffusion constants of spins along and across the channel, m²/s.
    tau_s : float
        Spin relaxation time, s.
    omega : array_like, shape (3,)
        Larmor vector in rad/s.
    along : int
        Axis of the channel.
    """
    D = D_T * np.eye(3)
    D[along, along] = D_L
    return Channel(area, states, D, np.eye(3) / tau_s - _cross(omega))


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


def contact_conductances(transmission, polarization, mixing_phase=0.0):
    """Conductances per area of a diffuse contact of the kinetic equation to a diffusive metal, over e² N_F v_F.

    A spin channel's barrier reflects a fraction 𝒯± = 𝒯(1 ± P) less: in series with Milne's problem in the metal

        1/g± = 4 (1 - 𝒯±)/𝒯± + 3 × 0.7104,        1/g_mix = 4ρ/(1 - ρ) + 3 × 0.7104,   ρ = √((1-𝒯₊)(1-𝒯₋)) e^{iφ}

    exact for isotropic scattering without spin-orbit coupling; for tunnel contacts it does not matter which.

    Returns
    -------
    up, down : float
    mixing : complex
    """

    def series(reflection):
        return (1 - reflection) / (4 * reflection + MILNE * (1 - reflection))

    up, down = transmission * (1 + polarization), transmission * (1 - polarization)
    mixed = math.sqrt(max((1 - up) * (1 - down), 0.0)) * np.exp(1j * mixing_phase)
    return series(1 - up), series(1 - down), complex(series(mixed))


def kinetic_contact(transmission, polarization, axis, area, states, velocity, mixing_phase=0.0):
    """A contact of a case (𝒯, P, m, φ, area) as the diffusion formula sees it.

    Parameters
    ----------
    transmission, polarization, axis, mixing_phase
        As in the case.
    area : float
        Area in m².
    states : float
        Density of states of both spins in 1/(J m³).
    velocity : float
        Fermi velocity in m/s.

    Returns
    -------
    SpinContact
        R_k = 1/(G₊ + G₋), P_J = (G₊ - G₋)/(G₊ + G₋), no ferromagnetic resistance, and the mixing conductance across m.
    resistance : float
        R_k in Ω.
    """
    unit = elementary_charge**2 * states / 2 * velocity * area
    up, down, mixing = contact_conductances(transmission, polarization, mixing_phase)
    R, P_J = 1 / (unit * (up + down)), (up - down) / (up + down)
    m = np.asarray(axis, float) / np.linalg.norm(axis)
    along = np.outer(m, m)
    across = np.real(mixing) * (np.eye(3) - along) - np.imag(mixing) * _cross(m)
    admittance = along * (1 - P_J**2) / R + 2 * unit * across
    return SpinContact(m, P_J, admittance), R


def nonlocal_resistance(channel, injector, detector, distance):
    """R_NL in Ω of two contacts on an infinite channel, back-flow into both included.

    Parameters
    ----------
    channel : Channel
    injector, detector : SpinContact
    distance : float
        From injector to detector in m; negative against the axis of the channel.
    """
    near, far, Q = channel.response(0.0), channel.response(distance), channel.Q
    back = channel.D @ Q @ np.linalg.inv(channel.D)

    def between(source, probe, sign):
        return (np.eye(3) + sign * probe.tilt @ Q) @ far @ (np.eye(3) - sign * back @ source.tilt.T)

    sign = math.copysign(1, distance)
    G = np.block([[near, between(detector, injector, -sign)], [between(injector, detector, sign), near]])
    Y = np.zeros((6, 6))
    Y[:3, :3], Y[3:, 3:] = injector.admittance, detector.admittance
    through = np.linalg.solve(np.eye(6) + G @ Y, G)[3:, :3]
    return float(injector.polarization * detector.polarization * detector.axis @ through @ injector.axis)


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


def _cross(vector):
    """Matrix of v × ."""
    x, y, z = vector
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]], float)
