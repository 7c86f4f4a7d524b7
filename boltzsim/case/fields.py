"""Tables of a case and types of their values; a type is `Annotated` with a marker of `boltzsim.case.markers`."""

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, StrictBool, StrictStr, ValidationError

from boltzsim.case.markers import (
    CountOrIncreasing,
    Increasing,
    Interval,
    Number,
    Numbers,
    Quantity,
    Unit,
    Vector,
    Whole,
)
from boltzsim.case.messages import sentence
from boltzsim.case.points import Point, Several
from boltzsim.errors import CaseError

Text = StrictStr
Flag = StrictBool
AxisName = Literal["x", "y", "z"]
ChannelName = Literal["s1/2", "p1/2", "p3/2", "d3/2", "d5/2", "f5/2", "f7/2"]


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)


class _Reporting(ModelMetaclass):
    """Calls to the class raise `CaseError` in our words; tables inside tables still collect all their errors."""

    def __call__(cls, *args: Any, **keys: Any) -> Any:
        try:
            return super().__call__(*args, **keys)
        except ValidationError as error:
            report(cls, error)


class Table(BaseModel, metaclass=_Reporting):
    """A TOML table: frozen, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, defer_build=True)


def report(table: Any, error: ValidationError) -> NoReturn:
    """Raise the `CaseError` that says in our words what pydantic found in a table."""
    raise CaseError([sentence(table, entry) for entry in error.errors()]) from None


def written(text: str) -> Any:
    """A default as a file would write it."""
    return text


Fraction = Annotated[float, Number(0, 1, "[]")]
OpenFraction = Annotated[float, Number(0, 1)]
Share = Annotated[float, Number(0, 1, "[)")]
SpinKept = Annotated[float, Number(-1 / 3, 1, "[]")]
SignedFraction = Annotated[float, Number(-1, 1, "[]")]
OpenSignedFraction = Annotated[float, Number(-1, 1)]
Positive = Annotated[float, Number(0)]
NotNegative = Annotated[float, Number(0, closed="[)")]
Real = Annotated[float, Number()]
Reals = Annotated[tuple[float, ...], Numbers()]
Count = Annotated[int, Whole(1, 10**9)]
Polar = Annotated[int, Whole(1, 512)]
Azimuthal = Annotated[int, Whole(1, 1024)]
Length = Annotated[float, Quantity("length", likely="nm")]
PositiveLength = Annotated[float, Quantity("length", 0, likely="nm")]
Stretch = Annotated[tuple[float, float], Interval(Quantity("length", likely="nm"))]
PlaneOrStretch = Annotated[tuple[float, float], Interval(Quantity("length", likely="nm"), plane=True)]
Place = Annotated[tuple[float, float], Point(Quantity("length", likely="nm"))]
_CORNERS = Several(Point(Quantity("length", likely="nm")), 3, "corners [across, up]")
Corners = Annotated[tuple[tuple[float, float], ...], _CORNERS]
Outlines = Annotated[tuple[tuple[tuple[float, float], ...], ...], Several(_CORNERS, 1, "outlines")]
Layer = Annotated[int, Whole(0, 65535)]
WaveNumber = Annotated[float, Quantity("wave number", 0, likely="1/nm")]
Resistivity = Annotated[float, Quantity("resistivity", 0, likely="uOhm cm")]
ResidualResistivity = Annotated[float, Quantity("resistivity", 0, closed="[)", likely="uOhm cm")]
ResistanceArea = Annotated[float, Quantity("resistance-area product", 0, likely="fOhm m2")]
Diffusivity = Annotated[float, Quantity("diffusion constant", 0, likely="cm2/s")]
SignedDiffusivity = Annotated[float, Quantity("diffusion constant", likely="cm2/s")]
Lifetime = Annotated[float, Quantity("time", 0, closed="(]", likely="fs")]
Lifetimes = Annotated[tuple[float, ...], Several(Quantity("time", 0, closed="(]", likely="fs"), 1, "times")]
Instant = Annotated[float, Quantity("time", likely="ps")]
InstantOrNever = Annotated[float, Quantity("time", closed="(]", likely="ps")]
NotNegativeTime = Annotated[float, Quantity("time", 0, closed="[)", likely="ps")]
Duration = Annotated[float, Quantity("time", 0, likely="ps")]
WallClock = Annotated[float, Quantity("time", 0, closed="(]", likely="s")]
Instants = Annotated[tuple[float, ...], Increasing(Quantity("time", likely="ps"))]
Frames = Annotated[
    int | tuple[float, ...], CountOrIncreasing(10**5, Increasing(Quantity("time", 0, closed="[)", likely="ps")))
]
Frequency = Annotated[float, Quantity("frequency", 0, likely="THz")]
PhaseShift = Annotated[float, Quantity("angle", likely="deg", bare=2 * math.pi)]
Angle = Annotated[float, Quantity("angle", likely="deg")]
Temperature = Annotated[float, Quantity("temperature", 0, closed="[)", likely="K")]
Temperatures = Annotated[tuple[float, ...], Increasing(Quantity("temperature", 0, closed="[)", likely="K"))]
PositiveTemperature = Annotated[float, Quantity("temperature", 0, likely="K")]
Energy = Annotated[float, Quantity("energy", likely="eV")]
PositiveEnergy = Annotated[float, Quantity("energy", 0, likely="eV")]
Current = Annotated[float, Quantity("current", likely="uA")]
Voltage = Annotated[float, Quantity("voltage", likely="V")]
Voltages = Annotated[tuple[float, float, float], Vector(Quantity("voltage", likely="V"))]
MagneticFields = Annotated[tuple[float, float, float], Vector(Quantity("magnetic field", likely="T"))]
ElectricFields = Annotated[tuple[float, float, float], Vector(Quantity("electric field", likely="V/m"))]
Direction = Annotated[tuple[float, float, float], Unit()]
