"""Exact slow modes of the kinetic equation, without closure (all angular moments).

Uniform relaxation: spin density (l = 0 ⊗ spin, J = 1) and the l = 2 ⊗ spin tensor of J = 1 form an exact 2×2 block of Λ
for any impurities. The mode that carries spin and relaxes slowest has

    rate(q) = rate + D_{L,T} q² + O(q⁴),    D = l W_z (Λ - rate)⁻¹ W_z r,

exact second-order perturbation theory in i q W_z (s ∥ q: L, s ⊥ q: T). Decay lengths are 1/κ of Λ v = κ W_z v, from the
exact dispersion relation of `boltzsim.limits.dispersion`. All results are in the units of the operators (v_F = 1).
"""

import math
from dataclasses import asdict, dataclass

import numpy as np

from boltzsim.limits.diffusion import streaming
from boltzsim.limits.dispersion import sector
from boltzsim.material.harmonics import harmonics, sphere

CONSERVED = 1e-12  # relative to the loss rate: a smaller relaxation rate is rounding of a conserved spin
CARRIES = 1e-6  # least relative amplitude of the density in a mode that carries it


@dataclass(frozen=True)
class SlowMode:
    """Slowest mode that carries uniform spin: rate, weight (overlap² with the spin density), D_L and D_T."""

    rate: float
    weight: float
    D_L: float
    D_T: float


@dataclass(frozen=True)
class DecayMode:
    """Discrete spatial mode e^{-z/length}; `digits` to which the length solves the exact dispersion relation."""

    length: float
    digits: float


def slow_mode(operators):
    """Slowest uniform mode that carries spin, with its exact diffusion constants.

    Parameters
    ----------
    operators : boltzsim.material.superoperators.Operators

    Returns
    -------
    SlowMode or None
        None where no discrete mode lies below the continuum, which starts at `operators.loss`.
    """
    size = 4 * (operators.degree + 1) ** 2
    blocks = {"L": density_and_tensor(2), "T": density_and_tensor(0)}
    small = blocks["L"].T @ operators.lambda_[:36, :36] @ blocks["L"]
    rates, modes = np.linalg.eigh((small + small.T) / 2)
    weights = modes[0] ** 2
    slow = np.flatnonzero((weights > CARRIES**2) & (rates < operators.loss * (1 - CONSERVED)))
    if len(slow) == 0:
        return None
    rate, weight, mode = rates[slow[0]], weights[slow[0]], modes[:, slow[0]]
    if abs(rate) < CONSERVED * operators.loss:
        rate = 0.0
    degree = max(operators.degree, 3)
    wide = 4 * (degree + 1) ** 2
    relaxation = (operators.loss - rate) * np.eye(wide)
    relaxation[:size, :size] -= operators.gain
    velocity = np.kron(streaming(degree)[2], np.eye(4))
    velocity[:size, :size] -= operators.drift[2]
    odd = np.repeat([l for l in range(degree + 1) for _ in range(2 * l + 1)], 4) % 2 == 1
    D = {}
    for polarization, block in blocks.items():
        r = np.zeros(wide)
        r[:36] = block @ mode
        flow = np.linalg.solve(relaxation[np.ix_(odd, odd)], velocity[odd] @ r)
        D[f"D_{polarization}"] = float(r @ velocity[:, odd] @ flow)
    return SlowMode(float(rate), float(weight), **D)


