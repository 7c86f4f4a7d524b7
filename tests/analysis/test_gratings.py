"""Series of gratings: constants from decay rates against wave number, beside the exact modes, tables and figure."""

import math

import numpy as np
import pytest
from transient_cases import TABLES
from valve import changed

from boltzsim.analysis.gratings import fit_dispersion
from boltzsim.analysis.series import analyses
from boltzsim.case.case import Case
from boltzsim.case.series import expand
from boltzsim.device.metal import materials_of
from boltzsim.errors import CaseError
from boltzsim.limits.modes import relaxation_rate, slow_mode
from boltzsim.material.alloy import fermi_velocity
from boltzsim.plotting.series import series_figure
from boltzsim.reports import series as series_report
from boltzsim.store import series as series_store
from boltzsim.store.series import SeriesMeasure, SeriesResult

STRONG = {"s1/2": 0.4, "p1/2": 1.1, "p3/2": -0.3}
KONDO = {"s1/2": 0.1, "p1/2": math.pi / 2, "p3/2": 0.05}
DECAYS = [{"kind": "decay", "signal": "grating", "component": component} for component in ("z", "x", "charge")]
WAVES = {"q": {"initial": {"periods": [1, 2, 3, 4, 6, 16]}}}


def solved(changes=None, error=1e-6):
    """A series whose decay measures are the exact rates, nan where a component is not excited or has no mode."""
    base = {"grid.z": {"length": "1 um", "cells": 64}, "initial.spin": ["1 mV", 0, "1 mV"], "measure": DECAYS[:2],
            "material.alloy.impurity.0.channels": STRONG, "series": WAVES}  # fmt: skip
    case = Case(**changed(base | (changes or {}), TABLES))
    axes, points = expand(case)
    values = np.array([[_rate(point, number) for number in range(len(case.measure))] for point in points])
    values = values.T.reshape(-1, *map(len, axes))
    entries = case.resolved()["measure"]
    measures = [
        SeriesMeasure(
            "decay", entry, "1/s", value, {"rate_error": error * value, "rate_fast": value, "weight_slow": 0 * value}
        )
        for entry, value in zip(entries, values, strict=True)
    ]
    shape = values.shape[1:]
    terminals = {"current": np.zeros((*shape, 0)), "voltage": np.zeros((*shape, 0)),
                 "spin_current": np.zeros((*shape, 0, 3)), "conductance": np.zeros((*shape, 0, 0))}  # fmt: skip
    solver = {name: np.zeros(shape) for name in series_store.SOLVER}
    return SeriesResult(case, axes, (), terminals, tuple(measures), solver, {"created": ""})


def _rate(case, number):
    component, wave = case.measure[number].component, case.observed[0]
    excited = case.initial.charge if component == "charge" else case.initial.spin["xyz".index(component)]
    q = 2 * math.pi * wave.periods / case.grid.length(wave.axis)
    name = {"charge": "charge", wave.axis: "L"}.get(component, "T")
    rate = relaxation_rate(materials_of(case)[0], q, name) if excited else None
    return math.nan if rate is None else rate * fermi_velocity(case.material["alloy"])


@pytest.mark.parametrize("channels", [STRONG, KONDO])
def test_relaxation_time_and_both_diffusion_constants_are_the_exact_ones(channels):
    series = solved({"material.alloy.impurity.0.channels": channels})
    found, v_F = analyses(series), fermi_velocity(series.case.material["alloy"])
    assert [one.label for one in found] == ["L", "T"]
    exact = slow_mode(materials_of(series.case)[0])
    for one, D in zip(found, (exact.D_L, exact.D_T), strict=True):
        assert one.fitted.sum() >= 3 and not one.fitted[-1]
        assert one.value["D"] == pytest.approx(v_F * D, rel=1e-3)
        assert one.value["rate"] == pytest.approx(v_F * exact.rate, rel=1e-4)
        assert one.bulk == {"rate": pytest.approx(v_F * exact.rate), "D": pytest.approx(v_F * D)}
        assert one.q * one.mean_free_path == pytest.approx(one.q / materials_of(series.case)[0].loss)
        np.testing.assert_allclose(one.exact, one.rate, rtol=1e-12)
    assert abs(found[0].closure["D"] / found[0].bulk["D"] - 1) > 1e-3  # P1 is told apart


def test_charge_gratings_give_the_conductivity_and_no_relaxation():
    changes = {"initial.charge": "1 mV", "initial.spin": [0, 0, 0], "measure": DECAYS[2:]}
    (one,) = analyses(solved(changes))
    assert one.polarization == "charge" and one.bulk["rate"] == 0
    assert one.value["D"] == pytest.approx(one.bulk["D"], rel=1e-4)
    assert abs(one.value["rate"]) < 1e-4 * one.rate[0]


