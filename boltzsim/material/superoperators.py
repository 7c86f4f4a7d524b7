"""The collision and side-jump superoperators in the basis of spherical-harmonic and Pauli moments.

Moments φ_{i,μ} = ⟨Y_i n_μ⟩, μ = (c, x, y, z), have the flat index 4 i + μ. With the kinetic equation divided by v_F,

    (1/v_F) ∂_t n + (p̂ - αV)·∇ n + loss n = gain n,                           Huang, Tokatly and Cazalilla, Eqs. 1-3

    (G n)(p̂) = ∫dΩ_k/4π t n(k̂) t†,    (V n)(p̂) = ∫dΩ_k/4π i [t n(k̂) (Dt)† - (Dt) n(k̂) t†],

gain = Σ_s G_s/l0_s + background, loss the scalar of ½{∫ t t†, n}, and drift = Σ_s α_s V_s. The background scatters
isotropically and returns all of the charge; of the spin it returns all (1/τ_p), nothing (1/τ_sf), or -⅓ (1/τ_ex):
paramagnetic local moments turn n into Σ_a σ_a n σ_a / 3, which flips the spin with probability ⅔.

Inelastic events of a channel with |S| < 1 are the rest of its loss, (j + ½)(1 - |S|²)/4. They return the electron to
the channel, all of its charge and a given part of its spin there, and have no side jump.

t is a polynomial of degree l_max in either direction, so that G and V read and write moments with l ≤ 2 l_max only and
the product quadrature used here is exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from boltzsim.material import alloy
from boltzsim.material.harmonics import harmonics, sphere
from boltzsim.material.scattering import amplitude, highest_degree, inelastic_rates, loss_rate

_PAULI = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
_TRACE = np.einsum("mij,ajk,nkl,bli->manb", *4 * [_PAULI]) / 2  # ½ tr(σ_μ σ_a σ_ν σ_b)


@dataclass(frozen=True)
class Operators:
    """Collision and side-jump operators on flat moments, n = (degree + 1)² harmonics.

    Attributes
    ----------
    degree : int
        Highest l kept; higher moments are neither read nor written by gain and drift.
    loss : float
        Scalar loss rate, in 1/m (in 1/l0 where Γ = l0 = v_F = 1).
    gain : numpy.ndarray, shape (4n, 4n)
        Gain operator, same unit as `loss`. Its (l=0, charge) row and column are zero but for gain[0, 0] = loss.
    drift : numpy.ndarray, shape (3, 4n, 4n)
        Side-jump velocity αV along x, y, z, dimensionless; zero without side jump.
    velocity, conductance : float
        v_F and N_F v_F of the metal, relative to those of one metal of the device.
    """

    degree: int
    loss: float
    gain: np.ndarray
    drift: np.ndarray
    velocity: float = 1.0
    conductance: float = 1.0

    @property
    def lambda_(self) -> np.ndarray:
        """Relaxation operator Λ = loss - gain on the moments kept, shape (4n, 4n)."""
        return self.loss * np.eye(len(self.gain)) - self.gain


def impurity_operators(
    channels: Mapping[str, complex], alpha: float = 0.0, degree: int | None = None, spin_kept: float = 1.0
) -> Operators:
    """Operators of one impurity species in units v_F = Γ = l0 = 1.

    Parameters
    ----------
    channels : dict of str to complex
        Phase shifts in radians by channel name, "s1/2" … "f7/2"; complex ones for channels with j = ½ only.
    alpha : float
        Side-jump parameter 1/(2 k_F l0) = 2 x / 3π; scales `drift` only.
    degree : int, optional
        Highest moment degree, at least max(2, 2 l_max), which is the default; larger values are zero-padded.
    spin_kept : float
        Part of the spin that inelastic events return, from -⅓ to 1.

    Returns
    -------
    Operators

    Raises
    ------
    ValueError
        For an unknown channel or a degree that would cut the operators.
    """
    l_max = highest_degree(channels)
    needed = max(2, 2 * l_max)
    degree = needed if degree is None else degree
    if degree < needed:
        raise ValueError(f"degree {degree} cuts the operators of l ≤ {l_max} scattering; at least {needed} is needed")
    n, small = (degree + 1) ** 2, (2 * l_max + 1) ** 2
    gain, drift = np.zeros((n, 4, n, 4)), np.zeros((3, n, 4, n, 4))
    directions, weights = sphere(4 * l_max)
    Y = harmonics(directions, 2 * l_max) * weights[:, None]
    t, Dt = amplitude(channels, directions, directions)
    gain[:small, :, :small] = _moments(t, t, Y).real
    for axis in range(3):
        drift[axis, :small, :, :small] = -2 * _moments(t, Dt[axis], Y).imag
    for name, rate in inelastic_rates(channels).items():
        alone = impurity_operators({name: np.pi / 2}, degree=degree)  # its channel j = ½ has the loss 1
        gain += spin_kept * rate * alone.gain.reshape(gain.shape)
    loss = loss_rate(channels)
    gain[np.abs(gain) < 1e-14 * loss] = 0.0
    drift[np.abs(drift) < 1e-14 * loss] = 0.0
    gain[0, 0], gain[:, :, 0, 0] = 0.0, 0.0
    gain[0, 0, 0, 0] = loss
    return Operators(degree, loss, gain.reshape(4 * n, 4 * n), alpha * drift.reshape(3, 4 * n, 4 * n))


def combine(
    parts: Sequence[tuple[float, Operators]],
    momentum_rate: float = 0.0,
    spin_flip_rate: float = 0.0,
    exchange_rate: float = 0.0,
    degree: int = 2,
) -> Operators:
    """Sum of impurity species and isotropic host scattering.

    Parameters
    ----------
    parts : sequence of (float, Operators)
        Scattering rate 1/l0_s [1/m] of each species and its operators in units Γ = l0 = v_F = 1, `drift` = α_s V_s.
    momentum_rate : float
        Isotropic momentum relaxation, conserving charge and spin, 1/(v_F τ_p) [1/m].
    spin_flip_rate : float
        Events that randomise momentum and destroy spin, 1/(v_F τ_sf) [1/m].
    exchange_rate : float
        Collisions with paramagnetic local moments, 1/(v_F τ_ex) [1/m]: spin relaxes at 4/3 of this rate.
    degree : int
        Least degree of the result; the highest among the parts wins.

    Returns
    -------
    Operators
        In 1/m. Losses and gains add with their rates, side-jump velocities as they are.
    """
    degree = max([degree, *(part.degree for _, part in parts)])
    size = 4 * (degree + 1) ** 2
    background = momentum_rate + spin_flip_rate + exchange_rate
    spin = momentum_rate - exchange_rate / 3
    gain, drift = np.zeros((size, size)), np.zeros((3, size, size))
    for rate, part in parts:
        gain[: len(part.gain), : len(part.gain)] += rate * part.gain
        drift[:, : len(part.gain), : len(part.gain)] += part.drift
    loss = sum(rate * part.loss for rate, part in parts) + background
    gain[range(4), range(4)] += [background, spin, spin, spin]
    gain[0, 0] = loss
    return Operators(degree, float(loss), gain, drift)


def species(material: Any, side_jump: bool = True) -> list[tuple[float, Operators]]:
    """The impurities of a material: a list of (scattering rate 1/l0 [1/m], operators) as `combine` takes it."""
    return [
        (
            1 / alloy.scattering_length(material, impurity),
            impurity_operators(
                alloy.phases(impurity),
                alloy.side_jump_parameter(impurity) if side_jump else 0.0,
                spin_kept=alloy.spin_kept(impurity),
            ),
        )
        for impurity in material.impurity
        if impurity.concentration > 0
    ]


def operators(material: Any, degree: int | None = None, side_jump: bool = True) -> Operators:
    """Operators of a material in SI (rates divided by v_F, in 1/m).

    Parameters
    ----------
    material : object
        As described in `boltzsim.material.alloy`.
    degree : int, optional
        Highest moment degree; default max(2, 2 l_max) over all species.
    side_jump : bool
        Whether the side-jump velocity αV (the collision integral I_1, Eq. 3) is kept.

    Returns
    -------
    Operators
    """
    parts = species(material, side_jump)
    momentum, flip, exchange = (rate / alloy.fermi_velocity(material) for rate in alloy.background_rates(material))
    total = combine(parts, momentum, flip, exchange)
    if degree is None or degree == total.degree:
        return total
    if degree < total.degree:
        raise ValueError(f"degree {degree} cuts the operators of this material; at least {total.degree} is needed")
    return combine(parts, momentum, flip, exchange, degree)


def _moments(left: np.ndarray, right: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Moments ⟨Y_i ½tr(σ_μ left σ_ν right†) Y_j⟩ of two amplitudes (4, N, N); Y carries the weights. (n, 4, n, 4)."""
    kernel = np.einsum("manb,apk,bpk->mnpk", _TRACE, left, right.conj(), optimize=True)
    return np.einsum("mnij->imjn", Y.T @ kernel @ Y)
