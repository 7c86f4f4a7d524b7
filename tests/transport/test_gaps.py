"""Devices of any set of cells: what is left out costs nothing and leaves walls behind."""

import time
from dataclasses import replace

import numpy as np
import pytest
from dense import alloy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_devices import CHECKS, arguments

from boltzsim.transport.balance import balance
from boltzsim.transport.diffusion_model import DiffusionModel
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law
from boltzsim.transport.ordinates import product
from boltzsim.transport.steady import Transport

SET = product(4, 8)
ETA = (0.4, 1.1, -0.3)


def framed(grid, walls, low, high):
    """The same metal in a box with empty layers around it, and its walls, now inside the box."""
    d, shape = len(grid.axes), grid.cells[::-1]
    pad = [(low[a], high[a]) for a in reversed(range(d))]
    material = np.pad(grid.material.reshape(shape), pad, constant_values=-1)
    at = None
    if grid.interface is not None:
        at = np.pad(grid.interface.reshape(*shape, d), [*pad, (0, 0)], constant_values=-1).reshape(-1, d)
    cells = tuple(n + low[a] + high[a] for a, n in enumerate(grid.cells))
    sizes = zip(grid.spacing, low, high, strict=True)
    spacing = tuple(np.pad(h, around, mode="edge") if np.ndim(h) else h for h, *around in sizes)
    larger = replace(grid, cells=cells, spacing=spacing, material=material.reshape(-1), interface=at)
    joined = {}
    for axis in range(d):
        for up in (False, True):
            if not (high if up else low)[axis]:
                found = {(axis, up): walls[axis, up]} if (axis, up) in walls else {}
                inner = walls.get((axis, up, True))
                joined |= found | ({(axis, up, True): inner} if inner else {})
            else:
                joined[axis, up, True] = walls.get((axis, up), Wall())
    return larger, joined


@settings(max_examples=3, **CHECKS)
@given(st.sampled_from([0.0, 0.05]).flatmap(arguments), st.data())
def test_empty_layers_around_the_metal_change_nothing(given_, data):
    """A box that is larger than the metal: same numbers, cell by cell, with its contacts on inner faces."""
    grid, ordinates, materials, walls, contacts, precession, interfaces = given_
    assume(not any(grid.periodic) and not any(len(face) == 3 for face in walls))
    assume(not any(wall.symmetry for wall in walls.values()))
    low, high = ([data.draw(st.integers(1, 2)) for _ in grid.axes] for _ in range(2))
    larger, joined = framed(grid, walls, low, high)
    potentials = np.array([[1.0, 0.3, -0.2, 0.1], [0.0, 0.2, 0.1, -0.4]])
    one, other = (
        Transport(which, ordinates, materials, around, contacts, precession, interfaces).solve(
            potentials, (0.1, 0.2, -0.3), rtol=1e-12, max_products=1000
        )
        for which, around in ((grid, walls), (larger, joined))
    )
    np.testing.assert_allclose(one.phi, other.phi, rtol=0, atol=1e-9 * np.abs(one.phi).max())
    np.testing.assert_allclose(one.flux, other.flux, rtol=0, atol=1e-9 * np.abs(one.flux).max())


def test_a_gap_parts_two_devices():
    """Two films side by side with an empty column between them are two devices."""
    material = np.array([[0, 0, -1, 1], [0, 1, -1, 0], [1, 0, -1, 0]]).reshape(-1)
    materials = [alloy(ETA, 0.05), alloy((0.1, 1.4, 0.2), 0.02)]
    laws = [contact_law(0.5, 0.6, (1, 0.3, 0.2), 0.7), contact_law(0.8), contact_law(0.3, 0.2), contact_law(1.0)]
    potentials = np.array([[1.0, 0.3, -0.2, 0.1], [0.0, 0.2, 0.1, -0.4], [0.5, 0, 0, 0.3], [0.2, 0, 0, 0]])

    def solved(columns, ends, chosen, model):
        cells = np.ascontiguousarray(material.reshape(3, 4)[:, columns]).reshape(-1)
        grid = Grid((0, 2), (len(columns), 3), (0.4, 0.6), cells, (False, False))
        walls = {(1, up): Wall(0.3, portion=np.array(ends[int(up)])) for up in (False, True)}
        given_ = grid, *(() if model is DiffusionModel else (SET,)), materials, walls, [laws[k] for k in chosen]
        solution = model(*given_, (0.3, 0.1, -0.2)).solve(potentials[chosen], rtol=1e-12)
        return grid.in_box(solution.phi), solution.flux

    for model in (Transport, DiffusionModel):
        phi, flux = solved([0, 1, 2, 3], ([1, 1, 3], [2, 2, 4]), [0, 1, 2, 3], model)
        left = solved([0, 1], ([1, 1], [2, 2]), [0, 1], model)
        right = solved([3], ([1], [2]), [2, 3], model)
        assert np.isnan(phi[:, 2]).all()
        np.testing.assert_allclose(phi[:, :2], left[0], rtol=0, atol=1e-10)
        np.testing.assert_allclose(phi[:, 3:], right[0], rtol=0, atol=1e-10)
        np.testing.assert_allclose(flux, np.r_[left[1], right[1]], rtol=0, atol=1e-10)


