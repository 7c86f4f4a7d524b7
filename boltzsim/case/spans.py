"""Stretches of the box against the grid, for the checks of a case."""

from collections.abc import Iterable, Iterator

from boltzsim.case.description import Description
from boltzsim.case.grid import GridTable
from boltzsim.units import engineering


def stretch_problems(case: Description, path: str, axis: str, stretch: tuple[float, float]) -> Iterator[str]:
    """Problems of one stretch against the grid: a uniform axis, ends outside the box, no cell between the ends."""
    if axis not in case.grid.axes:
        yield f"{path} = {lengths(stretch)} cuts the uniform axis {axis}; remove it or give grid.{axis} cells"
        return
    length = case.grid.length(axis)
    first, last = case.grid.cell_range(axis, stretch)
    if stretch[0] < -1e-9 * length or stretch[1] > (1 + 1e-9) * length:
        yield f"{path} = {lengths(stretch)} leaves the box; allowed: {lengths((0, length))}"
    elif first == last:
        yield (
            f"{path} = {lengths(stretch)} holds no cell of {cell_size(case.grid, axis)} once its ends are moved to the "
            f"nearest cell edges; widen it or raise grid.{axis}.cells"
        )


def cell_size(grid: GridTable, axis: str) -> str:
    """The size of the cells along an axis, or the smallest and the largest: 2 nm … 20 nm."""
    return " … ".join(engineering(size, "m") for size in grid.range_of_sizes(axis))


def lengths(stretch: Iterable[float]) -> str:
    """A stretch as the case file would have it: ['0 m', '40 nm']."""
    return "[" + ", ".join(f"'{engineering(end, 'm')}'" for end in stretch) + "]"
