"""Products that devices with interfaces take, whatever the interface lets through and however thick the cells are."""

import numpy as np
import pytest
from dense import alloy

from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law, interface_law
from boltzsim.transport.ordinates import double_gauss, product
from boltzsim.transport.steady import Transport

AXES = {1: (2,), 2: (0, 2), 3: (0, 1, 2)}
STRENGTH = {"Kondo point": (0.1, np.pi / 2, 0.05), "mixed": (0.4, 1.1, -0.3)}
SET = double_gauss(8, 8, "z")


def products(dimensions, n, thickness, eta, transmission, specularity, every, other=None):
    """Products to 1e-8 between reservoirs; interfaces that polarise cross the last axis after `every` cells."""
    operators = [alloy(eta)] + ([alloy(other)] if other else [])
    layer = np.arange(n**dimensions) // n ** (dimensions - 1)
    at = np.full((len(layer), dimensions), -1)
    at[layer % every == every - 1, -1] = 0
    material = layer // every % 2 if other else 0 * layer
    spacing = (thickness / operators[0].loss,) * dimensions
    grid = Grid(AXES[dimensions], (n,) * dimensions, spacing, material, (False,) * dimensions, at)
    polarization = 0.0 if transmission == 1 else 0.4
    law = interface_law(transmission / (1 + polarization), polarization, (1, 0, 1), 0.3, specularity)
    walls = {(dimensions - 1, up): Wall(portion=np.full(n ** (dimensions - 1), 1 + up)) for up in (False, True)}
    laws, interfaces = [contact_law(1.0)] * 2, [law]
    transport = Transport(
        grid, SET if dimensions == 1 else product(4, 8), operators, walls, laws, interfaces=interfaces
    )
    potentials = np.array([[1, 0.3, 0.2, 0.5], [0, 0, -0.1, 0.2]])
    return transport.solve(potentials, rtol=1e-8, max_products=100).products


@pytest.mark.parametrize("specularity", [0.0, 1.0])
@pytest.mark.parametrize("transmission", [1.0, 0.5, 1e-2, 1e-4])
def test_products_with_an_interface(transmission, specularity):
    """48 cells of 0.01 … 1000 mean free paths with an interface in the middle."""
    ladder = (1e-2, 1e-1, 1.0, 1e1, 1e3)
    counts = [products(1, 48, t, STRENGTH["mixed"], transmission, specularity, 24) for t in ladder]
    assert max(counts) <= 15, counts


@pytest.mark.slow
@pytest.mark.parametrize("name", STRENGTH)
@pytest.mark.parametrize("specularity", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("dimensions", "n"), [(1, 48), (2, 12), (3, 6)])
def test_table_of_products_with_an_interface(dimensions, n, specularity, name):
    """One interface in the middle, to the same alloy or another one."""
    for other in (None, (1.2, 0.2, 0.0)):
        for transmission in (1.0, 0.99, 0.5, 1e-1, 1e-2, 1e-4):
            counts = [
                products(dimensions, n, t, STRENGTH[name], transmission, specularity, n // 2, other)
                for t in (1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3)
            ]
            assert max(counts) <= 30, (transmission, other, counts)


@pytest.mark.slow
@pytest.mark.parametrize("specularity", [0.0, 0.5, 1.0])
def test_products_of_a_superlattice(specularity):
    """An interface after every four cells, each at least a tenth of a mean free path thick.

    In thinner layers between mirrors every direction of motion lives long by itself, and no mode of diffusion stands
    for them.
    """
    for transmission in (1.0, 0.5, 1e-2, 1e-4):
        counts = [products(1, 48, t, STRENGTH["mixed"], transmission, specularity, 4) for t in (0.1, 1.0, 10.0, 1e3)]
        assert max(counts) <= 30, (transmission, counts)
