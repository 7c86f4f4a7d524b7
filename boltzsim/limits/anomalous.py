"""Side-jump velocities ω(p, σ) of supplement II of Huang, Tokatly and Cazalilla, from Eq. 3 and as others define them.

With t = πN_F T and the mean over all k̂, each is ω = 2 ⟨Im[(∇t)_αγ t*_αγ]⟩ per αv_F, which is a number times σ×p̂:

    Eq. 3 (S39)            ∇ = ∇_p + ∇_k, the whole T-matrix
    Lyo and Holstein (S41) ∇ = ∇_p + ∇_k, the T-matrix in Born approximation
    Levy (S42)             ∇ = ∇_k alone, the whole T-matrix
"""

import math
from collections.abc import Mapping

import numpy as np

from boltzsim.material.harmonics import sphere
from boltzsim.material.scattering import LEVI_CIVITA, amplitude, highest_degree, partial_waves

_P = np.array([[1.0, 0.0, 0.0]])  # p̂ along x and the spin along z: σ×p̂ is along y
_Y = 1


def velocities(channels: Mapping[str, float]) -> dict[str, float]:
    """Coefficients of σ×p̂ in the three side-jump velocities of an impurity.

    Parameters
    ----------
    channels : dict of str to float
        Phase shifts in radians by channel name.

    Returns
    -------
    dict of str to float
        "kinetic", "lyo_holstein", "levy", in units of αv_F.
    """
    k, weights = sphere(4 * highest_degree(channels))
    born = {name: np.log(1 + 2j * eta) / 2j for name, eta in channels.items()}  # e^{iη'} sin η' = η
    t, Dt = (values[..., 0, :] for values in amplitude(channels, _P, k))
    weak, Dweak = (values[..., 0, :] for values in amplitude(born, _P, k))
    gradient = _gradient_in_k(channels, k)
    return {
        "kinetic": 2 * _spin_part(Dt[_Y], t, weights),
        "lyo_holstein": 2 * _spin_part(Dweak[_Y], weak, weights),
        "levy": 2 * _spin_part(gradient[_Y], t, weights),
    }


def born_velocities(screening: float) -> dict[str, float]:
    """Both sides of Eqs. S46 and S47, of T = U(p-k) [1 - iγ (p×k)·σ] to first order in γ, over γ.

    Parameters
    ----------
    screening : float
        U = e^{-screening (p-k)²/2}.

    Returns
    -------
    dict of str to float
        "kinetic" and "levy", coefficients of σ×p̂ by the definitions S39 and S42; "transport", "lifetime": 1/τ_tr and
        1/τ_qp (S49, S50), all without their common factor 2π n_im N_F.
    """
    k, weights = sphere(40)
    c, gamma = k[:, 0], 1e-13
    U = np.exp(-screening * (1 - c))
    zero, one = np.zeros_like(c), np.ones_like(c)
    cross = np.cross(_P, k).T
    t = U * np.array([one + 0j, *(-1j * gamma * cross)])
    both = -1j * gamma * U * np.einsum("lm,nl->mn", LEVI_CIVITA[_Y], k - _P)
    own = -1j * gamma * U * np.einsum("ml,l->m", LEVI_CIVITA[:, :, _Y], _P[0])[:, None]
    slope = -screening * k[:, _Y] * t  # ∇_k U/U = screening (p - k), whose part along y is -k_y
    D = {"kinetic": np.array([zero, *both]), "levy": np.array([zero, *own]) + slope}
    found = {name: _spin_part(values, t, weights) / gamma for name, values in D.items()}
    return found | {"transport": float(weights @ (U**2 * (1 - c))), "lifetime": float(weights @ U**2)}


def comparisons(channels: Mapping[str, float], drift: np.ndarray, screening: float) -> dict[str, tuple]:
    """Printed, kinetic and corrected values of the relations of supplement II, as `boltzsim.limits.audit` takes them.

    Parameters
    ----------
    channels : dict of str to float
        Phase shifts in radians by channel name.
    drift : numpy.ndarray
        V of these channels, from which S39 is found again as what it makes of a uniform density.
    screening : float
        Of the potential in S46 and S47.
    """
    found, born = velocities(channels), born_velocities(screening)
    kinetic = math.sqrt(3) * drift[_Y, 15, 0]  # ⟨√3 p̂_x (V_y 1)_z⟩
    return {
        "S39": (found["kinetic"], kinetic, found["kinetic"]),
        "S41": (found["lyo_holstein"], kinetic, None),
        "S42": (found["levy"], kinetic, None),
        "S46": (born["transport"], born["kinetic"], -born["transport"]),
        "S47": (born["lifetime"], born["levy"], -born["lifetime"]),
    }


def _gradient_in_k(channels: Mapping[str, float], k: np.ndarray) -> np.ndarray:
    """k_F ∇_k t(p, k) in Pauli components for p along x, shape (3, 4, N)."""
    c, p = k @ _P[0], _P[0]
    across = p[:, None] - c * k.T
    cross = np.cross(_P, k).T
    tilt = np.einsum("mlj,l->jm", LEVI_CIVITA, p)  # ∇_k,j (p×k)_m
    found = np.zeros((3, 4, len(k)), complex)
    for l, even, odd, (P0, P1, P2) in partial_waves(channels, c):
        found[:, 0] += even * (l * P0 * k.T + P1 * across)
        found[:, 1:] += odd * (((l - 1) * P1 * k.T + P2 * across)[:, None] * cross + P1 * tilt[:, :, None])
    return found


def _spin_part(left: np.ndarray, right: np.ndarray, weights: np.ndarray) -> float:
    """Mean over k̂ of Im ½tr(σ_z left right†), the part of Im(left right†)_αα that is odd in the spin α along z."""
    trace = left[0] * right[3].conj() + left[3] * right[0].conj()
    trace = trace + 1j * (left[1] * right[2].conj() - left[2] * right[1].conj())
    return float(weights @ trace.imag)
