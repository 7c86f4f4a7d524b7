"""The study of a case: which runs it takes, what it finds, where its errors are shown and kept."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from stored import CASE, assert_same, random_result
from typer.testing import CliRunner

import boltzsim
from boltzsim.accuracy.cheapest import cheapest
from boltzsim.accuracy.ladders import Level, case_on
from boltzsim.accuracy.stored import stored_accuracy
from boltzsim.accuracy.study import plan
from boltzsim.case.case import parse_case
from boltzsim.cli import app
from boltzsim.errors import CaseError, StoreError
from boltzsim.measure.numbers import numbers
from boltzsim.reports.tables import data_of, result_tables
from boltzsim.result import ACCURACY, Accuracy

SLAB = """
title = "slab"
physics.model = "diffusion"
[material.metal]
k_F = "13.6 1/nm"
mean_free_path = "4 nm"
spin_diffusion_length = "15 nm"
[grid]
z = { length = "40 nm", cells = 4 }
[[contact]]
name = "source"
face = "z_min"
current = "1 uA"
polarization = 0.4
direction = [0, 0, 1]
transmission = 0.1
detect_spin = true
[[contact]]
name = "drain"
face = "z_max"
voltage = 0
polarization = 0.4
direction = [1, 0, 0]
transmission = 0.1
[field]
B = ["0 T", "20 T", "0 T"]
[[measure]]
kind = "nonlocal"
injector = "source"
detector = "source"
reference = "drain"
"""


@pytest.fixture(scope="module")
def studied():
    return boltzsim.converge(parse_case(SLAB))


def test_the_errors_of_a_slab_are_those_against_a_much_finer_grid(studied):
    truth = numbers(boltzsim.run(case_on(studied.case, Level(Fraction(32)))))
    checked = 0
    for own, true in zip(numbers(studied), truth, strict=True):
        quoted, error = studied.error(own.of, own.quantity), abs(own.value - true.value)
        if error <= 1e-9 * own.largest:
            continue  # given by the case
        assert error <= quoted <= 4 * error, own
        checked += 1
    assert checked >= 6
    found = studied.accuracy
    assert found.columns["order"][found.of.index("injector source, detector source, reference drain")] > 1.5


def test_the_cheapest_grid_reaches_what_was_wanted(studied):
    quoted = studied.error("injector source, detector source, reference drain", "nonlocal")
    wanted = 0.1 * quoted / studied.measures[0].value
    choice = cheapest(studied, wanted)
    assert choice.error <= wanted and choice.level.grid > 1
    truth = boltzsim.run(case_on(studied.case, Level(Fraction(32)))).measures[0].value
    assert abs(boltzsim.run(choice.case).measures[0].value - truth) <= wanted * truth
    assert cheapest(studied, 1e-9) is None
    with pytest.raises(CaseError, match="run 'boltzsim converge'"):
        cheapest(replace(studied, accuracy=None), wanted)


def test_errors_stand_beside_currents_voltages_and_resistances(studied):
    terminals, measures, _ = (data_of(table)["rows"] for table in result_tables(studied))
    source, drain = terminals
    assert source["current"] == "1 µA" and drain["voltage"] == "0 V"  # given by the case
    for key in ("voltage", "spin current x", "z", "voltage, source reversed"):
        assert " ± " in source[key], key
    assert " ± " in measures[0]["value"] and measures[0]["value"].endswith("Ω")
    assert " ± " in studied._repr_html_()


def test_errors_of_currents():
    """Contacts with voltages have currents with errors."""
    found = boltzsim.converge(parse_case(SLAB.replace('current = "1 uA"', 'voltage = "1 mV"').split("[[measure]]")[0]))
    rows = data_of(next(result_tables(found)))["rows"]
    assert all(" ± " in row["current"] for row in rows)
    assert rows[0]["voltage"] == "1 mV"
    assert cheapest(found, 0.01) is not None


def test_the_study_keeps_to_its_budget():
    case = parse_case(SLAB.replace('physics.model = "diffusion"', ""))
    for budget in (4, 8, 30):
        levels = plan(case, budget).levels
        assert levels[0] == Level() and len({level.grid for level in levels}) == 3
    with pytest.raises(CaseError, match=r"--budget 1 is too small.*give --budget \d"):
        plan(case, 1)


def test_errors_are_kept_in_files(studied, tmp_path):
    path = tmp_path / "out.h5"
    case = parse_case(CASE)
    columns = {name: np.random.default_rng(i).standard_normal(3) for i, name in enumerate(ACCURACY)}
    columns["order"][1] = np.nan
    told = {"runs": [{"run": "as given", "level": [1.0] * 4, "products": 12}]}
    kept = Accuracy(("contact Erde",) * 3, ("current", "voltage", "μ_s"), ("A", "V", "V"), columns, told)
    replace(random_result(case), accuracy=kept).save(path)
    assert_same(boltzsim.open(path).accuracy, kept)
    studied.save(path)
    assert_same(stored_accuracy(path, studied.case), studied.accuracy)
    with pytest.raises(StoreError, match="numerical errors of another case, its field differ"):
        stored_accuracy(path, studied.case.with_(**{"field.B": [0, 0, 0]}))
    replace(studied, accuracy=None).save(path)
    with pytest.raises(StoreError, match="holds no numerical errors"):
        stored_accuracy(path, studied.case)


def test_the_command_line_studies_quotes_and_advises(tmp_path):
    case, out, again = tmp_path / "case.toml", tmp_path / "out.h5", tmp_path / "again.h5"
    case.write_text(SLAB)

    def call(*words):
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code == 0, done.output
        return done.stdout

    shown = call("converge", case, "-o", out, "--wanted", "0.1%")
    assert "±" in shown and "0.1 % takes grid.z.cells = " in shown
    found = json.loads(call("converge", case, "--wanted", "0.001", "--json"))
    assert found["wanted"]["reached"] and found["wanted"]["error"] <= 1e-3
    assert {"of", "quantity", "unit", "value", "total"} <= found["numbers"][0].keys()
    quoted = call("run", case, "--errors", out, "-o", again)
    assert "±" in quoted
    assert boltzsim.open(again).accuracy is not None
    assert CliRunner().invoke(app, ["converge", str(case), "--wanted", "two"]).exit_code == 2
