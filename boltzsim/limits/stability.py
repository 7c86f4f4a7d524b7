"""Growing Fourier modes: spectral abscissa of -(Λ + i q·W) and the smallest wave number at which a mode grows.

The side-jump velocity V is not Hermitian (V = S Vᵀ S, S = diag(1, -1, -1, -1), against the remark below Eq. S36 of
Huang, Tokatly and Cazalilla), so that W = p̂ - αV may have complex eigenvalues and e^{iq·r} may grow. The kinetic
equation is a gradient expansion, valid for q ≪ k_F = 1/(2 α l0): beyond, it is outside the theory.

With all directions (no ordinates given) V, of finite rank, acts on a continuum, and no mode grows unless α ≳ 0.3. A set
of ordinates has one shell of directions per cosine, of weight w, on which V is a perturbation of degenerate states: W
gets complex eigenvalues ∝ α w, and modes grow for q ≳ loss/(α w). Wave vectors along the polar axis of a product set
have the heaviest shells.
"""

import math

import numpy as np

from boltzsim.limits.dispersion import profiles, sector


def spectral_abscissa(operators, q, cosines=None, weights=None):
    """Largest real part in the spectrum of -(Λ + i q·W): positive if a mode of wave number q grows.

    Parameters
    ----------
    operators : boltzsim.material.superoperators.Operators
    q : float
        Wave number ≥ 0 in the unit of `operators.loss`.
    cosines, weights : array_like, shape (N,), optional
        Direction cosines p̂·q/q of a product set and their weights; all directions if omitted.

    Returns
    -------
    float
        In the unit of `operators.loss` (v_F = 1), at least -loss (the continuum) where all directions are kept.
    """
    blocks = _sectors(operators)
    if cosines is not None:
        return max(_discrete_abscissa(block, q, cosines, weights) for block in blocks)
    low, high = -operators.loss, operators.loss + q * np.abs(operators.drift).sum()
    while high - low > 1e-9 * operators.loss:
        middle = (low + high) / 2
        if any(_growing(block, q, middle) for block in blocks):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def growth_wavenumber(operators, cosines=None, weights=None, beyond=1e4):
    """Smallest wave number at which a Fourier mode grows.

    Parameters
    ----------
    operators : boltzsim.material.superoperators.Operators
    cosines, weights : array_like, shape (N,), optional
        Direction cosines along q and their weights, for the equation on these ordinates; all directions if omitted.
    beyond : float
        Search up to this multiple of the loss rate, at least 1.

    Returns
    -------
    float
        In the unit of `operators.loss` (1/m for a material), to 1e-3; zero if modes of any small q grow, infinite if
        nothing grows within the search.
    """
    if operators.loss == 0 or not operators.drift.any():
        return math.inf
    blocks = _sectors(operators)

    def grows(q):
        if cosines is None:
            return any(_growing(block, q, 0.0) for block in blocks)
        return any(_discrete_abscissa(block, q, cosines, weights) > 1e-9 * block.loss for block in blocks)

    stable = 0.0
    for q in operators.loss * np.geomspace(1, beyond, 1 + math.ceil(3 * math.log10(beyond))):
        if grows(q):
            break
        stable = q
    else:
        return math.inf
    while q - stable > 1e-3 * q:
        middle = (stable + q) / 2
        stable, q = (stable, middle) if grows(middle) else (middle, q)
        if q < 1e-2 * operators.loss:
            return 0.0
    return float(q)


def _sectors(operators):
    """All sectors that collisions or side jump act on, J_z ≥ 0 (J_z < 0 is their mirror image)."""
    return [sector(operators, name) for name in ("L", "charge", *range(1, operators.degree + 2))]


def _discrete_abscissa(block, q, cosines, weights):
    """Spectral abscissa of one sector on given cosines, from its dense matrix."""
    cosines, weights = np.asarray(cosines, float), np.asarray(weights, float)
    polar = profiles(cosines, block.labels) * np.sqrt(weights / weights.sum())[:, None]
    polar = polar.reshape(-1, len(block.labels))
    stream = np.tile(block.loss + 1j * q * cosines, len(polar) // len(cosines))
    matrix = np.diag(stream) - polar @ (block.gain + 1j * q * block.drift) @ polar.T
    return -np.linalg.eigvals(matrix).real.min()


def _growing(block, q, rate):
    """Number of modes that grow faster than `rate` > -loss: turns of the dispersion determinant on Re s = -rate."""

    def determinant(frequency):
        return block.determinant(block.loss + rate - 1j * frequency, np.array(-1j * q))

    frequency = (q + block.loss) * np.concatenate([np.linspace(0, 1.2, 400), np.geomspace(1.21, 1e5, 100)])
    values = determinant(frequency)
    for _ in range(40):
        turn = np.angle(values[1:] / values[:-1])
        coarse = np.flatnonzero(np.abs(turn) > 0.4)
        if len(coarse) == 0:
            break
        middle = (frequency[coarse] + frequency[coarse + 1]) / 2
        frequency = np.insert(frequency, coarse + 1, middle)
        values = np.insert(values, coarse + 1, determinant(middle))
    return round(turn.sum() / np.pi)
