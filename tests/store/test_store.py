"""Result files: what is written comes back to the bit, and other tools can read it."""

import json
import re
import tomllib
from datetime import UTC, datetime

import h5py
import numpy as np
import pytest
import xarray as xr
from stored import CASE, assert_same, random_result

from boltzsim import __version__
from boltzsim.case.case import Case, parse_case
from boltzsim.result import Measure, Result, Terminals, provenance
from boltzsim.store import result as store
from boltzsim.store.hdf5 import seal


@pytest.fixture
def case():
    return parse_case(CASE)


@pytest.fixture
def result(case):
    return random_result(case)


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
        material={"metal": {"k_F": 1.3e10, "background": {"tau_p": 1e-14}}},
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
        seal(file)
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


def test_provenance(case):
    made = provenance(case, threads=3, wall_time=2.5)
    assert made["threads"] == 3 and made["wall_time"] == 2.5 and made["case_sha256"] == case.sha256
    assert made["version"] == __version__ and made["host"]
    age = datetime.now(UTC) - datetime.fromisoformat(made["created"])
    assert -1 < age.total_seconds() < 60
    assert re.fullmatch("([0-9a-f]{40}(-dirty)?)?", made["git"])