def test_metal_that_touches_only_at_a_corner_is_two_devices():
    """Two squares corner to corner: what either contact sends comes back to it, and none of it reaches the other."""
    material = np.full((4, 4), -1)
    material[:2, :2] = material[2:, 2:] = 0
    grid = Grid((0, 2), (4, 4), (0.5, 0.4), material.reshape(-1), (False, False))
    walls = {(0, False): Wall(portion=np.array([1, 1])), (0, True): Wall(portion=np.array([2, 2]))}
    transport = Transport(grid, SET, [alloy(ETA)], walls, [contact_law(0.7), contact_law(1.0)])
    solution = transport.solve([[1, 0, 0, 1], [0, 0, 0, 0]], rtol=1e-11)
    phi = grid.in_box(solution.phi)
    assert np.abs(solution.flux[0, 3]) > 1e-2 and np.abs(solution.flux[:, 0]).max() < 1e-9
    np.testing.assert_allclose(phi[:2, :2, :, 0, 0], 1.0, rtol=0, atol=1e-8)
    np.testing.assert_allclose(phi[2:, 2:], 0.0, rtol=0, atol=1e-12)


@pytest.mark.parametrize("specularity", [0.0, 1.0])
def test_a_closed_cavity_has_walls_of_its_own(specularity):
    """A hole in the middle of a film: charge is conserved around it, and less of it flows than without the hole."""
    fluxes = []
    for hole in (False, True):
        material = np.zeros((5, 5), int)
        material[1:4, 2:4] = -hole
        grid = Grid((0, 2), (5, 5), (0.5, 0.4), material.reshape(-1), (False, False))
        walls = {(axis, up, True): Wall(specularity) for axis in (0, 1) for up in (False, True)}
        walls |= {(0, up): Wall(portion=np.full(5, 1 + up)) for up in (False, True)}
        transport = Transport(grid, SET, [alloy(ETA, 0.01)], walls, [contact_law(1.0)] * 2, (0.1, 0.2, 0.3))
        solution = transport.solve([[1, 0, 0, 0.5], [0, 0, 0, 0]], rtol=1e-12, max_products=1000)
        assert balance(transport, solution.phi, solution.entering).worst < 1e-11
        fluxes.append(solution.flux[0, 0])
    assert 0.3 * fluxes[0] < fluxes[1] < 0.8 * fluxes[0]


def test_lines_and_faces_of_a_cross():
    """Five cells of a cross: four ends of arms on the box, two inner faces on every side."""
    material = np.array([[-1, 0, -1], [0, 0, 0], [-1, 0, -1]]).reshape(-1)
    grid = Grid((0, 1), (3, 3), (1.0, 1.0), material, (False, False))
    assert grid.place.tolist() == [1, 3, 4, 5, 7]
    assert grid.lines[:, 0].tolist() == [0, 1, 1, 1, 2] and grid.lines[:, 1].tolist() == [1, 0, 1, 2, 1]
    for axis in range(2):
        for up in (False, True):
            assert len(grid.exposed(axis, up)) == 1 and len(grid.exposed(axis, up, inner=True)) == 2
    assert grid.cross_section(0) == 3.0 * 1.0


def half_empty(n, void):
    """n × n cells, an L between two contacts at the ends of its arms; nothing left out without `void`."""
    material = np.zeros((n, n), int)
    if void:
        material[n // 2 :, n // 2 :] = -1
        material[: n // 4, : n // 4] = -1
    grid = Grid((0, 2), (n, n), (0.5, 0.5), material.reshape(-1), (False, False))
    ends = {(0, True): 1, (1, True): 2}
    walls = {face: Wall(portion=np.full(len(grid.exposed(*face)), number)) for face, number in ends.items()}
    return grid, walls


def test_what_is_left_out_has_no_unknowns():
    (whole, full), (part, walls) = half_empty(8, False), half_empty(8, True)
    sizes = [
        Transport(grid, SET, [alloy(ETA)], around, [contact_law(1.0)] * 2).solve([[1, 0, 0, 0], [0] * 4]).vector.size
        for grid, around in ((whole, full), (part, walls))
    ]
    assert len(part.place) == 44 and sizes[1] < 0.72 * sizes[0]


@pytest.mark.parametrize("thickness", [0.01, 1.0, 100.0])
def test_products_around_corners(thickness):
    """An L of 44 of 64 cells, with inner faces, tunnel contacts at its ends."""
    material = alloy(ETA)
    grid, walls = half_empty(8, True)
    grid = replace(grid, spacing=(thickness / material.loss,) * 2)
    transport = Transport(grid, SET, [material], walls, [contact_law(0.3, 0.4), contact_law(0.1, 0.4, (1, 0, 0))])
    assert transport.solve([[1, 0, 0, 0], [0] * 4], rtol=1e-8).products <= 22


@pytest.mark.slow
def test_a_box_half_empty_takes_at_most_six_tenths_of_the_time():
    """Processor time of whole solves, the better of four that alternate with those of the full box."""
    devices = []
    for void in (False, True):
        material = np.zeros((96, 96), int)
        if void:
            material[48:] = -1
        grid = Grid((0, 2), (96, 96), (0.5, 0.5), material.reshape(-1), (False, False))
        ends = {(0, up): Wall(portion=np.full(len(grid.exposed(0, up)), 1 + up)) for up in (False, True)}
        devices.append(Transport(grid, SET, [alloy(ETA)], ends, [contact_law(1.0)] * 2))
    times = [[], []]
    for _ in range(4):
        for own, transport in zip(times, devices, strict=True):
            began = time.process_time()
            transport.solve([[1, 0, 0, 0], [0] * 4])
            own.append(time.process_time() - began)
    assert min(times[1]) < 0.6 * min(times[0]), times
