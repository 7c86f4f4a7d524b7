"""Diffusion equations of a few modes as the scheme itself has them, with the currents eliminated face by face.

Tested with amplitudes e of some modes and their currents J, the scheme becomes P1 equations on the corners (E. W.
Larsen, Nucl. Sci. Eng. 82, 47 (1982)). Its volume is lumped at the corners, so that the current of a corner along an
axis couples only to what lies across the face there. With e and the outward J at a corner on a face, e' at the other
end of that edge of the cell, of extent h, and the flow j that a source drives,

    (h/2) D⁻¹ (J - j) = ½ (e + e') - ê,       M ê = ½ (J⁺ + J⁻),
    J⁺ = M e + ½ J,       J⁻ = ρ J⁺ + J_in.

J⁺ leaves the cell and J⁻ enters it, M holds the half-range products of the modes (¼ for isotropic ones), ρ is what the
law of the face returns, and J_in is a source. Within the metal ρ exchanges the cells on both sides; M, ρ and all other
matrices are those of the modes on the sides of a face, one or two. Solved for J,

    J = S j + A (1 + C A)⁻¹ [½ e' - ½ M⁻¹ρM e - ½ M⁻¹ J_in],
    S = (1 + A C)⁻¹,     A = 2 D/h,     C = ¼ M⁻¹ (1 + ρ).

The corner gains ½ ρ J - (1-ρ) M e + J_in, and the one at the other end of the edge loses ½ J. C A limits what jumps
between cells thinner than a mean free path, where nothing carries more than a flight does: without it, as in the
interior penalty of `boltzsim.transport.mip`, changes from cell to cell are up to four times too stiff. Terms of D that
mix axes are left out: they save no products.
"""

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from boltzsim.transport.grid import End
from boltzsim.transport.kernels.sparse import apply_rows, sparse

_NOTHING = 1e-14  # entries below this share of the largest are rounding errors


class ModeEquation:
    """The diffusion equation of some modes on the corners of a device, as sparse matrices in double precision.

    Parameters
    ----------
    grid : Grid
    modes : numpy.ndarray, shape (modes, 4 moments)
    D : numpy.ndarray, shape (materials, axes, modes, modes)
        Diffusivities along the axes.
    sink : numpy.ndarray, shape (cells, corners, modes, modes)
        Loss of every corner per unit amplitude: removal times its volume, times the relative conductance of the metal.
    boundary : sequence of BoundaryPart
    conductance : numpy.ndarray, shape (materials,)
        Relative conductances of the metals, by which their fluxes count.

    Attributes
    ----------
    matrix : scipy.sparse.csr_array
        On the unknowns (cell, corner, mode). A combination of modes that nothing removes anywhere is fixed at one
        corner.
    carried : list of scipy.sparse.csr_array
        What flows along every axis give the corners.
    boundary : list of tuple
        For every part of the boundary what arrives gives the corners, and what leaves owes to amplitudes and arrivals.
    """

    def __init__(self, grid, modes, D, sink, boundary, conductance):
        count, points = len(modes), len(grid.metal) * grid.corners
        diagonal = np.arange(points), np.arange(points + 1)
        matrix = sp.csr_array(sp.bsr_array((sink.reshape(points, count, count), *diagonal)))
        self.carried, self.boundary = [sp.csr_array(matrix.shape) for _ in grid.cells], []
        inner = [_inner(grid, axis, count, conductance) for axis in range(len(grid.cells))]
        outer = [_outer(grid, part, modes) for part in boundary]
        for faces in inner + outer:
            found, shape, corner = faces.eliminated(D), (points * count, faces.numbers.size), faces.places
            if not faces.seam:
                matrix = matrix + faces.matrix(found.leaving, corner, corner, matrix.shape)
                self.carried[faces.axis] += faces.matrix(found.carried, corner, corner, matrix.shape)
            if faces in outer:
                self.boundary.append(
                    (
                        faces.matrix(found.arriving, corner, faces.numbers, shape),
                        faces.matrix(found.outgoing, faces.numbers, corner, shape[::-1]),
                        faces.matrix(found.sent, faces.numbers, faces.numbers, shape[1:] * 2),
                    )
                )
        total = sink.sum((0, 1)) + sum(faces.leak() for faces in outer if not faces.seam)
        _, removal, combinations = np.linalg.svd(total)
        lasting = combinations[removal < 1e-12 * points * np.abs(matrix.diagonal()).max()]
        fixed = sp.coo_array(matrix.diagonal()[0] * lasting.T @ lasting)
        fixed.resize(matrix.shape)
        self.matrix = sp.csr_array(matrix + fixed)


