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
from numpy.typing import ArrayLike
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
    def Q(self) -> np.ndarray:
        """√(D⁻¹ K) in 1/m, shape (3, 3)."""
        return np.real(sqrtm(np.linalg.solve(self.D, self.K)))

    def response(self, distance: float) -> np.ndarray:
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
        t in m. The spin potential at the contact is the mean over the film minus t times the gradient along the film.
    """

    axis: np.ndarray
    polarization: float
    admittance: np.ndarray
    tilt: np.ndarray = field(default_factory=lambda: np.zeros((3, 3)))


def channel(
    area: float, states: float, D_L: float, D_T: float, tau_s: float, omega: ArrayLike = (0, 0, 0), along: int = 0
) -> Channel:
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


def contact_conductances(
    transmission: float, polarization: float, mixing_phase: float = 0.0
) -> tuple[float, float, complex]:
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


def kinetic_contact(
    transmission: float,
    polarization: float,
    axis: ArrayLike,
    area: float,
    states: float,
    velocity: float,
    mixing_phase: float = 0.0,
    electrode: tuple[float, float] | None = None,
) -> tuple[SpinContact, float]:
    """A contact of a case (𝒯, P, m, φ, area) as the diffusion formula sees it.

    A barrier of resistance R_k and polarisation P_J before an electrode of spin resistance R_F = ρ_F λ_F/area and bulk
    polarisation p_F (Valet and Fert) has, along m,

        s = (P_J r + p_F r_F)/(r + r_F),   Y = 1/(r + r_F),   r = R_k/(1 - P_J²),   r_F = R_F/(1 - p_F²).

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
    electrode : tuple of float, optional
        R_F in Ω and p_F; none: the contact's reservoir has no spin potential.

    Returns
    -------
    SpinContact
        R_k = 1/(G₊ + G₋), P_J = (G₊ - G₋)/(G₊ + G₋), the electrode behind it, and the mixing conductance across m.
    resistance : float
        R_k in Ω.
    """
    unit = elementary_charge**2 * states / 2 * velocity * area
    up, down, mixing = contact_conductances(transmission, polarization, mixing_phase)
    R, P_J = 1 / (unit * (up + down)), (up - down) / (up + down)
    m = np.asarray(axis, float) / np.linalg.norm(axis)
    along = np.outer(m, m)
    across = np.real(mixing) * (np.eye(3) - along) - np.imag(mixing) * _cross(m)
    R_F, p_F = electrode or (0.0, 0.0)
    r, r_F = R / (1 - P_J**2), R_F / (1 - p_F**2)
    return SpinContact(m, (P_J * r + p_F * r_F) / (r + r_F), along / (r + r_F) + 2 * unit * across), R


def channel_resistance(channel: Channel, injector: SpinContact, detector: SpinContact, distance: float) -> float:
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


def _cross(vector):
    """The matrix that multiplies a vector by v × from the left."""
    x, y, z = vector
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]], float)
