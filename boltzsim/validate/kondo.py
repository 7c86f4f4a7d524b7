"""The Kondo point: spin decays with two lengths, and the long one belongs to a mode that the closure does not know."""

import math

import numpy as np

from boltzsim.limits.diffusion import p1
from boltzsim.limits.modes import exact
from boltzsim.validate.channel import decay_length, slab, triple
from boltzsim.validate.record import Family
from boltzsim.validate.tables import reference

KONDO = (0.1, np.pi / 2, 0.05)
LENGTH, NEAR, FAR = 48.0, 16.0, 36.0  # channel and the window in which the slow mode is alone, in l0


def validate(quick):
    """Length and weight of the hidden slow mode, and the fast decay before it."""
    family = Family("Kondo point")
    operators = triple(KONDO)
    modes, closure = exact(operators), p1(operators)
    known = next(e for e in reference("kinetic")["spectral"] if np.allclose(e["eta"], KONDO) and e["alpha"] == 0)
    short = math.sqrt(closure["D_L"] / closure["rate_s"])
    family.relative("exact slow rate against the dense operators", modes["rate"], known["slow_mode"]["rate"], 1e-8)
    family.relative("exact weight against the dense operators", modes["weight"], known["slow_mode"]["weight"], 1e-8)
    profiles = [_profile(operators, cells) for cells in (320, 640)]
    for polarization, component in (("L", 3), ("T", 1)):
        found = []
        for z, spin in profiles:
            window = (z > NEAR) & (z < FAR)
            found.append(decay_length(z[window], spin[window, component]))
        length = found[1] + (found[1] - found[0]) / 3
        family.relative(f"slow decay length {polarization}", length, known["decay_length"][polarization], 1e-3)
        family.below(f"closure's decay length {polarization} over the slow one", short / length, 0.15)
    z, spin = profiles[1]
    for component, label in ((3, "longitudinal"), (1, "transverse")):
        slow, fast = _two_exponentials(z, spin[:, component], modes["decay_length_L" if component == 3 else "decay_length_T"])
        family.below(f"{label}: fast decay length over the mean free path", fast["length"] * operators.loss, 1.0)
        family.below(f"{label}: |slow amplitude| over the spin at the contact", slow / spin[0, component], 0.2)
        shown = z < 25
        family.curve("kondo", f"{label}, solver", z[shown], np.abs(spin[shown, component]), "points")
        family.curve("kondo", f"{label}, slow mode", z[shown], np.abs(slow) * np.exp(-z[shown] / modes["decay_length_L"]))
    family.curve("kondo", "two-moment closure", z[z < 5], spin[0, 3] * np.exp(-z[z < 5] / short))
    return family


def _profile(operators, cells):
    """Cell centres and spin potentials of a channel with a spin reservoir at z = 0."""
    transport = slab(operators, LENGTH, cells)
    solution = transport.solve([[0, 1, 0, 1], [0, 0, 0, 0]], rtol=1e-11)
    return (np.arange(cells) + 0.5) * LENGTH / cells, solution.phi[:, :, 0].mean(1)


def _two_exponentials(z, spin, length):
    """Slow amplitude at the contact, and amplitude and length of what decays before it."""
    far = (z > 12) & (z < 24)
    slow = np.average(spin[far] * np.exp(z[far] / length))
    near = (z > 0.1) & (z < 2.5)
    rest = spin[near] - slow * np.exp(-z[near] / length)
    slope, amplitude = np.polyfit(z[near], np.log(np.abs(rest)), 1)
    return slow, {"length": -1 / slope, "amplitude": math.exp(amplitude)}
