"""A run from end to end: what is written and what is not, interruption, progress, threads, with and without
preconditioner, and the figure of the result."""

import json
import math
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import h5py
import numba
import numpy as np
import pytest
import xarray
from typer.testing import CliRunner

import boltzsim
from boltzsim.cli import app
from boltzsim.errors import ConvergenceError
from boltzsim.transport.steady import Transport

CASES = Path(__file__).parents[2] / "cases"
SMALL = {
    "slab": {"z": 32},
    "crossed_media": {"x": 24, "z": 4},
    "nlsv_3d": {"x": 16, "y": 3, "z": 2},
}
MAGNET = {"polarization": 0.9, "direction": [-0.5, 0.1, 0.8]}


@cache
def small(name):
    """A shipped case on a coarse grid, with one source for the valve: no reversed detector."""
    case = boltzsim.load_case(CASES / f"{name}.toml")
    tables = case.resolved()
    for axis, cells in SMALL[name].items():
        tables["grid"][axis]["cells"] = cells
    for contact in tables["contact"]:
        contact.pop("detect_spin", None)
        if contact.get("floating"):
            contact.pop("voltage", None)
    return boltzsim.Case(**tables)


def layer(periodic):
    """Two metals of 1e-3 and 0.3 mean free paths in a huge field, uniform along y, given so or by one periodic cell."""
    metals = {
        "a": {"k_F": 1.36e10, "impurity": [{"concentration": 9.6e-3, "channels": {"s1/2": 0.25}}]},
        "b": {"k_F": 1.36e10, "impurity": [{"concentration": 3.5e-6, "channels": {"s1/2": 1.2, "p1/2": 0.4}}]},
    }
    return boltzsim.Case(
        material=metals,
        grid={"x": {"length": 1.5e-6, "cells": 2}, "y": {"length": 2e-9} | ({"cells": 1} if periodic else {})},
        region=[{"material": "b", "box": {"x": [0.0, 0.75e-6]}}],
        walls={"periodic": ["y"] if periodic else []},
        contact=[
            {"name": "c0", "face": "x_min", "transmission": 0.8, "voltage": 0.0},
            {"name": "c1", "face": "x_max", "transmission": 0.17, "voltage": 1e-3} | MAGNET,
        ],
        field={"B": [165.0, 0.002, 87.0]},
        angles={"quadrature": "double-gauss", "polar": 4, "azimuthal": 8, "axis": "x"},
        solver={"rtol": 1e-8},
    )


def test_a_periodic_axis_of_one_cell_costs_no_products():
    """It took more than 300, since a ballistic metal passed to itself what it had there, a flight a product."""
    with_cell, without = boltzsim.run(layer(True)), boltzsim.run(layer(False))
    assert with_cell.solver.products <= 15
    np.testing.assert_array_equal(with_cell.terminals.current, without.terminals.current)
    for name, field in without.fields.items():
        np.testing.assert_array_equal(with_cell.fields[name], field)


@cache
def solved(name):
    return boltzsim.run(small(name))


def test_a_run_takes_the_name_of_a_case_file(case_file):
    np.testing.assert_array_equal(
        boltzsim.run(str(case_file("slab"))).terminals.current, solved("slab").terminals.current
    )


@pytest.fixture
def case_file(tmp_path):
    def write(name, **tables):
        path = tmp_path / f"{name}.toml"
        path.write_text(small(name).replace(**tables).toml())
        return path

    return write


def command(*arguments):
    return [sys.executable, "-m", "boltzsim", *map(str, arguments)]


def on_a_terminal(arguments, when=None, **options):
    """Run a command whose stderr is a terminal; call `when(text, process)` with what it has shown so far.

    Returns the exit code, stdout and stderr.
    """
    ours, theirs = pty.openpty()
    with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=theirs, text=True, **options) as process:
        os.close(theirs)
        shown, deadline = "", time.monotonic() + 240
        while time.monotonic() < deadline:
            if select.select([ours], [], [], 1.0)[0]:
                try:
                    part = os.read(ours, 65536).decode()
                except OSError:  # the other end is closed
                    break
                shown += part
                if when is not None:
                    when(shown, process)
        else:
            process.kill()
        out = process.stdout.read()
    os.close(ours)
    return process.returncode, out, shown


