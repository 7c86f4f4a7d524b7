"""Random spin valves: slabs of any alloy between two magnets, thin to thick, tunnel contacts to nearly transparent."""

import numpy as np
from channels import slab

from boltzsim.analysis.series import Line
from boltzsim.analysis.valve_device import spin_constants
from boltzsim.case.fit import with_values
from boltzsim.fitting.response import KineticResponse, Quantity

LENGTHS = ("length_L", "length_T", "length_L/length_T")


def line_of(cases, response, values=None, kind="distance"):
    """ΔR of devices as a response gives it, of devices with other values if wished, as a line of a series."""
    signal = response([with_values(case, values or {}) for case in cases], Quantity(0, "delta_R"), [])[0]
    points = np.empty(len(cases), object)
    points[:] = cases
    entry = cases[0].measure[0].model_dump()
    return Line(kind, None, [], 0, entry, points, {"delta_R": signal, "R_P": signal / 2, "R_AP": -signal / 2})


def distances_of(slabs):
    """ΔR against thickness by the kinetic equation, a line for each magnetisation."""
    return [line_of(cases, KineticResponse()) for cases in slabs]


def random_slabs(seed, points=5):
    """Slabs of growing thickness, magnetised along and across it; their decay lengths have 2 to 25 mean free paths."""
    random, solver = np.random.default_rng(seed), {"rtol": 1e-12}
    while True:
        channels = dict(zip(("s1/2", "p1/2", "p3/2"), random.uniform(-1.5, 1.5, 3), strict=True))
        alloy = {"impurity": [{"concentration": 0.2, "channels": channels}]}
        transmission = 10 ** random.uniform(-3, -0.16)
        cell, first, step = random.uniform(0.08, 0.3), random.uniform(1, 3), random.uniform(0.2, 0.5)
        bulk = spin_constants(slab(1e-8, 10, alloy, transmission=transmission))
        lengths = [bulk["length_L"], bulk["length_T"]]
        path, shortest, longest = bulk["mean_free_path"], min(lengths), max(lengths)
        if not (2 * path < shortest and longest < min(25 * path, 4 * shortest)):
            continue
        sizes = [longest * (first + k * step) for k in range(points)]
        yield [
            [slab(one, round(one / (cell * shortest)), alloy, m, transmission, solver=solver) for one in sizes]
            for m in ((1, 0, 0), (0, 1, 0))
        ]
