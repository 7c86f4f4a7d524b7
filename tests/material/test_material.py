"""Collision and side-jump operators: against independent dense matrices, and their exact symmetries."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.polynomial import Legendre
from scipy.constants import e, electron_mass, hbar
from scipy.integrate import quad
from scipy.special import sph_harm_y

from boltzsim.material import alloy, kondo
from boltzsim.material.harmonics import harmonics, sphere
from boltzsim.material.scattering import amplitude, channel, loss_rate
from boltzsim.material.superoperators import combine, impurity_operators, operators

SP = ("s1/2", "p1/2", "p3/2")
EVERY = {"s1/2": 0.3, "p1/2": 1.0, "p3/2": 0.1, "d3/2": -0.3, "d5/2": 0.2, "f5/2": 0.7, "f7/2": -0.2}
ETAS = [(0.1, np.pi / 2, 0.05), (0.4, 1.1, -0.3), (1.2, 0.2, 0.0), (-0.7, 0.9, 1.3)]


def s_and_p(eta):
    return dict(zip(SP, eta, strict=True))


def random_directions(count, seed=1):
    vectors = np.random.default_rng(seed).normal(size=(count, 3))
    return vectors / np.linalg.norm(vectors, axis=1)[:, None]


def signs(operators):
    """The diagonal of S = diag(1, -1, -1, -1) on flat moments."""
    return np.tile([1.0, -1.0, -1.0, -1.0], (operators.degree + 1) ** 2)


def rotation(degree, turn):
    """Joint rotation of angle and spin on flat moments."""
    directions, weights = sphere(2 * degree)
    Y, rotated = harmonics(directions, degree), harmonics(directions @ turn, degree)
    spin = np.eye(4)
    spin[1:, 1:] = turn
    return np.kron(Y.T @ (weights[:, None] * rotated), spin)


@pytest.mark.parametrize("degree", [0, 1, 6])
def test_harmonics_are_orthonormal_and_obey_the_addition_theorem(degree):
    directions, weights = sphere(2 * degree)
    Y = harmonics(directions, degree)
    assert np.allclose(Y.T @ (weights[:, None] * Y), np.eye((degree + 1) ** 2), atol=1e-13)
    p, k = random_directions(9), random_directions(7, seed=2)
    for l in range(degree + 1):
        part = slice(l * l, (l + 1) ** 2)
        products = harmonics(p, degree)[:, part] @ harmonics(k, degree)[:, part].T
        assert np.allclose(products, (2 * l + 1) * Legendre.basis(l)(p @ k.T), atol=1e-12)


def test_harmonics_are_those_of_scipy():
    p = random_directions(20)
    polar, azimuth = np.arccos(p[:, 2]), np.arctan2(p[:, 1], p[:, 0])
    Y = harmonics(p, 4)
    assert np.allclose(Y[:, 1:4], np.sqrt(3) * p[:, [1, 2, 0]], atol=1e-15)
    for l in range(5):
        for m in range(l + 1):
            standard = np.sqrt(4 * np.pi) * (-1) ** m * sph_harm_y(l, m, polar, azimuth) * (np.sqrt(2) if m else 1)
            assert np.allclose(Y[:, l * l + l + m], standard.real, atol=1e-13)
            if m:
                assert np.allclose(Y[:, l * l + l - m], standard.imag, atol=1e-13)


def test_channel_names():
    assert channel("s1/2") == (0, 1)
    assert channel("f7/2") == (3, 7)
    for name in ("p5/2", "s3/2", "g7/2", "p1", "1/2"):
        with pytest.raises(ValueError, match="no scattering channel; known are s1/2"):
            channel(name)


def spinor_harmonic(l, twice_j, twice_m, p):
    """Ω_ljm(p̂) from Clebsch-Gordan coefficients: (N, 2)."""
    polar, azimuth = np.arccos(np.clip(p[:, 2], -1, 1)), np.arctan2(p[:, 1], p[:, 0])
    m, out = twice_m / 2, np.zeros((len(p), 2), complex)
    plus, minus = np.sqrt((l + m + 0.5) / (2 * l + 1)), np.sqrt((l - m + 0.5) / (2 * l + 1))
    up, down = (plus, minus) if twice_j == 2 * l + 1 else (-minus, plus)
    for column, (factor, order) in enumerate(((up, m - 0.5), (down, m + 0.5))):
        if abs(order) <= l:
            out[:, column] = factor * sph_harm_y(l, round(order), polar, azimuth)
    return out


def test_amplitude_is_the_sum_over_projectors_on_total_angular_momentum():
    p, k = random_directions(6), random_directions(5, seed=3)
    sigma = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    expected = 0
    for name, eta in EVERY.items():
        l, twice_j = channel(name)
        for twice_m in range(-twice_j, twice_j + 1, 2):
            out, into = spinor_harmonic(l, twice_j, twice_m, p), spinor_harmonic(l, twice_j, twice_m, k)
            expected -= np.exp(1j * eta) * np.sin(eta) * 4 * np.pi * np.einsum("pi,kj->pkij", out, into.conj())
    t = np.tensordot(amplitude(EVERY, p, k)[0], sigma, axes=(0, 0))
    assert np.allclose(t, expected, atol=1e-13)


def test_momentum_shift_is_the_gradient_of_the_solid_harmonics():
    p, k = random_directions(4), random_directions(4, seed=3)

    def off_shell(p, k):  # phase shifts held fixed, t homogeneous of degree l in either momentum
        total = 0
        for name, eta in EVERY.items():
            l = channel(name)[0]
            sizes = np.linalg.norm(p, axis=1)[:, None] * np.linalg.norm(k, axis=1)
            unit = [v / np.linalg.norm(v, axis=1)[:, None] for v in (p, k)]
            total = total + sizes**l * amplitude({name: eta}, *unit)[0]
        return total

    h = 1e-3
    for axis, step in enumerate(np.eye(3)):
        slope = [
            (off_shell(p + n * h * step, k + n * h * step) - off_shell(p - n * h * step, k - n * h * step))
            / (2 * n * h)
            for n in (1, 2)
        ]
        assert np.allclose(amplitude(EVERY, p, k)[1][axis], (4 * slope[0] - slope[1]) / 3, atol=1e-9)


def test_optical_theorem():
    p, w = sphere(8)
    t = amplitude(EVERY, p[:3], p)[0]
    assert np.allclose(np.einsum("apk,apk,k->p", t, t.conj(), w), loss_rate(EVERY), rtol=1e-13)


@pytest.mark.parametrize("eta", ETAS)
def test_operators_equal_dense_superoperators(dense, eta):
    full, alpha = dense(eta, 1.0, 6, 8), 0.07
    compact = impurity_operators(s_and_p(eta), alpha, degree=3)
    Y = np.kron(harmonics(full.directions, 3), np.eye(4))
    assert np.allclose(full.loss, compact.loss, rtol=1e-14)
    weights = np.repeat(full.weights, 4)
    assert np.allclose(Y @ compact.gain @ (Y.T * weights), full.gain, atol=1e-14)
    for axis in range(3):
        assert np.allclose(Y @ compact.drift[axis] @ (Y.T * weights), alpha * full.V[axis], atol=1e-14)


@pytest.mark.parametrize("channels", [s_and_p(ETAS[1]), EVERY], ids=["sp", "spdf"])
def test_charge_is_conserved_to_the_last_bit(channels):
    found = impurity_operators(channels, 0.05)
    relaxation = found.lambda_
    assert not relaxation[0].any()
    assert not relaxation[:, 0].any()
    assert found.gain[0, 0] == found.loss == pytest.approx(loss_rate(channels))


@pytest.mark.parametrize("channels", [s_and_p(ETAS[1]), EVERY], ids=["sp", "spdf"])
def test_operators_are_covariant_under_joint_rotations_and_parity(channels):
    found = impurity_operators(channels, 0.05)
    turn, _ = np.linalg.qr(np.random.default_rng(4).normal(size=(3, 3)))
    turn *= np.linalg.det(turn)
    R = rotation(found.degree, turn)
    assert np.allclose(R @ found.gain @ R.T, found.gain, atol=1e-13)
    assert np.allclose(np.einsum("ab,bij->aij", turn, R @ found.drift @ R.T), found.drift, atol=1e-14)
    l = np.repeat([l for l in range(found.degree + 1) for _ in range(2 * l + 1)], 4)
    even = np.equal.outer(l % 2, l % 2)
    assert not found.gain[~even].any()
    assert not found.drift[:, even].any()
    assert found.drift.any()


@pytest.mark.parametrize("channels", [s_and_p(ETAS[1]), EVERY], ids=["sp", "spdf"])
def test_time_reversal_symmetry(channels):
    found = impurity_operators(channels, 1.0)
    S = signs(found)
    for operator in (found.gain, *found.drift):
        assert np.allclose(operator, S[:, None] * operator.T * S, atol=1e-14)
    # antisymmetric between charge and spin, hence not Hermitian as the paper has it
    assert np.abs(found.drift - found.drift.transpose(0, 2, 1)).max() > 0.1


def test_relaxation_is_positive():
    found = impurity_operators(EVERY)
    assert np.linalg.eigvalsh((found.lambda_ + found.lambda_.T) / 2)[0] > -1e-13


def test_spin_relaxation_rate_is_the_corrected_closed_form():
    for e0, e1, e2 in np.random.default_rng(5).uniform(-np.pi / 2, np.pi / 2, (50, 3)):
        relaxation = impurity_operators(s_and_p((e0, e1, e2))).lambda_
        assert relaxation[3, 3] == pytest.approx(8 / 9 * np.sin(e1 - e2) ** 2, abs=1e-14)
        assert relaxation[1, 1] == pytest.approx(relaxation[3, 3], abs=1e-14)


def test_single_p_half_channel_conserves_a_second_spin():
    relaxation = impurity_operators({"p1/2": 0.8}).lambda_
    p, w = sphere(4)
    for axis in range(3):
        # ⟨σ·p̂ n σ·p̂⟩_axis = ⟨2 p̂_axis p̂·n - n_axis⟩
        functional = np.einsum("pi,p,pa->ia", harmonics(p, 2), w, 2 * p[:, [axis]] * p - np.eye(3)[axis])
        flat = np.pad(functional, ((0, 0), (1, 0))).ravel()
        assert np.allclose(flat @ relaxation, 0, atol=1e-14)
        assert np.allclose(relaxation @ flat, 0, atol=1e-14)
        assert flat[axis + 1] ** 2 / (flat @ flat) == pytest.approx(1 / 9)
    null = np.sum(np.linalg.eigvalsh(relaxation) < 1e-12)
    assert null == 4  # charge and these three: the spin density itself is not conserved


def test_padding_and_cutting():
    small, large = impurity_operators(s_and_p(ETAS[0]), 0.1), impurity_operators(s_and_p(ETAS[0]), 0.1, degree=4)
    assert (small.degree, large.degree) == (2, 4)
    assert np.array_equal(large.gain[:36, :36], small.gain)
    assert not large.gain[36:].any()
    assert not large.drift[:, :, 36:].any()
    assert impurity_operators({"s1/2": 0.3}).degree == 2
    with pytest.raises(ValueError, match="degree 3 cuts the operators of l ≤ 2"):
        impurity_operators({"d3/2": 0.1}, degree=3)


def test_alpha_scales_the_drift_only():
    one, half = impurity_operators(EVERY, 0.1), impurity_operators(EVERY, 0.05)
    assert np.array_equal(one.gain, half.gain)
    assert np.allclose(one.drift, 2 * half.drift, rtol=1e-15)


def test_background_conserves_charge_and_relaxes_what_it_should():
    parts = [(3.0, impurity_operators(s_and_p(ETAS[1]), 0.02)), (0.5, impurity_operators({"d5/2": 0.4}, 0.01))]
    found = combine(parts, momentum_rate=0.7, spin_flip_rate=0.2)
    assert found.degree == 4
    assert found.gain[0, 0] == found.loss == pytest.approx(sum(r * o.loss for r, o in parts) + 0.9)
    bare = combine(parts)
    difference = found.lambda_ - bare.lambda_
    expected = np.full(100, 0.9)
    expected[:4] = [0, 0.2, 0.2, 0.2]
    assert np.allclose(difference, np.diag(expected), atol=1e-14)
    assert np.allclose(found.drift[:, :36, :36], parts[0][1].drift + parts[1][1].drift[:, :36, :36], atol=1e-16)


def test_local_moments_return_all_charge_and_minus_a_third_of_the_spin():
    rate = 0.3
    found = combine([], exchange_rate=rate)
    # Independent: a moment points along any axis with equal chance, and the electron's spin is turned by σ along it.
    spinors = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    returned = [[np.trace(s @ sum(m @ n @ m for m in spinors[1:])).real / 6 for n in spinors] for s in spinors]
    assert np.allclose(found.gain[:4, :4], rate * np.array(returned), atol=1e-16)
    assert np.allclose(returned, np.diag([1, -1 / 3, -1 / 3, -1 / 3]), atol=1e-16)
    rates = np.linalg.eigvalsh(found.lambda_)
    assert np.allclose(rates, np.r_[0, np.full(32, rate), np.full(3, 4 / 3 * rate)], rtol=1e-14, atol=1e-16)


def test_local_moments_add_their_rates_to_those_of_other_scatterers():
    parts = [(3.0, impurity_operators(s_and_p(ETAS[1]), 0.02))]
    both = combine(parts, 0.7, 0.2, 0.9)
    without = combine(parts, 0.7, 0.2)
    difference = both.lambda_ - without.lambda_
    assert np.allclose(difference, np.diag([0, 1.2, 1.2, 1.2, *np.full(32, 0.9)]), atol=1e-14)
    assert np.array_equal(both.drift, without.drift)
    metal = material([(0.02, s_and_p(ETAS[1]))], tau_p=2e-14, tau_sf=1e-12, tau_ex=3e-14)
    alone = material([(0.02, s_and_p(ETAS[1]))], tau_p=2e-14, tau_sf=1e-12)
    v_F = alloy.fermi_velocity(metal)
    more = operators(metal).lambda_ - operators(alone).lambda_
    assert more[2, 2] * v_F == pytest.approx(4 / 3 / 3e-14, rel=1e-12)
    assert more[4, 4] * v_F == pytest.approx(1 / 3e-14, rel=1e-12)
    assert operators(metal).loss * v_F == pytest.approx(alloy.loss_rate(metal), rel=1e-14)


def material(impurities, tau_p=np.inf, tau_sf=np.inf, tau_ex=np.inf, k_F=1.36e10, mass=1.2):
    impurity = [SimpleNamespace(name="X", concentration=x, channels=channels) for x, channels in impurities]
    background = SimpleNamespace(tau_p=tau_p, tau_sf=tau_sf, tau_ex=tau_ex)
    return SimpleNamespace(k_F=k_F, mass=mass, impurity=impurity, background=background)


def test_alloy_constants_agree_with_each_other():
    metal = material([(0.02, s_and_p(ETAS[1]))])
    (impurity,) = metal.impurity
    density, states = alloy.carrier_density(metal), alloy.density_of_states(metal)
    assert density == pytest.approx(4 / 3 * states * alloy.fermi_energy(metal))
    assert alloy.fermi_energy(metal) == pytest.approx(metal.mass * electron_mass * alloy.fermi_velocity(metal) ** 2 / 2)
    rate = alloy.scattering_rate(metal, impurity)
    assert rate == pytest.approx(2 * impurity.concentration * density / (np.pi * hbar * states))
    l0 = alloy.scattering_length(metal, impurity)
    assert l0 == pytest.approx(alloy.fermi_velocity(metal) / rate)
    assert alloy.side_jump_parameter(impurity) == pytest.approx(1 / (2 * metal.k_F * l0))
    # copper: 8.47e28 carriers/m³, 7.0 eV
    assert density == pytest.approx(8.5e28, rel=0.01)
    assert alloy.fermi_energy(material([], mass=1.0)) / e == pytest.approx(7.0, rel=0.01)


def test_material_operators_in_si():
    metal = material([(0.02, s_and_p(ETAS[1])), (0.0, EVERY), (0.01, {"d3/2": 0.5})], tau_p=2e-14, tau_sf=1e-12)
    found = operators(metal)
    v_F = alloy.fermi_velocity(metal)
    assert found.degree == 4
    assert found.loss == pytest.approx(alloy.loss_rate(metal) / v_F)
    assert alloy.mean_free_path(metal) == pytest.approx(1 / found.loss)
    spin = alloy.scattering_rate(metal, metal.impurity[0]) * 8 / 9 * np.sin(1.4) ** 2
    spin += alloy.scattering_rate(metal, metal.impurity[2]) * impurity_operators({"d3/2": 0.5}).lambda_[1, 1] + 1e12
    assert found.lambda_[1, 1] == pytest.approx(spin / v_F)
    assert not operators(metal, side_jump=False).drift.any()
    assert operators(metal, degree=5).gain.shape == (144, 144)
    with pytest.raises(ValueError, match="degree 2 cuts"):
        operators(metal, degree=2)
    host = operators(material([], tau_p=1e-14))
    assert host.loss == pytest.approx(1e14 / v_F)
    assert alloy.mean_free_path(material([])) == np.inf


@pytest.mark.parametrize(("occupation", "degeneracy"), [(1, 2), (1, 4), (2.5, 4)])
def test_kondo_resonance_extremises_the_mean_field_free_energy(occupation, degeneracy):
    coupling, fermi_energy = 0.12, 1.0
    found = kondo.kondo_resonance(coupling, fermi_energy, occupation, degeneracy)
    phase = np.pi * occupation / degeneracy
    assert found.phase_shift() == pytest.approx(phase)
    assert found.temperature == pytest.approx(fermi_energy * np.exp(-1 / coupling))

    def over_the_band(derivative):
        def integrand(energy):
            return derivative(energy) / ((found.level - energy) ** 2 + found.width**2)

        return quad(integrand, -fermi_energy, 0, points=[-found.temperature, min(found.level, 0)], limit=200)[0]

    # S153 and S157: ∂F/∂λ = ∂F/∂Γ_K = 0 per state, up to T_K/ε_F
    assert over_the_band(lambda energy: found.width) == pytest.approx(phase, abs=2e-3)
    assert over_the_band(lambda energy: found.level - energy) == pytest.approx(1 / coupling, abs=2e-3)


def test_screened_doublet_is_pinned_at_the_fermi_energy():
    doublet = kondo.kondo_resonance(0.12, 1.0)
    assert doublet.level == pytest.approx(0, abs=1e-15)
    assert kondo.friedel_phase() == np.pi / 2
    assert kondo.friedel_phase(1, 4) == np.pi / 4
    assert doublet.phase_shift(doublet.width) == pytest.approx(3 * np.pi / 4)
    with pytest.raises(ValueError, match="must be positive"):
        kondo.kondo_resonance(-0.1, 1.0)
    with pytest.raises(ValueError, match="occupation 3 is not between"):
        kondo.friedel_phase(3, 2)