class ModeSolver:
    """What is needed of a `ModeEquation` to solve it.

    Parameters
    ----------
    equation : ModeEquation
    precision : numpy.dtype
        Of sources and solutions.
    inverse : callable
        source (flat) -> amplitudes (flat), exactly or nearly.
    """

    def __init__(self, equation, precision, inverse):
        self.solve, self._boundary = inverse, equation.boundary
        self._carried = sparse(sp.hstack(equation.carried), precision)
        self._rows = np.arange(equation.matrix.shape[0], dtype=np.uint32)

    def right_side(self, source, flow, arriving):
        """Sources of the unknowns, flat.

        Parameters
        ----------
        source : numpy.ndarray, shape (modes, cells, corners)
            What every corner gains.
        flow : numpy.ndarray, shape (modes, axes, cells, corners), or None
            j, times the relative conductance of the metal.
        arriving : list of numpy.ndarray or None
            J_in times area for every part of the boundary, (lines, corners, sides, modes); None where nothing arrives.
        """
        found = np.array(np.moveaxis(source, 0, -1)).reshape(-1)
        if flow is not None:
            along, one = np.ascontiguousarray(np.moveaxis(flow, 0, -1)).reshape(-1), flow.dtype.type(1)
            apply_rows(self._carried, self._rows, one, along, found, found)
        for flux, (matrix, *_) in zip(arriving, self._boundary, strict=True):
            if flux is not None:
                found += matrix @ flux.reshape(-1)
        return found

    def outgoing(self, number, e, flux):
        """Amplitudes of what leaves through part `number` of the boundary, flat, by lines, corners, sides and modes.

        These are e + ½ M⁻¹ J, of which J counts as far as the face returns it spread.

        Parameters
        ----------
        number : int
        e : numpy.ndarray
            Amplitudes of all unknowns.
        flux : numpy.ndarray or None
            J_in times area, as for `right_side`.
        """
        _, of_amplitudes, of_flux = self._boundary[number]
        found = of_amplitudes @ e.reshape(-1)
        return found if flux is None else found + of_flux @ flux.reshape(-1)


class Eliminated(NamedTuple):
    """Blocks of the faces of one kind, between the corners on the face, those and the other ends of edges, or both.

    Attributes
    ----------
    leaving : numpy.ndarray, shape (faces, 2 width, 2 width)
        What the corners lose; width is the number of sides times that of modes.
    carried, arriving : numpy.ndarray, shape (faces, 2 width, width)
        What they gain from flows along the axis and from J_in times area.
    outgoing, sent : numpy.ndarray, shapes (faces, width, 2 width), (faces, width, width)
        Amplitudes of what leaves, from those on the face and beyond, and from J_in times area.
    """

    leaving: np.ndarray
    carried: np.ndarray
    arriving: np.ndarray
    outgoing: np.ndarray
    sent: np.ndarray


