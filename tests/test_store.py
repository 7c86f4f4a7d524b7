"""Result files: what is written comes back to the bit, other tools can read it, and no file is ever half written."""

import json
import os
import subprocess
import sys
import tomllib

import h5py
import numpy as np
import pytest
import xarray as xr

import boltzsim.store as store
from boltzsim.case import Case, load_case
from boltzsim.errors import StoreError
from boltzsim.result import FIELDS, Measure, Result, SolverReport, Terminals, provenance

CASE = """
title = "Spin valve, 2 µm"   # comments are kept
[material.alloy]
k_F = "13.6 1/nm"
[[material.alloy.impurity]]
name = "Ce"
concentration = 0.02
channels = { "s1/2" = 0.1, "p1/2" = 1.5707963267948966, "p3/2" = 0.05 }
[grid]
x = { length = "400 nm", cells = 8 }
z = { length = "40 nm", cells = 3 }
[[contact]]
name = "injector"
face = "z_max"
span = { x = ["100 nm", "150 nm"] }
transmission = 0.01
polarization = 0.4
direction = [1, 2, 3]
current = "1 uA"
[[contact]]
name = "detector"
face = "z_max"
span = { x = ["300 nm", "350 nm"] }
transmission = 0.01
polarization = 0.4
direction = [1, 0, 0]
floating = true
detect_spin = true
[[contact]]
name = "Erde"
face = "x_min"
voltage = 0
[[measure]]
kind = "nonlocal"
injector = "injector"
detector = "detector"
reference = "Erde"
"""


@pytest.fixture
def case(tmp_path):
    path = tmp_path / "valve.toml"
    path.write_text(CASE, encoding="utf-8")
    return load_case(path)


@pytest.fixture
def result(case):
    return random_result(case)


def random_result(case, seed=1, reversed_=("detector",), measures=2, iterations=7):
    """Random numbers over all of a double's exponents, so that any conversion on the way would show."""
    rng = np.random.default_rng(seed)

    def numbers(*shape):
        return rng.standard_normal(shape) * 10.0 ** rng.integers(-300, 300, shape)

    n = len(case.contact)
    terminals = Terminals(
        tuple(contact.name for contact in case.contact),
        numbers(n), numbers(n), numbers(n, 3), numbers(n, n), {name: numbers(n) for name in reversed_},
    )  # fmt: skip
    measures = tuple(
        Measure(
            "nonlocal",
            case.resolved()["measure"][0],
            float(numbers()),
            "Ω",
            {"R_P": float(numbers()), "R_AP": float(numbers())},
        )
        for _ in range(measures)
    )
    history = numbers(iterations), numbers(iterations)
    solver = SolverReport(True, 12, 36, 3, *history, {"setup": 0.1, "sweep": 2.5}, 1e-13, 3e-12)
    edges = {axis: case.grid.edges(axis) for axis in "xyz"}
    fields = {name: numbers(*case.grid.shape, *(3 for _ in more)) for name, (_, _, more) in FIELDS.items()}
    return Result(case, edges, fields, terminals, measures, solver, provenance(case, 2, 3.25))


