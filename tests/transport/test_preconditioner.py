"""The diffusion preconditioner: what it is, and how many products it saves, from streaming to thick cells."""

import numpy as np
import pytest
from cubes import POINTS, RESERVOIRS, SETS, THICKNESS, cubes
from dense import alloy

from boltzsim.transport import slow_modes
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import BoundaryLaw, Wall, contact_law
from boltzsim.transport.steady import Transport


def products(*arguments, **options):
    return cubes(*arguments, **options).solve(RESERVOIRS, rtol=1e-8, max_products=60).products


@pytest.mark.parametrize("ends", ["reservoirs", "tunnel"])
@pytest.mark.parametrize("name", POINTS)
def test_products_in_one_dimension(name, ends):
    """48 cells: at most 20 products whatever the thickness of the cells."""
    counts = [products(1, 48, thickness, POINTS[name], ends) for thickness in THICKNESS]
    assert max(counts) <= 20, counts


@pytest.mark.parametrize("ends", ["reservoirs", "tunnel"])
@pytest.mark.parametrize("name", ["Kondo point", "mixed"])
def test_products_in_two_dimensions(name, ends):
    """8² cells, thinned out; the table on 24² cells is below."""
    counts = [products(2, 8, thickness, POINTS[name], ends) for thickness in (1e-1, 1.0, 1e2, 1e4)]
    assert max(counts) <= 20, counts


@pytest.mark.slow
@pytest.mark.parametrize("ends", ["reservoirs", "tunnel"])
@pytest.mark.parametrize("name", POINTS)
def test_table_in_two_dimensions(name, ends):
    counts = [products(2, 24, thickness, POINTS[name], ends) for thickness in THICKNESS]
    assert max(counts) <= 20, counts


@pytest.mark.parametrize(("name", "ends"), [("Kondo point", "tunnel"), ("mixed", "reservoirs")])
def test_products_in_three_dimensions(name, ends):
    counts = [products(3, 5, thickness, POINTS[name], ends) for thickness in (1e-2, 1.0, 1e3)]
    assert max(counts) <= 28, counts


@pytest.mark.slow
@pytest.mark.parametrize("ends", ["reservoirs", "tunnel"])
@pytest.mark.parametrize("name", POINTS)
def test_table_in_three_dimensions(name, ends):
    counts = [products(3, 10, thickness, POINTS[name], ends) for thickness in THICKNESS]
    assert max(counts) <= 28, counts


def checkerboard(dimensions, n):
    return np.indices((n,) * dimensions).sum(0).reshape(-1) % 2


def layers(dimensions, n):
    """Materials alternating along the last axis, two cells each."""
    return np.indices((n,) * dimensions)[0].reshape(-1) // 2 % 2


@pytest.mark.parametrize("ends", ["reservoirs", "tunnel"])
@pytest.mark.parametrize("pattern", [checkerboard, layers])
def test_products_with_a_contrast_of_a_thousand(pattern, ends):
    """Cells of 10 mean free paths next to cells of 0.01, and of 1000 next to 1."""
    n = 8
    counts = [
        products(2, n, thickness, POINTS["mixed"], ends, pattern(2, n), contrast=1000.0) for thickness in (10.0, 1000.0)
    ]
    assert max(counts) <= 45, counts


@pytest.mark.slow
@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize(("dimensions", "n"), [(1, 48), (2, 24), (3, 8)])
@pytest.mark.parametrize("pattern", [checkerboard, layers])
def test_table_with_a_contrast_of_a_thousand(pattern, dimensions, n, name):
    counts = [
        products(dimensions, n, thickness, POINTS[name], ends, pattern(dimensions, n), contrast=1000.0)
        for thickness in (0.1, 10.0, 1000.0)
        for ends in ("reservoirs", "tunnel")
    ]
    assert max(counts) <= 45, counts


