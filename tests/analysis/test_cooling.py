"""Series over the temperature: signals beside the metals, where they are largest, tables and figures."""

from functools import cache

import numpy as np
import pytest
from scipy.constants import Boltzmann

from boltzsim import Case
from boltzsim.analysis.cooling import METALS, Cooling, cooling
from boltzsim.analysis.series import analyses
from boltzsim.case.series import expand
from boltzsim.device.bulk import bulk
from boltzsim.device.energies import metal_at
from boltzsim.limits.laboratory import laboratory
from boltzsim.plotting.series import series_figure
from boltzsim.plotting.temperature import panels_of
from boltzsim.reports import series as report
from boltzsim.store.series import SeriesMeasure, SeriesResult

T = [100.0, 10.0, 1.0, 30.0]  # not in order
IMPURITY = {"concentration": 0.01, "channels": {"s1/2": 0.2}, "kondo": {"channel": "p1/2", "T_K": 10.0}}


def case(**more):
    end = {"transmission": 0.3, "polarization": 0.4, "direction": [1, 0, 0]}
    contacts = [{"name": "near", "face": "z_min", "current": 1e-6, "detect_spin": True, **end},
                {"name": "far", "face": "z_max", "voltage": 0.0, **end}]  # fmt: skip
    return Case(
        material={"alloy": {"k_F": 1.36e10, "impurity": [IMPURITY], "background": {"tau_p": 2e-14}}},
        grid={"z": {"length": 2e-8, "cells": 4}},
        contact=contacts,
        temperature={"T": 1.0, "tolerance": 1e-2},
        measure=[{"kind": "nonlocal", "injector": "near", "detector": "near", "reference": "far"}],
        **{"series": {"cooling": {"temperature.T": T}}, **more},
    )


def series(case, signals):
    axes, _ = expand(case)
    shape = tuple(len(axis) for axis in axes)
    extra = {name: np.reshape(values, shape) for name, values in signals.items()}
    value = extra.get("R_P", extra.get("R"))
    measure = SeriesMeasure("nonlocal", case.measure[0].model_dump(), "Ohm", value, extra if "R_P" in extra else {})
    names = tuple(contact.name for contact in case.contact)
    return SeriesResult(case, axes, names, {}, (measure,), {}, {})


def signals(T):
    """ΔR with a maximum at 20 K: a parabola over ln T."""
    delta = 1e-6 * (2 - 0.1 * np.log(np.array(T) / 20) ** 2)
    return {"R_P": 1e-3 + delta / 2, "R_AP": 1e-3 - delta / 2, "delta_R": delta}


@cache
def curves():
    return analyses(series(case(), signals(T)))


def test_signals_stand_beside_the_metal_in_the_order_of_temperature():
    (one,) = curves()
    assert one.T.tolist() == [1, 10, 30, 100] and list(one.signals) == ["R_P", "R_AP", "delta_R"]
    assert one.peaks["delta_R"] == pytest.approx(20, rel=1e-9)
    alone = bulk(case().with_(**{"temperature.T": 30.0}), "alloy")
    assert one.metals["alloy"]["resistivity"][2] == alone["resistivity"]
    assert one.metals["alloy"]["length_T"][2] == alone["spin_diffusion_length_T"]
    assert one.metals["alloy"]["spin_hall_angle"][2] == alone["spin_hall_angle"]
    assert (np.diff(one.metals["alloy"]["resistivity"]) < 0).all()  # the resonance is lost on warming


def test_constants_of_elastic_carriers_are_means_over_energies():
    """Against a sum over many energies with the weight -∂f/∂ε; angles are ratios of mean conductivities."""
    warm = case().with_(**{"temperature.T": 10.0, "temperature.tolerance": 1e-5})
    x = np.linspace(-14, 14, 57)
    weight = 1 / np.cosh(x / 2) ** 2
    each = [laboratory(metal_at(warm.metal, Boltzmann * 10 * one, 10.0)) for one in x]
    mean = {key: weight @ [one[key] for one in each] / weight.sum() for key in each[0]}
    found = bulk(warm, "alloy")
    for key in ("conductivity", "spin_hall_conductivity", "spin_diffusion_length_L", "mean_free_path", "spin_lifetime"):
        assert found[key] == pytest.approx(mean[key], rel=1e-5), key
    assert found["resistivity"] == pytest.approx(1 / mean["conductivity"], rel=1e-5)
    angle = mean["spin_hall_conductivity"] / mean["conductivity"]
    assert found["spin_hall_angle"] == pytest.approx(angle, rel=1e-5)
    assert abs(mean["spin_hall_angle"] / angle - 1) > 1e-3  # the mean of the angles is something else


