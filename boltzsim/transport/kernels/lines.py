"""The compiled loops of a sweep (`boltzsim.transport.sweep`): lines of cells, blocks of ordinates, and tiles."""

from typing import NamedTuple

import numba
import numpy as np

from boltzsim.transport.kernels.cell import solve_cell
from boltzsim.transport.kernels.compile import kernel
from boltzsim.transport.kernels.products import moments_to_ordinates, ordinates_to_moments
from boltzsim.transport.kernels.vectors import prefetch

_ALONG, _ACROSS = 16, 4  # cells of a tile along and across its lines, so few that their face values stay in cache
_CHUNK = 2048  # each thread adds up so many values at a time


class Metal(NamedTuple):
    """Where the metal is, and how its lines of cells are connected.

    Attributes
    ----------
    number : numpy.ndarray of int, shape (cells of the box,)
        Number of every cell that holds metal; -1 for others.
    kind : numpy.ndarray of int, shape (cells,)
        Cells of the same metal and sizes share their tables (`Kinds`).
    lines : numpy.ndarray of int, shape (cells, 3)
        Line of every cell along each axis.
    counts : numpy.ndarray of int, shape (3,)
        Number of lines along each axis.
    links : numpy.ndarray of int, shape (cells, 3, 2)
        Link through the interface at the lower and upper side of every cell along each axis, -1 for none; empty if
        there is no link at all.
    partners : numpy.ndarray of int, shape (links, 2)
        Line beyond the interface, and number of the matrix.
    matrices : numpy.ndarray, shape (matrices, 4, 4)
        Factors of what passes.
    """

    number: np.ndarray
    kind: np.ndarray
    lines: np.ndarray
    counts: np.ndarray
    links: np.ndarray
    partners: np.ndarray
    matrices: np.ndarray


@kernel()
def _add(source, rate, s, corners, width):
    """Add rate × the angular source of a cell to the source from its moments."""
    for n in range(len(corners) * 4 * width):
        s[n] += rate * source[n]


@kernel()
def _cross(face, into, beyond, matrix, half, width):
    """Add to the inflow of a line the outflow of the one beyond an interface, times a matrix on the components."""
    for n in range(half * width):
        for u in range(4):
            for v in range(4):
                face[into + 4 * n + u] += matrix[u, v] * face[beyond + 4 * n + v]


@kernel()
def _keep(s, target, weights, corners, width):
    """Store the angular values of a cell, then multiply them by the weights of their ordinates."""
    for c in range(len(corners)):
        for n in range(4 * width):
            target[c * 4 * width + n] = s[c * 4 * width + n]
            s[c * 4 * width + n] *= weights[n]


# Arguments of the kernels come in groups: faces (x, y, z); tables, see `Sweep.tables`; where (flip, cells of the box
# along the axes, first block of every group of octants with the same signs across the lines); metal; given (angular,
# rates of the kinds, store). The last four are `Sweep.sizes`.


@kernel()
def _sweep_line(
    block, first, last, j, k, q, phi, faces, tables, where, metal, given, width, moments, precessing, corners
):
    """Sweep one block of ordinates along part of a line of cells, steps first … last - 1 from its upwind end."""
    fx, fy, fz = faces
    spread, weights, ones, inflow, inverse, turn = tables
    flip, n0, n1, _ = where
    number, kind, lines, counts, links, partners, matrices = metal
    angular, rates, store = given
    nm, nc, half, lanes = len(moments), len(corners), len(corners) // 2, 4 * width
    d = 1 if half == 1 else (2 if half == 2 else 3)
    s = np.empty(len(corners) * 4 * width, q.dtype)
    mask = flip[block]
    scale = ones if store else weights[block * lanes :]
    ahead = -1 if mask & 1 else 1
    for step in range(first, last):
        place = (k * n1 + j) * n0 + (n0 - 1 - step if mask & 1 else step)
        cell = number[place]
        if cell < 0:
            continue
        start = cell * nc * nm * 4
        own = kind[cell] * len(flip) + block
        here = (block * len(kind) + cell) * nc * lanes
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
        moments_to_ordinates(q, start, mask, spread, block * nm, s, width, moments, corners)
        rate = rates[kind[cell]]
        if rate and angular.size:
            _add(angular[here:], rate, s, corners, width)
        if len(links):
            for axis in range(d):
                link = links[cell, axis, mask >> axis & 1]
                if link >= 0:
                    beyond = (block * counts[axis] + partners[link, 0]) * half * lanes
                    _cross(faces[axis], (x, y, z)[axis], beyond, matrices[partners[link, 1]], half, width)
        solve_cell(
            s, fx, x, fy, y, fz, z, inflow, own * d * lanes, inverse, turn, own * nc * lanes, scale, width, precessing,
            corners,
        )  # fmt: skip
        if store:
            _keep(s, angular[here:], weights[block * lanes :], corners, width)
        ordinates_to_moments(s, spread, block * nm, phi, start, mask, width, moments, corners)