def on_the_screen(shown):
    """What is left of the lines of a terminal after carriage returns and erasures."""
    left = []
    for line in shown.replace("\r\n", "\n").split("\n"):
        for part in line.split("\r"):
            if part.startswith("\x1b[K"):
                left_of_line = part.removeprefix("\x1b[K")
            elif part:
                left_of_line = part
        left.append(left_of_line if line else "")
    return [line for line in left if line]


# What is written


@pytest.mark.parametrize("name", ["slab", "nlsv_3d"])
def test_a_run_writes_what_it_returns(name, case_file):
    path = case_file(name)
    output = path.with_suffix(".h5")
    done = subprocess.run(command("run", path, "-o", output, "--json"), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    stored, expected = boltzsim.open(output), solved(name)
    assert sorted(p.name for p in path.parent.iterdir()) == [output.name, path.name]
    assert stored.case == small(name)
    for field, values in expected.fields.items():
        scale = np.abs(values).max()
        np.testing.assert_allclose(stored.fields[field], values, rtol=0, atol=1e-10 * scale)
    assert [row["name"] for row in data["terminals"]] == list(stored.terminals.name)
    np.testing.assert_array_equal([row["current"] for row in data["terminals"]], stored.terminals.current)
    np.testing.assert_array_equal([row["voltage"] for row in data["terminals"]], stored.terminals.voltage)
    assert data["solver"]["converged"] is True
    assert data["solver"]["charge_balance"] < 1e-9


def test_xarray_opens_the_file_of_a_run(tmp_path):
    path = tmp_path / "out.h5"
    result = solved("crossed_media")
    result.save(path)
    with xarray.open_dataset(path, engine="h5netcdf", group="fields") as fields:
        potential = fields["charge_potential"]
        assert potential.dims == ("z", "y", "x")
        assert potential.attrs["units"] == "V"
        assert fields["spin_current"].shape == (4, 1, 24, 3, 3)
        np.testing.assert_array_equal(potential, result.fields["charge_potential"])
        left_to_right = potential.mean(("y", "z")).values
        assert (np.diff(left_to_right) < 0).all()
    with h5py.File(path) as file:
        assert file["solver/products"][()] == result.solver.products
        assert file.attrs["case_sha256"] == result.case.sha256


@pytest.mark.parametrize("name", list(SMALL))
def test_plot_draws_the_file_of_a_run(name, tmp_path):
    path = tmp_path / "out.h5"
    solved(name).save(path)
    for suffix in ("png", "svg") if name == "slab" else ("svg",):
        outcome = CliRunner().invoke(app, ["plot", str(path), "-o", str(tmp_path / f"out.{suffix}")])
        assert outcome.exit_code == 0, outcome.output
    if name == "slab":
        image = (tmp_path / "out.png").read_bytes()
        width, height = struct.unpack(">II", image[16:24])
        assert image.startswith(b"\x89PNG") and min(width, height) > 500
        assert len(np.unique(np.frombuffer(image, np.uint8))) > 200  # compressed picture, not an empty page
    drawing = (tmp_path / "out.svg").read_text()
    assert "charge potential" in drawing and all(contact.name in drawing for contact in small(name).contact)


# What is not written


def test_not_converged(case_file):
    path = case_file("slab", solver={"max_products": 2})
    with pytest.raises(ConvergenceError, match="after 2 products") as raised:
        boltzsim.run(boltzsim.load_case(path))
    assert "max_products" in str(raised.value)
    output = path.with_name("out.h5")
    output.write_bytes(b"the result of yesterday")
    for arguments in (["-o", output], ["-o", path.with_name("new.h5")], ["--json"]):
        done = CliRunner().invoke(app, [str(word) for word in ("run", path, *arguments)])
        assert (done.exit_code, done.stdout) == (3, "")
        assert done.stderr.splitlines()[-1].startswith("not converged: ")
    assert output.read_bytes() == b"the result of yesterday"
    assert sorted(p.name for p in path.parent.iterdir()) == ["out.h5", "slab.toml"]


@pytest.mark.parametrize("stored", [True, False])
def test_interrupted_in_the_middle_of_a_solve(tmp_path, stored):
    """From a terminal, as Ctrl-C does it; `test_interruption.py` does so at chosen moments."""
    sent = []

    def interrupt(shown, process):
        if "residual" in shown and not sent:
            sent.append(time.monotonic())
            process.send_signal(signal.SIGINT)

    output, case = tmp_path / "out.h5", CASES / "nlsv_longitudinal.toml"
    code, out, shown = on_a_terminal(["run", case, *(["-o", output] if stored else []), "--json"], interrupt)
    assert sent
    assert (code, out) == (75 if stored else 130, "")
    assert "Traceback" not in shown
    message = on_the_screen(shown)[-1]
    assert (f"go on with 'boltzsim resume {output}'" in message) if stored else (message == "interrupted")
    assert [path.name for path in tmp_path.iterdir()] == (["out.h5.checkpoint"] if stored else [])


def test_a_missing_folder_is_noticed_before_solving(case_file, monkeypatch):
    def solve(*_, **__):
        raise AssertionError("solved although the result cannot be written")

    monkeypatch.setattr(Transport, "solve", solve)
    path = case_file("slab")
    output = path.parent / "missing" / "out.h5"
    outcome = CliRunner().invoke(app, ["run", str(path), "-o", str(output)])
    assert outcome.exit_code == 4
    assert str(output) in outcome.stderr and outcome.stderr.count("\n") == 1
    assert list(path.parent.iterdir()) == [path]


# Progress, threads, preconditioner


def test_progress_is_one_line_on_a_terminal_and_is_gone_at_the_end(case_file):
    path = case_file("crossed_media")
    code, out, shown = on_a_terminal(["run", path, "--json"])
    assert code == 0
    assert json.loads(out)["solver"]["converged"]
    assert "\r\x1b[K" in shown
    assert "\n" not in shown
    assert on_the_screen(shown) == []


def test_progress_counts_sources_and_residuals():
    seen = []
    boltzsim.run(small("slab"), progress=lambda *report: report[0] == "solve" and seen.append(report))
    phases, sources, totals, products, residuals = zip(*seen, strict=True)
    assert phases and set(totals) == {3}
    assert list(sources) == sorted(sources) and set(sources) == {1, 2, 3}
    assert products[0] == 1 and max(products) < 40
    assert min(residuals) < 1e-8 < residuals[0] < 1


@pytest.mark.skipif(numba.config.NUMBA_NUM_THREADS < 2, reason="one thread only")
@pytest.mark.parametrize(("name", "tolerance"), [("slab", 1e-13), ("crossed_media", 1e-13), ("nlsv_3d", 3e-13)])
def test_one_and_two_threads_agree(name, tolerance, shared):
    """In three dimensions two runs with equal threads differ by rounding too."""
    one, two = (boltzsim.run(small(name), threads=threads) for threads in (1, 2))
    assert (one.attributes["threads"], two.attributes["threads"]) == (1, 2)
    require_equal(one, two, tolerance)


@pytest.mark.parametrize(("name", "tolerance"), [("slab", 1e-13), ("crossed_media", 1e-13), ("nlsv_3d", 3e-13)])
def test_kernels_for_one_thread_and_for_several_agree(name, tolerance, monkeypatch):
    """The first serve small devices, the second large ones."""
    found = []
    for least in (math.inf, 0):
        monkeypatch.setattr("boltzsim.transport.kernels.compile.SHARED", least)
        found.append(boltzsim.run(small(name)))
    require_equal(*found, tolerance)


def require_equal(one, two, tolerance):
    for field, values in one.fields.items():
        np.testing.assert_allclose(two.fields[field], values, rtol=0, atol=tolerance * np.abs(values).max())
    np.testing.assert_allclose(two.terminals.conductance, one.terminals.conductance, rtol=tolerance)


@pytest.mark.parametrize("name", ["slab", "crossed_media"])
def test_the_preconditioner_changes_the_number_of_products_only(name):
    results = []
    for preconditioner in ("diffusion", "none"):
        solver = {"preconditioner": preconditioner, "rtol": 1e-10, "max_products": 400}
        results.append(boltzsim.run(small(name).replace(solver=solver)))
    fast, slow = results
    assert fast.solver.products < slow.solver.products
    for field, values in fast.fields.items():
        np.testing.assert_allclose(slow.fields[field], values, rtol=0, atol=1e-7 * np.abs(values).max())
    np.testing.assert_allclose(slow.terminals.current, fast.terminals.current, rtol=1e-7)
