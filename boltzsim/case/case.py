"""The case: TOML in, a validated and frozen description of one run out; the only reader of TOML.

Values are SI floats after reading. Every mistake is a `CaseError` that names the key, the value, what is allowed and
a remedy; mistakes in single values are reported together, and those between entries together once the values are right.
"""

import hashlib
import json
import math
import tomllib
from pathlib import Path

import numpy as np
from pydantic import Field, PrivateAttr, model_validator

from boltzsim.axes import AXES
from boltzsim.case.checks import problems
from boltzsim.case.fields import Table, Text
from boltzsim.case.measures import Fourier, Measure, Observe
from boltzsim.case.tables import (
    Angles,
    Contact,
    Drive,
    Grid,
    Impurity,
    Magnetic,
    Material,
    Physics,
    Region,
    Series,
    Solver,
    Walls,
)
from boltzsim.case.time import Initial, Time
from boltzsim.errors import CaseError

__all__ = ["Case", "Impurity", "Material", "load_case", "parse_case"]


class Case(Table):
    """One run: device, contacts, drive, numerics and measures.

    Raises
    ------
    CaseError
        With every problem found.
    """

    title: Text = ""
    material: dict[str, Material] = Field(description="the first one fills the box", examples=["[material.alloy]"])
    grid: Grid = Field(examples=['[grid] with x = { length = "400 nm", cells = 160 }'])
    region: tuple[Region, ...] = Field((), description="later ones overwrite earlier ones")
    walls: Walls = Field(default_factory=Walls)
    contact: tuple[Contact, ...] = ()
    field: Magnetic = Field(default_factory=Magnetic)
    drive: Drive = Field(default_factory=Drive)
    angles: Angles = Field(default_factory=Angles)
    physics: Physics = Field(default_factory=Physics)
    solver: Solver = Field(default_factory=Solver)
    time: Time | None = Field(None, description="makes the run transient")
    initial: Initial | None = Field(None, description="state at t = 0; equilibrium if omitted")
    observe: tuple[Observe, ...] = Field((), description="recorded in every step of a transient run")
    measure: tuple[Measure, ...] = Field((), description="evaluated after the solve, stored and printed")
    series: Series = Field(
        default_factory=dict, description="axes of a family of this case for `boltzsim series`; `run` leaves them out"
    )

    _text: str | None = PrivateAttr(None)
    _source: str | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _consistent(self):
        found = problems(self)
        if found:
            raise CaseError(found)
        return self

    def __eq__(self, other):
        """Whether both describe the same run, however their texts are laid out."""
        return isinstance(other, Case) and self.resolved() == other.resolved()

    def __hash__(self):
        return hash(json.dumps(self.resolved(), sort_keys=True))

    @property
    def degree(self):
        """Highest l of the moments over all materials."""
        return max(material.degree for material in self.material.values())

    @property
    def observed(self):
        """What is recorded in every step: `observe`, and a grating's own amplitude if no Fourier component is asked."""
        start = self.initial
        if start is None or start.kind != "grating" or any(entry.kind == "fourier" for entry in self.observe):
            return self.observe
        wave = {key: getattr(start, key) for key in ("axis", "periods", "phase")}
        return (*self.observe, Fourier(name="grating", kind="fourier", **wave))

    @property
    def magnetic_states(self):
        """The contacts reversed one at a time: None for none, then the names of those with `detect_spin`."""
        return (None, *(contact.name for contact in self.contact if contact.detect_spin))

    def material_index(self):
        """Which material each cell holds, as an index into `list(case.material)`; int array, shape (nz, ny, nx)."""
        index = np.zeros(self.grid.shape, np.int64)
        names = list(self.material)
        for region in self.region:
            part = [slice(*self.grid.cell_range(axis, getattr(region.box, axis))) for axis in reversed(AXES)]
            index[tuple(part)] = names.index(region.material)
        return index

    def beside(self, file):
        """Path of a file named in the case: relative to the folder of the case's own file, if it has one."""
        return Path(self._source or "").parent / file

    def contact_cells(self, contact):
        """Cells behind a contact: dict of the two axes along its face to (first, last), `last` excluded."""
        return {a: self.grid.cell_range(a, getattr(contact.span, a)) for a in AXES if a != contact.normal}

    def contact_area(self, contact):
        """Area of a contact on the grid in m² (a uniform axis without length counts 1 m)."""
        return math.prod(
            (last - first) * self.grid.spacing(a) for a, (first, last) in self.contact_cells(contact).items()
        )

    def replace(self, **tables):
        """A new, checked case with some top-level entries replaced."""
        other = Case(**{**self.resolved(), **tables})
        other._source = self._source
        return other

    def resolved(self):
        """The whole case with defaults filled in, in SI, as JSON-able data that `Case(**…)` takes back ("inf")."""
        return _plain(self.model_dump(exclude_none=True, by_alias=True))

    def error(self, problems):
        """A `CaseError` about this case, naming its file, for mistakes that show only later."""
        return CaseError(problems, self._source)

    def toml(self):
        """The text the case was read from, or a TOML text that says the same if it was built in Python."""
        if self._text is not None:
            return self._text
        return "".join(f"{_key(key)} = {_toml(value)}\n" for key, value in self.resolved().items())

    @property
    def sha256(self):
        """Hexadecimal SHA-256 of `toml()`."""
        return hashlib.sha256(self.toml().encode()).hexdigest()


def load_case(path):
    """Read and check a case file.

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
    raw = Path(path).read_bytes()
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise CaseError(f"is not UTF-8 text (byte {error.start}); save it as UTF-8", path) from None
    return parse_case(text, path)


def parse_case(text, source=None):
    """The case in a TOML text, which it keeps; errors as in `load_case`, naming `source`."""
    try:
        case = Case(**tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CaseError(f"is not valid TOML: {error}", source) from None
    except CaseError as error:
        raise CaseError(error.problems, source) from None
    case._text, case._source = text, source and str(source)
    return case


def _plain(value):
    match value:
        case dict():
            return {key: _plain(entry) for key, entry in value.items()}
        case list() | tuple():
            return [_plain(entry) for entry in value]
        case float() if math.isinf(value):
            return "inf" if value > 0 else "-inf"
    return value


def _key(key):
    return json.dumps(key, ensure_ascii=False)


def _toml(value):
    match value:
        case dict():
            return "{ " + ", ".join(f"{_key(key)} = {_toml(entry)}" for key, entry in value.items()) + " }"
        case list():
            return "[" + ", ".join(_toml(entry) for entry in value) + "]"
    return json.dumps(value, ensure_ascii=False)
