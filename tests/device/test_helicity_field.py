"""Helicity as runs store it: against exact modes, its own balance, sums over directions, and where there is none."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from transient_cases import grating

from boltzsim import load_case, run, save
from boltzsim import open as open_result
from boltzsim.analysis import fits
from boltzsim.case.case import Case
from boltzsim.case.series import expand
from boltzsim.device.build import transport_of
from boltzsim.device.fields import conductance_unit, helicity
from boltzsim.device.signals import Signals
from boltzsim.limits.conserved import helicity_rate
from boltzsim.material.harmonics import harmonics, sphere
from boltzsim.runs.recorder import Recorder
from boltzsim.transport.stepper import State

CASES = Path(__file__).parents[2] / "cases"
L0 = 3 * np.pi / (4 * 0.02 * 13.6e9)
#: Exact decay lengths of the alloy, in l0, from two independent programs.
LENGTHS = {"L": 12.78680, "T": 3.09378}


@cache
def slab():
    return run(load_case(CASES / "helicity_slab.toml"))


@pytest.mark.parametrize(
    ("component", "expected"),
    [("z", (0.196245, 0.120111, 0.090520)), ("x", (0.227363, 0.126758, 0.074479))],
    ids=["along", "across"],
)
def test_spin_potential_of_the_slab(component, expected):
    """At z = 1.5, 3 and 4.5 l0, over that of the reservoir, from the exact spatial modes by a separate program."""
    potential = slab().fields["spin_potential"][:, 0, 0, "xyz".index(component)] / 1e-3
    found = CubicSpline(slab().centres("z"), potential)(L0 * np.array([1.5, 3.0, 4.5]))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


def test_longitudinal_spin_starts_lower_and_ends_higher():
    across, along = slab().fields["spin_potential"][:, 0, 0, [0, 2]].T
    assert np.count_nonzero(np.diff(np.sign(along - across))) == 1
    assert along[0] < across[0] and along[-1] > 1.5 * across[-1]


def test_helicity_is_lost_at_its_rate():
    """∇·⟨σ·p̂ W n⟩ = -⟨σ·p̂ n⟩/τ_h: the loss between two cells is that of the mean of the two."""
    result = slab()
    potential = result.fields["helicity_potential"].ravel()
    current = result.fields["helicity_current"][:, 0, 0, 2] / conductance_unit(result.case) * (100e-9) ** 2
    rate = helicity_rate(result.case.metal.impurity[0].channels) / L0
    lost = -np.diff(current) / np.diff(result.centres("z"))
    np.testing.assert_allclose(lost[2:-2], rate * (potential[1:] + potential[:-1])[2:-2] / 2, rtol=2e-3)
    np.testing.assert_allclose(lost[20:-20], rate * (potential[1:] + potential[:-1])[20:-20] / 2, rtol=1e-4)


def test_transverse_spin_has_no_helicity():
    """Its helicity flows along its own axis only, where nothing changes."""
    contacts = slab().case.resolved()["contact"]
    contacts[0]["spin_voltage"] = [1e-3, 0, 0]
    fields = run(slab().case.replace(contact=contacts)).fields
    assert np.abs(fields["helicity_potential"]).max() < 1e-12 * np.abs(fields["spin_potential"]).max()
    flow = np.abs(fields["helicity_current"]).reshape(-1, 3).max(0)
    assert flow[0] > 0 and flow[1:].max() < 1e-9 * flow[0]


@pytest.mark.parametrize("side_jump", [True, False])
def test_helicity_by_a_sum_over_directions(side_jump):
    """Σ w p̂_a n_a and Σ w p̂_a (W n)_a of random moments, in layers of two metals with precession."""
    grid = {"z": {"length": 4e-8, "cells": 4}}
    metals = [{"s1/2": 0.6, "p1/2": 0.5, "p3/2": 0.2}, {"s1/2": -0.4, "p1/2": 1.3}]
    case = Case(
        title="Layers",
        material={
            name: {"k_F": 13.6e9, "impurity": [{"concentration": 0.2, "channels": channels}]}
            for name, channels in zip(("one", "two"), metals, strict=True)
        },
        grid=grid,
        region=[{"material": "two", "box": {"z": [2e-8, 4e-8]}}],
        contact=[{"name": "left", "face": "z_min", "voltage": 1.0}],
        field={"B": [1.0, 2.0, 3.0]},
        physics={"side_jump": side_jump},
    )
    transport = transport_of(case)
    phi = np.random.default_rng(5).normal(size=(4, 2, 9, 4))
    potential, flow = helicity(transport, phi)
    directions, weights = sphere(6)
    Y = harmonics(directions, 2)
    for cell, metal in enumerate((0, 0, 1, 1)):
        moments = phi[cell].mean(0)
        shift = Y @ moments
        assert potential[cell] == pytest.approx(np.einsum("p,pa,pa->", weights, directions, shift[:, 1:]), rel=1e-12)
        for axis in range(3):
            drift = transport.operators[metal].drift[axis] @ moments.ravel()
            moving = directions[:, [axis]] * shift - Y @ drift.reshape(9, 4)
            expected = np.einsum("p,pa,pa->", weights, directions, moving[:, 1:])
            assert flow[cell, axis] == pytest.approx(expected, rel=1e-12)
    assert any(metal.drift.any() for metal in transport.operators) == side_jump


def test_the_diffusion_model_has_no_helicity_and_files_without_it_are_read(tmp_path):
    case = slab().case.replace(physics={"model": "diffusion", "side_jump": False})
    result = run(case)
    assert {"helicity_potential", "helicity_current"} & set(result.fields) == set()
    save(result, tmp_path / "diffusion.h5")
    assert set(open_result(tmp_path / "diffusion.h5").fields) == set(result.fields)
    save(slab(), tmp_path / "kinetic.h5")
    read = open_result(tmp_path / "kinetic.h5").fields
    assert (read["helicity_current"] == slab().fields["helicity_current"]).all()


def test_a_resumed_run_keeps_the_fields_that_all_its_frames_have():
    """The first frames may be those of a version that knew no helicity."""
    case = grating()
    recorder = Recorder(case, Signals(case, transport_of(case).grid), 1.0, np.ones(64))
    recorder.start([State(np.zeros((64, 2, 9, 4)), None, np.zeros(0), np.zeros((0, 4)), np.zeros(0))])
    both = {"charge_potential": np.zeros(case.grid.shape)}
    recorder.frame(0.0, both)
    recorder.frame(1e-12, both | {"helicity_potential": np.ones(case.grid.shape)})
    assert set(recorder.history(False).frames) == set(both)
    recorder.frames[0] = recorder.frames[1]
    assert set(recorder.history(False).frames) == {"charge_potential", "helicity_potential"}


def signals(name, **wanted):
    """ΔR by the last axes of a series, over those of its points that are wanted by length along z."""
    case = load_case(CASES / f"{name}.toml")
    axes, points = expand(case)
    shape = [len(axis) for axis in axes]
    lengths = np.array([point.grid.z.length for point in points]).reshape(shape)
    kept = np.isin(np.round(lengths * 1e9), wanted["nm"])
    found = np.full(shape, np.nan)
    for index in zip(*np.nonzero(kept), strict=True):
        found[index] = run(points[np.ravel_multi_index(index, shape)]).measures[0].extra["delta_R"]
    rows = kept.reshape(shape[0], -1).all(1)
    return lengths[rows].reshape(rows.sum(), -1)[:, 0], found[rows]


def test_the_valve_measures_both_decay_lengths():
    """A single exponential of three of its five thicknesses is within 2 % of the exact modes."""
    thickness, delta_R = signals("helicity_valve", nm=[240, 320, 400])
    found = {name: fits.exponential(thickness, delta_R[:, k]).value["length"] / L0 for k, name in enumerate("LT")}
    for name, length in LENGTHS.items():
        assert found[name] == pytest.approx(length, rel=0.02)
    assert found["L"] / found["T"] == pytest.approx(LENGTHS["L"] / LENGTHS["T"], rel=0.02)


@pytest.mark.slow
def test_walls_destroy_helicity():
    """Mirrors three mean free paths apart shorten the longitudinal length by four, rough walls by more."""
    height, delta_R = signals("helicity_walls", nm=[120, 160])
    length = -np.diff(height)[0] / np.log(delta_R[1] / delta_R[0]) / L0
    (L_mirror, L_rough), (T_mirror, T_rough) = length
    assert T_rough < T_mirror < L_mirror and T_rough < L_rough < L_mirror < LENGTHS["L"] / 4
    assert T_mirror < LENGTHS["T"]
