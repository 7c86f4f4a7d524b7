"""Transient cases from start to end: steps, frames, drives, and stored histories."""

import numpy as np
import pytest
from scipy.constants import hbar, physical_constants

import boltzsim
from boltzsim.device import preflight
from boltzsim.errors import CaseError, ConvergenceError
from boltzsim.limits.grating import decay_curve
from boltzsim.material.alloy import fermi_velocity, mean_free_path, scattering_rate
from boltzsim.material.superoperators import operators
from boltzsim.store import result as store

ALLOY = {
    "k_F": "13.6 1/nm",
    "impurity": [{"name": "X", "concentration": 0.02, "channels": {"s1/2": 0.8}}],
    "background": {"tau_sf": "20 fs"},
}
GRATING = {
    "material": {"alloy": ALLOY},
    "grid": {"z": {"length": "40 nm", "cells": 24}},
    "walls": {"periodic": ["z"]},
    "angles": {"quadrature": "double-gauss", "polar": 4, "azimuthal": 6},
    "time": {"end": "20 fs", "frames": 4},
    "initial": {"kind": "grating", "axis": "z", "spin": [0, 0, "1 mV"]},
}
WIRE = {
    "material": {"alloy": ALLOY},
    "grid": {"x": {"length": "10 nm"}, "y": {"length": "10 nm"}, "z": {"length": "8 nm", "cells": 8}},
    "angles": {"quadrature": "double-gauss", "polar": 4, "azimuthal": 6},
    "contact": [
        {
            "name": "left", "face": "z_min", "current": "1 uA", "transmission": 0.2, "polarization": 0.5,
            "direction": [0, 0, 1], "waveform": {"kind": "switch", "on": "1 fs", "off": "6 fs"},
        },
        {
            "name": "right", "face": "z_max", "voltage": 0, "transmission": 0.3, "polarization": 0.4,
            "direction": [1, 0, 0], "detect_spin": True,
        },
    ],
    "field": {"B": ["0 T", "500 T", "0 T"]},
    "time": {"end": "12 fs", "step": "0.25 fs", "frames": ["3.1 fs"]},
    "observe": [{"name": "end", "kind": "mean", "box": {"z": ["6 nm", "8 nm"]}}],
}  # fmt: skip
ELECTRODE = {"resistivity": "10 uohm cm", "spin_diffusion_length": "5 nm", "polarization": 0.4}


def case(base, **tables):
    return boltzsim.Case(**{**base, **tables})


@pytest.mark.parametrize("component", ["charge", "L", "T"])
def test_grating_decays_as_the_exact_mode(component):
    """All residues, the whole curve from the first step on, and second order in the cell size (ballistic: qℓ = 1.7)."""
    start = {"charge": {"charge": "1 mV"}, "L": {"spin": [0, 0, 1e-3]}, "T": {"spin": [1e-3, 0, 0]}}[component]
    errors = []
    for cells in (24, 48):
        grid = {"z": {"length": "40 nm", "cells": cells}}
        wave = case(GRATING, grid=grid, initial={"kind": "grating", "axis": "z", **start})
        history, alloy = boltzsim.run(wave).history, wave.material["alloy"]
        found = history.observed["grating"][:, {"charge": 0, "L": 3, "T": 1}[component]] / 1e-3
        exact = decay_curve(operators(alloy), 2 * np.pi / 40e-9, component, history.time, fermi_velocity(alloy))
        np.testing.assert_allclose(found[:6], exact[:6], rtol=0, atol=2e-5)
        errors.append(np.abs(found - exact).max())
        assert history.time[-1] == wave.time.end and np.all(np.diff(history.time) > 0)
    assert errors[1] < 3e-3 and 3.3 < errors[0] / errors[1] < 4.7, errors


