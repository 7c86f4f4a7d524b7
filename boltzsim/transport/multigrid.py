"""A two-grid cycle for the equations of slow modes in two and three dimensions: a continuous space, then patches.

Fluxes tie the corners that meet at a grid vertex together, the more so the thicker the cells, so that the slow errors
are continuous. Interfaces tie them as well as they conduct: corners on both sides share patches, but no values. The
cycle is a solution on the continuous functions and a block sweep over the vertex patches (the corners that share a
vertex), first over those of one colour of a checkerboard and then, with what they have left, over the others: patches
of one colour hardly know of each other. The solution is exact in two dimensions, where factors between continuous
functions have a sixteenth of the entries of those between corners; in three it is two multigrid V-cycles (pyamg,
smoothed aggregation). The result depends linearly on the source, as ordinary GMRES needs.
"""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from boltzsim.transport.kernels.sparse import apply_rows, sparse


def two_grid(grid, matrix, modes, precision=np.float64):
    """Function that applies an approximate inverse.

    Parameters
    ----------
    grid : Grid
    matrix : sparse array
        Unknowns (cell, corner, mode), as that of a `ModeEquation`.
    modes : int
        Unknowns per corner.
    precision : numpy.dtype
        Of sources and solutions.

    Returns
    -------
    callable
        source (flat) -> approximate solution (flat).
    """
    matrix = sp.csr_array(matrix)
    vertex, count = _vertices(grid, grid.neighbours)
    patch, patches = _vertices(grid, grid.adjacent)
    unknowns = (np.arange(len(vertex))[:, None] * modes + np.arange(modes)).reshape(-1)
    columns = (vertex[:, None] * modes + np.arange(modes)).reshape(-1)
    lift = sp.csr_array((np.ones(len(unknowns)), (unknowns, columns)), (len(unknowns), count * modes))
    continuous = (_factors if len(grid.cells) < 3 else _cycle)(sp.csr_array(lift.T @ matrix @ lift), modes)
    numbers = (patch[:, None] * modes + np.arange(modes)).reshape(-1)
    # Single precision is enough for smoothing.
    smoothing = sparse(_patch_inverse(matrix, numbers, patches * modes), np.float32)
    entries, plus, minus = sparse(matrix, precision), np.array(1, precision)[()], np.array(-1, precision)[()]
    colours = [np.repeat(of_colour, modes).nonzero()[0].astype(np.uint32) for of_colour in _colours(grid)]

    def solve(source):
        x = continuous(np.bincount(columns, source, count * modes))[columns].astype(source.dtype, copy=False)
        residual = np.zeros_like(source)
        for rows in colours:
            apply_rows(entries, rows, minus, x, source, residual)
            apply_rows(smoothing, rows, plus, residual, x, x)
        return x

    return solve


def _factors(matrix, modes):
    """Exact inverse."""
    return splu(sp.csc_matrix(matrix), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve


def _cycle(matrix, modes):
    """Two multigrid V-cycles."""
    import pyamg  # slow to load, and needed in three dimensions

    state = np.random.get_state()
    np.random.seed(0)  # pyamg estimates spectral radii from random vectors; they should be the same in every run
    constants = np.tile(np.eye(modes), (matrix.shape[0] // modes, 1))
    symmetric = sp.csr_matrix((matrix + matrix.T) / 2)
    levels = pyamg.smoothed_aggregation_solver(symmetric, B=constants, max_coarse=500)
    np.random.set_state(state)
    cycle = levels.aspreconditioner("V").matvec

    def twice(source):
        x = cycle(source)
        return x + cycle(source - matrix @ x)

    return twice


def _vertices(grid, neighbours):
    """Vertex of every corner point, numbered from 0, shape (cells × corners,), and the number of vertices.

    Corners share a vertex if they meet there and their cells, or others between them, are neighbours.
    """
    own = np.arange(len(grid.place) * grid.corners).reshape(-1, grid.corners)
    pairs = [np.zeros((2, 0), int)]
    for axis in range(len(grid.cells)):
        below = np.flatnonzero(neighbours[:, axis, 1] >= 0)
        above = neighbours[below, axis, 1]
        upper, lower = (grid.face_corners(axis, side) for side in (True, False))
        pairs.append(np.stack([own[below][:, upper].reshape(-1), own[above][:, lower].reshape(-1)]))
    row, column = np.concatenate(pairs, 1)
    _, joined = connected_components(sp.coo_array((np.ones(len(row), bool), (row, column)), (own.size, own.size)))
    number, total = np.zeros(own.shape, int), 1
    for axis in range(len(grid.cells)):
        plane, several = _planes(grid, axis)
        number += total * plane
        total *= several
    _, vertex = np.unique(number.reshape(-1) * own.size + joined, return_inverse=True)
    return vertex, vertex.max() + 1


def _colours(grid):
    """The corners of the vertices of either colour of a checkerboard, two arrays of bool."""
    number = sum(_planes(grid, axis)[0] for axis in range(len(grid.cells)))
    return [(number % 2 == colour).reshape(-1) for colour in (0, 1)]


def _planes(grid, axis):
    """Number of every corner's vertex along an axis, (cells, corners), and how many there are."""
    several = grid.cells[axis] + (not grid.periodic[axis])
    return (grid.layer(axis)[:, None] + (np.arange(grid.corners) >> axis & 1)) % several, several


def _patch_inverse(matrix, patch, count):
    """Block-diagonal inverse over patches, one per vertex and mode.

    Entries of the matrix within a patch are gathered into dense blocks, padded with ones where fewer corners meet.
    """
    order = np.argsort(patch, kind="stable")
    rank = np.empty(len(patch), int)
    starts = np.searchsorted(patch[order], np.arange(count))
    rank[order] = np.arange(len(patch)) - starts[patch[order]]
    size = rank.max() + 1
    entries = matrix.tocoo()
    same = patch[entries.row] == patch[entries.col]
    row, column = entries.row[same], entries.col[same]
    blocks = np.zeros((count, size, size))
    blocks[patch[row], rank[row], rank[column]] = entries.data[same]
    fill = np.arange(size)[None, :] >= np.bincount(patch, minlength=count)[:, None]
    blocks[:, np.arange(size), np.arange(size)] += fill
    inverse = np.linalg.inv(blocks)
    # The blocks become a sparse matrix on the unknowns again.
    where, i, j = np.nonzero(~fill[:, :, None] & ~fill[:, None, :])
    unknown = np.full((count, size), -1)
    unknown[patch, rank] = np.arange(len(patch))
    return sp.csr_array((inverse[where, i, j], (unknown[where, i], unknown[where, j])), matrix.shape)
