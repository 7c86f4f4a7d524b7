"""The sweep: (p̂·∇ + loss) ψ = q by simple corner balance, for all ordinates, from moments to moments.

Each cell has 2^d corner volumes. With a = |μ|/hx, b = |η|/hy, c = |ξ|/hz and s = loss + a + b + c, corners counted
from the upwind one, the cell matrix is s + a J1 + b J2 + c J3 with commuting J = [[0, 1], [-1, 0]], J² = -1, so it is
inverted by the two-point transforms f0 ∓ i f1 along every axis and a division by s + i(a ± b ± c); Larmor precession
(ω/v_F)×ψ, about the first spin component, is one more such axis and is inverted with the rest. Inflow through an
upwind face adds 2a ψ_in to the corners next to it; outflow is the value of the downwind corners. The lumped bilinear
discontinuous element gives the same equations (second order, and with the thick diffusion limit).

Moments are arrays (cell, corner, moment, component) over the cells of `Grid` that hold metal, with corner bit a set for
the corner at the larger coordinate along axis a. Along every axis the metal lies on lines without a gap (`Grid.lines`).
The faces of axis a hold the angular values that flow along them, (block, line, corner of the face, 4 width) with
ordinate-component pairs last and the corners in the block's own order (`Octants.face_order`): inflow into the line
before the sweep, outflow after it; through interfaces part of the outflow of one line goes on as inflow of the next
(`Crossing`). A sweep may have an order (`boltzsim.transport.order`): directions are then taken in phases, and what the
boundary returns of earlier ones is known when the others begin. Implicit time steps have a source for every ordinate
and keep ψ: an angular distribution is an array (block, cell, corner, 4 width), its corners in the block's order too.
"""

from typing import NamedTuple

import numpy as np

from boltzsim.transport.kernels.lines import Metal, add_blocks, sweep_blocks, sweep_tiles


class Crossing(NamedTuple):
    """Flow that goes straight on through an interface.

    Attributes
    ----------
    axis : int
        Number of the gridded axis along the normal.
    upper : bool
        Whether it enters through the upper faces of the cells.
    cells, beyond : numpy.ndarray of int, shape (pairs,)
        Cells that it enters, and those that it leaves.
    matrix : numpy.ndarray, shape (4, 4)
        Factor of ψ on (c, x, y, z).
    """

    axis: int
    upper: bool
    cells: np.ndarray
    beyond: np.ndarray
    matrix: np.ndarray


