"""Fits find what synthetic data were made of, with uncertainties that mean something, and refuse what they cannot fit;
slow tests extract the constants of real alloys from simulated devices."""

from dataclasses import replace

import numpy as np
import pytest
from channels import L0, SPIN_FLIP, WEAK, lateral_valve, slab_series
from published_valves import tunnel_hanle

from boltzsim.analysis import fits, hanle_fit
from boltzsim.analysis.series import analyses
from boltzsim.analysis.valve_device import spin_constants, valve
from boltzsim.device.metal import materials_of
from boltzsim.limits.modes import decay_mode
from boltzsim.runs.reuse import Reuse
from boltzsim.runs.series import collect, run_series
from boltzsim.runs.start import run

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
    with pytest.raises(ValueError, match="does not turn"):
        fits.hanle(OMEGA, 1 + 1e-6 * np.cos(OMEGA), 1e-8)
    fit = fits.hanle(OMEGA, [-tunnel_hanle(1e-15, 2e47, 3e-3, 2e-13, w, 6e-8, 0.3, 0.3) for w in OMEGA], 6e-8)
    with pytest.raises(ValueError, match="opposite"):
        fits.injected_polarization(fit, 2e47, 1e-15)


def _solved(case, folder):
    run_series(case, folder)
    return collect(case, folder)


@pytest.mark.parametrize("direction, expected", [([1, 0, 0], 5.089), ([0, 1, 0], 5.101)])
def test_kondo_point_two_exponentials_find_the_slow_length(direction, expected, tmp_path):
    """Decay lengths of the slow mode at the paper's Kondo point, which the two-moment closure misses."""
    case = slab_series([3, 4, 5, 6, 8, 10, 13, 16, 20], direction=direction)
    (curve,) = analyses(_solved(case, tmp_path))
    assert curve.kind == "distance" and curve.state == ("L" if direction[0] else "T")
    single, double = curve.fits
    assert double.value["length"] == pytest.approx(expected * L0, rel=0.02)
    assert single.value["length"] < 0.98 * expected * L0  # one exponential does not
    polarization = curve.state
    assert curve.bulk[f"length_{polarization}"] == pytest.approx(expected * L0, rel=2e-4)
    assert curve.bulk[f"p1_length_{polarization}"] < 0.7 * L0


def test_weak_alloy_lengths_and_the_sign_of_their_difference(tmp_path):
    """Two alloys whose exact λ_L - λ_T have opposite signs; the closure P1 gets the first one wrong."""
    for channels, sign in (((0.3007, 1.75, 1.5343), -1), ((0.9744, 0.5959, 0.3889), 1)):
        shifts = dict(zip(("s1/2", "p1/2", "p3/2"), channels, strict=True))
        alloy = {"impurity": [{"concentration": 0.02, "channels": shifts}]}
        found, exact, closure = {}, {}, {}
        for state, direction in (("L", [1, 0, 0]), ("T", [0, 1, 0])):
            case = slab_series(np.array([12, 15, 18, 21, 24]), alloy, direction, step=0.5)
            (curve,) = analyses(_solved(case, tmp_path))
            found[state] = curve.fits[0].value["length"]
            exact[state], closure[state] = curve.bulk[f"length_{state}"], curve.bulk[f"p1_length_{state}"]
            assert found[state] == pytest.approx(exact[state], rel=0.01)
        assert np.sign(exact["L"] - exact["T"]) == sign
        assert np.sign(found["L"] - found["T"]) == sign
        assert found["L"] / found["T"] - 1 == pytest.approx(exact["L"] / exact["T"] - 1, rel=0.2)
        if sign < 0:
            assert closure["L"] > closure["T"]


X, Y, Z = np.eye(3)


def hanle_curve(direction, axis, fields=range(0, 73, 9), **device):
    """Valve, Larmor vectors and ΔR of a simulated device; its case."""
    kept, frequencies, signal, cases = Reuse(), [], [], []
    for field in fields:
        cases.append(lateral_valve(direction.tolist(), B=axis * field, **device))
        found = valve(cases[-1], cases[-1].measure[0].model_dump())
        K = found.channel.K
        frequencies.append([K[1, 2], K[2, 0], K[0, 1]])
        signal.append(run(cases[-1], reuse=kept).measures[0].extra["delta_R"])
    return (valve(cases[0], cases[0].measure[0].model_dump()), np.array(frequencies), np.array(signal)), cases[0]


