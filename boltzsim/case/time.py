"""The tables that make a case transient: its duration, and its initial state."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from boltzsim.case.fields import (
    Angle,
    AxisName,
    Duration,
    Flag,
    Frames,
    Length,
    OpenFraction,
    Positive,
    PositiveLength,
    Table,
    Text,
    Voltage,
    Voltages,
)


class Time(Table):
    """Makes a run transient: from t = 0 to `end`."""

    end: Duration = Field(description="the run ends here", examples=['end = "20 ps"'])
    step: Duration | None = Field(None, description="constant step; omitted: chosen to keep the tolerance")
    tolerance: OpenFraction = Field(1e-5, description="error per step relative to the solution, without `step`")
    first_step: Duration | None = Field(None, description="first step that is tried, where steps are chosen")
    frames: Frames = Field(20, description="times at which fields are kept: how many, equally spaced, or a list")
    keep_state: Flag = Field(False, description="keep the angular distribution, so that another case can start from it")

    def frame_times(self) -> np.ndarray:
        """Times at which the fields are kept in s: 0, those asked for, the end; increasing, shape (m,)."""
        if isinstance(self.frames, int):
            return np.linspace(0.0, self.end, self.frames + 1)
        return np.unique([0.0, *self.frames, self.end])


class Shift(Table):
    """Amplitudes of an isotropic shift."""

    charge: Voltage = Field(0.0, description="amplitude of the charge potential")
    spin: Voltages = Field((0.0, 0.0, 0.0), description="amplitude of the spin potential")


class Uniform(Shift):
    """The same isotropic shift everywhere."""

    kind: Literal["uniform"] = Field(description="the same shift everywhere", examples=['kind = "uniform"'])


class Grating(Shift):
    """An isotropic shift × cos(2π periods r/length + phase)."""

    kind: Literal["grating"] = Field(description="a standing wave", examples=['kind = "grating"'])
    axis: AxisName = Field(description="gridded axis of the wave vector", examples=['axis = "z"'])
    periods: Positive = Field(1.0, description="waves in the length of the box, a multiple of 0.5")
    phase: Angle = Field(0.0, description="phase of the cosine at the lower end of the axis")


class Place(Table):
    """Coordinates of a point; only the axes given count."""

    x: Length | None = Field(None, description="coordinate along x")
    y: Length | None = Field(None, description="coordinate along y")
    z: Length | None = Field(None, description="coordinate along z")


class Extent(Table):
    """Widths along the axes given."""

    x: PositiveLength | None = Field(None, description="length along x")
    y: PositiveLength | None = Field(None, description="length along y")
    z: PositiveLength | None = Field(None, description="length along z")


class Packet(Shift):
    """An isotropic shift × exp(-½ Σ ((r - centre)/width)²) over the axes given."""

    kind: Literal["packet"] = Field(description="a Gaussian packet", examples=['kind = "packet"'])
    centre: Place = Field(description="middle of the packet", examples=['centre = { x = "100 nm" }'])
    width: Extent = Field(description="standard deviation", examples=['width = { x = "10 nm" }'])


class Previous(Table):
    """The angular distribution at the end of an earlier run that kept it (`keep_state`), or of a steady one."""

    kind: Literal["result"] = Field(description="the end of an earlier run", examples=['kind = "result"'])
    file: Text = Field(description="relative to the case file's folder", examples=['file = "steady.h5"'])


Initial = Annotated[Uniform | Grating | Packet | Previous, Field(discriminator="kind")]