def decay_mode(operators, polarization):
    """Steady mode e^{-z/length} with the longest length that carries spin along or across z.

    Parameters
    ----------
    operators : boltzsim.material.superoperators.Operators
    polarization : {"L", "T"}
        Spin parallel or perpendicular to the direction of decay.

    Returns
    -------
    DecayMode or None
        Infinite length where spin is conserved; None where no mode is separated, in double precision, from the
        continuum of lengths ≤ 1/loss.
    """
    slow = slow_mode(operators)
    if slow is not None and slow.rate == 0:
        return DecayMode(math.inf, math.inf)
    if operators.loss == 0:
        return None
    block = sector(operators, polarization)
    x = np.geomspace(1e-7, 17, 2000)  # κ = loss tanh x resolves a nearly conserved density and the continuum edge
    for root in _roots(lambda x: block.determinant(block.loss, block.loss * np.tanh(x)), x):
        below, matrix, above = block.matrix(block.loss, block.loss * np.tanh(root * np.array([1 - 1e-6, 1, 1 + 1e-6])))
        left, residual, right = np.linalg.svd(matrix)
        if abs(right[-1, block.density]) > CARRIES:
            change = left[:, -1] @ (above - below) @ right[-1] / (2e-6 * root)
            slope = abs(change) * math.sinh(2 * root) / 2  # d ln κ = 2 dx / sinh 2x
            rounding = np.finfo(float).eps  # of the matrix: a smaller residual is chance
            digits = -math.log10(max(residual[-1] / slope, residual[0] * rounding / slope, rounding))
            return DecayMode(1 / (block.loss * math.tanh(root)), digits)
    return None


def relaxation_rate(operators, q, polarization):
    """Exact decay rate of the slowest discrete Fourier mode cos(q·r) of spin (∥ or ⊥ q) or charge.

    Parameters
    ----------
    operators : boltzsim.material.superoperators.Operators
    q : float
        Wave number > 0 in the unit of `operators.loss`.
    polarization : {"L", "T", "charge"}

    Returns
    -------
    float or None
        None where no purely relaxing mode lies below the continuum at `operators.loss` (for isotropic scattering beyond
        q = π loss/2).
    """
    block = sector(operators, polarization)
    edge = np.geomspace(1e-12, 0.5, 1000)
    rates = block.loss * np.concatenate([[-0.05], edge, 1 - edge[-2:300:-1]])
    for rate in _roots(lambda s: block.determinant(block.loss - s, np.array(-1j * q)).real, rates):
        mode = np.linalg.svd(block.matrix(block.loss - rate, np.array(-1j * q))[0])[2][-1]
        if abs(mode[block.density]) > CARRIES:
            return float(rate)
    return None


def exact(operators):
    """Slow mode and decay lengths as one dictionary, None where there is no slow discrete mode or no finite length.

    Returns
    -------
    dict of str to float or None
        rate, weight, D_L, D_T, decay_length_L, decay_length_T.
    """
    slow = slow_mode(operators)
    result = dict.fromkeys(("rate", "weight", "D_L", "D_T")) if slow is None else asdict(slow)
    for polarization in ("L", "T"):
        mode = decay_mode(operators, polarization)
        finite = mode is not None and math.isfinite(mode.length)
        result[f"decay_length_{polarization}"] = mode.length if finite else None
    return result


def density_and_tensor(axis):
    """Uniform spin density along Cartesian `axis` and tensor (3 p̂_a p̂_axis - δ)/√2, flat moments l ≤ 2: (36, 2)."""
    directions, weights = sphere(4)
    tensor = (3 * directions * directions[:, [axis]] - np.eye(3)[axis]) / math.sqrt(2)
    vectors = np.zeros((9, 4, 2))
    vectors[0, axis + 1, 0] = 1
    vectors[:, 1:, 1] = harmonics(directions, 2).T @ (weights[:, None] * tensor)
    return vectors.reshape(36, 2)


def _roots(function, grid):
    """Generate the roots of a real vectorised function that a sign change on the grid brackets, in ascending order."""
    signs = np.sign(function(grid))
    for i in np.flatnonzero(signs[:-1] * signs[1:] <= 0):
        low, high = grid[i], grid[i + 1]
        while high - low > 2 * np.spacing(max(abs(low), abs(high))):
            inner = np.linspace(low, high, 33)
            sign = np.sign(function(inner))
            changes = np.flatnonzero(sign[:-1] * sign[1:] <= 0)
            if not len(changes) or (inner[changes[0]], inner[changes[0] + 1]) == (low, high):
                break  # as near as the rounding of its sign lets one come
            low, high = inner[changes[0]], inner[changes[0] + 1]
        yield (low + high) / 2
