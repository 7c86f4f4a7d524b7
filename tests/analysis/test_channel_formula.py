"""The one-dimensional diffusion formula against published closed forms, its symmetries, and the kinetic device."""

import numpy as np
import pytest
from channels import lateral_valve
from published_valves import interface, takahashi_maekawa, tunnel_hanle
from scipy.constants import elementary_charge

from boltzsim.analysis import channel_formula as formula
from boltzsim.analysis.valve_device import spin_constants, valve
from boltzsim.runs.start import run

AREA, STATES = 1e-15, 2e47


def isotropic(omega=(0, 0, 0), D=3e-3, tau=2e-13):
    return formula.channel(AREA, STATES, D, D, tau, omega)


@pytest.mark.parametrize("scale", [1e-4, 1e-2, 1.0, 30.0])
def test_collinear_signal_is_that_of_takahashi_and_maekawa(scale):
    channel = isotropic()
    length = np.sqrt(3e-3 * 2e-13)
    R_N = length / (elementary_charge**2 * STATES * 3e-3 * AREA)
    for distance in (0.1 * length, length, 5 * length):
        for axis in ([1, 0, 0], [0.6, 0, 0.8]):
            injector, detector = (0.7 * scale * R_N, 0.4, 0.02 * R_N, 0.7), (scale * R_N, 0.3, 0.05 * R_N, -0.5)
            contacts = [interface(R, P, axis, R_F, p_F) for R, P, R_F, p_F in (injector, detector)]
            expected = takahashi_maekawa(distance, length, R_N, injector, detector)
            assert formula.channel_resistance(channel, *contacts, distance) == pytest.approx(expected, rel=2e-13)


def test_tunnel_hanle_is_the_integral_over_times_of_flight():
    tunnel = formula.SpinContact(np.array([1.0, 0, 0]), 0.3, np.zeros((3, 3)))
    for omega in np.linspace(0, 3e13, 7):
        found = formula.channel_resistance(isotropic((0, 0, omega)), tunnel, tunnel, 60e-9)
        expected = tunnel_hanle(AREA, STATES, 3e-3, 2e-13, omega, 60e-9, 0.3, 0.3)
        zero = tunnel_hanle(AREA, STATES, 3e-3, 2e-13, 0.0, 60e-9, 0.3, 0.3)
        assert abs(found - expected) < 1e-11 * zero


def test_matrix_diffusion_decouples_along_the_axes_and_obeys_onsager():
    channel = formula.channel(AREA, STATES, 4e-3, 2e-3, 2e-13)
    for axis, D in zip(np.eye(3), (4e-3, 2e-3, 2e-3), strict=True):
        contact = formula.SpinContact(axis, 0.3, np.zeros((3, 3)))
        expected = 0.09 * np.exp(-5e-8 / np.sqrt(D * 2e-13)) / np.sqrt(D / 2e-13)
        expected /= 2 * elementary_charge**2 * STATES * AREA
        assert formula.channel_resistance(channel, contact, contact, 5e-8) == pytest.approx(expected, rel=1e-12)
    omega = np.array([1e12, 4e12, -3e12])
    one = interface(2.0, 0.4, [1, 2, 0], r_perp=0.7)
    other = interface(1.0, 0.3, [0, 1, -1], r_perp=0.3)
    forth, back = (formula.channel(AREA, STATES, 4e-3, 2e-3, 2e-13, sign * omega) for sign in (1, -1))
    there = formula.channel_resistance(forth, one, other, 5e-8)
    assert there == pytest.approx(formula.channel_resistance(back, other, one, 5e-8), rel=1e-12)
    assert abs(there - formula.channel_resistance(back, one, other, 5e-8)) > 0.01 * abs(there)


def test_contact_conductances_have_the_limits_of_tunnel_and_transparent_contacts():
    up, down, mixing = formula.contact_conductances(1e-6, 0.4)
    assert (up, down) == pytest.approx((1.4e-6 / 4, 0.6e-6 / 4), rel=1e-5)
    assert mixing.real == pytest.approx((1.4e-6 + 0.6e-6) / 2 / 4, rel=1e-5)
    assert formula.contact_conductances(1.0, 0.0)[:2] == pytest.approx((1 / formula.MILNE,) * 2)


@pytest.mark.parametrize("direction", [[1, 0, 0], [0, 0, 1]])
def test_kinetic_device_in_the_diffusive_corner_agrees_without_fitted_parameters(direction):
    case = lateral_valve(direction=direction)
    expected = valve(case, case.measure[0].model_dump())
    assert expected.mean_free_path < 0.1 * spin_constants(case)["length_T"]
    found = run(case).measures[0].extra["delta_R"]
    assert found == pytest.approx(expected.delta_R, rel=0.02)


def test_precession_in_the_device_turns_as_in_the_formula():
    """Injector along x, detector along y, field along z: the sign of the signal tells the sense of rotation."""
    case = lateral_valve(direction=[1, 0, 0], detector=[0, 1, 0], B=[0, 0, 12.0])
    expected = valve(case, case.measure[0].model_dump()).delta_R
    reverse = valve(lateral_valve([1, 0, 0], [0, 1, 0], [0, 0, -12.0]), case.measure[0].model_dump()).delta_R
    assert abs(expected + reverse) < 1e-9 * abs(expected)
    assert run(case).measures[0].extra["delta_R"] == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("electrode", [(0.0, 0.0), (0.05, 0.6), (3.0, -0.35)])
def test_a_barrier_before_an_electrode_is_that_of_takahashi_and_maekawa(electrode):
    channel, length = isotropic(), np.sqrt(3e-3 * 2e-13)
    R_N = length / (elementary_charge**2 * STATES * 3e-3 * AREA)
    R_F, p_F = electrode[0] * R_N, electrode[1]
    seen, R = formula.kinetic_contact(0.4, 0.3, [0, 1, 0], 2 * AREA, STATES, 1e6, electrode=(R_F, p_F))
    P_J = formula.kinetic_contact(0.4, 0.3, [0, 1, 0], 2 * AREA, STATES, 1e6)[0].polarization
    contact = (R, P_J, R_F, p_F)
    expected = takahashi_maekawa(length, length, R_N, contact, contact)
    assert formula.channel_resistance(channel, seen, seen, length) == pytest.approx(expected, rel=1e-12)


def test_kinetic_device_with_electrodes_agrees_with_the_formula():
    """Ferromagnets of 140 fΩ m² behind barriers of about 90 fΩ m²: more polarisation, and less of it flows back."""
    case = lateral_valve([0, 1, 0])
    tables = case.resolved()
    for contact in tables["contact"]:
        if contact["name"] in ("injector", "detector"):
            contact["electrode"] = {"resistivity": 1e-5, "spin_diffusion_length": 5e-9, "polarization": 0.8}
    case = case.replace(**tables)
    expected = valve(case, tables["measure"][0])
    assert expected.delta_R > 2 * valve(lateral_valve([0, 1, 0]), tables["measure"][0]).delta_R
    assert run(case).measures[0].extra["delta_R"] == pytest.approx(expected.delta_R, rel=0.02)
