"""Both models side by side: same tables, the ratio of a known case, the figure, the command."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from boltzsim.case.case import Case
from boltzsim.cli import app
from boltzsim.reports.compare import data, tables
from boltzsim.reports.tables import data_of, result_tables
from boltzsim.runs.compare import compare

MATERIAL = {
    "k_F": "13.6 1/nm",
    "impurity": [{"concentration": 0.02, "channels": {"s1/2": 1.2, "p1/2": 0.2}}],
}
CONTACTS = [
    {"name": "left", "face": "z_min", "voltage": "1 mV", "transmission": 0.5, "polarization": 0.4}
    | {"direction": [0, 0, 1]},
    {"name": "right", "face": "z_max", "voltage": "0 V", "transmission": 0.5}
    | {"polarization": 0.3, "direction": [0, 0, 1], "detect_spin": True},
]


@pytest.fixture(scope="module")
def case():
    return Case(
        title="Slab",
        material={"alloy": MATERIAL},
        grid={"z": {"length": "200 nm", "cells": 60}},
        contact=CONTACTS,
        angles={"quadrature": "double-gauss", "polar": 8, "azimuthal": 8},
    )


@pytest.fixture(scope="module")
def comparison(case):
    return compare(case)


def test_both_models_run_whatever_the_case_says(comparison):
    assert comparison.kinetic.case.physics.model == "kinetic"
    assert comparison.diffusion.case.physics.model == "diffusion"
    for result, rounding in ((comparison.kinetic, 1e-9), (comparison.diffusion, 1e-11)):
        assert result.terminals.current.sum() == pytest.approx(0, abs=rounding * abs(result.terminals.current[0]))
        both = {"charge_potential", "spin_potential", "charge_current", "spin_current"}
        assert set(result.fields) - both == ({"helicity_potential", "helicity_current"} if rounding == 1e-9 else set())
        assert both <= set(result.fields)
        current = result.fields["charge_current"][:, 0, 0, 2]
        assert np.ptp(current) < 1e-7 * abs(current[0])


def test_rows_hold_both_numbers_and_their_ratio(comparison):
    rows = {(row["of"], row["quantity"]): row for row in data(comparison)["numbers"]}
    current = rows["contact left", "current"]
    assert current["kinetic"] == comparison.kinetic.terminals.current[0]
    assert current["diffusion"] == comparison.diffusion.terminals.current[0]
    assert current["ratio"] == pytest.approx(1, abs=0.02)
    assert current["ratio"] != 1
    assert rows["contact left", "spin current z"]["ratio"] == pytest.approx(1, abs=0.05)
    assert rows["contact left", "spin current x"]["ratio"] is None  # a residual in both
    assert ("contact left", "voltage, right reversed") in rows
    fields = {row["field"]: row["difference"] for row in data(comparison)["fields"]}
    assert 0 < fields["charge_potential"] < 0.01
    assert 0 < fields["spin_potential"] < 0.2
    json.dumps(data(comparison), allow_nan=False)
    assert len(list(tables(comparison))) == 2


def test_diffusion_results_can_be_stored_and_drawn(comparison, tmp_path):
    from boltzsim.plotting import plot
    from boltzsim.store.result import open as open_result

    comparison.diffusion.save(tmp_path / "d.h5")
    again = open_result(tmp_path / "d.h5")
    assert again.case.physics.model == "diffusion"
    assert np.array_equal(again.fields["spin_potential"], comparison.diffusion.fields["spin_potential"])
    plot(again, tmp_path / "d.png")
    assert (tmp_path / "d.png").stat().st_size > 10_000


def test_the_units_are_those_of_a_run(comparison):
    """What `run` prints of the kinetic model stands in the table of both models, to the letter."""
    of_run = next(row for table in result_tables(comparison.kinetic) for row in data_of(table)["rows"])
    shown = {row["kinetic"] for table in tables(comparison) for row in data_of(table)["rows"] if "kinetic" in row}
    assert {of_run["current"], of_run["voltage"]} <= shown


def test_command(case, tmp_path):
    path = tmp_path / "slab.toml"
    path.write_text(case.toml())
    figure = tmp_path / "both.png"
    done = CliRunner().invoke(app, ["compare", str(path), "-o", str(figure)])
    assert done.exit_code == 0, done.output
    assert "diffusion / kinetic" in done.output
    assert figure.stat().st_size > 10_000
    done = CliRunner().invoke(app, ["compare", str(path), "--json"])
    assert {row["quantity"] for row in json.loads(done.stdout)["numbers"]} >= {"current", "voltage", "spin current z"}
    assert CliRunner().invoke(app, ["compare", str(path), "-o", str(tmp_path / "both.txt")]).exit_code == 4
