"""A solved series in one HDF5 file, the axes of the series as dimension scales.

    /                   attributes: format = "boltzsim-series", format_version, version, created, points, case_sha256
    /case/              toml, resolved
    /series/            one scale per axis of the series; <axis>_<i>: the values of its paths (attribute path)
    /terminals/         current, voltage, spin_current, conductance over (axes …, name …)
    /measures/          <kind>_<i> over (axes …), attributes entry and unit; extras as <kind>_<i>_<extra>
    /solver/            products, charge_balance, spin_balance, wall_time over (axes …)

Scales are hard-linked into every group that uses them, so that xarray finds them. The fields of the points stay in
their own files.
"""

import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import h5py
import numpy as np

from boltzsim import __version__
from boltzsim.case.case import Case
from boltzsim.case.series import SeriesAxis, expand
from boltzsim.errors import StoreError
from boltzsim.result import EXTRA_UNITS
from boltzsim.store.composing import composing, filling, link_root, read_case
from boltzsim.store.hdf5 import native, reading, verify, write, write_scale
from boltzsim.store.result import TERMINALS
from boltzsim.text import html
from boltzsim.text.quantities import UNKNOWN, quantities

FORMAT = "boltzsim-series"
FORMAT_VERSION = 1
SOLVER = {
    "products": ("1", "sweep products of the source that needed most"),
    "charge_balance": ("1", "largest charge imbalance over the injected current"),
    "spin_balance": ("1", "spin imbalance over the injected current"),
    "wall_time": ("s", "wall time"),
}


@dataclass(frozen=True, eq=False)
class SeriesMeasure:
    """One measure over a series: value and extras are arrays (axes …), units as in `boltzsim.result.Measure`."""

    kind: str
    entry: dict
    unit: str
    value: np.ndarray
    extra: dict[str, np.ndarray]


@dataclass(frozen=True, eq=False, repr=False)
class SeriesResult:
    """A solved series.

    Attributes
    ----------
    case : Case
        With its series.
    axes : tuple of SeriesAxis
    name : tuple of str
        Contacts.
    terminals : dict of str to numpy.ndarray
        current, voltage (axes …, n), spin_current (axes …, n, 3), conductance (axes …, n, n).
    measures : tuple of SeriesMeasure
    solver : dict of str to numpy.ndarray, shape (axes …)
    attributes : dict
    """

    case: Case
    axes: tuple[SeriesAxis, ...]
    name: tuple[str, ...]
    terminals: dict[str, np.ndarray]
    measures: tuple[SeriesMeasure, ...]
    solver: dict[str, np.ndarray]
    attributes: dict

    @property
    def shape(self) -> tuple[int, ...]:
        """Points along each axis."""
        return tuple(len(axis) for axis in self.axes)

    def points(self) -> np.ndarray:
        """Cases of the points, an object array of this shape."""
        cases = np.empty(self.shape, object)
        cases.reshape(-1)[:] = expand(self.case)[1]
        return cases

    def numbers(self) -> Iterator[tuple[str, np.ndarray, str]]:
        """Name, values (axes …) and unit of every measure, and of every further number of it."""
        for i, measure in enumerate(self.measures):
            name = f"{measure.kind}_{i}"
            yield name, measure.value, measure.unit
            for key, values in measure.extra.items():
                yield f"{name}_{key}", values, EXTRA_UNITS.get(key, measure.unit)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to HDF5, see `save`."""
        save(self, path)

    def __repr__(self) -> str:
        axes = " × ".join(f"{len(axis)} {axis.name}" for axis in self.axes)
        measures = ", ".join(measure.kind for measure in self.measures)
        return f"<SeriesResult {self.case.title!r}: {axes}; {measures or 'no measures'}>"

    def _repr_html_(self) -> str:
        rows = []
        for axis in self.axes:
            ends = axis.words or quantities(axis.coordinate[[0, -1]], axis.unit)
            rows.append([f"axis {axis.name}", f"{len(axis)} points, {ends[0]} … {ends[-1]}"])
        for name, values, unit in self.numbers():
            ends = quantities((np.nanmin(values), np.nanmax(values)), unit) if np.isfinite(values).any() else [UNKNOWN]
            rows.append([name, " … ".join(ends)])
        return html.table(self.case.title or "Series", [], rows)

    #: The series as an `xarray.Dataset`, see `boltzsim.store.tables`, which puts both here.
    to_xarray: ClassVar[Callable[..., Any]]
    #: A row for each point, as a `pandas.DataFrame`.
    to_dataframe: ClassVar[Callable[[Any], Any]]


def gather(case: Case, axes: Any, results: Any) -> SeriesResult:
    """A `SeriesResult` of the results of all points in order, read one after the other."""
    shape = tuple(len(axis) for axis in axes)
    terminals, measures, solver = [], [], []
    for result in results:
        terminals.append(result.terminals)
        measures.append(result.measures)
        own = [result.solver.products, result.solver.charge_balance, result.solver.spin_balance]
        solver.append([*own, sum(result.solver.wall_time.values())])

    def over(values: Any) -> np.ndarray:
        values = np.array(values)
        return values.reshape(*shape, *values.shape[1:])

    return SeriesResult(
        case=case,
        axes=axes,
        name=terminals[0].name,
        terminals={key: over([getattr(t, key) for t in terminals]) for key in TERMINALS},
        measures=tuple(
            SeriesMeasure(
                same[0].kind,
                same[0].entry,
                same[0].unit,
                over([m.value for m in same]),
                {key: over([m.extra[key] for m in same]) for key in same[0].extra},
            )
            for same in zip(*measures, strict=True)
        ),
        solver=dict(zip(SOLVER, (over(column) for column in zip(*solver, strict=True)), strict=True)),
        attributes={
            "version": __version__,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "points": len(terminals),
            "case_sha256": case.sha256,
        },
    )


def save(series: SeriesResult, path: str | os.PathLike[str]) -> None:
    """Write a series to `path`, which is replaced only by a complete file.

    Raises
    ------
    StoreError
        The file cannot be written.
    """
    with composing(path, _attributes(series), series.case) as file:
        _write(file, series)


def image_of(series: SeriesResult) -> io.BytesIO:
    """The file of a series, in memory."""
    image = io.BytesIO()
    with filling(image, _attributes(series), series.case) as file:
        _write(file, series)
    return image


def open(path: str | os.PathLike[str]) -> SeriesResult:
    """Read back what `save` wrote.

    Raises
    ------
    StoreError
        The file is missing, damaged, no series, or of a newer format.
    """
    with reading(path, "series") as file:
        if file.attrs.get("format") != FORMAT:
            single = file.attrs.get("format") == "boltzsim"
            what = "the result of one run, which 'boltzsim plot' draws, and no collected" if single else "no collected"
            raise StoreError(f"{path}: is {what} series; make one with 'boltzsim series'")
        if (found := file.attrs["format_version"]) > FORMAT_VERSION:
            raise StoreError(f"{path}: format_version is {found}, this boltzsim reads up to {FORMAT_VERSION}")
        verify(path, file)
        return _read(file)


def is_series(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a collected series rather than one result; False where it cannot be told."""
    try:
        with reading(path, "boltzsim file") as file:
            return file.attrs.get("format") == FORMAT
    except StoreError:
        return False


