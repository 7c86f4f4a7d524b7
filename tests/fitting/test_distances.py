"""Distances fitted on the device: lengths that went in come out, and errors cover the truth."""

import math

import numpy as np
import pytest
from channels import SPIN_FLIP, spin_slab
from random_valves import LENGTHS, distances_of, line_of, random_slabs

from boltzsim.analysis.valve_device import spin_constants
from boltzsim.case.case import Case
from boltzsim.case.fit import with_values
from boltzsim.device.metal import diffusion_constants
from boltzsim.fitting import distances
from boltzsim.fitting.device import fit_device
from boltzsim.fitting.response import DiffusionResponse, KineticResponse, Quantity
from boltzsim.runs.steady import solve_steady

PATH = "material.alloy.diffusion."
SHARE = {PATH + "D_T": 3.0e-4, PATH + "D_L": 3.6e-4, PATH + "tau_s": 1.2e-13}
SIZES = (18, 22, 26)  # nm


def made(direction, sizes=SIZES):
    """ΔR of slabs in the diffusion model with known constants, as devices that know only their scatterers."""
    cases = [with_values(spin_slab(direction), {"grid.x.length": 1e-9 * size}) for size in sizes]
    constants = diffusion_constants(cases[0], "alloy")
    D_c = constants["D_c"] / constants["D_T"] * SHARE[PATH + "D_T"]
    values = {"physics.model": "diffusion", PATH + "D_c": D_c, **SHARE}
    return line_of(cases, DiffusionResponse(), values)


def test_lengths_of_both_magnetisations_come_back():
    found, models = fit_device([made((1, 0, 0)), made((0, 1, 0))])
    assert found.kind == "distance" and len(models) == 2 and not found.notes
    wanted = {"length_L": math.sqrt(3.6e-4 * 1.2e-13), "length_T": 6e-9, "length_L/length_T": math.sqrt(1.2)}
    for name, true in wanted.items():
        assert found.value[name] == pytest.approx(true, rel=1e-3)
        assert found.errors[name]["scatter"] < 1e-4 * true
        assert set(found.errors[name]) == {"scatter", "window", "grid", "flight"}  # no field turns currents
        assert found.error[name] == pytest.approx(math.sqrt(sum(one**2 for one in found.errors[name].values())))


def test_one_magnetisation_has_its_own_length_only():
    line = made((1, 0, 0))
    own = distances.study([line], spin_constants(line.cases[0]), {})
    assert set(own.results) == {"length_L", "polarization L"}
    assert [one.name for one in own.parameters if not one.fixed] == ["tau_s L"]


def test_a_curve_of_two_distances_or_of_two_signs_leaves_a_reason():
    found, models = fit_device([made((0, 1, 0), SIZES[:2])])
    assert not found.value and "at least 3 different distances" in found.notes[0] and models[0].size == 0
    turned = made((0, 1, 0))
    turned.signals["delta_R"][-1] *= -1
    found, _ = fit_device([turned])
    assert "changes sign" in found.notes[0]


def with_electrodes(size):
    """A slab between two ferromagnets without barriers."""
    tables = spin_slab((0, 1, 0), alloy=SPIN_FLIP).resolved()
    tables["grid"]["x"] |= {"length": 1e-9 * size, "cells": 16}
    electrode = {"resistivity": 2e-7, "spin_diffusion_length": 5e-9, "polarization": 0.35}
    for contact in tables["contact"]:
        contact |= {"transmission": 1.0, "polarization": 0.0, "electrode": electrode}
    return Case(**tables)


def test_electrodes_are_part_of_the_model():
    case = with_values(with_electrodes(14), {"physics.model": "diffusion"})
    (signal,), _ = DiffusionResponse()([case], Quantity(0, "delta_R"), [])
    assert signal == pytest.approx(solve_steady(case).measures[0].extra["delta_R"], rel=1e-9) and abs(signal) > 1e-12


@pytest.mark.slow
def test_a_slab_between_electrodes_has_its_decay_length():
    found, _ = fit_device([line_of([with_electrodes(size) for size in (14, 18, 22)], KineticResponse())])
    assert abs(found.value["length_T"] - found.bulk["length_T"]) < 2 * found.error["length_T"] < 0.3e-9
    assert "polarization T" not in found.value


def pulls(slab):
    """Deviations of λ_L, λ_T and their ratio from the exact modes over the quoted errors, and these relative."""
    bulk = spin_constants(slab[0][0])
    found, _ = fit_device(distances_of(slab))
    true = bulk | {"length_L/length_T": bulk["length_L"] / bulk["length_T"]}
    return [((found.value[name] - true[name]) / found.error[name], found.error[name] / true[name]) for name in LENGTHS]


def test_errors_of_a_random_slab_cover_its_modes():
    for apart, relative in pulls(next(random_slabs(7, points=3))):
        assert abs(apart) < 3 and relative < 0.1


@pytest.mark.slow
def test_errors_of_random_slabs_cover_their_modes():
    """Any alloy and contacts, from tunnel to nearly transparent: λ and the ratio lie where the errors say."""
    slabs = random_slabs(2026)
    apart, relative = np.moveaxis([pulls(next(slabs)) for _ in range(40)], 2, 0)
    inside = [(np.abs(apart) < size).mean(0) for size in (1, 2, 3)]
    print("inside one, two and three errors:", inside, "median error:", np.median(relative, 0))
    assert (inside[0] >= 0.6).all() and (inside[1] >= 0.88).all() and (inside[2] >= 0.95).all()
    assert (np.median(relative, 0) < (0.02, 0.02, 0.003)).all()
