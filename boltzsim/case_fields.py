"""Types of the values in a case, and the sentences about them: what is allowed is said here for reader and JSON Schema.

A validator's message is the end of a sentence that starts with the key's path and the value, as in
`contact[1].transmission = 1.5` + `must lie in [0, 1]`.
"""

import math
import types
from inspect import isclass
from numbers import Integral
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, StrictBool, StrictStr, ValidationError, WithJsonSchema

from boltzsim.errors import CaseError
from boltzsim.units import DIMENSIONS, did_you_mean, is_number, parse

Text = StrictStr
Flag = StrictBool
AXES = ("x", "y", "z")


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


def sentence(table, error):
    """One problem in our words, from one entry of pydantic's list."""
    location, value, kind = error["loc"], error["input"], error["type"]
    path = key_path(location)
    if kind == "extra_forbidden":
        known = list(_table_at(table, location[:-1]).model_fields)
        return f"{path} is unknown" + (did_you_mean(location[-1], known) or f"; known keys: {', '.join(known)}")
    if location[-1] == "[key]":
        allowed = _options(error["ctx"]["expected"])
        return f"{key_path(location[:-1])} is unknown; allowed: {', '.join(allowed)}{did_you_mean(value, allowed)}"
    if kind == "missing":
        example = (_table_at(table, location[:-1]).model_fields[location[-1]].examples or [None])[0]
        return f"{path} is missing" + (f"; give for example {example}" if example else "")
    return f"{path} = {shown(value)} {_complaint(kind, error.get('ctx', {}), value)}"


def _complaint(kind, context, value):
    match kind:
        case "value_error":
            return str(context["error"])
        case "literal_error":
            allowed = _options(context["expected"])
            return f"is not allowed; choose one of {', '.join(allowed)}" + did_you_mean(value, allowed)
        case "bool_type":
            return "must be true or false"
        case "string_type":
            return "must be a string in quotes"
        case "tuple_type":
            return "must be a list" + (
                " of tables: write its header in double brackets, [[…]]" if isinstance(value, dict) else ""
            )
        case "model_type" | "model_attributes_type" | "dict_type":
            return "must be a table" + (": write its header in single brackets, […]" if isinstance(value, list) else "")
    return "is not allowed here"


def _options(expected):
    """The options in pydantic's "'a', 'b' or 'c'"."""
    return expected.replace(" or ", ", ").replace("'", "").split(", ")


def key_path(location):
    """("contact", 1, "span", "x") -> contact[1].span.x; keys that TOML would quote are quoted."""
    path = ""
    for key in location:
        if isinstance(key, int):
            path += f"[{key}]"
        else:
            bare = key.replace("_", "").replace("-", "").isalnum() and key.isascii()
            path += ("." if path else "") + (key if bare else f'"{key}"')
    return path


def shown(value):
    """A value as the case file would have it, cut where it is long."""
    match value:
        case bool():
            text = str(value).lower()
        case dict():
            text = "{ " + ", ".join(f"{key} = {shown(entry)}" for key, entry in value.items()) + " }"
        case list() | tuple():
            text = "[" + ", ".join(shown(entry) for entry in value) + "]"
        case _:
            text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def _table_at(table, location):
    """The model class that a location points to."""
    kind = table
    for key in location:
        if isclass(kind) and issubclass(kind, BaseModel):
            kind = kind.model_fields[key].annotation
            if get_origin(kind) in (Union, types.UnionType):
                kind = next(option for option in get_args(kind) if option is not type(None))
        else:  # a dict's key or a list's index
            kind = next(entry for entry in get_args(kind) if isclass(entry) and issubclass(entry, BaseModel))
    return kind


def _real(value):
    if not is_number(value):
        raise ValueError("must be a number")
    return float(value)


def _listed(value, length, entries):
    if not isinstance(value, (list, tuple)) or len(value) != length:
        raise ValueError(f"must be a list of {length} values, {entries}")
    return value


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
