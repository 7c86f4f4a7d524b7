"""Operations that carry devices into one another: images of solutions solve the image of the device."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from dense import Device, alloy
from hypothesis import given, settings
from hypothesis import strategies as st
from random_devices import CHECKS, angular_sets, contacts, devices

from boltzsim.material.harmonics import harmonics, parities
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law, interface_law
from boltzsim.transport.ordinates import product as product_set
from boltzsim.transport.steady import Transport
from boltzsim.transport.symmetry import axial, symmetries

OPERATIONS = [signs for signs in product((1, -1), repeat=3) if -1 in signs]


def evenly(device, signs):
    """The device with metals and cell sizes that an operation leaves as they are."""
    flipped = [axis for axis in range(3) if signs[axis] < 0]
    spacing = tuple(
        (own + own[::-1]) / 2 if axis in flipped and np.ndim(own) else own for axis, own in enumerate(device.spacing)
    )
    return replace(device, cells=np.maximum(device.cells, np.flip(device.cells, flipped)), spacing=spacing)


def residual(transport, vector, reservoirs):
    """Norm of what a sweep finds missing of a vector, relative to the vector."""
    drive = (None, transport._drives(reservoirs), None)
    missing = transport._product(vector, *drive)[0] - vector
    return np.linalg.norm(missing) / np.linalg.norm(vector)


@pytest.mark.parametrize("signs", OPERATIONS)
def test_parities_are_those_of_the_harmonics(signs):
    points = np.random.default_rng(3).standard_normal((20, 3))
    points /= np.linalg.norm(points, axis=1)[:, None]
    np.testing.assert_allclose(
        harmonics(points * signs, 4), parities(signs, 4) * harmonics(points, 4), rtol=0, atol=1e-13
    )


@settings(max_examples=60, **CHECKS)
@given(devices(alpha=0.03), st.sampled_from(OPERATIONS), angular_sets(), st.booleans())
def test_the_image_of_a_solution_solves_the_image_of_the_device(device, signs, ordinates, diffuse):
    """The image of the device is made cell by cell, whatever its walls are and whichever directions are swept first."""
    device = evenly(replace(device, specularity={}) if diffuse else device, signs)
    image = device.transformed(np.diag(signs))
    one, other = (Transport(*own.arguments(ordinates)) for own in (device, image))
    found = symmetries(one.form, other.form)
    assert signs in [tuple(symmetry.signs) for symmetry in found]
    solution = one.solve(device.reservoirs, rtol=1e-11)
    for symmetry in found:
        potentials = np.empty_like(device.reservoirs)
        potentials[symmetry.contacts] = device.reservoirs * np.r_[1, axial(symmetry.signs)]
        assert symmetry.carries({"reservoirs": device.reservoirs}, {"reservoirs": potentials})
        assert not symmetry.carries({"reservoirs": device.reservoirs}, {"reservoirs": 2 * potentials})
        start = symmetry.image(solution.vector, one.returned(solution.vector, device.reservoirs))
        assert residual(other, start, potentials) < 1e-9
        flux = other.solve(potentials, start=start, rtol=1e-8).flux
        expected = np.empty_like(flux)
        expected[symmetry.contacts] = solution.flux * np.r_[1, axial(symmetry.signs)]
        np.testing.assert_allclose(flux, expected, rtol=0, atol=1e-8 * np.abs(flux).max())


def valve(alpha=0.02):
    """A film along x and z with two magnets about its middle, in a field along x: the mirror of x changes nothing."""
    top = np.zeros((6, 1, 1), int)
    top[1], top[4] = 1, 2
    magnet = (0.3, 0.5, np.array([1.0, 0.0, 0.0]), 0.3)
    return Device(
        np.zeros((6, 1, 3), int),
        (np.array([0.5, 0.4, 0.7, 0.7, 0.4, 0.5]), 1.0, 0.6),
        {(2, True): top},
        {},
        (magnet, magnet),
        (0.4, 0.0, 0.0),
        np.array([[1.0, 0.2, 0.1, 0.0], [0.0, 0.0, 0.3, 0.0]]),
        (alloy((0.4, 1.1, -0.3), alpha), alloy((0.1, 1.4, 0.2), alpha)),
    )


def changed(**changes):
    return lambda device: replace(device, **{name: change(getattr(device, name)) for name, change in changes.items()})


def with_metal(cells):
    cells = cells.copy()
    cells[0, 0, 0] = 1
    return cells


def turned(pair, angle=1e-6):
    transmission, polarization, _, phase = pair[1]
    return pair[0], (transmission, polarization, np.array([1.0, angle, 0.0]), phase)


NOTHING_LEFT = {
    "a cell of another metal": changed(cells=with_metal),
    "a layer of another size": changed(spacing=lambda h: (h[0] * (1 + 1e-6 * (np.arange(6) == 1)), *h[1:])),
    "a magnet that is turned": changed(contacts=turned),
    "a magnet of another transmission": changed(contacts=lambda pair: (pair[0], (0.3 + 1e-6, *pair[1][1:]))),
    "a field across": changed(precession=lambda field: (0.4, 1e-6, 0.0)),
    "a contact that is wider": changed(portions=lambda own: {(2, True): np.array([0, 1, 1, 0, 2, 0])[:, None, None]}),
    "an end that mirrors": changed(specularity=lambda own: {(0, True): 0.5}),
}


def test_a_valve_has_the_mirror_across_it():
    transport = Transport(*valve().arguments(product_set(4, 8)))
    (symmetry,) = symmetries(transport.form, transport.form)
    assert tuple(symmetry.signs) == (-1, 1, 1) and symmetry.contacts.tolist() == [1, 0]


@pytest.mark.parametrize("change", NOTHING_LEFT)
def test_whatever_differs_at_the_image_leaves_no_symmetry(change):
    transport = Transport(*NOTHING_LEFT[change](valve()).arguments(product_set(4, 8)))
    assert symmetries(transport.form, transport.form) == []


@pytest.mark.parametrize("axes", [(0,), (0, 2)])
def test_periodic_devices_have_none(axes):
    grid = Grid(axes, (4,) * len(axes), (0.5,) * len(axes), np.zeros(4 ** len(axes), int), (True,) * len(axes))
    form = Transport(grid, product_set(4, 8), [alloy((0.4, 1.1, -0.3), 0.02)], {}).form
    assert symmetries(form, form) == []


@settings(max_examples=20, **CHECKS)
@given(contacts(), st.floats(0.6, 0.75), st.sampled_from([0.0, 0.4]))
def test_interfaces_are_carried_too(barrier, transmission, specularity):
    """Layers A B A along x between two barriers that are images of each other, or nearly, under the mirror of x.

    What the barriers return is less than what the walls along them do, so that x is not the axis of the far end.
    """
    _, polarization, direction, phase = barrier
    polarization *= 0.3
    shape, middle = (6, 3), np.repeat([0, 1, 1, 0], [1, 2, 2, 1])
    material = np.tile(middle, (3, 1)).reshape(-1)
    numbers = np.full((18, 2), -1)
    numbers[0::6, 0], numbers[4::6, 0] = 0, 1  # above the first and below the last layer
    image = direction * np.array([1, -1, -1])
    laws = [interface_law(transmission, polarization, one, phase, specularity) for one in (direction, image)]
    grid = Grid((0, 2), shape, (np.array([0.3, 0.5, 0.4, 0.4, 0.5, 0.3]), 0.7), material, (False, False), numbers)
    walls = {(0, False): Wall(portion=np.full(3, 1)), (0, True): Wall(portion=np.full(3, 2))}
    metals = [alloy((0.4, 1.1, -0.3), 0.02), alloy((0.1, 1.4, 0.2), 0.02)]
    reservoirs = np.array([[1.0, 0.2, 0.1, 0.0], [0.0, 0.0, 0.3, 0.4]])
    transport = Transport(grid, product_set(4, 8), metals, walls, [contact_law(1.0)] * 2, (0.5, 0, 0), laws)
    symmetry = next(one for one in symmetries(transport.form, transport.form) if tuple(one.signs) == (-1, 1, 1))
    solution = transport.solve(reservoirs, rtol=1e-11)
    turned = reservoirs[::-1] * [1, 1, -1, -1]
    assert residual(transport, symmetry.image(solution.vector), turned) < 1e-9
    uneven = [laws[0], interface_law(transmission * 0.99, polarization, image, phase, specularity)]
    form = Transport(grid, product_set(4, 8), metals, walls, [contact_law(1.0)] * 2, (0.5, 0, 0), uneven).form
    assert all(one.signs[0] > 0 for one in symmetries(form, form))
