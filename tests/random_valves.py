"""Random spin valves: slabs of any alloy between two magnets, thin to thick, tunnel contacts to nearly transparent."""

import numpy as np

from boltzsim.analysis.series import Line
from boltzsim.analysis.valve_device import spin_constants
from boltzsim.case.case import Case
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
    random = np.random.default_rng(seed)
    while True:
        channels = dict(zip(("s1/2", "p1/2", "p3/2"), random.uniform(-1.5, 1.5, 3), strict=True))
        transmission = 10 ** random.uniform(-3, -0.16)
        cell, first, step = random.uniform(0.08, 0.3), random.uniform(1, 3), random.uniform(0.2, 0.5)
        bulk = spin_constants(_slab(channels, transmission))
        lengths = [bulk["length_L"], bulk["length_T"]]
        path, shortest, longest = bulk["mean_free_path"], min(lengths), max(lengths)
        if not (2 * path < shortest and longest < min(25 * path, 4 * shortest)):
            continue
        sizes = [longest * (first + k * step) for k in range(points)]
        yield [
            [_slab(channels, transmission, one, round(one / (cell * shortest)), m) for one in sizes]
            for m in ((1, 0, 0), (0, 1, 0))
        ]


def _slab(channels, transmission, thickness=1e-8, cells=10, direction=(1, 0, 0)):
    magnet = {"transmission": transmission, "polarization": 0.4, "direction": list(direction)}
    return Case(
        material={"alloy": {"k_F": "13.6 1/nm", "impurity": [{"concentration": 0.2, "channels": channels}]}},
        grid={"x": {"length": thickness, "cells": cells}, "y": {"length": "100 nm"}, "z": {"length": "100 nm"}},
        contact=[
            {"name": "near", "face": "x_min", "current": "1 uA", "detect_spin": True, **magnet},
            {"name": "far", "face": "x_max", "voltage": 0, **magnet},
        ],
        angles={"quadrature": "double-gauss", "polar": 8, "azimuthal": 8, "axis": "x"},
        physics={"side_jump": False},
        solver={"rtol": 1e-12},
        measure=[{"kind": "nonlocal", "injector": "near", "detector": "near", "reference": "far"}],
    )
