"""Fits find what synthetic data were made of, with uncertainties that mean something, and refuse what they cannot fit;
slow tests extract the constants of real alloys from simulated devices."""

import numpy as np
import pytest
from channels import L0, SPIN_FLIP, WEAK, lateral_valve, slab

from boltzsim.device import materials_of
from boltzsim.limits.modes import decay_mode
from boltzsim.measure import fits
from boltzsim.measure.diffusion_formula import tunnel_hanle
from boltzsim.measure.valve import spin_constants, valve
from boltzsim.series import collect, run_series
from boltzsim.series_analysis import analyses
from boltzsim.simulation import run

OMEGA = np.linspace(-3e13, 3e13, 31)
DISTANCE = np.linspace(1, 12, 12) * 1e-9


def test_exponential_and_its_uncertainty():
    rng = np.random.default_rng(3)
    pulls = []
    for _ in range(200):
        noisy = -2e-3 * np.exp(-DISTANCE / 4e-9) * (1 + 0.02 * rng.standard_normal(len(DISTANCE)))
        fit = fits.exponential(DISTANCE, noisy)
        assert fit.value["amplitude"] < 0
        pulls.append((fit.value["length"] - 4e-9) / fit.error["length"])
    assert abs(np.mean(pulls)) < 0.3
    assert 0.85 < np.std(pulls) < 1.35  # a t distribution of 10 degrees of freedom: 1.12


def test_two_exponentials_are_told_apart():
    signal = 3e-4 * np.exp(-DISTANCE / 5e-9) + 2e-3 * np.exp(-DISTANCE / 0.8e-9)
    fit = fits.two_exponentials(DISTANCE[::-1], signal[::-1])
    found = [fit.value[name] for name in ("amplitude", "length", "amplitude_short", "length_short")]
    assert found == pytest.approx([3e-4, 5e-9, 2e-3, 0.8e-9], rel=1e-6)
    single = fits.exponential(DISTANCE, signal)
    assert single.misfit > 1e-2 and single.value["length"] < 4.8e-9


@pytest.mark.parametrize("P_1, P_2", [(0.3, 0.3), (0.1, 0.4)])
def test_hanle_returns_what_went_in(P_1, P_2):
    signal = [tunnel_hanle(1e-15, 2e47, 3e-3, 2e-13, w, 60e-9, P_1, P_2) for w in OMEGA]
    fit = fits.hanle(OMEGA, signal, 60e-9)
    assert [fit.value[k] for k in ("tau_s", "D", "length")] == pytest.approx([2e-13, 3e-3, np.sqrt(6e-16)], rel=1e-7)
    P, error = fits.injected_polarization(fit, 2e47, 1e-15)
    assert pytest.approx(np.sqrt(P_1 * P_2), rel=1e-7) == P
    rng, pulls = np.random.default_rng(5), {"tau_s": [], "D": [], "P": []}
    for _ in range(60):
        fit = fits.hanle(OMEGA, signal + 0.01 * np.max(signal) * rng.standard_normal(len(OMEGA)), 60e-9)
        P, error = fits.injected_polarization(fit, 2e47, 1e-15)
        pulls["tau_s"].append((fit.value["tau_s"] - 2e-13) / fit.error["tau_s"])
        pulls["D"].append((fit.value["D"] - 3e-3) / fit.error["D"])
        pulls["P"].append((P - np.sqrt(P_1 * P_2)) / error)
    assert all(0.6 < np.std(pull) < 1.5 for pull in pulls.values())


def test_what_cannot_be_fitted_is_refused():
    signal = np.exp(-DISTANCE / 4e-9)
    with pytest.raises(ValueError, match="at least 3"):
        fits.exponential(DISTANCE[:2], signal[:2])
    with pytest.raises(ValueError, match="sign"):
        fits.exponential(DISTANCE, signal * np.where(DISTANCE > 5e-9, 1, -1))
    with pytest.raises(ValueError, match="decay"):
        fits.exponential(DISTANCE, 1 / signal)
    with pytest.raises(ValueError, match="4 different fields"):
        fits.hanle([0, 1, -1, 2], signal[:4], 1e-8)
    fit = fits.hanle(OMEGA, [-tunnel_hanle(1e-15, 2e47, 3e-3, 2e-13, w, 6e-8, 0.3, 0.3) for w in OMEGA], 6e-8)
    with pytest.raises(ValueError, match="opposite"):
        fits.injected_polarization(fit, 2e47, 1e-15)


