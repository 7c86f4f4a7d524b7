"""Reading cases: defaults, geometry, round trips and files."""

import json
import math
import tomllib
from pathlib import Path

import numpy as np
import pytest
from valve import VALVE, changed

import boltzsim
from boltzsim.case.case import Case, load_case, parse_case
from boltzsim.errors import CaseError

CASES = sorted((Path(__file__).parents[2] / "cases").glob("*.toml"))


def test_defaults_are_those_of_the_contract():
    case = Case(**VALVE)
    material = case.material["alloy"]
    assert (material.mass, material.background.tau_p, material.background.tau_sf) == (1.0, math.inf, math.inf)
    assert (case.walls.specularity, case.walls.periodic, case.walls.at("z_min")) == (0.0, (), 0.0)
    assert (case.angles.quadrature, case.angles.polar, case.angles.azimuthal, case.angles.axis) == (
        "product",
        8,
        16,
        "z",
    )
    assert (case.physics.side_jump, case.physics.model) == (True, "kinetic")
    assert (case.solver.rtol, case.solver.max_products, case.solver.preconditioner) == (1e-8, 300, "diffusion")
    assert (case.field.B, case.field.g, case.drive.electric_field) == ((0.0,) * 3, 2.0, (0.0,) * 3)
    left = case.contact[1]
    assert (left.transmission, left.polarization, left.mixing_phase, left.spin_voltage) == (1.0, 0.0, 0.0, (0.0,) * 3)
    assert (left.current, left.voltage, left.floating, left.detect_spin) == (None, 0.0, False, False)


def test_geometry_of_the_grid_and_the_contacts():
    case = Case(**VALVE)
    assert case.grid.axes == ("x", "z")
    assert case.grid.shape == (16, 1, 160)
    np.testing.assert_allclose(case.grid.edges("z"), np.arange(17) * 2.5e-9, rtol=1e-14, atol=0)
    np.testing.assert_array_equal(case.grid.edges("y"), [0, 100e-9])
    injector = case.contact[0]
    assert case.contact_cells(injector) == {"x": (40, 60), "y": (0, 1)}
    assert case.contact_area(injector) == pytest.approx(50e-9 * 100e-9, rel=1e-14)
    assert case.contact_area(case.contact[1]) == pytest.approx(100e-9 * 40e-9, rel=1e-14)
    assert injector.direction == (1.0, 0.0, 0.0)


def test_spans_snap_to_the_nearest_cell_edges():
    case = Case(**changed({"contact.0.span": {"x": ["101.2 nm", "148.8 nm"]}}))
    assert case.contact_cells(case.contact[0])["x"] == (40, 60)
    case = Case(**changed({"contact.0.span": {"x": ["0 nm", "400.0000000001 nm"]}}))
    assert case.contact_cells(case.contact[0])["x"] == (0, 160)


def test_a_uniform_axis_without_length_counts_one_metre():
    case = Case(**changed({"grid.y": {}}))
    assert case.contact_area(case.contact[1]) == pytest.approx(40e-9, rel=1e-14)


def test_a_periodic_axis_of_one_cell_beside_others_is_uniform():
    once = {"x": {"length": "4 nm", "cells": 1}, "z": {"length": "2 nm", "cells": 1}}
    bare = {"contact": [], "measure": [], "drive": {"electric_field": ["1 V/m", 0, 0]}}
    for periodic, grid, axes in (
        (["z"], once | {"y": {"length": "3 nm", "cells": 2}}, ("x", "y")),
        (["x", "z"], once, ("x",)),
        (["x"], {"x": once["x"]}, ("x",)),
    ):
        field = ["1 V/m", 0, 0] if "x" in periodic else [0, 0, "1 V/m"]
        case = Case(**changed(bare | {"grid": grid, "walls": {"periodic": periodic}, "drive.electric_field": field}))
        assert case.grid.axes == axes and case.grid.length("z") == case.given_grid.length("z")


def test_later_regions_overwrite_earlier_ones():
    host = {"k_F": "13.6 1/nm", "background": {"tau_p": "10 fs"}}
    regions = [
        {"material": "host", "box": {"x": ["100 nm", "200 nm"]}},
        {"material": "alloy", "box": {"x": ["150 nm", "200 nm"], "z": ["0 nm", "10 nm"]}},
    ]
    index = Case(**changed({"material.host": host, "region": regions})).material_index()
    assert index.shape == (16, 1, 160)
    assert index[:, :, 40:60].all() and index[4:, :, 60:80].all()
    assert index.sum() == 40 * 16 - 20 * 4


def test_directions_are_normalised():
    case = Case(**changed({"contact.0.direction": [3, 0, -4]}))
    np.testing.assert_allclose(case.contact[0].direction, [0.6, 0, -0.8], rtol=1e-15)


