"""Devices at a temperature: energies solved one by one, and averaged before anything floats."""

import pickle
from contextlib import contextmanager

import numpy as np
import pytest
from scipy.constants import Boltzmann

import boltzsim
from boltzsim import Case, CaseError, ConvergenceError
from boltzsim.case.series import expand
from boltzsim.device.bulk import bulk as bulk_constants
from boltzsim.device.energies import case_at, metal_at
from boltzsim.limits.laboratory import laboratory
from boltzsim.material.inelastic import t_matrix
from boltzsim.runs import energies as engine
from boltzsim.runs.reuse import Reuse

T_K = 10.0
ANGLES = {"quadrature": "double-gauss", "polar": 4, "azimuthal": 6}


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


def constants(case, key):
    """A constant of the metal by itself, without grid and ordinates."""
    return bulk_constants(case, "alloy")[key]


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
        "angles": {"polar": 4, "azimuthal": 8},
    }
    if temperature is not None:
        tables["temperature"] = {"T": temperature, **others}
    return Case(**tables)


def test_impurities_alone_conduct_as_the_mean_over_energies():
    """ρ(0)/ρ = 1 + (π²/3)(T/T_K)² for a half-filled doublet in the s channel, of a run and of the metal by itself."""
    assert conductivity(bulk(T_K)) / conductivity(bulk()) == pytest.approx(1 + np.pi**2 / 3, rel=2e-5)
    for ratio in (0.1, 1.0, 5.0):
        found = constants(bulk(ratio * T_K), "conductivity") / constants(bulk(), "conductivity")
        assert found == pytest.approx(1 + np.pi**2 / 3 * ratio**2, rel=2e-6)


def test_dilute_impurities_in_a_host_that_dominates():
    """ρ_imp/ρ_imp(0) at 0.3, 3 and 10 times the temperature of its half, by quadrature: 0.838, 0.223, 0.075."""
    tau_p = 1e-17  # the impurities add one part in a thousand
    plain = {"material": {"alloy": {"k_F": 1.36e10, "background": {"tau_p": tau_p}}}}
    host = constants(bulk(tau_p=tau_p).replace(**plain), "resistivity")
    at_rest = constants(bulk(tau_p=tau_p), "resistivity") - host
    half = 0.988876 * T_K
    warm = [constants(bulk(x * half, tau_p, tolerance=1e-6), "resistivity") for x in (0.3, 3, 10)]
    assert [(one - host) / at_rest for one in warm] == pytest.approx([0.838, 0.223, 0.075], abs=2e-3)


def test_metals_in_the_cold_obey_sommerfeld():
    """Every mean moves by (π²/6)(k_B T)² d²/dε², within 1 % at T_K/100: conductivities, lengths, lifetime."""
    case, step, T = bulk(T_K / 100, 1e-14, "p1/2", tolerance=1e-8), 0.02 * Boltzmann * T_K, T_K / 100
    at = {e: laboratory(metal_at(case.metal, e * step, T)) for e in (-1, 0, 1)}
    found = bulk_constants(case, "alloy")
    for key in ("conductivity", "spin_hall_conductivity", "mean_free_path", "spin_diffusion_length_T", "spin_lifetime"):
        second = (at[1][key] - 2 * at[0][key] + at[-1][key]) / step**2
        moved = found[key] - at[0][key]
        assert moved == pytest.approx(np.pi**2 / 6 * (Boltzmann * T) ** 2 * second, rel=1e-2), key


def test_thermalised_carriers_feel_the_mean_of_the_collisions():
    """Mean rates instead of mean conductivities: ρ(T)/ρ(0) is the mean of sin²η, here of 1/(1 + (ε/k_B T_K)²)."""
    x = np.linspace(-40, 40, 400_001)
    weight = 1 / np.cosh(x / 2) ** 2
    expected = (weight / (1 + x**2)).sum() / weight.sum()
    warm = bulk(T_K, carriers="thermalised")
    assert conductivity(bulk()) / conductivity(warm) == pytest.approx(expected, rel=1e-6)
    assert constants(bulk(), "conductivity") / constants(warm, "conductivity") == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("carriers", ["thermalised", "elastic"])
def test_inelastic_events_scatter_by_the_whole_loss(carriers):
    """In the s channel all scattering relaxes momentum: -Im t is averaged, or its inverse where energies are apart."""
    x = np.linspace(-30, 30, 20_001)
    weight = 1 / np.cosh(x / 2) ** 2
    loss = -t_matrix(2 * x, 2.0).imag
    expected = (
        np.average(loss, weights=weight) if carriers == "thermalised" else 1 / np.average(1 / loss, weights=weight)
    )
    warm = bulk(2 * T_K, inelastic=True, carriers=carriers, tolerance=1e-3)
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
    case = slab(2 * T_K)
    found = boltzsim.run(case)
    s = np.linspace(-3.9, 3.9, 14)
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
    assert again.solver.energy_error == found.solver.energy_error < 1e-3
    assert again.case == case


def test_tasks_of_other_processes_come_back_in_order(monkeypatch):
    """What a process is asked is plain data; its answers arrive in any order and are those of solving in turn."""

    @contextmanager
    def backwards(solve, jobs, stop, died):
        yield lambda tasks: [one for task in reversed(tasks) for one in solve(pickle.loads(pickle.dumps(task)))]

    monkeypatch.setattr(engine, "in_processes", backwards)
    case, energies = slab(T_K), [Boltzmann * T_K * x for x in (-1, 0.2, 3)]
    with engine.shells(case, jobs=2, threads=1) as at:
        found = list(at(energies))
    with engine.shells(case) as at:
        expected = list(at(energies))
    size = np.abs(expected[0].response.flux).max()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.response.flux, other.response.flux, rtol=0, atol=1e-7 * size)
        assert one.conservation.charge < 1e-8 and all(solution.phi is None for solution in one.solutions)
    assert np.abs(expected[0].response.flux - expected[2].response.flux).max() > 1e-3 * size


def test_energies_share_cells_and_directions():
    case, reuse = slab(T_K), Reuse()
    first, second = (reuse.operator(case_at(case, x * Boltzmann * T_K), None).transport for x in (0, 1))
    assert second is not first and second.grid is first.grid
    assert second.octants.ordinates is first.octants.ordinates
    finer = reuse.operator(case_at(case.with_(**{"grid.x.cells": 6}), 0.0), None).transport
    assert len(finer.grid.place) == 2 * len(first.grid.place)


@pytest.mark.slow
@pytest.mark.parametrize("where", [{"jobs": 2}, {"jobs": 2, "dask": "local"}])
def test_processes_and_dask_give_the_same_result(where):
    case = slab(2 * T_K)
    found, expected = boltzsim.run(case, threads=1, **where), boltzsim.run(case)
    assert found.solver.energies == expected.solver.energies
    assert found.terminals.voltage == pytest.approx(expected.terminals.voltage, rel=1e-7)
    for name, values in expected.fields.items():
        assert found.fields[name] == pytest.approx(values, abs=1e-6 * np.abs(values).max())


def test_a_lost_energy_names_the_remedy(monkeypatch):
    @contextmanager
    def dead(solve, jobs, stop, died):
        yield lambda tasks: [one for task in tasks for one in died(task)]

    monkeypatch.setattr(engine, "in_processes", dead)
    with pytest.raises(ConvergenceError, match="died, perhaps for want of memory; use fewer --jobs"):
        boltzsim.run(slab(T_K), jobs=2)


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
