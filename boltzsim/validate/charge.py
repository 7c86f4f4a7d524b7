"""Charge diffusion: D_c of a conductor between reservoirs and of a uniform cell, against the two-moment closure."""

import numpy as np

from boltzsim.limits.diffusion import p1
from boltzsim.validate.channel import slab, triple, uniform_currents
from boltzsim.validate.record import Family
from boltzsim.validate.tables import reference

CELL = 0.125  # size of a cell in l0
MATERIALS = {  # phase shifts and α
    "s wave": ((np.pi / 2, 0.0, 0.0), 0.0),
    "Kondo point": ((0.1, np.pi / 2, 0.05), 0.01),
    "strong spin-orbit": ((0.4, 1.1, -0.3), 0.01),
}


def validate(quick):
    """Check that charge obeys the closure exactly once the resistance of the contacts is subtracted."""
    family = Family("charge diffusion")
    lengths = np.array([8, 16, 32] if quick else [8, 16, 32, 64, 128])
    for name, (eta, alpha) in MATERIALS.items():
        operators = triple(eta, alpha)
        expected = p1(operators)["D_c"]
        family.relative(f"D_c, {name}: uniform cell in a field", uniform_currents(operators)[0, 0], expected, 1e-9)
        resistance, inside = np.array([_conductor(operators, length) for length in lengths]).T
        family.relative(f"D_c, {name}: current over gradient in mid-channel", inside[-1], expected, 1e-6)
        D = np.diff(lengths) / np.diff(resistance)
        family.relative(f"D_c, {name}: two lengths of conductor", D[-1], expected, 1e-6)
        errors = np.abs(expected * resistance / lengths - 1)
        slope = np.polyfit(np.log(1 / lengths), np.log(errors), 1)[0]
        family.absolute(f"error of D_c from one length, {name}: order in 1/length", slope, 1.0, 0.02)
        family.curve("charge", f"{name}, one length", lengths, errors, "points")
        family.curve("charge", f"{name}, two lengths", lengths[1:], np.maximum(np.abs(D / expected - 1), 1e-13))
        if name == "s wave":
            z0 = (resistance[-1] - lengths[-1] / expected) * expected / 2
            family.relative("Milne's extrapolation length, isotropic", z0, reference("milne")["z0"], 1e-4)
    return family


def _conductor(operators, length):
    """Resistance between two transparent reservoirs, and the ratio of current to gradient in the middle half."""
    cells = round(length / CELL)
    solution = slab(operators, length, cells).solve([[1, 0, 0, 0], [0, 0, 0, 0]], rtol=1e-11)
    current = solution.flux[0, 0]
    potential = solution.phi[:, :, 0, 0].mean(1)
    quarter = cells // 4
    drop = potential[quarter] - potential[-quarter]
    return 1 / current, current * (cells - 2 * quarter) * CELL / drop
