"""The tables of a case together, with the geometry and the contacts that follow from them.

Values are SI floats after reading. Nothing here asks whether the entries fit together: `boltzsim.case.case` does.
"""

import math
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import Field, PrivateAttr

from boltzsim.axes import AXES
from boltzsim.case import cells, words
from boltzsim.case.boundaries import Contact, Interface, Walls
from boltzsim.case.fields import Table, Text
from boltzsim.case.grading import graded
from boltzsim.case.grid import GridTable
from boltzsim.case.measures import Fourier, MeasureEntry, Observe
from boltzsim.case.paths import replaced
from boltzsim.case.shapes import Region
from boltzsim.case.tables import (
    Angles,
    DrivingField,
    MagneticField,
    Material,
    Physics,
    Series,
    Solver,
)
from boltzsim.case.temperature import Thermal
from boltzsim.case.time import Initial, Time
from boltzsim.errors import CaseError
from boltzsim.material import barrier


class Description(Table):
    """Device, contacts, drive, numerics and measures, each entry checked by itself."""

    title: Text = Field("", description="title of tables and figures")
    given_material: dict[str, Material] = Field(
        alias="material", description="metals by name; the first one fills the box", examples=["[material.alloy]"]
    )
    given_grid: GridTable = Field(
        alias="grid",
        description="the box and its cells",
        examples=['[grid] with x = { length = "400 nm", cells = 160 }'],
    )
    region: tuple[Region, ...] = Field(
        (), description="parts of the box with another material or none; later ones overwrite earlier ones"
    )
    walls: Walls = Field(default_factory=Walls, description="faces without contacts")
    interface: tuple[Interface, ...] = Field((), description="barriers between metals, or inside one")
    given_contact: tuple[Contact, ...] = Field((), alias="contact", description="reservoirs on exposed faces of metal")
    field: MagneticField = Field(default_factory=MagneticField, description="magnetic field")
    drive: DrivingField = Field(default_factory=DrivingField, description="electric field")
    angles: Angles = Field(default_factory=Angles, description="ordinates on the Fermi sphere")
    physics: Physics = Field(default_factory=Physics, description="terms that are kept")
    solver: Solver = Field(default_factory=Solver, description="iteration control")
    temperature: Thermal | None = Field(None, description="temperature of the carriers; absolute zero if omitted")
    time: Time | None = Field(None, description="makes the run transient")
    initial: Initial | None = Field(None, description="state at t = 0; equilibrium if omitted")
    observe: tuple[Observe, ...] = Field((), description="recorded in every step of a transient run")
    measure: tuple[MeasureEntry, ...] = Field((), description="evaluated after the solve, stored and printed")
    series: Series = Field(
        default_factory=dict, description="axes of a family of this case for `boltzsim series`; `run` leaves them out"
    )

    _text: str | None = PrivateAttr(None)
    _source: str | None = PrivateAttr(None)

    @property
    def kelvin(self) -> float:
        """Temperature of the carriers in K, 0 where the case has none."""
        return 0.0 if self.temperature is None else self.temperature.T

    @cached_property
    def material(self) -> dict[str, Material]:
        """The metals by name, their hosts at the temperature of the case."""
        return {name: metal.at(self.kelvin) for name, metal in self.given_material.items()}

    @property
    def metal(self) -> Material:
        """The first material, which fills the box and sets the units of the discrete equation."""
        return next(iter(self.material.values()))

    @cached_property
    def grid(self) -> GridTable:
        """The box with the sizes of its cells; a periodic axis of one cell beside others counts as uniform."""
        given = self.given_grid
        once = [axis for axis in given.axes if axis in self.walls.periodic and given.cells(axis) == 1]
        uniform = once if len(once) < len(given.axes) else once[1:]
        found = given.model_copy(update={a: getattr(given, a).model_copy(update={"cells": None}) for a in uniform})
        return graded(self, found)

    @cached_property
    def contact(self) -> tuple[Contact, ...]:
        """The contacts, each with its transmission, which may have been given as a resistance-area product."""
        return tuple(map(self._with_transmission, self.given_contact))

    def _with_transmission(self, contact: Contact) -> Contact:
        if contact.resistance_area is None:
            return contact
        found = barrier.transmission(self.metal_at(contact), contact.resistance_area, contact.polarization)
        return contact.model_copy(update={"transmission": found})

    def contact_named(self, name: str) -> Contact:
        """The contact of a name.

        Raises
        ------
        KeyError
            If there is none.
        """
        for contact in self.contact:
            if contact.name == name:
                return contact
        raise KeyError(name)

    @property
    def degree(self) -> int:
        """Highest l of the moments over all materials."""
        return max(material.degree for material in self.material.values())

    @property
    def observed(self) -> tuple[Observe, ...]:
        """Signals of every step: `observe`, and a grating's own amplitude if no Fourier component is asked for."""
        start = self.initial
        if start is None or start.kind != "grating" or any(entry.kind == "fourier" for entry in self.observe):
            return self.observe
        return (
            *self.observe,
            Fourier(name="grating", kind="fourier", axis=start.axis, periods=start.periods, phase=start.phase),
        )

    @property
    def magnetic_states(self) -> tuple[str | None, ...]:
        """The contacts reversed one at a time: None for none, then the names of those with `detect_spin`."""
        return (None, *(contact.name for contact in self.contact if contact.detect_spin))

    @cached_property
    def _material_index(self) -> np.ndarray:
        return cells.material_index(self)

    def material_index(self) -> np.ndarray:
        """The material of each cell, as an index into `list(case.material)`, -1 where there is none; (nz, ny, nx)."""
        return self._material_index

    @property
    def is_box(self) -> bool:
        """Whether one metal fills the box and contacts lie on its ends: nothing has to be found out cell by cell."""
        return not (self.region or self.interface or any(contact.at is not None for contact in self.given_contact))

    @cached_property
    def interfaces(self) -> tuple[cells.InterfaceFaces, ...]:
        """The faces of all interfaces; a later interface takes the faces of earlier ones."""
        return tuple(cells.interface_faces(self)) if self.interface else ()

    def metal_at(self, contact: Contact) -> Material:
        """The metal behind a contact; the first of the case if there is none."""
        if self.is_box:
            return self.metal
        behind = self.material_index().ravel()[cells.contact_faces(self, contact).cells]
        return list(self.material.values())[behind[0]] if len(behind) else self.metal

    def beside(self, file: str) -> Path:
        """Path of a file named in the case: relative to the folder of the case's own file, if it has one."""
        return Path(self._source or "").parent / file

    def contact_cells(self, contact: Contact) -> dict[str, tuple[int, int]]:
        """Cells behind the span of a contact: dict of the two axes along its face to (first, last), `last` excluded."""
        return {a: self.grid.cell_range(a, getattr(contact.span, a)) for a in AXES if a != contact.normal}

    def contact_area(self, contact: Contact) -> float:
        """Area of the metal under a contact, on the grid, in m² (a uniform axis without length counts 1 m)."""
        if not self.is_box:
            return float(self.grid.areas(contact.normal).ravel()[cells.contact_faces(self, contact).cells].sum())
        ends = ((self.grid.edges(a)[[*stretch]]) for a, stretch in self.contact_cells(contact).items())
        return math.prod(float(last - first) for first, last in ends)

    def replace(self, **tables: Any) -> Self:
        """A new, checked case with some top-level entries replaced."""
        other = type(self)(**{**self.resolved(), **tables})
        other._source = self._source
        return other

    def with_(self, **values: Any) -> Self:
        """A new, checked case with the values at some paths replaced.

        Parameters
        ----------
        **values
            Value by path, for example ``case.with_(**{"contact.detector.span.x": ["300 nm", "400 nm"]})``. A path is
            written as in a series: keys, names or numbers of list entries, and x, y, z of a vector.

        Raises
        ------
        CaseError
            If a path leads nowhere, or the new case is impossible.
        """
        tables = self.resolved()
        for path, value in values.items():
            tables = replaced(tables, path, value)
        other = type(self)(**tables)
        other._source = self._source
        return other

    def resolved(self) -> dict[str, Any]:
        """The whole case with defaults filled in, in SI, as JSON-able data that `Case(**…)` takes back ("inf").

        Quantities stand as they were given: a resistivity, say, rather than the relaxation time that follows from it.
        """
        tables: dict[str, Any] = _plain(self.model_dump(exclude_none=True, by_alias=True))
        for barriers in tables["contact"], tables["interface"]:
            for entry in barriers:
                if "resistance_area" in entry:
                    del entry["transmission"]
        return tables

    def __repr__(self) -> str:
        return words.case_line(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return words.case_table(self)

    def error(self, problems: str | Iterable[str]) -> CaseError:
        """A `CaseError` about this case, naming its file, for mistakes that show only later."""
        return CaseError(problems, self._source)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(entry) for key, entry in value.items()}
        case list() | tuple():
            return [_plain(entry) for entry in value]
        case float() if math.isinf(value):
            return "inf" if value > 0 else "-inf"
    return value
