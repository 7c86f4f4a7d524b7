"""Resistivity by phonons against sums, limits and measured copper."""

import numpy as np
import pytest
from scipy.constants import electron_mass, elementary_charge
from scipy.special import gammainc, zeta

from boltzsim import Material
from boltzsim.material.alloy import carrier_density
from boltzsim.material.phonons import bloch_gruneisen, collision_rate

COPPER = {  # R. A. Matula, J. Phys. Chem. Ref. Data 8, 1147 (1979), recommended values in uOhm cm
    100: 0.348,
    150: 0.699,
    200: 1.046,
    273.15: 1.543,
}


@pytest.mark.parametrize(("x", "printed"), [(1, 0.2366), (2, 3.229), (5, 50.263), (10, 116.38), (20, 124.42)])
def test_integral_is_that_of_printed_tables_and_of_a_sum(x, printed):
    """J_5(x) = Σ_k 120 P(6, kx)/k⁵ from 1/4 sinh²(t/2) = Σ_k k e^{-kt}; tables have four or five digits."""
    k = np.arange(1, 4000)
    found = x**5 * bloch_gruneisen(1.0, x)
    assert found == pytest.approx((120 * gammainc(6, k * x) / k**5).sum(), rel=1e-11)
    assert found == pytest.approx(printed, rel=2e-4)


def test_cold_metals_follow_the_fifth_power():
    """The corrections are e^{-Θ/T}: 120 ζ(5) (T/Θ)⁵ to rounding below Θ/60."""
    for T in (1e-6, 1.0, 5.0):
        assert bloch_gruneisen(T, 315.0) == pytest.approx(120 * zeta(5) * (T / 315) ** 5, rel=1e-12)
    assert bloch_gruneisen(0.0, 315.0) == 0


def test_hot_metals_are_linear():
    """b = (T/4Θ)(1 - (Θ/T)²/18 + (Θ/T)⁴/480 - …), by expansion of the hyperbolic sine."""
    for u in (0.1, 0.01):
        assert bloch_gruneisen(1 / u, 1.0) == pytest.approx((1 - u**2 / 18 + u**4 / 480) / (4 * u), rel=u**6)


def test_copper_as_it_was_measured():
    share = {T: bloch_gruneisen(T, 320.0) / bloch_gruneisen(300.0, 320.0) for T in COPPER}
    assert {T: 1.725 * one for T, one in share.items()} == pytest.approx(COPPER, rel=0.05)


def test_rate_is_that_of_drude():
    metal = Material(k_F=1.36e10, mass=1.3)
    expected = carrier_density(metal) * elementary_charge**2 * 2e-8 / (1.3 * electron_mass)
    assert collision_rate(metal, 2e-8) == pytest.approx(expected, rel=1e-12)
