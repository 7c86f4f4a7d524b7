"""The shipped cases: they load, pass `check`, run, keep their books, and show the physics they were written for.

Long ones run on coarser grids.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.constants import e, h

from boltzsim import load_case
from boltzsim.limits.summary import coefficients
from boltzsim.runs.start import run

CASES = Path(__file__).parents[2] / "cases"
NAMES = sorted(path.stem for path in CASES.glob("*.toml"))
COARSE = {
    "nlsv_longitudinal": {"x": 80, "z": 8},
    "nlsv_transverse": {"x": 80, "z": 8},
    "nlsv_3d": {"x": 16, "y": 3, "z": 2},
    "spin_hall_bar": {"x": 48, "y": 16},
    "crossed_media": {"x": 48, "z": 8},
    "hall_bar": {"x": 64, "y": 8},
    "hall_cross": {"x": 12, "y": 12},
    "rough_film": {"x": 60, "z": 4},
    "spin_absorption": {"x": 40, "z": 6},
    "ballistic_to_diffusive": {"z": 3},
    "valve_crossed_wires": {"x": 32, "y": 2, "z": 2},
    "kondo_valve": {"x": 24, "z": 1},
}
SHORT = {"spin_grating": ({"z": 60}, 10e-15), "time_of_flight": ({"x": 30, "z": 1}, 4e-12)}  # cells, end
VALVES = ["nlsv_longitudinal", "nlsv_transverse", "nlsv_3d"]


@cache
def coarse(name):
    """A case on fewer cells; at a temperature with one solve for all energies."""
    case = load_case(CASES / f"{name}.toml")
    if case.temperature is not None:
        case = case.with_(**{"temperature.carriers": "thermalised"})
    return with_cells(case, **COARSE.get(name, {}))


def with_cells(case, **cells):
    grid = case.resolved()["grid"]
    for axis, count in cells.items():
        grid[axis]["cells"] = count
    return case.replace(grid=grid)


def with_contacts(case, measure=None, **changes):
    """The case with keys of its contacts replaced; a drive replaces the old one. On request with another measure."""
    contacts = case.resolved()["contact"]
    for contact in contacts:
        change = changes.get(contact["name"], {})
        if {"voltage", "current", "floating"} & change.keys():
            for key in ("voltage", "current", "floating"):
                contact.pop(key, None)
        elif contact.get("floating") or "current" in contact:
            contact.pop("voltage", None)
        contact.update(change)
    return case.replace(contact=contacts, measure=case.resolved()["measure"] if measure is None else measure)


@cache
def solved(name):
    return run(coarse(name))


def measured(result):
    return result.measures[0].extra


@pytest.mark.parametrize("name", SHORT)
def test_transient_case_keeps_its_books(name):
    """The beginning, on fewer cells: charge is conserved, contacts carry what they are asked to, spin is there."""
    cells, end = SHORT[name]
    case = with_cells(load_case(CASES / f"{name}.toml"), **cells)
    times = case.resolved()["time"] | {"end": end, "frames": 2}
    if "step" not in times:
        times["tolerance"] = 1e-3
    history = run(case.replace(time=times, measure=[], series={})).history
    assert history.time[-1] == end and history.charge_balance.max() < 1e-10
    for k, contact in enumerate(case.contact):
        asked = [contact.waveform.factor(0.999999 * t) if contact.waveform else 1.0 for t in history.time[1:]]
        if contact.voltage is None:
            wanted = (contact.current or 0.0) * np.array(asked)
            rounding = 1e-12 * np.nanmax(np.abs(history.current))
            np.testing.assert_allclose(history.current[1:, k], wanted, rtol=1e-9, atol=rounding)
    assert max(np.abs(signal[-1, 1:]).max() for signal in frames_and_signals(history)) > 1e-9


def frames_and_signals(history):
    yield from history.observed.values()
    yield np.concatenate([np.zeros((3, 1)), np.abs(history.frames["spin_potential"]).max((1, 2, 3))], 1)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {*SHORT, "ce_lacu6"}])  # it has no contacts
def test_case_keeps_its_books(name):
    result = solved(name)
    injected = max(np.abs(result.terminals.current).max(), np.abs(result.terminals.spin_current).max())
    assert result.solver.converged
    assert result.solver.products <= 30
    assert abs(result.terminals.current.sum()) < 1e-9 * injected
    assert result.solver.charge_balance < 1e-9
    assert result.solver.spin_balance < 1e-8
    metal = result.case.material_index() >= 0
    for values in result.fields.values():
        assert np.isfinite(values[metal]).all() and np.isnan(values[~metal]).all()
    for contact, current, voltage in zip(
        result.case.contact, result.terminals.current, result.terminals.voltage, strict=True
    ):
        if contact.voltage is not None:
            assert voltage == contact.voltage
        else:
            assert current == pytest.approx(contact.current or 0.0, abs=1e-12 * injected)


@pytest.mark.slow
def test_three_dimensional_valve_at_full_size():
    result = run(load_case(CASES / "nlsv_3d.toml"))
    assert abs(result.terminals.current.sum()) < 1e-9 * result.terminals.current[0]
    assert result.solver.charge_balance < 1e-9
    assert result.solver.products <= 30
    assert 1e-7 < measured(result)["delta_R"] < 1e-5


# slab.toml


def test_slab_resistance_is_that_of_the_film_and_its_contacts():
    """Milne: transmission (4/3) / (L/l + 2 z₀) with l the transport mean free path."""
    result = solved("slab")
    sharvin = 2 * e**2 / h * (13.6e9) ** 2 / (4 * np.pi) * (100e-9) ** 2
    l0 = 3 * np.pi / (4 * 0.02 * 13.6e9)
    path = 3 * coefficients({"s1/2": 0.10, "p1/2": np.pi / 2, "p3/2": 0.05})["p1"]["D_c"] * l0
    transmission = result.terminals.current[0] / 1e-3 / sharvin
    assert transmission == pytest.approx(4 / 3 / (80e-9 / path + 2 * 0.7104), rel=3e-3)


def test_slab_carries_spin_of_one_component_that_is_lost_on_the_way():
    result = solved("slab")
    into = result.terminals.spin_current
    assert np.abs(into[:, :2]).max() < 1e-9 * into[0, 2]
    assert into[0, 2] > 0 > into[1, 2]
    assert -into[1, 2] < 0.01 * into[0, 2]
    potential = result.fields["charge_potential"].ravel()
    assert (np.diff(potential) < 0).all()
    assert 0 < potential[-1] < potential[0] < 1e-3


# crossed_media.toml


def test_spin_current_is_lost_only_in_the_alloy():
    result = solved("crossed_media")
    through = result.fields["spin_current"][:, 0, :, 0, 0].mean(0)  # polarised along x, through every cross section
    x = result.centres("x")
    before, strip, after = x < 90e-9, (x > 90e-9) & (x < 150e-9), x > 150e-9
    assert np.ptp(through[before]) < 1e-8 * through[0]
    assert np.ptp(through[after]) < 1e-8 * through[0]
    assert (np.diff(through[strip]) < 0).all()
    assert 0 < through[-1] < 0.05 * through[0]
    area = 100e-9 * 40e-9
    assert through[0] * area == pytest.approx(result.terminals.spin_current[0, 0], rel=1e-8)
    assert through[-1] * area == pytest.approx(-result.terminals.spin_current[1, 0], rel=1e-6)


def test_current_drains_past_the_strip():
    result = solved("crossed_media")
    middle = result.fields["charge_current"][:, 0, result.fields["charge_current"].shape[2] // 2, 0]
    lower, upper = np.split(middle, 2)
    assert (middle > 0).all()
    assert lower.mean() > 1.3 * upper.mean()


# nlsv_*.toml


@pytest.mark.parametrize("name", VALVES)
def test_spin_signal_has_the_sign_of_the_polarisations(name):
    """Equal polarisations: spin flows in with the current and lifts the detector that likes it."""
    result = solved(name)
    resistance = measured(result)
    assert resistance["delta_R"] == pytest.approx(resistance["R_P"] - resistance["R_AP"], rel=1e-12)
    assert resistance["delta_R"] > 0
    axis = "xy".index("y" if name == "nlsv_transverse" else "x")
    current = result.terminals.spin_current[0]
    assert current[axis] == pytest.approx(0.4e-6, rel=5e-3)  # a tunnel contact injects P I
    detector = result.case.contact_cells(result.case.contact[1])["x"]
    spin = result.fields["spin_potential"][-1, :, slice(*detector), axis].mean()
    assert spin > 0
    assert 1 < resistance["delta_R"] * 1e-6 / (2 * 0.4 * spin) < 2  # it reads what flows out, not the density


@pytest.mark.parametrize("name", ["nlsv_longitudinal", "nlsv_transverse"])
def test_reversed_detector_is_the_detector_of_the_other_direction(name):
    case = coarse(name)
    direction = [-x for x in case.contact[1].direction]
    other = run(with_contacts(case, detector={"direction": direction, "detect_spin": False}))
    assert other.measures[0].value == pytest.approx(measured(solved(name))["R_AP"], abs=1e-9)
    assert solved(name).terminals.voltage_reversed["detector"] == pytest.approx(other.terminals.voltage, rel=1e-9)


def test_reversed_injector_is_as_good_as_a_reversed_detector():
    """The mirror of y turns spins along x round: reversing the injector is reversing the detector."""
    changes = {"injector": {"direction": [-1, 0, 0]}, "detector": {"detect_spin": False}}
    reversed_ = run(with_contacts(coarse("nlsv_longitudinal"), **changes))
    assert reversed_.measures[0].value == pytest.approx(measured(solved("nlsv_longitudinal"))["R_AP"], abs=1e-10)


def test_spin_across_the_film_stays_across():
    """Nothing in the plane of the film breaks the mirror of y, which keeps spin along y and turns the others round."""
    result = solved("nlsv_transverse")
    spin = result.fields["spin_potential"]
    assert np.abs(spin[..., [0, 2]]).max() < 1e-9 * np.abs(spin[..., 1]).max()
    assert np.abs(result.terminals.spin_current[:, [0, 2]]).max() < 1e-9 * result.terminals.spin_current[0, 1]


@pytest.mark.parametrize("polarisation", ["L", "T"])
def test_alloy_without_walls_has_the_decay_length_of_the_bulk(polarisation):
    case = coarse("nlsv_longitudinal")
    spin = [1e-3, 0, 0] if polarisation == "L" else [0, 1e-3, 0]
    contacts = [
        {"name": "source", "face": "x_min", "voltage": 0, "spin_voltage": spin},
        {"name": "sink", "face": "x_max", "voltage": 0},
    ]
    angles = {"quadrature": "double-gauss", "polar": 16, "azimuthal": 6, "axis": "x"}
    case = case.replace(contact=contacts, measure=[], grid={"x": {"length": 8e-7, "cells": 800}}, angles=angles)
    result = run(case)
    x, potential = result.centres("x"), result.fields["spin_potential"][0, 0, :, spin.index(1e-3)]
    far = (x > 150e-9) & (x < 250e-9)
    length = -1 / np.polyfit(x[far], np.log(np.abs(potential[far])), 1)[0]
    alloy = case.material["alloy"].impurity[0]
    exact = coefficients(alloy.channels, 2 * alloy.concentration / (3 * np.pi))["exact"]
    l0 = 3 * np.pi / (4 * 0.02 * 13.6e9)
    assert length == pytest.approx(exact[f"decay_length_{polarisation}"] * l0, rel=2e-4)


@pytest.mark.parametrize("name", ["nlsv_longitudinal", "nlsv_transverse"])
def test_signal_decays_exponentially_with_distance(name):
    """The walls end the slow mode's hidden conservation law: the film's length is far below that of the bulk, 44 nm."""
    result = solved(name)
    spin = np.abs(result.fields["spin_potential"][:, 0, :, 1 if name == "nlsv_transverse" else 0]).mean(0)
    x = result.centres("x")
    lengths = []
    for start in (200e-9, 250e-9):
        part = (x > start) & (x < start + 40e-9)
        lengths.append(-1 / np.polyfit(x[part], np.log(spin[part]), 1)[0])
    assert lengths[1] == pytest.approx(lengths[0], rel=0.03)
    assert 15e-9 < lengths[1] < 20e-9
    nearer = run(with_contacts(coarse(name), detector={"span": {"x": [225e-9, 275e-9]}}))
    decay = np.exp(-25e-9 / np.mean(lengths))
    assert measured(result)["delta_R"] / measured(nearer)["delta_R"] == pytest.approx(decay, rel=0.04)


@pytest.mark.parametrize("name", ["nlsv_longitudinal", "nlsv_transverse"])
def test_only_voltage_differences_count(name):
    """One millivolt more on all contacts: a hundred times the voltages that the current makes."""
    low, high = solved(name), run(with_contacts(coarse(name), left={"voltage": 1e-3}))
    assert high.terminals.voltage - 1e-3 == pytest.approx(low.terminals.voltage, abs=1e-6 * 1e-3)
    for key in ("R_P", "R_AP", "delta_R"):
        assert measured(high)[key] == pytest.approx(measured(low)[key], abs=5e-9)


@pytest.mark.parametrize("name", ["nlsv_longitudinal", "nlsv_transverse"])
def test_exchanging_source_and_probe_with_the_magnetisations_reversed_gives_the_same_resistance(name):
    """Onsager."""
    case = coarse(name)
    back = [-x for x in case.contact[0].direction]
    changes = {
        "injector": {"floating": True, "direction": back},
        "detector": {"current": 1e-6, "direction": back, "detect_spin": False},
        "left": {"floating": True},
        "right": {"voltage": 0.0},
    }
    measure = [{"kind": "nonlocal", "injector": "detector", "detector": "injector", "reference": "left"}]
    exchanged = run(with_contacts(case, measure, **changes))
    assert exchanged.measures[0].value == pytest.approx(measured(solved(name))["R_P"], rel=1e-6)


# spin_hall_bar.toml


def test_spin_builds_up_with_opposite_signs_at_the_two_edges():
    """A half turn about z exchanges the ends and the probes, and reverses voltages of ±½ mV."""
    changes = {"left": {"voltage": 0.5e-3}, "right": {"voltage": -0.5e-3}, "upper": {"detect_spin": False}}
    result = run(with_contacts(coarse("spin_hall_bar"), **changes))
    spin = result.fields["spin_potential"][0]
    size = np.abs(spin[..., 2]).max()
    assert np.abs(spin[..., :2]).max() < 1e-9 * size
    assert spin[..., 2] == pytest.approx(-spin[::-1, ::-1, 2], abs=1e-6 * size)
    middle = slice(12, 36)
    lower, upper = spin[0, middle, 2], spin[-1, middle, 2]
    assert (upper > 0.5 * size).all()
    assert (lower < -0.5 * size).all()
    flow = result.fields["spin_current"][0, :, middle, 1, 2]  # along y, polarised along z
    assert (flow[4:12] > 0).all()
    assert np.abs(flow[[0, -1]]).max() < 0.6 * flow[7:9].min()  # walls stop it


def test_opposite_probes_alike_read_the_spin_and_opposed_ones_nothing():
    """The mirror of y exchanges the probes and turns their magnetisation round."""
    result = solved("spin_hall_bar")
    resistance = measured(result)
    assert resistance["R_P"] > 1e-2
    assert abs(resistance["R_AP"]) < 1e-6 * resistance["R_P"]


def test_spin_hall_signal_changes_sign_with_the_spin_orbit_coupling():
    """Skew scattering is odd under the exchange of η(p1/2) and η(p3/2)."""
    case = with_contacts(with_cells(coarse("spin_hall_bar"), x=24, y=8), upper={"detect_spin": False})
    case = case.replace(physics={"side_jump": False})
    signals = []
    for p1, p3 in ((0.5, 0.3), (0.3, 0.5)):
        channels = {"s1/2": 0.3, "p1/2": p1, "p3/2": p3}
        impurity = {"concentration": 0.02, "channels": channels}
        metal = {"k_F": "13.6 1/nm", "impurity": [impurity]}
        signals.append(run(case.replace(material={"alloy": metal})).measures[0].value)
    assert signals[0] > 0.01
    assert signals[1] < -0.01


def test_equal_voltages_are_equilibrium():
    """No current, no spin, whatever the contacts are."""
    same = {name: {"voltage": 1e-3, "detect_spin": False} for name in ("left", "right", "upper", "lower")}
    result = run(with_contacts(coarse("spin_hall_bar"), measure=[], **same))
    driven = np.abs(result.terminals.conductance).max() * 1e-3
    assert np.abs(result.terminals.current).max() < 1e-8 * driven
    assert np.abs(result.terminals.spin_current).max() < 1e-8 * driven
    assert np.abs(result.fields["spin_potential"]).max() < 1e-8 * 1e-3
    assert result.fields["charge_potential"] == pytest.approx(1e-3, rel=1e-8)
