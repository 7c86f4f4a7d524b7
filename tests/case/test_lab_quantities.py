"""Inputs in the lab's quantities: resistivity, mean free path, spin diffusion length, resistance-area product."""

import json
import math

import numpy as np
import pytest
from scipy.constants import electron_mass, elementary_charge, hbar
from valve import DELETE, VALVE, changed

import boltzsim
from boltzsim.case.case import Case, parse_case
from boltzsim.errors import CaseError
from boltzsim.limits.diffusion import p1
from boltzsim.material import alloy, barrier
from boltzsim.material.superoperators import operators

K_F = 13.6e9
HEAVY = {"name": "Pt", "concentration": 0.01, "channels": {"s1/2": 1.2, "p1/2": 0.8, "p3/2": 0.3}}


def metal(**keys):
    return boltzsim.Material(k_F=K_F, **keys)


def conductivity(material):
    """2 e² N_F D_c, from the two-moment closure without side jump."""
    D = p1(operators(material, side_jump=False))["D_c"] * alloy.fermi_velocity(material)
    return 2 * elementary_charge**2 * alloy.density_of_states(material) * D


def spin_diffusion_length(material):
    found = p1(operators(material, side_jump=False))
    return math.sqrt(found["D_c"] / found["rate_s"])


def test_resistivity_of_a_clean_host_is_drude():
    found = metal(resistivity=1.7e-8)
    density = K_F**3 / (3 * math.pi**2)
    tau = hbar * K_F / alloy.fermi_velocity(found) / (density * elementary_charge**2 * 1.7e-8)
    assert found.background.tau_p == pytest.approx(tau, rel=1e-12)
    assert found.background.tau_sf == math.inf


@pytest.mark.parametrize("impurity", [[], [HEAVY], [HEAVY, {**HEAVY, "concentration": 0.002, "channels": {"d5/2": 1}}]])
@pytest.mark.parametrize(("rho", "length"), [(30e-8, 4e-9), (80e-8, 1e-9), (60e-8, None)])
def test_the_metal_has_the_resistivity_and_spin_diffusion_length_that_were_given(impurity, rho, length):
    found = metal(resistivity=rho, spin_diffusion_length=length, impurity=impurity)
    assert 1 / conductivity(found) == pytest.approx(rho, rel=1e-11)
    if length:
        assert spin_diffusion_length(found) == pytest.approx(length, rel=1e-10)


@pytest.mark.parametrize("tau_p", [math.inf, 2e-15])
@pytest.mark.parametrize("impurity", [[], [HEAVY]])
def test_a_spin_diffusion_length_goes_with_a_relaxation_time(tau_p, impurity):
    found = metal(spin_diffusion_length=2e-9, background={"tau_p": tau_p}, impurity=impurity)
    assert found.background.tau_p == tau_p
    assert spin_diffusion_length(found) == pytest.approx(2e-9, rel=1e-10)


@pytest.mark.parametrize("impurity", [[], [HEAVY]])
def test_local_moments_count_among_the_metal_s_scatterers(impurity):
    moments = {"tau_ex": 8e-15}
    found = metal(resistivity=60e-8, spin_diffusion_length=1.5e-9, background=moments, impurity=impurity)
    assert found.background.tau_ex == 8e-15
    assert 1 / conductivity(found) == pytest.approx(60e-8, rel=1e-11)
    assert spin_diffusion_length(found) == pytest.approx(1.5e-9, rel=1e-10)
    alone = metal(background=moments)
    rate = p1(operators(alone))["rate_s"] * alloy.fermi_velocity(alone)
    assert rate == pytest.approx(4 / (3 * 8e-15), rel=1e-12)
    others = "impurities and local moments" if impurity else "local moments"
    with pytest.raises(
        CaseError, match=rf"spin_diffusion_length = '40 nm' is longer than the .* nm of the {others} alone"
    ):
        metal(mean_free_path=3e-9, spin_diffusion_length=40e-9, background=moments, impurity=impurity)


def test_a_mean_free_path_counts_every_collision():
    found = metal(mean_free_path=3e-9, spin_diffusion_length=2.5e-9, impurity=[HEAVY])
    assert alloy.mean_free_path(found) == pytest.approx(3e-9, rel=1e-12)
    assert spin_diffusion_length(found) == pytest.approx(2.5e-9, rel=1e-10)


def test_numbers_of_the_impurities_alone_leave_the_host_without_scattering():
    alone = metal(impurity=[HEAVY])
    found = metal(
        resistivity=1 / conductivity(alone), spin_diffusion_length=spin_diffusion_length(alone), impurity=[HEAVY]
    )
    assert found.background.tau_p > 1e-9 and found.background.tau_sf > 1e-9


