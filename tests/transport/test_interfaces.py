"""Interfaces between metals, against exact rules for elements in series, equilibrium and conservation."""

from dataclasses import replace

import numpy as np
import pytest
from dense import alloy

from boltzsim.limits.diffusion import p1
from boltzsim.transport.balance import balance
from boltzsim.transport.diffusion_model import DiffusionModel
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import BoundaryLaw, Wall, contact_law, interface_law
from boltzsim.transport.ordinates import double_gauss, product
from boltzsim.transport.steady import Transport
from boltzsim.transport.stepper import GAMMA

UNIT = np.eye(1, 4)[0]
SET = double_gauss(8, 8, "z")
AXES = {1: (2,), 2: (0, 2), 3: (0, 1, 2)}


def contacts_at_both_ends(axis, lines=1):
    return {(axis, up): Wall(portion=np.full(lines, 1 + up)) for up in (False, True)}


def test_loss_of_spin_memory():
    """diag(1, 1-f, 1-f, 1-f) of what passes without polarisation; with it, charge keeps making the spin it makes."""
    np.testing.assert_allclose(interface_law(0.4, spin_flip=0.3).transmission[0], 0.4 * np.diag([1, 0.7, 0.7, 0.7]))
    plain, flipping = (interface_law(0.4, 0.5, (1, 2, 2), 0.3, 0.0, f) for f in (0.0, 0.3))
    for one, other in zip(plain.transmission, flipping.transmission, strict=True):
        np.testing.assert_allclose(other[0], one[0], rtol=0, atol=1e-15)
        np.testing.assert_allclose(other[:, 0], one[:, 0], rtol=0, atol=1e-15)
        assert np.linalg.eigvalsh(one[1:, 1:] + one[1:, 1:].T - other[1:, 1:] - other[1:, 1:].T).min() > 0


def film(grid, law, **options):
    """Two alloys in a field between two ferromagnets; `law` is that of all interfaces of the grid."""
    d = len(grid.axes)
    laws = [contact_law(0.5, 0.6, (1, 0.3, 0.2), 0.7), contact_law(0.3, -0.5, (0, 1, 1), 0.2)]
    walls = {} if grid.periodic[d - 1] else contacts_at_both_ends(d - 1, len(grid.exposed(d - 1, True)))
    materials = [alloy((0.4, 1.1, -0.3)), alloy((0.1, 1.4, 0.2))]
    transport = Transport(
        grid,
        SET if d == 1 else product(4, 8),
        materials,
        walls,
        laws if walls else (),
        (0.3, -0.2, 0.5),
        [law],
        **options,
    )
    potentials = [[1.0, 0.3, 0.2, 0.5], [0, 0, -0.1, 0.2]] if walls else None
    return transport, transport.solve(potentials, (0.2, 0, 1), rtol=1e-13)