def test_packet_spreads_and_precesses():
    """Its spin turns with ωt and decays with τ_sf, its variance grows from ballistically to 2Dt, as they should."""
    start = {"kind": "packet", "centre": {"z": "150 nm"}, "width": {"z": "20 nm"}, "spin": ["1 mV", 0, 0]}
    packet = case(
        GRATING,
        grid={"z": {"length": "300 nm", "cells": 120}},
        field={"B": [0, 0, "300 T"]},
        initial=start,
        observe=[{"name": "all", "kind": "mean"}],
        time={"end": "24 fs", "frames": ["6 fs", "12 fs"], "tolerance": 1e-5},
    )
    history, alloy = boltzsim.run(packet).history, packet.material["alloy"]
    spin, omega = history.observed["all"][:, 1:], 2 * physical_constants["Bohr magneton"][0] * 300 / hbar
    turned = np.c_[np.cos(omega * history.time), np.sin(omega * history.time)]
    expected = np.exp(-history.time / 20e-15)[:, None] * turned
    np.testing.assert_allclose(spin[:, :2], spin[0, 0] * expected, rtol=0, atol=1e-4 * spin[0, 0])
    assert omega * history.time[-1] > 1
    z = (np.arange(120) + 0.5) * 2.5e-9
    length = np.linalg.norm(history.frames["spin_potential"][:, :, 0, 0, :2], axis=-1)
    variance = length @ (z - 150e-9) ** 2 / length.sum(1)
    rate, t = scattering_rate(alloy, alloy.impurity[0]) * np.sin(0.8) ** 2, history.frame_time
    grown = 2 * fermi_velocity(alloy) ** 2 / 3 * (t / rate - (1 - np.exp(-rate * t)) / rate**2)
    np.testing.assert_allclose(variance[1:] - variance[0], grown[1:], rtol=5e-3)


@pytest.mark.slow
def test_plane_pulse():
    """A narrow sheet of charge in an isotropic scatterer: fronts that have not collided and what follows them, as the
    exact Fourier modes add up to."""
    alloy = {**ALLOY, "background": {}}
    width, length, cells, flights = 1.5e-9, 80e-9, 240, 1.2
    start = {"kind": "packet", "centre": {"z": length / 2}, "width": {"z": width}, "charge": 1e-3}
    built = boltzsim.Material(**alloy)
    end = flights * mean_free_path(built) / fermi_velocity(built)
    pulse = case(
        GRATING, material={"alloy": alloy}, grid={"z": {"length": length, "cells": cells}}, initial=start,
        angles={"quadrature": "double-gauss", "polar": 24, "azimuthal": 6},
        time={"end": end, "tolerance": 1e-5, "frames": 1}, observe=[{"name": "all", "kind": "mean"}],
    )  # fmt: skip
    found = boltzsim.run(pulse).fields["charge_potential"].ravel()
    z, total = (np.arange(cells) + 0.5) * length / cells - length / 2, 0.0
    for k in range(60):
        q = 2 * np.pi * k / length
        amplitude = np.sqrt(2 * np.pi) * width / length * np.exp(-0.5 * (q * width) ** 2) * (1 + (k > 0))
        if amplitude > 1e-9:
            decay = decay_curve(operators(built), q, "charge", [end], fermi_velocity(built))[0]
            total = total + 1e-3 * amplitude * decay * np.cos(q * z)
    np.testing.assert_allclose(found, total, rtol=0, atol=0.02 * total.max())
    assert np.abs(found - total).mean() < 4e-3 * total.max()
    assert found.sum() == pytest.approx(total.sum(), rel=1e-6)


def test_distribution_in_a_file(monkeypatch):
    """Where the distributions do not fit in memory they are mapped from a file: the same numbers."""
    expected = boltzsim.run(case(GRATING, time={"end": "2 fs", "step": "0.5 fs"}))
    monkeypatch.setattr(preflight, "state_in_file", lambda case: True)
    found = boltzsim.run(case(GRATING, time={"end": "2 fs", "step": "0.5 fs"}))
    np.testing.assert_array_equal(found.history.observed["grating"], expected.history.observed["grating"])