def test_hidden_slow_mode_needs_its_own_equation(monkeypatch):
    """A single p1/2 channel conserves ⟨(σ·p̂) n (σ·p̂)⟩: the l = 0 modes alone take twice the products and more."""
    arguments = (1, 48, 3.0, POINTS["single channel"], "reservoirs")
    needed = products(*arguments)
    assert needed <= 12
    slow_spin = slow_modes.spin

    def densities_only(*arguments):
        pairs = slow_spin(*arguments)
        units = np.zeros((3, 1, pairs[0].shape[1]))
        units[range(3), 0, 1 + np.arange(3)] = 1
        return list(units)

    monkeypatch.setattr(slow_modes, "spin", densities_only)
    assert cubes(*arguments).solve(RESERVOIRS, rtol=1e-8, max_products=300).products > 2 * needed


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_preconditioner_is_linear(dimensions):
    """And the same at every call, multigrid cycles in three dimensions included: GMRES is not the flexible one."""
    transport = cubes(dimensions, 4, 3.0, POINTS["mixed"], "tunnel", alpha=0.05)
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal((2, transport._ends[-1]))
    apply = transport._precondition
    np.testing.assert_array_equal(apply(a), apply(a))
    np.testing.assert_allclose(apply(a - 3 * b), apply(a) - 3 * apply(b), rtol=0, atol=1e-9 * np.abs(apply(b)).max())


@pytest.mark.parametrize("dimensions", [1, 2])
def test_preconditioner_does_not_change_the_answer(dimensions):
    with_it, without = (
        cubes(dimensions, 4, 1.0, POINTS["mixed"], "tunnel", alpha=0.05, preconditioned=flag) for flag in (True, False)
    )
    one, other = (transport.solve(RESERVOIRS, rtol=1e-11) for transport in (with_it, without))
    np.testing.assert_allclose(one.phi, other.phi, rtol=0, atol=1e-8)
    np.testing.assert_allclose(one.flux, other.flux, rtol=0, atol=1e-10)
    assert one.products < other.products


LADDER = (0.1, 1.0, 10.0, 100.0, 1e3, 1e4)


def test_thick_ladder_of_slabs():
    """Isotropic scattering between reservoirs: a linear profile extrapolated by 0.7104 mean free paths (Hopf).

    64 cells of 0.1 to 10⁴ mean free paths. The flux, 4/3 per 1/4 of the potential drop over L + 2 × 0.7104, and the
    profile away from the ends; unresolved boundary layers cost less than a cell.
    """
    n, extrapolation = 64, 0.710446
    for thickness in LADDER:
        transport = cubes(1, n, thickness, (np.pi / 2, 0, 0), "reservoirs")
        solution = transport.solve([[1, 0, 0, 0], [0, 0, 0, 0]], max_products=20)
        loss = 1.0 * alloy((np.pi / 2, 0, 0)).loss
        length, path = n * thickness / loss, 1 / loss
        flux = path / 3 / (length + 2 * extrapolation * path)
        assert abs(solution.flux[0, 0] / flux - 1) < 2e-3
        z = np.repeat(np.arange(n + 1), 2)[1:-1] * thickness / loss
        line = (length - z + extrapolation * path) / (length + 2 * extrapolation * path)
        profile = transport.grid.to_points(solution.phi[:, :, 0, 0])
        middle = slice(len(z) // 4, -len(z) // 4)
        assert np.abs(profile - line)[middle].max() < 1e-3


def test_thick_ladder_of_a_cosine():
    """cos(2πx) cosh-profile on a periodic square of 16² cells, 10 to 10⁴ mean free paths thick: one discrete limit.

    Reservoirs with cos(2πx) at z = 0, a diffuse wall at z = 1, where the diffusion solution is flat:
    n = cos(2πx) cosh(2π(1 - z)) / cosh(2π) up to the extrapolation length and the discretisation error.
    """
    n, eta = 16, (np.pi / 2, 0, 0)
    material = alloy(eta)
    potential = np.cos(2 * np.pi * (np.arange(n) + 0.5) / n)
    errors = []
    for thickness in LADDER[2:]:
        h = thickness / material.loss
        grid = Grid((0, 2), (n, n), (h, h), np.zeros(n * n, int), (True, False))
        walls = {(1, False): Wall(0.0, BoundaryLaw(), 1 + np.arange(n))}
        transport = Transport(grid, SETS[2], [material], walls, [contact_law(1.0)] * n)
        solution = transport.solve(np.outer(potential, [1, 0, 0, 0]), max_products=20)
        profile = solution.phi[:, :, 0, 0].mean(1).reshape(n, n)
        amplitude = 2 * profile @ potential / n
        depth = (np.arange(n) + 0.5) / n + 0.7104 / (n * thickness)
        exact = np.cosh(2 * np.pi * (1 - (np.arange(n) + 0.5) / n)) / np.cosh(2 * np.pi * (1 + depth[0] - 0.5 / n))
        errors.append(np.abs(amplitude - exact).max())
    assert max(errors) < 0.02, errors
    assert abs(errors[-1] - errors[-2]) < 1e-3