class Sweep:
    """The sweep operator of one device, angular set and loss rate.

    Parameters
    ----------
    grid : Grid
    octants : Octants
    degree : int
        Highest moment degree.
    loss : numpy.ndarray, shape (materials,)
        Scalar loss rates [1/m].
    precession : float or numpy.ndarray, shape (materials,)
        Larmor rate ω/v_F [1/m] about the first spin component; the other two turn into one another.
    crossings : sequence of Crossing
        What goes straight on through interfaces.
    order : Order, optional
        By default all directions are taken at once.
    """

    def __init__(self, grid, octants, degree, loss, precession=0.0, crossings=(), order=None):
        kinds = grid.kinds
        self.cells, self.materials, self.metal = grid.cells, kinds.metal, _metal(grid, crossings)
        width, d = octants.width, len(grid.cells)
        self.shape = (len(grid.metal), 2**d, (degree + 1) ** 2, 4)
        rate = octants.cosines / kinds.sizes[:, None, :, None]
        self.flip = (octants.down * 2 ** np.arange(d)).sum(1)
        phase = np.zeros(octants.blocks, int) if order is None else order.phase
        self.phases = [np.flatnonzero(phase == number) for number in range(phase.max() + 1)]
        if d == 3:
            far_end = None if order is None else order.far_end
            self.phases = [_pairs(self.flip, blocks, far_end) for blocks in self.phases]
        signs = 1.0 - 2 * (np.arange(2 ** (d - 1))[:, None] >> np.arange(d - 1) & 1)
        imaginary = rate[:, :, :1] + np.einsum("ma,kbaw->kbmw", signs, rate[:, :, 1:])
        total = loss[kinds.metal][:, None, None, None] + rate.sum(2)[:, :, None] + 1j * imaginary
        scale = 2.0 ** (1 - d)
        plain = _parts(scale / total)
        inverse, turn = np.stack([plain] * 4, -1), plain[:0]
        if np.any(precession):
            turns = np.broadcast_to(precession, len(loss))[kinds.metal][:, None, None, None]
            squared = total**2 + turns**2
            turning = _parts(scale * turns / squared)
            inverse[..., 2:] = _parts(scale * total / squared)[..., None]
            turn = np.stack([0 * plain, 0 * plain, -turning, turning], -1)
        harmonics = np.moveaxis(octants.moments(degree), 1, 2)
        self.tables = tuple(
            np.ascontiguousarray(x).reshape(-1)
            for x in (
                _expand(harmonics),
                _expand(octants.weights),
                np.ones(4 * width),
                _expand(2 * rate),
                inverse,
                turn,
            )
        )
        self.work = None
        # Sizes that the kernels are compiled for travel as lengths of tuples.
        self.sizes = (width, (0,) * self.shape[2], (0,) * bool(np.any(precession)), (0,) * 2**d)

    @property
    def precision(self):
        """Type of the numbers in all arrays, that of the tables."""
        return self.tables[0].dtype

    def faces(self):
        """Zero angular face values, one array per gridded axis."""
        shape, counts = (self.shape[1] // 2, 4 * self.sizes[0]), self.metal.counts[: len(self.cells)]
        return [np.zeros((len(self.flip), count, *shape), self.precision) for count in counts]

    def distribution(self):
        """Shape of an angular distribution."""
        return len(self.flip), self.shape[0], self.shape[1], 4 * self.sizes[0]

    def __call__(self, source, faces, angular=None, rate=0.0, store=False, out=None, before=None):
        """Sweep all ordinates.

        Parameters
        ----------
        source : numpy.ndarray, shape (cells, corners, moments, 4)
            Moments of the source per unit length.
        faces : list of numpy.ndarray
            Inflow on entry, outflow on return (changed in place).
        angular : numpy.ndarray, shape `distribution()`, optional
            Angular distribution; `rate` times it is added to the source.
        rate : float or numpy.ndarray, shape (materials,)
            1/length.
        store : bool
            Overwrite `angular` with ψ.
        out : numpy.ndarray, shape as `source`, optional
            Where to put the moments.
        before : callable, optional
            Called with the number of each phase but the first, to write what enters then.

        Returns
        -------
        numpy.ndarray, shape as `source`
            Moments of ψ.
        """
        three = len(self.cells) == 3
        out = np.empty(self.shape, self.precision) if out is None else out
        if not three and self.work is None:
            self.work = np.empty((len(self.flip), source.size), self.precision)
        phi = out.reshape(1, -1) if three else self.work
        flat = [face.reshape(-1) for face in faces] + [np.empty(0, self.precision)] * (3 - len(faces))
        angular = np.empty(0, self.precision) if angular is None else angular.reshape(-1)
        run = sweep_tiles if three else sweep_blocks
        if three:
            phi[:] = 0.0
        for phase, blocks in enumerate(self.phases):
            if phase and before is not None:
                before(phase)
            run(
                blocks,
                np.ascontiguousarray(source).reshape(-1),
                phi,
                tuple(flat),
                self.tables,
                (self.flip, *(*self.cells, 1, 1)[:3]),
                self.metal,
                (angular, self._by_kind(rate), store),
                *self.sizes,
            )
        if not three:
            add_blocks(phi, out.reshape(-1))
        return out

    def _by_kind(self, rate):
        """One value for all materials, or one each, for every kind of cell."""
        return np.full(len(self.materials), rate[self.materials] if np.ndim(rate) else rate, self.precision)


def _pairs(flip, blocks, far_end):
    """The blocks of a phase as pairs for `sweep_tiles`, opposite across the lines, but for the axis of the far end."""
    same = far_end[0] if far_end is not None else 0
    across = flip[blocks] >> 1
    members = [blocks[across == k] for k in range(4)]
    ends = [(own[0], own[-1] + 1) if len(own) else (0, 0) for own in members]
    groups = (((0, 3), (1, 2)), ((0, 2), (1, 3)), ((0, 1), (2, 3)))[same]
    return np.array([[*ends[a], *ends[b], same] for a, b in groups if any(ends[a] + ends[b])], int).reshape(-1, 5)


def _metal(grid, crossings):
    """The cells, lines and interfaces of a grid as the kernels need them, always with three axes."""
    lines = np.zeros((len(grid.metal), 3), int)
    lines[:, : len(grid.axes)] = grid.lines
    links, partners = np.full((len(lines) if crossings else 0, 3, 2), -1), [np.zeros((0, 2), int)]
    count = 0
    for number, (axis, upper, cells, beyond, _) in enumerate(crossings):
        links[cells, axis, int(upper)] = count + np.arange(len(cells))
        partners.append(np.stack([lines[beyond, axis], np.full(len(cells), number)], 1))
        count += len(cells)
    matrices = np.array([crossing.matrix for crossing in crossings]).reshape(-1, 4, 4)
    return Metal(grid.number, grid.kinds.number, lines, lines.max(0) + 1, links, np.concatenate(partners), matrices)


def _parts(z):
    """Real and imaginary parts as neighbouring rows: (kinds, blocks, modes, width) to (…, 2 modes, width)."""
    return np.stack([z.real, z.imag], 3).reshape(*z.shape[:2], -1, z.shape[-1])


def _expand(table):
    """Repeat the last axis (ordinates) for the four components."""
    return np.ascontiguousarray(np.repeat(table, 4, axis=-1))
