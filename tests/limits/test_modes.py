"""Exact modes and growing waves against dense matrices, Case's eigenvalues and independent numbers."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from scipy.linalg import eig, eigvals

from boltzsim.limits.dispersion import resolvent, sector
from boltzsim.limits.modes import _roots, decay_mode, exact, relaxation_rate, slow_mode
from boltzsim.limits.stability import growth_wavenumber, spectral_abscissa
from boltzsim.material.superoperators import combine, impurity_operators

SP = ("s1/2", "p1/2", "p3/2")
KONDO = (0.1, np.pi / 2, 0.05)
EVERY = {"s1/2": 0.3, "p1/2": 1.0, "p3/2": 0.1, "d3/2": -0.3, "d5/2": 0.2, "f5/2": 0.7, "f7/2": -0.2}


def s_and_p(eta, alpha=0.0):
    return impurity_operators(dict(zip(SP, eta, strict=True)), alpha)


def isotropic(c):
    """Isotropic scattering with a spin survival c per collision, loss rate 1: s wave and a spin-flip background."""
    return combine([(c, impurity_operators({"s1/2": np.pi / 2}))], spin_flip_rate=1 - c)


@pytest.mark.parametrize("z", [1.003, 1.05, 1.08, 1.1, -1.04, 7.0, 0.3 + 0.2j, 0.4j, -3j])
def test_resolvent_moments_on_both_sides_of_the_switch(z):
    mu, w = np.polynomial.legendre.leggauss(400)
    expected = [(w / 2 * np.polynomial.legendre.Legendre.basis(k)(mu) / (2 * z - 2 * mu)).sum() for k in range(13)]
    assert np.allclose(resolvent(np.array([2 * z]), np.array([2.0]), 12)[0], expected, atol=1e-11)


def test_slow_modes_and_decay_lengths_match_the_reference(reference):
    for entry in reference("kinetic")["spectral"]:
        operators = s_and_p(entry["eta"], entry["alpha"])
        mode, length = entry["slow_mode"], entry["decay_length"]
        found = slow_mode(operators)
        assert found.rate == pytest.approx(mode["rate"], abs=1e-12)
        assert found.weight == pytest.approx(mode["weight"], abs=1e-12)
        assert {key: asdict(found)[key] for key in mode} == pytest.approx(mode, abs=3e-9)
        for polarization in "LT":
            decay = decay_mode(operators, polarization)
            assert decay.length == pytest.approx(math.inf if length is None else length[polarization], rel=1e-12)
            assert decay.digits > 12


def test_decay_lengths_match_dense_matrices(dense):
    """With all angles: Λ v = κ W_z v, slowest real mode of each symmetry."""
    eta, alpha = KONDO, 0.01
    full = dense(eta, alpha, 16, 6)
    values, vectors = eig(full.Lambda, full.W[2])
    spin = np.abs(np.repeat(full.weights, 4)[None] * vectors.T).reshape(len(values), -1, 4).sum(1)
    discrete = (np.abs(values.imag) < 1e-9) & (values.real > 1e-6) & (values.real < 0.6 * full.loss[0])
    for component, polarization in ((3, "L"), (1, "T")):
        carried = discrete & (spin[:, component] > 1e-3 * spin.sum(1))
        lengths = 1 / values.real[carried]
        expected = decay_mode(s_and_p(eta, alpha), polarization).length
        assert np.abs(lengths - expected).min() < 1e-8 * expected
        other = "T" if polarization == "L" else "L"
        others = decay_mode(s_and_p(eta, alpha), other).length
        assert lengths.max() < max(expected, others) * (1 + 1e-8)


@pytest.mark.parametrize("alpha", [0.0, 0.05])
def test_diffusion_constants_are_the_curvature_of_the_exact_rate(dense, alpha):
    operators = s_and_p((1.2, 0.2, 0.0), alpha)
    full, found = dense((1.2, 0.2, 0.0), alpha, 8, 6), slow_mode(operators)
    q = 0.02
    rates = np.sort(eigvals(full.Lambda + 1j * q * full.W[2]).real)
    for polarization, D in (("L", found.D_L), ("T", found.D_T)):
        rate = relaxation_rate(operators, q, polarization)
        assert np.abs(rates - rate).min() < 1e-12
        half = relaxation_rate(operators, q / 2, polarization)
        curvature = (4 * (half - found.rate) / (q / 2) ** 2 - (rate - found.rate) / q**2) / 3
        assert curvature == pytest.approx(D, rel=1e-6)


def test_sectors_hold_the_whole_spectrum(dense):
    """Union of the J_z sectors = all moments, and their temporal modes are those of the dense matrix."""
    operators = s_and_p(KONDO, 0.02)
    sizes = {name: len(sector(operators, name).gain) for name in ("L", "charge", 1, 2, 3)}
    assert sizes["L"] + sizes["charge"] + 2 * (sizes[1] + sizes[2] + sizes[3]) == 36
    homogeneous = np.sort(np.linalg.eigvals(operators.lambda_).real)
    parts = [np.linalg.eigvals(sector(operators, n).gain).real for n in ("L", "charge", 1, 1, 2, 2, 3, 3)]
    assert np.allclose(np.sort(operators.loss - np.concatenate(parts)), homogeneous, atol=1e-12)


def test_single_channel_spin_diffuses_like_charge_in_an_isotropic_medium():
    operators = impurity_operators({"p1/2": 1.1})
    mode = slow_mode(operators)
    assert mode.rate == 0
    assert mode.weight == pytest.approx(1 / 9)
    q = 0.8 * operators.loss
    for polarization in ("L", "T", "charge"):
        rate = relaxation_rate(operators, q, polarization)
        assert rate / operators.loss == pytest.approx(1 - 0.8 / math.tan(0.8), rel=1e-12)
    assert decay_mode(operators, "T").length == math.inf


def test_isotropic_scattering_relaxes_as_q_cot_q():
    operators = isotropic(0.9)
    for q in (0.01, 0.5, 1.3, 1.55):
        assert relaxation_rate(operators, q, "charge") == pytest.approx(1 - q / math.tan(q), rel=1e-10)
    for polarization in ("L", "T"):  # 1 = c atan(q/(1-s))/q
        s = relaxation_rate(operators, 0.5, polarization)
        assert 0.9 * math.atan(0.5 / (1 - s)) / 0.5 == pytest.approx(1, abs=1e-13)
    assert relaxation_rate(operators, 1.6, "charge") is None


def test_decay_lengths_are_case_discrete_eigenvalues(reference):
    for key, row in reference("case_nu0")["table"].items():
        c = float(key.removeprefix("c="))
        if not 0.05 < c < 1:
            continue  # below, 1 - 1/ν0 is less than the rounding of a double
        for polarization in ("L", "T"):
            decay = decay_mode(isotropic(c), polarization)
            assert decay.length == pytest.approx(float(row["b1=0"]), rel=2e-9 if c > 0.9 else 1e-13)
            assert decay.length == pytest.approx(float(row["b1=0"]), rel=10 ** (1 - decay.digits))
    assert decay_mode(isotropic(0.05), "L") is None


def test_no_slow_mode_where_every_collision_flips_the_spin():
    found = exact(combine([], spin_flip_rate=1.0))
    assert len(found) == 8 and set(found.values()) == {None}


def test_every_channel_obeys_the_relations_between_lengths_and_rates():
    """Mixtures of s to f channels: slow modes from two routes, second order in q and the spatial dispersion."""
    operators = combine([(0.4, impurity_operators(EVERY, 0.01)), (1.1, impurity_operators({"s1/2": 1.0}))])
    mode = slow_mode(operators)
    q = 1e-3
    for polarization, D in (("L", mode.D_L), ("T", mode.D_T)):
        assert (relaxation_rate(operators, q, polarization) - mode.rate) / q**2 == pytest.approx(D, rel=1e-5)
        block, length = sector(operators, polarization), decay_mode(operators, polarization).length
        assert abs(block.determinant(operators.loss, np.array(1 / length))[0]) < 1e-12
        assert length > 1 / operators.loss


@pytest.mark.parametrize(
    ("eta", "alpha"),
    [
        ((0.4, 1.1, -0.3), 0.2),
        *(pytest.param((0, np.pi / 2, 0), alpha, marks=pytest.mark.slow) for alpha in (0.01, 0.5)),
    ],
)
def test_spectral_abscissa_on_ordinates_is_that_of_the_dense_matrix(dense, eta, alpha):
    full, operators = dense(eta, alpha, 8, 6), s_and_p(eta, alpha)
    for q in (0.5, 2 / alpha):
        expected = -eigvals(full.Lambda + 1j * q * full.W[2]).real.min()
        found = spectral_abscissa(operators, q, *np.polynomial.legendre.leggauss(8))
        assert found == pytest.approx(expected, abs=1e-10)


def test_growth_on_ordinates_is_an_artefact_that_refinement_removes():
    """Complex eigenvalues of W on a shell of directions scale with its weight; the continuum has none for small α."""
    operators = s_and_p((0, np.pi / 2, 0), 0.02)
    limits = [growth_wavenumber(operators, *np.polynomial.legendre.leggauss(n)) for n in (4, 8, 16)]
    assert 1.5 < limits[1] / limits[0] < 2.5
    assert 1.5 < limits[2] / limits[1] < 2.5
    assert limits[0] > 2 / 0.04  # beyond 2 k_F
    assert growth_wavenumber(operators) == math.inf
    assert growth_wavenumber(s_and_p((0, np.pi / 2, 0))) == math.inf
    for q in (0.5, 3.0, 100.0):
        assert -operators.loss * (1 + 1e-8) <= spectral_abscissa(operators, q) < 0
    assert spectral_abscissa(operators, 100.0) == pytest.approx(-operators.loss)


@pytest.mark.slow
def test_strong_side_jump_grows_in_the_continuum_too():
    operators = s_and_p((0.4, 1.1, -0.3), 0.5)
    q = growth_wavenumber(operators)
    assert 1 < q < 4
    fine = np.polynomial.legendre.leggauss(48)
    assert spectral_abscissa(operators, 0.99 * q, *fine) < 0 < spectral_abscissa(operators, 1.01 * q, *fine)
    assert spectral_abscissa(operators, 4.0) == pytest.approx(spectral_abscissa(operators, 4.0, *fine), abs=1e-8)
    rate = relaxation_rate(operators, 4.0, "charge")
    assert -rate == pytest.approx(spectral_abscissa(operators, 4.0), abs=1e-8)


def test_a_root_on_the_grid_is_found():
    """The sign at an end of a bracket is rounding and may not be that of the whole grid."""
    grid = np.linspace(0, 1, 200)

    def rounded(x):
        return np.where(len(x) == len(grid), x - 0.5, 1.0)

    assert list(_roots(rounded, grid)) == pytest.approx([0.5], abs=0.01)