def test_tolerance_rules_the_error():
    """A tighter tolerance takes more steps and is closer to very short constant ones."""
    exact = boltzsim.run(case(GRATING, time={"end": "8 fs", "step": "0.02 fs"})).history.observed["grating"][-1, 3]
    errors, counts = [], []
    for tolerance in (1e-3, 1e-4, 1e-5):
        history = boltzsim.run(case(GRATING, time={"end": "8 fs", "tolerance": tolerance})).history
        errors.append(abs(history.observed["grating"][-1, 3] / exact - 1))
        counts.append(len(history.time))
    assert counts[0] < counts[1] < counts[2] < 500
    assert errors[2] < errors[1] < errors[0] < 0.05
    assert errors[2] < 20 * 1e-5 * counts[2] ** 0.5


def test_steps_that_cannot_reach_the_tolerance_are_given_up(monkeypatch):
    """An error that does not shrink with the step (here: made up) ends the run instead of shrinking it for ever."""
    monkeypatch.setattr("boltzsim.transport.stepper._relative", lambda *_: 1.0)
    with pytest.raises(ConvergenceError, match=r"still miss the tolerance 1e-05; raise time\.tolerance"):
        boltzsim.run(case(GRATING, time={"end": "1 fs"}))


def test_frames_lie_where_they_were_asked_for():
    """Between steps: a frame is what a run that ends there gives."""
    whole = boltzsim.run(case(GRATING, time={"end": "20 fs", "step": "0.5 fs", "frames": ["7.3 fs"]})).history
    np.testing.assert_allclose(whole.frame_time, [0, 7.3e-15, 20e-15], rtol=1e-12)
    short = boltzsim.run(case(GRATING, time={"end": "7.3 fs", "step": "0.05 fs"}))
    expected, found = short.fields["spin_potential"], whole.frames["spin_potential"][1]
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-3 * np.abs(expected).max())


def test_switched_current_in_a_wire():
    """Steps end on the switching times; currents are those imposed, charge is conserved."""
    wire = case(WIRE)
    history = boltzsim.run(wire).history
    for event in (1e-15, 6e-15):
        assert np.abs(history.time - event).min() == 0
    on = (history.time > 1e-15) & (history.time <= 6e-15)
    np.testing.assert_allclose(history.current[on, 0], 1e-6, rtol=1e-10)
    np.testing.assert_allclose(history.current[1:][~on[1:], 0], 0, atol=1e-16)
    assert np.isnan(history.current[0]).all() and np.isnan(history.voltage[0, 0])
    assert history.charge_balance.max() < 1e-12
    changed = np.abs(history.voltage_reversed["right"] - history.voltage)[1:, 0]
    assert changed.max() < 1e-8 * np.abs(history.voltage[1:, 0]).max()  # spins are not yet there and back
    spin = history.observed["end"][:, 1:]
    assert np.abs(spin[:, 0]).max() > 0.02 * np.abs(spin).max()  # turned by the field


@pytest.mark.parametrize("behind", [{}, {"electrode": ELECTRODE}])
def test_voltages_with_a_magnet_turned_are_those_of_a_run_with_it_turned(behind):
    """By itself, from the start, where the other run starts every stage from that with the magnet as it is."""
    left, right = WIRE["contact"]
    runs = []
    for sign in (1, -1):
        contacts = [left, right | behind | {"direction": [0, 0, sign]}]
        time = {"end": "20 fs", "tolerance": 1e-3}
        runs.append(boltzsim.run(case(WIRE, contact=contacts, time=time, solver={"rtol": 1e-10})).history)
    found, expected, before = runs[0].voltage_reversed["right"][1:], runs[1].voltage[1:], runs[0].voltage[1:]
    assert np.abs(found - before).max() > 1e-3 * np.abs(before).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max())


