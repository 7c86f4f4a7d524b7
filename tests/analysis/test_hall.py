"""Spin Hall formulas against their integrals and limits; devices against the formulas; reciprocity."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from boltzsim.analysis import spin_hall_formula as spinhall
from boltzsim.analysis.reciprocity import four_terminal
from boltzsim.case.case import Case
from boltzsim.device.metal import materials_of
from boltzsim.device.preflight import ordinates
from boltzsim.limits.diffusion import conductivities, p1
from boltzsim.limits.modes import decay_mode, slow_mode
from boltzsim.material.alloy import mean_free_path
from boltzsim.runs.start import run

SKEW = {"k_F": "13.6 1/nm", "impurity": [{"concentration": 0.2, "channels": {"s1/2": 1.4, "p1/2": 0.08}}]}
PLAIN = {"k_F": "13.6 1/nm", "impurity": [{"concentration": 0.2, "channels": {"s1/2": 1.4}}]}
COMMON = {"angles": {"polar": 4, "azimuthal": 8}, "physics": {"side_jump": False}, "walls": {"specularity": 1.0}}


@pytest.mark.parametrize(
    "length, distance, width, contacts",
    [(1, 1, 1, (0, 0)), (2, 1, 0.7, (0, 0)), (0.5, 2, 1, (0, 0)), (0.2, 0.6, 1, (0, 0)), (0.5, 1, 0.7, (0.6, 0.3))],
)
def test_spin_part_of_the_hall_bar_is_its_integral(length, distance, width, contacts):
    def integrand(k):
        q = math.hypot(k, 1 / length)
        averaged = np.prod([np.sinc(k * span / 2 / math.pi) for span in contacts])
        return averaged * math.tanh(k * width / 2) ** 2 / (q * math.tanh(q * width / 2))

    value, _ = quad(integrand, 0, np.inf, weight="cos", wvar=distance, limit=400, limlst=400, epsabs=1e-11)
    expected = -2 * 0.3**2 * 5 * value / math.pi
    found = spinhall.spin_hall_resistance(5, 0.3, length, distance, width, contacts)
    assert found == pytest.approx(expected, rel=1e-8)


def test_long_contacts_average_the_point_formulas_over_their_lengths():
    """A probe of length b reads the mean of point probes; the same for the source; short contacts are points."""
    near, far = 0.8, 0.3
    points, weights = np.polynomial.legendre.leggauss(12)
    for one in (
        lambda L, spans: spinhall.ohmic_background(5, L, 1.3, spans),
        lambda L, spans: spinhall.spin_hall_resistance(5, 0.3, 0.7, L, 1.3, spans),
    ):
        mean = sum(
            w * v / 4 * one(2 + near / 2 * x + far / 2 * y, (0, 0))
            for x, w in zip(points, weights, strict=True)
            for y, v in zip(points, weights, strict=True)
        )
        assert one(2, (near, far)) == pytest.approx(mean, rel=1e-9)
        assert one(2, (1e-5, 1e-5)) == pytest.approx(one(2, (0, 0)), rel=1e-9)
        assert one(2, (near, far)) > 1.01 * one(2, (0, 0))
        with pytest.raises(ValueError, match="apart"):
            one(0.5, (near, far))


def test_spin_part_of_a_narrow_bar_and_where_poles_meet():
    found = spinhall.spin_hall_resistance(5, 0.3, 1.0, 2.0, 0.01)
    assert found == pytest.approx(0.5 * 0.3**2 * 5 * 0.01 * math.exp(-2), rel=1e-3)  # ½ θ² ρ (W/λ) e^{-L/λ}
    near, meeting = (spinhall.spin_hall_resistance(1, 1, a, 1, 1) for a in (1.02 / math.pi, 1 / math.pi))
    far = spinhall.spin_hall_resistance(1, 1, 0.98 / math.pi, 1, 1)
    assert meeting == pytest.approx((near + far) / 2, rel=1e-3)


def bar(width, cells):
    """A bar along x, field driven, resolved across."""
    return Case(
        material={"alloy": SKEW},
        grid={"y": {"length": width, "cells": cells}},
        drive={"electric_field": [1e3, 0, 0]},
        **COMMON,
    )


@pytest.mark.parametrize("width", [20e-9, 80e-9])
def test_spin_hall_angle_from_the_edges_and_the_middle_of_a_bar(width):
    case = bar(width, round(width / 0.5e-9))
    result, operators = run(case), materials_of(case)[0]
    length, exact = decay_mode(operators, "T").length, spinhall.bulk_angle(operators)
    assert 0.02 < abs(exact) < 0.2
    spin = result.fields["spin_current"][0, :, 0, 1, 2]
    charge = result.fields["charge_current"][0, :, 0, 0].mean()
    middle = spin[len(spin) // 2 - 1 : len(spin) // 2 + 1].mean()
    assert -middle / charge / (1 - 1 / math.cosh(width / (2 * length))) == pytest.approx(exact, rel=0.03)
    potential = result.fields["spin_potential"][0, :, 0, 2]
    edge = (1.5 * (potential[-1] - potential[0]) - 0.5 * (potential[-2] - potential[1])) / 2
    across = exact * p1(operators)["D_c"] / slow_mode(operators).D_T
    assert spinhall.edge_accumulation(across, 1e3, width, length) == pytest.approx(edge, rel=0.05)


def cross(sign=1, material=SKEW, polarization=0.4):
    """Bar along x with a magnetic probe above and a plain one below."""
    probe = {"transmission": 0.3, "span": {"x": ["5 nm", "7 nm"]}, "floating": True}
    return Case(
        material={"alloy": material},
        grid={"x": {"length": "14 nm", "cells": 14}, "y": {"length": "6 nm", "cells": 6}},
        contact=[
            {"name": "left", "face": "x_min", "current": "1 uA"},
            {"name": "right", "face": "x_max", "voltage": 0},
            {"name": "upper", "face": "y_max", "polarization": polarization, "direction": [0, 0, sign], **probe},
            {"name": "lower", "face": "y_min", **probe},
        ],
        solver={"rtol": 1e-11},
        **COMMON,
    )


def test_direct_and_inverse_spin_hall_effect_are_reciprocal():
    up, down = (run(cross(sign)).terminals.conductance for sign in (1, -1))
    direct = {sign: four_terminal(G, (0, 1), (2, 3)) for sign, G in ((1, up), (-1, down))}
    inverse = {sign: four_terminal(G, (2, 3), (0, 1)) for sign, G in ((1, up), (-1, down))}
    signal = direct[1] - direct[-1]
    assert abs(signal) > 1e-4 * abs(four_terminal(up, (0, 1), (0, 1)))
    for sign in (1, -1):
        assert abs(direct[sign] - inverse[-sign]) < 1e-6 * abs(signal)
    assert abs(direct[1] - inverse[1]) > 0.5 * abs(signal)  # the same magnetisation gives the opposite signal


def test_no_spin_hall_signal_without_spin_orbit_scattering():
    up, down = (run(cross(sign, PLAIN)).terminals.conductance for sign in (1, -1))
    signal = four_terminal(up, (0, 1), (2, 3)) - four_terminal(down, (0, 1), (2, 3))
    assert abs(signal) < 1e-9 * four_terminal(up, (0, 1), (0, 1))


def hall_bar(distance, concentration, width=6):
    """Tunnel contacts 2 nm long on a bar of cells of half a nanometre, probes `distance` nm along; mirror walls."""
    ends = {"source": 12, "drain": 12, "upper": 12 + distance, "lower": 12 + distance}
    drives = ({"current": "1 uA"}, {"voltage": 0}, {"floating": True}, {"floating": True})
    impurity = {"concentration": concentration, "channels": {"s1/2": 1.5}}
    return Case(
        material={"alloy": {"k_F": "13.6 1/nm", "impurity": [impurity]}},
        grid={"x": {"length": "30 nm", "cells": 60}, "y": {"length": f"{width} nm", "cells": 2 * width}},
        contact=[
            {"name": name, "face": "y_min" if name in ("drain", "lower") else "y_max", **drive}
            | {"span": {"x": [f"{x - 1} nm", f"{x + 1} nm"]}, "transmission": 0.02}
            for (name, x), drive in zip(ends.items(), drives, strict=True)
        ],
        measure=[{"kind": "nonlocal", "injector": "source", "detector": "upper", "reference": "lower"}],
        **COMMON,
    )


def background(case, distance, width=6):
    sheet = 1 / conductivities(case.material["alloy"], side_jump=False)["sigma_c"]  # per metre of thickness
    return spinhall.ohmic_background(sheet, distance * 1e-9, width * 1e-9, (2e-9, 2e-9))


@pytest.mark.parametrize("distance", [6, 9])
def test_hall_bar_without_spin_orbit_scattering_has_the_ohmic_background(distance):
    """Mean free path 0.17 nm: kinetic and diffusion model are alike, and both converge to the formula as the square
    of the cells: on these the decay over a width is 3 % too slow at worst."""
    case = hall_bar(distance, 1 - 1e-9)
    expected = background(case, distance)
    kinetic = run(case).measures[0].value
    assert kinetic == pytest.approx(expected, rel=0.04)
    errors = []
    for half in (1, 2):
        cells = {"x": {"length": "30 nm", "cells": 60 * half}, "y": {"length": "6 nm", "cells": 12 * half}}
        errors.append(run(case.replace(grid=cells, physics={"model": "diffusion"})).measures[0].value / expected - 1)
    assert abs(kinetic / expected - 1 - errors[0]) < 0.01
    assert 0 < errors[1] < 0.011
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)


def test_a_tunnel_probe_on_a_mirror_wall_reads_less_within_a_mean_free_path():
    """What moves a Hall bar away from its formula at ℓ/W = 0.15. The slowest wave, Re e^{-κ(x - iy)}, is a harmonic
    function and so has the bulk distribution φ/(1 + ℓ p̂·∇): a probe reads the flux-weighted mean of what leaves
    through it, the source injects as much less, by reciprocity."""
    case = hall_bar(8, 0.2)
    path, kappa = mean_free_path(case.material["alloy"]), math.pi / 6e-9
    assert path == pytest.approx(0.87e-9, rel=0.01)
    chosen = ordinates(case.angles)
    out = chosen.directions[:, 1] > 1e-12
    p, flux = chosen.directions[out], chosen.weights[out] * chosen.directions[out, 1]
    reading = np.real(flux @ (1 / (1 + kappa * path * (-p[:, 0] + 1j * p[:, 1])))) / flux.sum()
    coarse = run(case.replace(physics={"model": "diffusion", "side_jump": False})).measures[0].value
    found = run(case).measures[0].value / coarse
    assert reading**2 < 0.92
    assert found == pytest.approx(reading**2, rel=0.01)
