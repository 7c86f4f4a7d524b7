"""Columns of numbers from text files as instruments and spreadsheets leave them.

The first line that is no comment names the columns, each with its unit: `B (mT), dR [mOhm]` or `B/mT; R_NL/mΩ`.
Columns are separated by commas, semicolons, tabs or spaces; comments start with #, %, ! or //. Points without a number
are left out.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from boltzsim.case.decoding import decoded
from boltzsim.errors import CaseError
from boltzsim.units import did_you_mean, parse

_COMMENT = ("#", "%", "!", "//")
_NAMED = re.compile(r"\s*(.*?)\s*(?:[(\[]\s*(.*?)\s*[)\]]|/\s*([^/\s]\S*))?\s*")
_MISSING = {"", "-", "--", "nan", "na", "n/a", "null", "none", "inf", "-inf"}
_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class Columns:
    """Columns of a file by name, with the units of their header; missing numbers are nan."""

    path: Path
    values: dict[str, np.ndarray]
    units: dict[str, str]

    def __getitem__(self, name: str) -> np.ndarray:
        """A column by its name, with or without upper case letters.

        Raises
        ------
        CaseError
            If there is none.
        """
        lower = {key.lower(): key for key in self.values}
        if name.lower() not in lower:
            known = ", ".join(self.values)
            raise CaseError(f"has no column '{name}'; known: {known}{did_you_mean(name, self.values)}", self.path)
        return self.values[lower[name.lower()]]

    def read(self, name: str, dimension: str, role: str) -> np.ndarray:
        """A column in SI.

        Parameters
        ----------
        name : str
            "" for the only column whose unit measures the dimension.
        dimension : str
            A key of `boltzsim.units.DIMENSIONS`.
        role : str
            Words for the message.

        Raises
        ------
        CaseError
            If there is no such column, or its unit is missing or measures something else.
        """
        fitting = [key for key in self.values if _factor(self.units[key], dimension) is not None]
        if not name:
            if len(fitting) != 1:
                found = f"{len(fitting)} columns measure" if fitting else "no column measures"
                columns = ", ".join(f"{key} ({unit or 'no unit'})" for key, unit in self.units.items())
                raise CaseError(
                    f"{found} a {dimension} for {role}; name its column and unit. Columns: {columns}", self.path
                )
            name = fitting[0]
        values = self[name]
        name = next(key for key in self.values if key.lower() == name.lower())
        try:
            return values * parse(f"1 {self.units[name]}", dimension)
        except ValueError as error:
            raise CaseError(f"column '{name}' for {role} {error}", self.path) from None


def read_columns(path: Path) -> Columns:
    """Read a text file of columns.

    Raises
    ------
    CaseError
        For a file without header or data, a line with too many entries, or decimal commas.
    OSError
        If the file cannot be read.
    """
    lines = [(number, line.strip()) for number, line in enumerate(decoded(path).splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith(_COMMENT)]
    if len(lines) < 2:
        raise CaseError("has no data; a header with names and units, and one line for each point, are needed", path)
    header = lines[0][1]
    separator = next((sign for sign in (";", "\t", ",") if sign in header), None)
    names = [_NAMED.fullmatch(entry) for entry in _header(header, separator)]
    units = {match[1] or f"column {i + 1}": match[2] or match[3] or "" for i, match in enumerate(names) if match}
    if len(units) < len(names):
        raise CaseError(f"line {lines[0][0]} names two columns alike: {header}", path)
    if all(_number(name) is not None for name in units):
        raise CaseError(
            f"line {lines[0][0]} has numbers where the header should be; name every column with its unit, B (mT)", path
        )
    rows = [_row(path, number, line, separator, list(units.values())) for number, line in lines[1:]]
    return Columns(Path(path), dict(zip(units, np.array(rows, float).T, strict=True)), units)


def _row(path: Path, number: int, line: str, separator: str | None, units: list[str]) -> list[float]:
    """Numbers of one line, nan where one is missing or, in a column without a unit, a word stands."""
    count = len(units)
    entries = [entry.strip().strip('"') for entry in (line.split(separator) if separator else line.split())]
    while len(entries) > count and not entries[-1]:
        entries.pop()
    comma = next((entry for entry in entries if separator != "," and _COMMA.fullmatch(entry)), None)
    if comma:
        raise CaseError(
            f"line {number}: '{comma}' has a decimal comma; write decimal points, '{comma.replace(',', '.')}'", path
        )
    if len(entries) > count:
        more = "; decimal commas? Write decimal points" if separator == "," and len(entries) == 2 * count else ""
        raise CaseError(f"line {number} has {len(entries)} entries for {count} columns{more}", path)
    values = [np.nan if entry.lower() in _MISSING else _number(entry) for entry in entries]
    for entry, value, unit in zip(entries, values, units, strict=False):
        if value is None and unit:
            raise CaseError(f"line {number}: '{entry}' is no number", path)
    known = [np.nan if value is None else value for value in values]
    return known + [np.nan] * (count - len(entries))


def _header(line: str, separator: str | None) -> list[str]:
    """Entries of the header; spaces within brackets do not separate."""
    if separator:
        return [entry.strip().strip('"') for entry in line.split(separator)]
    return re.findall(r"\S+(?:\s*[(\[][^)\]]*[)\]])?", line)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _factor(unit: str, dimension: str) -> float | None:
    try:
        return parse(f"1 {unit}", dimension) if unit else None
    except ValueError:
        return None