def test_resolved_is_json_and_comes_back_as_the_same_case():
    case = Case(**changed({"contact.0.direction": [1, 2, -2]}))
    text = json.dumps(case.resolved(), allow_nan=False)
    assert Case(**json.loads(text)) == case
    assert json.loads(text)["material"]["alloy"]["background"] == {"tau_p": "inf", "tau_sf": "inf", "tau_ex": "inf"}
    assert parse_case(case.toml()) == case


def test_a_case_keeps_its_text_and_hash(tmp_path):
    path = tmp_path / "valve.toml"
    path.write_bytes(CASES[0].read_bytes())
    case = load_case(path)
    assert case.toml() == CASES[0].read_text()
    path.write_text(case.toml() + "# another comment\n")
    assert load_case(path) == case
    assert load_case(path).sha256 != case.sha256


def test_replace_checks_again():
    case = Case(**VALVE)
    assert case.replace(title="other").title == "other"
    with pytest.raises(CaseError, match="did you mean 'physics'"):
        case.replace(phyiscs={})


def test_a_case_is_frozen():
    with pytest.raises(Exception, match="frozen"):
        Case(**VALVE).solver.rtol = 1e-3


def test_double_gauss_lies_along_a_gridded_axis():
    slab = {
        "grid": {"x": {"length": "80 nm", "cells": 8}},
        "contact": [{"name": "a", "face": "x_min", "voltage": 1e-3}, {"name": "b", "face": "x_max", "voltage": 0}],
        "measure": [],
        "angles": {"quadrature": "double-gauss"},
    }
    with pytest.raises(
        CaseError,
        match=r"angles\.axis = 'z' must be a gridded axis in a double-gauss set, the thinnest; set axis = 'x'",
    ):
        Case(**VALVE | slab)
    assert Case(**VALVE | slab | {"angles": {"quadrature": "double-gauss", "axis": "x"}}).angles.axis == "x"


def test_currents_that_sum_to_zero_need_no_voltage():
    pair = [{"name": "a", "face": "x_min", "current": "0.3 uA"}, {"name": "b", "face": "x_max", "current": "-0.3 uA"}]
    floating = {"name": "c", "face": "z_max", "floating": True}
    assert len(Case(**changed({"contact": [*pair, floating], "measure": []})).contact) == 3


def test_a_field_drives_along_periodic_and_uniform_axes():
    periodic = {"contact": [], "measure": [], "walls": {"periodic": ["x"]}, "drive": {"electric_field": [1, 0, 0]}}
    assert Case(**changed(periodic)).drive.electric_field == (1.0, 0.0, 0.0)
    uniform = {"contact": [], "measure": [], "drive": {"electric_field": [0, "1 V/m", 0]}}
    assert Case(**changed(uniform)).drive.electric_field == (0.0, 1.0, 0.0)


def test_all_problems_are_listed_with_the_file_one_per_line(tmp_path):
    path = tmp_path / "valve.toml"
    path.write_text('[material.alloy]\nk_F = "3 nm"\nmas = 1\n[grid]\nx = { length = "1 nm", cells = 0 }\n')
    with pytest.raises(CaseError) as error:
        load_case(path)
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"{path}: ") for line in lines)


def test_bad_toml_and_bad_text_are_case_errors_and_missing_files_os_errors(tmp_path):
    path = tmp_path / "valve.toml"
    path.write_text("title = \n")
    with pytest.raises(CaseError, match=r"valve.toml: is not valid TOML: .*line 1"):
        load_case(path)
    path.write_bytes(b'title = "\xff"')
    with pytest.raises(CaseError, match=r"is not UTF-8 text \(byte 9\)"):
        load_case(path)
    with pytest.raises(FileNotFoundError):
        load_case(tmp_path / "none.toml")
    with pytest.raises(IsADirectoryError):
        load_case(tmp_path)


def test_tables_built_in_python_report_in_the_same_words():
    with pytest.raises(CaseError, match=r"concentration = 2 must lie in \[0, 1\)"):
        boltzsim.Impurity(concentration=2, channels={"s1/2": 0.1})
    impurity = boltzsim.Impurity(concentration=0.02, channels={"d5/2": "30 deg"})
    material = boltzsim.Material(k_F=13.6e9, impurity=[impurity])
    assert material.impurity[0] is impurity
    assert material.degree == 4


def test_schema_is_strict_json_with_units_and_every_key():
    schema = Case.model_json_schema()
    json.dumps(schema, allow_nan=False)
    assert set(tomllib.loads(CASES[0].read_text())) <= set(schema["properties"])
    length = schema["$defs"]["GridAxis"]["properties"]["length"]["anyOf"][0]
    assert {option["type"] for option in length["anyOf"]} == {"number", "string"}
    assert "nm" in length["description"]
    assert not schema["additionalProperties"]
    assert schema["$defs"]["Contact"]["required"] == ["name", "face"]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_shipped_cases_are_short_and_load(path):
    case = load_case(path)
    assert case.title
    text = path.read_text()
    assert text.startswith("#") and len(text.splitlines()) < 50
