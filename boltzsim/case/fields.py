"""Types of the values in a case: what is allowed is said here for reader and JSON Schema.

A validator's message is the end of a sentence that starts with the key's path and the value, as in
`contact[1].transmission = 1.5` + `must lie in [0, 1]`.
"""

import itertools
import math
from numbers import Integral
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, StrictBool, StrictStr, ValidationError, WithJsonSchema

from boltzsim.case.messages import sentence
from boltzsim.errors import CaseError
from boltzsim.units import DIMENSIONS, is_number, parse

Text = StrictStr
Flag = StrictBool
AxisName = Literal["x", "y", "z"]


class _Reporting(type(BaseModel)):
    """Calls to the class raise `CaseError` in our words; tables inside tables still collect all their errors."""

    def __call__(cls, *args, **keys):
        try:
            return super().__call__(*args, **keys)
        except ValidationError as error:
            raise CaseError([sentence(cls, entry) for entry in error.errors()]) from None


class Table(BaseModel, metaclass=_Reporting):
    """A TOML table: frozen, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


def number(low=-math.inf, high=math.inf, closed="()"):
    """A bare number in an interval; `closed` has its two brackets."""
    return Annotated[
        float, BeforeValidator(lambda value: _within(_real(value), low, high, closed)), _schema(low, high, closed)
    ]


def whole(least):
    """A whole number from `least` up."""

    def read(value):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise ValueError(f"must be a whole number, at least {least}")
        return int(value)

    return Annotated[int, BeforeValidator(read), WithJsonSchema({"type": "integer", "minimum": least})]


def quantity(dimension, low=-math.inf, high=math.inf, closed="()"):
    """A number in SI or a string with a unit of `dimension`, in an interval given in SI."""
    return Annotated[
        float,
        BeforeValidator(lambda value: _within(parse(value, dimension), low, high, closed)),
        WithJsonSchema(_quantity_schema(dimension)),
    ]


def vector(dimension):
    """Three finite quantities, x, y and z."""

    def read(value):
        return tuple(_within(parse(v, dimension), -math.inf, math.inf, "()") for v in _listed(value, 3, "(x, y, z)"))

    return Annotated[tuple[float, float, float], BeforeValidator(read), _list_schema(_quantity_schema(dimension), 3)]


def numbers():
    """A list of finite numbers, at least one."""

    def read(value):
        return tuple(_within(_real(v), -math.inf, math.inf, "()") for v in _some(value, "numbers"))

    return Annotated[tuple[float, ...], BeforeValidator(read), WithJsonSchema(
        {"type": "array", "items": {"type": "number"}, "minItems": 1})]  # fmt: skip


def increasing(dimension):
    """A list of quantities, at least one, each larger than the one before."""
    schema = {"type": "array", "items": _quantity_schema(dimension), "minItems": 1}
    read = BeforeValidator(lambda value: _increasing(value, dimension, -math.inf, "()"))
    return Annotated[tuple[float, ...], read, WithJsonSchema(schema)]


def count_or_increasing(dimension):
    """A whole number from 1 up, or an increasing list of quantities from 0 up."""

    def read(value):
        if isinstance(value, (list, tuple)):
            return _increasing(value, dimension, 0, "[)")
        if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
            raise ValueError(f"must be a whole number, at least 1, or a list of {dimension}s")
        return int(value)

    schema = [{"type": "integer", "minimum": 1}, {"type": "array", "items": _quantity_schema(dimension), "minItems": 1}]
    return Annotated[int | tuple[float, ...], BeforeValidator(read), WithJsonSchema({"anyOf": schema})]


def _direction(value):
    entries = [_within(_real(v), -math.inf, math.inf, "()") for v in _listed(value, 3, "(x, y, z)")]
    norm = math.hypot(*entries)
    if norm == 0:
        raise ValueError("has no direction; give a vector that is not zero, e.g. [1, 0, 0]")
    return tuple(entries) if abs(norm - 1) < 1e-15 else tuple(v / norm for v in entries)


def _stretch(value):
    first, last = (_within(parse(v, "length"), -math.inf, math.inf, "()") for v in _listed(value, 2, "[from, to]"))
    if not first < last:
        raise ValueError("must run from a smaller to a larger coordinate")
    return first, last


Direction = Annotated[tuple[float, float, float], BeforeValidator(_direction), WithJsonSchema(
    {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3})]  # fmt: skip
Stretch = Annotated[tuple[float, float], BeforeValidator(_stretch)]


def _real(value):
    if not is_number(value):
        raise ValueError("must be a number")
    return float(value)


def _listed(value, length, entries):
    if not isinstance(value, (list, tuple)) or len(value) != length:
        raise ValueError(f"must be a list of {length} values, {entries}")
    return value


def _some(value, entries):
    if not isinstance(value, (list, tuple)) or not value:
        raise ValueError(f"must be a list of {entries}, at least one")
    return value


def _increasing(value, dimension, low, closed):
    found = tuple(_within(parse(v, dimension), low, math.inf, closed) for v in _some(value, f"{dimension}s"))
    if any(one >= other for one, other in itertools.pairwise(found)):
        raise ValueError(f"must increase from each {dimension} to the next")
    return found


def _within(value, low, high, closed):
    if (low < value or (closed[0] == "[" and low == value)) and (value < high or (closed[1] == "]" and high == value)):
        return value
    if low == -math.inf and high == math.inf:
        raise ValueError("must be finite")
    if high == math.inf:
        least = "at least" if closed[0] == "[" else "greater than"
        raise ValueError(f"must be {least} {low:g}" + (" ('inf' is allowed)" if closed[1] == "]" else " and finite"))
    raise ValueError(f"must lie in {closed[0]}{low:g}, {high:g}{closed[1]}")


def _schema(low, high, closed):
    schema = {"type": "number"}
    if low > -math.inf:
        schema["minimum" if closed[0] == "[" else "exclusiveMinimum"] = low
    if high < math.inf:
        schema["maximum" if closed[1] == "]" else "exclusiveMaximum"] = high
    return WithJsonSchema(schema)


def _quantity_schema(dimension):
    units = list(DIMENSIONS[dimension])
    return {
        "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\s*[+-]?([0-9.]+([eE][+-]?[0-9]+)?|inf)"}],
        "description": f"{dimension}: a number in {units[0]}, or a string with one of the units {', '.join(units)}",
    }


def _list_schema(items, length):
    return WithJsonSchema({"type": "array", "items": items, "minItems": length, "maxItems": length})
