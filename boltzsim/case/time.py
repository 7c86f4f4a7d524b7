"""The tables that make a case transient: how long it runs and where it starts."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from boltzsim.case.fields import AxisName, Flag, Table, Text, count_or_increasing, number, quantity, vector


class Time(Table):
    """Makes a run transient: from t = 0 to `end`."""

    end: quantity("time", 0) = Field(description="the run ends here", examples=['end = "20 ps"'])
    step: quantity("time", 0) | None = Field(None, description="constant step; omitted: chosen to keep the tolerance")
    tolerance: number(0, 1) = Field(1e-5, description="error per step relative to the solution, without `step`")
    first_step: quantity("time", 0) | None = Field(None, description="where the choice of steps starts")
    frames: count_or_increasing("time") = Field(
        20, description="times at which fields are kept: how many, equally spaced, or a list"
    )
    keep_state: Flag = Field(False, description="keep the angular distribution, so that another case can start from it")

    def frame_times(self):
        """Times at which the fields are kept in s: 0, those asked for, the end; increasing, shape (m,)."""
        if isinstance(self.frames, int):
            return np.linspace(0.0, self.end, self.frames + 1)
        return np.unique([0.0, *self.frames, self.end])


class Shift(Table):
    """Amplitudes of an isotropic shift."""

    charge: quantity("voltage") = Field("0 V", description="amplitude of the charge potential")
    spin: vector("voltage") = Field((0.0, 0.0, 0.0), description="amplitude of the spin potential")


class Uniform(Shift):
    """The same isotropic shift everywhere."""

    kind: Literal["uniform"]


class Grating(Shift):
    """An isotropic shift × cos(2π periods r/length + phase)."""

    kind: Literal["grating"]
    axis: AxisName = Field(description="gridded axis of the wave vector", examples=['axis = "z"'])
    periods: number(0) = Field(1.0, description="waves in the length of the box, a multiple of 0.5")
    phase: quantity("angle") = 0.0


class Place(Table):
    """Coordinates along some axes."""

    x: quantity("length") | None = None
    y: quantity("length") | None = None
    z: quantity("length") | None = None


class Extent(Table):
    """Lengths along some axes."""

    x: quantity("length", 0) | None = None
    y: quantity("length", 0) | None = None
    z: quantity("length", 0) | None = None


class Packet(Shift):
    """An isotropic shift × exp(-½ Σ ((r - centre)/width)²) over the axes given."""

    kind: Literal["packet"]
    centre: Place = Field(examples=['centre = { x = "100 nm" }'])
    width: Extent = Field(description="standard deviation", examples=['width = { x = "10 nm" }'])


class Previous(Table):
    """The angular distribution a result with `keep_state`, or a steady one, ended with."""

    kind: Literal["result"]
    file: Text = Field(description="relative to the case file's folder", examples=['file = "steady.h5"'])


Initial = Annotated[Uniform | Grating | Packet | Previous, Field(discriminator="kind")]
