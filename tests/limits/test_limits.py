"""Diffusion limit and summary of coefficients against independent numbers, dense matrices and exact modes."""

import json
import math
import subprocess
import sys
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.constants import e, electron_mass, hbar

from boltzsim.limits.diffusion import KEYS, closed_form, closed_moments, conductivities, moment_coefficients, p1
from boltzsim.limits.modes import decay_mode, relaxation_rate, slow_mode
from boltzsim.limits.summary import coefficients, coefficients_of
from boltzsim.material import alloy
from boltzsim.material.superoperators import impurity_operators

SP = ("s1/2", "p1/2", "p3/2")
KONDO = (0.1, np.pi / 2, 0.05)
EVERY = {"s1/2": 0.3, "p1/2": 1.0, "p3/2": 0.1, "d3/2": -0.3, "d5/2": 0.2, "f5/2": 0.7, "f7/2": -0.2}
BULK = {
    "Dc": "D_c",
    "D0": "D_0",
    "D1": "D_1",
    "D2": "D_2",
    "DL": "D_L",
    "DT": "D_T",
    "kappa": "kappa",
    "Dth_sc": "D_theta_sH",
    "taus_inv": "rate_s",
}


def s_and_p(eta, alpha=0.0):
    return impurity_operators(dict(zip(SP, eta, strict=True)), alpha)


def test_two_moment_coefficients_match_the_reference(reference):
    for entry in reference("kinetic")["bulk"]:
        found = p1(s_and_p(entry["eta"], entry["alpha"]))
        for key, value in entry["coefficients"].items():
            assert found[BULK[key]] == pytest.approx(value, abs=1e-13)


@pytest.mark.parametrize("alpha", [0.0, 0.03])
@pytest.mark.parametrize("eta", [KONDO, (0.4, 1.1, -0.3)])
def test_two_moment_coefficients_match_dense_matrices(dense, eta, alpha):
    full = dense(eta, alpha, 4, 6)
    w = np.repeat(full.weights, 4)
    count = len(full.weights)
    even = np.kron(np.ones((count, 1)), np.eye(4))
    odd = np.kron(np.sqrt(3) * full.directions, np.eye(4))
    relaxation = odd.T @ (w[:, None] * full.Lambda) @ odd
    out, into = ([left.T @ (w[:, None] * W) @ right for W in full.W] for left, right in ((even, odd), (odd, even)))
    D = np.array([[o @ np.linalg.solve(relaxation, i) for i in into] for o in out])
    found = p1(s_and_p(eta, alpha))
    assert D[2, 2, 0, 0] == pytest.approx(found["D_c"], abs=1e-13)
    assert D[2, 2, 3, 3] == pytest.approx(found["D_L"], abs=1e-13)
    assert D[2, 2, 1, 1] == pytest.approx(found["D_T"], abs=1e-13)
    for j, k, a in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):  # J_j = -Dθ ε_jka ∂_k s_a and J_ja = -Dθ ε_jka ∂_k ρ
        assert D[j, k, 0, a + 1] == pytest.approx(found["D_theta_sH"], abs=1e-13)
        assert D[k, j, 0, a + 1] == pytest.approx(-found["D_theta_sH"], abs=1e-13)
        assert D[j, k, a + 1, 0] == pytest.approx(found["D_theta_sH"], abs=1e-13)
    # Eq. 15: J_xx answers ∂_y s_y with κ, J_xy answers ∂_y s_x with -(D_L - D_T + κ)
    assert D[0, 1, 1, 2] == pytest.approx(-found["kappa"], abs=1e-13)
    assert D[0, 1, 2, 1] == pytest.approx(found["D_L"] - found["D_T"] + found["kappa"], abs=1e-13)


def test_closed_forms_are_the_first_order_of_the_operators():
    for eta in np.random.default_rng(7).uniform(-np.pi / 2, np.pi / 2, (50, 3)):
        found, closed = moment_coefficients(s_and_p(eta, 1.0)), closed_moments(eta)
        for key in set(found) & set(closed):
            assert found[key] == pytest.approx(closed[key], abs=1e-13)
        first = p1(s_and_p(eta, 0.02), first_order=True)
        for key, value in closed_form(eta, 0.02).items():
            assert first[key] == pytest.approx(value, rel=1e-11, abs=1e-13)


def test_higher_orders_of_the_side_jump_scale_as_alpha_squared():
    alphas = np.array([0.04, 0.02, 0.01])
    for key in ("D_c", "D_L", "D_T", "D_theta_sH"):
        error = [abs(p1(s_and_p((0.4, 1.1, -0.3), a))[key] - closed_form((0.4, 1.1, -0.3), a)[key]) for a in alphas]
        orders = np.log2(np.array(error[:-1]) / error[1:])
        assert np.all(np.abs(orders - 2) < 1e-6)