def test_current_follows_a_table():
    """Linear between the nodes, which steps end on, at every step and constant beyond."""
    ramp = {"kind": "table", "time": ["1 fs", "3 fs", "4 fs"], "factor": [0.0, 1.0, -0.5]}
    contacts = [{**WIRE["contact"][0], "waveform": ramp}, WIRE["contact"][1]]
    history = boltzsim.run(case(WIRE, contact=contacts, time={"end": "6 fs", "tolerance": 1e-4})).history
    expected = 1e-6 * np.interp(history.time, [1e-15, 3e-15, 4e-15], [0.0, 1.0, -0.5])
    np.testing.assert_allclose(history.current[1:, 0], expected[1:], rtol=1e-9, atol=1e-17)
    for node in (1e-15, 3e-15, 4e-15):
        assert np.abs(history.time - node).min() == 0
    assert history.charge_balance.max() < 1e-12


def test_steady_state_is_reached():
    """t → ∞ is the steady case, terminals and fields."""
    tables = {key: value for key, value in WIRE.items() if key not in ("time", "observe")}
    contacts = [{k: v for k, v in contact.items() if k != "waveform"} for contact in WIRE["contact"]]
    steady = boltzsim.run(case(tables, contact=contacts))
    late = boltzsim.run(case(tables, contact=contacts, time={"end": "2 ps", "step": "50 fs"}))
    np.testing.assert_allclose(late.terminals.voltage, steady.terminals.voltage, rtol=1e-7)
    np.testing.assert_allclose(late.terminals.spin_current, steady.terminals.spin_current, rtol=1e-6, atol=1e-14)
    for name, values in steady.fields.items():
        np.testing.assert_allclose(late.fields[name], values, rtol=0, atol=1e-7 * np.abs(values).max())
    reversed_ = steady.terminals.voltage_reversed["right"]
    np.testing.assert_allclose(late.terminals.voltage_reversed["right"], reversed_, rtol=1e-7)


def test_history_comes_back_from_the_file(tmp_path):
    result = boltzsim.run(case(WIRE), output=tmp_path / "wire.h5")
    back = store.open(tmp_path / "wire.h5").history
    for name, value in vars(result.history).items():
        stored = getattr(back, name)
        if isinstance(value, dict):
            assert stored.keys() == value.keys()
            for key in value:
                np.testing.assert_array_equal(stored[key], value[key])
        else:
            np.testing.assert_array_equal(stored, value)


def test_a_result_can_be_started_from(tmp_path):
    """Half of a run, and the other half from its kept state, are the whole; a steady result stays as it is."""
    path = tmp_path / "half.h5"
    boltzsim.run(case(GRATING, time={"end": "10 fs", "step": "0.5 fs", "keep_state": True}), output=path)
    start = {"kind": "result", "file": str(path)}
    observe = [{"name": "grating", "kind": "fourier", "axis": "z"}]
    second = boltzsim.run(case(GRATING, time={"end": "10 fs", "step": "0.5 fs"}, initial=start, observe=observe))
    whole = boltzsim.run(case(GRATING, time={"end": "20 fs", "step": "0.5 fs"}))
    found, expected = (r.history.observed["grating"] for r in (second, whole))
    np.testing.assert_allclose(found, expected[20:], rtol=0, atol=1e-6 * expected.max())

    tables = {key: value for key, value in WIRE.items() if key not in ("time", "observe")}
    contacts = [{k: v for k, v in contact.items() if k != "waveform"} for contact in WIRE["contact"]]
    steady = boltzsim.run(case(tables, contact=contacts), output=path)
    still = boltzsim.run(case(tables, contact=contacts, time={"end": "5 fs"}, initial=start))
    np.testing.assert_allclose(still.fields["spin_potential"], steady.fields["spin_potential"], rtol=0, atol=1e-10)
    tables["grid"] = {**WIRE["grid"], "z": {"length": "8 nm", "cells": 16}}
    with pytest.raises(CaseError, match=r"initial.file = .*another grid"):
        boltzsim.run(case(tables, contact=contacts, time={"end": "5 fs"}, initial=start))
    boltzsim.run(case(GRATING, time={"end": "1 fs", "step": "0.5 fs"}), output=path)
    with pytest.raises(CaseError, match="keep_state = true"):
        boltzsim.run(case(GRATING, time={"end": "1 fs"}, initial=start, observe=observe))