def assert_same(one, other):
    """Equal to the bit, in type too."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            assert_same(left, right)
    elif hasattr(one, "__dataclass_fields__"):
        assert_same(vars(one), vars(other))
    else:
        assert one == other


def datasets(path):
    """Every dataset of a file as (name, dataset), the file open meanwhile."""
    with h5py.File(path) as file:
        found = []
        file.visititems(lambda name, item: found.append((name, item)) if isinstance(item, h5py.Dataset) else None)
        yield from found


def test_round_trip_to_the_bit(result, tmp_path):
    result.save(tmp_path / "out.h5")
    back = store.open(tmp_path / "out.h5")
    assert (
        back.case == result.case and back.case.toml() == CASE and back.case.sha256 == result.attributes["case_sha256"]
    )
    for part in ("edges", "fields", "terminals", "measures", "solver"):
        assert_same(getattr(back, part), getattr(result, part))
    extra = {"format": "boltzsim", "format_version": store.FORMAT_VERSION}
    assert back.attributes == {**result.attributes, **extra}
    assert {name: type(value) for name, value in back.attributes.items() if name in result.attributes} == {
        name: type(value) for name, value in result.attributes.items()
    }


def test_round_trip_of_a_bare_result(tmp_path):
    """No detect_spin, no measure, not one iteration, and special numbers."""
    case = Case(
        material={"metal": {"k_F": 1.3e10}},
        grid={"z": {"length": "40 nm", "cells": 4}},
        contact=[{"name": "a", "face": "z_min", "current": 0}, {"name": "b", "face": "z_max", "voltage": "1 V"}],
    )
    result = random_result(case, reversed_=(), measures=0, iterations=0)
    result.fields["charge_potential"].flat[:4] = np.nan, np.inf, -0.0, 5e-324
    result.save(tmp_path / "out.h5")
    back = store.open(tmp_path / "out.h5")
    assert back.case.resolved() == case.resolved() and back.case.toml() == case.toml()
    for part in ("edges", "fields", "terminals", "measures", "solver"):
        assert_same(getattr(back, part), getattr(result, part))


def test_a_default_that_changed_since(result, tmp_path):
    """The case that comes back is the one that was run."""
    result.save(tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5", "r+") as file:
        resolved = json.loads(file["case/resolved"].asstr()[()])
        resolved["angles"]["polar"] += 2
        file["case/resolved"][()] = json.dumps(resolved)
    assert store.open(tmp_path / "out.h5").case.resolved() == resolved


def test_measures_come_back_in_order(result, case, tmp_path):
    """Twelve of them: measure 10 is not read between 1 and 2."""
    result = random_result(case, measures=12)
    result.save(tmp_path / "out.h5")
    assert_same(store.open(tmp_path / "out.h5").measures, result.measures)


def test_layout(result, tmp_path):
    """The names that scripts outside rely on."""
    result.save(tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        assert {
            "format",
            "format_version",
            "version",
            "git",
            "created",
            "host",
            "threads",
            "wall_time",
            "case_sha256",
        } <= set(file.attrs)
        assert file["case/toml"].asstr()[()] == CASE
        assert json.loads(file["case/resolved"].asstr()[()])["contact"][0]["transmission"] == 0.01
        assert tomllib.loads(file["case/toml"].asstr()[()])["title"] == "Spin valve, 2 µm"
        np.testing.assert_allclose(file["grid/x"], 25e-9 + 50e-9 * np.arange(8), rtol=1e-14)
        np.testing.assert_allclose(file["grid/z_edges"], np.linspace(0, 40e-9, 4), rtol=1e-14)
        assert file["grid/y"][()] == [0.5] and file["grid/y_edges"][()].tolist() == [0, 1]
        assert file["fields/charge_potential"].shape == (3, 1, 8)
        assert file["fields/spin_potential"].shape == (3, 1, 8, 3)
        assert file["fields/charge_current"].shape == (3, 1, 8, 3)
        assert file["fields/spin_current"].shape == (3, 1, 8, 3, 3)
        assert file["fields/spin_current"].attrs["units"] == "A/m2"
        assert file["terminals/name"].asstr()[()].tolist() == ["injector", "detector", "Erde"]
        assert file["terminals/spin_current"].shape == file["terminals/conductance"].shape == (3, 3)
        assert file["terminals/voltage_reversed"].shape == (1, 3)
        measure = file["measures/nonlocal_1"].attrs
        assert (measure["kind"], measure["injector"], measure["detector"], measure["reference"]) == (
            "nonlocal", "injector", "detector", "Erde",
        )  # fmt: skip
        assert measure["value"] == result.measures[1].value == file["measures/nonlocal_1"][()]
        assert measure["unit"] == "Ω" and measure["R_AP"] == result.measures[1].extra["R_AP"]
        solver = file["solver"]
        assert solver["preconditioned"].shape == solver["true"].shape == (7,)
        assert solver["products"][()] == 12 and solver["charge_balance"][()] == 1e-13
        assert dict(zip(solver["phase"].asstr()[()], solver["wall_time"][()], strict=True)) == {
            "setup": 0.1,
            "sweep": 2.5,
        }


def test_every_dataset_has_units_name_and_scales(result, tmp_path):
    result.save(tmp_path / "out.h5")
    seen = 0
    for name, dataset in datasets(tmp_path / "out.h5"):
        assert isinstance(dataset.attrs["units"], str) and dataset.attrs["long_name"], name
        assert dataset.is_scale or all(len(dimension) == 1 for dimension in dataset.dims), name
        for dimension, size in zip(dataset.dims, dataset.shape, strict=True):
            if not dataset.is_scale:
                assert dimension[0].shape == (size,) and dimension.label == dimension[0].name.rpartition("/")[2], name
        seen += 1
    assert seen > 30


@pytest.mark.parametrize("group", ["grid", "fields", "terminals", "measures", "solver"])
def test_xarray_reads_every_group(result, tmp_path, group):
    """Without phony dimensions: h5netcdf would refuse a dataset whose axes have no scale in reach."""
    result.save(tmp_path / "out.h5")
    with (
        xr.open_dataset(tmp_path / "out.h5", engine="h5netcdf", group=group) as data,
        h5py.File(tmp_path / "out.h5") as file,
    ):
        assert set(data.variables) == set(file[group])
        for name, variable in data.variables.items():
            assert variable.attrs["units"] == file[group][name].attrs["units"]
            assert variable.shape == file[group][name].shape
            assert all(dimension in data.coords for dimension in variable.dims)


def test_xarray_selects_by_name_and_position(result, tmp_path):
    result.save(tmp_path / "out.h5")
    with xr.open_dataset(tmp_path / "out.h5", engine="h5netcdf", group="fields") as fields:
        assert fields.spin_current.dims == ("z", "y", "x", "flow", "polarisation")
        assert fields.spin_potential.dims == ("z", "y", "x", "polarisation")
        assert fields.x.attrs["units"] == "m" and fields.charge_potential.attrs["long_name"]
        picked = fields.spin_current.sel(x=130e-9, z=20e-9, method="nearest").sel(flow="x", polarisation="z")
        assert picked.item() == result.fields["spin_current"][1, 0, 2, 0, 2]
    with xr.open_dataset(tmp_path / "out.h5", engine="h5netcdf", group="terminals") as terminals:
        assert terminals.voltage.sel(name="Erde").item() == result.terminals.voltage[2]
        assert terminals.conductance.sel(name="Erde", source="detector").item() == result.terminals.conductance[2, 1]
        flipped = terminals.voltage_reversed.sel(reversed="detector", name="Erde")
        assert flipped.item() == result.terminals.voltage_reversed["detector"][2]
    with xr.open_datatree(tmp_path / "out.h5", engine="h5netcdf") as tree:
        assert tree.attrs["format"] == "boltzsim"
        assert {"case", "grid", "fields", "terminals", "measures", "solver"} == set(tree.children)


def test_a_failing_write_leaves_the_old_file_and_nothing_else(result, case, tmp_path, monkeypatch):
    result.save(tmp_path / "out.h5")
    files, old = set(tmp_path.iterdir()), (tmp_path / "out.h5").read_bytes()
    for failure in (RuntimeError, KeyboardInterrupt, MemoryError):
        monkeypatch.setattr(store, "_write_solver", lambda *_, failure=failure: (_ for _ in ()).throw(failure("stop")))
        for target in ("out.h5", "new.h5"):
            with pytest.raises(failure):
                random_result(case, seed=2).save(tmp_path / target)
        assert set(tmp_path.iterdir()) == files and (tmp_path / "out.h5").read_bytes() == old
    monkeypatch.undo()
    random_result(case, seed=2).save(tmp_path / "out.h5")
    assert set(tmp_path.iterdir()) == files and (tmp_path / "out.h5").read_bytes() != old


CHILD = """
import os, resource, sys
sys.path.insert(0, {tests!r})
from test_store import random_result, store, load_case, StoreError
case = load_case({folder!r} + "/valve.toml")
if sys.argv[1] == "composing":
    store._write_solver = lambda *_: os._exit(9)
