"""Charge diffusion: D_c of a conductor between reservoirs and of a uniform cell, against the two-moment closure."""

import numpy as np

from boltzsim.limits.diffusion import p1
from boltzsim.validate.channel import slab, triple, uniform_currents
from boltzsim.validate.record import Family
from boltzsim.validate.tables import reference

CELL = 0.25  # in l0
MATERIALS = {  # phase shifts and α
    "s wave": ((np.pi / 2, 0.0, 0.0), 0.0),
    "Kondo point": ((0.1, np.pi / 2, 0.05), 0.01),
    "strong spin-orbit": ((0.4, 1.1, -0.3), 0.01),
}


def validate(quick):
    """Charge transport obeys the closure exactly once the contacts' resistance is separated."""
    family = Family("charge diffusion")
    lengths = np.array([8, 16, 32] if quick else [8, 16, 32, 64, 128])
    for name, (eta, alpha) in MATERIALS.items():
        operators = triple(eta, alpha)
        expected = p1(operators)["D_c"]
        resistance = np.array([1 / _current(operators, length) for length in lengths])
        D = np.diff(lengths) / np.diff(resistance)
        family.relative(f"D_c, {name}: two lengths of conductor", D[-1], expected, 1e-6)
        family.relative(f"D_c, {name}: uniform cell in a field", uniform_currents(operators)[0, 0], expected, 1e-9)
        errors = np.abs(lengths / resistance / expected - 1)
        slope = np.polyfit(np.log(1 / lengths[-2:]), np.log(errors[-2:]), 1)[0]
        family.absolute(f"error of D_c from one length, {name}: order in 1/length", slope, 1.0, 0.1)
        family.curve("charge", f"{name}, one length", lengths, errors, "points")
        family.curve("charge", f"{name}, two lengths", lengths[1:], np.maximum(np.abs(D / expected - 1), 1e-12), "line")
        if name == "s wave":
            z0 = (resistance[-1] - lengths[-1] / expected) * expected / 2
            family.relative("Milne's extrapolation length, isotropic", z0, reference("milne")["z0"], 2e-4)
    return family


def _current(operators, length):
    """Current per unit voltage between two transparent reservoirs."""
    transport = slab(operators, length, round(length / CELL))
    return transport.solve([[1, 0, 0, 0], [0, 0, 0, 0]], rtol=1e-11).flux[0, 0]
