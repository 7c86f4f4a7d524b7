"""A plane of the grid: two axes drawn, the third cut; and the contacts as that plane shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boltzsim.case.cells import contact_faces
from boltzsim.result import Result

ARRAY_AXIS = {"z": 0, "y": 1, "x": 2}


@dataclass(frozen=True)
class Plane:
    """The layer of cells with one index along `normal`, drawn with `across` to the right and `up` upwards."""

    result: Result
    across: str
    up: str
    normal: str
    index: int

    @classmethod
    def through(cls, result: Result, normal: str, index: int) -> Plane:
        """The plane with its long side across."""
        across, up = (axis for axis in "xyz" if axis != normal)
        if extent(result, up) > 1.5 * extent(result, across):
            across, up = up, across
        return cls(result, across, up, normal, index)

    @property
    def height_over_width(self) -> float:
        return extent(self.result, self.up) / extent(self.result, self.across)

    @property
    def position(self) -> float:
        return self.result.centres(self.normal)[self.index]

    def values(self, field: str, *component: str) -> np.ndarray:
        """A field, or one component of it, as (up, across)."""
        index: tuple = (..., *("xyz".index(letter) for letter in component))
        return self.cut(self.result.fields[field][index])

    def cut(self, array: np.ndarray) -> np.ndarray:
        """The plane of an array over the cells, (z, y, x), as (up, across)."""
        array = array.take(self.index, axis=ARRAY_AXIS[self.normal])
        return array if ARRAY_AXIS[self.up] < ARRAY_AXIS[self.across] else array.T

    def in_plane(self, vector) -> tuple[float, float, float]:
        """A vector as (across, up, towards the reader)."""
        across, up = np.eye(3)["xyz".index(self.across)], np.eye(3)["xyz".index(self.up)]
        return float(across @ vector), float(up @ vector), float(np.cross(across, up) @ vector)


def extent(result: Result, axis: str) -> float:
    return result.edges[axis][-1] - result.edges[axis][0]


def resolved_axes(result: Result) -> list[str]:
    """Axes of more than one cell, x before y before z."""
    return [axis for axis in "xyz" if len(result.edges[axis]) > 2]


def middle(result: Result, axis: str) -> int:
    return (len(result.edges[axis]) - 1) // 2


def cell_at(result: Result, axis: str, position: float) -> int:
    """The cell that holds a position."""
    last = len(result.edges[axis]) - 2
    return int(np.clip(np.searchsorted(result.edges[axis], position, side="right") - 1, 0, last))


def covered(result: Result, contact, axis: str) -> tuple[int, int]:
    """First cell, and the one after the last, that a contact covers along an axis of its face; voids are left out."""
    cells = contact_faces(result.case, contact).cells
    places = np.unravel_index(cells, result.case.grid.shape)[ARRAY_AXIS[axis]]
    return int(places.min()), int(places.max()) + 1


def span(result: Result, contact, axis: str) -> tuple[float, float]:
    """Extent of a contact on the grid along an axis of its face [m]."""
    first, last = covered(result, contact, axis)
    return float(result.edges[axis][first]), float(result.edges[axis][last])


def is_whole(result: Result, contact, axis: str) -> bool:
    """Whether a contact takes all of the box along an axis of its face."""
    return covered(result, contact, axis) == (0, len(result.edges[axis]) - 1)
