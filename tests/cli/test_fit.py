"""`boltzsim fit` and what Python makes of a fit: tables, JSON, files, figures and messages."""

import json

import h5py
import numpy as np
import pytest
from channels import spin_slab
from typer.testing import CliRunner

import boltzsim
from boltzsim.case.fit import with_values
from boltzsim.cli import app
from boltzsim.fitting.response import DiffusionResponse, Quantity

D = {f"material.alloy.diffusion.{name}": 3.2e-4 for name in ("D_L", "D_T")}
TAU = {"material.alloy.diffusion.tau_s": 1e-13, "physics.model": "diffusion"}
FIT = """
title = "Hanle"
case = "valve.toml"
[[curve]]
file = "curve.csv"
along = "field.B.z"
quantity = "delta_R"
[parameter.tau_s]
path = "material.alloy.diffusion.tau_s"
start = "150 fs"
min = "1 fs"
"""


@pytest.fixture(scope="module")
def fit(tmp_path_factory):
    """The file of a fit of one parameter to a curve without noise."""
    folder = tmp_path_factory.mktemp("fit")
    valve = with_values(spin_slab((1, 0, 0)), D | TAU)
    fields = np.linspace(0, 60, 5)
    cases = [valve.with_(**{"field.B.z": field}) for field in fields.tolist()]
    signal, _ = DiffusionResponse()(cases, Quantity(0, "delta_R"), [])
    (folder / "valve.toml").write_text(valve.toml())
    np.savetxt(folder / "curve.csv", np.column_stack([fields, 1e3 * signal]), "%.12g", ",", header="B (T), dR (mOhm)",
               comments="")  # fmt: skip
    (folder / "fit.toml").write_text(FIT)
    return folder / "fit.toml"


def call(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_fit_in_json_with_its_file(fit):
    done = call("fit", fit, "--json", "-o", fit.with_name("out.h5"))
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)["parameters"]["tau_s"]
    assert found["value"] == pytest.approx(1e-13, rel=1e-4) and found["unit"] == "s"
    with h5py.File(fit.with_name("out.h5")) as file:
        assert file["parameters/name"].asstr()[:].tolist() == ["tau_s"]
        assert file["parameters/value"][0] == found["value"] and file["parameters/correlation"][()] == [[1.0]]
        curve = {key: values[:] for key, values in file["curves/0"].items()}
    assert curve["x"] == pytest.approx(np.linspace(0, 60, 5)) and len(curve) == 5
    assert curve["residual"] == pytest.approx(curve["y"] - curve["model"]) and np.abs(curve["y"]).min() > 0
    assert any(line.startswith("fit: ") for line in done.stderr.splitlines())


def test_a_fit_in_tables_with_its_figure(fit):
    done = call("fit", fit, "-o", fit.with_name("out.svg"))
    assert done.exit_code == 0 and "100 fs" in done.stdout and "standard error" in done.stdout
    assert fit.with_name("out.svg").read_text().startswith("<?xml")


def test_a_fit_in_python(fit):
    found = boltzsim.fit(fit)
    assert repr(found).startswith("<FitResult 'Hanle': diffusion; tau_s 100 fs ± ")
    assert "<td" in found._repr_html_() and "tau_s" in found._repr_html_()
    report = boltzsim.report(found)
    assert "standard error" in str(report) and report.data["parameters"]["tau_s"]["unit"] == "s"
    assert boltzsim.plot(found)._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("right", "wrong", "code", "message"),
    [
        ("diffusion.tau_s", "diffusion.tau", 2, "parameter.tau_s.start leads to no number"),
        ('"150 fs"', "150", 2, "parameter.tau_s.start = 150 has no unit; did you mean '150 fs'?"),
        ('"curve.csv"', '"absent.csv"', 4, "absent.csv: no such file"),
        ("quantity", "quantities", 2, "curve[0].quantities is unknown; did you mean 'quantity'?"),
    ],
)
def test_mistakes_in_a_fit_exit_with_a_message(fit, right, wrong, code, message):
    path = fit.with_name("wrong.toml")
    path.write_text(FIT.replace(right, wrong))
    done = call("fit", path)
    assert done.exit_code == code and message in done.stderr, done.output
    assert done.stdout == ""