@kernel(shared="phi")
def sweep_blocks(chosen, q, phi, faces, tables, where, metal, given, width, moments, precessing, corners):
    """1D and 2D: the chosen blocks of ordinates side by side, each with moments of its own, phi (blocks, size)."""
    flip, n0, rows, _ = where
    for number in numba.prange(len(chosen)):
        block = chosen[number]
        phi[block] = 0.0
        for step in range(rows):
            j = rows - 1 - step if flip[block] & 2 else step
            _sweep_line(
                block, 0, n0, j, 0, q, phi[block], faces, tables, where, metal, given, width, moments, precessing,
                corners,
            )  # fmt: skip


@kernel(shared="phi")
def add_blocks(phi, out):
    """Σ over blocks, always in the same order."""
    for chunk in numba.prange(-(-len(out) // _CHUNK)):
        first, last = chunk * _CHUNK, min((chunk + 1) * _CHUNK, len(out))
        own = out[first:last]  # loops over slices become vector instructions: their indices cannot be negative
        row = phi[0, first:last]
        for n in range(len(own)):  # with `own[:] = row` messages about shapes would be compiled, for 2 s
            own[n] = row[n]
        for block in range(1, len(phi)):
            row = phi[block, first:last]
            for n in range(len(own)):
                own[n] += row[n]


@kernel()
def _within(tile, lines, down):
    """The lines first … last - 1 of a tile counted from upwind; whatever the direction, the same lines make a tile."""
    number = -(-lines // _ACROSS) - 1 - tile if down else tile
    return number * _ACROSS, min((number + 1) * _ACROSS, lines)


@kernel()
def _sweep_tile(block, tile, q, phi, faces, tables, where, metal, given, width, moments, precessing, corners):
    """Sweep one block of ordinates along a tile of lines, a few cells of every line at a time."""
    flip, n0, n1, n2 = where
    j_lowest, j_highest = _within(tile[0], n1, flip[block] & 2)
    k_lowest, k_highest = _within(tile[1], n2, flip[block] & 4)
    for first in range(0, n0, _ALONG):
        for j_step in range(j_highest - j_lowest):
            j = j_highest - 1 - j_step if flip[block] & 2 else j_lowest + j_step
            for k_step in range(k_highest - k_lowest):
                k = k_highest - 1 - k_step if flip[block] & 4 else k_lowest + k_step
                _sweep_line(
                    block, first, min(first + _ALONG, n0), j, k, q, phi, faces, tables, where, metal, given,
                    width, moments, precessing, corners,
                )  # fmt: skip


@kernel()
def front_of_tiles(front, rows, columns, same):
    """First b on a front, number of its tiles, in how many of them two ranges meet, and the place of a single one.

    Tiles are counted in rows along a and columns along b. The place, from the first b, is -1 where they meet in none or
    in all; `same` is that of `sweep_tiles`.
    """
    first = max(0, front - rows + 1)
    count = min(front, columns - 1) - first + 1
    if same == 0:
        return first, count, count if 2 * front == rows + columns - 2 else 0, -1
    twice = columns - 1 if same == 1 else 2 * front - rows + 1
    place = twice // 2 - first
    if twice % 2 == 0 and 0 <= place < count:
        return first, count, 1, place
    return first, count, 0, -1


@kernel()
def tile_of_task(task, second, tiles, columns):
    """b of the tile that a task sweeps for the first or the second of two ranges of blocks, -1 for none.

    Parameters
    ----------
    task : int
        The tasks are those of the first range alone, of the second alone, and of both.
    second : bool
    tiles : tuple of int
        Of `front_of_tiles`.
    columns : int
        Tiles along b.
    """
    first, count, meeting, place = tiles
    apart = count - meeting
    if task < 2 * apart:
        here = task - second * apart
        return first + here + (1 if 0 <= place <= here else 0) if 0 <= here < apart else -1
    if place >= 0:
        return first + place
    return columns - 1 - first - task if second else first + task


@kernel(shared="q")
def sweep_tiles(pairs, q, phi, faces, tables, where, metal, given, width, moments, precessing, corners):
    """3D: tiles of lines on a wavefront, for two ranges of blocks at once. phi (1, size).

    Tiles a, b across the lines, counted from upwind, are independent for equal a + b, but for those in which both
    ranges meet: one task, after those of the others, then sweeps both. So two threads have the same to do. A pair holds
    the first and last blocks of two ranges, each with one direction across the lines and both along them, and the axis
    across the lines, 1 or 2, along which both have the same direction, or 0.

    With equal a + b they meet in no tile, in that of one b, or, halfway of opposite ways, in all of them.
    """
    _, _, n1, n2 = where
    rows, columns = -(-n1 // _ACROSS), -(-n2 // _ACROSS)
    for pair in range(len(pairs)):
        for front in range(rows + columns - 1):
            tiles = front_of_tiles(front, rows, columns, pairs[pair, 4])
            _, count, meeting, _ = tiles
            tasks = 2 * count - meeting
            for task in numba.prange(tasks):
                number = np.int64(task)  # a loop counts without a sign, for which the tile would be compiled again
                for second in range(2):
                    b = tile_of_task(number, second, tiles, columns)
                    if b >= 0:
                        for block in range(pairs[pair, 2 * second], pairs[pair, 2 * second + 1]):
                            _sweep_tile(
                                block, (front - b, b), q, phi[0], faces, tables, where, metal, given, width, moments,
                                precessing, corners,
                            )  # fmt: skip
