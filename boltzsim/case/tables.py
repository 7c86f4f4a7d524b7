"""The tables of a case file: their keys, defaults and ranges, and the little geometry that follows from them."""

from typing import Any, Literal

import numpy as np
from pydantic import Field

from boltzsim.axes import AXES
from boltzsim.case.fields import AxisName, Direction, Flag, Stretch, Table, Text, number, quantity, vector, whole
from boltzsim.case.waveform import Waveform

Channel = Literal["s1/2", "p1/2", "p3/2", "d3/2", "d5/2", "f5/2", "f7/2"]
Face = Literal["x_min", "x_max", "y_min", "y_max", "z_min", "z_max"]
Fraction = number(0, 1, "[]")


class Impurity(Table):
    """One species of impurity: its concentration and its phase shifts at the Fermi energy."""

    name: Text = Field("impurity", description="name in tables and messages")
    concentration: number(0, 1) = Field(
        description="x = n_im / n_c, impurities per carrier", examples=["concentration = 0.02"]
    )
    channels: dict[Channel, quantity("angle")] = Field(
        description="phase shift of each channel at the Fermi energy",
        examples=['channels = { "s1/2" = 0.1, "p1/2" = 1.57, "p3/2" = 0.05 }'],
    )


class Background(Table):
    """Scattering in the host."""

    tau_p: quantity("time", 0, closed="(]") = Field("inf", description="momentum relaxation time")
    tau_sf: quantity("time", 0, closed="(]") = Field(
        "inf", description="spin-flip time; a flip also randomises momentum"
    )


class Material(Table):
    """A metal with a spherical Fermi surface and its scatterers."""

    k_F: quantity("wave number", 0) = Field(description="Fermi wave number", examples=['k_F = "13.6 1/nm"'])
    mass: number(0) = Field(1.0, description="effective mass / electron mass")
    impurity: tuple[Impurity, ...] = Field((), description="species of impurities")
    background: Background = Field(default_factory=Background, description="host scattering")

    @property
    def degree(self):
        """Highest l of the moments that scattering reads and writes: 2 l_max of the channels, at least 2."""
        channels = [channel for impurity in self.impurity for channel in impurity.channels]
        return max([2, *(2 * "spdf".index(channel[0]) for channel in channels)])


class Axis(Table):
    """One direction of the box; uniform where it has no cells."""

    length: quantity("length", 0) | None = Field(None, description="length; of a uniform axis: omitted for 'per metre'")
    cells: whole(1) | None = Field(None, description="number of equal cells; omitted for a uniform axis")


class Grid(Table):
    """The box [0, length] along x, y, z with equal cells along one, two or three of them."""

    x: Axis = Field(default_factory=Axis)
    y: Axis = Field(default_factory=Axis)
    z: Axis = Field(default_factory=Axis)

    @property
    def axes(self):
        """Names of the gridded axes, in the order x, y, z."""
        return tuple(name for name in AXES if self.cells(name, uniform=None))

    @property
    def shape(self):
        """Cells (nz, ny, nx); 1 along uniform axes."""
        return tuple(self.cells(name) for name in reversed(AXES))

    def cells(self, axis, uniform=1):
        """Number of cells along an axis, `uniform` where it has none."""
        return getattr(self, axis).cells or uniform

    def length(self, axis):
        """Length in m; 1 m for a uniform axis without length, which turns totals into totals per metre."""
        return getattr(self, axis).length or 1.0

    def spacing(self, axis):
        """Cell size in m."""
        return self.length(axis) / self.cells(axis)

    def edges(self, axis):
        """Cell edges in m, shape (cells + 1,)."""
        return np.linspace(0.0, self.length(axis), self.cells(axis) + 1)

    def cell_range(self, axis, stretch=None):
        """Cells [first, last) between the edges nearest to a stretch in m; all of them without one."""
        if stretch is None:
            return 0, self.cells(axis)
        return tuple(min(max(round(end / self.spacing(axis)), 0), self.cells(axis)) for end in stretch)


class Box(Table):
    """A part of the box: [from, to] along some axes, everything along the others."""

    x: Stretch | None = None
    y: Stretch | None = None
    z: Stretch | None = None

    @property
    def stretches(self):
        """The stretches that are given, as a dict of axis to (from, to) in m."""
        return {name: getattr(self, name) for name in AXES if getattr(self, name) is not None}


