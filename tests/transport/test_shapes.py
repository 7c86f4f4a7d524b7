"""Conductors of any shape against classical results: corners, Greek crosses, ballistic crosses."""

import numpy as np
import pytest
from dense import alloy

from boltzsim.limits.diffusion import p1
from boltzsim.transport.diffusion_model import DiffusionModel
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law
from boltzsim.transport.ordinates import product
from boltzsim.transport.steady import Transport

ISOTROPIC = alloy((np.pi / 2, 0, 0))
SET = product(4, 8)


def device(metal, spacing, ends, model, specularity=0.0, ordinates=SET):
    """A device with ideal contacts on whole faces; `metal` (rows along y, columns along x) says where it is."""
    n = metal.shape[::-1]
    grid = Grid((0, 1), n, (spacing,) * 2, np.where(metal, 0, -1).reshape(-1), (False, False))
    walls = {
        (axis, up, inner) if inner else (axis, up): Wall(specularity)
        for axis in (0, 1)
        for up in (False, True)
        for inner in (False, True)
    }
    for number, face in enumerate(ends):
        walls[face] = Wall(specularity, portion=np.full(len(grid.exposed(*face)), 1 + number))
    laws = [contact_law(1.0)] * len(ends)
    if model is DiffusionModel:
        return DiffusionModel(grid, [ISOTROPIC], walls, laws)
    return Transport(grid, ordinates, [ISOTROPIC], walls, laws)


def conductance(transport):
    """Currents into the contacts (rows) per potential of each (columns)."""
    units = np.eye(transport.contacts)[:, :, None] * np.eye(1, 4)
    return np.array([transport.solve(unit, rtol=1e-9, max_products=400).flux[:, 0] for unit in units]).T


def four_terminal(G, source, drain, high, low):
    """(V_high - V_low)/I for a current from source to drain, the others open."""
    current = np.zeros(len(G))
    current[source], current[drain] = 1.0, -1.0
    keep = np.arange(1, len(G))
    voltage = np.r_[0.0, np.linalg.solve(G[np.ix_(keep, keep)], current[keep])]
    return voltage[high] - voltage[low]


def corner(n, width, model):
    """Squares of an L of n cells across, with two arms of twice its width, less the four squares of a straight wire."""
    bent, straight = np.zeros((3 * n, 3 * n), bool), np.ones((n, 4 * n), bool)
    bent[:n], bent[:, :n] = True, True
    shapes = (bent, [(0, True), (1, True)]), (straight, [(0, False), (0, True)])
    resistances = [1 / conductance(device(metal, width / n, ends, model))[0, 0] for metal, ends in shapes]
    return (resistances[0] - resistances[1]) * p1(ISOTROPIC)["D_c"]


def cross(n, arms, width, model, **options):
    """Conductances of a cross of n cells across its arms, each `arms` n cells long; contacts -x, +x, -y, +y."""
    size = (2 * arms + 1) * n
    metal = np.zeros((size, size), bool)
    metal[arms * n : (arms + 1) * n], metal[:, arms * n : (arms + 1) * n] = True, True
    ends = [(0, False), (0, True), (1, False), (1, True)]
    return conductance(device(metal, width / n, ends, model, **options))


@pytest.mark.parametrize(("model", "width"), [(DiffusionModel, 1.0), (Transport, 1000.0)])
def test_corner_of_a_wire(model, width):
    """A right-angled corner of a diffusive wire counts as 0.559 squares, as conformal mapping gives.

    Near the inner corner the potential goes as r^(2/3), so that the error falls as the 4/3 power of the cell size; it
    is extrapolated so. The wire is a thousand mean free paths wide.
    """
    coarse, fine = (corner(n, width, model) for n in (8, 16))
    assert abs((fine + (fine - coarse) / (2 ** (4 / 3) - 1)) / 0.559 - 1) < 0.01
    assert coarse < fine < 0.559


@pytest.mark.parametrize("model", [DiffusionModel, Transport])
def test_greek_cross_gives_the_resistivity(model):
    """Van der Pauw: ρ ln 2/π per thickness, current round a corner and voltage across the opposite one."""
    G = cross(8, 2, 1000.0, model)
    np.testing.assert_allclose(G, G.T, rtol=0, atol=1e-7 * G.max())
    found = four_terminal(G, 0, 2, 3, 1) * p1(ISOTROPIC)["D_c"]
    assert abs(found / (np.log(2) / np.pi) - 1) < 0.01


def test_ballistic_cross_bends_the_current_backwards():
    """Electrons that fly straight across charge the contact opposite: the bend resistance changes its sign."""
    signs = [
        np.sign(four_terminal(cross(4, 1, width, Transport, specularity=1.0), 0, 2, 3, 1)) for width in (0.1, 100.0)
    ]
    assert signs == [-1, 1]
