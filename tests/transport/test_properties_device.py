"""What holds for every device: conservation, equilibrium, reciprocity, rotations, and no matter along how many axes."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from broken_sweeps import MUTATIONS
from dense import alloy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_devices import (
    CHECKS,
    alloys,
    angular_sets,
    arguments,
    contacts,
    devices,
    every_set,
    numbers,
    vectors,
)

from boltzsim.errors import CaseError
from boltzsim.transport.balance import balance
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law
from boltzsim.transport.ordinates import lebedev
from boltzsim.transport.ordinates import product as angular_product
from boltzsim.transport.steady import Transport

ROTATIONS = [
    R
    for order in permutations(range(3))
    for signs in product((1, -1), repeat=3)
    if np.linalg.det(R := np.array(signs)[:, None] * np.eye(3)[list(order)]) > 0
]
UNIT = np.eye(1, 4)[0]


OCTAHEDRAL = [lebedev(order) for order in (5, 7, 9, 11)]  # unchanged by all turns of the cube


@settings(max_examples=10, **CHECKS)
@given(st.sampled_from([0.0, 0.05]).flatmap(arguments), vectors())
def test_charge_and_spin_are_conserved(given_, field):
    """Measured from moments and boundary fluxes, whatever bounds the device and drives it."""
    transport = Transport(*given_)
    potentials = np.array([[1.0, 0.3, -0.2, 0.1], [0.0, 0.2, 0.1, -0.4]])[: transport.contacts]
    solution = transport.solve(potentials, field, rtol=1e-13, max_products=1000)
    found = balance(transport, solution.phi, solution.entering)
    assert found.scale > 0 and found.worst < 1e-12, found
    np.testing.assert_allclose(transport.terminal_flux(solution.entering), solution.flux, rtol=0, atol=1e-15)


@settings(max_examples=10, **CHECKS)
@given(st.sampled_from([0.0, 0.05]).flatmap(arguments))
def test_equal_potentials_are_a_steady_state_without_currents(given_):
    """The uniform state solves the equation as it stands, repeated slots included.

    At planes of symmetry it does so up to the boundary unknown of the side jump, which the iteration then finds.
    """
    transport = Transport(*given_)
    potentials = np.tile(UNIT, (transport.contacts, 1))
    solution = transport.solve(potentials, start=transport.uniform(), rtol=1e-10)
    planes, side_jump = any(wall.symmetry for wall in given_[3].values()), any(m.drift.any() for m in given_[2])
    assert solution.products == 0 or (planes and side_jump)
    if transport.contacts:
        np.testing.assert_allclose(
            solution.phi[:, :, 0], np.broadcast_to(UNIT, solution.phi[:, :, 0].shape), atol=1e-12
        )
    assert np.abs(solution.phi[:, :, 1:]).max() < 1e-12 and np.abs(solution.flux).max(initial=0.0) < 1e-12


@settings(max_examples=5, **CHECKS)
@given(devices(), st.data())
def test_conductances_are_reciprocal(device, data):
    """G_ij(m, B) = G_ji(-m, -B) without side jump, on any grid; columns and rows sum to zero."""
    ordinates = data.draw(angular_sets())

    def conductance(which):
        transport = Transport(*which.arguments(ordinates))
        units = np.eye(2)[:, :, None] * UNIT
        return np.array([transport.solve(unit, rtol=1e-12, max_products=1000).flux[:, 0] for unit in units]).T

    here, turned = conductance(device), conductance(device.reversed())
    size = np.abs(here).max()
    np.testing.assert_allclose(here, turned.T, rtol=0, atol=1e-9 * size)
    np.testing.assert_allclose(np.r_[here.sum(0), here.sum(1)], 0, rtol=0, atol=1e-10 * size)


@settings(max_examples=2, **CHECKS)
@given(arguments(0.0))
def test_conductances_are_reciprocal_around_gaps_and_through_interfaces(given_):
    """The same with cells left out, contacts on inner faces and interfaces, all magnetisations and B turned round."""
    grid, ordinates, materials, walls, contacts, precession, interfaces = given_
    assume(contacts)
    turned = (
        [replace(law, reflection=_turned(law.reflection), transmission=_turned(law.transmission)) for law in contacts],
        -precession,
        [
            replace(law, reflection=_turned(law.reflection), transmission=_turned(law.transmission[::-1]))
            for law in interfaces
        ],
    )

    def conductance(contacts, precession, interfaces):
        transport = Transport(grid, ordinates, materials, walls, contacts, precession, interfaces)
        units = np.eye(2)[:, :, None] * UNIT
        return np.array([transport.solve(unit, rtol=1e-12, max_products=1000).flux[:, 0] for unit in units]).T

    here, there = conductance(contacts, precession, interfaces), conductance(*turned)
    size = np.abs(here).max()
    np.testing.assert_allclose(here, there.T, rtol=0, atol=1e-9 * size)
    np.testing.assert_allclose(np.r_[here.sum(0), here.sum(1)], 0, rtol=0, atol=1e-10 * size)


def _turned(matrix):
    """A law on (c, x, y, z) under time reversal: S Mᵀ S, the law of the opposite magnetisation."""
    signs = np.array([1, -1, -1, -1])
    return signs[:, None] * np.swapaxes(matrix, -1, -2) * signs


@settings(max_examples=5, **CHECKS)
@given(devices(alpha=0.05), st.sampled_from(ROTATIONS), st.data())
def test_a_device_turned_by_right_angles(device, R, data):
    """Device, magnetisations, field and spins turned together give turned fields and currents."""
    ordinates = data.draw(st.sampled_from(OCTAHEDRAL))
    phi, current, flux = device.solve(ordinates)
    turned_phi, turned_current, turned_flux = device.transformed(R).solve(ordinates)

    def expected(values):
        source, signs = np.abs(R).argmax(1), R.sum(1)
        values = np.flip(values.transpose(*source, 3, 4), [a for a in range(3) if signs[a] < 0])
        return np.concatenate([values[..., :1], values[..., 1:] @ R.T], -1)

    np.testing.assert_allclose(turned_phi[..., :1, :], expected(phi[..., :1, :]), rtol=0, atol=1e-9)
    np.testing.assert_allclose(turned_current, R @ expected(current), rtol=0, atol=1e-9)
    np.testing.assert_allclose(turned_flux, np.c_[flux[:, :1], flux[:, 1:] @ R.T], rtol=0, atol=1e-9)


@settings(max_examples=5, **CHECKS)
@given(st.data())
def test_one_two_and_three_dimensions_agree_on_a_slab(data):
    """A slab between two ferromagnets, gridded along its normal alone, and along one or two periodic axes besides."""
    draw = data.draw
    layers, spacing = draw(st.lists(st.integers(0, 1), min_size=1, max_size=4)), draw(numbers(0.1, 2.0))
    widths, counts = [draw(numbers(0.1, 2.0)) for _ in range(2)], [draw(st.integers(1, 2)) for _ in range(2)]
    specularity, ordinates = draw(st.sampled_from([0.0, 0.4])), draw(st.sampled_from(OCTAHEDRAL))
    laws = [contact_law(*draw(contacts())) for _ in range(2)]
    shared = draw(alloys(0.05)), laws, draw(vectors())
    potentials, field = [[1.0, *draw(vectors())], [0.0, *draw(vectors())]], draw(vectors())
    results = []
    for d in (1, 2, 3):
        axes, across = ((2,), (0, 2), (0, 1, 2))[d - 1], counts[: d - 1]
        material = np.repeat(layers, int(np.prod(across)))
        grid = Grid(axes, (*across, len(layers)), (*widths[: d - 1], spacing), material, (*[True] * (d - 1), False))
        lines = len(grid.exposed(d - 1, True))
        walls = {(d - 1, up): Wall(specularity, portion=np.full(lines, 1 + up)) for up in (False, True)}
        materials, laws, precession = shared
        transport = Transport(grid, ordinates, materials, walls, laws, precession)
        solution = transport.solve(potentials, field, rtol=1e-12, max_products=1000)
        area = grid.face_area(d - 1)[:lines].sum() * grid.corners / 2
        # moments at the lower and the upper ends of the layers
        upper = np.arange(grid.corners) >> (d - 1) & 1
        phi = solution.phi.reshape(len(layers), -1, *solution.phi.shape[1:])
        phi = np.stack([phi[:, :, upper == side].reshape(len(layers), -1, *phi.shape[3:]) for side in (0, 1)], 1)
        assert np.ptp(phi, axis=2).max() < 1e-9
        results.append((phi.mean(2), solution.flux / area))
    for phi, flux in results[1:]:
        np.testing.assert_allclose(phi, results[0][0], rtol=0, atol=1e-9)
        np.testing.assert_allclose(flux, results[0][1], rtol=0, atol=1e-9)


@settings(max_examples=12, **CHECKS)
@given(st.integers(1, 3), st.data())
def test_uniform_conductor_without_contacts(d, data):
    """Periodic along all axes, in a field: n is uniform and odd, and its moments are Λ⁻¹ of the field's."""
    axes = ((2,), (0, 2), (0, 1, 2))[d - 1]
    cells = tuple(data.draw(st.integers(1, 3)) for _ in axes)
    grid = Grid(axes, cells, (0.4, 0.7, 0.5)[:d], np.zeros(int(np.prod(cells)), int), (True,) * d)
    material, field = data.draw(alloys())[0], data.draw(vectors())
    transport = Transport(grid, data.draw(angular_sets()), [material], {}, precession=(0.3, -0.2, 0.5))
    solution = transport.solve(field=field)
    size = len(material.gain) // 4
    source, turning = np.zeros((size, 4)), np.zeros((4, 4))
    source[[3, 1, 2], 0] = field / np.sqrt(3)
    x, y, z = transport.precession
    turning[1:, 1:] = [[0, -z, y], [z, 0, -x], [-y, x, 0]]
    equation = material.lambda_ - np.kron(np.eye(size), turning)
    n, odd = np.zeros((size, 4)), slice(4, 16)  # l = 1; even moments, spins that hardly relax among them, stay apart
    n.reshape(-1)[odd] = np.linalg.solve(equation[odd, odd], source.reshape(-1)[odd])
    np.testing.assert_allclose(solution.phi, np.broadcast_to(n, solution.phi.shape), rtol=0, atol=1e-7)
    assert balance(transport, solution.phi, solution.entering).worst < 1e-8


