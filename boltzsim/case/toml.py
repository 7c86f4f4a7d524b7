"""TOML in and out: tables of a file with the real mistake named where there is one, and the text of given tables."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from boltzsim.case.markers import Quantity
from boltzsim.case.schema import marker_at, unit_at
from boltzsim.case.series import RANGE, flatten
from boltzsim.errors import CaseError
from boltzsim.units import is_number

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*([\w.\"-]+)\s*=(.*)")
_COMMA = re.compile(r"\s*([+-]?\d+),(\d+)\s*(?:#.*)?")
_WHERE = re.compile(r"at line (\d+)")


def tables(text: str) -> dict[str, Any]:
    """The tables of a TOML text.

    Raises
    ------
    CaseError
        With the mistake and its line.
    """
    text = text.removeprefix("\ufeff")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CaseError(_mistake(text, str(error))) from None
    except RecursionError:
        raise CaseError("is nested too deeply; a case needs no more than four lists or tables in each other") from None
    except ValueError as error:  # Python's limit on the digits of an integer
        digits = re.search(r"has (\d+) digits", str(error))
        what = f"a whole number of {digits[1]} digits" if digits else f"an impossible value ({error})"
        raise CaseError(f"holds {what}; write large numbers with a unit or an exponent") from None


def without_units(table: type[BaseModel], series: Any) -> Iterator[str]:
    """Problems of the values of a series in a file: a quantity without unit."""
    for name, paths in series.items() if isinstance(series, dict) else ():
        for path, values in flatten(paths).items():
            for steps, value in _leaves(values, (), is_range=isinstance(values, dict) and set(values) <= RANGE):
                found = marker_at(table, (*path.split("."), *steps))
                marker: Any = getattr(found[0], "times", found[0]) if found else None
                while hasattr(marker, "entry"):
                    marker = marker.entry
                if isinstance(marker, Quantity) and is_number(value) and abs(value) > marker.bare:
                    if found and found[0].unit == "1" and not found[1]:  # a count, where times are allowed too
                        continue
                    yield f"series.{name}.{path} has the value {value:g}, which {marker.no_unit(value)}"
                    break


def text_of(table: type[BaseModel], tables: dict[str, Any]) -> str:
    """A TOML text that says the same as tables in SI, its quantities with units.

    Parameters
    ----------
    table : type
        The table whose keys these are.
    tables : dict
        JSON-able, as `Case.resolved` gives them.
    """
    lines = [f"{_key(key)} = {_value(table, entry, (key,))}\n" for key, entry in tables.items() if key != "series"]
    if tables.get("series"):
        axes = [f"{_key(name)} = {_axis(table, flatten(paths))}" for name, paths in tables["series"].items()]
        lines.append(f"series = {{ {', '.join(axes)} }}\n")
    return "".join(lines)


def _mistake(text: str, message: str) -> str:
    """The reason why a text is no TOML, in the words of a case where the mistake is a common one."""
    if re.search(r"\r(?!\n)", text):
        return "has line ends that are single carriage returns; save it with LF or CRLF line ends"
    lines, where = text.splitlines(), _WHERE.search(message)
    number = int(where[1]) if where else len(lines)
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    pair = _KEY.fullmatch(line)
    comma = _COMMA.fullmatch(pair[2]) if pair else None
    if pair and comma:
        wrong, right = f"{comma[1]},{comma[2]}", f"{comma[1]}.{comma[2]}"
        return f"line {number}: {pair[1]} = {wrong} has a decimal comma; write a point, {right}"
    return _two_ways(lines) or f"is not valid TOML: {message}"


def _two_ways(lines: list[str]) -> str | None:
    """A list of tables that is written in two ways: [name] beside [[name]], or name = [...] beside [[name]]."""
    seen: dict[str, tuple[str, int]] = {}
    inside = ""
    for number, line in enumerate(lines, 1):
        header, pair = _HEADER.fullmatch(line), _KEY.fullmatch(line)
        if header:
            name, way = header[2].replace(" ", ""), header[1]
            inside = name
        elif pair and pair[2].strip().startswith(("[", "{")):
            name, way = f"{inside}.{pair[1]}".lstrip("."), "="
        else:
            continue
        before, first = seen.setdefault(name, (way, number))
        if before == way == "[[":
            continue
        if {before, way} == {"[", "[["}:
            single = first if before == "[" else number
            return f"line {single}: [{name}] is one table, but [[{name}]] starts an entry of a list; write [[{name}]]"
        if "=" in (before, way) and first != number and "[[" in (before, way):
            inline = first if before == "=" else number
            return f"line {inline}: {name} = … is written beside [[{name}]]; keep one of the two ways, best [[{name}]]"
        if before == way == "[" and first != number:
            return f"line {number}: [{name}] stands there a second time, after line {first}; put its keys together"
    return None


def _leaves(values: Any, steps: tuple[str, ...], is_range: bool = False) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Single values of one path of a series, with the steps from the path to each."""
    if is_range:
        for end in ("from", "to"):
            yield from _within(values.get(end), steps)
    elif isinstance(values, list):
        for value in values:
            yield from _within(value, steps)


def _within(value: Any, steps: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, list):
        for i, entry in enumerate(value):
            yield from _within(entry, (*steps, str(i)))
    else:
        yield steps, value


def _axis(table: type[BaseModel], paths: dict[str, Any]) -> str:
    """One axis of a series, its paths as quoted dotted keys."""
    found = []
    for path, values in paths.items():
        steps = tuple(path.split("."))
        if isinstance(values, dict):
            ends = {key: _value(table, entry, steps if key in ("from", "to") else ()) for key, entry in values.items()}
            text = "{ " + ", ".join(f"{key} = {entry}" for key, entry in ends.items()) + " }"
        else:
            text = "[" + ", ".join(_value(table, value, steps) for value in values) + "]"
        found.append(f"{_key(path)} = {text}")
    return "{ " + ", ".join(found) + " }"


def _value(table: type[BaseModel], value: Any, path: tuple[str, ...]) -> str:
    match value:
        case dict():
            entries = (f"{_key(key)} = {_value(table, entry, (*path, key))}" for key, entry in value.items())
            return "{ " + ", ".join(entries) + " }"
        case list():
            return "[" + ", ".join(_value(table, entry, (*path, str(i))) for i, entry in enumerate(value)) + "]"
        case int() | float() if value and not isinstance(value, bool) and (unit := unit_at(table, path)) != "1":
            return _key(f"{value!r} {unit}")
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)
