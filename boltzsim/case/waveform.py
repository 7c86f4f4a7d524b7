"""Drives of a contact in time: a factor on its current, voltage and spin_voltage."""

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from boltzsim.case.fields import Angle, Frequency, Instant, InstantOrNever, Instants, Real, Reals, Table


class Switch(Table):
    """The drive is on from `on` (included) until `off` (excluded)."""

    kind: Literal["switch"] = Field(description="on and off", examples=['kind = "switch"'])
    on: Instant = Field("0 s", description="the drive starts here")
    off: InstantOrNever = Field("inf", description="the drive ends here")

    def factor(self, t: float) -> float:
        """Factor on the contact's drive just after t (s)."""
        return 1.0 if self.on <= t < self.off else 0.0

    def events(self, end: float) -> list[float]:
        """Times in (0, end) at which the factor or its slope jumps."""
        return [t for t in (self.on, self.off) if 0 < t < end]


class Sinusoid(Table):
    """The factor is offset + sin(2π frequency t + phase)."""

    kind: Literal["sinusoid"] = Field(description="oscillation", examples=['kind = "sinusoid"'])
    frequency: Frequency = Field(description="oscillations per time", examples=['frequency = "0.5 THz"'])
    phase: Angle = Field(0.0, description="phase at t = 0")
    offset: Real = Field(0.0, description="constant part of the factor")

    def factor(self, t: float) -> float:
        """Factor on the contact's drive at t (s)."""
        return self.offset + math.sin(2 * math.pi * self.frequency * t + self.phase)

    def events(self, end: float) -> list[float]:
        """Times in (0, end) at which the factor or its slope jumps: none."""
        return []


class Samples(Table):
    """The factor is linear between the times of a table and constant outside."""

    kind: Literal["table"] = Field(description="samples", examples=['kind = "table"'])
    time: Instants = Field(description="increasing times", examples=['time = ["0 s", "1 ps"]'])
    factors: Reals = Field(alias="factor", description="factor at each time", examples=["factor = [0.0, 1.0]"])

    def factor(self, t: float) -> float:
        """Factor on the contact's drive at t (s)."""
        return float(np.interp(t, self.time, self.factors))

    def events(self, end: float) -> list[float]:
        """Times in (0, end) at which the factor or its slope jumps."""
        return [t for t in self.time if 0 < t < end]


Waveform = Annotated[Switch | Sinusoid | Samples, Field(discriminator="kind")]
