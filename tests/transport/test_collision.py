"""The scattering source against plain NumPy: gain, and the balance of the side-jump fluxes on the corner volumes."""

import numpy as np
import pytest
from dense import alloy

from boltzsim.material.superoperators import Operators
from boltzsim.transport.collision import Collision
from boltzsim.transport.grid import Grid

GRIDS = {1: ((2,), (5,)), 2: ((0, 2), (4, 3)), 3: ((0, 1, 2), (2, 3, 2))}
SIZES = [np.array(sizes) for sizes in ([0.3, 0.1, 0.3, 0.7, 0.2], [0.5, 0.2, 0.6], [0.8, 0.3])]


def random_operators(seed, degree, drift=True):
    """Any sparse matrices will do."""
    rng = np.random.default_rng(seed)
    size = 4 * (degree + 1) ** 2
    matrices = rng.standard_normal((4, size, size)) * (rng.random((4, size, size)) < 0.2)
    return Operators(degree, 1.0, matrices[0], matrices[1:] if drift else 0 * matrices[1:])


def in_flux_form(drift):
    """Reciprocal part of αV, X = Π αV Q + ½ Q αV Q: Π projects on l = 0, Q = 1 - Π."""
    P = np.diag(np.arange(len(drift)) < 4) * 1.0
    Q = np.eye(len(drift)) - P
    return P @ drift @ Q + Q @ drift @ Q / 2


def slope(values, position, periodic, h):
    """Derivative over the corner volumes, of width h/2: mean of both sides on a face, inside value on the boundary."""
    values = np.moveaxis(values, position, 0)
    first, last = (values[-1:], values[:1]) if periodic else (values[:1], values[-1:])
    padded = np.concatenate([first, values, last])
    faces = (padded[1:] + padded[:-1]) / 2
    depth = np.repeat(np.broadcast_to(h, len(values) // 2), 2) / 2
    return np.moveaxis((faces[1:] - faces[:-1]) / depth.reshape(-1, *[1] * (values.ndim - 1)), 0, position)


def expected_source(grid, materials, phi):
    """gain φ + ∇·(Xφ) + (αV - X)·∇φ on corner points."""

    def apply(matrices, field):
        return np.einsum("...ij,...j->...i", np.array(matrices)[material], field)

    points = grid.to_points(phi)
    shape = points.shape
    points = points.reshape(*shape[:-2], -1)
    material = grid.to_points(np.repeat(grid.metal[:, None], grid.corners, 1)).astype(int)
    source = apply([m.gain for m in materials], points)
    for number, (axis, h) in enumerate(zip(grid.axes, grid.spacing, strict=True)):
        where = len(grid.cells) - 1 - number, grid.periodic[number], h
        flux = [in_flux_form(m.drift[axis]) for m in materials]
        rest = [m.drift[axis] - f for m, f in zip(materials, flux, strict=True)]
        source += slope(apply(flux, points), *where) + apply(rest, slope(points, *where))
    return source.reshape(shape)


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("degree", [2, 4])
@pytest.mark.parametrize("dimensions", GRIDS)
def test_random_moments_and_materials(dimensions, degree, periodic):
    """Three materials in random cells, so that they meet inside the grid and across the periodic boundary."""
    rng = np.random.default_rng(dimensions)
    axes, cells = GRIDS[dimensions]
    flags = (periodic, False, periodic)[-dimensions:]
    spacing = [sizes[:n] for n, sizes in zip(cells, SIZES, strict=False)]
    grid = Grid(axes, cells, spacing, rng.integers(0, 3, int(np.prod(cells))), flags)
    materials = [random_operators(seed, degree) for seed in range(3)]
    phi = rng.standard_normal((len(grid.metal), grid.corners, (degree + 1) ** 2, 4))
    source = grid.to_points(Collision(grid, materials)(phi))
    expected = expected_source(grid, materials, phi)
    np.testing.assert_allclose(source, expected, rtol=0, atol=1e-13 * np.abs(expected).max())


def test_without_side_jump_only_gain():
    grid = Grid((0, 2), (2, 2), (0.3, 0.5), np.array([0, 1, 1, 0]), (False, True))
    materials = [random_operators(seed, 2, drift=False) for seed in range(2)]
    phi = np.random.default_rng(0).standard_normal((4, 4, 9, 4))
    collision = Collision(grid, materials)
    assert not collision.side_jump
    expected = np.einsum("cij,ckj->cki", np.array([m.gain for m in materials])[grid.metal], phi.reshape(4, 4, 36))
    np.testing.assert_allclose(collision(phi).reshape(4, 4, 36), expected, rtol=0, atol=1e-13)


def test_side_jump_conserves_charge_and_spin_up_to_the_boundary():
    """Σ volume × source: what scattering does locally, and the side-jump flux through the boundary; nothing else."""
    rng = np.random.default_rng(8)
    grid = Grid((0, 2), (3, 4), (SIZES[0][:3], SIZES[0][1:]), rng.integers(0, 2, 12), (True, False))
    materials = [alloy((0.4, 1.1, -0.3), 0.05), alloy((0.1, 1.4, 0.2), 0.02)]
    phi = rng.standard_normal((12, 4, 9, 4))
    source = Collision(grid, materials)(phi)
    volume = np.outer(SIZES[0][1:], SIZES[0][:3]).reshape(-1) / 4
    total = volume @ source[:, :, 0].sum(1)
    flat = phi.reshape(12, 4, -1)
    local = np.einsum("c,cij,ckj->i", volume, np.array([m.gain[:4] for m in materials])[grid.metal], flat)
    through = np.zeros(4)
    for upper in (False, True):
        cells, corners = grid.line_ends(1, upper), grid.face_corners(1, upper)
        rows = np.array([m.drift[2][:4] for m in materials])[grid.metal[cells]]
        flux = np.einsum("c,cij,ckj->i", SIZES[0][:3] / 2, rows, flat[cells][:, corners])
        through += (1 if upper else -1) * flux
    np.testing.assert_allclose(total, local + through, rtol=0, atol=1e-13)


def test_uniform_moments_have_no_side_jump_source():
    """∇·(αVφ) of a uniform φ vanishes in a uniform material, at walls too, to the last bit."""
    grid = Grid((0, 2), (3, 4), (0.3, 0.5), np.zeros(12, int), (False, True))
    full, plain = alloy((0.4, 1.1, -0.3), 0.05), alloy((0.4, 1.1, -0.3))
    phi = np.broadcast_to(np.random.default_rng(1).standard_normal((9, 4)), (12, 4, 9, 4)).copy()
    np.testing.assert_array_equal(Collision(grid, [full])(phi), Collision(grid, [plain])(phi))