@pytest.mark.parametrize("direction, axis", [(X, Y), (X, Z), (Y, Z), (Z, Y), (Y, X)])
def test_matrix_hanle_returns_what_went_in(direction, axis):
    case = lateral_valve(direction.tolist())
    device = valve(case, case.measure[0].model_dump())
    assert np.abs(device.injector.admittance).max() > 0 and np.abs(device.injector.tilt).max() > 0
    fields = np.outer(np.linspace(0, 1.3e13, 9), axis)
    true = {"polarization": 0.31, "tau_s": 1.3e-13, "D_T": 3e-4, "D_L": 2.5e-4}
    fit = hanle_fit.fit([(device, fields, hanle_fit.curve(device, fields, true))])
    across = direction[0] == 0 and axis[0]  # spins stay across the channel
    assert set(fit.value) == set(true) - ({"D_L"} if across else set())
    assert fit.value == pytest.approx({name: true[name] for name in fit.value}, rel=1e-7)
    with pytest.raises(ValueError, match="does not turn"):
        hanle_fit.fit([(device, fields @ np.outer(axis, direction), hanle_fit.curve(device, fields, true))])


def test_curves_fitted_together_share_their_constants():
    true, curves = {"polarization": 0.31, "tau_s": 1.3e-13, "D_T": 3e-4, "D_L": 2.9e-4}, []
    for direction, axis in ((X, Y), (Y, Z)):
        case = lateral_valve(direction.tolist())
        device, fields = valve(case, case.measure[0].model_dump()), np.outer(np.linspace(0, 1.3e13, 5), axis)
        curves.append((device, fields, hanle_fit.curve(device, fields, true)))
    assert hanle_fit.fit(curves).value == pytest.approx(true, rel=1e-7)


def test_swapping_tilts_the_spins_across_the_film():
    """Diffusion model: the formula without the tilt misses what a field along y does, with it a tenth is left."""
    model = {"physics": {"side_jump": False, "model": "diffusion"}}
    (device, fields, signal), _ = hanle_curve(X, Y, [0, 20, 40, 60], cells=400, **model)
    plain = replace(
        device,
        injector=replace(device.injector, tilt=np.zeros((3, 3))),
        detector=replace(device.detector, tilt=np.zeros((3, 3))),
    )
    true = spin_constants(lateral_valve()) | {"polarization": device.polarization}
    errors = [hanle_fit.curve(one, fields, true) / signal[0] - signal / signal[0] for one in (device, plain)]
    assert np.abs(errors[0]).max() < 0.012
    assert np.abs(errors[1]).max() > 0.02
    back = replace(device, injector=device.detector, detector=device.injector, distance=-device.distance)
    np.testing.assert_allclose(
        hanle_fit.curve(back, -fields, true), hanle_fit.curve(device, fields, true), rtol=1e-10
    )  # Onsager


@pytest.mark.slow
@pytest.mark.parametrize("direction, axis", [(X, Y), (X, Z), (Y, Z)], ids=["x, B y", "x, B z", "y, B z"])
@pytest.mark.parametrize("alloy", [WEAK, SPIN_FLIP], ids=["spin-orbit", "spin flip"])
def test_hanle_of_a_device_in_the_diffusive_corner(direction, axis, alloy):
    """In and out of the plane of the contacts, longitudinal and transverse: τ_s, D_L, D_T, P by the matrix formula; the
    standard lineshape has τ_s right too, but D by a tenth and P wrong."""
    curve, case = hanle_curve(direction, axis, alloy=alloy, cells=200)
    device, fields, signal = curve
    true = spin_constants(case) | {"polarization": device.polarization}
    fit, standard = hanle_fit.fit([curve]), fits.hanle(np.linalg.norm(fields, axis=1), signal, device.distance)
    assert fit.value["tau_s"] == pytest.approx(true["tau_s"], rel=0.005)
    assert fit.value == pytest.approx({name: true[name] for name in fit.value}, rel=0.02)
    assert standard.value["tau_s"] == pytest.approx(true["tau_s"], rel=0.03)
    if alloy is WEAK and axis is Y:
        assert standard.value["D"] / true["D_T"] > 1.06


def test_the_exact_lengths_are_those_of_the_modes():
    case = lateral_valve()
    constants = spin_constants(case)
    for state in "LT":
        assert constants[f"length_{state}"] == decay_mode(materials_of(case)[0], state).length
        diffusive = np.sqrt(constants[f"D_{state}"] * constants["tau_s"])
        assert constants[f"length_{state}"] == pytest.approx(diffusive, rel=5e-3)
