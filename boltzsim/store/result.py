"""Results in HDF5: one file per run, whole or not at all.

    /                   attributes: format, format_version, version, git, created, host, threads, wall_time,
                        case_sha256, sha256 (a digest, see `boltzsim.store.hdf5`)
    /case/              toml, resolved (JSON with the defaults filled in)
    /grid/              x, y, z cell centres; x_edges, y_edges, z_edges [m]; material of every cell (z, y, x)
    /fields/            the arrays of `boltzsim.result.FIELDS`, (z, y, x[, flow][, polarisation])
    /terminals/         current, voltage, spin_current, conductance, voltage_reversed, electrode_spin_potential
    /measures/          <kind>_<i>, i counting the case's entries from 0; entry, value, unit and extras as attributes
    /accuracy/          numerical errors, where known: boltzsim.store.accuracy
    /solver/            residual histories, products, wall times, balances
    /time/              transient runs: time and signals after every step, observed/<name>, attribute complete
    /frames/            transient runs: time, and the fields over (time, z, y, x[, flow][, polarisation])
    /state/             transient runs, while they go on or with time.keep_state: what the next step starts from

A transient run replaces its file with a longer one at every checkpoint, so that a reader has a whole file at any time.
Every dataset has `units` and `long_name`, and a dimension scale on every axis. netCDF readers look for dimensions in a
group and its parents, so a scale used by two groups is hard-linked into both: `xarray.open_dataset(path,
engine="h5netcdf", group="fields")` finds x, y, z, flow and polarisation.

The root is a dataset too, of the same arrays: fields, the map of materials, terminals (as terminal_current, …) and
measures are hard-linked into it, which takes no room. `xarray.open_dataset(path, engine="h5netcdf")` reads it.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from typing import Any

import h5py
import numpy as np

from boltzsim.axes import AXES
from boltzsim.case.case import Case
from boltzsim.errors import StoreError
from boltzsim.result import FIELDS, Measure, Result, SolverReport, Terminals
from boltzsim.store import history as store_history
from boltzsim.store.accuracy import read_accuracy, write_accuracy
from boltzsim.store.composing import composing, filling, link_root, read_case
from boltzsim.store.hdf5 import DIGEST, names, native, reading, verify, write, write_scale

FORMAT = "boltzsim"
FORMAT_VERSION = 1

TERMINALS = {
    "current": ("A", "charge current into the device", ("name",)),
    "voltage": ("V", "voltage", ("name",)),
    "spin_current": ("A", "spin current into the device (charge units, up minus down)", ("name", "polarisation")),
    "conductance": ("S", "current into the device at name per voltage at source", ("name", "source")),
}
SOLVER = {
    "converged": ("1", "1 if the residual reached the tolerance, else 0", ()),
    "products": ("1", "sweep products of the source that needed most", ()),
    "products_total": ("1", "sweep products of all sources", ()),
    "sources": ("1", "sources solved for", ()),
    "preconditioned": ("1", "preconditioned relative residual of the source that needed most", ("iteration",)),
    "true": ("1", "true relative residual of the source that needed most", ("iteration",)),
    "charge_balance": ("1", "charge missing in a layer of the device or in the whole, over the largest current", ()),
    "spin_balance": ("1", "spin missing in a layer of the device or in the whole, over the largest current", ()),
    "energies": ("1", "energies solved for at a temperature", ()),
    "energy_error": ("1", "last change of the answer by more energies, relative to it", ()),
    "terminal_balance": ("1", "largest sum of currents that should vanish, over the largest current", ()),
    "products_single": ("1", "sweep products of all sources in single precision", ()),
    "rounds": ("1", "most rounds of iterative refinement of a source in single precision", ()),
}
RESERVED = {"kind", "entry", "extra", "value", "unit", "units", "long_name"}


def save(result: Result, path: str | os.PathLike, state: dict | None = None) -> None:
    """Write `result` to `path`, which is replaced only by a complete file.

    Parameters
    ----------
    result : Result
    path : path-like
    state : dict, optional
        Of a transient run, to go on from (`boltzsim.runs.checkpoint`).

    Raises
    ------
    StoreError
        The file cannot be written.
    """
    with composing(path, _attributes(result), result.case, store_history.state_bytes(state)) as file:
        _write(file, result)
        if state is not None:
            store_history.write_state(file.create_group("state"), state)


Result.save = save


def image_of(result: Result) -> io.BytesIO:
    """The file of a result, in memory."""
    image = io.BytesIO()
    with filling(image, _attributes(result), result.case) as file:
        _write(file, result)
    return image


def open(path: str | os.PathLike) -> Result:
    """Read back what `save` wrote, to the bit.

    Raises
    ------
    StoreError
        The file is missing, damaged, not written by boltzsim, or of a newer format.
    """
    with reading(path, "boltzsim result") as file:
        _require_format(path, file)
        result = _read(file)
        verify(path, file)
    return result


def attributes_of(path: str | os.PathLike) -> dict[str, Any] | None:
    """Root attributes of a result file; None where there is none that can be read."""
    try:
        with reading(path, "boltzsim result") as file:
            _require_format(path, file)
            return {name: native(value) for name, value in file.attrs.items()}
    except StoreError:
        return None


def unfinished(path: str | os.PathLike) -> bool:
    """Whether a file holds a transient run that was stopped before its end."""
    try:
        with reading(path, "boltzsim result") as file:
            return "time" in file and "state" in file and not file["time"].attrs["complete"]
    except StoreError:
        return False


# ---------------------------------------------------------------------------------------------------------- writing


def _attributes(result: Result) -> dict[str, Any]:
    return {**result.attributes, "format": FORMAT, "format_version": FORMAT_VERSION}


def _write(file: h5py.File, result: Result) -> None:
    grid, fields = file.create_group("grid"), file.create_group("fields")
    _write_grid(grid, result)
    _write_materials(grid, result.case)
    _write_fields(fields, grid, result.fields)
    _write_terminals(file.create_group("terminals"), fields["polarisation"], result.terminals)
    _write_measures(file.create_group("measures"), result.measures)
    _write_solver(file.create_group("solver"), result.solver)
    if result.accuracy is not None:
        write_accuracy(file.create_group("accuracy"), result.accuracy)
    link_root(file, {"fields": "", "terminals": "terminal_", "measures": ""})
    file["material"] = grid["material"]
    if result.history is not None:
        frames = file.create_group("frames")
        write_scale(frames, "time", result.history.frame_time, "s", "time")
        _write_fields(frames, grid, result.history.frames, ("time",))
        store_history.write_history(file.create_group("time"), file["terminals"], result.history)


def _write_grid(group: h5py.Group, result: Result) -> None:
    for axis in AXES:
        write_scale(group, axis, result.centres(axis), "m", f"cell centres along {axis}")
        write_scale(group, f"{axis}_edges", result.edges[axis], "m", f"cell edges along {axis}")


def _write_materials(group: h5py.Group, case: Case) -> None:
    """The material of every cell as a number, with its names as the CF conventions have them."""
    write(group, "material", case.material_index().astype(np.int32), "1", "material of the cell", ("z", "y", "x"))
    group["material"].attrs["flag_values"] = np.arange(len(case.material), dtype=np.int32)
    group["material"].attrs["flag_meanings"] = " ".join("_".join(name.split()) for name in case.material)


def _write_fields(group: h5py.Group, grid: h5py.Group, fields: dict, first: tuple[str, ...] = ()) -> None:
    for axis in AXES:
        group[axis] = grid[axis]
    write_scale(group, "flow", AXES, "", "direction of flow")
    write_scale(group, "polarisation", AXES, "", "direction of spin polarisation")
    for name, values in fields.items():
        units, long_name, more = FIELDS[name]
        write(group, name, values, units, long_name, (*first, "z", "y", "x", *more))


def _write_terminals(group: h5py.Group, polarisation: h5py.Dataset, terminals: Terminals) -> None:
    group["polarisation"] = polarisation
    contacts = np.array(terminals.name, str)  # text also where there are none
    write_scale(group, "name", contacts, "", "contact")
    write_scale(group, "source", contacts, "", "contact whose voltage is varied")
    for name, description in TERMINALS.items():
        write(group, name, getattr(terminals, name), *description)
    if terminals.voltage_reversed:
        write_scale(group, "reversed", list(terminals.voltage_reversed), "", "contact whose magnetisation is reversed")
        voltages = np.array(list(terminals.voltage_reversed.values()))
        long_name = "voltage of each contact with the magnetisation of one contact (axis reversed) turned round"
        write(group, "voltage_reversed", voltages, "V", long_name, ("reversed", "name"))
    if terminals.electrode_spin_potential:
        write_scale(group, "electrode", list(terminals.electrode_spin_potential), "", "contact with an electrode")
        values = np.array(list(terminals.electrode_spin_potential.values()))
        write(group, "electrode_spin_potential", values, "V", store_history.ELECTRODE, ("electrode",))


def _write_measures(group: h5py.Group, measures: Sequence[Measure]) -> None:
    for i, measure in enumerate(measures):
        if clash := measure.extra.keys() & (RESERVED | measure.entry.keys()):
            raise ValueError(f"measures[{i}]: extra names {sorted(clash)} are taken")
        name = f"{measure.kind}_{i}"
        write(group, name, measure.value, measure.unit, f"measure {measure.kind}")
        attributes = {key: _plain(value) for key, value in measure.entry.items() if key not in RESERVED}
        attributes |= {**measure.extra, "kind": measure.kind, "value": measure.value, "unit": measure.unit}
        attributes |= {"entry": json.dumps(measure.entry), "extra": json.dumps(measure.extra)}
        group[name].attrs.update(attributes)


def _plain(value: Any) -> str | float:
    """A value as an HDF5 attribute holds it: strings and numbers as they are, anything else as JSON."""
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else json.dumps(value)


def _write_solver(group: h5py.Group, solver: SolverReport) -> None:
    write_scale(group, "iteration", np.arange(len(solver.true)), "1", "iteration")
    for name, description in SOLVER.items():
        values = np.asarray(getattr(solver, name))
        write(group, name, values.astype(np.int8) if values.dtype == bool else values, *description)
    write_scale(group, "phase", list(solver.wall_time), "", "phase of the run")
    write(group, "wall_time", list(solver.wall_time.values()), "s", "wall time", ("phase",))


# ---------------------------------------------------------------------------------------------------------- reading


def _require_format(path: str | os.PathLike, file: h5py.File) -> None:
    if file.attrs.get("format") == f"{FORMAT}-series":
        points = f"{os.fspath(path).removesuffix('.h5')}.points"
        raise StoreError(f"{path}: is a series, and has no fields; take one of its points in {points}")
    if file.attrs.get("format") != FORMAT:
        raise StoreError(f"{path}: not written by boltzsim (no attribute format = {FORMAT!r})")
    if (found := file.attrs["format_version"]) > FORMAT_VERSION:
        raise StoreError(
            f"{path}: format_version is {found}, this boltzsim reads up to {FORMAT_VERSION}; install a newer one"
        )


def _read(file: h5py.File) -> Result:
    return Result(
        case=read_case(file["case"]),
        edges={axis: file[f"grid/{axis}_edges"][()] for axis in AXES},
        fields={name: file[f"fields/{name}"][()] for name in FIELDS if name in file["fields"]},
        terminals=_read_terminals(file["terminals"]),
        measures=_read_measures(file["measures"]),
        solver=_read_solver(file["solver"]),
        attributes={name: native(value) for name, value in file.attrs.items() if name != DIGEST},
        history=store_history.read_history(file["time"], file["frames"]) if "time" in file else None,
        accuracy=read_accuracy(file["accuracy"]) if "accuracy" in file else None,
    )


def _read_terminals(group: h5py.Group) -> Terminals:
    flipped, spins = {}, {}
    if "voltage_reversed" in group:
        flipped = dict(zip(names(group["reversed"]), group["voltage_reversed"][()], strict=True))
    if "electrode_spin_potential" in group:
        spins = dict(zip(names(group["electrode"]), group["electrode_spin_potential"][()].tolist(), strict=True))
    values = {name: group[name][()] for name in TERMINALS}
    return Terminals(names(group["name"]), **values, voltage_reversed=flipped, electrode_spin_potential=spins)


def _read_measures(group: h5py.Group) -> tuple[Measure, ...]:
    found = []
    for name in sorted(group, key=lambda name: int(name.rpartition("_")[2])):
        attributes = group[name].attrs
        entry, extra = json.loads(attributes["entry"]), json.loads(attributes["extra"])
        found.append(Measure(attributes["kind"], entry, native(group[name][()]), attributes["unit"], extra))
    return tuple(found)


#: Entries of `SOLVER` that files of earlier versions do not have.
_LATER = ("terminal_balance", "energies", "energy_error", "products_single", "rounds")


def _read_solver(group: h5py.Group) -> SolverReport:
    values = {name: native(group[name][()]) for name in SOLVER if name in group or name not in _LATER}
    seconds = dict(zip(names(group["phase"]), group["wall_time"][()].tolist(), strict=True))
    return SolverReport(**{**values, "converged": bool(values["converged"])}, wall_time=seconds)