def _attributes(series: SeriesResult) -> dict[str, Any]:
    return {**series.attributes, "format": FORMAT, "format_version": FORMAT_VERSION}


def _write(file: h5py.File, series: SeriesResult) -> None:
    own = file.create_group("series")
    names = tuple(axis.name for axis in series.axes)
    for axis in series.axes:
        _write_axis(own, axis)
    groups = {name: file.create_group(name) for name in ("terminals", "measures", "solver")}
    for group in groups.values():
        for name in names:
            group[name] = own[name]
    terminals = groups["terminals"]
    contacts = np.array(series.name, str)  # text also where there are none
    write_scale(terminals, "name", contacts, "", "contact")
    write_scale(terminals, "source", contacts, "", "contact whose voltage is varied")
    write_scale(terminals, "polarisation", ("x", "y", "z"), "", "direction of spin polarisation")
    for key, (unit, long_name, more) in TERMINALS.items():
        write(terminals, key, series.terminals[key], unit, long_name, (*names, *more))
    for i, measure in enumerate(series.measures):
        _write_measure(groups["measures"], f"{measure.kind}_{i}", measure, names)
    link_root(file, {"series": "", "terminals": "terminal_", "measures": ""})
    for key, description in SOLVER.items():
        write(groups["solver"], key, series.solver[key], *description, names)


def _write_axis(group: h5py.Group, axis: Any) -> None:
    coordinate = axis.coordinate if axis.words is None else axis.words
    write_scale(group, axis.name, coordinate, axis.unit, f"axis {axis.name} of the series")
    for i, (path, values) in enumerate(axis.values.items()):
        name = f"{axis.name}_{i}"
        try:
            data = np.array(values)
        except ValueError:  # lists of different lengths
            data = np.array(values, object)
        if data.dtype.kind not in "fiu":
            data = np.array([json.dumps(value) for value in values])
        more = [f"{name}_dim{k}" for k in range(1, data.ndim)]
        for scale, size in zip(more, data.shape[1:], strict=True):
            write_scale(group, scale, np.arange(size), "1", f"entry of {path}")
        write(group, name, data, "" if data.dtype.kind == "U" else axis.units[path], path, (axis.name, *more))
        group[name].attrs["path"] = path


def _write_measure(group: h5py.Group, name: str, measure: Any, axes: Any) -> None:
    write(group, name, measure.value, measure.unit, f"measure {measure.kind}", axes)
    group[name].attrs.update({"kind": measure.kind, "entry": json.dumps(measure.entry), "unit": measure.unit})
    group[name].attrs["extra"] = json.dumps(list(measure.extra))
    for key, values in measure.extra.items():
        write(group, f"{name}_{key}", values, EXTRA_UNITS.get(key, measure.unit), key, axes)


def _read(file: h5py.File) -> SeriesResult:
    case = read_case(file["case"])
    measures = []
    for name in sorted((n for n in file["measures"] if "kind" in file["measures"][n].attrs), key=_number):
        stored = file["measures"][name]
        extra = {key: file["measures"][f"{name}_{key}"][()] for key in json.loads(stored.attrs["extra"])}
        entry = json.loads(stored.attrs["entry"])
        measures.append(SeriesMeasure(stored.attrs["kind"], entry, stored.attrs["unit"], stored[()], extra))
    return SeriesResult(
        case=case,
        axes=expand(case)[0],
        name=tuple(file["terminals/name"].asstr()[()]),
        terminals={key: file[f"terminals/{key}"][()] for key in TERMINALS},
        measures=tuple(measures),
        solver={key: file[f"solver/{key}"][()] for key in SOLVER},
        attributes={name: native(value) for name, value in file.attrs.items()},
    )


def _number(name: str) -> int:
    return int(name.rpartition("_")[2])
