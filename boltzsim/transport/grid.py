"""The cells of a device: which cells of a box hold metal, their neighbours, and the lines of cells that sweeps follow.

Cells are numbered along the gridded axes only, the first one fastest. Two numbers are used: the place of a cell in the
box, and its number among the cells that hold metal. Arrays over cells have one entry for each cell that holds metal;
cells without cost nothing.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np


class End(NamedTuple):
    """Faces of cells with the same normal.

    Attributes
    ----------
    cells, corners : numpy.ndarray of int, shapes (faces,), (corners,)
        The cells, and which of their corners lie on the face.
    area : numpy.ndarray, shape (faces,)
        Area of a corner's part of the face, times the relative conductance N_F v_F of the metal.
    """

    cells: np.ndarray
    corners: np.ndarray
    area: np.ndarray


class Kinds(NamedTuple):
    """Cells of the same metal and the same sizes, for which tables are made once.

    Attributes
    ----------
    number : numpy.ndarray of int, shape (cells,)
        Kind of every cell.
    metal : numpy.ndarray of int, shape (kinds,)
        Material of every kind.
    sizes : numpy.ndarray, shape (kinds, axes)
        Extent of its cells along the gridded axes.
    """

    number: np.ndarray
    metal: np.ndarray
    sizes: np.ndarray


@dataclass(frozen=True)
class Grid:
    """Cartesian cells along one to three gridded axes; the device is uniform along the others.

    Attributes
    ----------
    axes : tuple of int
        The gridded axes as 0, 1, 2 for x, y, z, in that order; the first is the fastest index.
    cells : tuple of int
        Cells of the box along each gridded axis.
    spacing : tuple of float or numpy.ndarray
        Size of the cells along each gridded axis: one number for all of them, or one for every layer. Few different
        sizes make few kinds of cells (`kinds`), whose tables stay in cache.
    material : numpy.ndarray of int, shape (cells of the box,)
        Material of every cell of the box; -1 where there is no metal.
    periodic : tuple of bool
        Which gridded axes are periodic.
    interface : numpy.ndarray of int, shape (cells of the box, gridded axes), optional
        Number of the interface on the upper face of every cell along each axis; -1 for none. Only faces between two
        cells that hold metal count.
    """

    axes: tuple
    cells: tuple
    spacing: tuple
    material: np.ndarray
    periodic: tuple
    interface: np.ndarray | None = None

    def is_like(self, other):
        """Whether another grid has the same cells, materials and interfaces."""
        same = all(getattr(self, name) == getattr(other, name) for name in ("axes", "cells", "periodic"))
        same = same and all(map(np.array_equal, self.layers, other.layers))
        return same and all(np.array_equal(getattr(self, n), getattr(other, n)) for n in ("material", "interface"))

    @property
    def corners(self):
        return 2 ** len(self.axes)

    @cached_property
    def layers(self):
        """Size of every layer of cells along each gridded axis, a list of arrays (cells of the axis,)."""
        return [np.full(n, h, float) for n, h in zip(self.cells, self.spacing, strict=True)]

    @cached_property
    def sizes(self):
        """Extent of every cell along the gridded axes, (cells, axes)."""
        return np.stack([sizes[self.layer(axis)] for axis, sizes in enumerate(self.layers)], -1)

    @cached_property
    def kinds(self):
        """The cells by metal and sizes, as `Kinds`."""
        classes = [np.unique(sizes, return_inverse=True) for sizes in self.layers]
        labels = [self.metal, *(label[self.layer(axis)] for axis, (_, label) in enumerate(classes))]
        found, number = np.unique(np.stack(labels), axis=1, return_inverse=True)
        sizes = [values[own] for (values, _), own in zip(classes, found[1:], strict=True)]
        return Kinds(number.reshape(-1), found[0], np.stack(sizes, -1))

    @cached_property
    def corner_volume(self):
        """Volume of a corner of every cell (per unit length or area along the uniform axes), (cells,)."""
        return self.sizes.prod(1) / self.corners

    @cached_property
    def place(self):
        """Place in the box of every cell that holds metal."""
        return np.flatnonzero(self.material >= 0)

    @cached_property
    def number(self):
        """Number of every cell of the box among those that hold metal; -1 where there is no metal."""
        return np.where(self.material >= 0, np.cumsum(self.material >= 0) - 1, -1)

    @cached_property
    def metal(self):
        """Material of every cell that holds metal."""
        return self.material[self.place]

    def layer(self, axis):
        """Position of every cell along gridded axis number `axis`."""
        return self.place // self._stride(axis) % self.cells[axis]

    def _stride(self, axis):
        return int(np.prod(self.cells[:axis]))

    @cached_property
    def adjacent(self):
        """Next cell along every axis, below and above, (cells, axes, 2); -1 where there is none or no metal in it."""
        found = np.full((len(self.place), len(self.axes), 2), -1)
        for axis, count in enumerate(self.cells):
            layer, stride = self.layer(axis), self._stride(axis)
            for side, step in enumerate((-1, 1)):
                target = (layer + step) % count
                inside = self.periodic[axis] | (target == layer + step)
                found[inside, axis, side] = self.number[self.place + (target - layer) * stride][inside]
        return found

    @cached_property
    def crossed(self):
        """Number of the interface through which every cell meets the next ones, (cells, axes, 2); -1 for none."""
        if self.interface is None:
            return np.full_like(self.adjacent, -1)
        above = self.interface[self.place]
        below = np.take_along_axis(above, self.adjacent[..., 0], 0)
        return np.where(self.adjacent >= 0, np.stack([below, above], -1), -1)

    @cached_property
    def neighbours(self):
        """Cells in which the metal goes on, (cells, axes, 2), below and above; -1 at its surface and at interfaces."""
        return np.where(self.crossed < 0, self.adjacent, -1)

    @cached_property
    def lines(self):
        """Line of every cell along each axis, (cells, axes): a run of metal without gap or interface.

        Lines are numbered by their place across the axis, then along it, and end at the ends of the box.
        """
        found = np.empty((len(self.place), len(self.axes)), int)
        for axis, order in enumerate(self._along):
            first = (self.neighbours[order, axis, 0] < 0) | (self.layer(axis)[order] == 0)
            found[order, axis] = np.cumsum(first) - 1
        return found

    @cached_property
    def _along(self):
        """Cells in the order of the lines along every axis."""
        orders = []
        for axis, count in enumerate(self.cells):
            stride = self._stride(axis)
            across = self.place % stride + stride * (self.place // (stride * count))
            orders.append(np.lexsort((self.layer(axis), across)))
        return orders

    def line_ends(self, axis, upper):
        """Cell at the lower or upper end of every line along gridded axis number `axis`."""
        order = self._along[axis]
        change = np.flatnonzero(np.diff(self.lines[order, axis]))
        return order[np.append(change, -1) if upper else np.append(0, change + 1)]

    def end(self, axis, upper, lines, conductance):
        """Where some lines end, as `End`; `conductance` is that of the materials."""
        cells = self.line_ends(axis, upper)[lines]
        area = self.face_area(axis)[cells] * conductance[self.metal[cells]]
        return End(cells, self.face_corners(axis, upper), area)

    def exposed(self, axis, upper, inner=False):
        """Lines that end on the surface of the metal: at the end of the box, or next to a cell without metal."""
        ends = self.line_ends(axis, upper)
        last = (self.layer(axis)[ends] == (self.cells[axis] - 1 if upper else 0)) & (not self.periodic[axis])
        return np.flatnonzero((self.adjacent[ends, axis, int(upper)] < 0) & (last != inner))

    def seams(self, axis):
        """Lines that go on across the ends of a periodic axis: at its upper end, and at its lower end."""
        if not self.periodic[axis]:
            return np.zeros((2, 0), int)
        ends = self.line_ends(axis, True)
        own = np.flatnonzero((self.layer(axis)[ends] == self.cells[axis] - 1) & (self.neighbours[ends, axis, 1] >= 0))
        return own, self.lines[self.neighbours[ends[own], axis, 1], axis]

    def interfaces(self, axis):
        """Interfaces across an axis: (number, lines below and above it, whether it lies at the ends of the box).

        Each entry has pairs of lines of the same two materials and cell sizes along the axis.
        """
        below = np.flatnonzero(self.crossed[:, axis, 1] >= 0)
        above = self.adjacent[below, axis, 1]
        seam = self.layer(axis)[below] == self.cells[axis] - 1
        size = np.unique(self.sizes[:, axis], return_inverse=True)[1]
        pairs = (values[cells] for values in (self.metal, size) for cells in (below, above))
        kinds = np.stack([self.crossed[below, axis, 1], seam, *pairs], -1)
        for kind in np.unique(kinds, axis=0):
            same = (kinds == kind).all(1)
            yield int(kind[0]), (self.lines[below[same], axis], self.lines[above[same], axis]), bool(kind[1])

    def face_area(self, axis):
        """Area of a corner's part of the faces normal to gridded axis number `axis`, for every cell, (cells,)."""
        return np.delete(self.sizes, axis, 1).prod(1) * 2 / self.corners

    def cross_section(self, axis):
        """Largest area of metal in a layer normal to gridded axis number `axis`."""
        return self.corners / 2 * np.bincount(self.layer(axis), self.face_area(axis)).max()

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
        upper = np.arange(self.corners)
        edges = [np.append(0.0, np.cumsum(sizes)) for sizes in self.layers]
        return [own[self.layer(axis)[:, None] + (upper >> axis & 1)] for axis, own in enumerate(edges)]

    def in_box(self, values):
        """Values over cells, (cells, …), as an array over the box (cells of the last axis, …); NaN without metal."""
        whole = np.full((len(self.material), *values.shape[1:]), np.nan)
        whole[self.place] = values
        return whole.reshape(self.cells[::-1] + values.shape[1:])

    def to_points(self, values):
        """Corner values (cells, corners, …) as a field over corner points (2 n_last, …, 2 n_first, …)."""
        d, tail = len(self.cells), values.shape[2:]
        values = self.in_box(values).reshape(self.cells[::-1] + (2,) * d + tail)
        order = [position for a in range(d) for position in (a, d + a)] + list(range(2 * d, values.ndim))
        return values.transpose(order).reshape(tuple(2 * n for n in self.cells[::-1]) + tail)
