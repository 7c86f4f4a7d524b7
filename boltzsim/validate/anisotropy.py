"""D_L/D_T: two-moment closure, exact slow mode, and the solver, against spin-orbit strength.

The solver, which is steady, sees the slow mode at late times through a smaller loss: with n ∝ e^{-(rate - ε)t} the loss
is reduced by rate - ε, and spin decays in space with D κ² = ε + O(ε²). Two values of ε give the limit ε → 0, and the
moments far from the contacts give the overlap of the slow mode with the spin density.
"""

from dataclasses import replace

import numpy as np

from boltzsim.limits.diffusion import p1
from boltzsim.limits.modes import density_and_tensor, slow_mode
from boltzsim.validate.channel import measured_decay, triple
from boltzsim.validate.record import Family
from boltzsim.validate.tables import reference

LADDER = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)  # p1/2 phase shift beside s1/2 = 1.2
QUICK = (0.1, 0.2, 0.4)


def validate(quick):
    """Check that the solver agrees with the exact mode, where the closure gives D_L - D_T the other sign."""
    family = Family("anisotropy D_L/D_T")
    ladder = QUICK if quick else LADDER
    measured, expected, closure = [], [], []
    for strength in ladder:
        operators = triple((1.2, strength, 0.0))
        mode, simple, found = slow_mode(operators), p1(operators), slow_diffusion(operators)
        measured.append(found["D_L"] / found["D_T"] - 1)
        expected.append(mode.D_L / mode.D_T - 1)
        closure.append(simple["D_L"] / simple["D_T"] - 1)
        family.absolute(f"D_L/D_T - 1, p1/2 = {strength}: exact mode", measured[-1], expected[-1], 1e-4)
        family.relative(f"D_L, p1/2 = {strength}: exact mode", found["D_L"], mode.D_L, 1e-3)
        family.relative(f"D_T, p1/2 = {strength}: exact mode", found["D_T"], mode.D_T, 1e-3)
    at = ladder.index(0.2)
    family.absolute("D_L/D_T - 1 at (1.2, 0.2, 0): sign of the closure", np.sign(closure[at]), 1.0, 0.0)
    family.absolute("D_L/D_T - 1 at (1.2, 0.2, 0): sign in the solver", np.sign(measured[at]), -1.0, 0.0)
    for entry in reference("kinetic")["spectral"]:
        if entry["decay_length"] is None or (quick and entry["alpha"] == 0):
            continue
        found, mode = slow_diffusion(triple(entry["eta"], entry["alpha"])), entry["slow_mode"]
        name = "({}, {}, {})".format(*(f"{eta:.4g}" for eta in entry["eta"]))
        family.relative(
            f"D_L/D_T of {name}, α = {entry['alpha']}", found["D_L"] / found["D_T"], mode["D_L"] / mode["D_T"], 1e-3
        )
        family.relative(
            f"weight of the slow mode of {name}, α = {entry['alpha']}", found["weight"], mode["weight"], 5e-3
        )
    strengths = np.sin(np.linspace(0.02, ladder[-1], 40))
    smooth = [triple((1.2, np.arcsin(b), 0.0)) for b in strengths]
    family.curve("anisotropy", "two-moment closure", strengths, [p1(o)["D_L"] / p1(o)["D_T"] - 1 for o in smooth])
    modes = [slow_mode(o) for o in smooth]
    family.curve("anisotropy", "exact slow mode", strengths, [m.D_L / m.D_T - 1 for m in modes])
    family.curve("anisotropy", "solver", np.sin(ladder), measured, "points")
    return family


def slow_diffusion(operators):
    """D_L, D_T and weight of the slow mode, all measured by the solver (only the slow rate is taken as known)."""
    mode = slow_mode(operators)
    steps = np.array([0.003, 0.006]) * (operators.loss - mode.rate)
    rows = []
    for step in steps:
        late = replace(operators, loss=operators.loss - mode.rate + step, gain=operators.gain.copy())
        late.gain[0, 0] = late.loss  # charge stays conserved with the reduced loss
        guess = [np.sqrt(D / step) for D in (mode.D_L, mode.D_T)]
        lengths, moments = measured_decay(late, guess)
        density, tensor = density_and_tensor(2).T @ moments.reshape(-1)
        weight = density**2 / (density**2 + tensor**2)
        rows.append([step * lengths[0] ** 2, step * lengths[1] ** 2, weight])
    first, second = np.array(rows)
    return dict(zip(("D_L", "D_T", "weight"), 2 * first - second, strict=True))
