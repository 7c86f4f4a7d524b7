"""Transient spin gratings: what a fit of their decay gives, against the exact modes of the infinite medium."""

import numpy as np
import pytest

import boltzsim
from boltzsim.limits.grating import decay_curve
from boltzsim.limits.modes import relaxation_rate, slow_mode
from boltzsim.material.alloy import fermi_velocity
from boltzsim.material.superoperators import operators

CHANNELS = ("s1/2", "p1/2", "p3/2")
AXIS = {"L": "z", "T": "x"}


def alloy(eta, alpha):
    """A material with side-jump parameter α = 2x/3π, or without side jump, and whether it is kept."""
    x = 1.5 * np.pi * (alpha or 0.01)
    impurity = {"name": "X", "concentration": x, "channels": dict(zip(CHANNELS, eta, strict=True))}
    return {"k_F": 13.6e9, "impurity": [impurity]}, alpha > 0


def grating(eta, alpha, polarization, length, cells, periods, end, **time):
    """A grating case; length in l0, times in 1/Γ, more keys of [time] as they are."""
    material, side_jump = alloy(eta, alpha)
    built = boltzsim.Material(**material)
    l0 = 3 * np.pi / (4 * material["impurity"][0]["concentration"] * material["k_F"])
    second = l0 / fermi_velocity(built)
    component = AXIS[polarization]
    return (
        boltzsim.Case(
            material={"alloy": material},
            grid={"z": {"length": length * l0, "cells": cells}},
            walls={"periodic": ["z"]},
            angles={"quadrature": "double-gauss", "polar": 4, "azimuthal": 6},
            physics={"side_jump": side_jump},
            time={"end": end * second, "frames": 1} | {key: value * second for key, value in time.items()},
            initial={
                "kind": "grating",
                "axis": "z",
                "periods": periods,
                "spin": [1e-3 * (a == component) for a in "xyz"],
            },
            measure=[{"kind": "decay", "signal": "grating", "component": component}],
        ),
        second,
        l0,
    )


def rates(eta, alpha, polarization, length=120, cells=240):
    """Wave numbers in 1/l0 and decay rates in Γ of a few gratings of one box."""
    found, (end, step) = [], TIMES[eta]
    for periods in (3, 4, 5, 6):
        case, second, _ = grating(eta, alpha, polarization, length, cells, periods, end, step=step)
        found.append(boltzsim.run(case).measures[0].value * second)
    return 2 * np.pi * np.array([3, 4, 5, 6]) / length, np.array(found)


TIMES = {(0.4, 1.1, -0.3): (30.0, 0.1), (1.2, 0.2, 0.0): (50.0, 0.25)}  # end and step; one for all q: smooth errors


def check_constants(eta, alpha, polarization):
    """D and the rate from decay rates against q²; the grid's error, of order q⁴, is fitted away with the mode's."""
    q, found = rates(eta, alpha, polarization)
    case, _, l0 = grating(eta, alpha, polarization, 1, 4, 1, 1)
    exact = slow_mode(operators(case.material["alloy"], side_jump=alpha > 0))
    rate, D, *_ = np.linalg.solve(np.vander(q**2, 4, increasing=True), found)
    assert pytest.approx(getattr(exact, f"D_{polarization}") / l0, rel=1e-3) == D
    assert rate == pytest.approx(exact.rate * l0, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("polarization", ["L", "T"])
@pytest.mark.parametrize("alpha", [0.0, 0.01])
@pytest.mark.parametrize("eta", [(0.4, 1.1, -0.3), (1.2, 0.2, 0.0)])
def test_diffusion_constants(eta, alpha, polarization):
    check_constants(eta, alpha, polarization)


@pytest.mark.parametrize(("polarization", "alpha"), [("L", 0.01), ("T", 0.0)])
def test_two_rates_at_the_kondo_point(polarization, alpha):
    """The whole curve to 1e-3 of its start: a fast part and a slow one, of weight 0.11 and rate 0.0128 Γ at q = 0."""
    eta = (0.1, np.pi / 2, 0.05)
    case, second, l0 = grating(eta, alpha, polarization, 60, 120, 1, 40.0)
    result = boltzsim.run(case)
    history, flip = result.history, operators(case.material["alloy"], side_jump=alpha > 0)
    found = history.observed["grating"][:, "xyz".index(AXIS[polarization]) + 1] / 1e-3
    q = 2 * np.pi / (60 * l0)
    exact = decay_curve(flip, q, polarization, history.time, l0 / second)
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-3)
    measure = result.measures[0]
    assert measure.value == pytest.approx(l0 / second * relaxation_rate(flip, q, polarization), rel=3e-3)
    early = history.time < 1.0 * second
    fast = -np.polyfit(history.time[early][1:], np.log(found[early][1:]), 1)[0] * second
    assert fast > 20 * measure.value * second


@pytest.mark.parametrize("polarization", ["L", "T"])
def test_ballistic_grating(polarization):
    """q ℓ = 2: no discrete mode is left, and the curve is still the exact one.

    Charge, which has no part in it, is noise that no shorter step would lower.
    """
    eta, alpha = (0.4, 1.1, -0.3), 0.01
    case, second, l0 = grating(eta, alpha, polarization, 2.8, 100, 1, 4.0)
    case = case.replace(measure=[])
    history, flip = boltzsim.run(case).history, operators(case.material["alloy"])
    assert relaxation_rate(flip, 2 * np.pi / (2.8 * l0), polarization) is None
    found = history.observed["grating"][:, "xyz".index(AXIS[polarization]) + 1] / 1e-3
    exact = decay_curve(flip, 2 * np.pi / (2.8 * l0), polarization, history.time, l0 / second)
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-3)
    assert len(history.time) < 250
