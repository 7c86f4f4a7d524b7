"""The diffusion model: closed forms of Eq. 16 in one dimension, order 2, conservation, Onsager, the kinetic corner."""

import numpy as np
import pytest

from boltzsim.errors import CaseError
from boltzsim.limits.diffusion import p1
from boltzsim.material.superoperators import combine, impurity_operators
from boltzsim.transport.diffusion_model import DiffusionModel
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law, mirror_law
from boltzsim.transport.ordinates import double_gauss
from boltzsim.transport.steady import Transport

STRONG = impurity_operators({"s1/2": 0.6, "p1/2": 0.8, "p3/2": -0.3}, 0.02)
UNIT = np.eye(4)


def slab(operators, length, cells, laws, precession=(0, 0, 0), axis=2, model=DiffusionModel, **options):
    grid = Grid((axis,), (cells,), (length / cells,), np.zeros(cells, int), (False,))
    walls = {(0, bool(end)): Wall(portion=np.array([1 + end])) for end in range(len(laws))}
    if model is Transport:
        return Transport(grid, double_gauss(8, 8, "xyz"[axis]), [operators], walls, laws, precession, **options)
    return DiffusionModel(grid, [operators], walls, laws, precession, **options)


def box(operators, cells, size, sign=1, material=None, B=(0, 0, 0), **options):
    """A plane with three contacts: whole faces in x, and a magnet on part of the upper face in the other axis."""
    material = np.zeros(np.prod(cells), int) if material is None else material
    grid = Grid((0, 2), cells, tuple(np.array(size) / cells), material, (False, False))
    top = np.zeros(cells[0], int)
    top[: cells[0] // 2] = 3
    walls = {
        (0, False): Wall(portion=np.ones(cells[1], int)),
        (0, True): Wall(portion=np.full(cells[1], 2)),
        (1, True): Wall(portion=top),
    }
    laws = [contact_law(0.8), contact_law(1.0), contact_law(0.3, 0.6 * sign, (0, 1, 0.5), 0.4 * sign)]
    return DiffusionModel(grid, operators, walls, laws, sign * np.array(B), **options)


@pytest.mark.parametrize(("component", "D"), [(3, "D_L"), (1, "D_T")])
def test_spin_decay_with_robin_contacts_is_second_order(component, D):
    """-D s'' + s/τ_s = 0 between partial-current contacts; without side jump M = 1/4."""
    operators = impurity_operators({"s1/2": 0.6, "p1/2": 0.8, "p3/2": -0.3})
    closure, length, through = p1(operators), 8.0, (0.5, 0.2)
    D, kappa = closure[D], np.sqrt(closure["rate_s"] / closure[D])
    first, last = (t / (2 - t) / 2 for t in through)  # J·N = g (s - s_res)
    near, far = np.exp([-kappa * length, kappa * length])
    matrix = [[D * kappa + first, -D * kappa + first], [(last - D * kappa) * near, (last + D * kappa) * far]]
    amplitudes = np.linalg.solve(matrix, [first, 0])
    errors = []
    for cells in (20, 40, 80, 160):
        solution = slab(operators, length, cells, [contact_law(t) for t in through]).solve(
            [UNIT[component], 0 * UNIT[0]]
        )
        z = (np.arange(cells)[:, None] + [0, 1]) * length / cells
        exact = amplitudes[0] * np.exp(-kappa * z) + amplitudes[1] * np.exp(kappa * z)
        errors.append(np.abs(solution.phi[:, :, 0, component] - exact).max())
        assert solution.spin_balance < 1e-12
    orders = np.diff(np.log(errors)) / np.log(0.5)
    assert 1.9 < orders[-1] < 2.1
    assert errors[-1] < 2e-4


def test_charge_current_is_constant_to_rounding_and_ohmic():
    """Two layers between tunnel contacts: resistances in series, 4/𝒯 - 2 of a contact, L/D_c of a layer."""
    layers = [impurity_operators({"s1/2": 0.6, "p1/2": 0.8, "p3/2": -0.3}), impurity_operators({"s1/2": 1.0})]
    lengths, cells, through = (3.0, 5.0), 32, (0.5, 0.1)
    grid = Grid((2,), (cells,), (sum(lengths) / cells,), np.repeat([0, 1], [12, 20]), (False,))
    walls = {(0, False): Wall(portion=np.array([1])), (0, True): Wall(portion=np.array([2]))}
    model = DiffusionModel(grid, layers, walls, [contact_law(t) for t in through])
    solution = model.solve([UNIT[0], 0 * UNIT[0]])
    current = model.currents(solution.phi).mean(1)[:, 2, 0]
    assert np.ptp(current) < 1e-13
    assert solution.flux[0, 0] + solution.flux[1, 0] == pytest.approx(0, abs=1e-14)
    assert solution.flux[0, 0] == pytest.approx(current[0], abs=1e-13)
    wire = sum(length / p1(layer)["D_c"] for length, layer in zip(lengths, layers, strict=True))
    assert current[0] == pytest.approx(1 / (wire + sum(4 / t - 2 for t in through)), rel=1e-8)


def test_equal_potentials_are_in_equilibrium():
    """A uniform potential on all contacts of two alloys, one with side jump."""
    layers = [STRONG, impurity_operators({"s1/2": 1.0, "p1/2": 0.4}, 0.05)]
    model = box(layers, (6, 4), (5.0, 3.0), material=np.arange(24) % 2)
    solution = model.solve(np.tile(UNIT[0], (3, 1)))
    assert np.abs(solution.phi[:, :, 0] - UNIT[0]).max() < 1e-12
    assert np.abs(solution.phi[:, :, 1:]).max() < 1e-12
    assert np.abs(solution.flux).max() < 1e-12


@pytest.mark.parametrize("axes", [(0,), (0, 1), (0, 1, 2)])
def test_field_drives_the_conductivities_of_the_closure(axes):
    cells = (3,) * len(axes)
    grid = Grid(axes, cells, (0.7,) * len(axes), np.zeros(np.prod(cells), int), (True,) * len(axes))
    model = DiffusionModel(grid, [STRONG], {})
    solution = model.solve(field=(1, 0, 0))
    current, closure = model.currents(solution.phi).mean((0, 1)), p1(STRONG)
    assert current[0, 0] == pytest.approx(closure["D_c"], rel=1e-12)
    assert current[1, 3] == pytest.approx(-closure["D_theta_sH"], rel=1e-10)  # J_jb = -Dθ_sH ε_jkb ∂_k ρ, ∂_x ρ = -1
    assert current[2, 2] == pytest.approx(closure["D_theta_sH"], rel=1e-10)
    assert np.abs(solution.phi[:, :, 0]).max() < 1e-12


def test_hanle_decay_length():
    """Spin precesses about B along the channel: decay with κ² = (1/τ_s ± iω)/D_T."""
    operators, omega = impurity_operators({"s1/2": 1.0, "p1/2": 0.3}), 0.2
    closure = p1(operators)
    solution = slab(operators, 30.0, 1200, [contact_law(1.0)] * 2, (0, 0, omega)).solve([UNIT[1], 0 * UNIT[0]])
    complex_spin = (solution.phi[:, :, 0, 1] + 1j * solution.phi[:, :, 0, 2]).mean(1)
    step = 30.0 / 1200
    kappa = -np.log(complex_spin[201:401] / complex_spin[200:400]).mean() / step
    expected = np.sqrt((closure["rate_s"] - 1j * omega) / closure["D_T"])
    assert kappa == pytest.approx(expected, rel=1e-4)


def test_symmetry_plane_equals_the_unfolded_device():
    """Half a device with a mirror at x = 0 against the whole one driven symmetrically (axial spin reflected)."""
    operators = impurity_operators({"s1/2": 1.2, "p1/2": 0.5}, 0.03)
    laws = [contact_law(1.0), contact_law(0.5, 0.4, (1, 0, 0))]

    def device(refined, plane):
        half = np.repeat([2, 2, 0, 0, 0], refined)
        spans = half if plane else np.r_[half[::-1], half]
        cells = (len(spans), 6 * refined)
        grid = Grid((0, 2), cells, (0.4 / refined, 0.5 / refined), np.zeros(np.prod(cells), int), (False, False))
        walls = {(1, False): Wall(portion=np.ones(cells[0], int)), (1, True): Wall(portion=spans)}
        if plane:
            walls[0, False] = Wall(1.0, mirror_law(0))
        solution = DiffusionModel(grid, [operators], walls, laws).solve([0 * UNIT[0], UNIT[0]])
        return grid.to_points(solution.phi[:, :, 0])[:, -2 * len(half) :]

    errors = []
    for refined in (1, 2, 4):
        folded, whole = device(refined, True), device(refined, False)
        assert np.abs(folded[:, 0, 2:]).max() < 1e-8  # the spin that the mirror reverses vanishes on it
        errors.append(np.abs(folded - whole).max())
    assert errors[0] < 1e-3
    assert errors[2] < errors[1] / 2.5 < errors[0] / 5


def test_onsager_and_conservation_in_a_plane():
    G = []
    for sign in (1, -1):
        model = box([STRONG], (12, 8), (9.0, 5.0), sign=sign, B=(0.1, 0.05, 0.3))
        columns = [model.solve(np.outer(np.eye(3)[k], UNIT[0])) for k in range(3)]
        G.append(np.array([s.flux[:, 0] for s in columns]).T)
        assert max(s.charge_balance for s in columns) < 1e-12
    assert np.abs(G[0] - G[1].T).max() < 1e-13
    assert np.abs(G[0].sum(0)).max() < 1e-12
    assert np.abs(G[0] - G[0].T).max() > 1e-6  # it takes the reversal


def test_three_dimensions_agree_with_two():
    """Uniform along y: the Krylov solution with multigrid against sparse factors."""
    plane = box([STRONG], (8, 4), (5.0, 3.0))
    grid = Grid((0, 1, 2), (8, 3, 4), (5 / 8, 0.5, 3 / 4), np.zeros(96, int), (False, True, False))
    top = np.tile(np.repeat([3, 0], 4), 3)
    walls = {
        (0, False): Wall(portion=np.ones(12, int)),
        (0, True): Wall(portion=np.full(12, 2)),
        (2, True): Wall(portion=top),
    }
    laws = [contact_law(0.8), contact_law(1.0), contact_law(0.3, 0.6, (0, 1, 0.5), 0.4)]
    drive = np.outer([1, 0, 0], UNIT[0])
    model = DiffusionModel(grid, [STRONG], walls, laws)
    solid, flat = model.solve(drive), plane.solve(drive)
    assert solid.flux == pytest.approx(1.5 * flat.flux, abs=2e-6)  # cross terms see the jumps in one dimension more
    assert solid.history[-1, 1] < 1e-9
    assert 3 < solid.products < 60


def test_agrees_with_the_kinetic_solver_where_paths_are_short():
    """Weak spin-orbit, contacts behind tunnel barriers, size L: the models differ by mean free path over L."""
    operators = impurity_operators({"s1/2": np.pi / 2, "p1/2": 0.1}, 0.005)
    apart = []
    for length in (10.0, 40.0, 160.0):
        laws = [contact_law(0.3, 0.5, (0, 0, 1)), contact_law(0.3, 0.5, (0, 0, 1))]
        fluxes = [
            slab(operators, length, 80, laws, model=model).solve([UNIT[0], 0 * UNIT[0]]).flux
            for model in (DiffusionModel, Transport)
        ]
        apart.append(abs(fluxes[0][0, 0] / fluxes[1][0, 0] - 1))
    assert apart[0] < 1e-2
    assert apart[2] < apart[1] < apart[0]
    assert apart[2] < 1e-3


def test_spin_hall_accumulation_agrees_with_the_kinetic_solver():
    """Field along y in a film: spin along x at the z faces, odd across it; same sign and size in both models."""
    operators = impurity_operators({"s1/2": 1.2, "p1/2": 0.2})
    found = []
    for model in (DiffusionModel, Transport):
        solution = slab(operators, 40.0, 160, [], model=model).solve(field=(0, 1, 0))
        found.append(solution.phi[:, :, 0, 1].mean(1))
        assert found[-1] == pytest.approx(-found[-1][::-1], abs=1e-10)
    assert found[0][-20] == pytest.approx(found[1][-20], rel=0.15)
    assert abs(found[0][-1]) > 1e-3


def test_nothing_relaxes_the_current():
    with pytest.raises(CaseError, match="nothing relaxes"):
        slab(combine([]), 1.0, 4, [contact_law(1.0)] * 2)
