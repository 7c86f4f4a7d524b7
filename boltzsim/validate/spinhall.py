"""Spin Hall conductivity of a uniform cell in a field: closure, Eqs. 18 and 19, skew scattering and side jump."""

import math

import numpy as np

from boltzsim.limits import paper
from boltzsim.limits.diffusion import p1
from boltzsim.validate.channel import triple, uniform_currents
from boltzsim.validate.record import Family

CONCENTRATIONS = (1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2)
ETA0 = 0.02  # phase shift of s1/2 beside p1/2 = π/2; Eq. 19 holds for small ones


def validate(quick):
    """Check σ_sH in units e k_F/ħ (spin current in charge units, up minus down)."""
    family = Family("spin Hall effect")
    triples = {"Kondo, s1/2 = 0.02": (ETA0, np.pi / 2, 0.0), "strong spin-orbit": (0.4, 1.1, -0.3)}
    for name, eta in triples.items():
        skew, jump = [], []
        for x in CONCENTRATIONS:
            whole, skew_only = conductivity(triple(eta, _alpha(x)), x), conductivity(triple(eta), x)
            skew.append(skew_only)
            jump.append(whole - skew_only)
            closure = p1(triple(eta, _alpha(x)))["D_theta_sH"] / (4 * math.pi**2 * _alpha(x))
            family.relative(f"{name}, x = {x:g}: two-moment closure, all orders in α", whole, closure, 1e-8)
        slopes = [np.polyfit(np.log(CONCENTRATIONS), np.log(np.abs(part)), 1)[0] for part in (skew, jump)]
        family.absolute(f"{name}: power of x of skew scattering", slopes[0], -1.0, 1e-8)
        family.absolute(f"{name}: power of x of the side jump", slopes[1], 0.0, 0.05)
        family.curve("spin hall", f"{name}: skew, solver", CONCENTRATIONS, np.abs(skew), "points")
        family.curve("spin hall", f"{name}: side jump, solver", CONCENTRATIONS, np.abs(jump), "points")
    jump = paper.SPIN_HALL_CONDUCTIVITY / 2  # the corrected Eq. 18
    smallest = CONCENTRATIONS[0]
    for eta1 in (0.3, 1.0, np.pi / 2):
        value = conductivity(triple((0.0, eta1, 0.0), _alpha(smallest)), smallest)
        family.relative(f"Eq. 18, corrected, p1/2 = {eta1:.4g}, x = {smallest:g}", value, jump, 5e-3)
    value = conductivity(triple((ETA0, np.pi / 2, 0.0)), smallest)
    expected = paper.skew_spin_hall_conductivity(ETA0, smallest)
    family.relative(f"Eq. 19, s1/2 = {ETA0}, side jump off", value, expected, 2 * ETA0**2)
    family.curve(
        "spin hall",
        "Eq. 19, skew",
        CONCENTRATIONS,
        [abs(paper.skew_spin_hall_conductivity(ETA0, x)) for x in CONCENTRATIONS],
    )
    family.curve("spin hall", "Eq. 18 corrected, side jump", CONCENTRATIONS, np.full(len(CONCENTRATIONS), jump))
    return family


def conductivity(operators, x):
    """σ_sH in e k_F/ħ, from J_y^z = -Dθ_sH E_x."""
    current = uniform_currents(operators)
    return -float(current[1, 3]) / (4 * math.pi**2 * _alpha(x))


def _alpha(x):
    """Side-jump parameter of a concentration."""
    return 2 * x / (3 * math.pi)