def _solved(case, folder):
    run_series(case, folder)
    return collect(case, folder)


@pytest.mark.parametrize("direction, expected", [([1, 0, 0], 5.089), ([0, 1, 0], 5.101)])
def test_kondo_point_two_exponentials_find_the_slow_length(direction, expected, tmp_path):
    """Decay lengths of the slow mode at the paper's Kondo point, which the two-moment closure misses."""
    case = slab([3, 4, 5, 6, 8, 10, 13, 16, 20], direction=direction)
    (curve,) = analyses(_solved(case, tmp_path))
    assert curve.kind == "distance" and curve.state == ("L" if direction[0] else "T")
    single, double = curve.fits
    assert double.value["length"] == pytest.approx(expected * L0, rel=0.02)
    assert single.value["length"] < 0.98 * expected * L0  # one exponential does not
    polarization = curve.state
    assert curve.true[f"length_{polarization}"] == pytest.approx(expected * L0, rel=2e-4)
    assert curve.true[f"p1_length_{polarization}"] < 0.7 * L0


def test_weak_alloy_lengths_and_the_sign_of_their_difference(tmp_path):
    """Two alloys whose exact λ_L - λ_T have opposite signs; the closure P1 gets the first one wrong."""
    for channels, sign in (((0.3007, 1.75, 1.5343), -1), ((0.9744, 0.5959, 0.3889), 1)):
        shifts = dict(zip(("s1/2", "p1/2", "p3/2"), channels, strict=True))
        found, exact, closure = {}, {}, {}
        for state, direction in (("L", [1, 0, 0]), ("T", [0, 1, 0])):
            case = slab(np.array([12, 15, 18, 21, 24]), shifts, direction, step=0.5)
            (curve,) = analyses(_solved(case, tmp_path))
            found[state] = curve.fits[0].value["length"]
            exact[state], closure[state] = curve.true[f"length_{state}"], curve.true[f"p1_length_{state}"]
            assert found[state] == pytest.approx(exact[state], rel=0.01)
        assert np.sign(exact["L"] - exact["T"]) == sign
        assert np.sign(found["L"] - found["T"]) == sign
        assert found["L"] / found["T"] - 1 == pytest.approx(exact["L"] / exact["T"] - 1, rel=0.2)
        if sign < 0:
            assert closure["L"] > closure["T"]


@pytest.mark.slow
@pytest.mark.parametrize("direction, axis", [([1, 0, 0], 1), ([0, 1, 0], 0)])
@pytest.mark.parametrize("alloy, tolerance", [(WEAK, 0.1), (SPIN_FLIP, 0.03)], ids=["spin-orbit", "spin flip"])
def test_hanle_of_a_device_in_the_diffusive_corner(direction, axis, alloy, tolerance):
    """τ_s to 3 %. D and P too in a metal with spin flips only; spin-orbit swapping at mirror walls shifts them."""
    frequencies, signal = [], []
    for field in np.linspace(0, 72, 9):
        case = lateral_valve(direction, B=np.eye(3)[axis] * field, alloy=alloy)
        device = valve(case, case.measure[0].model_dump())
        frequencies.append(np.linalg.norm(device.channel.K - device.channel.K.T) / np.sqrt(8))
        signal.append(run(case).measures[0].extra["delta_R"])
    fit, true = fits.hanle(frequencies, signal, device.distance), spin_constants(case)
    assert fit.value["tau_s"] == pytest.approx(true["tau_s"], rel=0.03)
    assert fit.value["D"] == pytest.approx(true["D_T"], rel=tolerance)
    P, _ = fits.injected_polarization(fit, device.channel.states, device.channel.area, steps=2)
    assert pytest.approx(device.injector.polarization, rel=tolerance) == P


def test_the_exact_lengths_are_those_of_the_modes():
    case = lateral_valve()
    constants = spin_constants(case)
    for state in "LT":
        assert constants[f"length_{state}"] == decay_mode(materials_of(case)[0], state).length
        diffusive = np.sqrt(constants[f"D_{state}"] * constants["tau_s"])
        assert constants[f"length_{state}"] == pytest.approx(diffusive, rel=5e-3)
