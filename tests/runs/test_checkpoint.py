"""Steady runs that are stopped or killed go on from their checkpoint."""

import signal
from pathlib import Path

import numpy as np
import pytest
from processes import command, wait_for

import boltzsim
from boltzsim.errors import StoreError
from boltzsim.runs.checkpoint import checkpoint_of
from boltzsim.runs.steady import SourceSolver, SteadyState
from boltzsim.store import checkpoint as checkpoints

CASES = Path(boltzsim.__file__).parent.parent / "cases"


@pytest.fixture(scope="module")
def valve(tmp_path_factory):
    """A valve whose run takes a few seconds and checkpoints all the time, and its result."""
    text = (CASES / "nlsv_longitudinal.toml").read_text().replace("cells = 160", "cells = 80")
    path = tmp_path_factory.mktemp("valve") / "valve.toml"
    path.write_text(text.replace("[solver]", '[solver]\ncheckpoint = "0.01 s"'))
    case = boltzsim.load_case(path)
    assert case.solver.checkpoint == 0.01
    return path, boltzsim.run(case)


def assert_same_numbers(found, expected):
    for name in ("current", "voltage", "conductance"):
        one, other = getattr(found.terminals, name), getattr(expected.terminals, name)
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7 * np.abs(other).max())
    for name, values in expected.fields.items():
        np.testing.assert_allclose(found.fields[name], values, rtol=0, atol=1e-6 * np.abs(values).max())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGKILL])
def test_stopped_run_goes_on(valve, tmp_path, number):
    """The old result stays until the new one is whole; solved sources are not solved again."""
    file, expected = valve
    out = tmp_path / "out.h5"
    out.write_text("an older result")
    process = command("run", file, "-o", out)
    wait_for(checkpoint_of(out), process)
    process.send_signal(number)
    assert process.wait() == (75 if number != signal.SIGKILL else -signal.SIGKILL)
    assert out.read_text() == "an older result"
    _, solved, place, vector = checkpoints.load(checkpoint_of(out))
    assert place not in solved and np.isfinite(vector).all()
    assert command("resume", out).wait() == 0
    assert_same_numbers(boltzsim.open(out), expected)
    assert not checkpoint_of(out).exists()


def test_solved_sources_are_kept(valve):
    """A run that is given all its solutions but one makes no other products."""
    file, expected = valve
    case, seen = boltzsim.load_case(file), []

    solver = SourceSolver(case)
    solver(None)
    given = {place: solution for place, solution in solver.state.solved.items() if place != (0, 1)}
    again = SourceSolver(case, lambda *a: seen.append(a), saved=SteadyState(given))
    again(None)
    assert {source for _, source, *_ in seen} == {2}
    np.testing.assert_allclose(again.solutions[1].flux, solver.solutions[1].flux, rtol=0, atol=1e-12)
    assert expected.solver.converged


def test_damaged_checkpoint_is_a_file_error(tmp_path):
    (tmp_path / "out.checkpoint.h5").write_text("nonsense")
    with pytest.raises(StoreError, match="not a readable HDF5 file"):
        boltzsim.resume(tmp_path / "out.h5")
    process = command("resume", tmp_path / "other.h5")
    assert process.wait() == 4 and "no such file" in process.stderr.read()