class Region(Table):
    """A box of another material."""

    material: Text = Field(description="name of a [material.…] table", examples=['material = "alloy"'])
    box: Box = Field(default_factory=Box, description="whole box if omitted; ends snap to the nearest cell edges")


class Walls(Table):
    """What happens at face portions without contact."""

    specularity: Fraction = Field(
        0.0, description="0 diffuse … 1 mirror, for all faces that have no value of their own"
    )
    x_min: Fraction | None = None
    x_max: Fraction | None = None
    y_min: Fraction | None = None
    y_max: Fraction | None = None
    z_min: Fraction | None = None
    z_max: Fraction | None = None
    periodic: tuple[AxisName, ...] = Field((), description="axes whose two faces are joined")
    symmetry: tuple[Face, ...] = Field(
        (), description="faces that are mirror planes of the device (spin flips as an axial vector)"
    )

    def at(self, face):
        """Specularity of a face."""
        own = getattr(self, face)
        return self.specularity if own is None else own


class Contact(Table):
    """A reservoir behind a barrier: transparent, tunnelling or ferromagnetic."""

    name: Text = Field(description="name in tables and measures", examples=['name = "injector"'])
    face: Face = Field(description="the face it sits on", examples=['face = "z_max"'])
    span: Box = Field(
        default_factory=Box, description="part of the face, snapped to the nearest cell edges; whole face if omitted"
    )
    transmission: Fraction = Field(1.0, description="1: transparent reservoir; towards 0: tunnel contact")
    polarization: number(-1, 1, "[]") = Field(0.0, description="transmission (1 ± polarization) for the two spins")
    direction: Direction = Field((0.0, 0.0, 1.0), description="magnetisation, any length")
    mixing_phase: quantity("angle") = Field(0.0, description="phase between the two spins' reflection amplitudes")
    current: quantity("current") | None = Field(None, description="current into the device; or voltage, or floating")
    voltage: quantity("voltage") | None = None
    floating: Flag = Field(False, description="no net charge current; its voltage is what it reads")
    spin_voltage: vector("voltage") = Field((0.0, 0.0, 0.0), description="spin potential of the reservoir")
    detect_spin: Flag = Field(False, description="report all voltages for the reversed direction too")
    waveform: Waveform | None = Field(None, description="factor of time on current, voltage and spin_voltage")

    @property
    def normal(self):
        """Axis of the face: "x", "y" or "z"."""
        return self.face[0]


class Magnetic(Table):
    """Uniform magnetic field; it acts on spins only."""

    B: vector("magnetic field") = (0.0, 0.0, 0.0)
    g: number() = Field(2.0, description="g factor of the Larmor precession")


class Drive(Table):
    """Driving fields."""

    electric_field: vector("electric field") = Field(
        (0.0, 0.0, 0.0), description="along uniform and periodic axes only"
    )


class Angles(Table):
    """Ordinates on the Fermi sphere."""

    quadrature: Literal["product", "double-gauss", "lebedev"] = "product"
    polar: whole(1) = Field(8, description="polar levels; per half sphere in a double-gauss set")
    azimuthal: whole(1) = Field(16, description="azimuths per level")
    axis: AxisName = Field("z", description="polar axis of product and double-gauss sets")
    order: whole(1) = Field(17, description="degree of a lebedev set")


class Physics(Table):
    """Which terms of the kinetic equation are kept."""

    side_jump: Flag = Field(True, description="I_1: side jump and its corrections of order 1 / k_F l0")
    model: Literal["kinetic", "diffusion"] = "kinetic"


class Solver(Table):
    """Iteration control."""

    rtol: number(0, 1) = 1e-8
    max_products: whole(1) = Field(300, description="operator products (sweeps) per source before giving up")
    preconditioner: Literal["diffusion", "none"] = "diffusion"
    checkpoint: quantity("time", 0, closed="(]") = Field("300 s", description="wall-clock time between checkpoints")


#: Axes of a series by name: values by dotted path (nested as TOML reads them), see `boltzsim.case.series`.
Series = dict[Text, dict[Text, Any]]
