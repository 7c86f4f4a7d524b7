"""The diffusion limit as preconditioner: an interior-penalty (MIP) operator on the corners for every slow even mode.

After a residual r of (1 - sweep∘collision) u, the error u - r solves the kinetic equation with the source gain r. Its
slow part lies in few even modes of the local Λ: the charge density, and per spin direction a the J = 1 modes made of
the spin density s_a and the tensor T_a = (p̂_a p̂_b - δ_ab/3) σ_b. Projected on them (amplitudes e, basis B),

    -∂_i D_ij ∂_j e + (K - ω×) e = Bᵀ gain r,    K = Bᵀ(loss - gain)B,    D_ij = Bᵀ p̂_i Λ⁻¹ p̂_j B

with the Marshak condition J·N = 2 (1+ρ)⁻¹ [(1-ρ) M e - J_in] on the boundary: M the half-range products of the modes
(¼ for isotropic ones), ρ M what the law sends back of them, J_in the residual of the incoming flux. The terms i ≠ j
couple the spin directions, as ∇(∇·s) and the swapping current do; without them the walls get the wrong boundary
condition. The operator on the corners is `boltzsim.transport.mip`. Direct factors in one and two dimensions; in three,
a fixed number of multigrid cycles, so that the preconditioner stays linear.
"""

from dataclasses import replace

import numba
import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from boltzsim.material.harmonics import harmonics, sphere
from boltzsim.transport import mip
from boltzsim.transport.kernels.compile import kernel
from boltzsim.transport.multigrid import two_grid

_SLOW = 0.1  # a mode is slow when it gets this part of its loss back
_THINNEST = 0.1  # mean free paths in a cell; among several materials the neighbours, not collisions, limit thinner ones
_SOFTENING = 1e-3  # keeps 1 + ρ regular at mirror planes, which send some spin back reversed
_DEVICE_FRAME = np.eye(3)


class DiffusionPreconditioner:
    """M⁻¹ on the Krylov vector (moments, boundary unknowns).

    Parameters
    ----------
    grid : Grid
    degree : int
    materials : sequence of Operators
    boundary : sequence of BoundaryPart
    precession : float
        Larmor rate [1/m] about the first spin component.
    frame : numpy.ndarray, shape (3, 3)
        Rows: the axes of the three spin components.
    rate : float
        1/length, added to every loss.
    """

    def __init__(self, grid, degree, materials, boundary, precession=0.0, frame=_DEVICE_FRAME, rate=0.0):
        self.grid, self.boundary = grid, boundary
        materials = [replace(m, loss=m.loss + rate) for m in materials]
        spin = _slow_spin(degree, materials, frame)
        self.channels = []
        for components, B in [([0], _charge(degree)), *_coupled(grid, degree, materials, spin, precession)]:
            K = np.array([B @ (m.loss * np.eye(B.shape[1]) - m.gain) @ B.T for m in materials])
            K = (K + K.swapaxes(1, 2)) / 2 if components[0] else 0 * K + rate  # charge gets its losses back, exactly
            K = K + _turning(components, precession)
            D = np.array([_diffusivity(m, degree, B, grid, len(materials) > 1) for m in materials])
            robin = [part.mode_fluxes(B) for part in boundary]
            shifted = (1 + _SOFTENING) * np.eye(len(B))
            scales = [r and 2 * np.linalg.inv(shifted + r[1] @ np.linalg.inv(r[0])) for r in robin]
            leaks = [r and scale @ (r[0] - r[1]) for r, scale in zip(robin, scales, strict=True)]
            matrix = mip.operator(grid, D, _sink(grid, K, boundary, leaks))
            gain = grid.corner_volume * np.array([B @ m.gain for m in materials])
            self.channels.append((B, gain, scales, _solver(grid, matrix, len(B))))

    def __call__(self, phi, unknowns):
        """Add the diffusive response to a residual, in place.

        Parameters
        ----------
        phi : numpy.ndarray, shape (cells, corners, moments, 4)
        unknowns : list of numpy.ndarray
            Boundary part, in the order of `boundary`.
        """
        grid = self.grid
        flat = phi.reshape(*phi.shape[:2], -1)
        arriving = [(part, part.incoming(values)) for part, values in zip(self.boundary, unknowns, strict=True)]
        responses = []
        for B, gain, scales, solve in self.channels:
            source = np.empty((*flat.shape[:2], len(B)))
            _project(flat, grid.material, gain, source)
            for (part, pieces), scale in zip(arriving, scales, strict=True):
                for cells, corners, moments in pieces:
                    entering = (moments @ B.T)[..., None]
                    entering = entering if scale is None else scale[part.portion][:, None] @ entering
                    source[cells[:, None], corners] += entering[..., 0]
            responses.append((B, solve(source.reshape(-1)).reshape(source.shape)))
        for B, response in responses:
            used = np.flatnonzero(B.any(0))
            _lift(response, used, np.ascontiguousarray(B[:, used]), flat)
        for part, values in zip(self.boundary, unknowns, strict=True):
            part.respond(values, lambda cells, corners: _moments(responses, cells, corners, phi.shape))


