"""The diffusion limit as preconditioner of the kinetic equation.

If r is the residual of (1 - sweep∘collision) u, the remaining error is r plus a solution of the kinetic equation with
the source q = gain r. The slow part of that solution lies in the few modes of `boltzsim.transport.slow_modes`. The
amplitudes e of the even modes, and then the helicity h where scattering nearly conserves it, are found from diffusion
equations; all other moments follow from them locally, at every corner by itself.

On the boundary the modes obey the Marshak condition J·N = 2 (1+ρ)⁻¹ [(1-ρ) M e - J_in]. M holds the half-range products
of the modes (¼ for isotropic ones), ρ M the part that the boundary law returns (ρ = -4/9 for the helicity at a diffuse
wall), and J_in is the residual of the incoming flux. At an interface all of these join the modes on both sides, and the
resistance between neighbouring cells is added to its own, which can vanish. The terms i ≠ j of D_ij couple the spin
directions, as ∇(∇·s) and the swapping current do; without them the boundary condition at the walls would be wrong.

The operator on the corners is that of `boltzsim.transport.mip`. It is factorised in one dimension; in two and three a
two-grid cycle (`boltzsim.transport.multigrid`) takes the place of the factors, and the preconditioner stays linear.
"""

from dataclasses import replace
from functools import cache

import numba
import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from boltzsim.transport import mip, slow_modes
from boltzsim.transport.kernels.compile import kernel
from boltzsim.transport.kernels.rows import add_product, compressed_rows, neighbour
from boltzsim.transport.multigrid import two_grid

# Of 1 + ρ where ρ is near -1, as on symmetry planes, which reverse some spin: what leaves a corner is bounded
# by its own half-range flux, in thick cells too.
_SOFTENING = 0.3
_COUPLED = 1e-6  # couplings between modes below this share of the largest coefficient are rounding errors
_RUN = 64  # each thread takes so many cells at a time
_DEVICE_FRAME = np.eye(3)


