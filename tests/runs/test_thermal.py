"""Devices at a temperature: energies solved one by one, and averaged before anything floats."""

import numpy as np
import pytest
from scipy.constants import Boltzmann

import boltzsim
from boltzsim import Case, CaseError, ConvergenceError
from boltzsim.case.series import expand
from boltzsim.device.energies import case_at
from boltzsim.material.inelastic import t_matrix

T_K = 10.0
ANGLES = {"quadrature": "double-gauss", "polar": 8, "azimuthal": 8}


def bulk(temperature=None, tau_p=np.inf, channel="s1/2", inelastic=False, **others):
    """A periodic metal in a field, whose current is its conductivity."""
    impurity = {"concentration": 0.01, "kondo": {"channel": channel, "T_K": T_K, "inelastic": inelastic}}
    tables = {
        "material": {"alloy": {"k_F": 1.36e10, "impurity": [impurity], "background": {"tau_p": tau_p}}},
        "grid": {"z": {"length": 1e-8, "cells": 2}},
        "walls": {"periodic": ["z"]},
        "drive": {"electric_field": [0.0, 0.0, 1.0]},
        "angles": ANGLES,
    }
    if temperature is not None:
        tables["temperature"] = {"T": temperature, "tolerance": 1e-5, **others}
    return Case(**tables)


def conductivity(case):
    return boltzsim.run(case).fields["charge_current"][0, 0, 0, 2]


def slab(temperature=None, kondo=None, **others):
    """Three contacts on a film: one is driven, one is held at a voltage, one floats; spin is injected and turned."""
    moment = {"channel": "p1/2", "T_K": T_K, **(kondo or {})}
    impurity = {"concentration": 0.02, "channels": {"s1/2": 0.3}, "kondo": moment}
    ends = {"transmission": 0.5, "polarization": 0.4, "direction": [1, 0, 0]}
    tables = {
        "material": {"alloy": {"k_F": 1.36e10, "impurity": [impurity], "background": {"tau_p": 2e-14}}},
        "grid": {"x": {"length": 3e-8, "cells": 3}, "z": {"length": 2e-8, "cells": 2}},
        "contact": [
            {"name": "source", "face": "z_max", "span": {"x": [0, 1e-8]}, "current": 1e-6, **ends},
            {"name": "drain", "face": "x_min", "voltage": 0.0},
            {"name": "probe", "face": "x_max", "floating": True, "detect_spin": True, **ends},
        ],
        "measure": [{"kind": "nonlocal", "injector": "source", "detector": "probe", "reference": "drain"}],
        "angles": {"polar": 8, "azimuthal": 16},
    }
    if temperature is not None:
        tables["temperature"] = {"T": temperature, **others}
    return Case(**tables)


@pytest.mark.parametrize("ratio", [0.1, 1.0, 5.0])
def test_impurities_alone_conduct_as_the_mean_over_energies(ratio):
    """ρ(0)/ρ = 1 + (π²/3)(T/T_K)² for a half-filled doublet in the s channel."""
    found = conductivity(bulk(ratio * T_K)) / conductivity(bulk())
    assert found == pytest.approx(1 + np.pi**2 / 3 * ratio**2, rel=2e-5)


def test_dilute_impurities_in_a_host_that_dominates():
    """ρ_imp/ρ_imp(0) at 0.3, 3 and 10 times the temperature of its half, by quadrature: 0.838, 0.223, 0.075."""
    tau_p = 1e-17  # the impurities add one part in a thousand
    plain = {"material": {"alloy": {"k_F": 1.36e10, "background": {"tau_p": tau_p}}}}
    host = 1 / conductivity(bulk(tau_p=tau_p).replace(**plain))
    at_rest = 1 / conductivity(bulk(tau_p=tau_p)) - host
    half = 0.988876 * T_K
    ratios = [(1 / conductivity(bulk(x * half, tau_p, tolerance=1e-8)) - host) / at_rest for x in (0.3, 3, 10)]
    assert ratios == pytest.approx([0.838, 0.223, 0.075], abs=2e-3)


def test_thermalised_carriers_feel_the_mean_of_the_collisions():
    """Mean rates instead of mean conductivities: ρ(T)/ρ(0) is the mean of sin²η, here of 1/(1 + (ε/k_B T_K)²)."""
    x = np.linspace(-40, 40, 400_001)
    weight = 1 / np.cosh(x / 2) ** 2
    expected = (weight / (1 + x**2)).sum() / weight.sum()
    found = conductivity(bulk()) / conductivity(bulk(T_K, carriers="thermalised"))
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("carriers", ["thermalised", "elastic"])
def test_inelastic_events_scatter_by_the_whole_loss(carriers):
    """In the s channel all scattering relaxes momentum: -Im t is averaged, or its inverse where energies are apart."""
    x = np.linspace(-30, 30, 20_001)
    weight = 1 / np.cosh(x / 2) ** 2
    loss = -t_matrix(2 * x, 2.0).imag
    expected = (
        np.average(loss, weights=weight) if carriers == "thermalised" else 1 / np.average(1 / loss, weights=weight)
    )
    warm = bulk(2 * T_K, inelastic=True, carriers=carriers)
    assert conductivity(bulk(inelastic=True)) / conductivity(warm) == pytest.approx(expected, rel=1e-4)


