"""Small random devices from case to result: each converges and is balanced, or is refused with one clear error."""

import random

import numpy as np

import boltzsim

#: Sets whose sweep kernels are few: one block width in each dimension.
ANGLES = {
    1: {"quadrature": "double-gauss", "polar": 4, "azimuthal": 8},
    2: {"quadrature": "product", "polar": 4, "azimuthal": 8},
    3: {"quadrature": "product", "polar": 4, "azimuthal": 8},
}
CHANNELS = ("s1/2", "p1/2", "p3/2")


def device(rng):
    """Tables of a device of one to three dimensions: alloys, contacts, walls, fields and sizes at random."""
    d = rng.randint(1, 3)
    axes = sorted(rng.sample("xyz", d))
    grid = {a: {"length": 10 ** rng.uniform(-9.5, -6), "cells": rng.randint(1, (12, 6, 3)[d - 1])} for a in axes}
    metals = {}
    for name in ("one", "two")[: rng.randint(1, 2)]:
        shifts = {channel: rng.uniform(-1.5, 1.5) for channel in CHANNELS[: rng.randint(1, 3)]}
        metals[name] = {"k_F": 1.36e10, "impurity": [{"concentration": 10 ** rng.uniform(-3, -1), "channels": shifts}]}
    faces = [f"{a}_{end}" for a in axes for end in ("min", "max")]
    rng.shuffle(faces)
    contacts = []
    for number, face in enumerate(faces[: rng.randint(1, 3)]):
        polarization = rng.choice([0.0, rng.uniform(-0.9, 0.9)])
        contact = {"name": f"c{number}", "face": face, "polarization": polarization}
        contact["transmission"] = rng.choice([1e-3, 0.1, 0.5, 1.0]) / (1 + abs(polarization))
        contact["direction"] = [rng.uniform(-1, 1) for _ in range(3)]
        contact |= (
            {"voltage": 0.0} if number == 0 else rng.choice([{"voltage": 1e-3}, {"current": 1e-6}, {"floating": True}])
        )
        if polarization and rng.random() < 0.3 and number:
            contact["detect_spin"] = True
        contacts.append(contact)
    tables = {
        "material": metals,
        "grid": grid,
        "contact": contacts,
        "angles": ANGLES[d] | ({"axis": axes[0]} if d == 1 else {}),
        "walls": {"specularity": rng.choice([0.0, 0.5, 1.0])},
        "physics": {"side_jump": rng.random() < 0.5},
    }
    if len(metals) > 1:
        length = grid[axes[0]]["length"]
        tables["region"] = [{"material": "two", "box": {axes[0]: [0.0, 0.5 * length]}}]
    own = random.Random(repr(grid))  # of its own, so that devices of equal cells stay what they were
    for axis in axes:
        if own.random() < 0.2 and grid[axis]["cells"] > 2:
            equal = grid[axis]["length"] / grid[axis]["cells"]
            grid[axis] |= {"finest": own.uniform(0.5, 0.9) * equal, "growth": own.uniform(1.5, 2.0)}
    if rng.random() < 0.4:
        tables["field"] = {"B": [rng.uniform(-5, 5) for _ in range(3)]}
    if rng.random() < 0.4:
        contacts[0]["spin_voltage"] = [rng.uniform(-1e-3, 1e-3) for _ in range(3)]
    return tables


def run(count, seed=0):
    """Solve `count` random devices.

    Returns
    -------
    dict
        solved, refused, not_converged: how many; worst: the largest imbalance of those solved; faults: list of
        (number, tables, what happened).
    """
    rng = random.Random(seed)
    found = {"solved": 0, "refused": 0, "not_converged": 0, "worst": 0.0, "faults": []}
    for number in range(count):
        tables = device(rng)
        try:
            result = boltzsim.run(boltzsim.Case(**tables), threads=1)
        except boltzsim.CaseError:
            found["refused"] += 1
        except boltzsim.ConvergenceError as error:
            found["not_converged"] += 1
            found["faults"].append((number, tables, str(error)))
        except Exception as error:
            found["faults"].append((number, tables, repr(error)))
        else:
            solver = result.solver
            found["solved"] += 1
            worst = float(np.nanmax([solver.charge_balance, solver.spin_balance, solver.terminal_balance]))
            found["worst"] = max(found["worst"], worst)
            if not worst < 1e-8:
                found["faults"].append((number, tables, f"imbalance {worst:.1e}"))
    return found
