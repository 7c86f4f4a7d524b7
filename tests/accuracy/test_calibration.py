"""Numerical errors of random devices against the truth of a much finer run.

    scripts/test -m slow -s tests/accuracy/test_calibration.py

prints every case and the table of accuracy in `boltzsim/validate/README.md`.
"""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest

from boltzsim.accuracy.ladders import Level, case_on
from boltzsim.accuracy.study import converge
from boltzsim.case.case import Case, Material
from boltzsim.limits import coefficients
from boltzsim.measure.numbers import numbers
from boltzsim.runs.start import run

CASES = 30
TRUTH = {1: Level(Fraction(16), Fraction(8)), 2: Level(Fraction(8), Fraction(4))}
#: Numbers below this share of the largest of their kind are zero by symmetry, and those that the case gives are exact.
EXACT = 1e-9


class Judged(NamedTuple):
    """A number of a case: its name, quoted error and true error, all over the largest of its kind."""

    name: str
    quoted: float
    true: float


def random_case(number):
    """A slab between two contacts, or a film with two contacts of one cell on top, 0.2 to 20 mean free paths thick.

    Metals, contacts, walls, magnetisations and fields are random; every third case is a slab.
    """
    rng = np.random.default_rng(number)
    d = 1 if number % 3 == 0 else 2
    shifts = rng.uniform((0.2, -0.8, -0.4), (1.4, 0.8, 0.4)).tolist()
    channels = dict(zip(("s1/2", "p1/2", "p3/2"), shifts, strict=True))
    material = {"k_F": 13.6e9, "impurity": [{"concentration": 0.02, "channels": channels}]}
    path = coefficients(Material(**material))["si"]["mean_free_path"]
    thickness = path * 10 ** rng.uniform(-0.7, 1.3)
    cells = [int(n) for n in rng.integers((6, 4), (13, 7))]
    contact = [_contact(rng, name) for name in ("source", "detector", "ground")]
    contact[0] |= {"current": 1e-6}
    contact[2] |= {"voltage": 0.0}
    if d == 1:
        grid = {"z": {"length": thickness, "cells": cells[0]}}
        contact[0] |= {"face": "z_max"}
        contact[2] |= {"face": "z_min"}
        contact, detector = [contact[0], contact[2]], "source"
    else:
        step = thickness / cells[1]
        grid = {"x": {"length": cells[0] * step, "cells": cells[0]}, "z": {"length": thickness, "cells": cells[1]}}
        places = rng.choice(cells[0] // 2, 2, replace=False) * 2
        for entry, place in zip(contact[:2], places, strict=True):
            entry |= {"face": "z_max", "span": {"x": [place * step, (place + 1) * step]}}
        contact[1] |= {"floating": True}
        contact[2] |= {"face": str(rng.choice(["x_min", "z_min"]))}
        detector = "detector"
    field = rng.uniform(-1, 1, 3) * float(rng.choice([0.0, 30.0]))
    polar = int(rng.choice([4, 8]))
    return Case(
        title=f"case {number}",
        material={"metal": material},
        grid=grid,
        contact=contact,
        walls={"specularity": float(rng.choice([0.0, 0.5, 1.0]))},
        field={"B": field.tolist()},
        angles={"polar": polar, "azimuthal": 2 * polar},
        measure=[{"kind": "nonlocal", "injector": "source", "detector": detector, "reference": "ground"}],
    )


def _contact(rng, name):
    return {
        "name": name,
        "transmission": float(rng.choice([0.01, 0.1, 0.6])),
        "polarization": float(rng.choice([0.0, 0.4])),
        "direction": rng.normal(size=3).tolist(),
    }


def judged(number):
    """Every number of a case that has an error, against the truth."""
    case = random_case(number)
    found, truth = converge(case), numbers(run(case_on(case, TRUTH[len(case.grid.axes)])))
    rows = []
    for own, true in zip(numbers(found), truth, strict=True):
        quoted, error = found.error(own.of, own.quantity) or 0.0, abs(own.value - true.value)
        if own.largest and max(quoted, error) > EXACT * own.largest:
            rows.append(Judged(f"{own.of}, {own.quantity}", quoted / own.largest, error / own.largest))
    return rows


def account(cases):
    """Shares of numbers that lie within the quoted error, within twice of it, and whose error is less than ten times
    too large."""
    rows = [row for case in cases.values() for row in case]
    return {
        "numbers": len(rows),
        "within": np.mean([row.true <= row.quoted for row in rows]),
        "within twice": np.mean([row.true <= 2 * row.quoted for row in rows]),
        "worst": max(row.true / row.quoted if row.quoted else math.inf for row in rows),
        "at most ten times": np.mean([row.quoted <= 10 * row.true for row in rows]),
        "median of quoted / true": np.median([row.quoted / row.true if row.true else math.inf for row in rows]),
    }


@pytest.mark.slow
def test_errors_of_random_devices_hold_and_are_not_too_large():
    cases = {}
    for number in range(CASES):
        cases[number] = judged(number)
        shown = [f"{row.name}: {row.true:.1e} of ±{row.quoted:.1e}" for row in cases[number]]
        print(f"{random_case(number).title}: {'; '.join(shown)}", flush=True)
    found = account(cases)
    print(found)
    assert found["within"] >= 0.9
    assert found["at most ten times"] >= 0.8
