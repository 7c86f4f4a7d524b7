"""The grid of the sweeps, along the gridded axes only (the first one fastest), and the corner points of its cells."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Grid:
    """Cartesian cells along one to three gridded axes; the device is uniform along the others.

    Attributes
    ----------
    axes : tuple of int
        The gridded axes as 0, 1, 2 for x, y, z, in that order; the first is the fastest index.
    cells : tuple of int
        Cells along each gridded axis.
    spacing : tuple of float
        Cell size along each gridded axis.
    material : numpy.ndarray of int, shape (cells in all,)
        Material of each cell.
    periodic : tuple of bool
        Which gridded axes are periodic.
    """

    axes: tuple
    cells: tuple
    spacing: tuple
    material: np.ndarray
    periodic: tuple

    @property
    def corners(self):
        return 2 ** len(self.axes)

    @cached_property
    def corner_volume(self):
        """Volume of a corner (per unit length or area along the uniform axes)."""
        return float(np.prod(self.spacing)) / self.corners

    def layer(self, axis):
        """Place of every cell along gridded axis number `axis`, shape (cells in all,)."""
        return np.arange(int(np.prod(self.cells))) // int(np.prod(self.cells[:axis])) % self.cells[axis]

    def face_lines(self, axis):
        """Number of cells on a face normal to gridded axis number `axis`."""
        return int(np.prod(self.cells)) // self.cells[axis]

    def face_area(self, axis):
        """Area of a corner's part of a face normal to gridded axis number `axis`."""
        return float(np.prod(self.spacing)) / self.spacing[axis] * 2 / self.corners

    def face_cells(self, axis, upper):
        """Cells on a boundary face, in the order of its lines, shape (lines,)."""
        cells = np.arange(np.prod(self.cells)).reshape(self.cells[::-1])
        return np.take(cells, -1 if upper else 0, axis=len(self.cells) - 1 - axis).reshape(-1)

    def face_corners(self, axis, upper):
        """Corners of a cell on its lower or upper face, in the order used for face values, shape (corners/2,)."""
        numbers = np.arange(self.corners)
        return numbers[(numbers >> axis & 1) == int(upper)]

    def slab_sums(self, axis, values):
        """Sums of corner values (cells, corners, 4) over slabs between cuts through the middle of all layers of cells.

        Returns
        -------
        numpy.ndarray, shape (slabs, 4)
            One slab more than there are layers, unless the axis is periodic.
        """
        count = self.cells[axis] + (not self.periodic[axis])
        slab = (self.layer(axis)[:, None] + (np.arange(self.corners) >> axis & 1)) % count
        total = np.zeros((count, 4))
        np.add.at(total, slab, values)
        return total

    def corner_points(self):
        """Positions at which a smooth function gives the corner values; an array (cells, corners) per axis.

        These are the vertices of the cells. The corner balance is the lumped (bi-, tri-)linear discontinuous element:
        values at other points would stand for a function with jumps between the cells, and decay like one.
        """
        cells, corners = np.arange(int(np.prod(self.cells)))[:, None], np.arange(self.corners)
        points, stride = [], 1
        for axis, (n, h) in enumerate(zip(self.cells, self.spacing, strict=True)):
            points.append(h * (cells // stride % n + (corners >> axis & 1)))
            stride *= n
        return points

    def to_points(self, values):
        """Corner values (cells, corners, …) as a field over corner points (2 n_last, …, 2 n_first, …)."""
        d, tail = len(self.cells), values.shape[2:]
        values = values.reshape(self.cells[::-1] + (2,) * d + tail)
        order = [position for a in range(d) for position in (a, d + a)] + list(range(2 * d, values.ndim))
        return values.transpose(order).reshape(tuple(2 * n for n in self.cells[::-1]) + tail)
