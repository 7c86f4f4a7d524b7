"""The case: TOML in, a validated and frozen description of one run out.

Values are SI floats after reading. Every mistake is a `CaseError` that names the key, the value, what is allowed and
a remedy; mistakes in single values are reported together, and those between entries together once the values are right.
"""

import hashlib
import json
from os import PathLike
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError, model_validator

from boltzsim.case import toml
from boltzsim.case.checks import problems
from boltzsim.case.decoding import decoded
from boltzsim.case.description import Description
from boltzsim.case.fields import report
from boltzsim.case.tables import Impurity, Material
from boltzsim.errors import CaseError

__all__ = ["Case", "Impurity", "Material", "load_case", "parse_case"]


class Case(Description):
    """One run: device, contacts, drive, numerics and measures, which fit together.

    Raises
    ------
    CaseError
        With every problem found.
    """

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        found = problems(self)
        if found:
            raise CaseError(found)
        return self

    def __eq__(self, other: object) -> bool:
        """Whether both describe the same run, however their texts are laid out."""
        return isinstance(other, Case) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash(self._said())

    def _said(self) -> str:
        """The case as one text, in which a value of a series is the same with its SI unit and without."""
        return toml.text_of(Case, json.loads(json.dumps(self.resolved(), sort_keys=True)))

    def toml(self) -> str:
        """The text the case was read from, or a TOML text that says the same if it was built in Python."""
        if self._text is not None:
            return self._text
        return toml.text_of(Case, self.resolved())

    @property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of `toml()`."""
        return hashlib.sha256(self.toml().encode()).hexdigest()


def load_case(path: str | PathLike[str]) -> Case:
    """Read and check a case file, in which quantities have units.

    Parameters
    ----------
    path : str or pathlib.Path

    Returns
    -------
    Case

    Raises
    ------
    CaseError
        If the file is no TOML or describes no possible run; every problem is listed.
    OSError
        If the file cannot be read.
    """
    return parse_case(decoded(path), path)


def parse_case(text: str, source: str | PathLike[str] | None = None) -> Case:
    """The case in the text of a file, which it keeps; errors as in `load_case`, naming `source`."""
    try:
        case = _read(toml.tables(text), Path(source or "").parent)
    except CaseError as error:
        raise CaseError(error.problems, source) from None
    case._text, case._source = text, None if source is None else str(source)
    return case


def _read(tables: dict[str, Any], folder: Path) -> Case:
    """The case of a file's tables, in which quantities need a unit; other files it names are relative to its folder."""
    bare = list(toml.without_units(Case, tables.get("series")))
    try:
        case = Case.model_validate(tables, context={"file": True, "folder": folder})
    except ValidationError as error:
        report(Case, error)
    except CaseError as error:
        raise CaseError([*bare, *error.problems]) from None
    if bare:
        raise CaseError(bare)
    return case
