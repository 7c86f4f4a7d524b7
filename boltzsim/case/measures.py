"""What is recorded in every step of a transient run, and the numbers that are drawn from a solution."""

from typing import Annotated, Literal

from pydantic import Field

from boltzsim.case.fields import AxisName, Table, Text, number, quantity
from boltzsim.case.tables import Box

Component = Literal["charge", "x", "y", "z"]


class Fourier(Table):
    """2 ⟨n cos(2π periods r/length + phase)⟩ over the box, the mean for periods = 0."""

    name: Text = Field(description="name in measures and results", examples=['name = "grating"'])
    kind: Literal["fourier"]
    axis: AxisName = Field(description="gridded axis of the wave vector", examples=['axis = "z"'])
    periods: number(0, closed="[)") = Field(1.0, description="waves in the length of the box, a multiple of 0.5")
    phase: quantity("angle") = 0.0


class Mean(Table):
    """Mean of n over a part of the box."""

    name: Text = Field(description="name in measures and results", examples=['name = "middle"'])
    kind: Literal["mean"]
    box: Box = Field(default_factory=Box, description="whole box if omitted; ends snap to the nearest cell edges")


Observe = Annotated[Fourier | Mean, Field(discriminator="kind")]


class Nonlocal(Table):
    """Non-local resistance of a steady run: (V_detector - V_reference) / I_injector."""

    kind: Literal["nonlocal"]
    injector: Text = Field(description="contact whose current divides", examples=['injector = "injector"'])
    detector: Text = Field(description="contact whose voltage is read", examples=['detector = "detector"'])
    reference: Text = Field(description="contact its voltage is counted from", examples=['reference = "right"'])


class Decay(Table):
    """Slowest rate of the exponential decay of an observed signal."""

    kind: Literal["decay"]
    signal: Text = Field(description="name of an [[observe]] entry", examples=['signal = "grating"'])
    component: Component = Field(description="part of the signal", examples=['component = "z"'])
    start: quantity("time", 0, closed="[)") = Field("0 s", alias="from", description="fit from this time on")


class Arrival(Table):
    """Time at which a signal is largest in magnitude."""

    kind: Literal["arrival"]
    signal: Text = Field(
        description="name of an [[observe]] entry, or of a contact: its voltage, with detect_spin the difference "
        "between its two directions",
        examples=['signal = "detector"'],
    )
    component: Component | None = Field(None, description="part of an observed signal", examples=['component = "z"'])


Measure = Annotated[Nonlocal | Decay | Arrival, Field(discriminator="kind")]
