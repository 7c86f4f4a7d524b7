"""Markers of the values in a case: each says once how a value is read, for the reader and for the JSON Schema.

A message of a marker is the end of a sentence that starts with the key's path and the value, as in
`contact[1].transmission = 1.5` + `must lie in [0, 1]`.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic_core import core_schema

from boltzsim.axes import AXES
from boltzsim.case.messages import shown
from boltzsim.units import DIMENSIONS, is_number, parse, with_likely_unit


class Marker:
    """How one value is read.

    Attributes
    ----------
    unit : str
        SI unit of the value, "1" for a bare number.
    entry_unit : str
        SI unit of the entries of a list.
    depth : int
        Steps from a list to its single entries.
    """

    unit = entry_unit = "1"
    depth = 1

    def read(self, value: Any, in_file: bool) -> Any:
        """The value checked and in SI; ValueError with the end of a sentence."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the value in a file."""
        raise NotImplementedError

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        def read(value: Any, info: core_schema.ValidationInfo) -> Any:
            return self.read(value, bool(info.context and info.context.get("file")))

        return core_schema.with_info_plain_validator_function(read)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return self.schema()


@dataclass(frozen=True)
class Number(Marker):
    """A bare number in an interval; `closed` has its two brackets."""

    low: float = -math.inf
    high: float = math.inf
    closed: str = "()"

    def read(self, value: Any, in_file: bool) -> float:
        return _within(_real(value), self.low, self.high, self.closed)

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "number"}
        if self.low > -math.inf:
            schema["minimum" if self.closed[0] == "[" else "exclusiveMinimum"] = self.low
        if self.high < math.inf:
            schema["maximum" if self.closed[1] == "]" else "exclusiveMaximum"] = self.high
        return schema


@dataclass(frozen=True)
class Whole(Marker):
    """A whole number in [least, most]."""

    least: int
    most: int

    def read(self, value: Any, in_file: bool) -> int:
        if not _is_whole(value) or value < self.least:
            raise ValueError(f"must be a whole number, at least {self.least}")
        if value > self.most:
            raise ValueError(f"is too large; at most {self.most}")
        return int(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Quantity(Marker):
    """A string with a unit of `dimension`, in Python also a number in SI, in an interval given in SI.

    `likely` is the unit that is offered where a file has none; `bare` is the largest magnitude that a file may give
    without unit.
    """

    dimension: str
    low: float = -math.inf
    high: float = math.inf
    closed: str = "()"
    likely: str | None = None
    bare: float = 0.0

    @property
    def unit(self) -> str:  # type: ignore[override]
        return next(iter(DIMENSIONS[self.dimension]))

    entry_unit = unit  # type: ignore[assignment]

    def read(self, value: Any, in_file: bool) -> float:
        if in_file and is_number(value) and abs(value) > self.bare and not math.isinf(value):
            raise ValueError(self.no_unit(value))
        return _within(parse(value, self.dimension), self.low, self.high, self.closed)

    def no_unit(self, value: float) -> str:
        """The complaint about a number without unit."""
        offer = with_likely_unit(value, self.dimension, self.likely)
        if self.bare:
            return f"exceeds 2π and has no unit; did you mean '{offer}'?"
        return f"has no unit; did you mean '{offer}'? Units: {', '.join(DIMENSIONS[self.dimension])}"

    def schema(self) -> dict[str, Any]:
        units = ", ".join(DIMENSIONS[self.dimension])
        number = {"type": "number", "minimum": -self.bare, "maximum": self.bare}
        text = {"type": "string", "pattern": r"^\s*[+-]?([0-9.]+([eE][+-]?[0-9]+)?|inf)"}
        return {"anyOf": [number, text], "description": f"{self.dimension}: a string with one of the units {units}"}


@dataclass(frozen=True)
class Quantities(Marker):
    """A list of quantities of one kind."""

    entry: Quantity

    @property
    def unit(self) -> str:  # type: ignore[override]
        return self.entry.unit

    entry_unit = unit  # type: ignore[assignment]


@dataclass(frozen=True)
class Vector(Quantities):
    """Three finite quantities, x, y and z."""

    def read(self, value: Any, in_file: bool) -> tuple[float, ...]:
        return tuple(entries_of(self.entry, listed(value, 3, "(x, y, z)"), in_file))

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.entry.schema(), "minItems": 3, "maxItems": 3}


@dataclass(frozen=True)
class Numbers(Marker):
    """A list of finite numbers, at least one."""

    def read(self, value: Any, in_file: bool) -> tuple[float, ...]:
        return tuple(_within(_real(v), -math.inf, math.inf, "()") for v in _some(value, "numbers"))

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "number"}, "minItems": 1}


