"""Modes of a channel: bulk modes where walls do nothing, Fuchs' law between rough ones, and devices as they decay."""

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

from boltzsim.case.case import Case, load_case
from boltzsim.case.fit import with_values
from boltzsim.device.channel import channel_constants
from boltzsim.device.metal import materials_of
from boltzsim.errors import CaseError
from boltzsim.limits.modes import decay_mode, slow_mode
from boltzsim.material.alloy import fermi_velocity

CASES = Path(__file__).parents[2] / "cases"
HELICAL = {"impurity": [{"concentration": 0.02, "channels": {"s1/2": 0.60, "p1/2": 0.58, "p3/2": 0.05}}]}
COPPER = {"background": {"tau_p": "25 fs", "tau_sf": "7.6 ps"}}
PATH = 39.2319e-9  # mean free path of COPPER, m


def film(metal, thickness=40e-9, cells=2, periodic=(), walls=(), **more):
    """A film between z = 0 and z = thickness that a field drives along x."""
    return Case(
        material={"metal": {"k_F": "13.6 1/nm", **metal}},
        grid={"x": {"length": 1e-6, "cells": 4}, "y": {"length": 1e-6}, "z": {"length": thickness, "cells": cells}},
        walls={"periodic": ["x", *periodic], **dict(walls)},
        drive={"electric_field": [1, 0, 0]},
        physics={"side_jump": False},
        **more,
    )


@pytest.mark.parametrize("metal", [HELICAL, COPPER], ids=["near conserved helicity", "isotropic"])
def test_a_channel_without_walls_has_the_modes_of_the_bulk(metal):
    case = film(metal, periodic=["z"])
    found, operators = channel_constants(case, along=0, across=1), materials_of(case)[0]
    lifetime = 1 / (fermi_velocity(case.metal) * slow_mode(operators).rate)
    for one in "LT":
        assert found[f"length_{one}"] == pytest.approx(decay_mode(operators, one).length, rel=1e-3)
        assert found[f"tau_s_{one}"] == pytest.approx(lifetime, rel=1e-7)


def test_side_jump_moves_the_modes_as_it_does_in_the_bulk():
    jumping = {"impurity": [{"concentration": 0.2, "channels": {"s1/2": 0.9, "p1/2": 0.8, "p3/2": 0.1}}]}
    case = film(jumping, 4e-9, periodic=["z"])
    exact = {}
    for on in (True, False):
        one = with_values(case, {"physics.side_jump": on})
        exact[on] = [decay_mode(materials_of(one)[0], pole).length for pole in "LT"]
        found = channel_constants(one, along=0, across=1)
        assert [found["length_L"], found["length_T"]] == pytest.approx(exact[on], rel=1e-3)
    assert np.abs(np.array(exact[True]) / exact[False] - 1).min() > 0.01


def test_mirrors_change_nothing_where_scattering_knows_no_spin():
    case = film(COPPER, walls={"specularity": 1.0})
    found = channel_constants(case, along=0, across=1)
    exact = decay_mode(materials_of(case)[0], "L").length
    assert found["length_L"] == pytest.approx(exact, rel=1e-3)
    assert found["length_T"] == pytest.approx(found["length_L"], rel=1e-9)


def test_rough_walls_shorten_diffusion_by_the_factor_of_fuchs():
    """1 - (3/2κ) ∫₁^∞ (1/t³ - 1/t⁵)(1 - e^{-κt}) dt, κ = thickness / mean free path (Fuchs 1938)."""
    kappa = 65e-9 / PATH
    lost = quad(lambda t: (t**-3 - t**-5) * (1 - np.exp(-kappa * t)), 1, np.inf)[0]
    case = film(COPPER, 65e-9, 6, angles={"polar": 16, "azimuthal": 16})
    found = channel_constants(case, along=0, across=1)
    bulk = slow_mode(materials_of(case)[0]).D_T * fermi_velocity(case.metal)
    assert found["D_T"] / bulk == pytest.approx(1 - 1.5 / kappa * lost, rel=0.01)
    assert found["D_L"] == pytest.approx(found["D_T"], rel=1e-9)


def test_walls_that_flip_spins_shorten_its_life():
    rough, flipping = ({"spin_flip": share} for share in (0.0, 0.01))
    lives = [channel_constants(film(COPPER, walls=walls), 0, 1)["tau_s_T"] for walls in (rough, flipping)]
    added = 1 / lives[1] - 1 / lives[0]
    speed = 13.6e9 * 1.054571817e-34 / 9.1093837e-31
    assert added == pytest.approx(2 * 0.01 * speed / 4 / 40e-9, rel=0.03)  # two faces, flux v/4 of the density


def test_nothing_decays_where_nothing_relaxes_spin():
    clean = film({"background": {"tau_p": "25 fs"}})
    assert channel_constants(clean, 0, 1)["length_L"] == np.inf


def test_graded_cells_across_the_channel_are_those_of_the_device():
    """They follow from its contacts; the length is that of fine equal cells, with an error of its own."""
    case = load_case(CASES / "contact_width.toml")
    few, many = (
        case.replace(series={}, grid={"x": {"length": 1.6e-6, "cells": 80}, "z": {"length": 60e-9, "cells": n}})
        for n in (12, 96)
    )
    own, few, many = (channel_constants(one, 0, 1)["length_T"] for one in (case, few, many))
    assert own == pytest.approx(many, rel=2e-4) and own != pytest.approx(few, rel=1e-5)


def test_devices_without_a_channel_are_told_so():
    with pytest.raises(CaseError, match="no cells across"):
        channel_constants(load_case(CASES / "helicity_valve.toml"), 2, 0)
    with pytest.raises(CaseError, match="one metal"):
        channel_constants(load_case(CASES / "crossed_media.toml"), 0, 1)


@pytest.mark.slow
@pytest.mark.parametrize(("specularity", "lengths"), [(1.0, (24.5e-9, 20.8e-9)), (0.0, (20.5e-9, 19.2e-9))])
def test_the_channel_decays_as_pillars_of_growing_height_do(specularity, lengths):
    """Lengths as fitted to ΔR of the pillars of helicity_walls.toml, 120 nm to 200 nm high."""
    case = with_values(load_case(CASES / "helicity_walls.toml"), {"walls.specularity": specularity})
    found = channel_constants(case, along=2, across=0)
    assert [found["length_L"], found["length_T"]] == pytest.approx(lengths, rel=0.01)
