"""Sizes of what the cells of a device make: metal with its exposed surface, and polygons or masks against their cells.

A slanted edge is a staircase of cells. The area inside it converges as the cells shrink; its length does not, and an
edge at the angle θ to the grid stays |cos θ| + |sin θ| times too long.
"""

from typing import Any, NamedTuple

import numpy as np

from boltzsim.axes import AXES
from boltzsim.case import outlines
from boltzsim.case.cells import NO_METAL, pairs, shape_cells


class Extent(NamedTuple):
    """Size of a set of cells.

    Attributes
    ----------
    cells : int
    content : float
        Volume in m³; without the axes that have no length an area in m² or a length in m.
    surface : float
        What bounds it, of one dimension less.
    """

    cells: int
    content: float
    surface: float


def metal_extents(case: Any) -> dict[str, Extent]:
    """The cells of every metal by its name, with the surface towards voids and the outside of the box.

    Contacts count as surface; mirror planes, periodic ends and faces between two metals do not.
    """
    index = case.material_index()
    flat, names = index.ravel(), list(case.material)
    surface, numbers = np.zeros(len(names)), np.arange(flat.size).reshape(index.shape)
    for faces in pairs(case):
        empty = flat == NO_METAL
        bare = [faces.lower[empty[faces.upper]], faces.upper[empty[faces.lower]]]
        if faces.axis not in case.walls.periodic:
            along = 2 - AXES.index(faces.axis)
            ends = {"min": numbers.take(0, along), "max": numbers.take(-1, along)}
            bare += [e.ravel() for end, e in ends.items() if f"{faces.axis}_{end}" not in case.walls.symmetry]
        surface += _by_metal(flat, np.concatenate(bare), case.grid.areas(faces.axis).ravel(), len(names))
    every = np.arange(flat.size)
    counts = _by_metal(flat, every, np.ones(flat.size), len(names))
    contents = _by_metal(flat, every, case.grid.areas().ravel(), len(names))
    return {
        name: Extent(int(count), float(content), float(area))
        for name, count, content, area in zip(names, counts, contents, surface, strict=True)
    }


def _by_metal(index: np.ndarray, cells: np.ndarray, sizes: np.ndarray, metals: int) -> np.ndarray:
    """Sum of the sizes of the cells that hold each metal."""
    cells = cells[index[cells] != NO_METAL]
    return np.bincount(index[cells], sizes[cells], minlength=metals)


def dimensions(case: Any) -> int:
    """Dimensions of the content of an `Extent`: the axes that have a length."""
    return sum(getattr(case.grid, axis).length is not None for axis in AXES)


def drawn_extent(shape: Any) -> tuple[float, float]:
    """Area in m² and perimeter in m of a polygon or mask as it was drawn, summed over its outlines."""
    return (
        sum(abs(outlines.signed_area(outline)) for outline in shape.outlines),
        sum(outlines.perimeter(outline) for outline in shape.outlines),
    )


def shape_extent(case: Any, shape: Any) -> Extent:
    """The cells of a polygon or mask in its plane, with their area in m² and perimeter in m, holes included."""
    normal = next(axis for axis in AXES if axis not in shape.plane)
    across, up = (case.grid.sizes(axis) for axis in shape.plane)
    cells = shape_cells(case, shape).squeeze(2 - AXES.index(normal))
    turns = [np.count_nonzero(np.diff(np.pad(rows, ((0, 0), (1, 1)))), axis=1) for rows in (cells, cells.T)]
    return Extent(int(cells.sum()), float(up @ cells @ across), float(up @ turns[0] + across @ turns[1]))