@pytest.mark.parametrize("dimensions", [1, 2])
def test_transparent_interface_changes_nothing(dimensions):
    """A law that lets everything pass straight on is continuity, wherever such interfaces lie."""
    axes, cells = (2,), (6,)
    if dimensions == 2:
        axes, cells = (0, 2), (3, 4)
    rng = np.random.default_rng(3)
    whole = Grid(axes, cells, (0.4, 0.7)[:dimensions], rng.integers(0, 2, np.prod(cells)), (False,) * dimensions)
    cut = replace(whole, interface=rng.integers(-1, 1, (np.prod(cells), dimensions)))
    assert (cut.crossed >= 0).any()
    for one, other in zip(
        *(_numbers(film(grid, interface_law(1.0, specularity=1.0))) for grid in (whole, cut)), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


def _numbers(solved):
    return solved[1].phi, solved[1].flux


def test_interface_where_a_periodic_axis_closes():
    """The same superlattice shifted by half a period: there the interface lies between two cells inside."""
    material, law = np.array([0, 0, 1, 1, 1, 0]), interface_law(0.4, 0.3, (1, 0, 1), 0.4, 0.6)
    at = np.array([-1, -1, -1, -1, -1, 0])[:, None]
    seam = Grid((2,), (6,), (0.4,), material, (True,), at)
    inside = replace(seam, material=np.roll(material, 3), interface=np.roll(at, 3, 0))
    assert next(seam.interfaces(0))[2] and not next(inside.interfaces(0))[2]
    (one, seamed), (other, shifted) = film(seam, law), film(inside, law)
    moved = np.roll(shifted.phi, 3, 0)
    moved[:, :, 0, 0] += (seamed.phi - moved)[:, :, 0, 0].mean()
    np.testing.assert_allclose(seamed.phi, moved, rtol=0, atol=1e-9)
    assert np.abs(seamed.phi[:, :, 3]).max() > 0.01
    for transport, solution in ((one, seamed), (other, shifted)):
        assert balance(transport, solution.phi, solution.entering).worst < 1e-9


def slab(operators, cells, ends, **options):
    """Charge conductance of layers of one metal each between two reservoirs, per area and 2e²N_F v_F."""
    material = np.repeat(np.arange(len(operators)), cells)
    grid = Grid((2,), (len(material),), (0.3,), material, (False,), ends)
    transport = Transport(grid, SET, operators, contacts_at_both_ends(0), [contact_law(1.0)] * 2, **options)
    solution = transport.solve([UNIT, 0 * UNIT], rtol=1e-13)
    assert abs(solution.flux[:, 0].sum()) < 1e-14
    found = balance(transport, solution.phi, solution.entering)
    assert found.worst < 1e-11
    return solution.flux[0, 0]


@pytest.mark.parametrize("share", [1.0, 0.3, 1e-3])
def test_metals_with_different_conductance_in_series(share):
    """An interface that spreads sends into either metal what a reservoir would, so that resistances add exactly.

    Each element alone lies between two reservoirs, whose own resistance 4/N_F v_F is counted twice where two elements
    meet: R = R_A + R_I + R_B - 4/g_A - 4/g_B, with g the relative N_F v_F and R_I = 1/G of the interface.
    """
    A, B = alloy((0.4, 1.1, -0.3)), replace(alloy((1.2, 0.2, 0.0)), conductance=2.5, velocity=1.7)
    G = share * min(A.conductance, B.conductance) / 4
    law = interface_law((4 * G / A.conductance, 4 * G / B.conductance))
    at = np.full((9, 1), -1)
    at[3] = 0
    joined = slab([A, B], (4, 5), at, interfaces=[law])
    alone = [1 / slab([metal], cells, None) for metal, cells in ((A, 4), (B, 5))]
    expected = sum(alone) + 1 / G - 4 / A.conductance - 4 / B.conductance
    assert abs(joined * expected - 1) < 1e-11


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_diffusion_through_metals_in_series(dimensions):
    """R = L_A/g_A D_A + L_B/g_B D_B + 1/G in the diffusion model, without the spin Hall effect of either metal."""
    A, B = alloy((1.0, 0.0, 0.0)), replace(alloy((0.5, 0.2, 0.2)), conductance=2.5, velocity=1.7)
    n, across, spacing = 5, (2, 3)[: dimensions - 1], (0.7, 0.9)[: dimensions - 1]
    lines = int(np.prod(across))
    layer = np.repeat(np.arange(n), lines)
    at = np.full((n * lines, dimensions), -1)
    at[layer == 1, -1] = 0
    grid = Grid(AXES[dimensions], (*across, n), (*spacing, 0.4), (layer > 1).astype(int), (False,) * dimensions, at)
    G = 0.2
    law = interface_law((4 * G / A.conductance, 4 * G / B.conductance))
    walls = contacts_at_both_ends(dimensions - 1, lines)
    model = DiffusionModel(grid, [A, B], walls, [contact_law(1.0)] * 2, interfaces=[law])
    solution = model.solve([UNIT, 0 * UNIT], rtol=1e-12)
    lengths = 0.4 * np.array([2, 3])
    D = [p1(metal)["D_c"] for metal in (A, B)]
    expected = sum(lengths / np.array(D) / [A.conductance, B.conductance]) + 1 / G
    area = lines * float(np.prod(spacing))
    assert abs(solution.flux[0, 0] / area * expected - 1) < 1e-9
    assert solution.charge_balance < 1e-9


@pytest.mark.parametrize("transmission", [0.05, 0.9])
def test_currents_that_a_field_drives_beside_an_interface_are_those_of_the_faces(transmission):
    """Mean spin currents of two cells differ by what relaxes between them; the spin Hall effect drives them."""
    A, B = alloy((0.4, 1.1, -0.3), 0.05), alloy((1.2, 0.2, 0.0))
    at = np.full((9, 1), -1)
    at[3] = 0
    grid = Grid((2,), (9,), (0.3,), np.repeat([0, 1], (4, 5)), (False,), at)
    model = DiffusionModel(grid, [A, B], {}, interfaces=[interface_law(transmission)])
    phi = model.solve(field=(1.0, 0.0, 0.0), rtol=1e-12).phi
    flow = model.currents(phi)[:, :, 2].mean(1)
    relaxation = np.array([metal.lambda_[:4, :4] for metal in (A, B)])[grid.metal]
    relaxed = np.einsum("l,lab,lcb->lca", grid.corner_volume, relaxation, phi[:, :, 0])
    np.testing.assert_allclose(np.diff(flow, axis=0), -relaxed[:-1, 1] - relaxed[1:, 0], rtol=0, atol=1e-11)
    assert np.abs(flow[3:5, 2]).min() > 1e-3


@pytest.mark.parametrize("dimensions", [1, 2, 3])
@pytest.mark.parametrize("thickness", [0.1, 100.0])
def test_transparent_interface_changes_no_diffusion(dimensions, thickness):
    """Neither fields nor currents, in the cells next to it either; one that is nearly so changes as little."""
    metal, cells = alloy((1.0, 0.0, 0.0)), (*(2, 3)[: dimensions - 1], 6)
    layer = np.arange(np.prod(cells)) // int(np.prod(cells[:-1]))
    at = np.full((len(layer), dimensions), -1)
    at[layer == 2, -1] = 0
    whole = Grid(AXES[dimensions], cells, (thickness / metal.loss,) * dimensions, 0 * layer, (False,) * dimensions)
    walls = contacts_at_both_ends(dimensions - 1, len(layer) // 6)
    found = []
    for grid, transmission in (
        (whole, 1.0),
        (replace(whole, interface=at), 1.0),
        (replace(whole, interface=at), 1 - 1e-8),
    ):
        law = interface_law(transmission)
        model = DiffusionModel(grid, [metal], walls, [contact_law(1.0)] * 2, interfaces=[law])
        solution = model.solve([[1.0, 0.3, 0.0, 0.2], [0, 0, 0, 0]], rtol=1e-11)
        found.append((solution.phi[:, :, 0], model.currents(solution.phi)))
    for other, allowed in zip(found[1:], (1e-8, 1e-7), strict=True):
        for one, two in zip(found[0], other, strict=True):
            np.testing.assert_allclose(two, one, rtol=0, atol=allowed * np.abs(one).max())


@pytest.mark.parametrize("transmission", [0.9, 0.05, 1e-3])
def test_both_models_agree_on_thick_layers(transmission):
    """Charge through a polarising interface between two alloys, in cells of many mean free paths."""
    A, B = alloy((1.2, 0.2, 0.0)), alloy((0.9, 0.1, 0.05))
    at = np.full((8, 1), -1)
    at[3] = 0
    grid = Grid((2,), (8,), (30 / A.loss,), np.repeat([0, 1], 4), (False,), at)
    law = interface_law(transmission / 1.6, 0.6, (1, 0.3, 0.2), 0.4, 0.0, 0.2)
    laws = [contact_law(1.0), contact_law(0.5, 0.4, (0, 0, 1))]
    found = [
        model.solve([UNIT, 0 * UNIT], rtol=1e-10).flux[:, 0]
        for model in (
            Transport(grid, SET, [A, B], contacts_at_both_ends(0), laws, interfaces=[law]),
            DiffusionModel(grid, [A, B], contacts_at_both_ends(0), laws, interfaces=[law]),
        )
    ]
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=0.005 * np.abs(found[1]).max())


def test_spins_of_all_metals_turn_alike_in_time():
    """A uniform spin in a field, in metals of different v_F, where nothing destroys it: one angle ωγΔt everywhere.

    Stage of an implicit step: n - γΔt ω×n = n_before.
    """
    A = alloy((np.pi / 2, 0, 0))
    B = replace(A, conductance=2.5, velocity=1.7)
    at = np.array([-1, 0, -1])[:, None]
    grid = Grid((2,), (3,), (0.3,), np.array([0, 0, 1]), (False,), at)
    law = interface_law((0.5, 0.2))
    omega, step = np.array([0.0, 0.9, 0.4]), 0.7
    transport = Transport(grid, SET, [A, B], {}, (), omega, [law], rate=1 / (GAMMA * step))
    angular = np.empty(transport.sweep.distribution())
    before = np.array([0.3, 1.0, 0.2, -0.4])
    transport.isotropic(np.tile(before, (3, 2, 1)), angular)
    solution = transport.solve(angular=angular, rtol=1e-13)
    x, y, z = omega * GAMMA * step
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    expected = np.r_[before[0], np.linalg.solve(np.eye(3) - cross, before[1:])]
    np.testing.assert_allclose(solution.phi[:, :, 0], np.broadcast_to(expected, (3, 2, 4)), rtol=0, atol=1e-11)


@pytest.mark.parametrize("alpha", [0.0, 0.05])
@pytest.mark.parametrize("model", [Transport, DiffusionModel])
def test_conductances_between_different_metals(model, alpha):
    """Rows and columns add up to zero, and without side jump G(m, B) = G(-m, -B)ᵀ, around a gap and all magnets."""
    A, B = alloy((0.4, 1.1, -0.3), alpha), replace(alloy((1.2, 0.2, 0.0), alpha / 2), conductance=2.5, velocity=1.7)
    material = np.array([[0, -1, 0], [0, 0, 0], [1, 1, -1], [1, 1, 1]]).reshape(-1)
    at = np.full((12, 2), -1)
    at[3:6, 1] = 0
    grid = Grid((0, 2), (3, 4), (0.4, 0.7), material, (False, False), at)
    walls = {
        (0, False): Wall(portion=np.array([1, 0, 0, 2])),
        (0, True): Wall(0.0 if model is DiffusionModel else 0.4, portion=np.array([0, 0, 3])),
        (0, True, True): Wall(portion=np.array([0, 3])),
    }

    def conductance(sign):
        magnets = (0.6, (1, 0, 1)), (0.4, (0, 1, 0)), (0.5, (1, 1, 0))
        laws = [contact_law(t, sign * 0.5, m, sign * 0.4) for t, m in magnets]
        law = interface_law((0.5, 0.2), sign * 0.6, (1, 0.2, 0.3), sign * 0.4, 0.0, 0.3)
        given_ = grid, *(() if model is DiffusionModel else (product(4, 8),)), [A, B], walls, laws
        device = model(*given_, sign * np.array([0.3, -0.2, 0.5]), [law])
        units = np.eye(3)[:, :, None] * UNIT
        return np.array([device.solve(unit, rtol=1e-12).flux[:, 0] for unit in units]).T

    here, there = conductance(1), conductance(-1)
    size = np.abs(here).max()
    np.testing.assert_allclose(np.r_[here.sum(0), here.sum(1)], 0, rtol=0, atol=1e-10 * size)
    assert np.abs(here - here.T).max() > 1e-5 * size
    if alpha == 0:
        np.testing.assert_allclose(here, there.T, rtol=0, atol=1e-10 * size)


def test_charge_is_kept_in_time_whatever_the_tolerance():
    """Σ N_F n_c over two metals of different N_F and v_F, with a gap, an interface and a loose solve: to rounding."""
    A, B = alloy((0.4, 1.1, -0.3), 0.05), replace(alloy((1.2, 0.2, 0.0)), conductance=2.5, velocity=1.7)
    material = np.array([[0, -1, 0], [0, 0, 0], [1, 1, -1], [1, 1, 1]]).reshape(-1)
    at = np.full((12, 2), -1)
    at[3:6, 1] = 0
    grid = Grid((0, 2), (3, 4), (0.4, 0.7), material, (False, False), at)
    law = interface_law((0.5, 0.2), 0.3, (1, 0, 1), 0.4, 0.0, 0.2)
    transport = Transport(grid, product(4, 8), [A, B], {}, (), (0.3, -0.2, 0.5), [law], rate=0.8)
    before = np.random.default_rng(3).standard_normal((len(grid.place), 4, 4))
    angular = np.empty(transport.sweep.distribution())
    transport.isotropic(before, angular)
    rough = transport.solve(angular=angular, rtol=1e-2)
    after, _ = transport.advance(rough.vector, angular)
    density = np.array([m.conductance / m.velocity for m in (A, B)])[grid.metal]
    total = [density @ values.sum(1) for values in (before[..., 0], after[:, :, 0, 0])]
    assert abs(total[1] - total[0]) < 1e-12 * np.abs(before).sum()
    assert np.abs(after[:, :, 0] - before).max() > 0.1


def test_magnetic_interface_turns_equal_potentials_into_nothing():
    """r·r† + T = 1 on charge, with loss of spin memory too: no current and no spin, side jump included."""
    at = np.array([-1, 0, 1, -1])[:, None]
    grid = Grid((2,), (4,), (0.4,), np.array([0, 0, 1, 1]), (False,), at)
    interfaces = [interface_law(0.5, 0.6, (1, 0.3, 0.2), 0.7, 0.5, 0.3), interface_law(0.7, spin_flip=0.4)]
    materials = [alloy((0.4, 1.1, -0.3), 0.05), alloy((0.1, 1.4, 0.2), 0.02)]
    walls = {(0, False): Wall(portion=np.array([1])), (0, True): Wall(0.3, BoundaryLaw())}
    transport = Transport(grid, SET, materials, walls, [contact_law(0.3, 0.5)], (0.3, 0, 0.2), interfaces)
    solution = transport.solve([UNIT], rtol=1e-12)
    np.testing.assert_allclose(solution.phi[:, :, 0], np.broadcast_to(UNIT, (4, 2, 4)), rtol=0, atol=1e-10)
    assert np.abs(solution.phi[:, :, 1:]).max() < 1e-10
