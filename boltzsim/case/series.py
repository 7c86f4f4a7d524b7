"""The `[series]` table: a family of one case, its axes given by dotted paths into the case.

    [series.distance]                                  # one table per axis; the axes multiply
    contact.detector.span.x = [["70 nm", "72 nm"], ["80 nm", "82 nm"]]
    [series.magnetisation]                             # paths in one table vary together
    contact.injector.direction = [[1, 0, 0], [0, 1, 0]]
    contact.detector.direction = [[1, 0, 0], [0, 1, 0]]
    [series.field]
    field.B.z = { from = "-1 T", to = "1 T", count = 21 }        # or spacing = "log"

Steps of a path are keys, names or numbers of list entries, and x, y, z of a vector. `run` solves the case as it stands,
without its series.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from boltzsim.case.description import Description
from boltzsim.case.messages import shown
from boltzsim.case.names import axis_problem
from boltzsim.case.paths import replaced, value_at
from boltzsim.case.schema import unit_at
from boltzsim.errors import CaseError
from boltzsim.units import is_number

RANGE = {"from", "to", "count", "spacing"}
SHOWN = 5  # problems of points that are listed
MOST = 100_000  # points of one series: each is a file, and a case in memory
_SAME = 1e-9  # middles of spans that differ by this share of the coordinates are one
SAMPLED = 200  # points that reading the case checks; solving the series checks all of them


@dataclass(frozen=True)
class SeriesAxis:
    """One axis of a series.

    Attributes
    ----------
    name : str
    values : dict of str to list
        For every path the values along the axis as the case has them: SI numbers, lists of them, or words.
    units : dict of str to str
        For every path the SI unit of its values, "1" where they have none.
    """

    name: str
    values: dict[str, list[Any]]
    units: dict[str, str]

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    @property
    def coordinate(self) -> np.ndarray:
        """Numbers for the axis, in `unit`; 0, 1, 2, … where no path has any.

        Of the first path with numbers they are its values, of spans their middles, or their widths where these change
        and the middle stays, and of vectors along one line their sizes, with the sign of the largest component of the
        longest.
        """
        found = self._numbers()
        return np.arange(len(self), dtype=float) if found is None else found[1]

    @property
    def unit(self) -> str:
        """SI unit of the coordinate."""
        found = self._numbers()
        return "1" if found is None else self.units[found[0]]

    @property
    def words(self) -> list[str] | None:
        """The values of the first path in words, where the axis has no numbers for a coordinate."""
        if self._numbers() is not None:
            return None
        return [value if isinstance(value, str) else shown(value) for value in next(iter(self.values.values()))]

    def _numbers(self) -> tuple[str, np.ndarray] | None:
        """The path that gives the coordinate, and its numbers."""
        for path, values in self.values.items():
            if all(is_number(value) for value in values):
                return path, np.array(values, float)
            if "span" in path.split("."):
                first, last = np.array(values, float).T
                stays = np.ptp(first + last) < _SAME * last.max()
                return path, last - first if stays else (first + last) / 2
            sizes = _sizes(values) if self.units[path] != "1" else None
            if sizes is not None:
                return path, sizes
        return None


def _sizes(values: list[Any]) -> np.ndarray | None:
    """Sizes of vectors along one line, the longest one positive where its largest component is; else None."""
    if any(np.shape(value) != (3,) for value in values):
        return None
    vectors = np.array(values, float)
    longest = vectors[np.linalg.norm(vectors, axis=1).argmax()]
    length = np.linalg.norm(longest)
    if not length:
        return None
    line = longest / length * np.sign(longest[np.abs(longest).argmax()])
    sizes = vectors @ line
    return sizes if np.allclose(vectors, np.outer(sizes, line), rtol=0, atol=1e-9 * length) else None


def point_name(case: Description, number: int) -> str:
    """The values at a point of a series in words: "grid.z.cells = 400".

    Parameters
    ----------
    case : Case
        With its series.
    number : int
        The last axis is the fastest.
    """
    _, given = _axes_given(case)
    index = np.unravel_index(number, [_length(name, paths) for name, paths in given.items()])
    return ", ".join(
        f"{path} = {shown(values[i])}"
        for paths, i in zip(given.values(), index, strict=True)
        for path, values in paths.items()
    )


def point_count(case: Description) -> int:
    """Points of a case's series, 1 without one."""
    return math.prod(_length(name, paths) for name, paths in _axes_given(case)[1].items()) if case.series else 1


def check(case: Description) -> None:
    """Check the points of a series as far as reading a case goes; of very many, a sample spread over all of them.

    Raises
    ------
    CaseError
        As `expand`, and for more points than `MOST`.
    """
    tables, given = _axes_given(case)
    count = point_count(case)
    if count > MOST:
        each = ", ".join(f"{name} has {_length(name, paths)}" for name, paths in given.items())
        raise CaseError(f"series has {count:,} points ({each}), more than {MOST:,}; split it into several series")
    _points(case, tables, given, sorted({round(i) for i in np.linspace(0, count - 1, min(count, SAMPLED))}))


def expand(case: Description) -> tuple[tuple[SeriesAxis, ...], list[Description]]:
    """Axes of a case's series and the cases of all points, the last axis the fastest.

    Parameters
    ----------
    case : Case

    Returns
    -------
    axes : tuple of Axis
    cases : list of Case
        Without series; one point, the case itself, where it has none.

    Raises
    ------
    CaseError
        For paths that lead nowhere, axes of unequal lengths, and points that are no possible case.
    """
    tables, given = _axes_given(case)
    cases = _points(case, tables, given, range(math.prod(_length(name, paths) for name, paths in given.items())))
    return _axes(given, cases), cases


