"""The scattering source: gain and side jump, from moments to moments.

    q = gain φ + ∇·(αV φ)

The side-jump flux αV_N φ is balanced over the corner volumes: at the face between two corners (inside a cell or
between cells) it is the mean of the two, on the boundary and at interfaces the corner's own value. The difference of
the two faces of a corner of width h/2 is then the difference of its neighbours' fluxes over h, the corner itself
standing in for a neighbour where there is none; h is the size of its own cell, whatever that of the next one.

Where materials meet, the flux form ∇·(αV φ) is neither reciprocal nor does it keep a uniform potential in equilibrium:
only the part X of αV (`law.reciprocal_flux`) stays in flux form there, and the rest acts as (αV - X)·∇φ.
"""

from typing import NamedTuple

import numba
import numpy as np

from boltzsim.transport.kernels.compile import kernel
from boltzsim.transport.kernels.rows import add_product, compressed_rows, neighbour
from boltzsim.transport.law import reciprocal_flux

_RUN = 64  # each thread takes so many cells at a time


class Lattice(NamedTuple):
    """The grid as the kernel needs it.

    Attributes
    ----------
    neighbours : numpy.ndarray of int, shape (cells, axes, 2)
        As of `Grid`.
    inverse_sizes : numpy.ndarray, shape (cells, axes)
        1/h of every cell.
    material : numpy.ndarray of int, shape (cells,)
    materials : int
        Number of materials.
    """

    neighbours: np.ndarray
    inverse_sizes: np.ndarray
    material: np.ndarray
    materials: int


class Collision:
    """Gain and side jump of every material on a grid.

    Parameters
    ----------
    grid : Grid
    materials : sequence of Operators
        Of equal degree.
    """

    def __init__(self, grid, materials):
        self.lattice = Lattice(
            neighbours=grid.neighbours,
            inverse_sizes=1 / grid.sizes,
            material=grid.metal,
            materials=len(materials),
        )
        self.dimensions, self.corners = len(grid.cells), (0,) * grid.corners
        drift = [m.drift[axis] for axis in grid.axes for m in materials]
        flux = [reciprocal_flux(d) for d in drift]
        rest = [d - f for d, f in zip(drift, flux, strict=True)]
        self.media = (
            compressed_rows([m.gain for m in materials]),
            compressed_rows(drift),
            compressed_rows(flux),
            compressed_rows(rest),
        )
        self.side_jump = any(m.drift.any() for m in materials)

    def __call__(self, phi, out=None):
        """Source moments.

        Parameters
        ----------
        phi : numpy.ndarray, shape (cells, corners, moments, 4)
        out : numpy.ndarray, shape as `phi`, optional
            Where to put them.

        Returns
        -------
        numpy.ndarray, shape as `phi`
        """
        q = np.empty_like(phi) if out is None else out
        flat = (*phi.shape[:2], -1)
        axes = self.dimensions if self.side_jump else 0
        _collide(phi.reshape(flat), q.reshape(flat), *self.media, self.lattice, axes, self.corners)
        return q


@kernel(shared="phi")
def _collide(phi, q, gain, drift, flux, rest, lattice, axes, corners):
    """Fill q. The rows of αV (`drift`), X (`flux`) and αV - X (`rest`) are those of all materials along the first axis,
    then along the next; the side jump acts along the first `axes` axes. Of `corners` only the length is used.
    """
    material = lattice.material
    rows, nc, one = phi.shape[2], len(corners), phi.dtype.type(1)
    values = phi.reshape(-1)
    for run in numba.prange((len(phi) + _RUN - 1) // _RUN):
        x, out = np.empty((rows, nc), phi.dtype), np.empty((rows, nc), phi.dtype)
        upper, lower = np.empty(nc, np.int64), np.empty(nc, np.int64)  # where the values of the neighbours begin
        for cell in range(run * _RUN, min((run + 1) * _RUN, len(phi))):
            for row in range(rows):
                for c in range(len(corners)):
                    x[row, c] = values[(cell * nc + c) * rows + row]
                    out[row, c] = 0.0
            add_product(gain, material[cell], one, x, out, corners)
            for axis in range(axes):
                own = material[cell] + axis * lattice.materials
                above = below = own
                scale = lattice.inverse_sizes[cell, axis]
                for c in range(len(corners)):
                    high, corner_high = neighbour(cell, c, axis, lattice.neighbours, True)
                    low, corner_low = neighbour(cell, c, axis, lattice.neighbours, False)
                    upper[c], lower[c] = (high * nc + corner_high) * rows, (low * nc + corner_low) * rows
                    if high != cell:
                        above = material[high] + axis * lattice.materials
                    if low != cell:
                        below = material[low] + axis * lattice.materials
                for row in range(rows):
                    for c in range(len(corners)):
                        x[row, c] = values[upper[c] + row] - values[lower[c] + row]
                if above == own and below == own:
                    add_product(drift, own, scale, x, out, corners)
                else:
                    # The upper neighbours of upper corners lie in the cell above, those of lower corners in this one.
                    add_product(rest, own, scale, x, out, corners)
                    for half in range(2):
                        for row in range(rows):
                            for c in range(len(corners)):
                                x[row, c] = values[upper[c] + row] if (c >> axis & 1) == half else 0 * one
                        add_product(flux, above if half else own, scale, x, out, corners)
                        for row in range(rows):
                            for c in range(len(corners)):
                                x[row, c] = values[lower[c] + row] if (c >> axis & 1) == half else 0 * one
                        add_product(flux, own if half else below, -scale, x, out, corners)
            for c in range(len(corners)):
                for row in range(rows):
                    q[cell, c, row] = out[row, c]