elif sys.argv[1] == "writing":
    def write_half(path, data):
        with path.open("wb") as file:
            file.write(bytes(data)[: len(data) // 2])
            file.flush()
            os._exit(9)
    store.Path.write_bytes = write_half
elif sys.argv[1] == "renaming":
    os.replace = lambda *_: os._exit(9)
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
try:
    random_result(case, seed=2).save({folder!r} + "/out.h5")
except StoreError as error:
    print(error)
    sys.exit(4)
"""


def run_child(how, folder):
    script = CHILD.format(tests=os.path.dirname(__file__), folder=str(folder))
    return subprocess.run([sys.executable, "-c", script, how], capture_output=True, text=True)


@pytest.mark.parametrize("moment", ["composing", "writing", "renaming"])
def test_a_killed_run_leaves_the_old_file(result, tmp_path, moment):
    """What the dead process left is hidden and in nobody's way."""
    result.save(tmp_path / "out.h5")
    old = (tmp_path / "out.h5").read_bytes()
    assert run_child(moment, tmp_path).returncode == 9
    assert (tmp_path / "out.h5").read_bytes() == old
    assert {path.name for path in tmp_path.iterdir() if path.name[0] != "."} == {"valve.toml", "out.h5"}
    debris = list(tmp_path.glob(".out.h5.*.tmp"))
    assert len(debris) == (moment != "composing")
    if moment == "writing":
        with pytest.raises(StoreError):
            store.open(debris[0])
    result.save(tmp_path / "out.h5")
    assert_same(store.open(tmp_path / "out.h5").fields, result.fields)


def test_a_full_disk_is_a_store_error(result, tmp_path):
    result.save(tmp_path / "out.h5")
    files, old = set(tmp_path.iterdir()), (tmp_path / "out.h5").read_bytes()
    child = run_child("full", tmp_path)
    assert child.returncode == 4, child.stderr
    assert "out.h5" in child.stdout and "cannot be written" in child.stdout
    assert set(tmp_path.iterdir()) == files and (tmp_path / "out.h5").read_bytes() == old


def test_places_that_cannot_be_written(result, tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.h5").mkdir()
    for path in (tmp_path / "missing" / "out.h5", tmp_path / "file" / "out.h5", tmp_path / "folder.h5"):
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(StoreError, match=path.name):
            result.save(path)
        with pytest.raises(StoreError, match=path.name):
            store.require_writable(path)
        assert sorted(tmp_path.rglob("*")) == before
    store.require_writable(tmp_path / "out.h5")


def test_a_link_is_followed_and_permissions_follow_the_umask(result, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.h5").symlink_to(tmp_path / "real" / "out.h5")
    result.save(tmp_path / "link.h5")
    assert (tmp_path / "link.h5").is_symlink()
    assert_same(store.open(tmp_path / "real" / "out.h5").edges, result.edges)
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "real" / "out.h5").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_truncated_files(result, tmp_path):
    result.save(tmp_path / "out.h5")
    whole = (tmp_path / "out.h5").read_bytes()
    for length in (0, 1, 100, 2048, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.h5").write_bytes(whole[:length])
        with pytest.raises(StoreError, match=r"cut\.h5"):
            store.open(tmp_path / "cut.h5")


def test_files_of_others(result, tmp_path):
    (tmp_path / "text.h5").write_text("no HDF5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["data"] = 1.0
    (tmp_path / "folder.h5").mkdir()
    faults = {
        "text": "not a readable HDF5",
        "other": "not written by boltzsim",
        "none": "no such file",
        "folder": "folder",
    }
    for name, words in faults.items():
        with pytest.raises(StoreError, match=words):
            store.open(tmp_path / f"{name}.h5")


def test_a_newer_format_is_refused_by_name(result, tmp_path):
    result.save(tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5", "r+") as file:
        file.attrs["format_version"] = store.FORMAT_VERSION + 1
    with pytest.raises(
        StoreError, match=f"format_version is {store.FORMAT_VERSION + 1}.* up to {store.FORMAT_VERSION}"
    ):
        store.open(tmp_path / "out.h5")


@pytest.mark.parametrize(
    "name", ["case/resolved", "grid/z_edges", "fields", "terminals/voltage", "solver/true", "measures"]
)
def test_missing_parts(result, tmp_path, name):
    result.save(tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5", "r+") as file:
        del file[name]
    with pytest.raises(StoreError, match="not a complete boltzsim result"):
        store.open(tmp_path / "out.h5")


def test_a_field_that_does_not_fit_the_grid(result, tmp_path):
    result.save(tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5", "r+") as file:
        del file["fields/charge_potential"]
        file["fields/charge_potential"] = np.zeros((3, 1, 9))
    with pytest.raises(StoreError, match=r"charge_potential.*\(3, 1, 9\).*\(3, 1, 8\)"):
        store.open(tmp_path / "out.h5")


def test_results_check_their_shapes(result):
    with pytest.raises(ValueError, match="spin_potential"):
        Result(**{**vars(result), "fields": {"spin_potential": np.zeros((3, 1, 8))}})
    with pytest.raises(ValueError, match="temperature"):
        Result(**{**vars(result), "fields": {"temperature": np.zeros((3, 1, 8))}})
    with pytest.raises(ValueError, match="conductance"):
        Terminals(("a", "b"), np.zeros(2), np.zeros(2), np.zeros((2, 3)), np.zeros((2, 3)))
    with pytest.raises(ValueError, match="nobody"):
        Terminals(("a",), np.zeros(1), np.zeros(1), np.zeros((1, 3)), np.zeros((1, 1)), {"nobody": np.zeros(1)})


def test_an_extra_cannot_hide_an_attribute(result, tmp_path):
    for name in ("value", "injector"):
        measure = Measure("nonlocal", result.measures[0].entry, 1.0, "Ω", {name: 2.0})
        with pytest.raises(ValueError, match=name):
            Result(**{**vars(result), "measures": (measure,)}).save(tmp_path / "out.h5")
    assert not (tmp_path / "out.h5").exists()
