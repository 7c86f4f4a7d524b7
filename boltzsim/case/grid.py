"""The table [grid]: the box and its cells along every axis, of one size or finer where metals and contacts end."""

from typing import Annotated, Self

import numpy as np
from pydantic import Field, PrivateAttr

from boltzsim.axes import AXES
from boltzsim.case.fields import Count, PositiveLength, Table
from boltzsim.case.grading import GROWTH
from boltzsim.case.markers import Number


class GridAxis(Table):
    """One direction of the box; uniform where it has no cells."""

    length: PositiveLength | None = Field(
        None, description="length of the box; a uniform axis without it counts 1 m, which makes totals per metre"
    )
    cells: Count | None = Field(None, description="number of cells; without it the axis is uniform")
    finest: PositiveLength | None = Field(
        None,
        description="size of the cells at the ends of contacts, regions and interfaces along this axis; away from them "
        "they grow; all cells are equal if omitted",
    )
    growth: Annotated[float, Number(1, 2, "(]")] | None = Field(
        None, description=f"largest ratio of the sizes of neighbouring cells beside finest; {GROWTH:g} if omitted"
    )


class GridTable(Table):
    """The box [0, length] along x, y, z with cells along one, two or three of them."""

    x: GridAxis = Field(default_factory=GridAxis, description="the axis x")
    y: GridAxis = Field(default_factory=GridAxis, description="the axis y")
    z: GridAxis = Field(default_factory=GridAxis, description="the axis z")

    _graded: dict[str, tuple[float, ...]] = PrivateAttr(default_factory=dict)

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the gridded axes, in the order x, y, z."""
        return tuple(name for name in AXES if getattr(self, name).cells)

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells (nz, ny, nx); 1 along uniform axes."""
        return tuple(self.cells(name) for name in reversed(AXES))

    def cells(self, axis: str) -> int:
        """Number of cells along an axis, 1 along a uniform one."""
        return getattr(self, axis).cells or 1

    def length(self, axis: str) -> float:
        """Length in m; 1 m for a uniform axis without length, which turns totals into totals per metre."""
        return getattr(self, axis).length or 1.0

    def with_sizes(self, graded: dict[str, tuple[float, ...]]) -> Self:
        """The same box with the sizes in m of the cells of graded axes, which follow from the whole case."""
        other = self.model_copy()
        other._graded = graded
        return other

    def is_graded(self, axis: str) -> bool:
        """Whether the cells of an axis have different sizes."""
        return axis in self._graded

    def sizes(self, axis: str) -> np.ndarray:
        """Cell sizes in m, shape (cells,)."""
        if self.is_graded(axis):
            return np.array(self._graded[axis])
        return np.full(self.cells(axis), self.length(axis) / self.cells(axis))

    def range_of_sizes(self, axis: str) -> tuple[float, ...]:
        """The size of all cells along an axis, or the smallest and the largest, in m."""
        sizes = self.sizes(axis)
        return (sizes.min(), sizes.max()) if self.is_graded(axis) else (sizes[0],)

    def edges(self, axis: str) -> np.ndarray:
        """Cell edges in m, shape (cells + 1,)."""
        if self.is_graded(axis):
            edges = np.append(0.0, np.cumsum(self._graded[axis]))
            edges[-1] = self.length(axis)
            return edges
        return np.linspace(0.0, self.length(axis), self.cells(axis) + 1)

    def nearest_edge(self, axis: str, place: float) -> int:
        """Number of the cell edge nearest to a place in m."""
        cells = self.cells(axis)
        if self.is_graded(axis):
            return int(np.abs(self.edges(axis) - place).argmin())
        return round(min(max(place / (self.length(axis) / cells), 0.0), cells))

    def cell_range(self, axis: str, stretch: tuple[float, float] | None = None) -> tuple[int, int]:
        """Cells [first, last) between the edges nearest to a stretch in m; all of them without one."""
        if stretch is None:
            return 0, self.cells(axis)
        first, last = (self.nearest_edge(axis, end) for end in stretch)
        return first, last

    def areas(self, normal: str | None = None) -> np.ndarray:
        """Areas in m² of the faces of all cells normal to an axis, or volumes in m³ without one, (nz, ny, nx)."""
        z, y, x = (self.sizes(axis) ** (axis != normal) for axis in reversed(AXES))
        return z[:, None, None] * y[:, None] * x
