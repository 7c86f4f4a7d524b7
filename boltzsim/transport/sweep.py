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
(`Crossing`). Implicit time steps have a source for every ordinate and keep ψ: an angular distribution is an array
(block, cell, corner, 4 width) with its corners in the block's order too.
"""

from typing import NamedTuple

import numba
import numpy as np

from boltzsim.transport.kernels.cell import solve_cell
from boltzsim.transport.kernels.compile import kernel
from boltzsim.transport.kernels.products import moments_to_ordinates, ordinates_to_moments
from boltzsim.transport.kernels.vectors import prefetch

_ALONG, _ACROSS = 16, 4  # cells of a tile along and across its lines, so few that their face values stay in cache
_CHUNK = 2048  # each thread adds up so many values at a time


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
    """

    def __init__(self, grid, octants, degree, loss, precession=0.0, crossings=()):
        self.cells, self.material, self.number = grid.cells, grid.metal, grid.number
        width, d = octants.width, len(grid.cells)
        self.shape = (len(grid.metal), 2**d, (degree + 1) ** 2, 4)
        self.lines = np.zeros((len(grid.metal), 3), int)
        self.lines[:, :d] = grid.lines
        self.materials = len(loss)
        self.counts = self.lines.max(0) + 1
        rate = octants.cosines / np.array(grid.spacing)[None, :, None]
        self.flip = (octants.down * 2 ** np.arange(d)).sum(1)
        self.groups = np.searchsorted(self.flip >> 1, np.arange(2 ** (d - 1) + 1))
        signs = 1.0 - 2 * (np.arange(2 ** (d - 1))[:, None] >> np.arange(d - 1) & 1)
        imaginary = rate[:, :1] + np.einsum("ma,baw->bmw", signs, rate[:, 1:])
        total = loss[:, None, None, None] + rate.sum(1)[None, :, None] + 1j * imaginary[None]
        scale = 2.0 ** (1 - d)
        plain = _parts(scale / total)
        inverse, turn = np.stack([plain] * 4, -1), plain[:0]
        if np.any(precession):
            turns = np.broadcast_to(precession, len(loss))[:, None, None, None]
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
        self.links, self.partners = np.full((len(grid.metal) if crossings else 0, 3, 2), -1), np.zeros((0, 2), int)
        self.matrices = np.array([crossing.matrix for crossing in crossings]).reshape(-1, 4, 4)
        for number, (axis, upper, cells, beyond, _) in enumerate(crossings):
            self.links[cells, axis, int(upper)] = len(self.partners) + np.arange(len(cells))
            pairs = np.stack([grid.lines[beyond, axis], np.full(len(cells), number)], 1)
            self.partners = np.concatenate([self.partners, pairs])
        self.work = None
        # Sizes travel as lengths of tuples, so that the kernels are compiled for them.
        self.sizes = ((0,) * self.shape[2], (0,) * bool(np.any(precession)), (0,) * width, (0,) * 2**d)

    def faces(self):
        """Zero angular face values, one array per gridded axis."""
        half, lanes = self.shape[1] // 2, 4 * len(self.sizes[2])
        return [np.zeros((len(self.flip), count, half, lanes)) for count in self.counts[: len(self.cells)]]

    def distribution(self):
        """Shape of an angular distribution."""
        return len(self.flip), self.shape[0], self.shape[1], 4 * len(self.sizes[2])

    def __call__(self, source, faces, angular=None, rate=0.0, store=False, out=None):
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

        Returns
        -------
        numpy.ndarray, shape as `source`
            Moments of ψ.
        """
        three = len(self.cells) == 3
        out = np.empty(self.shape) if out is None else out
        if not three and self.work is None:
            self.work = np.empty((len(self.flip), source.size))
        phi = out.reshape(1, -1) if three else self.work
        flat = [face.reshape(-1) for face in faces] + [np.empty(0)] * (3 - len(faces))
        angular = np.empty(0) if angular is None else angular.reshape(-1)
        run = _sweep_tiles if three else _sweep_blocks
        run(
            np.ascontiguousarray(source).reshape(-1),
            phi,
            tuple(flat),
            self.tables,
            (self.flip, *(*self.cells, 1, 1)[:3], self.groups),
            (self.number, self.material, self.lines, self.counts),
            (self.links, self.partners, self.matrices),
            (angular, np.full(self.materials, rate, float), store),
            *self.sizes,
        )
        if not three:
            _add_blocks(phi, out.reshape(-1))
        return out


def _parts(z):
    """Real and imaginary parts as neighbouring rows: (materials, blocks, modes, width) to (…, 2 modes, width)."""
    return np.stack([z.real, z.imag], 3).reshape(*z.shape[:2], -1, z.shape[-1])


def _expand(table):
    """Repeat the last axis (ordinates) for the four components."""
    return np.ascontiguousarray(np.repeat(table, 4, axis=-1))


@kernel()
def _add(source, rate, s, corners, width):
    """Add rate × the angular source of a cell to the source from its moments."""
    for n in range(len(corners) * 4 * len(width)):
        s[n] += rate * source[n]


@kernel()
def _cross(face, into, beyond, matrix, half, width):
    """Add to the inflow of a line the outflow of the one beyond an interface, times a matrix on the components."""
    for n in range(half * len(width)):
        for u in range(4):
            for v in range(4):
                face[into + 4 * n + u] += matrix[u, v] * face[beyond + 4 * n + v]


@kernel()
def _keep(s, target, weights, corners, width):
    """Store the angular values of a cell, then multiply them by the weights of their ordinates."""
    for c in range(len(corners)):
        for n in range(4 * len(width)):
            target[c * 4 * len(width) + n] = s[c * 4 * len(width) + n]
            s[c * 4 * len(width) + n] *= weights[n]


# Arguments of the kernels come in groups: faces (x, y, z); tables, see `Sweep.tables`; where (flip, cells of the box
# along the axes, first block of every group of octants with the same signs across the lines); metal (number of every
# place in the box, material and lines of the cells, lines along the axes); across (for every cell, axis and side a link
# or -1; the line beyond and the number of the matrix of every link; matrices); given (angular, rates of the materials,
# store). The last four are `Sweep.sizes`.


@kernel()
def _sweep_line(
    block, first, last, j, k, q, phi, faces, tables, where, metal, across, given, moments, precessing, width, corners
):
    """Sweep one block of ordinates along part of a line of cells, steps first … last - 1 from its upwind end."""
    fx, fy, fz = faces
    spread, weights, ones, inflow, inverse, turn = tables
    flip, n0, n1, _, _ = where
    number, material, lines, counts = metal
    links, partners, matrices = across
    angular, rates, store = given
    nm, nc, half, lanes = len(moments), len(corners), len(corners) // 2, 4 * len(width)
    d = 1 if half == 1 else (2 if half == 2 else 3)
    s = np.empty(len(corners) * 4 * len(width))
    mask = flip[block]
    scale = ones if store else weights[block * lanes :]
    ahead = -1 if mask & 1 else 1
    for step in range(first, last):
        place = (k * n1 + j) * n0 + (n0 - 1 - step if mask & 1 else step)
        cell = number[place]
        if cell < 0:
            continue
        start = cell * nc * nm * 4
        row = (material[cell] * len(flip) + block) * nc * lanes
        here = (block * len(material) + cell) * nc * lanes
        x = (block * counts[0] + lines[cell, 0]) * half * lanes
        y = (block * counts[1] + lines[cell, 1]) * half * lanes
        z = (block * counts[2] + lines[cell, 2]) * half * lanes
        if step + 1 < last and number[place + ahead] >= 0:  # fetch the next cell while this one is computed
            prefetch(q, start + ahead * nc * nm * 4, nc * nm * 4)
            prefetch(phi, start + ahead * nc * nm * 4, nc * nm * 4)
            if half > 1:
                prefetch(fy, (block * counts[1] + lines[cell + ahead, 1]) * half * lanes, half * lanes)
            if half > 2:
                prefetch(fz, (block * counts[2] + lines[cell + ahead, 2]) * half * lanes, half * lanes)
        moments_to_ordinates(q, start, mask, spread, block * nm, s, moments, width, corners)
        rate = rates[material[cell]]
        if rate and angular.size:
            _add(angular[here:], rate, s, corners, width)
        if len(links):
            for axis in range(d):
                link = links[cell, axis, mask >> axis & 1]
                if link >= 0:
                    beyond = (block * counts[axis] + partners[link, 0]) * half * lanes
                    _cross(faces[axis], (x, y, z)[axis], beyond, matrices[partners[link, 1]], half, width)
        solve_cell(
            s, fx, x, fy, y, fz, z, inflow, block * d * lanes, inverse, turn, row, scale, precessing, width, corners
        )
        if store:
            _keep(s, angular[here:], weights[block * lanes :], corners, width)
        ordinates_to_moments(s, spread, block * nm, phi, start, mask, moments, width, corners)


@kernel(parallel=True)
def _sweep_blocks(q, phi, faces, tables, where, metal, across, given, moments, precessing, width, corners):
    """1D and 2D: blocks of ordinates side by side, each with moments of its own, phi (blocks, size)."""
    flip, n0, rows, _, _ = where
    for block in numba.prange(len(flip)):
        phi[block] = 0.0
        for step in range(rows):
            j = rows - 1 - step if flip[block] & 2 else step
            _sweep_line(
                block,
                0,
                n0,
                j,
                0,
                q,
                phi[block],
                faces,
                tables,
                where,
                metal,
                across,
                given,
                moments,
                precessing,
                width,
                corners,
            )


@kernel(parallel=True)
def _add_blocks(phi, out):
    """Σ over blocks, always in the same order."""
    for chunk in numba.prange(-(-len(out) // _CHUNK)):
        first, last = chunk * _CHUNK, min((chunk + 1) * _CHUNK, len(out))
        out[first:last] = phi[0, first:last]
        for block in range(1, len(phi)):
            for n in range(first, last):
                out[n] += phi[block, n]


@kernel()
def _within(tile, lines, down):
    """The lines first … last - 1 of a tile counted from upwind; whatever the direction, the same lines make a tile."""
    number = -(-lines // _ACROSS) - 1 - tile if down else tile
    return number * _ACROSS, min((number + 1) * _ACROSS, lines)


@kernel()
def _sweep_tile(block, tile, q, phi, faces, tables, where, metal, across, given, moments, precessing, width, corners):
    """Sweep one block of ordinates along a tile of lines, a few cells of every line at a time."""
    flip, n0, n1, n2, _ = where
    j_lowest, j_highest = _within(tile[0], n1, flip[block] & 2)
    k_lowest, k_highest = _within(tile[1], n2, flip[block] & 4)
    for first in range(0, n0, _ALONG):
        for j_step in range(j_highest - j_lowest):
            j = j_highest - 1 - j_step if flip[block] & 2 else j_lowest + j_step
            for k_step in range(k_highest - k_lowest):
                k = k_highest - 1 - k_step if flip[block] & 4 else k_lowest + k_step
                _sweep_line(
                    block, first, min(first + _ALONG, n0), j, k, q, phi, faces, tables, where, metal, across, given,
                    moments, precessing, width, corners,
                )  # fmt: skip


@kernel(parallel=True)
def _sweep_tiles(q, phi, faces, tables, where, metal, across, given, moments, precessing, width, corners):
    """3D: tiles of lines on a wavefront, of two opposite groups of octants at once. phi (1, size).

    Tiles a, b across the lines, counted from upwind, are independent for equal a + b, and so are those of two opposite
    groups but where these meet. A group holds both directions along the lines, and as many blocks as it needs.
    """
    _, _, n1, n2, groups = where
    rows, columns = -(-n1 // _ACROSS), -(-n2 // _ACROSS)
    phi[0] = 0.0
    for group in range(2):
        for front in range(rows + columns - 1):
            first = max(0, front - rows + 1)
            count = min(front, columns - 1) - first + 1
            turns = 2 if 2 * front == rows + columns - 2 else 1
            for turn in range(turns):
                for task in numba.prange(2 * count // turns):
                    number = task + turn * count
                    own, b = (group, first + number) if number < count else (3 - group, first + number - count)
                    for block in range(groups[own], groups[own + 1]):
                        _sweep_tile(
                            block, (front - b, b), q, phi[0], faces, tables, where, metal, across, given, moments,
                            precessing, width, corners,
                        )  # fmt: skip
