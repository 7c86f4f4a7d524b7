"""Constants of a metal whose carriers have a range of energies."""

import pytest

import boltzsim
from boltzsim.device.bulk import bulk


@pytest.mark.slow
def test_means_that_hang_on_energies_far_out_are_left_out():
    """Far above its Kondo temperature cerium hardly relaxes spins at energies far out: their lifetime has no mean."""
    impurity = {
        "concentration": 0.02,
        "channels": {"s1/2": 0.1, "p3/2": 0.05},
        "kondo": {"channel": "p1/2", "T_K": 1.0},
    }
    case = boltzsim.Case(
        material={"alloy": {"k_F": 1.36e10, "impurity": [impurity]}},
        grid={"z": {"length": 1e-8, "cells": 2}},
        walls={"periodic": ["z"]},
        drive={"electric_field": [1.0, 0, 0]},
        temperature={"T": 64.7},
    )
    found = bulk(case, "alloy")
    assert found["spin_lifetime"] is None
    cold = bulk(boltzsim.Case(**case.resolved() | {"temperature": {"T": 0.1}}), "alloy")
    assert found["conductivity"] > 3 * cold["conductivity"] > 0  # the resonance scatters few of the warm carriers