class DiffusionPreconditioner:
    """M⁻¹ on the Krylov vector (moments, boundary unknowns).

    Parameters
    ----------
    grid : Grid
    degree : int
    materials : sequence of Operators
    boundary : sequence of BoundaryPart
    precession : float or numpy.ndarray, shape (materials,)
        Larmor rate [1/m] about the first spin component.
    frame : numpy.ndarray, shape (3, 3)
        Rows: the axes of the three spin components.
    rate : float or numpy.ndarray, shape (materials,)
        1/length, added to the loss.
    """

    def __init__(self, grid, degree, materials, boundary, precession=0.0, frame=_DEVICE_FRAME, rate=0.0):
        self.grid, self.boundary, self.conductance = grid, boundary, np.array([m.conductance for m in materials])
        self.corner_volume = grid.corner_volume
        self.volume = self.corner_volume * self.conductance[grid.metal]
        precession, rate = (np.broadcast_to(values, len(materials)) for values in (precession, rate))
        materials = [replace(m, loss=m.loss + own) for m, own in zip(materials, rate, strict=True)]
        even = np.concatenate([slow_modes.charge(degree), *slow_modes.spin(degree, materials, frame)])
        odd = slow_modes.helicity(degree, materials, frame)
        several = len(materials) > 1
        media = [
            slow_modes.medium(m, grid, even, odd, turning, own, several)
            for m, turning, own in zip(materials, precession, rate, strict=True)
        ]
        self.modes = np.concatenate([even, odd])
        self.gain = compressed_rows([own * m.gain for own, m in zip(self.conductance, media, strict=True)])
        self.faces = np.stack([grid.face_area(axis) / 2 for axis in range(len(grid.cells))], -1)
        self.inverse_sizes, (_, metal, sizes) = 1 / grid.sizes, grid.kinds
        moments = self.modes.shape[1]
        local = np.empty((len(metal), moments + len(odd), moments + media[0].pushed.shape[1]))
        for number, (own, material) in enumerate(zip(media, materials, strict=True)):
            here = metal == number
            local[here] = slow_modes.local(own, material.gain, even, odd, sizes[here])
            local[here, moments:] *= self.conductance[number]
        self.local = compressed_rows(local)
        self.lifted = compressed_rows([self.modes])
        K, D, K_odd, D_odd = (
            np.array([getattr(m, name) for m in media])
            for name in ("removal", "diffusivity", "odd_removal", "odd_diffusivity")
        )
        self.even_solves, self.scales = [], [[] for _ in boundary]
        for chosen in _coupled(K, D):
            here = np.ix_(chosen, chosen)
            self.even_solves.append((chosen, self._equation(even[chosen], K[:, *here], D[:, :, :, *here])))
        self.odd_solve = self._equation(odd, K_odd, D_odd) if len(odd) else None
        order = np.argsort(np.concatenate([c for c, _ in self.even_solves] + [len(even) + np.arange(len(odd))]))
        self.scales = [_assembled(blocks, order) for blocks in self.scales]

    def _equation(self, modes, K, D):
        """Solver of the diffusion equation of some modes; stores the factors of their incoming fluxes on the faces."""
        grid, m = self.grid, len(modes)
        sink = self.volume[:, None, None, None] * np.repeat(K[grid.metal][:, None], grid.corners, 1)
        leaks = []
        for part, scales in zip(self.boundary, self.scales, strict=True):
            fluxes, sides = part.mode_fluxes(modes), len(part.sides)
            if fluxes is None:
                scales.append(_by_side(np.eye(sides * m)[None], sides))
                continue
            out, back = fluxes
            one, rho = np.eye(sides * m), back @ np.linalg.inv(out)
            if sides == 1:
                softened = one + rho + _SOFTENING * np.linalg.matrix_power((one - rho) / 2, 6)
            else:
                Z = np.concatenate([mip.interface_resistance(grid, D, side, side.axis) for side in part.sides])
                softened = one + rho + 2 * (one - rho) @ out @ np.diag(Z)
            scale = 2 * np.linalg.inv(softened)
            areas = np.repeat([side.area[0] for side in part.sides], m)
            scales.append(_by_side(areas[:, None] * scale / areas, sides))
            leaks.append(mip.Leak(part.sides, _by_side(scale @ (out - back), sides)[part.portion]))
        return _solver(grid, mip.operator(grid, D, sink, leaks, self.conductance), m)

    def __call__(self, phi, unknowns):
        """Add the response of the slow and the local modes to a residual, in place.

        Parameters
        ----------
        phi : numpy.ndarray, shape (cells, corners, moments, 4)
        unknowns : list of numpy.ndarray
            Boundary unknowns, in the order of `boundary`.
        """
        grid, flat = self.grid, phi.reshape(*phi.shape[:2], -1)
        corners, axes, volume = (0,) * grid.corners, len(grid.cells), self.corner_volume
        read = np.empty((*flat.shape[:2], self.gain.starts.shape[1] - 1), phi.dtype)
        _project(flat, grid.metal, self.gain, volume, len(self.modes), read, corners)
        _diverge(read, len(self.modes), (read.shape[2] - len(self.modes)) // axes, grid.neighbours, self.faces, corners)
        source = read[..., : len(self.modes)]
        for part, scales, values in zip(self.boundary, self.scales, unknowns, strict=True):
            arriving = [moments @ self.modes.T for _, _, moments in part.incoming(values)]
            for side, factors in zip(part.sides, np.moveaxis(scales[part.portion], 1, 0), strict=True):
                for k, moments in enumerate(arriving):
                    source[side.cells[:, None], side.corners] += (factors[:, None, k] @ moments[..., None])[..., 0]
        response = np.empty_like(source)
        for chosen, solve in self.even_solves:
            part = np.ascontiguousarray(source[..., chosen])
            response[..., chosen] = solve(part.reshape(-1)).reshape(part.shape)
        around = grid.kinds.number, grid.neighbours, self.inverse_sizes, volume
        _follow(flat, response, source, self.local, *around, corners)
        if self.odd_solve is not None:
            response[..., -1] = self.odd_solve(source[..., -1].reshape(-1)).reshape(source.shape[:2])
        _lift(response, self.lifted, flat)
        for part, values in zip(self.boundary, unknowns, strict=True):
            part.respond(values, lambda cells, places: self._moments(response, cells, places, phi.shape))

    def _moments(self, response, cells, corners, shape):
        """Moments of the slow modes on a face, (lines, corners, moments, 4)."""
        total = response[cells][:, corners] @ self.modes
        return total.reshape(*total.shape[:2], *shape[2:])


def _coupled(K, D):
    """Groups of modes that the diffusion equations couple, the charge density by itself."""
    links = np.abs(D).max((0, 1, 2)) / np.abs(D).max() + np.abs(K).max(0) / np.abs(K).max()
    links[0, 1:] = links[1:, 0] = 0.0
    count, labels = connected_components(links > _COUPLED)
    return [np.flatnonzero(labels == k) for k in range(count)]


def _by_side(matrices, sides):
    """Matrices (laws, sides × modes, sides × modes) as (laws, sides, sides, modes, modes)."""
    return matrices.reshape(len(matrices), sides, -1, sides, matrices.shape[2] // sides).swapaxes(2, 3)


def _assembled(blocks, order):
    """Block-diagonal matrices (laws, sides, sides, modes, modes) of groups of modes, in the order of the modes."""
    total = sum(block.shape[-1] for block in blocks)
    whole, start = np.zeros((*blocks[0].shape[:3], total, total)), 0
    for block in blocks:
        end = start + block.shape[-1]
        whole[..., start:end, start:end] = block
        start = end
    return whole[..., order, :][..., order]


def _solver(grid, matrix, modes):
    """Function that applies A⁻¹, exactly in one dimension, in the precision of its argument."""

    @cache
    def inverse(precision):
        if len(grid.cells) > 1:
            return two_grid(grid, matrix, modes, precision)
        columns = sp.csc_matrix(matrix, dtype=precision)
        return splu(columns, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve

    return lambda source: inverse(source.dtype)(source)


@kernel(parallel=True)
def _project(phi, material, rows, volume, modes, out, corners):
    """out = rows[material] phi at every corner; phi (cells, corners, moments × 4), out (cells, corners, rows).

    The first rows, those of the `modes`, are multiplied by the volume of the corner.
    """
    for cell in numba.prange(len(phi)):
        own = rows.starts[material[cell]]
        for c in range(len(corners)):
            for row in range(out.shape[2]):
                total = out.dtype.type(0)
                for entry in range(own[row], own[row + 1]):
                    total += rows.values[entry] * phi[cell, c, rows.columns[entry]]
                out[cell, c, row] = total * volume[cell] if row < modes else total


@kernel(parallel=True)
def _diverge(read, modes, even, neighbours, faces, corners):
    """Subtract from the sources of the even modes the divergence of the flows that come after the sources in `read`.

    The faces of a corner, faces[cell, axis] in size, carry the sum of the flows on both sides. The flow through the
    boundary is left out: the Marshak condition contains it.
    """
    for number in numba.prange(len(read)):
        cell, start = np.int64(number), modes
        for axis in range(faces.shape[1]):
            face = faces[cell, axis]
            for c in range(len(corners)):
                high, upper = neighbour(cell, c, axis, neighbours, True)
                low, lower = neighbour(cell, c, axis, neighbours, False)
                above = -face if high == cell and upper == c else face
                below = -face if low == cell and lower == c else face
                for i in range(even):
                    read[cell, c, i] -= above * read[high, upper, start + i] - below * read[low, lower, start + i]
            start += even


@kernel(parallel=True)
def _follow(phi, response, source, rows, kind, neighbours, inverse_sizes, volume, corners):
    """Add the fast moments that a residual and the gradients of the even modes cause, at every corner, to the residual.

    The part of these gradients that drives the slow odd mode is added to its source.
    """
    moments, modes = phi.shape[2], rows.starts.shape[1] - 1 - phi.shape[2]
    even = response.shape[2] - modes
    for run in numba.prange((len(phi) + _RUN - 1) // _RUN):
        x = np.empty((moments + inverse_sizes.shape[1] * even, len(corners)), phi.dtype)
        out = np.empty((moments + modes, len(corners)), phi.dtype)
        for cell in range(run * _RUN, min((run + 1) * _RUN, len(phi))):
            for i in range(moments):
                for c in range(len(corners)):
                    x[i, c] = phi[cell, c, i]
            row = moments
            for axis in range(inverse_sizes.shape[1]):
                for c in range(len(corners)):
                    high, upper = neighbour(cell, c, axis, neighbours, True)
                    low, lower = neighbour(cell, c, axis, neighbours, False)
                    for i in range(even):
                        rise = response[high, upper, i] - response[low, lower, i]
                        x[row + i, c] = inverse_sizes[cell, axis] * rise
                row += even
            out[:] = 0.0
            add_product(rows, kind[cell], phi.dtype.type(1), x, out, corners)
            for c in range(len(corners)):
                for i in range(moments):
                    phi[cell, c, i] += out[i, c]
                for i in range(modes):
                    source[cell, c, even + i] += volume[cell] * out[moments + i, c]


@kernel(parallel=True)
def _lift(amplitudes, modes, phi):
    """phi += amplitudes modes at every corner."""
    for cell in numba.prange(len(phi)):
        for c in range(phi.shape[1]):
            for mode in range(amplitudes.shape[2]):
                amplitude = amplitudes[cell, c, mode]
                for entry in range(modes.starts[0, mode], modes.starts[0, mode + 1]):
                    phi[cell, c, modes.columns[entry]] += modes.values[entry] * amplitude
