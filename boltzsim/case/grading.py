"""Graded cells: fine next to the places where contacts, regions and interfaces end, and growing away from them.

Between two such places the sizes are h, hg, hg², … from either end, h = `finest` and g = `growth`, and equal cells in
the middle that fill what is left; all neighbours differ by at most the factor g. The number of cells is given, so that
the middle cells are as large as they have to be. Only they have sizes of their own from stretch to stretch: few
different sizes make few kinds of cells for the solver. Where two places lie closer together than a few h, equal cells
below h lie between them.
"""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from boltzsim.units import engineering

#: Ratio of neighbouring cells that is used where a case gives none.
GROWTH = 1.3
_SAME = 1e-9  # places closer than this share of the length are one
_ROUNDING = 1e-9  # a size may exceed its bound by this share


def graded(case: Any, grid: Any) -> Any:
    """The grid of a case with the sizes of its graded cells; those of an axis with a problem stay equal."""
    wanted = [axis for axis in grid.axes if getattr(grid, axis).finest is not None]
    sound = [axis for axis in wanted if not any(axis_problems(case, grid, axis))]
    return grid.with_sizes({axis: _filled(_stretches(case, grid, axis), grid.cells(axis)) for axis in sound})


def axis_problems(case: Any, grid: Any, axis: str) -> Iterator[str]:
    """Problems of the keys that grade an axis, as sentences."""
    entry, path = getattr(grid, axis), f"grid.{axis}"
    if entry.finest is None:
        if entry.growth is not None:
            yield f"{path}.growth = {entry.growth:g} has no effect without {path}.finest; give it or remove growth"
        return
    value = f"{path}.finest = '{engineering(entry.finest, 'm')}'"
    if not entry.cells or entry.length is None:
        yield f"{value} has no effect on an axis without cells; give {path}.cells and {path}.length, or remove it"
        return
    if not any(fine for _, fine in places(case, grid, axis)):
        yield f"{value} has no effect: no contact, region or interface ends along {axis}; remove it"
        return
    stretches = _stretches(case, grid, axis)
    least, most = sum(one.fewest() for one in stretches), sum(one.most for one in stretches)
    if entry.cells > most:
        yield (
            f"{value} is no finer than equal cells: {most} of them fill {axis}, and {path}.cells = {entry.cells}; "
            f"remove {path}.finest, lower it, or take fewer cells"
        )
    elif entry.cells < least:
        growth = entry.growth or GROWTH
        yield (
            f"{path}.cells = {entry.cells} is too few for cells that grow from {path}.finest = "
            f"'{engineering(entry.finest, 'm')}' by {growth:g} away from {_count(case, grid, axis)}; give at least "
            f"{least}, or raise {path}.finest or {path}.growth"
        )


def _count(case: Any, grid: Any, axis: str) -> str:
    number = sum(fine for _, fine in places(case, grid, axis))
    return f"{number} place{'s' if number > 1 else ''}"


def refined(grid: Any, axis: str, factor: float) -> dict[str, float]:
    """The keys of an axis with `factor` times its cells; graded ones become smaller by this factor everywhere."""
    entry = getattr(grid, axis)
    found: dict[str, float] = {"cells": round(entry.cells * factor)}
    if entry.finest is not None:
        found |= {"finest": entry.finest / factor, "growth": (entry.growth or GROWTH) ** (1 / factor)}
    return found


def places(case: Any, grid: Any, axis: str) -> list[tuple[float, bool]]:
    """The ends of the box and, inside it, of contacts, regions and interfaces: (coordinate in m, whether to be fine).

    An end of the box is one where a contact lies on it. Edges of polygons and masks that run across the axis count;
    slanted ones do not.
    """
    length, ends = grid.length(axis), [False, False]
    found: list[float] = []
    for contact in case.given_contact:
        found += contact.span.stretches.get(axis, ())
        if contact.normal == axis and contact.at is not None:
            found.append(contact.at)
        elif contact.normal == axis:
            ends[int(contact.is_upper)] = True
    for region in case.region:
        found += region.box.stretches.get(axis, ())
        if region.shape is not None and axis in region.shape.plane:
            found += _across(region.shape.outlines, region.shape.plane.index(axis))
    for interface in case.interface:
        found += () if interface.box is None else interface.box.stretches.get(axis, ())
    inner = sorted(end for end in found if _SAME * length < end < (1 - _SAME) * length)
    kept = [end for last, end in pairwise([-length, *inner]) if end - last > _SAME * length]
    return [(0.0, ends[0]), *((end, True) for end in kept), (length, ends[1])]


