"""The exact decay of Fourier modes against dense matrices, closed forms and discrete modes."""

import math

import numpy as np
import pytest
from scipy.linalg import expm

from boltzsim.limits.grating import decay_curve
from boltzsim.limits.modes import relaxation_rate, slow_mode
from boltzsim.material.superoperators import combine, impurity_operators

SP = ("s1/2", "p1/2", "p3/2")
KONDO, STRONG, WEAK = (0.1, math.pi / 2, 0.05), (0.4, 1.1, -0.3), (1.2, 0.2, 0.0)
COMPONENT = {"charge": 0, "T": 1, "L": 3}


def s_and_p(eta, alpha=0.0):
    return impurity_operators(dict(zip(SP, eta, strict=True)), alpha)


def isotropic(c):
    """Isotropic scattering with a spin survival c per collision, loss rate 1."""
    return combine([(c, impurity_operators({"s1/2": np.pi / 2}))], spin_flip_rate=1 - c)


@pytest.mark.parametrize("eta", [KONDO, STRONG, WEAK])
@pytest.mark.parametrize(("alpha", "q"), [(0.0, 0.5), (0.05, 3.0)])
def test_curves_are_those_of_the_matrix_exponential_on_all_angles(dense, eta, alpha, q):
    """Side jump of either sign changes the curves by more than 1e-6: 1e-12 sees it."""
    full = dense(eta, alpha, 24, 6)
    step, times = 1.3, 1.3 * np.arange(1, 5)
    propagator = expm(-step * (full.Lambda + 1j * q * full.W[2]))
    for polarization, component in COMPONENT.items():
        state, expected = np.zeros(len(propagator), complex), []
        state[component::4] = 1
        for _ in times:
            state = propagator @ state
            expected.append(full.weights @ state[component::4])
        found = decay_curve(s_and_p(eta, alpha), q, polarization, times)
        assert np.abs(found - expected).max() < 1e-12


def test_spin_that_every_collision_destroys_streams_freely():
    """f = e^{-loss t} sin(qt)/(qt), up to 250 radians of dephasing."""
    times = np.linspace(0, 50, 301)
    for rate in (0.01, 1.0):
        operators = combine([], spin_flip_rate=rate)
        for polarization in "LT":
            found = decay_curve(operators, 5.0, polarization, times)
            assert np.abs(found - np.exp(-rate * times) * np.sinc(5 * times / np.pi)).max() < 1e-10


@pytest.mark.parametrize("q", [0.3, 1.0])
def test_isotropic_scattering_decays_by_its_one_mode(q):
    """Slope q cot q - 1, with the residue (q/sin q)² of the dispersion relation atan(q/(1-s)) = q."""
    times, rate = np.array([40.0, 41.0]), 1 - q / math.tan(q)
    found = decay_curve(isotropic(1.0), q, "charge", times)
    assert math.log(found[0] / found[1]) == pytest.approx(rate, rel=1e-8)
    assert found[0] == pytest.approx((q / math.sin(q)) ** 2 * math.exp(-40 * rate), rel=1e-8)


@pytest.mark.parametrize("alpha", [0.0, 0.05])
@pytest.mark.parametrize("eta", [KONDO, STRONG, WEAK])
def test_late_slopes_are_the_discrete_rates(eta, alpha):
    operators = s_and_p(eta, alpha)
    for polarization in COMPONENT:
        for q in (0.05, 0.4):
            rate = relaxation_rate(operators, q, polarization)
            late = np.array([0.0, 1.0]) + min(20 / rate, 60)
            found = decay_curve(operators, q, polarization, late)
            assert math.log(found[0] / found[1]) == pytest.approx(rate, rel=1e-5)


def test_uniform_spin_at_the_kondo_point_decays_with_two_rates():
    operators = s_and_p(KONDO)
    slow, times = slow_mode(operators), np.linspace(0, 40, 41)
    found = decay_curve(operators, 0.0, "L", times)
    fast = -np.log((found[1:4] - slow.weight * np.exp(-slow.rate * times[1:4])) / (1 - slow.weight)) / times[1:4]
    assert fast == pytest.approx(fast[0], rel=1e-10)  # the exact 2×2 block: no third rate
    assert fast[0] > 60 * slow.rate
    assert found[-1] == pytest.approx(slow.weight * math.exp(-40 * slow.rate), rel=1e-10)
    assert decay_curve(operators, 0.0, "T", times) == pytest.approx(found, abs=1e-12)


def test_times_may_come_in_any_order_and_in_any_unit():
    operators = combine([(2.5e7, s_and_p(STRONG, 0.05))])
    times = np.array([3e-14, 0.0, 1e-14, 3e-14])
    found = decay_curve(operators, 1e7, "L", times, v_F=1.5e6)
    expected = decay_curve(s_and_p(STRONG, 0.05), 0.4, "L", times * 1.5e6 * 2.5e7)
    assert np.abs(found - expected).max() < 1e-12
    assert found[1] == 1.0 and found[0] == found[3]
    assert decay_curve(operators, 1e7, "L", []).shape == (0,)