class Faces:
    """Faces normal to one axis, with one side or two.

    Parameters
    ----------
    grid : Grid
    axis : int
    ends : list
        Of every side, line by line, as `Grid.end` gives them.
    out : numpy.ndarray, shape (width, width)
        M; the width is the number of sides times that of modes.
    back : numpy.ndarray, shape (laws, width, width)
        ρ M.
    portion : numpy.ndarray of int, shape (lines,)
        Which law holds at each line.
    spread : float
        Share of what the face returns into the same cells without its direction. As far as it does, J_in changes J at
        once and J what leaves. The rest arrives at the corner: between mirrors or interfaces much closer than a mean
        free path, J says little about the directions that a flux takes.
    seam : bool
        Whether a periodic axis closes here, within the metal.

    Attributes
    ----------
    places : numpy.ndarray of int, shape (lines, corners, 2 width)
        Unknowns of the corners on the face, side by side, and of those at the other ends of the edges.
    numbers : numpy.ndarray of int, shape (lines, corners, width)
        Counts the corners on the face, side by side and mode by mode.
    """

    def __init__(self, grid, axis, ends, out, back, portion, spread=0.0, seam=False):
        self.grid, self.axis, self.ends, self.spread, self.seam = grid, axis, ends, spread, seam
        self.out, self.rho, self.width = out, back @ np.linalg.inv(out), len(out)
        self._modes = self.width // len(ends)
        corner = np.arange(len(grid.metal) * grid.corners).reshape(-1, grid.corners)
        on_face, beyond = ([corner[end.cells[:, None], end.corners ^ flip] for end in ends] for flip in (0, 1 << axis))
        places = np.stack(on_face + beyond, -1)[..., None] * self._modes + np.arange(self._modes)
        self.places = places.reshape(*places.shape[:2], 2 * self.width).astype(np.int32)
        shape = (*places.shape[:2], self.width)
        self.numbers = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
        labels = np.stack([portion, *[grid.kinds.number[end.cells] for end in ends]], 1)
        self.kinds, self._first, kind = np.unique(labels, axis=0, return_index=True, return_inverse=True)
        self._kind = kind.reshape(-1)

    def eliminated(self, D):
        """The blocks of every kind of face, `Eliminated`; D as for `ModeEquation`."""
        grid, count, modes = self.grid, len(self.kinds), self._modes
        A, shape = np.zeros((count, len(self.ends), modes, len(self.ends), modes)), (count, self.width, self.width)
        for side, kind in enumerate(self.kinds.T[1:]):
            A[:, side, :, side] = D[grid.kinds.metal[kind], self.axis]
        h = self._by_side([grid.kinds.sizes[kind, self.axis] for kind in self.kinds.T[1:]])
        area = self._by_side([end.area[self._first] for end in self.ends])
        bare = self._by_side([grid.face_area(self.axis)[end.cells[self._first]] for end in self.ends])
        outward = np.repeat([1.0 if end.corners[0] >> self.axis & 1 else -1.0 for end in self.ends], modes)
        A = A.reshape(shape) * 2 / h[:, :, None]
        one, M, rho = np.eye(self.width), np.linalg.inv(self.out), self.rho[self.kinds[:, 0]]
        C = M @ (one + rho) / 4
        limited = np.linalg.inv(one + C @ A)
        driving = np.concatenate([-M @ rho @ self.out / 2, np.broadcast_to(one / 2, shape)], 2)
        lost = np.concatenate([-rho / 2, np.broadcast_to(one / 2, shape)], 1) * np.tile(area, 2)[:, :, None]
        leaving, arriving = lost @ A @ limited @ driving, self.spread * lost @ A @ limited @ M / 2
        leaving[:, : self.width, : self.width] += area[:, :, None] * (one - rho) @ self.out
        arriving[:, : self.width] += area[:, :, None] * one
        current = self.spread * M @ A @ limited / 2
        leaves = current @ driving
        leaves[:, :, : self.width] += one
        return Eliminated(
            leaving,
            -lost @ np.linalg.inv(one + A @ C) * (outward * bare / area)[:, None],
            arriving / area[:, None],
            leaves,
            -current @ M / 2 / area[:, None],
        )

    def _by_side(self, values):
        """Values of every side and kind as (kinds, width)."""
        return np.repeat(np.stack(values, 1), self._modes, 1)

    def matrix(self, blocks, rows, columns, shape):
        """Sparse matrix of the blocks (kinds, r, c) at the first r and c of the rows and columns of every corner."""
        sizes = np.abs(blocks).max(0, initial=0.0)
        i, j = np.nonzero(sizes > _NOTHING * sizes.max(initial=0.0))
        rows, columns = rows[..., i], columns[..., j]
        values = np.broadcast_to(blocks[self._kind][:, None, i, j], rows.shape)
        return sp.csr_array(sp.coo_array((values.reshape(-1), (rows.reshape(-1), columns.reshape(-1))), shape))

    def leak(self):
        """Loss through all faces per unit amplitude of all corners, (modes, modes)."""
        area = np.stack([end.area for end in self.ends], 1)
        lost = ((np.eye(self.width) - self.rho[self.kinds[self._kind, 0]]) @ self.out).reshape(
            len(area), len(self.ends), self._modes, len(self.ends), self._modes
        )
        return self.places.shape[1] * np.einsum("ls,lsitj->ij", area, lost)


def _inner(grid, axis, modes, conductance):
    """Faces between cells, those across a periodic seam too; all modes leave as isotropic ones do."""
    above = grid.neighbours[:, axis, 1]
    below = np.flatnonzero(above >= 0)
    ends = [
        End(cells, grid.face_corners(axis, upper), grid.face_area(axis)[cells] * conductance[grid.metal[cells]])
        for cells, upper in ((below, True), (above[below], False))
    ]
    return Faces(grid, axis, ends, *_exchange(modes), np.zeros(len(below), int))


def _outer(grid, part, modes):
    """Faces of one part of the boundary."""
    fluxes = part.mode_fluxes(modes)
    if fluxes is None:
        return Faces(grid, part.axis, part.sides, *_exchange(len(modes)), part.portion, seam=True)
    alone = len(part.sides) == 1 or len(grid.cells) == 1  # patterns along interfaces would take more products
    spread = 1 - part.sides[0].specularity if alone else 0.0
    return Faces(grid, part.axis, part.sides, *fluxes, part.portion, spread)


def _exchange(modes):
    """M and ρ M of faces within the metal."""
    return np.eye(2 * modes) / 4, np.kron([[0, 1], [1, 0]], np.eye(modes))[None] / 4
