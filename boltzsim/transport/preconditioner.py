"""The diffusion limit as preconditioner of the kinetic equation.

If r is the residual of (1 - sweep∘collision) u, the remaining error is r plus a solution of the kinetic equation with
the source q = gain r. The slow part of that solution lies in the few modes of `boltzsim.transport.slow_modes`. The
amplitudes e of the even modes, and then the helicity h where scattering nearly conserves it, are found from diffusion
equations; all other moments follow from them locally, at every corner by itself.

The equations of the modes are those that the scheme itself has on the corners, with the boundary laws as the modes see
them (`boltzsim.transport.consistent`): of the outflow a law returns the share ρ (1 for charge at a wall, -4/9 for the
helicity at a diffuse one), and a residual of the incoming flux is a source. An interface joins the modes on both sides.
The boundary unknowns follow from the outflow. The equations are factorised in one dimension;
in two and three a two-grid cycle (`boltzsim.transport.multigrid`) takes the place of the factors, and the
preconditioner stays linear.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numba
import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from boltzsim.transport import slow_modes
from boltzsim.transport.consistent import ModeEquation, ModeSolver
from boltzsim.transport.kernels.compile import kernel
from boltzsim.transport.kernels.rows import add_product, compressed_rows, neighbour
from boltzsim.transport.multigrid import two_grid

_COUPLED = 1e-6  # couplings between modes below this share of the largest coefficient are rounding errors
_RUN = 64  # each thread takes so many cells at a time
_DEVICE_FRAME = np.eye(3)


class _Equation(NamedTuple):
    """The diffusion equation of some modes.

    It is assembled in double precision for every solver anew: its matrices would take more memory than all else here.

    Attributes
    ----------
    assembled : callable
        Gives the `ModeEquation`.
    solver : callable
        From a precision to the `ModeSolver`, which is kept.
    """

    assembled: Callable
    solver: Callable


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
        K, D, K_odd, D_odd = (
            np.array([getattr(m, name) for m in media])
            for name in ("removal", "diffusivity", "odd_removal", "odd_diffusivity")
        )
        groups = _coupled(K, D)
        order = np.concatenate(groups)
        self.modes, self.odd = np.concatenate([even[order], odd]), odd
        self.read = compressed_rows(
            [
                own * _reading(m, order, len(odd), len(grid.cells))
                for own, m in zip(self.conductance, media, strict=True)
            ]
        )
        self.inverse_sizes, (_, metal, sizes) = 1 / grid.sizes, grid.kinds
        moments = self.modes.shape[1]
        followed = np.empty((len(metal), moments + len(odd), moments + (len(grid.cells) + 1) * len(even)))
        for number, (own, material) in enumerate(zip(media, materials, strict=True)):
            here = metal == number
            rows = slow_modes.local(own, material.gain, even, odd, sizes[here])
            rows[:, moments:] *= self.conductance[number]
            followed[here] = _following(rows, even, order)
        self.followed = compressed_rows(followed)
        self.even_equations, start = [], 0
        for group in groups:
            here = np.ix_(group, group)
            own = slice(start, start + len(group))
            self.even_equations.append((own, self._equation(even[group], K[:, *here], D[:, :, *here])))
            start = own.stop
        self.odd_equation = self._equation(odd, K_odd, D_odd) if len(odd) else None

    def _equation(self, modes, K, D):
        """The diffusion equation of some modes."""
        grid, volume, boundary, conductance = self.grid, self.volume, self.boundary, self.conductance

        def assembled():
            sink = volume[:, None, None, None] * np.repeat(K[grid.metal][:, None], grid.corners, 1)
            return ModeEquation(grid, modes, D, sink, boundary, conductance)

        def solver(precision):
            equation = assembled()
            return ModeSolver(equation, precision, _inverse(grid, equation.matrix, len(modes), precision))

        return _Equation(assembled, cache(solver))

    def __call__(self, phi, unknowns):
        """Add the response of the slow and the local modes to a residual, in place.

        Parameters
        ----------
        phi : numpy.ndarray, shape (cells, corners, moments, 4)
        unknowns : list of numpy.ndarray
            Boundary unknowns, in the order of `boundary`.
        """
        grid, flat, modes, odd = self.grid, phi.reshape(*phi.shape[:2], -1), len(self.modes), len(self.odd)
        even, corners, volume = modes - odd, (0,) * grid.corners, self.corner_volume
        read = np.empty((self.read.starts.shape[1] - 1, *flat.shape[:2]), phi.dtype)
        _read(flat, grid.metal, self.read, volume, modes, read, corners)
        source, flow = read[:modes], read[modes:].reshape(even, len(grid.cells), *flat.shape[:2])
        arriving = [self._arriving(part, values) for part, values in zip(self.boundary, unknowns, strict=True)]
        response = np.empty_like(source[:even])
        leaving = [np.empty((*self._shape(part), modes), phi.dtype) for part in self.boundary]
        for own, of_modes in self.even_equations:
            equation = of_modes.solver(phi.dtype)
            fluxes = [None if flux is None else flux[..., own] for flux in arriving]
            found = equation.solve(equation.right_side(source[own], flow[own], fluxes))
            response[own] = np.moveaxis(found.reshape(*flat.shape[:2], -1), -1, 0)
            for k, values in enumerate(leaving):
                values[..., own] = equation.outgoing(k, found, fluxes[k]).reshape(*values.shape[:3], -1)
        around = grid.kinds.number, grid.neighbours, self.inverse_sizes, volume
        _follow(flat, response, source[even:], self.followed, *around, corners)
        if odd:
            equation = self.odd_equation.solver(phi.dtype)
            fluxes = [None if flux is None else flux[..., even:] for flux in arriving]
            found = equation.solve(equation.right_side(source[even:], None, fluxes)).reshape(*flat.shape[:2], odd)
            for part, values in zip(self.boundary, leaving, strict=True):
                for k, side in enumerate(part.sides):
                    values[:, :, k, even:] = found[side.cells[:, None], side.corners]
            for moment in np.flatnonzero(self.odd.any(0)):
                flat[..., moment] += found @ self.odd[:, moment]
        for part, values, own in zip(self.boundary, unknowns, leaving, strict=True):
            moments = own @ self.modes
            part.respond(values, np.moveaxis(moments.reshape(*moments.shape[:3], *phi.shape[2:]), 2, 0))

    def _arriving(self, part, unknown):
        """Half-range moments of the slow modes times area that a boundary unknown sends in, or None."""
        moments = [values @ self.modes.T for _, _, values in part.incoming(unknown)]
        return np.stack(moments, 2) if moments else None

    def _shape(self, part):
        """Lines, corners and sides of a part of the boundary."""
        return len(part.sides[0].cells), len(part.sides[0].corners), len(part.sides)


def _coupled(K, D):
    """Groups of modes that the diffusion equations couple, the charge density by itself."""
    links = np.abs(D).max((0, 1)) / np.abs(D).max() + np.abs(K).max(0) / np.abs(K).max()
    links[0, 1:] = links[1:, 0] = 0.0
    count, labels = connected_components(links > _COUPLED)
    return [np.flatnonzero(labels == k) for k in range(count)]


def _inverse(grid, matrix, modes, precision):
    """Function that applies A⁻¹ to vectors of some precision, exactly in one dimension."""
    if len(grid.cells) > 1:
        return two_grid(grid, matrix, modes, precision)
    columns = sp.csc_matrix(matrix, dtype=precision)
    return splu(columns, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve


def _reading(medium, order, odd, axes):
    """The sources of the slow modes, and the flows of the even ones along all axes, mode by mode, from a residual."""
    even = len(order)
    sources, flows = medium.gain[: even + odd], medium.gain[even + odd :].reshape(axes, even, -1)
    flows = flows[:, order].swapaxes(0, 1).reshape(even * axes, -1)
    return np.concatenate([sources[order], sources[even:], flows])


def _following(local, even, order):
    """Matrices of `slow_modes.local`, (kinds, rows, columns), which take in the even modes themselves as well.

    Gradients and modes come in the given order.
    """
    count, moments = even.shape
    gradients = (np.arange(moments, local.shape[2], count)[:, None] + order).reshape(-1)
    lifted = np.zeros((*local.shape[:2], count))
    lifted[:, :moments] = even[order].T
    return np.concatenate([local[:, :, :moments], local[:, :, gradients], lifted], 2)


@kernel(shared="phi")
def _read(phi, material, rows, volume, modes, out, corners):
    """out = rows[material] phi at every corner; phi (cells, corners, moments × 4), out (rows, cells, corners).

    The first rows, those of the `modes`, are multiplied by the volume of the corner.
    """
    for run in numba.prange((len(phi) + _RUN - 1) // _RUN):
        x = np.empty((phi.shape[2], len(corners)), phi.dtype)
        y = np.empty((len(out), len(corners)), phi.dtype)
        for cell in range(run * _RUN, min((run + 1) * _RUN, len(phi))):
            for i in range(phi.shape[2]):
                for c in range(len(corners)):
                    x[i, c] = phi[cell, c, i]
            y[:] = 0.0
            add_product(rows, material[cell], phi.dtype.type(1), x, y, corners)
            for row in range(len(out)):
                factor = volume[cell] if row < modes else phi.dtype.type(1)
                for c in range(len(corners)):
                    out[row, cell, c] = factor * y[row, c]


@kernel(shared="phi")
def _follow(phi, response, source, rows, kind, neighbours, inverse_sizes, volume, corners):
    """Add the even modes, and the fast moments that a residual and their gradients cause, to the residual.

    The part of these gradients that drives the slow odd mode is added to its source.
    """
    moments, modes, even = phi.shape[2], rows.starts.shape[1] - 1 - phi.shape[2], len(response)
    axes = inverse_sizes.shape[1]
    for run in numba.prange((len(phi) + _RUN - 1) // _RUN):
        x = np.empty((moments + (axes + 1) * even, len(corners)), phi.dtype)
        out = np.empty((moments + modes, len(corners)), phi.dtype)
        for cell in range(run * _RUN, min((run + 1) * _RUN, len(phi))):
            for i in range(moments):
                for c in range(len(corners)):
                    x[i, c] = phi[cell, c, i]
            row = moments
            for axis in range(axes):
                for c in range(len(corners)):
                    high, upper = neighbour(cell, c, axis, neighbours, True)
                    low, lower = neighbour(cell, c, axis, neighbours, False)
                    for i in range(even):
                        rise = response[i, high, upper] - response[i, low, lower]
                        x[row + i, c] = inverse_sizes[cell, axis] * rise
                row += even
            for i in range(even):
                for c in range(len(corners)):
                    x[row + i, c] = response[i, cell, c]
            out[:] = 0.0
            add_product(rows, kind[cell], phi.dtype.type(1), x, out, corners)
            for c in range(len(corners)):
                for i in range(moments):
                    phi[cell, c, i] += out[i, c]
                for i in range(modes):
                    source[i, cell, c] += volume[cell] * out[moments + i, c]