def bar(ordinates, rtol=1e-8):
    """Three cells with a contact on top of the middle one and one on an end: the equation and its solution."""
    grid = Grid((0, 1, 2), (3, 1, 1), (0.8, 0.5, 0.5), np.array([0, 1, 0]), (False,) * 3)
    walls = {(2, True): Wall(portion=np.array([0, 1, 0])), (0, True): Wall(portion=np.array([2]))}
    laws = [contact_law(1.0), contact_law(0.8, 0.2, (1, 0, 1), 0.3)]
    materials = [alloy((1.2, 0.4, 0.1)), alloy((0.3, 1.1, -0.2))]
    transport = Transport(grid, ordinates, materials, walls, laws, (0.3, -0.2, 0.5))
    return transport, transport.solve([[0.0, 0.1, 0.0, 0.2], UNIT], rtol=rtol, max_products=1000)


@pytest.mark.parametrize("ordinates", [lebedev(7), angular_product(5, 6), angular_product(4, 8)])
def test_currents_through_a_bar_balance(ordinates):
    """Octants of unequal size, ordinates in the coordinate planes; and the even case."""
    transport, solution = bar(ordinates, 1e-11)
    assert balance(transport, solution.phi, solution.entering).worst < 1e-10


@pytest.mark.parametrize("broken", MUTATIONS, indirect=True)
def test_broken_sweeps_do_not_balance(broken):
    """The iteration converges and finds its own residual small; moments and boundary fluxes contradict it.

    A tenth of what they find is in the balance that the solution quotes.
    """
    transport, solution = bar(lebedev(17))
    assert np.nanmin(solution.history[:, 0]) < 1e-8
    assert max(solution.charge_balance, solution.spin_balance) > 1e-5
    found = balance(transport, solution.phi, solution.entering)
    assert found.charge > 1e-4 and found.worst > 1e-4


