"""A plane of the grid: two axes drawn, the third cut at a place; and the contacts as that plane shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boltzsim.case.cells import contact_faces
from boltzsim.result import Result

ARRAY_AXIS = {"z": 0, "y": 1, "x": 2}
#: A position nearer to the face between two cells than this part of their size lies on that face.
ON_A_FACE = 1e-6


@dataclass(frozen=True)
class Place:
    """A place along an axis: the middle of a cell, or the face between two, with `weight` that of the first of them."""

    axis: str
    first: int
    last: int
    position: float
    weight: float = 1.0

    @classmethod
    def at(cls, result: Result, axis: str, position: float) -> Place:
        """The middle of the cell that holds a position, or the face on which the position lies.

        At faces between materials and at interfaces, where fields jump, it is the middle of the cell above.
        """
        edges = result.edges[axis]
        face = int(np.abs(edges - position).argmin())
        inside = 0 < face < len(edges) - 1
        if inside and abs(position - edges[face]) < ON_A_FACE * (edges[face + 1] - edges[face]):
            if _is_continuous(result, axis, face):
                below, above = np.diff(edges[face - 1 : face + 2])
                return cls(axis, face - 1, face, float(edges[face]), float(above / (below + above)))
            cell = face
        else:
            cell = int(np.clip(np.searchsorted(edges, position, side="right") - 1, 0, len(edges) - 2))
        return cls(axis, cell, cell, float(result.centres(axis)[cell]))

    @classmethod
    def middle(cls, result: Result, axis: str) -> Place:
        """The place halfway through the device."""
        return cls.at(result, axis, float(result.edges[axis][[0, -1]].mean()))

    def cut(self, array: np.ndarray, along: int) -> np.ndarray:
        """The values of an array at this place, without its dimension `along`."""
        values = array.take(self.first, axis=along)
        if self.first == self.last:
            return values
        return self.weight * values + (1 - self.weight) * array.take(self.last, axis=along)

    def meets(self, cells: tuple[int, int]) -> bool:
        """Whether it touches the cells from the first of a pair up to, but not including, the second."""
        return self.first < cells[1] and cells[0] <= self.last


def _is_continuous(result: Result, axis: str, face: int) -> bool:
    """Whether no two materials and no interface meet at a face between cells."""
    along, shape = ARRAY_AXIS[axis], [len(result.edges[letter]) - 1 for letter in "zyx"]
    index = result.case.material_index()
    if (index.take(face - 1, axis=along) != index.take(face, axis=along)).any():
        return False
    faces = (np.unravel_index(one.lower, shape)[along] for one in result.case.interfaces if one.axis == axis)
    return not any((layer == face - 1).any() for layer in faces)


@dataclass(frozen=True)
class Plane:
    """A plane across an axis at one place, drawn with `across` to the right and `up` upwards."""

    result: Result
    across: str
    up: str
    place: Place

    @classmethod
    def through(cls, result: Result, place: Place) -> Plane:
        """The plane with its long side across."""
        across, up = (axis for axis in "xyz" if axis != place.axis)
        if extent(result, up) > 1.5 * extent(result, across):
            across, up = up, across
        return cls(result, across, up, place)

    @property
    def normal(self) -> str:
        return self.place.axis

    @property
    def height_over_width(self) -> float:
        return extent(self.result, self.up) / extent(self.result, self.across)

    def values(self, field: str, *component: str) -> np.ndarray:
        """A field, or one component of it, as (up, across)."""
        index: tuple = (..., *("xyz".index(letter) for letter in component))
        return self.cut(self.result.fields[field][index])

    def cut(self, array: np.ndarray) -> np.ndarray:
        """The values of an array, (z, y, x), in the plane, as (up, across)."""
        return self._turned(self.place.cut(array, ARRAY_AXIS[self.normal]))

    def cells(self, array: np.ndarray) -> np.ndarray:
        """What an array, (z, y, x), says of the cells in the plane, or just below it, as (up, across)."""
        return self._turned(array.take(self.place.first, axis=ARRAY_AXIS[self.normal]))

    def _turned(self, array: np.ndarray) -> np.ndarray:
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
