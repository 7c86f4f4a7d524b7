"""Strategies for random grids, angular sets and devices, small enough to be solved many times."""

from dataclasses import replace
from functools import cache

import numpy as np
from dense import Device, alloy
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law, interface_law, mirror_law
from boltzsim.transport.ordinates import double_gauss, graded, lebedev, product

CHECKS = {  # the same examples in every run; a failing one is shown as found, since making it smaller takes many solves
    "derandomize": True,
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.explicit, Phase.generate],
}
WIDEST = {1: 32, 2: 32, 3: 16}  # as in `Equation`
LEBEDEV = (3, 5, 7, 9, 11, 15, 17, 19, 21, 23, 29, 31, 35, 41, 47)  # up to 47, those with positive weights
AXES = {1: ((0,), (1,), (2,)), 2: ((0, 1), (0, 2), (1, 2)), 3: ((0, 1, 2),)}


def every_set(largest=47):
    """All product sets of 1 to 12 × 1 to 24 ordinates and all Lebedev sets, by name."""
    sets = {f"product {p} × {a}": (product, p, a) for p in range(1, 13) for a in range(1, 25)}
    return sets | {f"lebedev {order}": (lebedev, order) for order in LEBEDEV if order <= largest}


@cache
def angular_sets():
    """Sets that integrate two moments of l = 2 with the velocity, mirror-symmetric."""
    found = [product(p, a, axis) for p in range(3, 7) for a in (6, 8, 10, 12) for axis in "xyz"]
    found += [double_gauss(p, a, axis) for p in range(3, 5) for a in (6, 8, 10) for axis in "xyz"]
    found += [graded(p, a, axis) for p in (5, 6) for a in (6, 8) for axis in "xyz"]
    found += [lebedev(order) for order in LEBEDEV if 5 <= order <= 15]
    return st.sampled_from(found)


def numbers(low, high):
    """Floats that are neither subnormal nor exact by accident."""
    return st.floats(low, high, allow_subnormal=False).map(lambda x: round(x, 6))


def sizes(count, low, high):
    """Cell sizes along an axis: one number, or one for every cell."""
    each = st.lists(numbers(low, high), min_size=count, max_size=count).map(np.array)
    return st.one_of(numbers(low, high), each)


@st.composite
def grids(draw, most=(5, 4, 4), periodic=True, gaps=True):
    """Grids of one to three axes, of one cell or more, in two materials, some axes periodic.

    Some axes have cells of different sizes. With `gaps` some cells hold no metal, and some faces carry one of two
    interfaces.
    """
    d = draw(st.integers(1, 3))
    axes = draw(st.sampled_from(AXES[d]))
    cells = tuple(draw(st.integers(1, n)) for n in most[:d])
    spacing = tuple(draw(sizes(n, 0.05, 3.0)) for n in cells)
    count = int(np.prod(cells))
    kinds = st.sampled_from([0, 0, 1, 1, -1] if gaps and draw(st.booleans()) else [0, 1])
    material = np.array(draw(st.lists(kinds, min_size=count, max_size=count)))
    if material.max() < 0:
        material[0] = 0
    around = tuple(draw(st.booleans()) and periodic for _ in axes)
    interface = None
    if gaps and draw(st.booleans()):
        several = draw(st.lists(st.sampled_from([-1, -1, 0, 1]), min_size=count * d, max_size=count * d))
        interface = np.reshape(several, (count, d))
    return Grid(axes, cells, spacing, material, around, interface)


def in_one_piece(grid):
    """The same grid with only the metal that is connected with its first cell, through interfaces too."""
    found, front = {0}, [0]
    while front:
        front = [cell for cell in set(grid.adjacent[front].reshape(-1).tolist()) if cell >= 0 and cell not in found]
        found.update(front)
    kept = np.full_like(grid.material, -1)
    kept[grid.place[sorted(found)]] = grid.metal[sorted(found)]
    return replace(grid, material=kept)


@st.composite
def interfaces(draw):
    """Laws of the two interfaces of `grids`."""
    keeping = [draw(st.sampled_from([0.0, 0.4, 1.0])) for _ in range(2)]
    return [interface_law(*draw(contacts()), p, draw(st.sampled_from([0.0, 0.3]))) for p in keeping]


