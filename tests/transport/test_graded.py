"""Cells of different sizes along an axis: what must not depend on them, and how many products they need.

That sweeps, products and balances are right on such cells is checked with random sizes in `test_sweep`,
`test_properties_sweep`, `test_properties_device`, `test_collision` and `test_conserving`; the order in `test_order`.
"""

from pathlib import Path

import narrow_contacts
import numpy as np
import pytest
from dense import alloy, mixed_device

import boltzsim
from boltzsim.case.series import expand
from boltzsim.transport.diffusion_model import DiffusionModel
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law, interface_law
from boltzsim.transport.ordinates import double_gauss, product
from boltzsim.transport.steady import Transport

SHIPPED = Path(__file__).parents[2] / "cases" / "contact_width.toml"
UNIT = np.eye(1, 4)[0]
GRADED = narrow_contacts.graded(70, 10, 4)


def sizes(rng, n):
    """Random cell sizes over two decades."""
    return 10 ** rng.uniform(-1, 1, n)


def bar(model, spacing, operators, interface=None, laws=()):
    """A bar along x between two reservoirs, with cells across it and walls there."""
    cells, d = tuple(len(h) for h in spacing), len(spacing)
    grid = Grid((0, 1, 2)[:d], cells, spacing, np.zeros(int(np.prod(cells)), int), (False,) * d, interface)
    lines, contacts = int(np.prod(cells[1:])), [contact_law(1.0)] * 2
    walls = {(0, up): Wall(portion=np.full(lines, 1 + up)) for up in (False, True)}
    if model is DiffusionModel:
        return DiffusionModel(grid, [operators], walls, contacts, interfaces=laws)
    ordinates = double_gauss(4, 8, "x") if d == 1 else product(4, 8)
    return Transport(grid, ordinates, [operators], walls, contacts, interfaces=laws)


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_a_linear_potential_is_exact_in_the_diffusion_model(dimensions):
    """Charge between two reservoirs falls linearly whatever the cells, and the current is the same everywhere."""
    rng = np.random.default_rng(dimensions)
    spacing = tuple(sizes(rng, n) for n in (9, 4, 3)[:dimensions])
    model = bar(DiffusionModel, spacing, alloy((0.4, 0.2, 0.2)))
    solution = model.solve([UNIT, 0 * UNIT], rtol=1e-12)
    x, n, current = model.grid.corner_points()[0], solution.phi[:, :, 0, 0], model.currents(solution.phi)[:, :, 0, 0]
    slope, level = np.polyfit(x.reshape(-1), n.reshape(-1), 1)
    np.testing.assert_allclose(n, level + slope * x, rtol=0, atol=1e-11)
    np.testing.assert_allclose(current.mean(1), current.mean(), rtol=1e-9)
    assert abs(slope) * spacing[0].sum() > 0.4


def test_a_linear_potential_is_exact_in_thick_kinetic_cells():
    """Cells of 10 to 1000 mean free paths: linear inside, to what the boundary layers leave."""
    rng = np.random.default_rng(4)
    metal = alloy((0.4, 0.2, 0.0))
    model = bar(Transport, (100 * sizes(rng, 12) / metal.loss,), metal)
    phi = model.solve([UNIT, 0 * UNIT], rtol=1e-13, max_products=100).phi[:, :, 0, 0]
    x = model.grid.corner_points()[0]
    inner = slice(2, -2)
    fit = np.polyfit(x[inner].reshape(-1), phi[inner].reshape(-1), 1)
    np.testing.assert_allclose(phi[inner], np.polyval(fit, x[inner]), rtol=0, atol=1e-5)
    assert np.ptp(phi[inner]) > 0.1


@pytest.mark.parametrize("dimensions", [1, 2])
def test_equal_sizes_are_one_kind_of_cells(dimensions):
    """A number for each axis and a size for each layer give the same tables and the same solution."""
    arguments, potentials = mixed_device(dimensions, product(4, 8))
    grid = arguments[0]
    plain = Grid(grid.axes, grid.cells, (0.4, 0.7)[:dimensions], grid.material, grid.periodic)
    each = [np.full(n, h) for n, h in zip(grid.cells, (0.4, 0.7), strict=False)]
    listed = Grid(grid.axes, grid.cells, each, grid.material, grid.periodic)
    assert listed.is_like(plain) and not listed.is_like(grid)
    assert len(listed.kinds.metal) == len(np.unique(grid.metal)) < len(grid.kinds.metal)
    one, other = (Transport(own, *arguments[1:]).solve(potentials, rtol=1e-12) for own in (plain, listed))
    np.testing.assert_allclose(one.phi, other.phi, rtol=0, atol=1e-14)


