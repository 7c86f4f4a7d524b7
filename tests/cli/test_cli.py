"""The command line: exit codes, messages without tracebacks, tables and JSON, lazy imports."""

import json
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from slab_text import DEVICE
from typer.testing import CliRunner
from valve import VALVE, changed

import boltzsim
from boltzsim.case.case import Case
from boltzsim.cli import app
from boltzsim.device import preflight
from boltzsim.errors import CaseError, ConvergenceError, Stopped, StoreError

CASES = sorted((Path(__file__).parents[2] / "cases").glob("*.toml"))
SLAB = (
    """
[material.alloy]
k_F = "13.6 1/nm"
[[material.alloy.impurity]]
name = "Ce"
concentration = 0.02
channels = { "s1/2" = 0.10, "p1/2" = "90 deg", "p3/2" = 0.05 }
"""
    + DEVICE
)
KONDO = ["--channel", "s1/2=0.1", "--channel", "p1/2=1.5707963267948966", "--channel", "p3/2=0.05"]


@pytest.fixture
def slab(tmp_path):
    path = tmp_path / "slab.toml"
    path.write_text(SLAB)
    return path


def call(*arguments):
    """Exit code, standard output and standard error of a command."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def boltzsim_process(*arguments, **options):
    command = [sys.executable, "-m", "boltzsim", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)


def solver_that(outcome, monkeypatch):
    """Put a run in place of the simulation that raises or returns `outcome`; returns the list of its calls."""
    calls = []

    def run(case, threads=None, progress=None, **_):
        calls.append((threads, progress))
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    monkeypatch.setitem(sys.modules, "boltzsim.runs.start", types.SimpleNamespace(run=run))
    return calls


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_shipped_case_passes_check(path):
    code, out, err = call("check", path)
    assert (code, err) == (0, "")
    assert out.endswith(f"{path}: ok\n")
    assert "expected sweeps" in out and "warning" not in out


def test_a_bad_case_exits_with_2_and_names_file_key_and_remedy(tmp_path):
    path = tmp_path / "valve.toml"
    path.write_text(SLAB.replace('name = "right"', 'name = "right"\npolarisation = 0.1'))
    for command in ("run", "check", "info"):
        code, out, err = call(command, path)
        assert (code, out) == (2, "")
        assert err == f"{path}: contact[1].polarisation is unknown; did you mean 'polarization'?\n"


def test_mistakes_show_no_traceback_in_a_process(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text("[grid\n")
    done = boltzsim_process("run", path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{path}: is not valid TOML:")


def test_files_that_cannot_be_read_exit_with_4(tmp_path):
    assert call("run", tmp_path / "none.toml") == (4, "", f"{tmp_path}/none.toml: no such file or directory\n")
    assert call("check", tmp_path) == (4, "", f"{tmp_path}: is a directory\n")


@pytest.mark.parametrize("arguments", [["run"], ["frobnicate"], ["run", "--threads", "0", "x"], ["coefficients"], []])
def test_wrong_usage_exits_with_2(arguments):
    code, _, err = call(*arguments)
    assert code == 2
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("outcome", "code", "message"),
    [
        (ConvergenceError("residual 1e-3 after 300 products"), 3, "residual 1e-3 after 300 products"),
        (StoreError("out.h5: cannot be written"), 4, "out.h5: cannot be written"),
        (PermissionError(13, "Permission denied", "cache"), 4, "cache: permission denied"),
        (Stopped("stopped; resume from out.h5"), 75, "stopped; resume from out.h5"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (CaseError("angles: too few"), 2, "angles: too few"),
        (MemoryError(), 2, "out of memory; take fewer cells or a smaller max_products"),
    ],
)
def test_errors_become_exit_codes(outcome, code, message, slab, monkeypatch):
    solver_that(outcome, monkeypatch)
    assert call("-q", "run", slab) == (code, "", message + "\n")


def test_unexpected_errors_are_not_hidden(slab, monkeypatch):
    solver_that(ZeroDivisionError(), monkeypatch)
    with pytest.raises(ZeroDivisionError):
        call("run", slab)


@pytest.mark.parametrize("output", ["missing/out.h5", ".", "slab.toml"])
def test_the_output_is_tried_before_solving(output, slab, monkeypatch):
    calls = solver_that(AssertionError("solved"), monkeypatch)
    code, _, err = call("run", slab, "-o", slab.parent / output)
    assert code == 4
    assert err.startswith(f"{slab.parent / output}: ")
    assert calls == []
    assert slab.read_text() == SLAB


def test_a_run_prints_tables_or_json_and_writes_only_where_told(slab, monkeypatch):
    monkeypatch.chdir(slab.parent)
    code, out, err = call("-q", "run", slab, "--threads", 1)
    assert (code, err) == (0, "")
    assert "left" in out and "1 mV" in out and "charge balance" in out
    assert sorted(slab.parent.iterdir()) == [slab]

    code, out, _ = call("run", slab, "--json", "-o", "out.h5")
    data = json.loads(out)
    assert code == 0 and set(data) == {"terminals", "measures", "solver"}
    left, right = data["terminals"]
    assert (left["name"], right["name"], left["voltage"]) == ("left", "right", 1e-3)
    assert left["current"] > 0
    assert left["current"] == pytest.approx(-right["current"], rel=1e-8)
    assert data["solver"]["converged"] and data["solver"]["true_residual"] < 1e-7
    assert 0 < data["solver"]["residual"] < 1e-7

    stored = boltzsim.open("out.h5")
    np.testing.assert_allclose(stored.terminals.current, [left["current"], right["current"]], rtol=1e-12)
    assert stored.case == boltzsim.load_case(slab)


def test_plot_draws_a_stored_result(slab, monkeypatch):
    monkeypatch.chdir(slab.parent)
    assert call("run", slab, "-o", "out.h5")[0] == 0
    assert call("plot", "out.h5") == (0, "out.png\n", "")
    assert Path("out.png").read_bytes().startswith(b"\x89PNG")
    code, _, err = call("plot", "none.h5")
    assert code == 4 and err.startswith("none.h5: ")


def test_info_gives_the_lengths_of_the_alloy(slab):
    code, out, _ = call("info", slab)
    assert code == 0
    assert "13.6 1/nm" in out
    assert "8.662 nm" in out  # l0 = 3π/(4 x k_F)
    assert "0.004244" in out  # α = 2x/3π
    assert "44.09 nm = 5.09 l0" in out  # exact slow mode, longitudinal
    assert "44.2 nm = 5.102 l0" in out


def test_info_of_a_host_without_impurities(tmp_path):
    path = tmp_path / "host.toml"
    head, tail = SLAB.split("[[material.alloy.impurity]]")
    path.write_text(head + '[material.alloy.background]\ntau_p = "10 fs"\n' + tail[tail.index("[grid]") :])
    code, out, _ = call("info", path)
    assert code == 0
    assert "15.74 nm" in out and "inf" in out


def test_coefficients_follow_the_contract():
    code, out, _ = call("coefficients", *KONDO, "--json")
    found = json.loads(out)
    assert code == 0
    keys = {"D_c", "D_0", "D_1", "D_2", "D_L", "D_T", "kappa", "D_theta_sH", "rate_s", "rate_tr"}
    assert set(found["p1"]) == set(found["printed"]) == keys
    assert set(found["exact"]) >= {"rate", "weight", "D_L", "D_T", "decay_length_L", "decay_length_T"}
    assert found["p1"]["rate_s"] == pytest.approx(0.887, abs=5e-4)
    assert found["printed"]["rate_s"] == pytest.approx(0.75 * found["p1"]["rate_s"], rel=1e-12)
    assert found["exact"]["rate"] == pytest.approx(0.0128, abs=5e-5)
    assert found["exact"]["decay_length_L"] == pytest.approx(5.089, abs=5e-4)
    assert found["exact"]["decay_length_T"] == pytest.approx(5.101, abs=5e-4)
    table = call("coefficients", *KONDO)[1]
    assert "5.08" in table and "0.886" in table


def test_side_jump_of_d_channels_is_qualified_in_json_too():
    """It rests on more than phase shifts; without side jump, and for s and p channels, there is nothing to say."""
    cases = [("d5/2=0.4", "0.01", True), ("d5/2=0.4", "0", False), ("p1/2=0.4", "0.01", False)]
    for channel, alpha, limited in cases:
        line = ["coefficients", "--channel", channel, "--alpha", alpha]
        limit = json.loads(call(*line, "--json")[1])["limit"]
        assert (limit is not None) == limited
        shown = " ".join(call(*line)[1].split())
        assert (limit in shown) if limited else ("Limit:" not in shown)
    metal = boltzsim.Material(k_F=1.36e10, impurity=[{"concentration": 0.02, "channels": {"d5/2": 0.4}}])
    assert boltzsim.coefficients(metal)["limit"] and boltzsim.coefficients(metal, side_jump=False)["limit"] is None


def test_the_side_jump_changes_the_coefficients():
    plain, jump = (json.loads(call("coefficients", *KONDO, "--json", "--alpha", a)[1]) for a in (0, 0.01))
    assert abs(jump["p1"]["D_theta_sH"] - plain["p1"]["D_theta_sH"]) > 1e-3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["s3/2=1"], "--channel \"s3/2\" is unknown; allowed: s1/2, p1/2, p3/2,"),
        (["s1/2"], "--channel s1/2 has no '='; write each channel once as NAME=ETA"),
        (["s1/2=x"], "--channel s1/2=x has no number after '='; give the phase shift in radians"),
        (["s1/2=1", "s1/2=2"], "--channel s1/2=2 gives 's1/2' a second time"),
        (["s1/2=inf"], "must be finite"),
        (["p1/2=90"], "--channel p1/2=90 exceeds 2π; phase shifts are in radians here: write p1/2=1.5708 for degrees"),
        (["s1/2=0"], "give a phase shift that is no multiple of pi"),
    ],
)  # fmt: skip
def test_wrong_channels_exit_with_2(options, message):
    code, _, err = call("coefficients", *(part for option in options for part in ("--channel", option)))
    assert code == 2
    assert message in err


def test_audit_reports_agreement_and_misprints():
    code, out, _ = call("audit", "--json")
    findings = {finding["where"]: finding for finding in json.loads(out)}
    assert code == 0
    assert findings["Eq. 19"]["agrees"]
    assert not findings["S95"]["agrees"]
    assert findings["S95"]["ratio"] == pytest.approx(4 / 3, rel=1e-9)


def test_schema_is_json():
    code, out, _ = call("schema")
    assert code == 0
    assert json.loads(out)["title"] == "Case"


def test_a_case_too_large_for_memory_is_refused_with_the_numbers(slab, monkeypatch):
    monkeypatch.setattr(preflight, "physical_memory", lambda: 50_000)
    for command in ("run", "check"):
        code, _, err = call(command, slab)
        assert code == 2
        assert err.startswith(f"{slab}: grid needs ") and "this machine has 50 kB; lower the cells of z" in err


def test_memory_counts_moments_faces_and_stored_vectors():
    case = Case(**VALVE)
    size = preflight.size(case)
    assert size.corners == 160 * 16 * 4
    assert size.moments == 9
    assert size.boundary == 4 * 2 * 2 * (160 + 16)
    assert size.bytes == 8 * 48 * (4 * 9 * size.corners + size.boundary)
    few = Case(**changed({"solver": {"max_products": 10}, "walls": {"z_min": 1.0}}))
    assert preflight.size(few).boundary == 4 * 2 * (2 * 16 + 160 + 160 * 64)
    assert preflight.size(few).vectors == 20  # as they are and preconditioned


def test_a_grid_with_growing_waves_is_refused_with_side_jump_only():
    fine = {"grid.x": {"length": "0.4 nm", "cells": 20}, "contact.0.span": {}, "grid.z.length": "16 nm"}
    with pytest.raises(CaseError, match=r"grid.x.cells = 20 makes cells of 20 pm, and the side jump of 'alloy' makes"):
        preflight.require(Case(**changed(fine)))
    warnings = preflight.require(Case(**changed(fine | {"physics": {"side_jump": False}})))
    assert [warning for warning in warnings if "smaller than 1/k_F = 73.53 pm" in warning] == warnings


def test_a_grid_near_the_limit_and_moved_spans_are_warned_of(slab):
    case = Case(**changed({"grid.x": {"length": "0.96 nm", "cells": 16}, "contact.0.span": {"x": ["0 nm", "0.2 nm"]}}))
    assert [any(part in warning for warning in preflight.require(case)) for part in (
        "makes waves below", "smaller than 1/k_F", "contact[0].span.x is moved to the nearest cell edges, 0 m … 180 pm",
    )] == [True] * 3  # fmt: skip
    slab.write_text(SLAB.replace('length = "20 nm"', 'length = "0.2 nm"') + "[physics]\nside_jump = false\n")
    code, _, err = call("check", slab)
    assert code == 0 and err.startswith(f"{slab}: warning: grid.z.cells = 4 makes cells of 50 pm")


def test_progress_is_not_shown_if_not_wanted(slab, monkeypatch):
    calls = solver_that(StoreError("done"), monkeypatch)
    call("run", slab, "-q")
    assert calls == [(None, None)]


def test_version():
    assert call("--version") == (0, f"boltzsim {boltzsim.__version__}\n", "")


def test_package_names_are_lazy_and_complete():
    code = "import sys, boltzsim; assert not {'numpy', 'pydantic', 'numba'} & set(sys.modules); print(dir(boltzsim))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for name in boltzsim.__all__:
        assert name in done.stdout
        assert getattr(boltzsim, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = boltzsim.nonsense
