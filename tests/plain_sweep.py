"""The corner balance written down once more: plain NumPy, one ordinate and one cell after the other, dense matrices.

Nothing here is taken from the sweeps of the package. A corner c of a cell, of width h/2 along an axis with the signed
cosine μ, obeys

    Σ_axes (F_upper - F_lower) / (h/2) + loss ψ_c - ω×ψ_c = Σ_i Y_i q_i

where h is the size of this cell, F is μ times the mean of both corners in the middle of the cell, μψ_c at a face
through which ψ leaves, and μψ_in at a face through which it enters. Where there is no metal nothing happens; what
leaves a cell at an interface enters the next one times a matrix, on top of the inflow given there.
"""

from functools import lru_cache

import numpy as np

from boltzsim.material.harmonics import harmonics


def plain_sweep(grid, ordinates, degree, loss, precession, source, inflow, through=()):
    """Sweep all ordinates.

    Parameters
    ----------
    grid : Grid
    ordinates : Ordinates
    degree : int
    loss : numpy.ndarray, shape (materials,)
    precession : float
        Larmor rate about the first spin component.
    source : numpy.ndarray, shape (cells, corners, moments, 4)
    inflow : list of numpy.ndarray, shape (ordinates, lines, corners of a face, 4)
        ψ_in per gridded axis and line of cells, corners in the order of `Grid.face_corners`.
    through : sequence of (numpy.ndarray, numpy.ndarray)
        Matrices (4, 4) of what passes upwards and downwards through every interface.

    Returns
    -------
    phi : numpy.ndarray, shape as `source`
        Moments of ψ.
    outflow : list of numpy.ndarray, shape as `inflow`
    """
    Y = harmonics(ordinates.directions, degree)
    phi, outflow = np.zeros_like(source), [values.copy() for values in inflow]
    (material, numbers), along = box_of(grid), [line_numbers(grid, axis) for axis in range(len(grid.cells))]
    for n, direction in enumerate(ordinates.directions):
        cosines = direction[list(grid.axes)]
        faces = [values[n] for values in outflow]  # views: every cell leaves its outflow for the next one
        for place in np.ndindex(*grid.cells):
            place = tuple(p if mu >= 0 else m - 1 - p for p, m, mu in zip(place, grid.cells, cosines, strict=True))
            if material[place] < 0:
                continue
            cell, lines = numbers[place], [own[place] for own in along]
            sizes = [float(np.broadcast_to(h, m)[p]) for h, m, p in zip(grid.spacing, grid.cells, place, strict=True)]
            right = np.einsum("i,ciu->cu", Y[n], source[cell])
            for axis, mu in enumerate(cosines):
                before = tuple(p - (a == axis) * (1 if mu >= 0 else -1) for a, p in enumerate(place))
                crossed = between(grid, place, before, axis)
                if crossed is not None and crossed >= 0:
                    beyond = faces[axis][along[axis][before]]
                    faces[axis][lines[axis]] += beyond @ through[crossed][int(mu < 0)].T
                entry = grid.face_corners(axis, mu < 0)
                right[entry] += 2 * abs(mu) / sizes[axis] * faces[axis][lines[axis]]
            matrix = cell_matrix(tuple(cosines), tuple(sizes), loss[material[place]], precession)
            psi = np.linalg.solve(matrix, right.reshape(-1)).reshape(right.shape)
            for axis, mu in enumerate(cosines):
                faces[axis][lines[axis]] = psi[grid.face_corners(axis, mu >= 0)]
            phi[cell] += ordinates.weights[n] * Y[n][:, None] * psi[:, None]
    return phi, outflow


@lru_cache(maxsize=8)  # equal cells follow one another
def cell_matrix(cosines, sizes, loss, precession):
    """Left side of the corner balance of one cell, (corners × 4, corners × 4)."""
    corners = 2 ** len(cosines)
    spin = loss * np.eye(4)
    spin[2, 3] += precession  # -ω×ψ with ω along the first spin axis
    spin[3, 2] -= precession
    streaming = np.zeros((corners, corners))
    for axis, (mu, h) in enumerate(zip(cosines, sizes, strict=True)):
        for c in range(corners):
            side = 1 if c >> axis & 1 else -1  # of the outer face of the corner
            streaming[c, [c, c ^ 1 << axis]] -= side * mu / h  # the middle of the cell
            if side * mu > 0:
                streaming[c, c] += 2 * side * mu / h
    return np.kron(np.eye(corners), spin) + np.kron(streaming, np.eye(4))


def box_of(grid):
    """Material of the box, (cells of axis 0, …), and number of every cell among those with metal; -1 for none."""
    material = grid.material.reshape(grid.cells[::-1]).T
    numbers, count = np.full(grid.cells, -1), 0
    for reverse in np.ndindex(*grid.cells[::-1]):  # the first axis fastest
        if material[reverse[::-1]] >= 0:
            numbers[reverse[::-1]], count = count, count + 1
    return material, numbers


def between(grid, place, other, axis):
    """Interface between two neighbouring cells of the box, -1 for none; None where metal does not meet metal."""
    material = grid.material.reshape(grid.cells[::-1]).T
    if min(other) < 0 or any(p >= n for p, n in zip(other, grid.cells, strict=True)):
        return None
    if min(material[place], material[other]) < 0:
        return None
    if grid.interface is None:
        return -1
    lower = min(place, other)
    return grid.interface.reshape(*grid.cells[::-1], -1)[lower[::-1]][axis]


def line_numbers(grid, axis):
    """Line of every cell along an axis: a run of metal, broken by gaps and interfaces, the other axes counted first."""
    material, lines, count = grid.material.reshape(grid.cells[::-1]).T, np.full(grid.cells, -1), 0
    others = [a for a in range(len(grid.cells)) if a != axis]
    for across in np.ndindex(*[grid.cells[a] for a in others[::-1]]):
        for p in range(grid.cells[axis]):
            place = dict(zip(others[::-1], across, strict=True)) | {axis: p}
            place = tuple(place[a] for a in range(len(grid.cells)))
            if material[place] < 0:
                continue
            before = tuple(q - (a == axis) for a, q in enumerate(place))
            if between(grid, place, before, axis) != -1:
                count += 1
            lines[place] = count - 1
    return lines
