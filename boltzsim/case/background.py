"""Tables of the host: times between its collisions, constant, tabulated over temperature, or those of phonons.

background = { tau_p = "20 fs", tau_sf = "5 ps" }
background.table = { T = ["4 K", "77 K", "300 K"], tau_p = ["60 fs", "45 fs", "19 fs"] }    # or { file = "host.csv" }
background.phonons = { debye_temperature = "315 K", room_resistivity = "2.5 uOhm cm", elliott_yafet = 1e-3 }
"""

import math
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import Field, ValidationInfo, model_validator

from boltzsim.case.columns import Columns, read_columns
from boltzsim.case.fields import (
    Fraction,
    Lifetime,
    Lifetimes,
    PositiveTemperature,
    ResidualResistivity,
    Resistivity,
    Table,
    Temperatures,
    Text,
    written,
)
from boltzsim.case.messages import shown
from boltzsim.errors import CaseError
from boltzsim.material.phonons import ROOM, bloch_gruneisen, collision_rate

TIMES = ("tau_p", "tau_sf", "tau_ex")


class Phonons(Table):
    """Scattering by phonons after Bloch and Grüneisen on top of a residual resistivity, both relaxing spins.

    The resistivities are those of the host without the impurities of the case.
    """

    debye_temperature: PositiveTemperature = Field(
        description="Θ: ρ - ρ_0 rises as T⁵ far below it and as T far above",
        examples=['debye_temperature = "315 K"'],
    )
    residual_resistivity: ResidualResistivity = Field(
        written("0 uOhm cm"), description="ρ_0, which defects leave at absolute zero"
    )
    room_resistivity: Resistivity = Field(
        description="ρ at 300 K, residual part included", examples=['room_resistivity = "2.5 uOhm cm"']
    )
    elliott_yafet: Fraction = Field(
        0.0, description="τ/τ_s of collisions with phonons, τ_s the spin relaxation time; twice the chance of a flip"
    )
    residual_elliott_yafet: Fraction | None = Field(
        None, description="the same ratio of the residual collisions; elliott_yafet if omitted"
    )

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.room_resistivity < self.residual_resistivity:
            raise ValueError(
                f"room_resistivity = '{self.room_resistivity * 1e8:.4g} uOhm cm' is below residual_resistivity = "
                f"'{self.residual_resistivity * 1e8:.4g} uOhm cm', but phonons only add to it; raise the one or lower "
                f"the other"
            )
        return self

    def resistivities(self, temperature: float) -> tuple[float, float]:
        """Residual part and that of the phonons in Ω m."""
        share = bloch_gruneisen(temperature, self.debye_temperature) / bloch_gruneisen(ROOM, self.debye_temperature)
        return self.residual_resistivity, (self.room_resistivity - self.residual_resistivity) * share

    def rates(self, material: Any, temperature: float) -> dict[str, float]:
        """Rates in 1/s that go with `tau_p` and `tau_sf`, together the rate of all collisions."""
        residual, phonons = (collision_rate(material, one) for one in self.resistivities(temperature))
        own = self.elliott_yafet if self.residual_elliott_yafet is None else self.residual_elliott_yafet
        flips = own * residual + self.elliott_yafet * phonons
        return {"tau_p": residual + phonons - flips, "tau_sf": flips}


