"""The corner balance written down once more: plain NumPy, one ordinate and one cell after the other, dense matrices.

Nothing here is taken from the sweeps of the package. A corner c of a cell, of width h/2 along an axis with the signed
cosine μ, obeys

    Σ_axes (F_upper - F_lower) / (h/2) + loss ψ_c - ω×ψ_c = Σ_i Y_i q_i

where F is μ times the mean of both corners in the middle of the cell, μψ_c at a face through which ψ leaves, and μψ_in
at a face through which it enters.
"""

import numpy as np

from boltzsim.material.harmonics import harmonics


def plain_sweep(grid, ordinates, degree, loss, precession, source, inflow):
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
        ψ_in per gridded axis, corners in the order of `Grid.face_corners`.

    Returns
    -------
    phi : numpy.ndarray, shape as `source`
        Moments of ψ.
    outflow : list of numpy.ndarray, shape as `inflow`
    """
    Y = harmonics(ordinates.directions, degree)
    phi, outflow = np.zeros_like(source), [values.copy() for values in inflow]
    for n, direction in enumerate(ordinates.directions):
        cosines = direction[list(grid.axes)]
        matrices = [cell_matrix(cosines, grid.spacing, own, precession) for own in loss]
        faces = [values[n] for values in outflow]  # views: every cell leaves its outflow for the next one
        for place in np.ndindex(*grid.cells):
            place = [p if mu >= 0 else m - 1 - p for p, m, mu in zip(place, grid.cells, cosines, strict=True)]
            cell, lines = int(place @ _strides(grid.cells)), lines_through(grid.cells, place)
            right = np.einsum("i,ciu->cu", Y[n], source[cell])
            for axis, mu in enumerate(cosines):
                entry = grid.face_corners(axis, mu < 0)
                right[entry] += 2 * abs(mu) / grid.spacing[axis] * faces[axis][lines[axis]]
            psi = np.linalg.solve(matrices[grid.material[cell]], right.reshape(-1)).reshape(right.shape)
            for axis, mu in enumerate(cosines):
                faces[axis][lines[axis]] = psi[grid.face_corners(axis, mu >= 0)]
            phi[cell] += ordinates.weights[n] * Y[n][:, None] * psi[:, None]
    return phi, outflow


def cell_matrix(cosines, spacing, loss, precession):
    """Left side of the corner balance of one cell, (corners × 4, corners × 4)."""
    corners = 2 ** len(cosines)
    spin = loss * np.eye(4)
    spin[2, 3] += precession  # -ω×ψ with ω along the first spin axis
    spin[3, 2] -= precession
    matrix = np.kron(np.eye(corners), spin)
    for axis, (mu, h) in enumerate(zip(cosines, spacing, strict=True)):
        streaming = np.zeros((corners, corners))
        for c in range(corners):
            side = 1 if c >> axis & 1 else -1  # of the outer face of the corner
            streaming[c, [c, c ^ 1 << axis]] -= side * mu / h  # the middle of the cell
            if side * mu > 0:
                streaming[c, c] += 2 * side * mu / h
        matrix += np.kron(streaming, np.eye(4))
    return matrix


def lines_through(cells, place):
    """Numbers of the lines along every axis that pass through a cell, the first of the other axes the fastest."""
    lines = []
    for axis in range(len(cells)):
        others = [a for a in range(len(cells)) if a != axis]
        lines.append(int(np.dot([place[a] for a in others], _strides([cells[a] for a in others]))))
    return lines


def _strides(cells):
    return np.cumprod([1, *cells[:-1]])[: len(cells)]
