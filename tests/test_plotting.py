"""Figures of synthetic devices: Ohm's law and spin diffusion on the grid, current and spin injected at contacts."""

import numpy as np
import pytest
import scipy.sparse as sparse
from scipy.sparse.linalg import spsolve

from boltzsim.case import Case
from boltzsim.errors import StoreError
from boltzsim.plotting import figure, plot
from boltzsim.result import Measure, Result, SolverReport, Terminals, provenance

CONDUCTIVITY, DECAY = 1e7, 60e-9  # S/m, m
ALLOY = {"k_F": "13.6 1/nm", "impurity": [{"name": "Ce", "concentration": 0.02, "channels": {"p1/2": 1.57}}]}
FERROMAGNET = {"transmission": 0.01, "polarization": 0.4}


def device(grid, contacts, spin_axis="x", **more):
    """A result as a run would give it: conduction with `current` at contacts, a spin potential injected with it."""
    case = Case(title="Synthetic device", material={"alloy": ALLOY}, grid=grid, contact=contacts, **more)
    edges = {axis: case.grid.edges(axis) for axis in "xyz"}
    shape, spacing = case.grid.shape, {axis: case.grid.spacing(axis) for axis in "xyz"}
    index = np.arange(np.prod(shape)).reshape(shape)
    rate, charge_source, spin_source = np.zeros(index.size), np.zeros(index.size), np.zeros(index.size)
    for contact in case.contact:
        layer = 0 if contact.face.endswith("min") else -1
        cells = {axis: slice(*ends) for axis, ends in case.contact_cells(contact).items()}
        here = index[tuple(cells.get(axis, layer) for axis in "zyx")].ravel()
        if contact.current is not None:
            density = contact.current / case.contact_area(contact) / spacing[contact.normal] / CONDUCTIVITY
            charge_source[here] += density
            spin_source[here] += contact.polarization * density
        elif contact.voltage is not None:
            rate[here] += 2 / spacing[contact.normal] ** 2
            charge_source[here] += rate[here] * contact.voltage
    laplace = sum(_second_difference(shape, i, spacing[axis]) for i, axis in enumerate("zyx"))
    charge = spsolve((laplace + sparse.diags(rate)).tocsc(), charge_source).reshape(shape)
    spin = spsolve((laplace + sparse.eye(index.size) / DECAY**2).tocsc(), spin_source).reshape(shape)
    spins = np.zeros((*shape, 3))
    spins[..., "xyz".index(spin_axis)] = spin
    spins[..., "yzx".index(spin_axis)] = 0.2 * spin * np.cos(3 * charge / np.abs(charge).max())
    fields = {
        "charge_potential": charge,
        "spin_potential": spins,
        "charge_current": _flow(case, charge),
        "spin_current": np.stack([_flow(case, spins[..., i]) for i in range(3)], axis=-1),
    }
    return Result(case, edges, fields, _terminals(case, charge), _measures(case), _report(), provenance(case, 2, 1.5))


def _second_difference(shape, axis, step):
    n = shape[axis]
    ones = [np.r_[1.0, np.full(n - 2, 2.0), 1.0] if n > 1 else np.zeros(1), np.full(n - 1, -1.0)]
    matrix = sparse.diags([ones[1], ones[0], ones[1]], [-1, 0, 1]) / step**2
    parts = [sparse.eye(m) for m in shape]
    parts[axis] = matrix
    return sparse.kron(sparse.kron(parts[0], parts[1]), parts[2])


def _flow(case, potential):
    """-σ grad, (z, y, x, 3)."""
    slopes = [
        np.gradient(potential, case.grid.spacing(axis), axis="zyx".index(axis)) if potential.shape["zyx".index(axis)] > 1 else 0 * potential
        for axis in "xyz"
    ]
    return -CONDUCTIVITY * np.stack(slopes, axis=-1)


