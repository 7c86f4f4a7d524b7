"""The shipped cases of real devices against formulas that know nothing of the kinetic equation."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.constants import hbar, m_e
from scipy.integrate import quad
from spin_wire import STEP, Wire, sharvin

from boltzsim import load_case
from boltzsim.analysis.cooling import cooling
from boltzsim.case.series import expand
from boltzsim.device.bulk import bulk
from boltzsim.limits.laboratory import laboratory
from boltzsim.runs.start import run

CASES = Path(__file__).parents[2] / "cases"
COPPER = 13.6e9  # k_F
PATH = 0.75 / sharvin(COPPER)  # resistivity times mean free path
nm = 1e-9


@cache
def solved(name, *changes):
    return run(load_case(CASES / f"{name}.toml").with_(**dict(changes)))


def cells(**counts):
    return tuple((f"grid.{axis}.cells", count) for axis, count in counts.items())


# hall_cross.toml


def bend_resistance(path):
    return solved("hall_cross", *cells(x=24, y=24), ("material.copper.mean_free_path", path)).measures[0].value


def test_bend_resistance_of_a_dirty_cross_is_that_of_van_der_pauw():
    assert bend_resistance(1 * nm) == pytest.approx(PATH / (1 * nm) * np.log(2) / np.pi / (20 * nm), rel=0.01)


def test_bend_resistance_of_a_clean_cross_is_that_of_straight_flight():
    """Of what leaves one arm √2 - 1 enters the arm opposite, by the strings crossed between their mouths.

    On currents that change sign from arm to arm, and on those of opposite arms, the cross then acts as a resistance.
    """
    ahead = np.sqrt(2) - 1
    aside = (1 - ahead) / 2
    expected = (1 / (1 + ahead) - 1 / (1 - ahead + 2 * aside)) / (sharvin(COPPER) * 20 * nm * 100 * nm)
    assert bend_resistance(1e5 * nm) == pytest.approx(expected, rel=0.04)


# rough_film.toml


@pytest.mark.parametrize("flip", [0.0, 0.02])
def test_spins_live_as_long_as_rough_faces_let_them(flip):
    """Fuchs and Sondheimer for the diffusion constant, and a share `flip` of the v_F/4 that arrives at each face."""
    result = solved("rough_film", *cells(x=60, z=4), ("walls.spin_flip", flip))
    x, spin = result.centres("x"), result.fields["spin_potential"][:, 0, :, 1].mean(0)
    part = (x > 1250 * nm) & (x < 1650 * nm)
    found = -1 / np.polyfit(x[part], np.log(spin[part]), 1)[0]
    velocity, path = hbar * COPPER / m_e, 40 * nm
    slowed = 1 - 1.5 * quad(lambda t: (t**-3 - t**-5) * (1 - np.exp(-t)), 1, np.inf)[0]
    rate = velocity * path / 3 / (400 * nm) ** 2 + flip * velocity / (2 * 40 * nm)
    assert found == pytest.approx(np.sqrt(slowed * velocity * path / 3 / rate), rel=0.02)


# spin_absorption.toml


def test_insert_drains_the_spins_that_its_resistance_lets_through():
    def expected(barrier):
        wire = Wire(2000 * nm, 100 * nm, 40 * nm, PATH / (20 * nm), 250 * nm, COPPER, (True, False))
        wire.drain((700 * nm, 800 * nm), barrier + 30e-8 * 8 * nm / np.tanh(20 / 8))
        return wire.tunnel_valve((500 * nm, 600 * nm), (950 * nm, 1050 * nm), 0.3)

    without, with_ = (
        solved("spin_absorption", *cells(x=40, z=6), ("interface.0.resistance_area", barrier)).measures[0].extra
        for barrier in (1e-10, 1.5e-15)
    )
    assert with_["delta_R"] / without["delta_R"] == pytest.approx(expected(1.5e-15) / expected(1e-10), rel=0.04)
    assert without["delta_R"] == pytest.approx(expected(1e-10), rel=0.07)


# valve_crossed_wires.toml


def test_permalloy_valve_is_a_wire_with_two_drains():
    """With the resistivity that the rough wire has on its way to the left."""
    result = solved("valve_crossed_wires", *cells(x=32, y=2, z=2))
    x, potential = result.centres("x"), result.fields["charge_potential"].mean((0, 1))
    part = (x > 100 * nm) & (x < 400 * nm)
    resistivity = np.polyfit(x[part], potential[part], 1)[0] / 1e-4 * 100 * nm * 60 * nm
    assert 2.5e-8 < resistivity < 4e-8
    wire = Wire(1600 * nm, 100 * nm, 60 * nm, resistivity, 350 * nm * np.sqrt(2.5e-8 / resistivity), COPPER)
    own = 25e-8 * 5 * nm / (1 - 0.35**2)
    expected = wire.electrode_valve((500 * nm, 600 * nm), (900 * nm, 1000 * nm), own, 0.35)
    assert result.measures[0].extra["delta_R"] == pytest.approx(expected, rel=0.05)


def test_spin_that_a_ferromagnet_does_not_return_is_lost_in_it():
    """Valet and Fert: I_s = p I - A (1 - p²) µ_s/(ρλ)."""
    terminals = solved("valve_crossed_wires", *cells(x=32, y=2, z=2)).terminals
    for name, spin in terminals.electrode_spin_potential.items():
        number = terminals.name.index(name)
        lost = (100 * nm) ** 2 * (1 - 0.35**2) / (25e-8 * 5 * nm) * spin
        found = terminals.spin_current[number, 1]
        assert found == pytest.approx(0.35 * terminals.current[number] - lost, rel=1e-9)


# bilayer_spin_hall.toml


def bilayer(flip):
    """Spin potential on top of the copper, and the spin current lost at the interface, of diffusion in two layers."""
    platinum = load_case(CASES / "bilayer_spin_hall.toml").material["platinum"]
    one, G = laboratory(platinum), [sharvin(16e9), sharvin(COPPER)]
    length = one["spin_diffusion_length_T"]
    below = one["resistivity"] * length / np.tanh(10 * nm / length)
    above = PATH / (20 * nm) * 250 * nm / np.tanh(30 / 250)
    crossing, kept = 1 / (0.75e-15 + 0.5 / G[0] + 0.5 / G[1]), 1 - flip
    # Spin currents out of platinum and into copper, each from both potentials at the interface, Sharvin parts included.
    laws = crossing * np.array([[1, -kept], [kept, -1]])
    behind = np.diag([-below + 0.5 / G[0], above - 0.5 / G[1]])
    drive = one["spin_hall_angle"] * 1e5 * length * np.tanh(5 * nm / length)
    out, into = np.linalg.solve(np.eye(2) - laws @ behind, laws @ [drive, 0])
    return above * into / np.cosh(30 / 250), out - into


@pytest.mark.parametrize(("model", "tolerance"), [("diffusion", 0.03), ("kinetic", 0.1)])
@pytest.mark.parametrize("flip", [0.0, 0.6])
def test_interface_that_forgets_spins_keeps_them_from_the_copper(model, tolerance, flip):
    """The kinetic signal is smaller: near faces less current flows, and there is less of it to scatter skew."""
    result = solved("bilayer_spin_hall", ("physics.model", model), ("interface.0.spin_flip", flip))
    spin, lost = bilayer(flip)
    assert result.terminals.voltage[1] == pytest.approx(0.3 * spin, rel=tolerance)
    flow = result.fields["spin_current"][:, 0, 0, 2, 1]
    jump = 1.5 * (flow[39] - flow[40]) - 0.5 * (flow[38] - flow[41])  # from the middles of cells to the face
    assert jump == pytest.approx(lost, rel=2 * tolerance, abs=0.02 * np.abs(flow).max())
    assert result.solver.spin_balance < 1e-8


def test_the_kinetic_signal_nears_that_of_diffusion_as_the_mean_free_path_shortens():
    """What is missing within a mean free path of the faces of platinum is a share of ℓ/λ: 0.21 of it."""
    shares = []
    for resistivity in ("120 uOhm cm", "480 uOhm cm"):
        changes = (("material.platinum.resistivity", resistivity), ("physics.side_jump", False))
        results = [
            solved("bilayer_spin_hall", ("physics.model", model), *changes) for model in ("kinetic", "diffusion")
        ]
        kinetic, diffusive = (result.terminals.voltage[1] for result in results)
        platinum = laboratory(results[0].case.material["platinum"])
        shares.append((1 - kinetic / diffusive) * platinum["spin_diffusion_length_T"] / platinum["mean_free_path"])
    assert shares == pytest.approx([0.21, 0.21], rel=0.1)


# kondo_valve.toml


def kondo_valve(channel, T, **more):
    """ΔR with moments in a channel."""
    channels = {f"material.copper.impurity.{k}.kondo.channel": channel for k in (0, 1)}
    return solved("kondo_valve", *{**channels, "temperature.T": T, **more}.items()).measures[0].extra["delta_R"]


def diffusive_kondo_valve(share):
    """Diffusion at absolute zero, where screened moments relax spins at `share` of their unitary scattering rate."""
    path = PATH / (1.6e-8)
    wire = Wire(1200 * nm, 100 * nm, 60 * nm, 1.6e-8, path / np.sqrt(3 * 2e-3), COPPER)
    x = wire.x / nm
    moments = 5e-6 + 1e-4 * (np.exp(-(((x - 400) / 60) ** 2)) + np.exp(-(((x - 800) / 60) ** 2)))
    step = 100 * nm * 60 * nm / 1.6e-8 / STEP
    wire.own += np.diag(step * STEP**2 * 3 / path * share * 4 * moments * COPPER / (3 * np.pi))
    magnets, barrier = ((350 * nm, 450 * nm), (750 * nm, 850 * nm)), (1 - 0.005) / 0.01 / sharvin(COPPER)
    for span in magnets:
        wire.drain(span, barrier)
    return wire.tunnel_valve(*magnets, 0.4)


@pytest.mark.parametrize(("channel", "share"), [("p1/2", 8 / 9), ("s1/2", 0.0)])
def test_screened_moments_drain_a_valve_by_spin_orbit_scattering_only(channel, share):
    """1/τ_s is 8/9 of the unitary rate in p½, and nothing in s½; the wire is one and a half mean free paths thick."""
    found = kondo_valve(channel, 0.1, **{"temperature.carriers": "thermalised", "grid.z.cells": 1})
    assert found == pytest.approx(diffusive_kondo_valve(share), rel=0.04)


@pytest.mark.slow
def test_signal_drops_on_cooling_through_the_kondo_temperature_and_levels_off():
    """Energies one by one as in the case. In s½ it comes back, after a minimum against clean copper near 2 T_K."""
    warm, half, cold, coldest = (kondo_valve("p1/2", T) for T in (100.0, 30.0, 3.0, 1.5))
    assert warm > 1.1 * half > 1.3 * cold
    assert cold == pytest.approx(coldest, rel=0.06)
    materials = load_case(CASES / "kondo_valve.toml").resolved()["material"]
    materials["copper"].pop("impurity")
    clean = load_case(CASES / "kondo_valve.toml").replace(material=materials, series={})
    lost = [kondo_valve("s1/2", T) / run(clean.with_(**{"temperature.T": T})).measures[0].extra["delta_R"]
            for T in (1.5, 60.0, 600.0)]  # fmt: skip
    assert lost[0] > 0.99 and lost[1] < 0.8 and lost[2] > lost[1]


# ce_lacu6.toml


def test_alloy_of_the_paper_in_a_field():
    """Currents of charge along the field and of spin across it are those of the metal by itself."""
    result = solved("ce_lacu6", ("material.alloy.impurity.Ce.kondo.inelastic", True))
    constants = bulk(result.case, "alloy")
    assert result.fields["charge_current"][0, 0, 0, 0] == pytest.approx(constants["conductivity"], rel=1e-3)
    across = result.fields["spin_current"][0, 0, 0, 2, 1]
    assert abs(across) == pytest.approx(abs(constants["spin_hall_conductivity"]), rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("inelastic", "resistivity"), [(False, 1 / 3), (True, 1.0)])
def test_alloy_of_the_paper_has_the_law_of_the_fermi_liquid(inelastic, resistivity):
    """ρ falls by (π²/3)(T/T_K)² elastically and π² with inelastic events, less what the other channels add."""
    case = load_case(CASES / "ce_lacu6.toml").with_(**{"material.alloy.impurity.Ce.kondo.inelastic": inelastic})
    axes, cases = expand(case.replace(series={"warming": {"temperature.T": [0.02, 0.04, 0.06, 0.08, 0.1]}}))
    found = cooling(axes[0], cases, {}).squares["alloy"]
    assert found["resistivity"] == pytest.approx(-(np.pi**2) * resistivity, rel=0.07)
    assert (found["length_T"] < -10) if inelastic else (1 < found["length_T"] < 3)
    assert found["spin_hall_conductivity"] > -found["resistivity"]
