"""Sources of one device solved in other processes or on a dask cluster: the result is that of solving them in turn."""

import pickle
from contextlib import contextmanager

import numpy as np
import pytest

import boltzsim
from boltzsim import Case, CaseError, ConvergenceError
from boltzsim.errors import Stopped
from boltzsim.runs import interruption, sources, steady
from boltzsim.store.checkpoint import checkpoint_of

ENDS = {"transmission": 0.5, "polarization": 0.4, "direction": [1, 0, 0]}
VALVE = {
    "material": {
        "alloy": {
            "k_F": 1.36e10,
            "impurity": [{"concentration": 0.02, "channels": {"s1/2": 0.3, "p1/2": 0.8}}],
            "background": {"tau_p": 2e-14},
        }
    },
    "grid": {"x": {"length": 4e-8, "cells": 4}, "z": {"length": 2e-8, "cells": 2}},
    "contact": [
        {"name": "source", "face": "z_max", "span": {"x": [0, 1e-8]}, "current": 1e-6, **ENDS},
        {"name": "drain", "face": "x_min", "voltage": 0.0},
        {"name": "far", "face": "x_max", "floating": True},
        {"name": "probe", "face": "z_max", "span": {"x": [2e-8, 3e-8]}, "floating": True, "detect_spin": True, **ENDS},
    ],
    "measure": [{"kind": "nonlocal", "injector": "source", "detector": "probe", "reference": "far"}],
    "drive": {"electric_field": [0.0, 1e3, 0.0]},
    "angles": {"polar": 4, "azimuthal": 8},
    "solver": {"rtol": 1e-9},
}


def backwards(asked=None):
    """Processes that answer from the last task to the first; what they are asked and answer is plain data."""

    @contextmanager
    def pool(solve, jobs, stop, died):
        def outcomes(tasks):
            for task in reversed(tasks):
                if asked is not None:
                    asked.append(task)
                yield from pickle.loads(pickle.dumps(solve(pickle.loads(pickle.dumps(task)))))
                stop()

        yield outcomes

    return pool


def assert_same(found, expected):
    scale = np.abs(expected.terminals.conductance).max()
    np.testing.assert_allclose(found.terminals.conductance, expected.terminals.conductance, rtol=0, atol=1e-7 * scale)
    np.testing.assert_allclose(found.terminals.voltage, expected.terminals.voltage, rtol=1e-6)
    for name, voltages in expected.terminals.voltage_reversed.items():
        np.testing.assert_allclose(found.terminals.voltage_reversed[name], voltages, rtol=1e-6)
    for name, values in expected.fields.items():
        np.testing.assert_allclose(found.fields[name], values, rtol=0, atol=1e-6 * np.abs(values).max())


@pytest.fixture(scope="module")
def expected():
    return boltzsim.run(Case(**VALVE))


@pytest.mark.parametrize(
    ("transmissions", "order"),
    [
        ((0.5, 1, 1, 0.5), [0, 1, 2, 3, 4]),
        ((0.01, 1, 1, 0.01), [0, 1, 3, 2, 4]),
        ((0.5, 0.01, 0.02, 0.04), [1, 2, 3, 0, 4]),
        ((0.5, 0.01, 0.03, 0.04), [0, 1, 3, 2, 4]),
    ],
)
def test_the_last_contact_that_passes_much_follows_from_the_others(transmissions, order):
    """The magnets are 10 nm wide, the ends 20 nm high; a tenth of what the best one passes is much."""
    contacts = [{**own, "transmission": T} for own, T in zip(VALVE["contact"], transmissions, strict=True)]
    assert steady.order_of(Case(**{**VALVE, "contact": contacts})) == order


def test_the_order_of_the_sources_changes_nothing(monkeypatch, expected):
    monkeypatch.setattr(steady, "order_of", lambda case: [3, 2, 0, 1, 4])
    assert_same(boltzsim.run(Case(**VALVE)), expected)


def test_sources_that_are_images_of_others_are_no_tasks(monkeypatch):
    """With the probe where a mirror puts it, only one of the two ends is worth a task, in both states of the probe."""
    even = {**VALVE, "contact": [*VALVE["contact"][:3], {**VALVE["contact"][3], "span": {"x": [3e-8, 4e-8]}}]}
    asked = []
    monkeypatch.setattr(sources, "in_processes", backwards(asked))
    found = boltzsim.run(Case(**even), jobs=4, threads=1)
    places = [place for _, own, _ in asked for place in own]
    assert sorted(places) == [(state, number) for state in range(2) for number in (0, 1, 4)]
    assert_same(found, boltzsim.run(Case(**even)))


@pytest.mark.parametrize("jobs", [2, 3, 20])
def test_sources_apart_are_sources_in_turn(monkeypatch, expected, jobs):
    """Four contacts and a field, two magnetic states: eight tasks at most: the probe follows."""
    asked = []
    monkeypatch.setattr(sources, "in_processes", backwards(asked))
    found = boltzsim.run(Case(**VALVE), jobs=jobs, threads=1)
    assert_same(found, expected)
    places = [place for _, own, _ in asked for place in own]
    assert sorted(places) == [(state, number) for state in range(2) for number in (0, 1, 2, 4)]
    assert len(asked) == min(jobs, 8)
    assert found.solver.sources == expected.solver.sources == 10


@pytest.mark.slow
@pytest.mark.parametrize("where", [{"jobs": 2}, {"jobs": 2, "dask": "local"}])
def test_processes_and_dask_give_the_same_result(expected, where):
    assert_same(boltzsim.run(Case(**VALVE), threads=1, **where), expected)


def test_a_stopped_run_keeps_what_has_come_back(monkeypatch, tmp_path, expected):
    monkeypatch.setattr(sources, "in_processes", backwards())
    asked = iter([None, None, *["TERM"] * 20])
    monkeypatch.setattr(interruption, "asked", lambda: next(asked))
    out = tmp_path / "out.h5"
    with pytest.raises(Stopped, match=r"stopped with [1-7] of 8 sources solved, checkpoint in .* go on with 'boltzsim"):
        boltzsim.run(Case(**VALVE), jobs=8, output=out)
    assert checkpoint_of(out).exists() and not out.exists()
    monkeypatch.setattr(interruption, "asked", lambda: None)
    assert_same(boltzsim.resume(out), expected)


def test_what_goes_wrong_elsewhere_is_an_error_here(monkeypatch):
    monkeypatch.setattr(sources, "in_processes", backwards())
    with pytest.raises(ConvergenceError, match=r"not converged: residual .* after 2 products"):
        boltzsim.run(Case(**VALVE | {"solver": {"max_products": 2, "rtol": 1e-11}}), jobs=2)

    @contextmanager
    def dead(solve, jobs, stop, died):
        yield lambda tasks: [one for task in tasks for one in died(task)]

    monkeypatch.setattr(sources, "in_processes", dead)
    with pytest.raises(ConvergenceError, match="source 1 of magnetic state 1 died, perhaps for want of memory"):
        boltzsim.run(Case(**VALVE), jobs=2)


def test_steps_in_time_are_not_shared_out():
    tables = {key: table for key, table in VALVE.items() if key != "measure"}
    with pytest.raises(CaseError, match="each time step needs the one before; leave them out"):
        boltzsim.run(Case(**tables | {"time": {"end": 1e-12, "step": 1e-13}}), jobs=2)
