"""Results and series as tables of xarray, pandas and VTK."""

import math
import sys

import h5py
import numpy as np
import pytest
import xarray as xr
from series_cases import BASE
from stored import CASE, random_result
from typer.testing import CliRunner
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkDataArray
from vtkmodules.vtkIOHDF import vtkHDFReader
from vtkmodules.vtkIOXML import vtkXMLImageDataReader, vtkXMLUnstructuredGridReader

import boltzsim
from boltzsim.case.case import parse_case
from boltzsim.case.series import expand
from boltzsim.cli import app
from boltzsim.errors import StoreError
from boltzsim.result import FIELDS
from boltzsim.store import series as series_store
from boltzsim.store.series import gather

TWO_METALS = CASE.replace("[grid]", '[material."heavy metal"]\nk_F = "13.6 1/nm"\nmean_free_path = "5 nm"\n[grid]', 1)
TWO_METALS += '[[region]]\nmaterial = "heavy metal"\nbox = { x = ["200 nm", "400 nm"] }\n'


@pytest.fixture
def result():
    return random_result(parse_case(TWO_METALS))


def series(text):
    axes, cases = expand(case := parse_case(text))
    return gather(case, axes, [random_result(point, seed, (), 1) for seed, point in enumerate(cases)])


def test_the_root_is_one_dataset(result, tmp_path):
    result.save(tmp_path / "out.h5")
    with xr.open_dataset(tmp_path / "out.h5", engine="h5netcdf") as data:
        for name in FIELDS:
            np.testing.assert_array_equal(data[name], result.fields[name])
        assert data["spin_current"].dims == ("z", "y", "x", "flow", "polarisation")
        np.testing.assert_array_equal(data["terminal_voltage"].sel(name="Erde"), result.terminals.voltage[2])
        np.testing.assert_array_equal(data["nonlocal_1"], result.measures[1].value)
        np.testing.assert_allclose(data["x"], result.centres("x"))
        assert data["x"].attrs["units"] == "m" and data.attrs["format"] == "boltzsim"
        assert all(dimension in data.coords for variable in data.values() for dimension in variable.dims)


def test_the_map_of_materials_says_what_its_numbers_mean(result, tmp_path):
    result.save(tmp_path / "out.h5")
    with xr.open_dataset(tmp_path / "out.h5", engine="h5netcdf") as data:
        material = data["material"]
        assert material.dims == ("z", "y", "x")
        assert material.attrs["flag_meanings"] == "alloy heavy_metal" and material.attrs["flag_values"].tolist() == [
            0,
            1,
        ]
        np.testing.assert_array_equal(material.sel(x=slice(0, 2e-7)), 0)
        np.testing.assert_array_equal(material.sel(x=slice(2e-7, 4e-7)), 1)


