"""The file of a fit: which curves, on which device, which of its parameters are free.

    case = "valve.toml"                              # how the device is made
    [[curve]]
    file = "hanle.csv"                               # columns with names and units in a header, or a series' HDF5 file
    along = "field.B.z"                              # what x is: a path into the case, or "distance"
    [parameter.D_T]
    path = "material.cu.diffusion.D_T"               # or several paths, which have one value
    start = "200 cm2/s"

Values of one parameter are shared by all curves, unless `curves` names some. With `times = "D_T"` a parameter is a
factor on another one: a tie where it is fixed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from boltzsim.case import toml
from boltzsim.case.case import Case, load_case
from boltzsim.case.decoding import decoded
from boltzsim.case.fields import Count, Flag, Table, Text, report
from boltzsim.case.messages import shown, unknown
from boltzsim.case.paths import replaced, value_at
from boltzsim.case.schema import marker_at
from boltzsim.errors import CaseError
from boltzsim.units import is_number

#: `along` of curves against the distance of the contacts of the measure.
DISTANCE = "distance"


class Curve(Table):
    """One measured or simulated curve."""

    name: Text = Field("", description="name in tables and figures; the file's if omitted")
    file: Text = Field(description="CSV or collected series, relative to this file", examples=['file = "hanle.csv"'])
    along: Text = Field(
        "", description="path of the value that x stands for, or 'distance'; of a series the name of its axis"
    )
    x: Text = Field("", description="column of x; without it the one whose unit fits")
    y: Text = Field("", description="column of the signal; without it the one in ohms")
    error: Text = Field("", description="standard error of the signal: a quantity in ohms, or the name of a column")
    quantity: Literal["value", "R_P", "R_AP", "delta_R"] = Field("value", description="what the signal is")
    measure: Count | Literal[0] = Field(0, description="number of the nonlocal measure, counted from 0")
    at: dict[Text, Count | Literal[0]] = Field(
        default_factory=dict, description="point on every other axis of a series, by its name, counted from 0"
    )
    given: dict[Text, Any] = Field(
        default_factory=dict, alias="set", description="values of this curve's device by path"
    )
    window: tuple[Any, Any] | None = Field(None, description="from and to: points outside are left out")
    offset: Flag = Field(False, description="fit a constant that is added to the signal")
    slope: Flag = Field(False, description="fit a line in x that is added to the signal")
    amplitude: Flag = Field(False, description="fit a factor on the signal")
    shares: Text = Field(
        "", description="another curve: this one has its offset, slope and amplitude, the same numbers"
    )


class Parameter(Table):
    """One parameter of the fit."""

    path: Text | tuple[Text, ...] = Field(
        description="path into the case, or several with one value", examples=['path = "material.cu.diffusion.D_T"']
    )
    start: Any = Field(description="value to start from", examples=['start = "200 cm2/s"'])
    low: Any = Field(None, alias="min", description="lower bound")
    high: Any = Field(None, alias="max", description="upper bound")
    times: Text | None = Field(None, description="another parameter: the value is a factor on that one's")
    fixed: Flag = Field(False, description="keep the value")
    curves: tuple[Text, ...] | None = Field(None, description="names of the curves it acts on; all if omitted")

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths."""
        return (self.path,) if isinstance(self.path, str) else self.path


class Fit(Table):
    """A fit: curves, device, model and parameters."""

    title: Text = Field("", description="title of tables and figures")
    case: Text = Field("", description="case file of the device, relative to this file; curves of a series know theirs")
    model: Literal["diffusion", "kinetic"] = Field("diffusion", description="equation that is fitted to the curves")
    given: dict[Text, Any] = Field(default_factory=dict, alias="set", description="values of every device by path")
    curve: tuple[Curve, ...] = Field(description="the data", examples=['[[curve]] with file = "hanle.csv"'])
    parameter: dict[Text, Parameter] = Field(description="what is fitted", examples=["[parameter.D_T]"])
    profile: tuple[Text, ...] = Field((), description="parameters whose confidence interval is found by profile")

    _source: str | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        found = [*_problems(self)]
        if found:
            raise CaseError(found)
        return self

    def beside(self, file: str) -> Path:
        """Path of a file named here: relative to the folder of this file, if it has one."""
        return Path(self._source or "").parent / file

    def device(self) -> Case | None:
        """The case of the device, None where no curve needs one."""
        return load_case(self.beside(self.case)) if self.case else None

    def names(self) -> list[str]:
        """Names of the curves."""
        return [curve.name or Path(curve.file).stem for curve in self.curve]