def _across(outlines: Any, along: int) -> list[float]:
    """Coordinates of the edges of outlines that run across an axis of their plane."""
    found = []
    for outline in outlines:
        corners = np.array(outline)
        step = np.abs(np.roll(corners, -1, 0) - corners)
        found += corners[step[:, along] < _SAME * step[:, 1 - along], along].tolist()
    return found


@dataclass(frozen=True)
class _Stretch:
    """Cells between two places: growing ones from each fine end, as many from both, and equal ones in the middle.

    Attributes
    ----------
    length : float
    fine : tuple of bool
        Whether the cells are fine at the lower and at the upper end, at one of them at least.
    finest, growth : float
    """

    length: float
    fine: tuple[bool, bool]
    finest: float
    growth: float

    @property
    def most(self) -> int:
        """Number of cells that are all of the finest size."""
        return math.ceil(self.length / self.finest * (1 - _ROUNDING))

    def fewest(self, above: int = 0) -> int:
        """The smallest possible number of cells above a number, at most `most`."""
        return next((n for n in range(above + 1, self.most) if self.layout(n)), max(self.most, above + 1))

    def layout(self, cells: int) -> tuple[float, int, float] | None:
        """(Largest size, growing cells at a fine end, size of the equal ones); None where sizes would jump."""
        ends = sum(self.fine)
        steps = np.arange((cells - 1) // ends + 1)
        last = self.finest * self.growth ** (steps - 1.0)  # of the growing cells; finest/growth without any
        equal = (self.length - ends * self.finest * (self.growth**steps - 1) / (self.growth - 1)) / (
            cells - ends * steps
        )
        room = self.growth * (1 + _ROUNDING)
        fits = (equal <= last * room) & ((steps == 0) | (equal >= last / room)) & (equal > 0)
        largest = np.where(fits, np.where(steps > 0, np.maximum(equal, last), equal), np.inf)
        best = int(largest.argmin())
        return (float(largest[best]), best, float(equal[best])) if fits[best] else None

    def sizes(self, cells: int) -> list[float]:
        """The sizes of so many cells."""
        found = self.layout(cells)
        assert found is not None
        _, steps, equal = found
        growing = [self.finest * self.growth**k for k in range(steps)]
        middle = [equal] * (cells - sum(self.fine) * steps)
        return growing * self.fine[0] + middle + growing[::-1] * self.fine[1]


def _stretches(case: Any, grid: Any, axis: str) -> list[_Stretch]:
    """The stretches between the places of an axis."""
    entry = getattr(grid, axis)
    return [
        _Stretch(end - start, (low, high), entry.finest, entry.growth or GROWTH)
        for (start, low), (end, high) in pairwise(places(case, grid, axis))
    ]


def _filled(stretches: list[_Stretch], cells: int) -> tuple[float, ...]:
    """Sizes of so many cells: every next one goes to the stretch with the largest."""
    counts = [one.fewest() for one in stretches]
    queue = [(-_largest(one, n), k) for k, (one, n) in enumerate(zip(stretches, counts, strict=True))]
    heapq.heapify(queue)
    left = cells - sum(counts)
    while left and queue:
        _, k = heapq.heappop(queue)
        more = stretches[k].fewest(counts[k])
        if more <= stretches[k].most and more - counts[k] <= left:
            left -= more - counts[k]
            counts[k] = more
            heapq.heappush(queue, (-_largest(stretches[k], more), k))
    return tuple(size for one, n in zip(stretches, counts, strict=True) for size in one.sizes(n))


def _largest(stretch: _Stretch, cells: int) -> float:
    found = stretch.layout(cells)
    assert found is not None
    return found[0]
