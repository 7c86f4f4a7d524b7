"""Every run is balanced apart from its solver: what is lost is an error, noise and a common voltage are none."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from typer.testing import CliRunner

import boltzsim
from boltzsim.cli import app
from boltzsim.device.build import transport_of
from boltzsim.errors import ConvergenceError
from boltzsim.runs import steady
from boltzsim.runs.conservation import Conservation
from boltzsim.transport.steady import Transport

ALLOY = {"k_F": 1.36e10, "impurity": [{"concentration": 0.02, "channels": {"s1/2": 1.2, "p1/2": 0.2}}]}
PLAIN = {"k_F": 1.36e10, "impurity": [{"concentration": 0.02, "channels": {"s1/2": 1.2}}]}
ANGLES = {"polar": 4, "azimuthal": 6}
MAGNET = {"transmission": 0.01, "polarization": 0.4, "direction": [1, 0, 0]}
VALVE = {
    "material": {"a": ALLOY},
    "grid": {"x": {"length": 1e-7, "cells": 20}, "y": {"length": 1e-7}, "z": {"length": 2e-8, "cells": 4}},
    "contact": [
        {"name": "injector", "face": "z_max", "span": {"x": [25e-9, 35e-9]}, "current": 1e-6, **MAGNET},
        {"name": "detector", "face": "z_max", "span": {"x": [60e-9, 70e-9]}, "floating": True, "detect_spin": True,
         **MAGNET},
        {"name": "left", "face": "x_min", "voltage": 0.0},
        {"name": "right", "face": "x_max", "floating": True},
    ],
    "angles": ANGLES,
    "measure": [{"kind": "nonlocal", "injector": "injector", "detector": "detector", "reference": "right"}],
}  # fmt: skip


@cache
def valve(ground=0.0):
    contacts = [{**c, "voltage": ground} if c["name"] == "left" else c for c in VALVE["contact"]]
    return boltzsim.run(boltzsim.Case(**{**VALVE, "contact": contacts}))


def test_a_run_reports_its_balances():
    solver = valve().solver
    assert 0 < solver.charge_balance < 1e-7 and 0 < solver.spin_balance < 1e-7 and 0 < solver.terminal_balance < 1e-7


@pytest.mark.parametrize("ground", [1.0, -100.0])
def test_a_common_voltage_changes_no_resistance(ground):
    """Currents stay to rounding; voltages lose what a number of that size cannot hold."""
    one, other = valve(), valve(ground)
    np.testing.assert_allclose(other.terminals.current, one.terminals.current, rtol=1e-12, atol=1e-18)
    np.testing.assert_allclose(
        other.terminals.voltage - ground, one.terminals.voltage, rtol=0, atol=4e-16 * abs(ground)
    )
    for name in ("delta_R", "R_P", "R_AP"):
        found, expected = (r.measures[0].extra[name] for r in (other, one))
        assert abs(found - expected) < 8e-16 * abs(ground) / 1e-6  # rounding of the voltages over the current
    potential = other.fields["charge_potential"] - ground
    np.testing.assert_allclose(potential, one.fields["charge_potential"], rtol=0, atol=1e-15 * abs(ground))
    scale = np.abs(one.fields["charge_current"]).max()
    np.testing.assert_allclose(other.fields["charge_current"], one.fields["charge_current"], atol=1e-9 * scale, rtol=0)


def lose_charge(solution):
    flux = solution.flux.copy()
    entering = solution.entering.copy()
    entering[0, 0] += 1e-4 * np.abs(flux).max()
    return replace(solution, entering=entering)


def lose_spin(solution):
    phi = solution.phi.copy()
    phi[: len(phi) // 2, :, 0, 1:] *= 1.01
    phi[: len(phi) // 2, :, 0, 1:] += 1e-3 * np.abs(phi[:, :, 0, 0]).max()
    return replace(solution, phi=phi)


def lose_at_a_terminal(solution):
    return replace(solution, flux=solution.flux * (1 + 1e-4 * np.arange(len(solution.flux))[:, None]))


def no_number(solution):
    return replace(solution, phi=np.full_like(solution.phi, np.nan))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lose_charge, "charge is not conserved|do not add up to zero"),
        (lose_spin, "spin is not conserved"),
        (lose_at_a_terminal, "do not add up to zero"),
        (no_number, "is not conserved|do not add up"),
    ],
)
def test_what_a_sweep_loses_is_an_error(monkeypatch, tmp_path, spoil, words):
    """The solver is content with itself; nothing is stored."""
    solve = Transport.solve
    monkeypatch.setattr(Transport, "solve", lambda self, *a, **k: spoil(solve(self, *a, **k)))
    slab = {"z": {"length": 2e-8, "cells": 4}}
    contacts = [{"name": "a", "face": "z_min", "voltage": 1e-3}, {"name": "b", "face": "z_max", "voltage": 0.0}]
    case = boltzsim.Case(material={"a": ALLOY}, grid=slab, contact=contacts, angles=ANGLES)
    with pytest.raises(ConvergenceError, match=words):
        boltzsim.run(case, output=tmp_path / "out.h5")
    assert not (tmp_path / "out.h5").exists()


@pytest.mark.parametrize("broken", ["ordinate", "face"], indirect=True)
def test_a_broken_sweep_ends_the_run(broken, tmp_path):
    """An ordinate dropped or a face doubled changes sweep and residual alike: the iteration is content with both."""
    case = boltzsim.Case(**{
        **VALVE, "grid": {**VALVE["grid"], "x": {"length": 1e-7, "cells": 10}, "z": {"length": 2e-8, "cells": 2}}
    })  # fmt: skip
    (tmp_path / "case.toml").write_text(case.toml())
    with pytest.raises(ConvergenceError, match=r"is not conserved|do not add up"):
        boltzsim.run(case, output=tmp_path / "api.h5")
    done = CliRunner().invoke(app, ["run", str(tmp_path / "case.toml"), "-o", str(tmp_path / "out.h5")])
    assert done.exit_code == 3 and "current is missing" in done.output
    assert not list(tmp_path.glob("*.h5"))


def test_rounding_of_a_single_tunnel_contact_is_no_imbalance():
    """It carries no charge: what is left of two alloys in equilibrium with it is relative to what it sends in."""
    other = {"k_F": 1.36e10, "impurity": [{"concentration": 0.021, "channels": {"s1/2": -1.22, "p1/2": 0.58}}]}
    tunnel = {"name": "a", "face": "z_min", "transmission": 1e-3, "voltage": 0.0, "spin_voltage": [-4e-4, -1e-4, 6e-4]}
    case = boltzsim.Case(
        material={"a": ALLOY, "b": other}, grid={"z": {"length": 1e-7, "cells": 10}}, contact=[tunnel], angles=ANGLES,
        region=[{"material": "b", "box": {"z": [0.0, 5e-8]}}], field={"B": [-3.0, 2.9, 4.2]},
        walls={"specularity": 0.5}, physics={"side_jump": False},
    )  # fmt: skip
    solver = boltzsim.run(case).solver
    assert max(solver.terminal_balance, solver.charge_balance, solver.spin_balance) < 1e-8


@pytest.mark.parametrize("field", [0.0, 1000.0])
@pytest.mark.parametrize("contacts", [1, 2])
@pytest.mark.parametrize("model", ["kinetic", "diffusion"])
def test_noise_is_no_imbalance(field, contacts, model):
    """A single contact carries no current at all; a field along a uniform axis drives one that no contact sees."""
    ends = [
        {"name": "a", "face": "z_min", "voltage": 1e-3, "spin_voltage": [1e-3, 0, 0]},
        {"name": "b", "face": "z_max", "voltage": 0.0},
    ]
    case = boltzsim.Case(
        material={"a": PLAIN}, grid={"z": {"length": 2e-8, "cells": 4}}, contact=ends[:contacts], angles=ANGLES,
        physics={"side_jump": False, "model": model}, drive={"electric_field": [field, 0, 0]},
    )  # fmt: skip
    solver = boltzsim.run(case).solver
    assert solver.terminal_balance < 1e-8
    if model == "kinetic":
        assert max(solver.charge_balance, solver.spin_balance) < 1e-8


def thick(factor):
    """A device of `factor` times half a million mean free paths."""
    material = {
        "k_F": 1.36e10,
        "impurity": [{"concentration": 0.02, "channels": {"s1/2": 0.1, "p1/2": 1.57, "p3/2": 0.05}}],
    }
    contacts = [{"name": "a", "face": "x_min", "voltage": 0.0}, {"name": "b", "face": "x_max", "voltage": 1e-3}]
    return boltzsim.Case(
        material={"a": material}, grid={"x": {"length": 0.00415 * factor, "cells": 24}}, contact=contacts,
        angles={"polar": 4, "azimuthal": 8}, physics={"side_jump": False},
    )  # fmt: skip


@pytest.mark.parametrize("factor", [1, 10, 100])
def test_millions_of_mean_free_paths_conduct_as_the_diffusion_limit(factor):
    """Sums of the currents are as good as the difference of the fluxes through a contact allows."""
    case = thick(factor)
    found = boltzsim.run(case)
    limit = boltzsim.run(case.replace(physics={"side_jump": False, "model": "diffusion"}))
    np.testing.assert_allclose(found.terminals.current, limit.terminals.current, rtol=2e-6)
    current = found.terminals.current
    assert abs(current.sum()) < 1e-9 * factor * current[1] and found.solver.terminal_balance < 1e-7


def test_accuracy_that_is_not_there_is_said(monkeypatch):
    """Without the currents' help the sweep's own residual leaves a wrong current: refused, not reported."""
    monkeypatch.setattr("boltzsim.transport.conserving._ROUNDING", 0.0)
    with pytest.raises(ConvergenceError, match=r"many thousand mean free paths take physics\.model = 'diffusion'"):
        boltzsim.run(thick(1))


def test_numbers_that_are_not_finite_end_the_run():
    """Voltages near the largest double used to be iterated on for ever."""
    contacts = [
        {"name": "a", "face": "z_min", "current": 1e-6},
        {"name": "b", "face": "z_max", "voltage": 1e297, "spin_voltage": [1e-3, 0, 0]},
    ]
    case = boltzsim.Case(
        material={"a": PLAIN}, grid={"z": {"length": 4e-8, "cells": 8}}, contact=contacts, angles=ANGLES,
        time={"end": 12e-15, "first_step": 1e-15},
    )  # fmt: skip
    with pytest.raises(ConvergenceError, match="not finite"):
        boltzsim.run(case)


def test_a_constant_step_is_long_again_after_an_event():
    switch = {"kind": "switch", "on": 0.01e-15}
    contacts = [
        {"name": "a", "face": "z_min", "current": 1e-6, "waveform": switch},
        {"name": "b", "face": "z_max", "voltage": 0.0},
    ]
    case = boltzsim.Case(
        material={"a": PLAIN}, grid={"z": {"length": 4e-8, "cells": 8}}, contact=contacts, angles=ANGLES,
        time={"end": 20e-15, "step": 1e-15},
    )  # fmt: skip
    time = boltzsim.run(case).history.time
    assert len(time) == 22 and np.diff(time)[1:].max() <= 1e-15 and np.diff(time)[1:].min() > 0.99e-15


def test_the_sources_of_a_case_are_all_checked(monkeypatch):
    """With a contact reversed too."""
    seen = []
    check = steady.Conservation.check
    monkeypatch.setattr(steady.Conservation, "check", lambda self, *a: seen.append(len(a[2])) or check(self, *a))
    boltzsim.run(boltzsim.Case(**VALVE))
    assert seen == [4, 4]


@pytest.mark.parametrize(
    ("metal", "grid", "spin"),
    [
        (ALLOY, {"z": {"length": 2.7e-9, "cells": 11}}, [7.8e-4, -5.3e-4, 9.7e-5]),
        (PLAIN, {"x": {"length": 2.2e-8, "cells": 2}}, [-6.0e-4, -9.3e-4, -9.2e-4]),
        (PLAIN, {"x": {"length": 3e-9, "cells": 3}, "y": {"length": 8.9e-7, "cells": 2}}, [4.4e-4, 3.8e-4, -8.1e-4]),
        (ALLOY, {"y": {"length": 6.5e-9, "cells": 5}, "z": {"length": 5.2e-9, "cells": 4}}, [-3.1e-5, -2.1e-4, 6.4e-4]),
    ],
)
@pytest.mark.parametrize("contact", [{}, {"transmission": 0.9, "polarization": -0.1, "direction": [1, 1, 0]}])
def test_a_lone_contact_that_drives_no_current_to_the_bit_is_balanced(metal, grid, spin, contact):
    """Its unit voltage leaves every flux zero to the bit on some grids; that is no violation without end.

    Where scattering keeps spins, its spin potential drives no current either.
    """
    axis = next(iter(grid))
    lone = {"name": "only", "face": f"{axis}_max", "voltage": 0.0, "spin_voltage": spin, **contact}
    angles = {"quadrature": "double-gauss", "polar": 4, "azimuthal": 8, "axis": axis} if len(grid) == 1 else ANGLES
    case = boltzsim.Case(material={"a": metal}, grid=grid, contact=[lone], angles=angles)
    solver = boltzsim.run(case).solver
    assert max(solver.charge_balance, solver.spin_balance, solver.terminal_balance) < 1e-8


def test_rounding_where_nothing_flows_is_compared_with_what_is_sent():
    """Every flux is zero to the bit, and a spin is lost: one of rounding is none, one that can be seen is an error."""
    case = boltzsim.Case(
        material={"a": ALLOY},
        grid={"z": {"length": 2e-8, "cells": 4}},
        contact=[{"name": "only", "face": "z_max", "voltage": 0.0, "spin_voltage": [0, 1e-3, 0]}],
        angles=ANGLES,
    )
    transport, sources = transport_of(case), steady.sources_of(case)
    solved = transport.solve(**sources[0], rtol=1e-8)
    for spin, allowed in ((1e-17, True), (1e-3, False)):
        phi = np.zeros_like(solved.phi)
        phi[:, :, 0, :2] = 1.0, spin
        still = replace(solved, phi=phi, entering=0 * solved.entering, flux=0 * solved.flux)
        found = Conservation()
        found.check(case, transport, sources, [still, still], np.ones(2))
        if allowed:
            found.require(1e-8)
        else:
            with pytest.raises(ConvergenceError, match="spin is not conserved"):
                found.require(1e-8)
