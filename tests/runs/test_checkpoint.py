"""Steady runs that are stopped or killed go on from their checkpoint."""

import signal
from pathlib import Path

import numpy as np
import pytest
from processes import command, wait_for
from typer.testing import CliRunner

import boltzsim
import boltzsim.errors
from boltzsim.cli import app
from boltzsim.errors import StoreError
from boltzsim.result import now
from boltzsim.runs.start import require_free, resume, run
from boltzsim.runs.steady import SourceSolver, SteadyState
from boltzsim.store import checkpoint as checkpoints
from boltzsim.store.checkpoint import checkpoint_of

CASES = Path(boltzsim.__file__).parent.parent / "cases"


@pytest.fixture(scope="module")
def valve(tmp_path_factory):
    """A valve whose run takes a few seconds and checkpoints all the time, and its result."""
    text = (CASES / "nlsv_longitudinal.toml").read_text()
    text = text.replace("cells = 160", "cells = 40").replace("cells = 16 ", "cells = 8 ")
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


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        signal.SIGKILL,
        *(pytest.param(n, marks=pytest.mark.slow) for n in (signal.SIGINT, signal.SIGHUP)),
    ],
)
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
    _, solved, place, vector = checkpoints.load(out)
    assert place not in solved and np.isfinite(vector).all()
    assert CliRunner().invoke(app, ["resume", str(out)]).exit_code == 0
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
    (tmp_path / "out.h5.checkpoint").write_text("nonsense")
    with pytest.raises(StoreError, match="not a readable HDF5 file"):
        boltzsim.resume(tmp_path / "out.h5")
    done = CliRunner().invoke(app, ["resume", str(tmp_path / "other.h5")])
    assert done.exit_code == 4 and "no such file" in done.stderr


SLAB = {
    "material": {"a": {"k_F": 1.36e10, "impurity": [{"concentration": 0.02, "channels": {"s1/2": 1.2}}]}},
    "grid": {"z": {"length": 2e-8, "cells": 4}},
    "contact": [{"name": "a", "face": "z_min", "voltage": 1e-3}, {"name": "b", "face": "z_max", "voltage": 0.0}],
    "angles": {"polar": 4, "azimuthal": 6},
}


@pytest.fixture(scope="module")
def slab():
    """A case of two sources, and its state with the first one solved."""
    case = boltzsim.Case(**SLAB)
    solver = SourceSolver(case)
    solver(None)
    return case, SteadyState({(0, 0): solver.state.solved[0, 0]}, (0, 1), solver.state.solved[0, 1].vector)


def test_every_output_has_its_own_checkpoint(slab, tmp_path):
    """Names that differ after their last dot do not share one, and a renamed checkpoint is refused."""
    case, state = slab
    names = ["d0.5", "d0.55", "d0", "d0.h5"]
    assert len({checkpoint_of(tmp_path / name) for name in names}) == len(names)
    checkpoints.save(tmp_path / "d0.5", now(), case, state)
    checkpoint_of(tmp_path / "d0.5").rename(checkpoint_of(tmp_path / "d0.55"))
    with pytest.raises(StoreError, match=r"d0\.55\.checkpoint: belongs to 'd0\.5'"):
        resume(tmp_path / "d0.55")


def test_a_new_run_does_not_leave_an_old_checkpoint_behind(slab, tmp_path):
    """It is refused while one is there, for the same case too; it starts anew where that is asked for."""
    case, state = slab
    out = tmp_path / "out.h5"
    checkpoints.save(out, now(), case, state)
    kept = checkpoint_of(out).read_bytes()
    for other in (case, case.replace(title="another")):
        with pytest.raises(StoreError, match=r"holds an unfinished run .*boltzsim resume .*--replace-checkpoint"):
            run(other, output=out)
    assert checkpoint_of(out).read_bytes() == kept and not out.exists()
    run(case.replace(title="another"), output=out, replace_checkpoint=True)
    assert boltzsim.open(out).case.title == "another" and not checkpoint_of(out).exists()


def test_an_unfinished_transient_run_is_not_replaced_by_another(slab, tmp_path):
    case, _ = slab
    out, told = tmp_path / "out.h5", []

    def stop_at_the_third_step(phase, step, *_):
        if step == 3 and not told:
            told.append(signal.raise_signal(signal.SIGINT))

    timed = case.replace(time={"end": "5 fs", "step": "1 fs"})
    with pytest.raises(boltzsim.errors.Stopped, match="boltzsim resume"):
        run(timed, output=out, progress=stop_at_the_third_step)
    with pytest.raises(StoreError, match="holds an unfinished run; go on"):
        run(case, output=out)
    require_free(out, replace_checkpoint=True)
    found = resume(out)
    assert found.history.complete
    np.testing.assert_array_equal(found.history.current[1:], run(timed).history.current[1:])


def test_a_finished_result_is_not_replaced_by_an_older_checkpoint(slab, tmp_path):
    case, state = slab
    out, began = tmp_path / "out.h5", now()
    run(case.replace(time={"end": "2 fs", "step": "1 fs"}, title="finished"), output=out)
    before = out.read_bytes()
    checkpoints.save(out, began, case, state)
    with pytest.raises(StoreError, match="is older than the result"):
        resume(out)
    assert out.read_bytes() == before
    checkpoints.save(out, now(), case, state)  # a run that began when the result was there
    resume(out)
    assert boltzsim.open(out).history is None


def test_the_case_of_a_checkpoint_is_that_of_its_run(slab, tmp_path, monkeypatch):
    case, state = slab
    monkeypatch.setattr(type(case), "sha256", property(lambda self: "0" * 64))
    checkpoints.save(tmp_path / "out.h5", now(), case, state)
    monkeypatch.undo()
    with pytest.raises(StoreError, match="holds another case"):
        checkpoints.load(tmp_path / "out.h5")


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_named(slab, tmp_path, number):
    case, state = slab
    vector = state.vector.copy()
    vector[5] = number
    checkpoints.save(tmp_path / "out.h5", now(), case, SteadyState(state.solved, state.place, vector))
    with pytest.raises(StoreError, match="vector of the source at hand holds 1 numbers that are not finite"):
        resume(tmp_path / "out.h5")