@pytest.mark.parametrize("broken", ["blocks"], indirect=True)
def test_left_out_blocks_are_lost_terminal_current(broken):
    """With fewer blocks in one octant than in another, a part of the current used to vanish between the terminals."""
    transport, solution = bar(lebedev(17))
    assert balance(transport, solution.phi, solution.entering).terminals > 0.1


def test_balance_of_a_sum_of_solutions_and_of_nonsense():
    """Relative to a given current; what is not finite is infinitely wrong; a wrong flux is seen where it enters."""
    transport, solution = bar(angular_product(4, 8), 1e-11)
    twice = balance(transport, 2 * solution.phi, 2 * solution.entering)
    once = balance(transport, solution.phi, solution.entering, scale=twice.scale)
    assert twice.worst < 1e-10 and once.scale == twice.scale
    np.testing.assert_allclose(once.charge, twice.charge / 2, rtol=1e-6, atol=1e-16)
    for component, name in ((0, "charge"), (1, "spin")):
        entering = solution.entering.copy()
        entering[3, component] += 1e-3 * once.scale
        found = balance(transport, solution.phi, entering, once.scale)
        np.testing.assert_allclose(getattr(found, name), 1e-3, rtol=1e-4)
    assert np.isinf(balance(transport, solution.phi * np.nan, solution.entering).worst)
    nothing = balance(transport, 0 * solution.phi, 0 * solution.entering)
    assert nothing.worst == 0 and nothing.scale == 0


def test_balance_refuses_a_stage_of_a_time_step():
    grid = Grid((2,), (2,), (0.5,), np.zeros(2, int), (False,))
    transport = Transport(grid, angular_product(4, 8), [alloy((0.3, 0.2, 0.1))], {}, rate=1.0)
    with pytest.raises(ValueError, match="time step"):
        balance(transport, np.zeros(transport.sweep.shape), np.zeros((2, 4)))


@pytest.mark.slow
def test_currents_balance_with_every_angular_set():
    """Product sets up to 12 × 24 and Lebedev sets up to order 47 that integrate the moments, in three dimensions."""
    counted = 0
    for name, (make, *size) in every_set().items():
        ordinates = make(*size)
        try:
            ordinates.check(2)
        except CaseError:
            continue
        transport, solution = bar(ordinates, 1e-12)
        assert balance(transport, solution.phi, solution.entering).worst < 1e-10, name
        counted += 1
    assert counted == 10 * 19 + 14
