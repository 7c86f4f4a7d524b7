"""Directions that thin channels need: a wire under a field along it, and a slit between two reservoirs."""

import numpy as np
import pytest
from dense import alloy

from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law
from boltzsim.transport.ordinates import double_gauss, graded, product
from boltzsim.transport.steady import Transport

METAL = alloy((0.4, 1.1, -0.3))


def wire(ordinates, cells=20, width=0.2):
    """Conductivity of a square wire along x, its width in mean free paths, between diffuse walls."""
    spacing = width / METAL.loss / cells
    grid = Grid((1, 2), (cells,) * 2, (spacing,) * 2, np.zeros(cells**2, int), (False,) * 2)
    transport = Transport(grid, ordinates, [METAL], {})
    return transport.currents(transport.solve(field=(1, 0, 0)).phi)[:, :, 0, 0].mean()


def slit(ordinates, cells=16, height=0.2, ratio=5):
    """Current through a slit along x, its height along z in mean free paths, between diffuse walls."""
    spacing, along = height / METAL.loss / cells, cells * ratio // 2
    grid = Grid((0, 2), (along, cells), (2 * spacing, spacing), np.zeros(along * cells, int), (False,) * 2)
    walls = {(0, up): Wall(portion=np.full(cells, 1 + up)) for up in (False, True)}
    transport = Transport(grid, ordinates, [METAL], walls, [contact_law(1.0)] * 2)
    return transport.solve([np.eye(4)[0], np.zeros(4)]).flux[0, 0]


CHANNELS = {"wire": (wire, product(64, 32, "x")), "slit": (slit, double_gauss(16, 48, "z"))}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("channel", "few", "many"),
    [("wire", graded(6, 16, "x"), product(16, 64, "z")), ("slit", double_gauss(4, 16, "z"), product(16, 64, "z"))],
)
def test_a_quarter_of_the_ordinates_is_enough(channel, few, many):
    """0.3 % with a fifth or an eighth of those that a product set misses it with."""
    solve, reference = CHANNELS[channel]
    exact = solve(reference)
    errors = [abs(solve(ordinates) / exact - 1) for ordinates in (few, many)]
    assert 4 * len(few.weights) <= len(many.weights)
    assert errors[0] < 3e-3 < errors[1], errors
