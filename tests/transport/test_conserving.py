"""Currents of devices of many mean free paths, which rounding errors would take away."""

import numpy as np
import pytest
from dense import alloy
from hypothesis import given, settings
from hypothesis import strategies as st
from random_devices import CHECKS, arguments

from boltzsim.transport import conserving
from boltzsim.transport.balance import balance
from boltzsim.transport.conserving import Vertices, compensate, created
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law
from boltzsim.transport.ordinates import product
from boltzsim.transport.steady import Transport

UNIT = np.eye(1, 4)[0]


@settings(max_examples=6, **CHECKS)
@given(arguments(0.05), st.integers(0, 2**32))
def test_currents_tell_what_any_residual_creates(given_, seed):
    """Around every vertex, for random numbers in the place of a solution, whatever bounds the device."""
    transport, rng = Transport(*given_), np.random.default_rng(seed)
    vector = rng.standard_normal(transport._ends[-1])
    after, entering = transport._product(vector, wanted=True)
    residual, vertices = after - vector, Vertices(transport.grid)
    loss = transport.volume * np.array([m.loss for m in transport.materials])[transport.grid.metal]
    told = created(transport, residual, vector, entering)
    expected = loss[:, None, None] * transport._split(residual)[0][:, :, 0]
    found, wanted = (vertices.shared(values) for values in (told, expected))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12 * np.abs(expected).max())


def slab(thickness, cells=12, eta=(1.2, 0.0, 0.0)):
    """A slab between ideal contacts, `thickness` mean free paths thick."""
    metal = alloy(eta)
    grid = Grid((2,), (cells,), (thickness / metal.loss / cells,), np.zeros(cells, int), (False,))
    walls = {(0, up): Wall(portion=np.array([1 + up])) for up in (False, True)}
    return Transport(grid, product(4, 8), [metal], walls, [contact_law(1.0)] * 2)


def test_lost_digits_come_back_and_larger_errors_stay():
    """A residual with errors of the size of rounding gets the sums of the currents, one with larger errors does not."""
    transport, rng = slab(1e5), np.random.default_rng(3)
    vertices, vector = Vertices(transport.grid), np.zeros(transport._ends[-1])
    phi = transport._split(vector)[0]
    phi[:] = 1e-3 * rng.uniform(0.5, 1.0, phi.shape)
    phi[:, :, 0] *= 1e3
    after, entering = transport._product(vector, wanted=True)
    residual = after - vector

    def compensated(error):
        changed = residual + error
        compensate(transport, vertices, changed, vector, entering)
        return vertices.shared(transport._split(changed)[0][:, :, 0])

    for size, share in ((1e-15, 0.0), (1e-12, 1.0)):
        error = size * rng.uniform(0.5, 1.0, residual.shape)
        expected = share * vertices.shared(transport._split(error)[0][:, :, 0])
        np.testing.assert_allclose(compensated(error) - compensated(0.0), expected, rtol=0, atol=2e-2 * size)


@pytest.mark.parametrize("thickness", [1e4, 5e5, 5e6, 5e7])
@pytest.mark.parametrize("common", [0.0, 1.0])
def test_a_slab_of_millions_of_mean_free_paths_conducts_as_its_thickness_says(thickness, common):
    """Milne: transmission (4/3) / (L/ℓ + 2 z₀), also where both contacts are at a potential beside their difference."""
    transport = slab(thickness)
    solution = transport.solve(np.array([(1.0 + common) * UNIT, common * UNIT]))
    current, rounding = solution.flux[:, 0], 1e-9 + 3e-15 * (1 + common) * thickness
    assert abs(current.sum()) < rounding * current[0]
    assert solution.charge_balance < rounding
    assert balance(transport, solution.phi, solution.entering).worst < rounding
    np.testing.assert_allclose(4 * current[0], 4 / 3 / (thickness + 2 * 0.7104), rtol=1e-4 + 1e-16 * thickness)


def test_without_it_the_same_slab_loses_its_current(monkeypatch):
    monkeypatch.setattr(conserving, "_ROUNDING", 0.0)
    solution = slab(5e6).solve(np.array([UNIT, 0 * UNIT]))
    assert abs(solution.flux[:, 0].sum()) > 1e-5 * abs(solution.flux[0, 0])


def test_vertices_of_a_plane_with_a_gap():
    """Corners meet where metal goes on: nine vertices of four cells, fewer of three."""
    full = Vertices(Grid((0, 2), (2, 2), (1.0, 1.0), np.zeros(4, int), (False, False)))
    assert sorted(full.count) == [1] * 4 + [2] * 4 + [4]
    three = Vertices(Grid((0, 2), (2, 2), (1.0, 1.0), np.array([0, 0, 0, -1]), (False, False)))
    assert sorted(three.count) == [1] * 5 + [2] * 2 + [3]
    apart = Vertices(Grid((0, 2), (2, 2), (1.0, 1.0), np.array([0, -1, -1, 0]), (False, False)))
    assert list(apart.count) == [1] * 8  # two cells that touch at one point only
    ring = Vertices(Grid((2,), (3,), (1.0,), np.zeros(3, int), (True,)))
    assert list(ring.count) == [2] * 3
