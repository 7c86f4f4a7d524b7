"""Eq. 16 in real space: decay lengths of longitudinal and transverse spin against exact modes and the closure."""

import math

import numpy as np

from boltzsim.limits.diffusion import p1
from boltzsim.limits.modes import exact
from boltzsim.validate.channel import measured_decay, triple
from boltzsim.validate.record import Family
from boltzsim.validate.tables import reference

LADDER = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4)  # p1/2 phase shift beside s1/2 = 1.2: the spin-orbit strength
QUICK = (0.05, 0.1, 0.2, 0.4)


def validate(quick):
    """Check that measured lengths agree with the exact mode, and with the closure for weak spin-orbit scattering."""
    family = Family("spin decay, Eq. 16")
    ladder = QUICK if quick else LADDER
    found = np.array([_lengths(triple((1.2, strength, 0.0))) for strength in ladder])
    measured, expected, closure = found.swapaxes(0, 1)
    for p, polarization in enumerate(("longitudinal", "transverse")):
        for strength, one, other in zip(ladder, measured[:, p], expected[:, p], strict=True):
            family.relative(f"{polarization} decay length, p1/2 = {strength}: exact mode", one, other, 1e-3)
        deviation = np.abs(measured[:, p] / closure[:, p] - 1)
        weak = deviation[0]
        family.below(f"{polarization} decay length, p1/2 = {ladder[0]}: two-moment closure", weak, 5 * ladder[0] ** 2)
        order = math.log(deviation[1] / deviation[0]) / math.log(math.sin(ladder[1]) / math.sin(ladder[0]))
        family.absolute(f"{polarization}: order of the closure's error in spin-orbit", order, 2.0, 0.2)
        strengths = np.sin(ladder)
        family.curve("decay", f"{polarization}, against closure", strengths, deviation, "points")
        exact_deviation = np.abs(measured[:, p] / expected[:, p] - 1)
        family.curve("decay", f"{polarization}, against exact mode", strengths, np.maximum(exact_deviation, 1e-12))
    for entry in reference("kinetic")["spectral"]:
        if entry["decay_length"] is None or (quick and entry["alpha"] == 0):
            continue
        lengths = _lengths(triple(entry["eta"], entry["alpha"]))[0]
        for polarization, length in zip("LT", lengths, strict=True):
            name = "{}, {}, {}".format(*(f"{eta:.4g}" for eta in entry["eta"]))
            expected = entry["decay_length"][polarization]
            family.relative(f"decay length {polarization} of ({name}), α = {entry['alpha']}", length, expected, 1e-3)
    return family


def _lengths(operators):
    """Lengths (measured, exact, closure) × (L, T), the measured ones extrapolated to cells of size zero (order h²)."""
    modes, closure = exact(operators), p1(operators)
    expected = [modes["decay_length_L"], modes["decay_length_T"]]
    coarse, fine = (np.array(measured_decay(operators, expected, cells)[0]) for cells in (20, 40))
    simple = [math.sqrt(closure[D] / closure["rate_s"]) for D in ("D_L", "D_T")]
    return fine + (fine - coarse) / 3, np.array(expected), np.array(simple)