@dataclass(frozen=True)
class Increasing(Quantities):
    """A list of quantities, at least one, each larger than the one before."""

    def read(self, value: Any, in_file: bool) -> tuple[float, ...]:
        dimension = self.entry.dimension
        found = tuple(entries_of(self.entry, _some(value, f"{dimension}s"), in_file))
        if any(one >= other for one, other in itertools.pairwise(found)):
            raise ValueError(f"must increase from each {dimension} to the next")
        return found

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.entry.schema(), "minItems": 1}


@dataclass(frozen=True)
class CountOrIncreasing(Marker):
    """A whole number in [1, most], or an increasing list of quantities."""

    most: int
    times: Increasing

    @property
    def entry_unit(self) -> str:  # type: ignore[override]
        return self.times.unit

    def read(self, value: Any, in_file: bool) -> int | tuple[float, ...]:
        if isinstance(value, (list, tuple)):
            return self.times.read(value, in_file)
        if not _is_whole(value) or value < 1:
            raise ValueError(f"must be a whole number, at least 1, or a list of {self.times.entry.dimension}s")
        return Whole(1, self.most).read(value, in_file)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [Whole(1, self.most).schema(), self.times.schema()]}


@dataclass(frozen=True)
class Unit(Marker):
    """A direction: three numbers of any length but zero, normalised."""

    def read(self, value: Any, in_file: bool) -> tuple[float, ...]:
        if isinstance(value, str) and value.lstrip("+-") in AXES:
            sign = -1 if value.startswith("-") else 1
            raise ValueError(f"must be a list of 3 values, {[sign * (axis == value[-1]) for axis in AXES]}")
        entries = [_within(_real(v), -math.inf, math.inf, "()") for v in listed(value, 3, "(x, y, z)")]
        norm = math.hypot(*entries)
        if norm == 0:
            raise ValueError("has no direction; give a vector that is not zero, e.g. [1, 0, 0]")
        if not math.isfinite(norm):
            raise ValueError("is too long; only its direction counts, give for example [1, 0, 0]")
        return tuple(entries) if abs(norm - 1) < 1e-15 else tuple(v / norm for v in entries)

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}


@dataclass(frozen=True)
class Interval(Quantities):
    """[from, to] along an axis, from the smaller to the larger coordinate; the two may be equal if `plane`."""

    plane: bool = False

    def read(self, value: Any, in_file: bool) -> tuple[float, ...]:
        first, last = entries_of(self.entry, listed(value, 2, "[from, to]"), in_file)
        if not (first < last or (self.plane and first == last)):
            remedy = ", or be a plane at two equal ones" if self.plane else ""
            raise ValueError(f"must run from a smaller to a larger coordinate{remedy}")
        return first, last

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.entry.schema(), "minItems": 2, "maxItems": 2}


def entries_of(entry: Quantity, values: Iterable[Any], in_file: bool) -> Iterable[float]:
    """Entries of a list one by one; a missing unit is shown at its entry."""
    for value in values:
        try:
            yield entry.read(value, in_file)
        except ValueError as error:
            if in_file and is_number(value) and "no unit" in str(error):
                raise ValueError(f"has the entry {shown(value)}, which {error}") from None
            raise


def _real(value: Any) -> float:
    if not is_number(value):
        raise ValueError("must be a number")
    return float(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def listed(value: Any, length: int, entries: str) -> Sequence[Any]:
    """The value if it is a list of that length; `entries` has them in words."""
    if not isinstance(value, (list, tuple)) or len(value) != length:
        raise ValueError(f"must be a list of {length} values, {entries}")
    return value


def _some(value: Any, entries: str) -> Sequence[Any]:
    if not isinstance(value, (list, tuple)) or not value:
        raise ValueError(f"must be a list of {entries}, at least one")
    return value


def _within(value: float, low: float, high: float, closed: str) -> float:
    if (low < value or (closed[0] == "[" and low == value)) and (value < high or (closed[1] == "]" and high == value)):
        return value
    if low == -math.inf and high == math.inf:
        raise ValueError("must be finite")
    if high == math.inf:
        least = "at least" if closed[0] == "[" else "greater than"
        raise ValueError(f"must be {least} {low:g}" + (" ('inf' is allowed)" if closed[1] == "]" else " and finite"))
    raise ValueError(f"must lie in {closed[0]}{low:g}, {high:g}{closed[1]}")