def test_waves_may_vary_by_the_length_and_the_spin_by_an_axis_of_its_own():
    """A component that is not excited measures nan and is left out; spin along x is T for waves along z."""
    waves = {
        "q": {"grid": {"z": {"length": ["1 um", "500 nm", "400 nm", "300 nm"]}}},
        "spin": {"initial": {"spin": [[0, 0, 1e-3], [1e-3, 0, 0]]}, "measure": {"0": {"component": ["z", "x"]}}},
    }
    found = analyses(solved({"series": waves, "measure": DECAYS[:1]}))
    assert [one.label for one in found] == ["L", "T"]
    for one in found:
        np.testing.assert_allclose(2 * np.pi / one.q, [500e-9, 250e-9, 200e-9, 150e-9], rtol=1e-12)
        np.testing.assert_allclose(one.rate, one.exact, rtol=1e-12)


def test_axes_that_change_the_metal_make_curves_of_their_own():
    content = {"content": {"material": {"alloy": {"impurity": {"0": {"concentration": [0.01, 0.02]}}}}}}
    found = analyses(solved({"series": WAVES | content}))
    assert [one.label for one in found] == [
        "L, content 0.01", "T, content 0.01", "L, content 0.02", "T, content 0.02"]  # fmt: skip
    assert found[2].mean_free_path == pytest.approx(found[0].mean_free_path / 2)
    assert all(np.allclose(one.rate, one.exact, rtol=1e-12, equal_nan=True) for one in found)


def test_rates_are_weighted_by_their_uncertainties():
    """The scatter of many fits is what each says, and errors of the input count even on as many points as terms."""
    q, rng = np.linspace(1, 3, 9), np.random.default_rng(3)
    exact, error = 2 + 0.5 * q**2 + 0.01 * q**4, np.geomspace(1e-3, 1e-5, 9)
    fits = [fit_dispersion(q, exact + error * rng.standard_normal(9), error) for _ in range(300)]
    for name, true in (("rate", 2), ("D", 0.5), ("c", 0.01)):
        scatter = np.std([value[name] for value, _ in fits])
        said = np.median([uncertainty[name] for _, uncertainty in fits])
        assert 0.7 < said / scatter < 1.6
        assert np.mean([value[name] for value, _ in fits]) == pytest.approx(true, abs=4 * scatter / math.sqrt(300))
    value, uncertainty = fit_dispersion(np.array([1.0, 2.0]), np.array([3.0, 6.0]), np.array([2e-3, 1e-3]))
    assert value == pytest.approx({"rate": 2.0, "D": 1.0})
    assert uncertainty == pytest.approx({"rate": math.hypot(4 * 2e-3, 1e-3) / 3, "D": math.hypot(2e-3, 1e-3) / 3})


def test_too_few_gratings_say_so_and_mixtures_have_no_exact_rate():
    (one, _) = analyses(solved({"series": {"q": {"initial": {"periods": [1, 20]}}}}))
    assert not one.value and "needs 2 gratings" in one.note
    host = {"k_F": "13.6 1/nm", "background": {"tau_p": "10 fs"}}
    mixed = {"material.host": host, "region": [{"material": "host", "box": {"z": ["0 nm", "500 nm"]}}]}
    (one, _) = analyses(solved(mixed))
    assert "not filled by one metal" in one.note and np.isnan(one.exact).all() and np.isnan(one.bulk["D"])
    (one, _) = analyses(solved({"field": {"B": [0, "1 T", 0]}}))
    assert "precess" in one.note and np.isnan(one.exact).all() and one.value


def test_a_series_that_decays_nowhere_is_refused():
    with pytest.raises(CaseError, match="measures nothing to report"):
        analyses(solved({"initial.spin": [0, "1 mV", 0]}))


def test_tables_and_data_show_constants_and_rates(capsys):
    from boltzsim.reports import tables as report
    from boltzsim.text import quantities

    found = analyses(solved())
    report.show(*series_report.tables(found))
    text = capsys.readouterr().out
    assert all(word in text for word in ("τ_s", "D_L", "D_T", "exact mode", "P1", "Decay of gratings, L", "62.5 nm"))
    data = quantities.plain(series_report.data(found))
    assert data[0]["kind"] == "dispersion" and data[1]["value"]["D"] == found[1].value["D"]


def test_series_of_gratings_survive_storing(tmp_path):
    series = solved()
    series.save(tmp_path / "gratings.h5")
    again = series_store.open(tmp_path / "gratings.h5")
    assert [one.value for one in analyses(again)] == [one.value for one in analyses(series)]


def test_the_figure_shows_rates_and_exact_curves():
    found = analyses(solved())
    page = series_figure(found)
    (axes,) = page.axes
    assert axes.get_xlabel() == "$q^2$ (1/nm²)" and axes.get_ylabel() == "decay rate (1/ps)"
    points, exact, diffusive = axes.lines[:3]
    np.testing.assert_allclose(points.get_xdata(), 1e-18 * found[0].q ** 2, rtol=1e-12)
    np.testing.assert_allclose(points.get_ydata(), 1e-12 * found[0].rate, rtol=1e-12)
    np.testing.assert_allclose(exact.get_ydata()[[0, -1]], points.get_ydata()[[0, -1]], rtol=1e-9)
    assert diffusive.get_linestyle() == "--"
