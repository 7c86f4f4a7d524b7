"""The interior-penalty (MIP) diffusion operator on discontinuous corner values.

It serves the diffusion model, and discretises

    -∂_i D_ij ∂_j e + K e,      i, j over the gridded axes, e several modes per corner

with gradients along the cell edges at every corner. The inner faces add

    ∑_faces { κ [v]·[e] - [v]·{D_aj ∂_j e} - {∂_i v D_ia}·[e] },     κ = max(¼, 2 (D₁/h₁ + D₂/h₂))

(Y. Wang and J. C. Ragusa, Nucl. Sci. Eng. 166, 145 (2010)). The operator is conservative in every cell, and if
D_ijᵀ = S D_ji S with a diagonal S of signs, so is the matrix, Aᵀ = S A S: the discrete form of Onsager's relation.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

_PENALTY, _LEAST = 2.0, 0.25
_NOTHING = 1e-15  # couplings below this share of the largest diffusivity are rounding errors and left out


class Leak(NamedTuple):
    """Flux out of the metal at faces: J·N of side s is Σ_t factors[:, s, t] (e + Z J·N) of side t.

    Attributes
    ----------
    sides : sequence
        One side, or two that belong together line by line, below and above an interface: `Grid.end` or alike.
    factors : numpy.ndarray, shape (lines, sides, sides, modes, modes)
    axis : int, optional
        Number of the gridded axis along the normal; needed with Z.
    resistance : numpy.ndarray, shape (sides, modes), optional
        Z of both sides of an interface (`interface_resistance`); zero if omitted.
    """

    sides: Sequence
    factors: np.ndarray
    axis: int | None = None
    resistance: np.ndarray | None = None


def operator(grid, D, sink, leaks=(), conductance=None):
    """Matrix on the unknowns (cell, corner, mode).

    Parameters
    ----------
    grid : Grid
    D : numpy.ndarray, shape (materials, axes, axes, modes, modes)
    sink : numpy.ndarray, shape (cells, corners, modes, modes)
        Loss of every corner per unit amplitude: removal times its volume, times the relative conductance of the metal.
    leaks : sequence of Leak
    conductance : numpy.ndarray, shape (materials,), optional
        Relative conductances of the metals, by which their fluxes count; by default all are equal.

    Returns
    -------
    scipy.sparse.csr_array
        A combination of modes that nothing removes anywhere (a null vector of the sink) is fixed at one corner.
    """
    d, modes = len(grid.cells), sink.shape[-1]
    points = len(grid.metal) * grid.corners
    one = sp.eye_array(modes)
    conductance = np.ones(len(D)) if conductance is None else conductance
    slopes, fluxes, tested = _fluxes(grid, conductance[:, None, None, None, None] * D)
    volume = sp.diags_array(np.repeat(grid.corner_volume, grid.corners * modes))
    matrix = sum(slopes[i].T @ volume @ fluxes[i] for i in range(d))
    for a in range(d):
        left, right = _neighbours(grid, a)
        if not len(left):
            continue
        jump, mean = (sp.kron(rows, one) for rows in face_rows(grid, a))
        along = np.diagonal(D[:, a, a], axis1=1, axis2=2)[grid.metal] / grid.sizes[:, a, None]
        kappa = conductance[grid.metal[left], None] * np.maximum(_LEAST, _PENALTY * (along[left] + along[right]))
        kappa = sp.diags_array(np.repeat(kappa, grid.corners // 2, 0).reshape(-1))
        area = sp.diags_array(np.repeat(grid.face_area(a)[left], grid.corners // 2 * modes))
        terms = jump.T @ area @ (kappa @ jump - mean @ fluxes[a]) - tested[a] @ mean.T @ area @ jump
        matrix = matrix + terms
    matrix = matrix + sp.bsr_array((sink.reshape(points, modes, modes), np.arange(points), np.arange(points + 1)))
    total = sink.sum((0, 1))
    for leak in leaks:
        matrix = matrix + _leaking(grid, leak, modes, fluxes, tested)
        for own, factors in zip(leak.sides, np.moveaxis(leak.factors, 1, 0), strict=True):
            total = total + grid.corners // 2 * np.einsum("l,ltuv->uv", own.area, factors)
    _, removal, combinations = np.linalg.svd(total)
    lasting = combinations[removal < 1e-12 * points * np.abs(matrix.diagonal()).max()]
    fixed = sp.coo_array(matrix.diagonal()[0] * lasting.T @ lasting)
    fixed.resize(matrix.shape)
    return sp.csr_array(matrix + fixed)


def interface_resistance(grid, D, end, axis):
    """Z of one side of an interface, (modes,): half the resistance that the penalty is between cells of that metal.

    Parameters
    ----------
    grid : Grid
    D : numpy.ndarray, shape (materials, axes, axes, modes, modes)
    end : End
        Cells of one metal and one size along the axis.
    axis : int
        Number of the gridded axis along the normal.
    """
    cell = end.cells[0]
    along = np.diag(D[grid.metal[cell], axis, axis]) / grid.sizes[cell, axis]
    return 0.5 / np.maximum(_LEAST, 2 * _PENALTY * along)


def interface_lifts(grid, leaks, D):
    """What interfaces add to the gradients along the axes, so that mean currents of cells are those of their faces.

    Parameters
    ----------
    grid : Grid
    leaks : sequence of Leak
        Those without resistance add nothing.
    D : numpy.ndarray, shape (materials, axes, axes, modes, modes)

    Returns
    -------
    lifts, driven : lists of sparse matrix
        One per gridded axis a, on the unknowns (cell, corner, mode): the lift of e, and that of a current which a field
        drives along a, to be counted in the direction of D_aj ∂_j e.
    """
    _, fluxes, _ = _fluxes(grid, D)
    one = sp.eye_array(len(grid.metal) * grid.corners * D.shape[-1], format="csr")
    lifts, driven = ([0 * one] * len(grid.cells) for _ in range(2))
    for leak in leaks:
        if leak.resistance is not None:
            of_values, with_current = (_lift(grid, leak, D.shape[-1], flux) for flux in (0 * one, one))
            of_current = with_current - of_values
            lifts[leak.axis] = lifts[leak.axis] + of_values + of_current @ fluxes[leak.axis]
            driven[leak.axis] = driven[leak.axis] + of_current
    return lifts, driven


def _lift(grid, leak, modes, flux):
    """The lift of one interface: how far the current by its law exceeds that by `flux`, as a gradient in its cells."""
    parts = _through(grid, leak, modes, flux, 1.0)
    return sum(
        (-2 if upper else 2) / grid.sizes[end.cells[0], leak.axis] * place.T @ Z @ (through - current)
        for end, upper, Z, place, current, through in parts
    )


def _fluxes(grid, D):
    """Gradients along the axes, D_ij ∂_j, and its transpose ∂_i v D_ia, on all unknowns; three lists over the axes."""
    d, one = len(grid.cells), sp.eye_array(D.shape[-1])
    slopes = [sp.kron(slope, one) for slope in edge_gradients(grid)]
    D = np.where(np.abs(D) < _NOTHING * np.abs(D).max(), 0.0, D)
    fluxes = [sum(pointwise(grid, D[:, i, j]) @ slopes[j] for j in range(d) if D[:, i, j].any()) for i in range(d)]
    tested = [sum(slopes[i].T @ pointwise(grid, D[:, i, a]) for i in range(d) if D[:, i, a].any()) for a in range(d)]
    return slopes, fluxes, tested


def _leaking(grid, leak, modes, fluxes, tested):
    """Matrix of the flux out of the metal at some faces.

    At an interface with J·N = L e the flux is written as (1 + L Z)⁻¹ L (e + Z J·N), with J of the gradients on the
    right: the same for the solution, and finite for a transparent interface, for which Z = ½/κ makes it the flux of the
    interior penalty (M. Juntunen and R. Stenberg, Math. Comp. 78, 1353 (2009)).
    """
    if leak.resistance is None:
        places = [_at(grid, end, modes) for end in leak.sides]
        return sum(
            places[s].T @ _weighed(leak.sides[s], grid, modes) @ _on_faces(leak.factors[:, s, t], grid) @ places[t]
            for s, t in np.ndindex(leak.factors.shape[1:3])
        )
    matrix = 0
    conductance = [end.area[0] / grid.face_area(leak.axis)[end.cells[0]] for end in leak.sides]
    rows = _through(grid, leak, modes, fluxes[leak.axis], conductance)
    for (end, upper, Z, place, driven, through), g in zip(rows, conductance, strict=True):
        weight, pushed = _weighed(end, grid, modes), (-1 if upper else 1) / g * tested[leak.axis] @ place.T
        matrix = matrix + (place.T + pushed @ Z) @ weight @ through - pushed @ weight @ Z @ driven
    return matrix


def _through(grid, leak, modes, flux, conductance):
    """For either side of an interface: the side, whether it is the lower one, whose normal points up, and matrices.

    These are Z, the values on its faces, and J·N there by the gradients and by the law, in the units of the metal.
    """
    count, parts = len(leak.sides), []
    for upper, end, Z, g in zip(
        (True, False), leak.sides, leak.resistance, np.broadcast_to(conductance, count), strict=True
    ):
        place = _at(grid, end, modes)
        driven = (-1 if upper else 1) / g * place @ flux
        parts.append((end, upper, sp.diags_array(np.tile(Z, place.shape[0] // modes)), place, driven))
    read = [place + Z @ driven for _, _, Z, place, driven in parts]
    for s, part in enumerate(parts):
        yield *part, sum(_on_faces(leak.factors[:, s, t], grid) @ read[t] for t in range(count))


def _at(grid, end, modes):
    """Rows that pick the values at the corners of some faces, (lines × corners × modes, unknowns)."""
    index = _numbers(grid)[end.cells[:, None], end.corners]
    return sp.csr_array(sp.kron(_rows_of([(index, 1.0)], _numbers(grid).size), sp.eye_array(modes)))


def _weighed(end, grid, modes):
    """Diagonal matrix of the areas of some faces, on their values."""
    return sp.diags_array(np.repeat(end.area, grid.corners // 2 * modes))


def _on_faces(blocks, grid):
    """Block-diagonal matrix of blocks (lines, modes, modes) on the values of faces, equal at all corners of a line."""
    blocks = np.repeat(blocks, grid.corners // 2, 0)
    return sp.bsr_array((blocks, np.arange(len(blocks)), np.arange(len(blocks) + 1)))


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
    inverse = 1 / np.repeat(grid.sizes, grid.corners, 0)
    return [
        sp.diags_array(own) @ _rows_of([(number | (1 << a), 1.0), (number & ~(1 << a), -1.0)], number.size)
        for a, own in enumerate(inverse.T)
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
