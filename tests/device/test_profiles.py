"""Impurities whose concentration varies along an axis, from case files."""

import numpy as np
import pytest

import boltzsim
from boltzsim.case.case import Case
from boltzsim.case.profile import Profile
from boltzsim.device.metal import media_of

CHANNELS = {"s1/2": 1.2, "p1/2": 0.3}
KINDS = ["exponential", "gaussian", "erfc", "linear"]


def case(impurity, cells=4, model="kinetic", **more):
    """A film of 16 × 20 nm between two contacts, its impurity as given."""
    tables = {
        "material": {"alloy": {"k_F": 1.36e10, "background": {"tau_p": 1e-14}, "impurity": impurity}},
        "grid": {"x": {"length": 1.6e-8, "cells": 4}, "z": {"length": 2e-8, "cells": cells}},
        "angles": {"polar": 4, "azimuthal": 8},
        "solver": {"rtol": 1e-11},
        "physics": {"model": model},
        "contact": [
            {"name": "a", "face": "x_min", "voltage": 1e-3, "spin_voltage": [0, 1e-3, 0]},
            {"name": "b", "face": "x_max", "voltage": 0.0, "transmission": 0.3},
        ],
    }
    return Case(**tables, **more)


def graded(concentration=0.01, **profile):
    return [{"concentration": concentration, "channels": CHANNELS, "concentration_profile": {"axis": "z", **profile}}]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cells", [1, 3, 7])
def test_no_impurity_is_lost_whatever_the_grid(kind, cells):
    """The number is the integral of the profile, here by a fine sum of its own formula."""
    from scipy.special import erfc

    shape = {"exponential": lambda u: np.exp(-u), "gaussian": lambda u: np.exp(-(u**2)), "erfc": erfc,
             "linear": lambda u: np.maximum(0, 1 - u)}[kind]  # fmt: skip
    edges = np.linspace(0, 2e-8, cells + 1)
    fine = (np.arange(200000) + 0.5) * 1e-13
    for plane, place in (({"from": "z_max"}, 2e-8), ({"from": "z_min"}, 0.0), ({"at": 7e-9}, 7e-9)):
        found = Profile(axis="z", length=3e-9, value=0.02, kind=kind, **plane).means(edges) @ np.diff(edges)
        assert found == pytest.approx(0.02 * shape(np.abs(fine - place) / 3e-9).sum() * 1e-13, rel=1e-7)


@pytest.mark.parametrize("model", ["kinetic", "diffusion"])
def test_a_profile_longer_than_the_device_is_a_plain_concentration(model):
    plain = boltzsim.run(case([{"concentration": 0.03, "channels": CHANNELS}], model=model)).terminals
    found = boltzsim.run(case(graded(0.01, **{"from": "z_max"}, length=1e6, value=0.02), model=model)).terminals
    for name in ("conductance", "spin_current"):
        expected = getattr(plain, name)
        np.testing.assert_allclose(getattr(found, name), expected, rtol=0, atol=1e-9 * np.abs(expected).max())


def test_two_levels_are_two_regions():
    """A linear profile that ends within the lower of two layers of cells, against two materials of the same mean."""
    edges = np.linspace(0, 2e-8, 3)
    profile = {"from": "z_max", "length": 8e-9, "value": 0.02, "kind": "linear"}
    low, high = 0.01 + Profile(axis="z", **profile).means(edges)
    assert low == pytest.approx(0.01, abs=1e-15) and high > 0.015
    found = boltzsim.run(case(graded(0.01, **profile), cells=2)).terminals
    other = case([{"concentration": low, "channels": CHANNELS}], cells=2).resolved()
    top = {**other["material"]["alloy"], "impurity": [{"concentration": high, "channels": CHANNELS}]}
    other["material"]["top"] = top
    other["region"] = [{"material": "top", "box": {"z": [1e-8, 2e-8]}}]
    expected = boltzsim.run(Case(**other)).terminals
    largest = np.abs(expected.conductance).max()
    np.testing.assert_allclose(found.conductance, expected.conductance, rtol=0, atol=1e-9 * largest)


def test_the_error_of_the_cells_is_of_second_order():
    """Of the spin current along the profile; charge sees the mean resistivity, which is exact on any grid."""
    found = []
    for cells in (10, 20, 40, 160):
        impurity = graded(0.0, **{"from": "z_max"}, length=8e-9, value=0.05)
        tables = case(impurity, cells, "diffusion").resolved()
        tables["grid"] = {"z": {"length": 2e-8, "cells": cells}}
        for contact, face in zip(tables["contact"], ("z_min", "z_max"), strict=True):
            contact["face"] = face
        found.append(boltzsim.run(Case(**tables)).terminals.spin_current[1, 1])
    errors = np.abs(np.array(found[:3]) - found[3])
    assert 1.7 < np.log2(errors[0] / errors[1]) < 2.3 and errors[2] < errors[1] / 3


def test_a_material_is_built_once_for_every_level():
    media = media_of(case(graded(0.01, **{"from": "z_max"}, length=4e-9, value=0.05), cells=8))
    assert len(media.operators) == 8 and len(np.unique(media.cells)) == 8
    losses = np.array([own.loss for own in media.operators])[media.cells].reshape(8, 4)
    assert (np.diff(losses, axis=0) > 0).all() and (np.diff(losses, axis=1) == 0).all()
    for own in media.operators:
        np.testing.assert_array_equal(own.gain[0], np.eye(1, len(own.gain))[0] * own.loss)


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ({"axis": "z", "length": 1e-9, "value": 0.1}, "must start at one plane"),
        ({"axis": "z", "from": "x_max", "length": 1e-9, "value": 0.1}, "from = 'x_max' lies on another axis"),
        ({"axis": "z", "from": "z_max", "length": 1e-9, "value": 0.1, "kind": "cubic"}, "kind = 'cubic'"),
    ],
)
def test_mistakes(profile, message):
    with pytest.raises(boltzsim.CaseError, match=message):
        case([{"channels": CHANNELS, "concentration_profile": profile}])