class HostTable(Table):
    """Times of the host at some temperatures; between them rates are interpolated linearly."""

    file: Text | None = Field(
        None,
        description="text file with the columns T, tau_p, tau_sf, tau_ex (as far as they are there) and their units in "
        "its header, relative to the folder of the case file; or give the lists below",
        examples=['file = "host.csv"'],
    )
    T: Temperatures | None = Field(
        None, description="rising temperatures; as read from the file, which results keep and do not read again"
    )
    tau_p: Lifetimes | None = Field(None, description="momentum relaxation time at each of them")
    tau_sf: Lifetimes | None = Field(None, description="spin-flip time at each of them")
    tau_ex: Lifetimes | None = Field(None, description="time between collisions with local moments at each of them")

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> Self:
        if self.file is not None and self.T is None:
            path = (info.context or {}).get("folder", Path()) / self.file
            try:
                found = _lists(read_columns(path))
            except CaseError as error:
                raise ValueError(f"file = {shown(self.file)} {error.problems[0]}") from None
            except OSError as error:
                raise ValueError(f"file = {shown(self.file)} cannot be read: {error.strerror}") from None
            try:
                read = HostTable(**found)
            except CaseError as error:
                raise ValueError(f"file = {shown(self.file)} has a bad column: {error.problems[0]}") from None
            for key in found:
                object.__setattr__(self, key, getattr(read, key))
        if self.T is None:
            raise ValueError('T is missing; give for example T = ["4 K", "300 K"], or file = "host.csv"')
        if not self.times:
            raise ValueError(f"T stands alone; give {' or '.join(TIMES)} at each of its temperatures")
        for key, values in self.times.items():
            if len(values) != len(self.T):
                raise ValueError(
                    f"{key} has {len(values)} values for the {len(self.T)} temperatures of T; give one for each"
                )
        return self

    @property
    def times(self) -> dict[str, tuple[float, ...]]:
        """The lists of times that are there, by key."""
        return {key: getattr(self, key) for key in TIMES if getattr(self, key) is not None}

    def rates(self, temperature: float) -> dict[str, float]:
        """Rates in 1/s by the key of their time.

        Raises
        ------
        ValueError
            Outside the table.
        """
        assert self.T is not None
        if not self.T[0] <= temperature <= self.T[-1]:
            raise ValueError(
                f"table covers {self.T[0]:g} K to {self.T[-1]:g} K, but the temperature is {temperature:g} K; set "
                f"temperature.T within it, or extend the table"
            )
        return {
            key: float(np.interp(temperature, self.T, [1 / one for one in values]))
            for key, values in self.times.items()
        }


class Background(Table):
    """Scattering in the host, isotropic, beside that of the impurities; table and phonons vary with temperature."""

    tau_p: Lifetime = Field(written("inf"), description="momentum relaxation time")
    tau_sf: Lifetime = Field(written("inf"), description="spin-flip time; a flip also randomises momentum")
    tau_ex: Lifetime = Field(
        written("inf"),
        description="time between collisions with paramagnetic local moments, which flip the spin in two of three; for "
        "temperatures far above that at which the moments are screened, where it hardly varies",
    )
    table: HostTable | None = Field(None, description="times over temperature, from a file or in lists")
    phonons: Phonons | None = Field(None, description="resistivity by phonons, in place of tau_p and tau_sf")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        given = {key: [key] for key in TIMES if key in self.model_fields_set and math.isfinite(getattr(self, key))}
        for key in self.table.times if self.table else ():
            given.setdefault(key, []).append(f"table.{key}")
        for key in ("tau_p", "tau_sf") if self.phonons else ():
            given.setdefault(key, []).append("phonons")
        for ways in given.values():
            if len(ways) > 1:
                raise ValueError(f"{' and '.join(ways)} give one rate twice; keep one of them")
        return self

    @property
    def varies(self) -> bool:
        """Whether the times depend on the temperature."""
        return self.table is not None or self.phonons is not None

    def at(self, material: Any, temperature: float) -> "Background":
        """The host at a temperature in K, by its times alone.

        Parameters
        ----------
        material : object
            With `k_F` and `mass`.
        temperature : float

        Raises
        ------
        ValueError
            If the table does not reach there.
        """
        rates = {key: 1 / getattr(self, key) for key in TIMES}
        rates |= self.table.rates(temperature) if self.table else {}
        rates |= self.phonons.rates(material, temperature) if self.phonons else {}
        return Background(**{key: 1 / rate if rate > 0 else math.inf for key, rate in rates.items()})


def _lists(columns: Columns) -> dict[str, list[float]]:
    """The columns of a file of times in SI."""
    found = {"T": columns.read("T", "temperature", "the temperature")}
    for key in TIMES:
        if key.lower() in map(str.lower, columns.values):
            found[key] = columns.read(key, "time", "a time of the host")
    return {key: values.tolist() for key, values in found.items()}