def _moments(responses, cells, corners, shape):
    """Moments of the responses, given as (basis, amplitudes) pairs, on a face: (lines, corners, moments, 4)."""
    total = sum(response[cells][:, corners] @ B for B, response in responses)
    return total.reshape(*total.shape[:2], *shape[2:])


@kernel(parallel=True)
def _project(phi, material, rows, out):
    """out = rows[material] phi at every corner; phi (cells, corners, moments × 4), rows (materials, modes, …)."""
    for cell in numba.prange(len(phi)):
        own = rows[material[cell]]
        for c in range(phi.shape[1]):
            for i in range(own.shape[0]):
                total = 0.0
                for n in range(own.shape[1]):
                    total += own[i, n] * phi[cell, c, n]
                out[cell, c, i] = total


@kernel(parallel=True)
def _lift(amplitudes, used, B, phi):
    """phi[…, used] += amplitudes B at every corner."""
    for cell in numba.prange(len(phi)):
        for c in range(phi.shape[1]):
            for n in range(len(used)):
                total = 0.0
                for i in range(B.shape[0]):
                    total += amplitudes[cell, c, i] * B[i, n]
                phi[cell, c, used[n]] += total


def _charge(degree):
    vector = np.zeros((1, 4 * (degree + 1) ** 2))
    vector[0, 0] = 1
    return vector


def _slow_spin(degree, materials, frame):
    """Orthonormal bases (modes, 4 moments) of the slow J = 1 modes along each spin axis, one or two modes."""
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


def _coupled(grid, degree, materials, spin, precession):
    """Groups of modes that the diffusion operator couples: (components, basis (modes, 4 moments))."""
    components = np.repeat([1, 2, 3], [len(pair) for pair in spin])
    B = np.concatenate(spin)
    links = np.zeros((3, 3))
    for m in materials:
        D = np.abs(_diffusivity(m, degree, B, grid, len(materials) > 1)).max((0, 1))
        size = len(B) // 3
        links = np.maximum(links, D.reshape(3, size, 3, size).max((1, 3)) / D.max())
    if precession:
        links[1, 2] = links[2, 1] = 1
    _, labels = connected_components(links > 1e-6)
    return [
        (components[chosen], B[chosen])
        for k in range(labels.max() + 1)
        for chosen in [np.repeat(labels == k, len(B) // 3)]
    ]


def _turning(components, precession):
    """-ω× between the modes of the second and the third spin component."""
    turn = np.zeros((len(components),) * 2)
    for i, a in enumerate(components):
        for j, b in enumerate(components):
            if (a, b) in ((2, 3), (3, 2)) and np.count_nonzero(components[:i] == a) == np.count_nonzero(
                components[:j] == b
            ):
                turn[i, j] = precession if a == 2 else -precession
    return turn


def _sink(grid, K, boundary, leaks):
    """Removal and boundary leaks of every corner, (cells, corners, modes, modes)."""
    sink = grid.corner_volume * np.repeat(K[grid.material][:, None], grid.corners, 1)
    for part, leak in zip(boundary, leaks, strict=True):
        if leak is not None:
            sink[part.cells[:, None], part.corners] += part.area * leak[part.portion][:, None]
    return sink


def _diffusivity(operators, degree, B, grid, several):
    """Bᵀ p̂_i Λ⁻¹ p̂_j B, (axes, axes, modes, modes); Λ on the odd moments, the bare loss beyond them."""
    points, weights = sphere(2 * degree + 2)
    Y = harmonics(points, degree)
    values = np.einsum("na,nm,miu->naiu", points[:, grid.axes], Y, B.reshape(len(B), -1, 4).transpose(1, 0, 2))
    odd = np.repeat(np.floor(np.sqrt(np.arange(Y.shape[1]))) % 2 == 1, 4)
    moments = np.einsum("n,nm,naiu->aimu", weights, Y, values).reshape(*values.shape[1:3], -1)[..., odd]
    thinnest = _THINNEST / max(grid.spacing) if several else 1e-6 / max(np.multiply(grid.cells, grid.spacing))
    floor = max(thinnest - operators.loss, 0.0)
    relaxation = operators.lambda_[np.ix_(odd, odd)] + floor * np.eye(odd.sum())
    loss = operators.loss + floor
    D = np.einsum("n,naiu,nbju->abij", weights, values, values) / loss
    D = D + np.einsum("aix,xy,bjy->abij", moments, np.linalg.inv(relaxation) - np.eye(odd.sum()) / loss, moments)
    return (D + D.transpose(1, 0, 3, 2)) / 2


def _solver(grid, matrix, modes):
    """Function that applies A⁻¹: exactly in one and two dimensions, by a two-grid cycle in three."""
    if len(grid.cells) < 3:
        return splu(sp.csc_matrix(matrix), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve
    return two_grid(grid, matrix, modes)
