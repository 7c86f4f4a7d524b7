"""Exact decay lengths of spin, for one alloy or for many at once, from the zeros of a symmetric matrix.

A steady mode e^{-κz} obeys the dispersion relation of `boltzsim.limits.dispersion` at a = loss and b = κ < loss,

    M(κ) φ = 0,        M(κ) = K(loss, κ)⁻¹ - gain + κ drift_z        (Eqs. 1-3 of Huang, Tokatly and Cazalilla).

By time reversal S M is symmetric, S = 1 on charge and -1 on spin, so that its ordered eigenvalues are continuous, real
functions of κ, and a mode is a change of sign of one of them. Both ends and the eigenvalue's number bracket the root:
a few dozen κ find every mode, however close to another. For longitudinal spin, which no charge accompanies, the
bracketing is proved complete: with the odd moments eliminated M becomes Λ_even - κ² W Λ_odd⁻¹ W - (moments beyond),
which decreases with κ, so that every ordered eigenvalue changes its sign at most once.

A conserved quantity (null vector r of Λ) makes the length infinite if r carries spin density itself, or if its uniform
gradient does, n = r z - Λ⁻¹ W_z r: conserved helicity, an odd moment, carries longitudinal spin in the second way.
"""

from dataclasses import dataclass

import numpy as np

from boltzsim.limits.diffusion import CONSERVED

#: A mode carries the density if the density has at least this share of the mode's even moments.
CARRIES = 1e-6
_GRID = np.geomspace(1e-7, 17, 48)  # κ = loss tanh x resolves nearly conserved densities and the continuum's edge
_EPSILON = np.finfo(float).eps


@dataclass(frozen=True)
class DecayMode:
    """Discrete spatial mode e^{-z/length}, with the number of decimal digits of the length that rounding leaves."""

    length: float
    digits: float


def decay_lengths(block):
    """Longest decay length of the modes that carry the density of a sector.

    Parameters
    ----------
    block : boltzsim.limits.dispersion.Sector
        "L" or "T", of a stack of N alloys, each with loss > 0.

    Returns
    -------
    lengths : numpy.ndarray, shape (N,)
        In the unit of 1/`block.loss` (v_F = 1): infinite where a conserved quantity carries spin to any distance, nan
        where no mode is separated, in double precision, from the continuum of lengths ≤ 1/loss.
    digits : numpy.ndarray, shape (N,)
        Decimal digits of the lengths that rounding leaves; infinite and nan as the lengths.
    """
    gain, drift = block.gain / block.loss[:, None, None], block.drift
    lengths, digits = np.full(len(gain), np.nan), np.full(len(gain), np.nan)
    endless = _carried_by_conserved(block, gain)
    lengths[endless] = digits[endless] = np.inf
    values = np.linalg.eigvalsh(_matrix(block, gain[:, None], drift[:, None], _GRID))
    changes = np.sign(values[:, :-1]) * np.sign(values[:, 1:]) <= 0  # [alloy, interval, number of the eigenvalue]
    changes[endless] = False
    while changes.any():
        waiting = np.flatnonzero(changes.any(axis=(1, 2)))
        interval = changes[waiting].any(axis=2).argmax(1)  # the longest lengths come first
        row, number = np.nonzero(changes[waiting, interval])
        changes[waiting, interval] = False
        alloy, interval = waiting[row], interval[row]
        root = _roots(block, gain, drift, alloy, number, interval)
        residual, slope, largest, mode = _at_roots(block, gain[alloy], drift[alloy], number, root)
        even = np.where(block.degrees % 2 == 0, mode, 0.0)
        carries = np.abs(mode[:, block.density]) > CARRIES * np.linalg.norm(even, axis=1)
        error = np.maximum(np.maximum(residual, largest * _EPSILON) / slope, _EPSILON)
        for k in np.flatnonzero(carries)[np.argsort(-root[carries])]:  # the smallest root of an alloy is written last
            lengths[alloy[k]] = 1 / (block.loss[alloy[k]] * np.tanh(root[k]))
            digits[alloy[k]] = -np.log10(error[k])
            changes[alloy[k]] = False
    return lengths, digits


def _matrix(block, gain, drift, x):
    """S M at κ = loss tanh x in units of the loss rate, the leading axes of gain and drift broadcast against x."""
    kappa = np.tanh(x)
    free = np.linalg.inv(block.green(np.ones_like(kappa), kappa))
    found = block.signs[:, None] * (free - gain + kappa[:, None, None] * drift)
    return (found + np.swapaxes(found, -1, -2)) / 2


def _roots(block, gain, drift, alloy, number, interval):
    """x at which eigenvalue `number` of each alloy vanishes, between the points of the grid around `interval`."""
    from scipy.optimize.elementwise import find_root  # slow to load, and no run of a device needs it

    def value(x, alloy, number):
        values = np.linalg.eigvalsh(_matrix(block, gain[alloy], drift[alloy], x))
        return np.take_along_axis(values, number[:, None], 1)[:, 0]

    bracket = _GRID[interval], _GRID[interval + 1]
    tolerances = {"xatol": 0.0, "xrtol": 2 * _EPSILON, "fatol": 0.0}
    return find_root(value, bracket, args=(alloy, number), tolerances=tolerances).x


def _at_roots(block, gain, drift, number, root):
    """|eigenvalue|, its slope in ln κ, the largest element of the matrix, and the eigenvector."""
    rows = np.arange(len(root))
    below, above = (
        np.linalg.eigvalsh(_matrix(block, gain, drift, root * (1 + step)))[rows, number] for step in (-1e-6, 1e-6)
    )
    matrix = _matrix(block, gain, drift, root)
    values, vectors = np.linalg.eigh(matrix)
    slope = np.abs(above - below) / (2e-6 * root) * np.sinh(2 * root) / 2  # d ln κ = 2 dx / sinh 2x
    largest = np.abs(matrix).max(axis=(1, 2))
    return np.abs(values[rows, number]), np.maximum(slope, _EPSILON), largest, vectors[rows, :, number]


def _carried_by_conserved(block, gain):
    """Whether a null vector of Λ, or the response to its uniform gradient, carries the density: (N,) of bool."""
    size = len(block.labels)
    values, vectors = np.linalg.eigh(block.signs[:, None] * (np.eye(size) - gain))
    null = np.abs(values) < CONSERVED
    inverse = np.where(null, 0.0, 1 / np.where(null, 1.0, values))
    density = vectors[:, block.density]  # of every eigenvector
    velocity = np.swapaxes(vectors, 1, 2) @ (block.signs[:, None] * (block.streaming - block.drift)) @ vectors
    response = np.einsum("nk,nk,nkr->nr", density, inverse, velocity)
    carries = (np.abs(density) > CARRIES) | (np.abs(response) > CARRIES)
    return (null & carries).any(axis=1)
