"""The interior-penalty (MIP) diffusion operator on discontinuous corner values.

It serves the diffusion model and the preconditioner of the kinetic equation, and discretises

    -∂_i D_ij ∂_j e + K e,      i, j over the gridded axes, e several modes per corner

with gradients along the cell edges at every corner. The inner faces add

    ∑_faces { κ [v]·[e] - [v]·{D_aj ∂_j e} - {∂_i v D_ia}·[e] },     κ = max(¼, 2 (D₁/h₁ + D₂/h₂))

(Y. Wang and J. C. Ragusa, Nucl. Sci. Eng. 166, 145 (2010)). The operator is conservative in every cell, and if
D_ijᵀ = S D_ji S with a diagonal S of signs, so is the matrix, Aᵀ = S A S: the discrete form of Onsager's relation.
"""

import numpy as np
import scipy.sparse as sp

PENALTY = 2.0
_NOTHING = 1e-15  # couplings below this share of the largest diffusivity are rounding errors and left out


def operator(grid, D, sink, leaks=()):
    """Matrix on the unknowns (cell, corner, mode).

    Parameters
    ----------
    grid : Grid
    D : numpy.ndarray, shape (materials, axes, axes, modes, modes)
    sink : numpy.ndarray, shape (cells, corners, modes, modes)
        Loss of every corner per unit amplitude: removal times its volume.
    leaks : sequence of (sides, factors)
        Flux out of the metal at its faces: J·N of side s is Σ_t factors[:, s, t] e of side t, with factors of shape
        (lines, sides, sides, modes, modes), and is multiplied by the area of the side.

    Returns
    -------
    scipy.sparse.csr_array
        A combination of modes that nothing removes anywhere (a null vector of the sink) is fixed at one corner.
    """
    d, modes = len(grid.cells), sink.shape[-1]
    points = len(grid.metal) * grid.corners
    one = sp.eye_array(modes)
    slopes = [sp.kron(slope, one) for slope in edge_gradients(grid)]
    D = np.where(np.abs(D) < _NOTHING * np.abs(D).max(), 0.0, D)
    fluxes = [sum(pointwise(grid, D[:, i, j]) @ slopes[j] for j in range(d) if D[:, i, j].any()) for i in range(d)]
    matrix = grid.corner_volume * sum(slopes[i].T @ fluxes[i] for i in range(d))
    for a, h in enumerate(grid.spacing):
        left, right = _neighbours(grid, a)
        if not len(left):
            continue
        jump, mean = (sp.kron(rows, one) for rows in face_rows(grid, a))
        tested = sum(slopes[i].T @ pointwise(grid, D[:, i, a]) for i in range(d) if D[:, i, a].any()) @ mean.T
        along = np.diagonal(D[:, a, a], axis1=1, axis2=2)[grid.metal] / h
        kappa = np.maximum(0.25, PENALTY * (along[left] + along[right]))
        kappa = sp.diags_array(np.repeat(kappa, grid.corners // 2, 0).reshape(-1))
        matrix = matrix + grid.face_area(a) * (jump.T @ kappa @ jump - jump.T @ mean @ fluxes[a] - tested @ jump)
    matrix = matrix + sp.bsr_array((sink.reshape(points, modes, modes), np.arange(points), np.arange(points + 1)))
    total = sink.sum((0, 1))
    for sides, factors in leaks:
        for s, t in np.ndindex(factors.shape[1:3]):
            blocks = sides[s].area[:, None, None] * factors[:, s, t]
            matrix = matrix + _between(grid, sides[s], sides[t], np.repeat(blocks, grid.corners // 2, 0))
            total = total + grid.corners // 2 * blocks.sum(0)
    _, removal, combinations = np.linalg.svd(total)
    lasting = combinations[removal < 1e-12 * points * np.abs(matrix.diagonal()).max()]
    fixed = sp.coo_array(matrix.diagonal()[0] * lasting.T @ lasting)
    fixed.resize(matrix.shape)
    return sp.csr_array(matrix + fixed)


def _between(grid, row, column, blocks):
    """Matrix of blocks (lines × corners, modes, modes) between the corners of two sides, pair by pair."""
    modes, number = blocks.shape[-1], _numbers(grid)
    points = [number[side.cells[:, None], side.corners].reshape(-1, 1, 1) for side in (row, column)]
    places = np.broadcast_arrays(modes * points[0] + np.arange(modes)[:, None], modes * points[1] + np.arange(modes))
    shape = (modes * number.size,) * 2
    return sp.csr_array((blocks.reshape(-1), [place.reshape(-1) for place in places]), shape)


def pointwise(grid, blocks):
    """Block-diagonal matrix of one (modes, modes) block per material, on the unknowns (cell, corner, mode)."""
    modes, points = blocks.shape[-1], len(grid.metal) * grid.corners
    row, column = np.nonzero(blocks.any(0))
    data = np.repeat(blocks[:, row, column][grid.metal], grid.corners, 0)
    indices = modes * np.arange(points)[:, None] + column
    starts = np.r_[0, np.cumsum(np.tile(np.bincount(row, minlength=modes), points))]
    return sp.csr_array((data.reshape(-1), indices.reshape(-1), starts), (modes * points,) * 2)


def edge_gradients(grid):
    """Derivatives along the cell edges at every corner, one (points, points) matrix per gridded axis."""
    number = _numbers(grid)
    return [
        _rows_of([(number | (1 << a), 1 / h), (number & ~(1 << a), -1 / h)], number.size)
        for a, h in enumerate(grid.spacing)
    ]


def face_rows(grid, axis):
    """Jump (below - above) and mean at every corner of the inner faces normal to a gridded axis, (faces, points)."""
    number = _numbers(grid)
    left, right = _neighbours(grid, axis)
    inner, outer = number[left][:, grid.face_corners(axis, True)], number[right][:, grid.face_corners(axis, False)]
    return [_rows_of([(inner, one), (outer, other)], number.size) for one, other in ((1.0, -1.0), (0.5, 0.5))]


def _numbers(grid):
    return np.arange(len(grid.metal) * grid.corners).reshape(-1, grid.corners)


def _rows_of(entries, points):
    """Sparse rows, one per entry of equal-shaped index arrays: Σ factor × value at the index."""
    rows = np.arange(entries[0][0].size)
    shape = (len(rows), points)
    return sum(sp.csr_array((np.full(len(rows), f), (rows, index.reshape(-1))), shape) for index, f in entries)


def _neighbours(grid, axis):
    """Cells below and above every inner face normal to a gridded axis, periodic ones included."""
    above = grid.neighbours[:, axis, 1]
    below = np.flatnonzero(above >= 0)
    return below, above[below]
