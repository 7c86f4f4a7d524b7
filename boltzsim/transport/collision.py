"""The scattering source: gain and side jump, from moments to moments.

    q = gain φ + ∇·(αV φ)

The side-jump flux αV_N φ is balanced over the corner volumes: at the face between two corners (inside a cell or
between cells) it is the mean of the two, on the boundary the inside corner's own value. The difference of the two
faces of a corner of width h/2 is then the difference of its neighbours' fluxes over h, the corner itself standing in
for a neighbour beyond the boundary.

Where materials meet, the flux form ∇·(αV φ) is neither reciprocal nor does it keep a uniform potential in equilibrium;
on request the part X of αV (`boundary.reciprocal_flux`) stays in flux form and the rest acts as (αV - X)·∇φ.
"""

import numba
import numpy as np
from scipy.sparse import csr_array

from boltzsim.transport.boundary import reciprocal_flux
from boltzsim.transport.compile import kernel


class Collision:
    """Gain and side jump of every material on a grid.

    Parameters
    ----------
    grid : Grid
    materials : sequence of Operators
        Of equal degree.
    reciprocal : bool
        Treat material interfaces reciprocally (module docstring).
    """

    def __init__(self, grid, materials, reciprocal=False):
        self.cells = (*grid.cells, 1, 1)[:3]
        self.dimensions = len(grid.cells)
        self.material = grid.material
        self.periodic = np.array([*grid.periodic, False, False][:3])
        self.inverse_spacing = 1 / np.array([*grid.spacing, np.inf, np.inf][:3])
        self.gain = _rows([m.gain for m in materials])
        drift = [m.drift[axis] for axis in grid.axes for m in materials]
        flux = [reciprocal_flux(d) if reciprocal else d for d in drift]
        self.drift = _rows(drift)
        self.interface = (*_rows(flux), *_rows([d - f for d, f in zip(drift, flux, strict=True)]))
        self.side_jump = any(m.drift.any() for m in materials)
        self.materials = len(materials)

    def __call__(self, phi):
        """Source moments.

        Parameters
        ----------
        phi : numpy.ndarray, shape (cells, corners, moments, 4)

        Returns
        -------
        numpy.ndarray, shape as `phi`
        """
        q = np.empty_like(phi)
        flat = (*phi.shape[:2], -1)
        _collide(
            phi.reshape(flat), q.reshape(flat), *self.gain, *self.drift, *self.interface, self.side_jump,
            self.material, self.materials, self.cells, self.dimensions, self.periodic, self.inverse_spacing,
        )  # fmt: skip
        return q


def _rows(matrices):
    """Compressed rows of a stack of matrices: row starts (matrices, rows + 1), columns, values."""
    sparse = [csr_array(m) for m in matrices]
    offsets = np.cumsum([0, *[m.nnz for m in sparse[:-1]]])
    starts = np.array([m.indptr + offset for m, offset in zip(sparse, offsets, strict=True)], np.int64)
    return (
        starts,
        np.concatenate([m.indices for m in sparse]).astype(np.int64),
        np.concatenate([m.data for m in sparse]),
    )


@kernel()
def _add_product(starts, columns, values, factor, x, out):
    for row in range(len(out)):
        total = 0.0
        for entry in range(starts[row], starts[row + 1]):
            total += values[entry] * x[columns[entry]]
        out[row] += factor * total


@kernel(parallel=True)
def _collide(
    phi, q, gain_starts, gain_columns, gain_values, drift_starts, drift_columns, drift_values,
    flux_starts, flux_columns, flux_values, rest_starts, rest_columns, rest_values, side_jump, material,
    materials, cells, dimensions, periodic, inverse_spacing,
):  # fmt: skip
    n0, n1, n2 = cells
    for line in numba.prange(n1 * n2):
        difference = np.empty(phi.shape[2])
        for i in range(n0):
            cell = line * n0 + i
            place = (i, line % n1, line // n1)
            for corner in range(phi.shape[1]):
                out = q[cell, corner]
                out[:] = 0.0
                _add_product(gain_starts[material[cell]], gain_columns, gain_values, 1.0, phi[cell, corner], out)
                if not side_jump:
                    continue
                stride = 1
                for axis in range(dimensions):
                    other = corner ^ (1 << axis)
                    above = below = cell
                    last = place[axis] == cells[axis] - 1
                    first = place[axis] == 0
                    corner_above = corner_below = other
                    if corner >> axis & 1:
                        if not last:
                            above = cell + stride
                        elif periodic[axis]:
                            above = cell - (cells[axis] - 1) * stride
                        else:
                            corner_above = corner
                    else:
                        if not first:
                            below = cell - stride
                        elif periodic[axis]:
                            below = cell + (cells[axis] - 1) * stride
                        else:
                            corner_below = corner
                    a, b = material[above] + axis * materials, material[below] + axis * materials
                    for row in range(len(difference)):
                        difference[row] = phi[above, corner_above, row] - phi[below, corner_below, row]
                    scale = inverse_spacing[axis]
                    if a == b:
                        _add_product(drift_starts[a], drift_columns, drift_values, scale, difference, out)
                    else:
                        own = material[cell] + axis * materials
                        _add_product(flux_starts[a], flux_columns, flux_values, scale, phi[above, corner_above], out)
                        _add_product(flux_starts[b], flux_columns, flux_values, -scale, phi[below, corner_below], out)
                        _add_product(rest_starts[own], rest_columns, rest_values, scale, difference, out)
                    stride *= cells[axis]