def _terminals(case, charge):
    n = len(case.contact)
    current = np.array([contact.current or 0.0 for contact in case.contact])
    current[-1] = -current.sum()
    spin = np.outer(current, [0.4, 0.0, 0.02])
    voltage = np.linspace(charge.max(), charge.min(), n)
    reversed_ = {contact.name: voltage * 0.998 for contact in case.contact if contact.detect_spin}
    return Terminals(tuple(contact.name for contact in case.contact), current, voltage, spin, np.eye(n) - 1 / n, reversed_)


def _measures(case):
    extra = {"R_P": 1.234e-3, "R_AP": -1.1e-3, "delta_R": 2.334e-3}
    return tuple(Measure(entry.kind, entry.model_dump(), 1.234e-3, "Ω", extra) for entry in case.measure)


def _report():
    history = np.geomspace(1, 1e-9, 12)
    return SolverReport(True, 12, 36, 3, history, 0.3 * history, {"sweep": 1.0, "setup": 0.2}, 1e-13, 1e-12)


def slab():
    contacts = [
        {"name": "left", "face": "z_min", "current": "1 uA", "direction": [0, 0, 1], **FERROMAGNET},
        {"name": "right", "face": "z_max", "voltage": 0, "direction": [1, 0, 0], **FERROMAGNET},
    ]
    return device({"x": {"length": "1 um"}, "y": {"length": "1 um"}, "z": {"length": "300 nm", "cells": 90}}, contacts)


def spin_valve(width="500 nm", height="40 nm", cells=(160, 16)):
    """Lateral non-local spin valve: current between injector and left end, nothing on the right."""
    contacts = [
        {"name": "left", "face": "x_min", "voltage": 0},
        {"name": "injector", "face": "z_max", "span": {"x": ["100 nm", "150 nm"]}, "current": "1 uA", "direction": [1, 0, 0], **FERROMAGNET},
        {"name": "detector", "face": "z_max", "span": {"x": ["300 nm", "350 nm"]}, "floating": True, "direction": [0, 1, 0],
         "detect_spin": True, **FERROMAGNET},
        {"name": "right", "face": "x_max", "floating": True},
    ]  # fmt: skip
    grid = {"x": {"length": width, "cells": cells[0]}, "y": {"length": "100 nm"}, "z": {"length": height, "cells": cells[1]}}
    measure = [{"kind": "nonlocal", "injector": "injector", "detector": "detector", "reference": "right"}]
    return device(grid, contacts, measure=measure)


def block():
    """Square device with contacts on every side."""
    contacts = [
        {"name": "source", "face": "x_min", "span": {"y": ["100 nm", "200 nm"]}, "current": "2 mA", "direction": [1, 1, 0], **FERROMAGNET},
        {"name": "drain", "face": "x_max", "span": {"y": ["150 nm", "400 nm"]}, "voltage": 0},
        {"name": "probe_top", "face": "y_max", "span": {"x": ["50 nm", "120 nm"]}, "floating": True, "direction": [0, 0, -1], **FERROMAGNET},
        {"name": "probe_near", "face": "y_max", "span": {"x": ["140 nm", "190 nm"]}, "floating": True, "direction": [0, 0, 1], **FERROMAGNET},
        {"name": "bottom", "face": "y_min", "span": {"x": ["200 nm", "300 nm"]}, "floating": True},
    ]  # fmt: skip
    return device({"x": {"length": "400 nm", "cells": 50}, "y": {"length": "400 nm", "cells": 50}}, contacts, "y")


def film():
    """Three-dimensional channel with two tunnel contacts on top."""
    contacts = [
        {"name": "left", "face": "x_min", "voltage": 0},
        {"name": "injector", "face": "z_max", "span": {"x": ["80 nm", "120 nm"], "y": ["20 nm", "60 nm"]}, "current": "1 uA",
         "direction": [1, 0, 0], **FERROMAGNET},
        {"name": "detector", "face": "z_max", "span": {"x": ["240 nm", "280 nm"]}, "floating": True, "direction": [0, 1, 0], **FERROMAGNET},
    ]  # fmt: skip
    cells = {"x": {"length": "400 nm", "cells": 40}, "y": {"length": "100 nm", "cells": 10}, "z": {"length": "40 nm", "cells": 8}}
    return device(cells, contacts)
