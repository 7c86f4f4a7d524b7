"""Exact slow modes of the kinetic equation, without closure (all angular moments).

Uniform relaxation: spin density (l = 0 ⊗ spin, J = 1) and the l = 2 ⊗ spin tensor of J = 1 form an exact 2×2 block of Λ
for any impurities. The mode that carries spin and relaxes slowest has

    rate(q) = rate + D_{L,T} q² + O(q⁴),    D = l W_z (Λ - rate)⁻¹ W_z r,

exact second-order perturbation theory in i q W_z (s ∥ q: L, s ⊥ q: T). Every D comes with the q up to which it
describes the rate: where an odd mode is nearly as slow as the spin, the O(q⁴) takes over at tiny q. And where an odd
mode is slower (helicity), the spin that decays slowest in space is not the one that decays slowest in time: √(D/rate)
is not its length. Decay lengths are 1/κ of Λ v = κ W_z v (`boltzsim.limits.decay`). All results are in the units of the
operators (v_F = 1).
"""

import math
from dataclasses import asdict, dataclass, fields

import numpy as np

from boltzsim.limits.decay import CARRIES, DecayMode, decay_lengths
from boltzsim.limits.diffusion import CONSERVED
from boltzsim.limits.dispersion import sector, stacked
from boltzsim.material.harmonics import harmonics, sphere
from boltzsim.material.superoperators import combine

#: The quadratic form of rate(q) is said to hold up to the q at which the next order reaches this share of D q².
TENTH = 0.1


@dataclass(frozen=True)
class SlowMode:
    """Slowest mode that carries uniform spin.

    Attributes
    ----------
    rate, weight : float
        Relaxation rate and overlap² with the spin density.
    D_L, D_T : float
        Curvature of rate(q) at q = 0; nan where an odd mode has the same rate, so that rate(q) starts linear in q.
    quadratic_up_to_L, quadratic_up_to_T : float
        Wave number at which the quartic term of rate(q) is a tenth of D q²; zero where D is nan.
    """

    rate: float
    weight: float
    D_L: float
    D_T: float
    quadratic_up_to_L: float
    quadratic_up_to_T: float


def slow_mode(operators):
    """Slowest uniform mode that carries spin, with its exact diffusion constants and the q up to which they hold.

    Parameters
    ----------
    operators : boltzsim.material.superoperators.Operators

    Returns
    -------
    SlowMode or None
        None where no discrete mode lies below the continuum, which starts at `operators.loss`.
    """
    wide = combine([(1.0, operators)], degree=4)  # two streaming steps from l = 2 and back: exact to fourth order
    found = {}
    for polarization in ("L", "T"):
        block = sector(wide, polarization)
        relaxation = block.loss * np.eye(len(block.gain)) - block.gain
        slow = _slowest(relaxation, block)
        if slow is None:
            return None
        rate, mode = slow
        D, wavenumber = _small_q(relaxation, block, rate, mode)
        found |= {f"D_{polarization}": D, f"quadratic_up_to_{polarization}": wavenumber}
    return SlowMode(float(rate), float(mode[block.density] ** 2), **found)


def _slowest(relaxation, block):
    """Rate and normalised state of the slowest mode in the 2×2 block of the density and its l = 2 partner, or None."""
    density = np.eye(len(relaxation))[block.density]
    partner = relaxation @ density - relaxation[block.density, block.density] * density
    coupling = np.linalg.norm(partner)
    basis = np.array([density, partner / coupling] if coupling > CARRIES * CONSERVED * block.loss else [density])
    rates, modes = np.linalg.eigh(basis @ relaxation @ basis.T)
    slow = np.flatnonzero((np.abs(modes[0]) > CARRIES) & (rates < block.loss * (1 - CONSERVED)))
    if len(slow) == 0:
        return None
    rate = rates[slow[0]] if abs(rates[slow[0]]) > CONSERVED * block.loss else 0.0
    return rate, modes[:, slow[0]] @ basis


def _small_q(relaxation, block, rate, mode):
    """D of rate(q) = rate + D q² + C q⁴ and the q at which |C| q² is a tenth of |D|; nan and 0 at a degenerate rate.

    Perturbation theory in i q W with G the inverse of Λ - rate off the mode r, and l = r its left partner:
    D = l W G W r, C = D l W G² W r - l W G W G W G W r.
    """
    velocity = block.streaming - block.drift
    odd = block.degrees % 2 == 1
    shifted = relaxation - rate * np.eye(len(relaxation))
    if np.linalg.svd(shifted[np.ix_(odd, odd)], compute_uv=False)[-1] < CONSERVED * block.loss:
        return math.nan, 0.0  # an odd mode of the same rate: rate(q) starts linear in q
    green = np.linalg.inv(shifted[np.ix_(odd, odd)])
    response = green @ (velocity @ mode)[odd]
    reply = (mode @ velocity)[odd] @ green
    D = float(reply @ (velocity @ mode)[odd])
    there, back = velocity[:, odd] @ response, reply @ velocity[odd]
    off = np.eye(len(mode)) - np.outer(mode, mode)
    again = np.linalg.lstsq(off @ shifted @ off, off @ there, rcond=CONSERVED)[0]
    C = D * float(reply @ response) - float(back @ off @ again)
    return D, math.sqrt(TENTH * abs(D / C)) if C else math.inf


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
        Infinite length where a conserved quantity carries spin to any distance; None where no mode is separated, in
        double precision, from the continuum of lengths ≤ 1/loss.
    """
    if operators.loss == 0:
        return None
    length, digits = (float(found[0]) for found in decay_lengths(stacked(sector(operators, polarization))))
    return None if math.isnan(length) else DecayMode(length, digits)


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
    """Slow mode and decay lengths as one dictionary.

    Returns
    -------
    dict of str to float or None
        rate, weight, D_L, D_T, quadratic_up_to_L, quadratic_up_to_T, decay_length_L, decay_length_T. None where there
        is no slow discrete mode, no diffusion constant (see `SlowMode`) or no separate decaying mode; math.inf for an
        infinite length.
    """
    slow = slow_mode(operators)
    result = dict.fromkeys(field.name for field in fields(SlowMode)) if slow is None else asdict(slow)
    for polarization in ("L", "T"):
        mode = decay_mode(operators, polarization)
        result[f"decay_length_{polarization}"] = None if mode is None else mode.length
    return {key: None if value is None or math.isnan(value) else value for key, value in result.items()}


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
                break  # the bracket is as narrow as rounding of the function's sign allows
            low, high = inner[changes[0]], inner[changes[0] + 1]
        yield (low + high) / 2