def test_inelastic_events_of_free_moments_flip_spins():
    """Turning the magnetisation of the detector changes its voltage less; charge is conserved."""

    def signal(spin_kept):
        case = slab(2 * T_K, {"inelastic": True, "spin_kept": spin_kept}, carriers="thermalised")
        result = boltzsim.run(case)
        assert result.solver.charge_balance < 1e-8
        return abs(result.terminals.voltage_reversed["probe"] - result.terminals.voltage)[2]

    flipped, kept = signal(-1 / 3), signal(1.0)
    assert 0 < flipped < 0.97 * kept


def test_towards_zero_temperature_nothing_changes():
    cold, zero, plain = (boltzsim.run(slab(T)) for T in (1e-4, 0.0, None))
    assert zero.terminals.voltage == pytest.approx(plain.terminals.voltage, rel=1e-12, abs=0)
    assert cold.terminals.voltage == pytest.approx(plain.terminals.voltage, rel=1e-6)
    assert cold.solver.energies == 7
    assert zero.solver.energies == plain.solver.energies == 1


def test_device_agrees_with_energies_solved_one_by_one(tmp_path):
    """Conductances of single energies, averaged by another rule, give the voltages of what floats; then the fields."""
    case = slab(2 * T_K, tolerance=1e-4)
    found = boltzsim.run(case)
    s = np.linspace(-3.9, 3.9, 16)
    energies = Boltzmann * T_K * np.sinh(s)
    weights = np.cosh(s) / np.cosh(energies / (4 * Boltzmann * T_K)) ** 2
    weights /= weights.sum()
    tables = case.resolved()
    tables.pop("measure")
    for contact, voltage in zip(tables["contact"], found.terminals.voltage, strict=True):
        contact.pop("current", None)
        contact |= {"floating": False, "voltage": float(voltage), "detect_spin": False}
    driven = Case(**tables)
    each = [boltzsim.run(case_at(driven, energy)) for energy in energies]
    G = np.tensordot(weights, [one.terminals.conductance for one in each], 1)
    assert found.terminals.conductance == pytest.approx(G, rel=1e-4, abs=1e-4 * G.max())
    source, probe = np.linalg.solve(G[np.ix_([0, 2], [0, 2])], [1e-6, 0.0])
    assert found.terminals.voltage == pytest.approx([source, 0.0, probe], rel=1e-4)
    alone = [np.linalg.solve(one.terminals.conductance[np.ix_([0, 2], [0, 2])], [1e-6, 0.0])[1] for one in each]
    assert abs(weights @ alone / probe - 1) > 1e-3  # averaging voltages is something else
    for name in ("charge_potential", "spin_potential", "charge_current", "spin_current"):
        mean = np.tensordot(weights, [one.fields[name] for one in each], 1)
        assert found.fields[name] == pytest.approx(mean, abs=2e-4 * np.abs(mean).max())
    held = boltzsim.run(driven)
    assert held.terminals.current == pytest.approx(found.terminals.current, rel=1e-4, abs=1e-10)
    assert found.solver.charge_balance < 1e-8
    assert abs(found.terminals.current.sum()) < 1e-13
    found.save(tmp_path / "warm.h5")
    again = boltzsim.open(tmp_path / "warm.h5")
    assert again.solver.energies == found.solver.energies > 7
    assert again.solver.energy_error == found.solver.energy_error < 1e-4
    assert again.case == case


def test_a_series_may_vary_the_temperature():
    case = bulk(1.0).replace(series={"cooling": {"temperature.T": ["1 K", "10 K"]}})
    axes, cases = expand(case)
    assert axes[0].unit == "K"
    assert [point.temperature.T for point in cases] == [1.0, 10.0]


def test_too_few_energies_are_an_error():
    with pytest.raises(ConvergenceError, match=r"raise temperature\.max_energies or temperature\.tolerance"):
        boltzsim.run(bulk(T_K, max_energies=8))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"temperature": {"T": "-1 K"}}, r"temperature\.T = '-1 K' must be at least 0"),
        ({"temperature": {"T": "inf"}}, "must be"),
        ({"temperature": {"T": "1 K", "carriers": "warm"}}, "choose one of elastic, thermalised"),
        ({"temperature": {"T": "1 K"}, "time": {"end": "1 ps", "step": "1 fs"}}, "temperature and time do not go"),
    ],
)
def test_mistakes_get_one_message(table, message):
    with pytest.raises(CaseError, match=message) as caught:
        bulk().replace(**table)
    assert len(caught.value.problems) == 1
