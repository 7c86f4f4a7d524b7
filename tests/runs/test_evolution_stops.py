"""Transient runs that are stopped or killed go on from their checkpoint."""

import os
import signal
import time

import numpy as np
import pytest
from processes import command, wait_for
from typer.testing import CliRunner

import boltzsim
from boltzsim.case.case import parse_case
from boltzsim.cli import app
from boltzsim.errors import Stopped
from boltzsim.material.alloy import mean_free_path
from boltzsim.runs.start import resume
from boltzsim.store import result as store

LONG = """
[material.alloy]
k_F = "13.6 1/nm"
[[material.alloy.impurity]]
concentration = 0.02
channels = { "s1/2" = 0.8 }
[grid]
z = { length = "40 nm", cells = 24 }
[angles]
quadrature = "double-gauss"
polar = 4
azimuthal = 6
[[contact]]
name = "left"
face = "z_min"
current = "1 uA"
transmission = 0.2
polarization = 0.5
waveform = { kind = "sinusoid", frequency = "100 THz" }
direction = [0, 0, 1]
[[contact]]
name = "right"
face = "z_max"
voltage = "0 V"
[time]
end = "10 fs"
step = "0.05 fs"
[solver]
checkpoint = "0.3 s"
"""


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    (folder / "long.toml").write_text(LONG)
    assert command("run", folder / "long.toml", "-o", folder / "whole.h5", "--threads", 1).wait() == 0
    return folder / "long.toml", store.open(folder / "whole.h5")


def assert_same_run(one, other):
    for name in ("time", "current", "voltage", "spin_current", "charge_balance"):
        np.testing.assert_array_equal(getattr(one.history, name), getattr(other.history, name))
    for name in one.fields:
        np.testing.assert_array_equal(one.fields[name], other.fields[name])
        np.testing.assert_array_equal(one.history.frames[name], other.history.frames[name])


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGUSR1, marks=pytest.mark.slow)])
def test_stopped_run_is_resumed_to_the_bit(uninterrupted, tmp_path, number):
    file, whole = uninterrupted
    out = tmp_path / "part.h5"
    process = command("run", file, "-o", out, "--threads", 1)
    wait_for(out, process)
    assert not store.open(out).history.complete  # readable while the run goes on
    process.send_signal(number)
    assert process.wait() == 75
    assert "boltzsim resume" in process.stderr.read()
    part = store.open(out)
    assert not part.history.complete and part.history.time[-1] < whole.history.time[-1]
    assert command("resume", out, "--threads", 1).wait() == 0
    assert_same_run(store.open(out), whole)
    again = CliRunner().invoke(app, ["resume", str(out)])
    assert again.exit_code == 2 and "is complete" in again.stderr


def test_a_run_stopped_between_products_is_resumed_to_the_bit(tmp_path):
    """In the middle of a step, of which nothing may be left in what the next attempt starts from."""
    case, products = parse_case(LONG.replace('end = "10 fs"', 'end = "1 fs"')), []
    whole = boltzsim.run(case, threads=1, progress=lambda *_: products.append(0))
    for stop in np.random.default_rng(7).integers(len(products) // 4, len(products) * 3 // 4, 4):
        stopped(case, tmp_path / f"{stop}.h5", stop)
        assert_same_run(resume(tmp_path / f"{stop}.h5", threads=1), whole)


@pytest.mark.parametrize("kills", [2, pytest.param(6, marks=pytest.mark.slow)])
def test_killed_at_any_moment(uninterrupted, tmp_path, kills):
    """kill -9 again and again: the file is whole each time, never falls back, and the run goes on."""
    file, whole = uninterrupted
    out, rng, reached = tmp_path / "part.h5", np.random.default_rng(4), 0.0
    process = command("run", file, "-o", out, "--threads", 1)
    wait_for(out, process)
    for _ in range(kills):
        time.sleep(rng.uniform(0.0, 0.5))
        process.kill()
        process.wait()
        part = store.open(out)
        assert part.history.time[-1] >= reached
        reached = part.history.time[-1]
        if part.history.complete:
            break
        process = command("resume", out, "--threads", 1)
        time.sleep(1.5)  # start-up
    if not store.open(out).history.complete:
        process.wait()
        assert process.returncode == 0
    assert_same_run(store.open(out), whole)
    leftovers = [name for name in os.listdir(tmp_path) if name != "part.h5" and not name.endswith(".tmp")]
    assert not leftovers


def stopped(case, out, product):
    """Run a case until a product, where a signal comes."""
    left = iter(range(product, -1, -1))
    with pytest.raises(Stopped):
        boltzsim.run(
            case, threads=1, output=out, progress=lambda *_: next(left, 1) == 0 and signal.raise_signal(signal.SIGTERM)
        )


def test_resuming_with_other_threads(uninterrupted, tmp_path):
    _, whole = uninterrupted
    stopped(parse_case(LONG), tmp_path / "part.h5", 20)
    result = resume(tmp_path / "part.h5", threads=2)
    assert result.history.complete
    np.testing.assert_allclose(result.history.voltage[1:], whole.history.voltage[1:], rtol=1e-6, atol=1e-12)
    assert mean_free_path(result.case.material["alloy"]) > 0