def test_largest_at_an_end_is_no_maximum():
    rising = Cooling(leads="", place="", T=np.array([1.0, 2, 3]), metals={}, signals={"R": np.array([1.0, 2, 3])})
    assert np.isnan(rising.peaks["R"])
    from_zero = Cooling(leads="", place="", T=np.array([0.0, 1, 2]), metals={}, signals={"R": -np.array([1.0, 2, 1.0])})
    assert from_zero.peaks["R"] == pytest.approx(1.0)


def test_constants_in_the_cold_have_the_square_of_sommerfeld():
    """c of every constant from its curvature over energy, (π²/6) T_K² X''/X; means in series of their own tolerance."""
    cold = case(series={"cooling": {"temperature.T": {"from": 0.1, "to": 0.4, "count": 4}}})
    cold = cold.with_(**{"temperature.tolerance": 1e-5})
    axes, cases = expand(cold)
    found = cooling(axes[0], cases, {}).squares["alloy"]
    step = 0.02 * Boltzmann * 10
    low, mid, high = (laboratory(metal_at(cold.metal, k * step, 0.0)) for k in (-1, 0, 1))
    for key, own in METALS.items():
        if key in ("resistivity", "spin_hall_angle"):  # of means, not means themselves
            continue
        curvature = (low[key] + high[key] - 2 * mid[key]) / mid[key] / step**2
        assert found[own] == pytest.approx(np.pi**2 / 6 * (Boltzmann * 10) ** 2 * curvature, rel=0.01), own


def test_tables_and_json_tell_the_maximum():
    found = curves()
    tables = list(report.tables(found))
    titles = [str(table.title) for table in tables]
    assert titles == [
        "Signals against temperature",
        "Largest signals between the ends of the temperatures",
        "alloy against temperature",
    ]
    (one,) = report.data(found)
    assert one["kind"] == "temperature" and one["peaks"]["delta_R"] == pytest.approx(20)
    assert one["metals"]["alloy"].keys() == {
        "resistivity", "length_L", "length_T", "spin_hall_angle", "spin_hall_conductivity", "anisotropy",
    }  # fmt: skip


def test_a_figure_has_a_panel_for_every_quantity():
    found = curves()
    assert [keys[0] for keys, *_ in panels_of(found)] == [
        "R_P", "delta_R", "resistivity", "length_L", "spin_hall_angle",
    ]  # fmt: skip
    page = series_figure(found)
    assert [axes.get_xscale() for axes in page.axes] == ["log"] * 5
    signal = page.axes[1].lines[0]
    assert signal.get_xdata().tolist() == [1, 10, 30, 100]
    assert signal.get_ydata() == pytest.approx(1e6 * found[0].signals["delta_R"])
    parallel, antiparallel = page.axes[0].lines
    assert (parallel.get_color(), parallel.get_linestyle()) == (antiparallel.get_color(), "-")
    assert antiparallel.get_linestyle() == "--" and antiparallel.get_markerfacecolor() == "none"


@pytest.mark.parametrize(("size", "power"), [(0.02, ""), (2e-6, " ($10^{-6}$)")])
def test_small_numbers_have_their_power_of_ten_in_the_label(size, power):
    one = Cooling(leads="", place="", T=np.array([1.0, 2, 3]), signals={},
                  metals={"alloy": {"spin_hall_angle": size * np.array([1.0, 2, -1])}})  # fmt: skip
    (panel,) = series_figure([one]).axes
    assert panel.get_ylabel() == r"$\theta_\mathrm{sH}$" + power
    assert panel.lines[0].get_ydata().max() == pytest.approx(2 * size if size > 0.01 else 4.0)


def test_other_axes_make_curves_of_their_own_and_share_panels():
    two = {"cooling": {"temperature.T": [1.0, 10.0]}, "host": {"material.alloy.background.tau_p": [1e-14, 4e-14]}}
    found = analyses(series(case(series=two), {name: np.repeat(v, 2) for name, v in signals([1.0, 10.0]).items()}))
    coolings = [one for one in found if one.kind == "temperature"]
    assert [one.label for one in coolings] == ["host 10 fs", "host 40 fs"]
    assert len(coolings) == len(found)  # the formula of channels does not apply to a slab: no ratios to it
    page = series_figure(found)
    assert [len(axes.lines) for axes in page.axes] == [4, 2, 2, 4, 2]
    assert [text.get_text() for text in page.axes[2].get_legend().get_texts()] == ["host 10 fs", "host 40 fs"]
