"""Entries of [[observe]], signals of every step of a transient run, and of [[measure]], numbers of a solution."""

from typing import Annotated, Literal

from pydantic import Field

from boltzsim.case.fields import Angle, AxisName, NotNegative, NotNegativeTime, Table, Text, written
from boltzsim.case.shapes import Box

Component = Literal["charge", "x", "y", "z"]


class Fourier(Table):
    """Amplitude of a wave in the box: 2 ⟨n cos(2π periods r/length + phase)⟩, and the mean for periods = 0."""

    name: Text = Field(description="name in measures and results", examples=['name = "grating"'])
    kind: Literal["fourier"] = Field(description="amplitude of a wave", examples=['kind = "fourier"'])
    axis: AxisName = Field(description="gridded axis of the wave vector", examples=['axis = "z"'])
    periods: NotNegative = Field(1.0, description="waves in the length of the box, a multiple of 0.5")
    phase: Angle = Field(0.0, description="phase of the cosine at the lower end of the axis")


class Mean(Table):
    """Mean of n over a part of the box."""

    name: Text = Field(description="name in measures and results", examples=['name = "middle"'])
    kind: Literal["mean"] = Field(description="mean over a part of the box", examples=['kind = "mean"'])
    box: Box = Field(default_factory=Box, description="whole box if omitted; ends snap to the nearest cell edges")


Observe = Annotated[Fourier | Mean, Field(discriminator="kind")]


class NonlocalMeasure(Table):
    """Resistance of a steady run, (V_detector - V_reference) / I_injector; detector = injector makes it local."""

    kind: Literal["nonlocal"] = Field(description="resistance of a steady run", examples=['kind = "nonlocal"'])
    injector: Text = Field(description="contact whose current divides", examples=['injector = "injector"'])
    detector: Text = Field(description="contact whose voltage is read", examples=['detector = "detector"'])
    reference: Text = Field(description="contact its voltage is counted from", examples=['reference = "right"'])


class DecayMeasure(Table):
    """Slowest rate of the exponential decay of an observed signal."""

    kind: Literal["decay"] = Field(description="decay rate in a transient run", examples=['kind = "decay"'])
    signal: Text = Field(description="name of an [[observe]] entry", examples=['signal = "grating"'])
    component: Component = Field(description="part of the signal", examples=['component = "z"'])
    start: NotNegativeTime = Field(written("0 s"), alias="from", description="fit from this time on")


class ArrivalMeasure(Table):
    """Time at which a signal is largest in magnitude; not known where that is the end of the run."""

    kind: Literal["arrival"] = Field(description="arrival time in a transient run", examples=['kind = "arrival"'])
    signal: Text = Field(
        description="name of an [[observe]] entry, or of a contact: its voltage, with detect_spin the difference "
        "between its two directions",
        examples=['signal = "detector"'],
    )
    component: Component | None = Field(None, description="part of an observed signal", examples=['component = "z"'])


MeasureEntry = Annotated[NonlocalMeasure | DecayMeasure | ArrivalMeasure, Field(discriminator="kind")]
