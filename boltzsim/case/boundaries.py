"""Tables of walls, contacts with their electrodes, and interfaces between metals."""

from typing import Literal

from pydantic import Field

from boltzsim.axes import AXES
from boltzsim.case.fields import (
    Angle,
    AxisName,
    Current,
    Direction,
    Flag,
    Fraction,
    Length,
    OpenSignedFraction,
    PlaneOrStretch,
    PositiveLength,
    ResistanceArea,
    Resistivity,
    SignedFraction,
    Table,
    Text,
    Voltage,
    Voltages,
)
from boltzsim.case.shapes import Box
from boltzsim.case.waveform import Waveform

Face = Literal["x_min", "x_max", "y_min", "y_max", "z_min", "z_max"]


class Walls(Table):
    """Reflection at faces of the box and of void cells where no contact sits."""

    specularity: Fraction = Field(
        0.0, description="0 diffuse … 1 mirror, for all faces that have no value of their own, those of voids included"
    )
    x_min: Fraction | None = Field(None, description="specularity of the face at x = 0, if not that of all")
    x_max: Fraction | None = Field(None, description="the same at the upper end of x")
    y_min: Fraction | None = Field(None, description="specularity of the face at y = 0, if not that of all")
    y_max: Fraction | None = Field(None, description="the same at the upper end of y")
    z_min: Fraction | None = Field(None, description="specularity of the face at z = 0, if not that of all")
    z_max: Fraction | None = Field(None, description="the same at the upper end of z")
    spin_flip: Fraction = Field(0.0, description="chance that a reflection at a wall destroys the spin")
    periodic: tuple[AxisName, ...] = Field(
        (), description="axes whose two faces are joined; one of a single cell beside others is uniform"
    )
    symmetry: tuple[Face, ...] = Field(
        (), description="faces that are mirror planes of the device (spin flips as an axial vector)"
    )

    def at(self, face: str) -> float:
        """Specularity of a face."""
        own = getattr(self, face)
        return self.specularity if own is None else own


class Electrode(Table):
    """A ferromagnet of finite resistance behind a contact, magnetised along its direction (Valet and Fert)."""

    resistivity: Resistivity = Field(
        description="resistivity of the ferromagnet", examples=['resistivity = "20 uOhm cm"']
    )
    spin_diffusion_length: PositiveLength = Field(
        description="its spin diffusion length", examples=['spin_diffusion_length = "5 nm"']
    )
    polarization: OpenSignedFraction = Field(
        description="polarisation of its conductivity, not zero", examples=["polarization = 0.35"]
    )


class Contact(Table):
    """A reservoir behind a barrier: transparent, tunnelling or ferromagnetic."""

    name: Text = Field(description="name in tables and measures", examples=['name = "injector"'])
    face: Face = Field(description="the side of the metal it sits on", examples=['face = "z_max"'])
    at: Length | None = Field(
        None,
        description="coordinate along the face's normal where the metal ends inside the box; its end if omitted",
    )
    span: Box = Field(
        default_factory=Box, description="part of the face, snapped to the nearest cell edges; whole face if omitted"
    )
    transmission: Fraction = Field(1.0, description="1: transparent reservoir; towards 0: tunnel contact")
    resistance_area: ResistanceArea | None = Field(
        None, description="resistance × area of the whole contact, its Sharvin resistance included; gives transmission"
    )
    polarization: SignedFraction = Field(0.0, description="transmission (1 ± polarization) for the two spins")
    direction: Direction = Field(
        (0.0, 0.0, 1.0), description="direction of the magnetisation, of any length; a magnetic contact needs it"
    )
    mixing_phase: Angle = Field(0.0, description="phase between the two spins' reflection amplitudes")
    electrode: Electrode | None = Field(
        None, description="resistance of the ferromagnet behind the contact; an ideal reservoir if omitted"
    )
    current: Current | None = Field(None, description="current into the device; or give voltage, or floating")
    voltage: Voltage | None = Field(None, description="voltage of the reservoir; or give current, or floating")
    floating: Flag = Field(False, description="no net charge current flows; the voltage follows")
    spin_voltage: Voltages = Field((0.0, 0.0, 0.0), description="spin potential of the reservoir along x, y, z")
    detect_spin: Flag = Field(False, description="solve with the magnetisation of this contact reversed too")
    waveform: Waveform | None = Field(None, description="factor of time on current, voltage and spin_voltage")

    @property
    def normal(self) -> str:
        """Axis of the face: "x", "y" or "z"."""
        return self.face[0]

    @property
    def is_upper(self) -> bool:
        """Whether the contact sits at the upper end of the metal along its normal."""
        return self.face.endswith("max")

    @property
    def is_magnetic(self) -> bool:
        """Whether reversing its magnetisation changes anything."""
        return self.polarization != 0 or self.mixing_phase != 0 or self.electrode is not None


class FaceBox(Table):
    """A part of the box whose stretches may be planes: [from, to] along some axes, everything along the others."""

    x: PlaneOrStretch | None = Field(None, description="from and to along x, equal for a plane; everything if omitted")
    y: PlaneOrStretch | None = Field(None, description="from and to along y, equal for a plane; everything if omitted")
    z: PlaneOrStretch | None = Field(None, description="from and to along z, equal for a plane; everything if omitted")

    @property
    def stretches(self) -> dict[str, tuple[float, float]]:
        """The stretches that are given, as a dict of axis to (from, to) in m."""
        return {name: getattr(self, name) for name in AXES if getattr(self, name) is not None}

    @property
    def plane(self) -> str | None:
        """The axis across which the box is a plane, if it is one."""
        return next((axis for axis, (first, last) in self.stretches.items() if first == last), None)


class Interface(Table):
    """A barrier on the faces where two metals meet, or on a plane inside one; later ones overwrite earlier ones."""

    between: tuple[Text, ...] = Field(
        (), description="two metals, in any order: everywhere they meet; any two different metals if omitted"
    )
    box: FaceBox | None = Field(
        None, description="only the faces in this part of the box; with a plane, all faces on it, also inside one metal"
    )
    transmission: Fraction = Field(
        1.0, description="share of the electrons that cross, of those that arrive from the first metal of `between`"
    )
    resistance_area: ResistanceArea | None = Field(
        None, description="resistance × area of the interface between large metals; gives transmission"
    )
    polarization: SignedFraction = Field(0.0, description="transmission (1 ± polarization) for the two spins")
    direction: Direction = Field((0.0, 0.0, 1.0), description="direction of its magnetisation, of any length")
    mixing_phase: Angle = Field(0.0, description="phase between the two spins' reflection amplitudes")
    specularity: Fraction = Field(
        0.0, description="0: crossing and reflected electrons spread over all directions … 1: they keep theirs"
    )
    spin_flip: Fraction = Field(0.0, description="chance that an electron that crosses loses the memory of its spin")

    @property
    def is_transparent(self) -> bool:
        """Whether everything crosses as it comes."""
        crossing = self.transmission == 1 and self.resistance_area is None and self.specularity == 1
        return crossing and self.spin_flip == 0 and not self.is_magnetic

    @property
    def is_magnetic(self) -> bool:
        """Whether reversing its magnetisation changes anything."""
        return self.polarization != 0 or self.mixing_phase != 0
