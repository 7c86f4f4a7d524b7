"""The slow modes of a collision operator, and the diffusion equations they obey if all other moments follow at once.

With W_i = p̂_i - αV_i, Λ = loss - gain and the Larmor vector ω (all over v_F), a distribution with the source q obeys

    ∂_i W_i n + Λ̃ n = q,        Λ̃ = Λ - ω×.

A mode is slow when scattering returns much of its loss. Even in p̂ there are the charge density and, for each spin
direction a, the J = 1 modes made of the spin density s_a and the tensor T_a = (p̂_a p̂_b - δ_ab/3) σ_b. They form a
basis E with amplitudes e. Odd in p̂ and of J = 0 there is one mode only, the helicity h = p̂_a σ_a, which scattering
conserves where the phase shifts of s½ and p½, of p3/2 and d3/2, … agree. With the fast moments eliminated

    -∂_i D_ij ∂_j e + K e = Eᵀ (q - ∂_i W_i Λ̃_odd⁻¹ q),   D_ij = Eᵀ W_i Λ̃_odd⁻¹ W_j E,
    -∂_i D_ij^h ∂_j h + K^h h = hᵀ (q - ∂_i W_i E e),     D_ij^h = hᵀ W_i Λ̃_even⁻¹ W_j h,
    o = Q (Λ̃ + ½ Σ_a 1/h_a)⁻¹ Q (q - ∂_i W_i E e),

where K is Λ̃ between the slow modes, less what the fast ones of the same parity send back (Larmor precession mixes
them), Λ̃_odd acts on the complement of h where h is slow, and o are all other moments, found at each corner by itself.
The term ½ Σ_a 1/h_a accounts for the neighbours, which limit these moments in corners of width h_a/2, so that o
follows by other matrices in cells of another size. Of the diffusivities only those with i = j are used: the others, of
∇(∇·s) and of the swapping current, save no products.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from boltzsim.material.harmonics import harmonics, sphere

_SLOW = 0.1  # a mode is slow when scattering returns at least this part of its loss
#: Least cell size in mean free paths: among several materials the neighbours, not collisions, limit thinner cells.
_THINNEST = 0.1
_ROUNDING = 1e-13  # entries below this share of the largest are left out of the rows that the kernels read


def charge(degree):
    """The charge density, (1, 4 moments)."""
    vector = np.zeros((1, 4 * (degree + 1) ** 2))
    vector[0, 0] = 1
    return vector


def spin(degree, materials, frame):
    """Orthonormal slow J = 1 modes along the rows of `frame`, one or two for each: three arrays (modes, 4 moments)."""
    points, weights = sphere(degree + 2)
    Y, along = harmonics(points, degree), points @ frame.T
    pairs = []
    for a in range(3):
        density, tensor = np.zeros((2, (degree + 1) ** 2, 4))
        density[0, 1 + a] = 1
        for b in range(3):
            tensor[:, 1 + b] = Y.T @ (weights * (along[:, a] * along[:, b] - (a == b) / 3))
        pairs.append(np.array([density.reshape(-1), tensor.reshape(-1) / np.linalg.norm(tensor)]))
    slow = [np.array([1.0, 0.0])]
    for m in materials:
        block = pairs[0] @ m.gain @ pairs[0].T
        values, modes = np.linalg.eigh((block + block.T) / 2)
        picked = [mode for value, mode in zip(values, modes.T, strict=True) if value > _SLOW * m.loss]
        slow = picked if m is materials[0] and picked else slow + picked
    left, sizes, _ = np.linalg.svd(np.array(slow).T, full_matrices=False)
    return [left[:, sizes > 1e-6 * sizes[0]].T @ pair for pair in pairs]


def helicity(degree, materials, frame):
    """The helicity where a material makes it slow, (1, 4 moments), or nothing, (0, 4 moments)."""
    mode = np.zeros(((degree + 1) ** 2, 4))
    mode[[3, 1, 2], 1:] = frame.T / np.sqrt(3)  # harmonics 1, 2, 3 are √3 (y, z, x)
    mode = mode.reshape(1, -1)
    return mode if any(_gets_back(m, mode) for m in materials) else mode[:0]


def _gets_back(operators, mode):
    return (mode @ operators.gain @ mode.T).item() > _SLOW * operators.loss


@dataclass(frozen=True)
class Medium:
    """Coefficients of the equations of the slow modes in one material (module docstring).

    Attributes
    ----------
    gain : numpy.ndarray, shape (modes + axes × even, 4 moments)
        Maps a residual r to the sources of the slow modes, even ones first, and to the flows Eᵀ W_i Λ̃_odd⁻¹ gain r.
    removal, diffusivity : numpy.ndarray, shapes (even, even) and (axes, even, even)
        K and D_ii.
    odd_removal, odd_diffusivity : numpy.ndarray, shapes (odd, odd) and (axes, odd, odd)
        K^h and D_ii^h; empty without slow odd mode.
    fast : numpy.ndarray, shape (4 moments, 4 moments)
        Λ̃, which `local` inverts on all other moments.
    pushed : numpy.ndarray, shape (4 moments, axes × even)
        W_i E for every axis.
    """

    gain: np.ndarray
    removal: np.ndarray
    diffusivity: np.ndarray
    odd_removal: np.ndarray
    odd_diffusivity: np.ndarray
    fast: np.ndarray
    pushed: np.ndarray


def _odd_moments(degree):
    """Flat indices of the moments odd in p̂."""
    return np.flatnonzero(np.repeat(np.floor(np.sqrt(np.arange((degree + 1) ** 2))) % 2 == 1, 4))


def medium(operators, grid, E, h, precession, rate, several):
    """The coefficients of one material.

    Parameters
    ----------
    operators : Operators
        With `rate` in its loss.
    grid : Grid
    E, h : numpy.ndarray, shape (modes, 4 moments)
        Even modes, the charge density first, and slow odd modes of any of the materials.
    precession : float
        Larmor rate [1/m] about the first spin component.
    rate : float
        Removal of charge.
    several : bool
        Whether there are other materials, whose neighbourhood limits the modes in thin cells.

    Returns
    -------
    Medium
    """
    degree, size = operators.degree, E.shape[1]
    largest, longest = (max(measure(sizes) for sizes in grid.layers) for measure in (np.max, np.sum))
    thinnest = _THINNEST / largest if several else 1e-6 / longest
    floor = max(thinnest - operators.loss, 0.0)
    W = _velocities(operators, grid.axes)
    longer = W.shape[1] - size  # moments of one degree more, on which only the loss acts
    relaxation = np.kron(np.eye((degree + 2) ** 2), operators.loss * np.eye(4) - _turning(precession))
    relaxation[:size, :size] -= operators.gain
    relaxation[0, 0] = operators.loss  # charge couples to nothing here; a nonzero number makes the matrix invertible
    odd = _odd_moments(degree + 1)
    even = np.setdiff1d(np.arange(len(relaxation)), odd)
    E_long, h_long = (np.pad(modes, ((0, 0), (0, longer))) for modes in (E, h))
    removal = _seen_by(E_long[:, even], relaxation[np.ix_(even, even)])
    removal[0], removal[:, 0] = 0.0, 0.0
    removal[0, 0] = rate  # scattering returns the loss of charge exactly
    own = h_long if len(h) and _gets_back(operators, h) else h_long[:0]
    among_odd, among_even = (relaxation[np.ix_(part, part)] + floor * np.eye(len(part)) for part in (odd, even))
    odd_removal = _seen_by(h_long[:, odd], relaxation[np.ix_(odd, odd)])
    bound = odd_removal.item() if len(h) else operators.loss  # the spin density can be as slow as h
    odd_inverse = _complement_inverse(among_odd, own[:, odd])
    gain = np.pad(operators.gain, ((0, longer), (0, 0)))
    flows = [E_long @ along[:, odd] @ odd_inverse @ gain[odd] for along in W]
    return Medium(
        _without_rounding(np.concatenate([np.concatenate([E, h]) @ operators.gain, *flows])),
        removal,
        _diffusivity(W, E_long, odd, odd_inverse),
        odd_removal,
        _diffusivity(W, h_long, even, np.linalg.inv(among_even + bound * np.eye(len(even)))),
        relaxation[:size, :size],
        np.concatenate([along[:size, :size] @ E.T for along in W], 1),
    )


def local(medium, gain, E, h, sizes):
    """How the other moments follow at a corner by itself, in cells of one material.

    Parameters
    ----------
    medium : Medium
    gain : numpy.ndarray, shape (4 moments, 4 moments)
        Of its operators.
    E, h : numpy.ndarray
        As for `medium`.
    sizes : numpy.ndarray, shape (kinds, axes)
        Extent of the cells of every kind.

    Returns
    -------
    numpy.ndarray, shape (kinds, 4 moments + odd, 4 moments + axes × even)
        Maps the moments of a residual and ∂_i e to the moments o and to -hᵀ ∂_i W_i E e.
    """
    fast = medium.fast + 0.5 * (1 / sizes).sum(1)[:, None, None] * np.eye(len(gain))
    response = _complement_inverse(fast, np.concatenate([E, h]))
    own = _without_rounding(response @ np.concatenate([gain, -medium.pushed], 1))
    odd = _without_rounding(np.concatenate([np.zeros((len(h), len(gain))), -h @ medium.pushed], 1))
    return np.concatenate([own, np.broadcast_to(odd, (len(own), *odd.shape))], 1)


def _without_rounding(matrix):
    largest = np.abs(matrix).max((-2, -1), keepdims=True, initial=0.0)
    return np.where(np.abs(matrix) > _ROUNDING * largest, matrix, 0.0)


def _turning(precession):
    """n -> ω×n on (c, x, y, z), ω along x."""
    turn = np.zeros((4, 4))
    turn[3, 2], turn[2, 3] = precession, -precession
    return turn


def _velocities(operators, axes):
    """W_i on the moments up to one degree more than those of the operators, (axes, moments, moments)."""
    size, velocities = len(operators.gain), _streaming(operators.degree, axes).copy()
    for W, axis in zip(velocities, axes, strict=True):
        W[:size, :size] -= operators.drift[axis]
    return velocities


@cache
def _streaming(degree, axes):
    """p̂_i on the moments up to one degree more, which all metals share, (axes, moments, moments)."""
    points, weights = sphere(2 * degree + 3)
    Y = harmonics(points, degree + 1)
    return np.array([np.kron((Y.T * (weights * points[:, axis])) @ Y, np.eye(4)) for axis in axes])


def _complement_inverse(matrix, modes):
    """Q (Q A Q + Vᵀ V)⁻¹ Q: the inverse on the complement of orthonormal modes V, zero on them."""
    Q = np.eye(modes.shape[1]) - modes.T @ modes
    return Q @ np.linalg.inv(Q @ matrix @ Q + modes.T @ modes) @ Q


def _seen_by(modes, matrix):
    """Matrix between orthonormal modes with all others eliminated: V A Vᵀ - V A Q (Q A Q)⁻¹ Q A Vᵀ."""
    return modes @ (matrix - matrix @ _complement_inverse(matrix, modes) @ matrix) @ modes.T


def _diffusivity(W, modes, others, inverse):
    """V W_i A⁻¹ W_i Vᵀ, (axes, modes, modes), A⁻¹ on the moments of the other parity."""
    return np.array([modes @ along[:, others] @ inverse @ along[others] @ modes.T for along in W])