def test_charge_obeys_the_drude_formula():
    metal = SimpleNamespace(
        k_F=1.36e10,
        mass=1.1,
        impurity=[SimpleNamespace(name="X", concentration=0.01, channels={"s1/2": 0.4, "d5/2": 0.7})],
        background=SimpleNamespace(tau_p=1e-14, tau_sf=5e-13, tau_ex=math.inf),
    )
    found = conductivities(metal, side_jump=False)
    drude = alloy.carrier_density(metal) * e**2 * found["tau_tr"] / (metal.mass * electron_mass)
    assert found["sigma_c"] == pytest.approx(
        drude * found["D_c"] * 3 / (alloy.fermi_velocity(metal) ** 2 * found["tau_tr"])
    )
    isotropic_metal = SimpleNamespace(**vars(metal) | {"impurity": []})
    plain = conductivities(isotropic_metal)
    tau = 1 / (1e14 + 2e12)
    assert plain["tau_tr"] == pytest.approx(tau)
    assert plain["tau_s"] == pytest.approx(5e-13)
    assert plain["sigma_c"] == pytest.approx(alloy.carrier_density(metal) * e**2 * tau / (1.1 * electron_mass))
    assert plain["diffusion_length_L"] == pytest.approx(alloy.fermi_velocity(metal) * math.sqrt(tau * 5e-13 / 3))
    assert plain["sigma_sH"] == 0


def test_kondo_spin_hall_conductivity_depends_on_k_F_only():
    """Eq. 18 with both spins counted: 2 × (2/9π²) e² k_F/ħ, whatever the concentration and phase shift."""
    for x, eta in ((1e-4, np.pi / 2), (1e-3, 0.6)):
        metal = SimpleNamespace(
            k_F=1.36e10,
            mass=1.0,
            impurity=[SimpleNamespace(name="Ce", concentration=x, channels={"p1/2": eta})],
            background=SimpleNamespace(tau_p=math.inf, tau_sf=math.inf, tau_ex=math.inf),
        )
        expected = 4 / (9 * np.pi**2) * e**2 * metal.k_F / hbar
        assert conductivities(metal)["sigma_sH"] == pytest.approx(expected, rel=3 * x)


def test_no_diffusion_limit_without_scattering():
    with pytest.raises(ValueError, match="no diffusion limit"):
        p1(impurity_operators({"s1/2": 0.0}))


def test_two_moment_anisotropy_has_the_wrong_sign():
    operators = s_and_p((1.2, 0.2, 0.0))
    closure, mode = p1(operators), slow_mode(operators)
    assert closure["D_L"] / closure["D_T"] - 1 == pytest.approx(0.0252, abs=1e-4)
    anisotropy = mode.D_L / mode.D_T - 1
    assert anisotropy == pytest.approx(-0.00095, abs=1e-5)


def test_two_moment_limit_is_exact_for_charge_and_for_weak_spin_orbit():
    for channels in (dict(zip(SP, KONDO, strict=True)), EVERY):
        operators, q = impurity_operators(channels, 0.01), 1e-3
        curvature = relaxation_rate(operators, q, "charge") / q**2
        assert curvature == pytest.approx(p1(operators)["D_c"], rel=1e-6)
    for split in (0.1, 0.01):  # b² sets the difference in 1/τ_s relative to itself
        operators = s_and_p((0.8, 0.5 + split, 0.5))
        closure, mode = p1(operators), slow_mode(operators)
        assert mode.rate == pytest.approx(closure["rate_s"], rel=2 * split**2)
        for key in ("D_L", "D_T"):
            assert asdict(mode)[key] == pytest.approx(closure[key], rel=2 * split)
        assert decay_mode(operators, "L").length == pytest.approx(
            math.sqrt(closure["D_L"] / mode.rate), rel=0.7 * split
        )


def test_coefficients_of_channels_and_of_the_same_material():
    channels, x = dict(zip(SP, KONDO, strict=True)), 0.02
    alpha = 2 * x / (3 * np.pi)
    found = coefficients_of(channels, alpha)
    assert coefficients(channels, alpha) == found
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert tuple(found["p1"]) == tuple(found["printed"]) == KEYS
    assert {"rate", "weight", "D_L", "D_T", "decay_length_L", "decay_length_T"} <= set(found["exact"])
    metal = SimpleNamespace(
        k_F=1.36e10,
        mass=1.0,
        impurity=[SimpleNamespace(name="Ce", concentration=x, channels=channels)],
        background=SimpleNamespace(tau_p=math.inf, tau_sf=math.inf, tau_ex=math.inf),
    )
    of_metal = coefficients(metal)
    assert of_metal["units"]["length"] == pytest.approx(3 * np.pi / (4 * x * metal.k_F))
    for kind in ("p1", "printed", "exact"):
        for key, value in found[kind].items():
            assert of_metal[kind][key] == pytest.approx(value, rel=1e-9)
    assert [quantity["name"] for quantity in of_metal["conserved"]] == ["charge", "hidden spin"]
    without = coefficients(metal, side_jump=False)
    assert without["p1"] == pytest.approx(coefficients_of(channels)["p1"])
    metal.background.tau_p = 1e-14
    assert set(coefficients(metal)["printed"].values()) == {None}
    assert set(coefficients_of({"d3/2": 0.3})["printed"].values()) == {None}
    assert coefficients_of({"p1/2": 0.3})["exact"]["decay_length_T"] == math.inf
    metal.impurity, metal.background.tau_p = [], math.inf
    with pytest.raises(ValueError, match="nothing scatters"):
        coefficients(metal)


def test_coefficients_need_no_compiler():
    code = (
        "import sys; from boltzsim.limits.summary import coefficients_of\n"
        "coefficients_of({'p1/2': 1.0}); print(sorted(sys.modules))"
    )
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "'numpy'" in modules
    assert "'numba'" not in modules
    assert "'boltzsim.transport" not in modules