def test_the_root_takes_no_room(result, tmp_path):
    """It holds the arrays of the groups themselves."""
    result.save(tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        assert file["spin_current"] == file["fields/spin_current"]
        assert file["terminal_current"] == file["terminals/current"]


def test_xarray_without_a_file(result, tmp_path):
    result.save(tmp_path / "out.h5")
    with xr.open_dataset(tmp_path / "out.h5", engine="h5netcdf") as data:
        xr.testing.assert_identical(result.to_xarray().drop_attrs(), data.drop_attrs())
    assert set(result.to_xarray("solver")) >= {"products", "true"}
    with pytest.raises(StoreError, match="group = 'nonsense' is not in it"):
        result.to_xarray("nonsense")


def test_terminals_as_a_data_frame(result):
    frame = result.to_dataframe()
    assert frame.index.name == "contact" and frame.index.tolist() == ["injector", "detector", "Erde"]
    assert frame.loc["detector", "voltage"] == result.terminals.voltage[1]
    assert frame.loc["injector", "spin_current_y"] == result.terminals.spin_current[0, 1]
    assert frame.loc["Erde", "voltage_detector_reversed"] == result.terminals.voltage_reversed["detector"][2]
    assert frame.attrs["units"]["spin_current_z"] == "A"


def test_without_the_libraries(result, tmp_path, monkeypatch):
    for library in ("xarray", "vtkmodules"):
        monkeypatch.setitem(sys.modules, library, None)  # as if it were not installed
    with pytest.raises(StoreError, match=r"needs the package xarray; install boltzsim\[xarray\]"):
        result.to_xarray()
    with pytest.raises(StoreError, match=r"out\.vti: .* needs the package vtkmodules.*; install boltzsim\[vtk\]"):
        boltzsim.export(result, tmp_path / "out.vti")


@pytest.mark.parametrize(
    "axis, coordinate, unit",
    [
        ('field.B = [["0 T", "0 T", "-0.1 T"], ["0 T", "0 T", "0.2 T"]]', [-0.1, 0.2], "T"),
        ('field.B = [["0 T", "0 T", "0 T"], ["0 T", "3 mT", "-4 mT"]]', [0, -5e-3], "T"),
        ('grid.z.length = ["20 nm", "30 nm"]', [2e-8, 3e-8], "m"),
        ('material.alloy.k_F = ["13.6 1/nm", "10 1/nm"]', [1.36e10, 1e10], "1/m"),
        ('physics.model = ["kinetic", "diffusion"]', ["kinetic", "diffusion"], "1"),
        ("contact.far.direction = [[1, 0, 0], [0, 2, 0]]", ["[1.0, 0.0, 0.0]", "[0.0, 1.0, 0.0]"], "1"),
        ('field.B = [["1 T", "0 T", "0 T"], ["0 T", "1 T", "0 T"]]', None, "1"),
    ],
)
def test_coordinates_of_a_series_are_its_values(tmp_path, axis, coordinate, unit):
    """Quantities in SI with their unit, sizes of vectors along a line, else the values in words; no index."""
    found = series(BASE + f"[series.axis]\n{axis}\n")
    found.save(tmp_path / "out.h5")
    with xr.open_dataset(tmp_path / "out.h5", engine="h5netcdf") as data:
        assert data["nonlocal_0"].dims == ("axis",) and data["axis"].attrs["units"] == unit
        if coordinate is None:
            assert all("1.0" in value for value in data["axis"].values)
        elif isinstance(coordinate[0], str):
            assert data["axis"].values.tolist() == coordinate
        else:
            np.testing.assert_allclose(data["axis"], coordinate, rtol=1e-12)
        assert data["terminal_voltage"].dims == ("axis", "name")
        xr.testing.assert_identical(found.to_xarray().drop_attrs(), data.drop_attrs())
    assert series_store.open(tmp_path / "out.h5").axes[0].words == (found.axes[0].words)


def test_values_of_the_paths_have_their_units(tmp_path):
    found = series(BASE + '[series.both]\nfield.g = [1, 2]\nfield.B.z = ["1 T", "2 T"]\n')
    data = found.to_xarray()
    assert (data["both_0"].attrs["units"], data["both_1"].attrs["units"]) == ("1", "T")
    np.testing.assert_array_equal(data["both_1"], [1, 2])


@pytest.mark.parametrize("name", ["terminals", "case", "terminal_current", "solver"])
def test_names_of_groups_and_of_root_datasets_are_no_axes(name):
    with pytest.raises(boltzsim.CaseError, match=f"series.{name} is no name for an axis, it is taken"):
        parse_case(BASE + f"[series.{name}]\nfield.g = [1, 2]\n")


def test_a_series_as_a_data_frame():
    found = series(BASE + '[series.g]\nfield.g = [1, 2]\n[series.B]\nfield.B.z = ["0 T", "1 T", "2 T"]\n')
    frame = found.to_dataframe()
    assert frame["g"].tolist() == [1, 1, 1, 2, 2, 2] and frame["B"].tolist() == [0, 1, 2] * 2
    np.testing.assert_array_equal(frame["nonlocal_0"], found.measures[0].value.ravel())
    assert frame["voltage_far"][4] == found.terminals["voltage"][1, 1, 1]
    assert frame.attrs["units"]["B"] == "T" and frame.attrs["units"]["current_near"] == "A"


READERS = {".vti": vtkXMLImageDataReader, ".vtu": vtkXMLUnstructuredGridReader, ".vtkhdf": vtkHDFReader}


@pytest.mark.parametrize("suffix", READERS)
def test_the_reader_of_vtk_finds_every_field(result, tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    boltzsim.export(result, path)
    reader = READERS[suffix]()
    reader.SetFileName(str(path))
    reader.Update()
    grid = reader.GetOutputDataObject(0)
    arrays = grid.GetCellData()
    assert grid.GetNumberOfCells() == 24
    np.testing.assert_allclose(grid.GetBounds(), (0, 400, 0, 0, 0, 40), rtol=1e-12)  # nm
    box = grid.GetCell(2 * 8 + 5).GetBounds()  # third layer, sixth cell
    np.testing.assert_allclose(box, (250, 300, 0, 0, 80 / 3, 40), rtol=1e-6)
    charge = vtk_to_numpy(arrays.GetArray("charge_potential"))
    assert charge[2 * 8 + 5] == result.fields["charge_potential"][2, 0, 5]
    spin = arrays.GetArray("spin_potential")
    np.testing.assert_array_equal(vtk_to_numpy(spin)[2 * 8 + 5], result.fields["spin_potential"][2, 0, 5])
    flow = vtk_to_numpy(arrays.GetArray("spin_current_y"))  # the flow of spins along y
    np.testing.assert_array_equal(flow[2 * 8 + 5], result.fields["spin_current"][2, 0, 5, :, 1])
    np.testing.assert_array_equal(vtk_to_numpy(arrays.GetArray("material")), result.case.material_index().ravel())
    if suffix != ".vtkhdf":  # which stores neither
        assert spin.GetComponentName(2) == "z"
        assert arrays.GetArray("charge_current").GetInformation().Get(vtkDataArray.UNITS_LABEL()) == "A/m2"


def test_three_and_one_dimensions_of_vtk(tmp_path):
    for grid, bounds in (
        ({"z": {"length": "20 nm", "cells": 4}}, (0, 0, 0, 0, 0, 20)),
        ({a: {"length": "20 nm", "cells": n} for a, n in zip("xyz", (2, 3, 4), strict=True)}, (0, 20) * 3),
    ):
        case = parse_case(BASE).replace(grid=grid, angles={"polar": 6, "azimuthal": 12})
        boltzsim.export(random_result(case, reversed_=()), tmp_path / "out.vtu")
        reader = vtkXMLUnstructuredGridReader()
        reader.SetFileName(str(tmp_path / "out.vtu"))
        reader.Update()
        np.testing.assert_allclose(reader.GetOutput().GetBounds(), bounds, rtol=1e-12)
        assert reader.GetOutput().GetNumberOfCells() == np.prod(case.grid.shape)


@pytest.mark.parametrize("suffix", [".vtu", ".vtkhdf"])
def test_graded_cells_of_vtk(tmp_path, suffix):
    """Each cell lies where it is; an image has no such cells."""
    case = parse_case(CASE.replace("cells = 8", 'cells = 44, finest = "6 nm"'))
    found = random_result(case)
    boltzsim.export(found, tmp_path / f"out{suffix}")
    reader = READERS[suffix]()
    reader.SetFileName(str(tmp_path / f"out{suffix}"))
    reader.Update()
    grid = reader.GetOutputDataObject(0)
    edges = case.grid.edges("x") * 1e9
    assert np.ptp(np.diff(edges)) > 4 and grid.GetNumberOfCells() == math.prod(case.grid.shape)
    for cell in (0, 17, 43):
        np.testing.assert_allclose(grid.GetCell(cell).GetBounds()[:2], edges[cell : cell + 2], rtol=1e-6)
    charge = vtk_to_numpy(grid.GetCellData().GetArray("charge_potential"))
    assert charge[17] == found.fields["charge_potential"][0, 0, 17]
    with pytest.raises(StoreError, match=r"cells of different sizes make no image; end the name in \.vtu or \.vtkhdf"):
        boltzsim.export(found, tmp_path / "out.vti")


def test_export_from_the_command_line(result, tmp_path):
    result.save(tmp_path / "out.h5")
    done = CliRunner().invoke(app, ["export", str(tmp_path / "out.h5"), str(tmp_path / "out.vtu")])
    assert (done.exit_code, done.stdout.strip()) == (0, str(tmp_path / "out.vtu")) and (tmp_path / "out.vtu").exists()
    wrong = CliRunner().invoke(app, ["export", str(tmp_path / "out.h5"), str(tmp_path / "out.stl")])
    assert wrong.exit_code == 4 and "unknown kind of file '.stl'; end the name in .vti, .vtu, .vtkhdf" in wrong.stderr