def load_fit(path: Any) -> Fit:
    """Read and check the file of a fit, in which quantities have units.

    Raises
    ------
    CaseError
        With every problem found.
    OSError
        If the file cannot be read.
    """
    try:
        fit = Fit.model_validate(toml.tables(decoded(path)))
    except ValidationError as error:
        try:
            report(Fit, error)
        except CaseError as found:
            raise CaseError(found.problems, path) from None
    except CaseError as error:
        raise CaseError(error.problems, path) from None
    fit._source = str(path)
    return fit


def with_values(case: Case, values: dict[str, Any]) -> Case:
    """A checked copy of a case, without its series, with values at paths replaced; `diffusion` tables are made."""
    tables = case.resolved()
    tables.pop("series", None)
    for path, value in values.items():
        keys = path.split(".")
        if keys[0] == "material" and keys[2:3] == ["diffusion"] and keys[1] in tables["material"]:
            metal = tables["material"][keys[1]]
            tables["material"] = tables["material"] | {keys[1]: {"diffusion": {}} | metal}
        tables = replaced(tables, path, value)
    other = Case(**tables)
    other._source = case._source
    return other


def number_at(case: Case, path: str) -> float:
    """The number at a path of a case.

    Raises
    ------
    CaseError
        If the path leads to none.
    """
    value = value_at(case.resolved(), path)
    if not is_number(value):
        raise CaseError(f"{path} = {shown(value)} is no number that a fit could vary")
    return float(value)


def quantity(path: str, value: Any, in_file: bool = True) -> float:
    """A number for a path of a case in SI.

    Raises
    ------
    CaseError
        If it has another unit or none. The message is the end of a sentence.
    """
    found = marker_at(Case, path.split("."))
    if found is None:
        raise CaseError(f"leads to no number: '{path}' is no value of a case")
    marker, inside = found
    try:
        read = (marker.entry if inside and hasattr(marker, "entry") else marker).read(value, in_file)
    except ValueError as error:
        raise CaseError(f"= {shown(value)} {error}") from None
    if not is_number(read):
        raise CaseError(f"leads to no single number: '{path}' = {shown(value)}; add the entry to the path")
    return float(read)


def _problems(fit: Fit) -> Iterator[str]:
    names = fit.names()
    if not names:
        yield "curve has no entry; add [[curve]] with the file of the data"
    if not fit.parameter:
        yield "parameter has no entry; add for example [parameter.D_T] with path and start"
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        yield f"curve: two curves are called '{min(twice)}'; give each a name of its own"
    own = [name for name, data in zip(names, fit.curve, strict=True) if not data.shares]
    for name, data in zip(names, fit.curve, strict=True):
        if data.shares and data.shares not in own:
            yield unknown(f"curve '{name}': shares", data.shares, own, "curve with terms of its own")
        elif data.shares and (data.offset or data.slope or data.amplitude):
            yield f"curve '{name}' shares the terms of '{data.shares}'; set offset, slope and amplitude there"
    for name in fit.profile:
        if name not in fit.parameter:
            yield unknown("profile", name, fit.parameter, "parameter")
    for name, one in fit.parameter.items():
        where = f"parameter.{name}"
        for curve in one.curves or ():
            if curve not in names:
                yield unknown(f"{where}.curves", curve, names, "curve")
        if one.times is None:
            yield from _values(where, one)
        elif one.times not in fit.parameter or fit.parameter[one.times].times is not None or one.times == name:
            others = [other for other, entry in fit.parameter.items() if entry.times is None and other != name]
            yield unknown(f"{where}.times", one.times, others, "parameter with a value of its own")
        else:
            for key in ("start", "low", "high"):
                if getattr(one, key) is not None and not is_number(getattr(one, key)):
                    yield f"{where}.{key} = {shown(getattr(one, key))} must be a number, a factor on {one.times}"


def _values(where: str, one: Parameter) -> Iterator[str]:
    for key, label in (("start", "start"), ("low", "min"), ("high", "max")):
        value = getattr(one, key)
        if value is None:
            continue
        try:
            quantity(one.paths[0], value)
        except CaseError as error:
            yield f"{where}.{label} {error.problems[0]}"
            return
