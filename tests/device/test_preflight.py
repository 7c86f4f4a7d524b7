"""Warnings about devices that the iteration or the theory cannot serve."""

import math

import pytest

from boltzsim.case.case import Case
from boltzsim.device import preflight

ALLOY = {"k_F": 1.36e10, "impurity": [{"concentration": 0.02, "channels": {"s1/2": 1.2}}]}
ENDS = [{"name": "a", "face": "x_min", "voltage": 1e-3}, {"name": "b", "face": "x_max", "voltage": 0.0}]


def warnings(metal=ALLOY, length=4e-8, model="kinetic"):
    grid = {"x": {"length": length, "cells": 4}, "y": {"length": 2e-8, "cells": 2}}
    walls = {"periodic": ["y"]}
    physics = {"side_jump": False, "model": model}
    angles = {"polar": 4, "azimuthal": 8}
    case = Case(material={"a": metal}, grid=grid, contact=ENDS, walls=walls, physics=physics, angles=angles)
    return preflight.require(case)


@pytest.mark.parametrize(("length", "count"), [(4e-8, 0), (1.0, 1)])
def test_a_device_too_thick_for_the_kinetic_model(length, count):
    assert ["mean free paths: rounding" in w for w in warnings(length=length)] == [True] * count
    assert warnings(length=length, model="diffusion") == []


def test_a_void_faked_by_a_short_relaxation_time_is_no_metal():
    (warning,) = warnings(metal={"k_F": 1.36e10, "background": {"tau_p": 1e-23}})[:1]
    assert "smaller than 1/k_F" in warning and "material = 'void'" in warning


def test_a_grid_is_judged_by_the_densest_part_of_a_metal():
    """A profile on top of a concentration counts at its plane, like a plain concentration of the sum in its host."""
    channels = {"s1/2": 0.1, "p1/2": 1.5, "p3/2": 0.05}
    profile = {"axis": "x", "from": "x_min", "length": 4e-9, "value": 0.08}
    found = []
    for impurity in (
        {"concentration": 0.02, "concentration_profile": profile},
        {"concentration": 0.10},
        {"concentration": 0.02},
    ):
        metal = {"k_F": 1.36e10, "background": {"tau_p": 1e-15}, "impurity": [{**impurity, "channels": channels}]}
        case = Case(material={"a": metal}, grid={"x": {"length": 4e-8, "cells": 4}}, contact=ENDS)
        found.append(preflight.resolution(case)["a"][1])
    assert found[0] == pytest.approx(found[1], rel=1e-9)
    assert found[0] != pytest.approx(found[2], rel=0.01)


@pytest.mark.parametrize("length", [2e-10, 5e-10, 1e-9, 1e-8, 4e-6])
def test_a_search_that_ends_beyond_the_grid_finds_what_grows_on_it(length):
    """From a grid on which waves grow to cells of many mean free paths."""
    metal = {"k_F": 1.36e10, "impurity": [{"concentration": 0.1, "channels": {"s1/2": 0.1, "p1/2": 1.5}}]}
    case = Case(material={"a": metal}, grid={"x": {"length": length, "cells": 16}}, contact=ENDS)
    (nyquist, growth), (same, found) = preflight.resolution(case)["a"], preflight.resolution(case, margin=2)["a"]
    assert same == nyquist and growth < math.inf
    assert found == (pytest.approx(growth, rel=2e-3) if growth < 1.9 * nyquist else math.inf)
