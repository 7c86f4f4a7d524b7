"""The Kondo point: spin decays with two lengths, the longer one from a mode that the closure does not contain."""

import math

import numpy as np

from boltzsim.limits.diffusion import p1
from boltzsim.limits.modes import exact
from boltzsim.validate.anisotropy import slow_diffusion
from boltzsim.validate.channel import decay_length, slab, triple
from boltzsim.validate.record import Family
from boltzsim.validate.tables import reference

KONDO = (0.1, np.pi / 2, 0.05)
#: Length of the channel, and the two ends of the window where only the slow mode is left, in l0.
LENGTH, NEAR, FAR = 48.0, 16.0, 36.0


def validate(quick):
    """Check the length and weight of the hidden slow mode, and the fast decay near the contact."""
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
    found = slow_diffusion(operators)["weight"]
    family.relative("weight of the slow mode, from the moments far away", found, known["slow_mode"]["weight"], 3e-3)
    for component, polarization, label in ((3, "L", "longitudinal"), (1, "T", "transverse")):
        length = known["decay_length"][polarization]
        (coarse, *_), (slow, fast, misfit) = (_two_exponentials(z, spin[:, component], length) for z, spin in profiles)
        z, spin = profiles[1]
        family.relative(f"{label}: amplitude of the slow decay, two grids", coarse, slow, 1e-2)
        family.below(f"{label}: fast decay length over the mean free path", fast * operators.loss, 1.0)
        family.below(f"{label}: misfit of the two exponentials over the spin at the contact", misfit, 0.05)
        shown = z < 25
        family.curve("kondo", f"{label}, solver", z[shown], np.abs(spin[shown, component]), "points")
        family.curve("kondo", f"{label}, slow mode", z[shown], abs(slow) * np.exp(-z[shown] / length))
    family.curve("kondo", "two-moment closure", z[z < 5], spin[0, 3] * np.exp(-z[z < 5] / short))
    return family


def _profile(operators, cells):
    """Cell centres and spin potentials of a channel with a spin reservoir at z = 0."""
    transport = slab(operators, LENGTH, cells)
    solution = transport.solve([[0, 1, 0, 1], [0, 0, 0, 0]], rtol=1e-11)
    return (np.arange(cells) + 0.5) * LENGTH / cells, solution.phi[:, :, 0].mean(1)


def _two_exponentials(z, spin, length):
    """Slow amplitude at the contact, length of the faster decay, and the largest misfit from 0.5 to 3 l0."""
    far = (z > 12) & (z < 24)
    slow = np.average(spin[far] * np.exp(z[far] / length))
    rest = spin - slow * np.exp(-z / length)
    near = (z > 0.5) & (z < 3.0)
    slope, amplitude = np.polyfit(z[near], np.log(np.abs(rest[near])), 1)
    fit = np.sign(rest[near][0]) * np.exp(amplitude + slope * z[near])
    return slow, -1 / slope, np.abs(rest[near] - fit).max() / abs(spin[0])