ALONE = metal(impurity=[HEAVY])
DRUDE = electron_mass / (K_F**3 / (3 * math.pi**2) * elementary_charge**2 * 1.7e-8)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"resistivity": 1.7e-8, "background": {"tau_p": 25e-15}},
            "resistivity and background.tau_p fix one number, the momentum relaxation: resistivity = '1.7 uOhm cm' "
            f"leaves the host {DRUDE * 1e15:.4g} fs, background.tau_p is '25 fs'; keep one of them",
        ),
        (
            {"resistivity": 1.7e-8, "mean_free_path": 4e-8},
            "mean_free_path = '40 nm' leaves the host 25.41 fs; keep one",
        ),
        (
            {"spin_diffusion_length": 4e-7, "mean_free_path": 4e-8, "background": {"tau_sf": 7.6e-12}},
            "spin_diffusion_length = '400 nm' and background.tau_sf = '7.6 ps' both fix the spin relaxation; keep one",
        ),
        (
            {"resistivity": 1e-8, "impurity": [HEAVY]},
            f"resistivity = '1 uOhm cm' is less than the {1e8 / conductivity(ALONE):.4g} uOhm cm of the impurities al",
        ),
        (
            {"mean_free_path": 4e-8, "impurity": [HEAVY]},
            f"mean_free_path = '40 nm' is longer than the {alloy.mean_free_path(ALONE) * 1e9:.4g} nm of the impurities",
        ),
        (
            {"spin_diffusion_length": 4e-7, "impurity": [HEAVY]},
            f"spin_diffusion_length = '400 nm' is longer than the {spin_diffusion_length(ALONE) * 1e9:.4g} nm",
        ),
        (
            {"mean_free_path": 1e-7, "spin_diffusion_length": 1e-9},
            "mean_free_path = '100 nm' leaves the host one collision in",
        ),
    ],
)
def test_impossible_metals_are_refused_with_the_numbers(keys, message):
    with pytest.raises(CaseError) as error:
        metal(**keys)
    assert message in str(error.value)
    with pytest.raises(CaseError) as error:
        Case(**changed({"material.other": {"k_F": K_F, **keys}}))
    assert error.value.problems[0].startswith("material.other.") and message in error.value.problems[0]


@pytest.mark.parametrize("polarization", [0.0, 0.4, -0.9])
@pytest.mark.parametrize("transmission", [1e-4, 0.1, 0.5])
def test_transmission_and_resistance_area_are_inverse(transmission, polarization):
    copper = metal(resistivity=1.7e-8)
    product = barrier.resistance_area(copper, transmission, polarization)
    assert barrier.transmission(copper, product, polarization) == pytest.approx(transmission, rel=1e-12)


def test_two_spins_conduct_in_parallel():
    copper = metal(resistivity=1.7e-8)
    sharvin = elementary_charge**2 * K_F**2 / (2 * math.pi * 2 * math.pi * hbar)  # G_Sh = (2e²/h) k_F²/4π
    assert barrier.sharvin_conductance(copper) == pytest.approx(sharvin, rel=1e-12)
    assert barrier.transmission(copper, 1e-14) == pytest.approx(1 / (1e-14 * sharvin + 0.5), rel=1e-12)
    found = barrier.transmission(copper, 1e-14, 0.3)
    spins = [found * 1.3, found * 0.7]
    assert sum(sharvin / 2 * t / (1 - t / 2) for t in spins) == pytest.approx(1e14, rel=1e-12)


def test_a_contact_may_have_a_resistance_area_product_instead_of_a_transmission():
    case = Case(**changed({"contact.0.transmission": DELETE, "contact.0.resistance_area": "0.5 Ohm um2"}))
    injector = case.contact_named("injector")
    assert injector is case.contact[0]
    expected = barrier.transmission(case.metal, 0.5e-12, 0.4)
    assert injector.transmission == expected < 0.01
    tables = json.loads(json.dumps(case.resolved()))
    assert tables["contact"][0]["resistance_area"] == 0.5e-12 and "transmission" not in tables["contact"][0]
    again = Case(**tables)
    assert again == case and again.contact[0].transmission == expected
    assert parse_case(case.toml()) == case


def test_given_numbers_survive_storage():
    host = {"k_F": K_F, "resistivity": "1.7 uOhm cm", "spin_diffusion_length": "400 nm"}
    case = Case(**changed({"material": {"copper": host}}))
    again = parse_case(case.toml())
    assert again == case and again.metal.background == case.metal.background
    assert again.resolved()["material"]["copper"]["background"] == {"tau_p": "inf", "tau_sf": "inf", "tau_ex": "inf"}
    assert np.isclose(case.metal.background.tau_sf, 7.2e-12, rtol=0.2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"contact.0.resistance_area": "0.5 Ohm um2"},
            "contact[0].resistance_area = '500 fOhm m2' means transmission = 0.001",
        ),
        (
            {"contact.0.transmission": DELETE, "contact.0.resistance_area": "0.1 fOhm m2"},
            "contact[0].resistance_area = '0.1 fOhm m2' is below 0.",
        ),
        ({"contact.0.resistance_area": "0.5 uOhm cm"}, "is a resistivity, but a resistance-area product is needed"),
    ],
)
def test_impossible_barriers_are_refused(changes, message):
    with pytest.raises(CaseError) as error:
        Case(**changed(changes, VALVE))
    assert message in str(error.value)
