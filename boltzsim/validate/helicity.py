"""Alloys near the conservation of helicity: decay lengths of longitudinal and transverse spin along (0.6, η, 0.05).

Where the phase shifts of s1/2 and p1/2 agree, scattering hardly relaxes the helicity ⟨σ·p̂ n⟩. Spin polarised along its
own flow is coupled to it, so that λ_L grows to several λ_T around η = 0.6.
"""

import math

import numpy as np

from boltzsim.limits.diffusion import p1
from boltzsim.limits.modes import exact
from boltzsim.validate.channel import measured_decay, triple
from boltzsim.validate.record import Family

LADDER = (0.3, 0.4, 0.5, 0.58, 0.62, 0.7, 0.8, 0.9)  # phase shift of p1/2 beside s1/2 = 0.6 and p3/2 = 0.05
QUICK = (0.3, 0.58)
#: λ_L and λ_T in l0 at phase shifts of p1/2, from two independent codes.
PUBLISHED = {0.5: (8.47381, 3.54695), 0.58: (12.78680, 3.09378), 0.6: (13.04152, 2.99051)}


def validate(quick: bool) -> Family:
    """Check decay lengths from the solver against the exact modes, and these against independent numbers."""
    family = Family("helicity, (0.6, η, 0.05)")
    ladder = QUICK if quick else LADDER
    measured = []
    for eta in ladder:
        operators = triple((0.6, eta, 0.05))
        expected = _exact(operators)
        coarse, fine = (np.array(measured_decay(operators, expected, cells)[0]) for cells in (10, 20))
        measured.append(fine + (fine - coarse) / 3)  # the error of the cells is of second order
        for polarization, one, other in zip("LT", measured[-1], expected, strict=True):
            family.relative(f"decay length {polarization}, p1/2 = {eta}: exact mode", one, other, 2e-3)
    for eta, lengths in PUBLISHED.items():
        for polarization, one, other in zip("LT", _exact(triple((0.6, eta, 0.05))), lengths, strict=True):
            family.relative(f"exact mode {polarization}, p1/2 = {eta}: independent codes", one, other, 1e-6)
    smooth = np.linspace(0.3, 0.9, 61)
    modes = np.array([_exact(triple((0.6, eta, 0.05))) for eta in smooth])
    closure = np.array([_closure(triple((0.6, eta, 0.05))) for eta in smooth])
    solver = "solver", ladder, np.array(measured), "points"
    for name, shifts, both, kind in (("exact mode", smooth, modes, "line"), ("P1", smooth, closure, "line"), solver):
        for number, polarization in enumerate("LT"):
            family.curve("helicity", f"{polarization}, {name}", shifts, both[:, number], kind)
    return family


def _exact(operators) -> tuple[float, float]:
    """Decay lengths (L, T) of the exact modes."""
    found = exact(operators)
    return found["decay_length_L"], found["decay_length_T"]


def _closure(operators) -> tuple[float, float]:
    """Decay lengths (L, T) of the two-moment closure, Eq. 16; nan where its D_L is negative or infinite."""
    found = p1(operators)
    squares = (found[D] / found["rate_s"] for D in ("D_L", "D_T"))
    L, T = (math.sqrt(square) if 0 < square < math.inf else math.nan for square in squares)
    return L, T