@pytest.mark.parametrize("model", [DiffusionModel, Transport])
def test_an_interface_between_cells_of_different_sizes(model):
    """The current through barriers is one number, and their resistance does not depend on the cells beside them."""
    metal, law = alloy((0.4, 0.2, 0.0)), interface_law(0.2, 0.5, (0, 0, 1), 0.1, 0.0, 0.0)
    currents = []
    for near, far in ((0.02, 0.6), (0.3, 0.1)):
        spacing = (np.repeat([near, far], [round(6 / near), round(6 / far)]) / metal.loss,)
        at = np.full((len(spacing[0]), 1), -1)
        at[round(6 / near) - 1] = 0
        device = bar(model, spacing, metal, interface=at, laws=[law])
        solution = device.solve([UNIT, 0 * UNIT], rtol=1e-11)
        flow = device.currents(solution.phi)[:, :, 0, 0].mean(1)
        np.testing.assert_allclose(flow, flow[0], rtol=1e-8)
        currents.append(flow[0])
    np.testing.assert_allclose(currents[0], currents[1], rtol=3e-3)


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_products_on_cells_from_a_hundredth_to_a_hundred_mean_free_paths(dimensions):
    """Graded towards one end: as few products as the hardest equal cells of the tables need, and balanced."""
    metal = alloy((0.1, np.pi / 2, 0.05))
    along = np.geomspace(0.01, 100, (40, 20, 8)[dimensions - 1]) / metal.loss
    spacing = (along, along[::3], along[::4])[:dimensions]
    solution = bar(Transport, spacing, metal).solve(np.array([[1, 0.3, 0.2, 0.5], [0, 0, 0, 0]]), rtol=1e-8)
    assert solution.products <= 25, solution.products
    assert solution.charge_balance < 1e-8 and solution.spin_balance < 1e-8


@pytest.mark.slow
@pytest.mark.parametrize(("model", "equal"), [("kinetic", 8), ("diffusion", 8)])
def test_narrow_contacts_need_a_seventh_of_the_cells(model, equal):
    """Current that crowds at the ends of contacts: 700 graded cells are as good as 5120 equal ones, or nearly."""

    def solved(grid):
        return np.array(narrow_contacts.numbers(boltzsim.run(narrow_contacts.valve(*grid, model))))

    exact = solved(narrow_contacts.graded(280, 40, 1, 1.4**0.25))
    few, many = (np.abs(solved(grid) / exact - 1) for grid in (GRADED, narrow_contacts.uniform(equal)))
    assert (few < 1.15 * many).all(), (few, many)


def signal(point, along=None, across=None, **more):
    """ΔR of a point of the shipped series over the width of contacts, on its own cells or on equal ones."""
    case = expand(boltzsim.load_case(SHIPPED))[1][point].replace(**more)
    if along is not None:
        sizes = {axis: {"length": case.grid.length(axis)} for axis in "xyz"}
        sizes["x"]["cells"], sizes["z"]["cells"] = along, across
        case = case.replace(grid=sizes)
    return boltzsim.run(case).measures[0].extra["delta_R"]


def test_the_shipped_case_with_graded_cells_agrees_with_many_equal_ones():
    """The narrowest contacts: 1,320 graded cells are within 0.15 % of 3,840 equal ones, 960 equal ones are not."""
    angles = {"polar": 4, "azimuthal": 8}
    own, many, few = (signal(0, *cells, angles=angles) for cells in ((), (320, 12), (160, 6)))
    assert own == pytest.approx(many, rel=1.5e-3)
    assert few != pytest.approx(many, rel=1.5e-3)


@pytest.mark.slow
@pytest.mark.parametrize("point", [0, 3, 7])
def test_the_shipped_case_with_graded_cells_is_converged(point):
    """Within 0.05 % of 15,360 equal cells, which are wrong by up to 0.04 % themselves."""
    assert signal(point) == pytest.approx(signal(point, 640, 24), rel=5e-4)