def _axes_given(case: Description) -> tuple[dict[str, Any], dict[str, dict[str, list[Any]]]]:
    """The case without its series as tables, and the values of every axis by path."""
    tables = case.resolved()
    series = tables.pop("series", {})
    wrong = [problem for name in series if (problem := axis_problem(name, series))]
    if wrong:
        raise CaseError(wrong)
    return tables, {name: _given(case, tables, name, flatten(paths)) for name, paths in series.items()}


def _points(
    case: Description, tables: dict[str, Any], given: dict[str, dict[str, list[Any]]], numbers: Iterable[int]
) -> list[Description]:
    """Cases of the points with the given numbers; every problem found, up to a few, in one error."""
    cases, found = [], []
    shape = [_length(name, paths) for name, paths in given.items()]
    for number in numbers:
        point, index = tables, np.unravel_index(number, shape) if shape else ()
        for paths, i in zip(given.values(), index, strict=True):
            for path, values in paths.items():
                point = replaced(point, path, values[i])
        try:
            cases.append(type(case)(**point))
            cases[-1]._source = case._source
        except CaseError as error:
            where = ", ".join(f"{name}[{i}]" for name, i in zip(given, index, strict=True))
            found += [f"series.{where}: {problem}" for problem in error.problems]
            if len(found) >= SHOWN:
                break
    if found:
        raise CaseError(found[:SHOWN])
    return cases


def flatten(table: Any, head: str = "") -> dict[str, Any]:
    """{"a.b": […]} from the tables that TOML makes of unquoted dotted keys."""
    if not isinstance(table, dict) or (table and set(table) <= RANGE):
        return {head: table}
    found: dict[str, Any] = {}
    for key, entry in table.items():
        found |= flatten(entry, f"{head}.{key}" if head else key)
    return found


def _axes(given: dict[str, dict[str, list[Any]]], cases: list[Description]) -> tuple[SeriesAxis, ...]:
    """The axes with their values as read back from the points: in SI, checked."""
    resolved, shape = [case.resolved() for case in cases], [_length(name, paths) for name, paths in given.items()]
    numbers = np.arange(math.prod(shape)).reshape(shape)
    axes = []
    for position, (name, paths) in enumerate(given.items()):
        along = numbers[tuple(slice(None) if i == position else 0 for i in range(len(shape)))]
        values = {path: [value_at(resolved[k], path) for k in along] for path in paths}
        units = {path: unit_at(type(cases[0]), path.split(".")) for path in paths}
        axes.append(SeriesAxis(name, values, units))
    return tuple(axes)


def _given(case: Description, tables: dict[str, Any], name: str, paths: dict[str, Any]) -> dict[str, list[Any]]:
    """Lists of values by path, ranges filled in."""
    if not paths or "" in paths:
        raise CaseError(f"series.{name} varies nothing; give a path, for example field.B.z = ['0 T', '0.1 T']")
    found = {}
    for path, values in paths.items():
        where = f"series.{name}.{path}"
        try:
            value_at(tables, path, leaf=True)
            if isinstance(values, dict):
                values = _range(case, tables, path, values)
        except CaseError as error:
            raise CaseError([f"{where}: {problem}" for problem in error.problems]) from None
        if not isinstance(values, list) or not values:
            raise CaseError(f"{where} = {shown(values)} must be a list of values, or {{ from, to, count }}")
        found[path] = values
    return found


def _length(name: str, paths: dict[str, list[Any]]) -> int:
    lengths = {len(values) for values in paths.values()}
    if len(lengths) > 1:
        each = ", ".join(f"{path} has {len(values)}" for path, values in paths.items())
        raise CaseError(f"series.{name} varies its paths together, but {each}; give them equally many values")
    return lengths.pop()


def _range(case: Description, tables: dict[str, Any], path: str, entry: dict[str, Any]) -> list[Any]:
    """Values from `from` to `to`, equally spaced or by equal factors, entry by entry where they are lists."""
    missing = {"from", "to", "count"} - set(entry)
    if missing:
        raise CaseError(f"the range has no {' and no '.join(sorted(missing))}; give {{ from, to, count }}")
    count, spacing = entry["count"], entry.get("spacing", "linear")
    if isinstance(count, bool) or not isinstance(count, int) or not 2 <= count <= MOST:
        raise CaseError(f"count = {shown(count)} must be a whole number from 2 to {MOST:,}")
    if spacing not in ("linear", "log"):
        raise CaseError(f"spacing = {shown(spacing)} is not allowed; choose linear or log")
    ends = []
    for end in ("from", "to"):
        value = value_at(type(case)(**replaced(tables, path, entry[end])).resolved(), path)
        if not all(is_number(number) for number in np.ravel(np.array(value, object))):
            raise CaseError(f"{end} = {shown(entry[end])} is no number; list the values one by one")
        ends.append(np.array(value, float))
    first, last = ends
    if spacing == "log":
        if np.any(first * last <= 0):
            raise CaseError("spacing = 'log' needs two ends of one sign, not zero")
        return [value.tolist() for value in np.geomspace(first, last, count)]
    return [value.tolist() for value in np.linspace(first, last, count)]
