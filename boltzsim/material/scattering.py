"""Scattering amplitude of one spherical impurity from its phase shifts, and its momentum-shift derivative.

The on-shell T-matrix, made dimensionless with π N_F, is a sum over channels (l, j = l ± ½) (Huang, Tokatly and
Cazalilla, Eqs. S88-S91 and S182-S186; c = p̂·k̂):

    t(p, k) = -Σ e^{iη} sin η (pk/k_F²)^l { (l+1) P_l(c) - i P_l'(c) (p̂×k̂)·σ    j = l + ½
                                            l    P_l(c) + i P_l'(c) (p̂×k̂)·σ    j = l - ½ }

and D = k_F (∇_p + ∇_k) acts on the solid harmonics, so that

    D (pk)^l P_l(c)         = (l P_l + (1 - c) P_l') (p̂ + k̂)
    D_j (pk)^l P_l' (p̂×k̂)_m = ((l-1) P_l' + (1 - c) P_l'') (p̂ + k̂)_j (p̂×k̂)_m + P_l' ε_jlm (k̂ - p̂)_l.

Everything is returned in Pauli components, t = t_0 1 + t_a σ_a.

Phase shifts may be complex: e^{2iη} = S with |S| < 1 is a channel that loses the share 1 - |S|² to inelastic events.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from numpy.polynomial import Legendre

LETTERS = "spdf"
LEVI_CIVITA = np.zeros((3, 3, 3))
for _i, _j, _k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
    LEVI_CIVITA[_i, _j, _k], LEVI_CIVITA[_i, _k, _j] = 1.0, -1.0


def channel(name: str) -> tuple[int, int]:
    """Quantum numbers (l, 2j) of a channel named as in "s1/2", "p3/2", "f7/2".

    Raises
    ------
    ValueError
        If the name is no channel with l ≤ 3 and j = l ± ½ > 0.
    """
    match = re.fullmatch(r"([spdf])([1357])/2", name)
    if match:
        l, twice_j = LETTERS.index(match[1]), int(match[2])
        if twice_j in (2 * l - 1, 2 * l + 1):
            return l, twice_j
    known = [f"{LETTERS[l]}{twice_j}/2" for l in range(4) for twice_j in (2 * l - 1, 2 * l + 1) if twice_j > 0]
    raise ValueError(f"'{name}' is no scattering channel; known are {', '.join(known)}")


def highest_degree(channels: Iterable[str]) -> int:
    """Highest orbital angular momentum l among the channels, 0 if there are none."""
    return max((channel(name)[0] for name in channels), default=0)


def loss_rate(channels: Mapping[str, complex]) -> float:
    """Total scattering rate in units of Γ: Σ (j + ½) ½(1 - Re S), sin²η if elastic (the optical theorem, Eq. S14)."""
    losses = ((channel(name)[1] + 1) / 2 * (np.exp(1j * eta) * np.sin(eta)).imag for name, eta in channels.items())
    return float(sum(losses))


def inelastic_rates(channels: Mapping[str, complex]) -> dict[str, float]:
    """What elastic scattering leaves of `loss_rate` in channels with complex phase shifts: (j + ½)(1 - |S|²)/4."""
    return {
        name: (channel(name)[1] + 1) / 8 * -np.expm1(-4 * eta.imag) for name, eta in channels.items() if eta.imag != 0
    }


def partial_waves(
    channels: Mapping[str, complex], c: np.ndarray
) -> Iterator[tuple[int, complex, complex, tuple[np.ndarray, ...]]]:
    """For every channel l, the factors of P_l(c) and of P_l'(c) (p̂×k̂)·σ in t, and P_l, P_l', P_l'' at c."""
    for name, eta in channels.items():
        l, twice_j = channel(name)
        strength = -np.exp(1j * eta) * np.sin(eta)
        P = Legendre.basis(l)
        factors = strength * (twice_j + 1) / 2, 1j * strength * (2 * l - twice_j)
        yield l, *factors, (P(c), P.deriv(1)(c), P.deriv(2)(c))


def amplitude(channels: Mapping[str, complex], p: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """t(p, k) and D t(p, k) for all pairs of directions, in Pauli components.

    Parameters
    ----------
    channels : dict of str to float
        Phase shift in radians of each channel.
    p, k : array_like, shapes (N, 3) and (M, 3)
        Unit vectors out of and into the collision.

    Returns
    -------
    t : numpy.ndarray of complex, shape (4, N, M)
    Dt : numpy.ndarray of complex, shape (3, 4, N, M)
        First axis: Cartesian component of D.
    """
    p, k = np.asarray(p, float), np.asarray(k, float)
    c = p @ k.T
    cross = np.moveaxis(np.cross(p[:, None], k[None]), -1, 0)
    shift = np.moveaxis(p[:, None] + k[None], -1, 0)
    tilt = np.einsum("jlm,npl->jmnp", LEVI_CIVITA, k[None] - p[:, None])  # D_j (p×k)_m
    t = np.zeros((4, *c.shape), complex)
    Dt = np.zeros((3, 4, *c.shape), complex)
    for l, even, odd, (P0, P1, P2) in partial_waves(channels, c):
        t[0] += even * P0
        t[1:] += odd * P1 * cross
        Dt[:, 0] += even * (l * P0 + (1 - c) * P1) * shift
        Dt[:, 1:] += odd * (((l - 1) * P1 + (1 - c) * P2) * shift[:, None] * cross + P1 * tilt)
    return t, Dt
