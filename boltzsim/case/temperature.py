"""Table of the temperature of the carriers."""

from typing import Literal

from pydantic import Field

from boltzsim.case.fields import Count, OpenFraction, Table, Temperature


class Thermal(Table):
    """A device at a temperature: impurities on resonance scatter each energy differently."""

    T: Temperature = Field(description="temperature of carriers and reservoirs", examples=['T = "4.2 K"'])
    carriers: Literal["elastic", "thermalised"] = Field(
        "elastic",
        description="elastic: each energy crosses the device on its own; thermalised: carriers exchange energy much "
        "faster than they cross it, and all feel the mean of the collisions",
    )
    tolerance: OpenFraction = Field(
        1e-3,
        description="largest relative change that more energies make to voltages between contacts, and to what "
        "reversing a contact changes in them",
    )
    max_energies: Count = Field(127, description="energies (each a solve of its own) before giving up")
