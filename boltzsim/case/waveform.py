"""What drives a contact in time: a factor on its current, voltage and spin_voltage."""

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from boltzsim.case.fields import Table, increasing, number, numbers, quantity


class Switch(Table):
    """On from `on` (included) until `off` (excluded)."""

    kind: Literal["switch"]
    on: quantity("time") = "0 s"
    off: quantity("time", closed="(]") = "inf"

    def factor(self, t):
        """Factor on the contact's drive just after t (s)."""
        return 1.0 if self.on <= t < self.off else 0.0

    def events(self, end):
        """Times in (0, end) at which the factor or its slope jumps."""
        return [t for t in (self.on, self.off) if 0 < t < end]


class Sinusoid(Table):
    """offset + sin(2π frequency t + phase)."""

    kind: Literal["sinusoid"]
    frequency: quantity("frequency", 0) = Field(examples=['frequency = "0.5 THz"'])
    phase: quantity("angle") = 0.0
    offset: number() = 0.0

    def factor(self, t):
        """Factor on the contact's drive at t (s)."""
        return self.offset + math.sin(2 * math.pi * self.frequency * t + self.phase)

    def events(self, end):
        """Times in (0, end) at which the factor or its slope jumps: none."""
        return []


class Samples(Table):
    """Linear between the times of a table, constant outside."""

    kind: Literal["table"]
    time: increasing("time") = Field(examples=['time = ["0 s", "1 ps"]'])
    factors: numbers() = Field(alias="factor", description="one for each time", examples=["factor = [0.0, 1.0]"])

    def factor(self, t):
        """Factor on the contact's drive at t (s)."""
        return float(np.interp(t, self.time, self.factors))

    def events(self, end):
        """Times in (0, end) at which the factor or its slope jumps."""
        return [t for t in self.time if 0 < t < end]


Waveform = Annotated[Switch | Sinusoid | Samples, Field(discriminator="kind")]