@st.composite
def alloys(draw, alpha=0.0):
    """Two alloys of random s and p phase shifts.

    Shifts of hundredths: spin is conserved, or relaxes at a rate that rounding cannot hide.
    """
    etas = [[draw(numbers(0.1, 1.5)), draw(numbers(-1.5, 1.5)), draw(numbers(-0.6, 0.6))] for _ in range(2)]
    return tuple(alloy(np.round(eta, 2), alpha) for eta in etas)


def vectors(size=1.0):
    """Random vectors that are not zero."""
    return st.tuples(*[numbers(-size, size)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1 * size).map(np.array)


@st.composite
def contacts(draw):
    """(transmission, polarization, direction, mixing phase), nearly closed to ideal, normal to half-metallic."""
    polarization = draw(numbers(-1.0, 1.0))
    transmission = draw(numbers(0.02, 0.999)) / (1 + abs(polarization))  # both spins at most 1, rounding included
    return transmission, polarization, draw(vectors()), draw(numbers(-1.0, 1.0))


@st.composite
def devices(draw, alpha=0.0, most=(4, 3, 3), specular=True):
    """Devices with two ferromagnetic contacts on different faces and walls of all kinds, in a field.

    At least one axis has two cells, since a `Device` takes an axis of one cell for uniform.
    """
    d = draw(st.integers(1, 3))
    axes = draw(st.sampled_from(AXES[d]))
    shape = [draw(st.integers(2, n)) if a in axes else 1 for a, n in enumerate(most)]
    size = int(np.prod(shape))
    cells = np.array(draw(st.lists(st.integers(0, 1), min_size=size, max_size=size))).reshape(shape)
    faces = [(a, up) for a in axes for up in (False, True)]
    chosen = draw(st.permutations(faces))[:2]
    portions = {}
    for number, (axis, up) in enumerate(chosen):
        portion = np.zeros([1 if a == axis else n for a, n in enumerate(shape)], int)
        count = draw(st.integers(1, portion.size))
        portion.reshape(-1)[:count] = 1 + number
        portions[axis, up] = portion
    walls = {face: draw(st.sampled_from([0.0, 0.4, 1.0])) if specular else 0.0 for face in faces}
    return Device(
        cells,
        tuple(draw(sizes(n, 0.2, 2.0)) for n in shape),
        portions,
        walls,
        tuple(draw(contacts()) for _ in range(2)),
        tuple(draw(vectors())),
        np.array([[1.0, *draw(vectors())], [0.0, *draw(vectors())]]),
        draw(alloys(alpha)),
    )


@st.composite
def arguments(draw, alpha=0.0):
    """Arguments of `Transport` on any grid: faces periodic, diffuse, mirroring or symmetry planes, and two contacts.

    Some devices have gaps, inner faces and interfaces.
    """
    grid = in_one_piece(draw(grids((4, 3, 3))))
    free = [
        (a, up, inner)
        for a in range(len(grid.cells))
        for up in (False, True)
        for inner in (False, True)
        if len(grid.exposed(a, up, inner))
    ]
    laws = [contact_law(*draw(contacts())) for _ in range(2)]
    walls = {face: Wall(draw(st.sampled_from([0.0, 0.4, 1.0]))) for face in free}
    for number, (axis, up, inner) in enumerate(draw(st.permutations(free))):
        if number < 2:
            portion = np.zeros(len(grid.exposed(axis, up, inner)), int)
            portion[: draw(st.integers(1, len(portion)))] = 1 + number
            walls[axis, up, inner] = Wall(walls[axis, up, inner].specularity, portion=portion)
        elif not inner and draw(st.booleans()):
            walls[axis, up, inner] = Wall(1.0, mirror_law(grid.axes[axis]))
    walls = {face if face[2] else face[:2]: wall for face, wall in walls.items()}
    ordinates = draw(angular_sets())
    return (
        *(grid, ordinates, draw(alloys(alpha)), walls, laws if free else [], draw(vectors())),
        draw(interfaces()),
    )
