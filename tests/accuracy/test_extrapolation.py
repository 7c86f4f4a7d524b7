"""Errors of sequences whose limit is known, and cases on other grids."""

from fractions import Fraction

import numpy as np
import pytest

from boltzsim.accuracy.extrapolation import by_order, by_spread, observed_order
from boltzsim.accuracy.ladders import Level, case_on, divisor
from boltzsim.case.case import Case

SIZES = (1.0, 0.5, 0.25)


@pytest.mark.parametrize("order", [0.7, 1.0, 1.5, 2.0])
def test_a_pure_power_is_extrapolated_to_its_limit(order):
    values = [3.0 + 0.2 * h**order for h in SIZES]
    found = by_order(SIZES, values, values[0])
    assert found.order == pytest.approx(order, rel=1e-9)
    assert found.limit == pytest.approx(3.0, abs=1e-12)
    assert 0.2 <= found.error <= 1.25 * 0.2


def test_an_order_above_that_of_the_scheme_is_not_trusted():
    values = [1 + h**3 for h in SIZES]
    found = by_order(SIZES, values, values[-1])
    assert found.order == pytest.approx(3) and not found.trusted
    assert found.limit == values[-1]
    assert found.error >= abs(values[0] - values[1]) / 4  # what a second-order scheme leaves after the first step


def test_a_sequence_without_order_keeps_its_doubt():
    values = [1.1, 0.95, 1.0]
    found = by_order(SIZES, values, values[0])
    assert np.isnan(found.order)
    assert found.limit == 1.0
    assert found.error >= 0.15


def test_angular_sets_of_first_order_are_covered():
    sizes = (1, 1 / 1.5, 0.5)
    values = [2 + 0.3 * size for size in sizes]
    for count in (2, 3):
        assert 0.3 < by_spread(sizes[:count], values[:count], values[0]).error <= 1.5 * 0.3


def test_differences_of_angular_sets_that_grow_count_as_slow_convergence():
    """Spin current through a slab of 0.2 mean free paths with 4, 6 and 8 levels; 32 of them lie 3.8e-4 higher."""
    found = by_spread((1, 1 / 1.5, 0.5), (0.0, 4.0e-5, 1.16e-4), 0.0)
    assert np.isnan(found.order)
    assert 3.8e-4 < found.error < 2 * 3.8e-4


def test_angular_sets_that_go_up_and_down_are_not_extended():
    assert by_spread((1, 1 / 1.5, 0.5), (0.0, 2.0, 1.0), 0.0).error == pytest.approx(1 + 1.5 * 2)


def test_differences_below_the_noise_have_no_order():
    found = by_order(SIZES, [1.0, 1.0 + 1e-12, 1.0], 1.0, noise=1e-11)
    assert np.isnan(found.order)
    assert found.error == 1e-11
    assert np.isnan(observed_order(SIZES, 1.0, -1.0))


def test_contacts_stay_where_they_are_on_other_grids():
    alloy = {"k_F": "13.6 1/nm", "impurity": [{"concentration": 0.02, "channels": {"s1/2": 1.2}}]}
    contacts = [
        {"name": "top", "face": "z_max", "voltage": "1 mV", "span": {"x": ["21 nm", "39 nm"]}},
        {"name": "left", "face": "x_min", "voltage": 0},
    ]
    grid = {"x": {"length": "80 nm", "cells": 16}, "z": {"length": "20 nm", "cells": 4}}
    case = Case(material={"alloy": alloy}, grid=grid, contact=contacts)
    assert divisor(case) == 4  # the contact's ends were moved to cells 4 and 8
    for ratio in ("1/4", "1/2", "2", "3"):
        other = case_on(case, Level(grid=Fraction(ratio)))
        assert other.contact_area(other.contact[0]) == pytest.approx(case.contact_area(case.contact[0]), rel=1e-12)
        assert other.contact[0].span.x == pytest.approx((20e-9, 40e-9))
    finer = case_on(case, Level(angles=Fraction(3, 2))).angles
    assert (finer.polar, finer.azimuthal) == (12, 24)
