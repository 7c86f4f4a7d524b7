"""The compiled sweep against the plain one, on random grids and angular sets; kernels broken on purpose are noticed."""

import numpy as np
import pytest
from broken_sweeps import MUTATIONS
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_sweep import plain_sweep
from random_devices import CHECKS, WIDEST, angular_sets, every_set, grids, numbers

from boltzsim.transport.grid import Grid
from boltzsim.transport.kernels.lines import front_of_tiles, tile_of_task
from boltzsim.transport.order import order
from boltzsim.transport.ordinates import lebedev, octants, product
from boltzsim.transport.sweep import Crossing, Sweep

LOSSES = np.array([0.7, 2.5])
DEGREE = 2
ORDERS = [
    (None, False),
    *(((axis, upper), split) for axis, upper in ((0, True), (1, False), (2, True)) for split in (False, True)),
]


def disagreement(grid, ordinates, precession, seed):
    """Largest relative difference of moments and outflows from the plain sweep, for random sources and inflows.

    What passes interfaces is multiplied by random matrices. The order is random too: what enters in a phase is given
    only before it, and what has left in the phases before is whole by then.
    """
    rng = np.random.default_rng(seed)
    groups = octants(ordinates, grid.axes, WIDEST[len(grid.axes)])
    through = rng.standard_normal((2, 2, 4, 4)) / 2
    taken = some_order(groups, rng)
    sweep = Sweep(grid, groups, DEGREE, LOSSES, precession, crossings(grid, through), taken)
    source, faces = rng.standard_normal(sweep.shape), sweep.faces()
    for face in faces:
        face[:] = rng.standard_normal(face.shape)
    inflow = [per_ordinate(groups, axis, face) for axis, face in enumerate(faces)]
    given, seen = [face.copy() for face in faces], []
    for face in faces:
        face[taken.phase > 0] = np.nan

    def before(phase):
        for face, values in zip(faces, given, strict=True):
            face[taken.phase == phase] = values[taken.phase == phase]
        seen.append([face[taken.phase == phase - 1].copy() for face in faces])

    phi = sweep(source, faces, before=before)
    assert len(seen) == taken.phase.max()
    for phase, left in enumerate(seen):
        for face, values in zip(faces, left, strict=True):
            np.testing.assert_array_equal(face[taken.phase == phase], values)
    expected, outflow = plain_sweep(grid, ordinates, DEGREE, LOSSES, precession, source, inflow, through)
    leaving = [per_ordinate(groups, axis, face) for axis, face in enumerate(faces)]
    pairs = [(phi, expected), *zip(leaving, outflow, strict=True)]
    return max(np.abs(found - right).max() / np.abs(right).max() for found, right in pairs)


def some_order(groups, rng):
    """One end of an axis, or none, as the far end, with or without mirror images after one another."""
    ends = [None, *((axis, upper) for axis in range(groups.down.shape[1]) for upper in (False, True))]
    return order(groups, ends[rng.integers(len(ends))], bool(rng.integers(2)))


def crossings(grid, through):
    """Both directions through all interfaces of a grid but those where a periodic axis closes."""
    found = []
    for axis in range(len(grid.axes)):
        for number, (below, above), seam in grid.interfaces(axis):
            lower, upper = grid.line_ends(axis, True)[below], grid.line_ends(axis, False)[above]
            if not seam:
                found.append(Crossing(axis, False, upper, lower, through[number][0]))
                found.append(Crossing(axis, True, lower, upper, through[number][1]))
    return found


def per_ordinate(groups, axis, face):
    """Face values (blocks, lines, corners from upwind, 4 width) as (ordinates, lines, corners, 4)."""
    values = np.zeros((len(groups.ordinates.weights), *face.shape[1:3], 4))
    for block, slot in np.argwhere(~groups.repeated):
        lines = face[block][:, groups.face_order(axis)[block]].reshape(*face.shape[1:3], -1, 4)
        values[groups.index[block, slot]] = lines[:, :, slot]
    return values


@settings(max_examples=40, **CHECKS)
@given(grids(), st.data())
def test_compiled_sweep_is_the_plain_sweep(grid, data):
    """Octants of unequal size, ordinates in the coordinate planes, two materials, gaps and interfaces."""
    ordinates = data.draw(angular_sets())
    assert disagreement(grid, ordinates, data.draw(numbers(0.1, 2.0)), data.draw(st.integers(0, 99))) < 1e-12


@pytest.mark.parametrize("cells", [(1, 1, 1), (17, 5, 1), (1, 1, 9), (2, 4, 5), (16, 4, 4)])
@pytest.mark.parametrize("ordinates", [lebedev(7), product(3, 6), product(5, 6)], ids=["lebedev 7", "3 × 6", "5 × 6"])
def test_tiles_that_are_full_or_not(cells, ordinates):
    """Around the size of a tile, 16 × 4 × 4 cells, with octants of one block and of several."""
    grid = Grid((0, 1, 2), cells, (0.3, 0.5, 0.8), np.arange(np.prod(cells)) % 2, (False,) * 3)
    assert disagreement(grid, ordinates, 0.7, 1) < 1e-12


def test_every_block_belongs_to_one_group_of_octants():
    """Whatever the numbers of ordinates in the octants, and whatever the width of the blocks."""
    unequal = 0
    for make, *size in every_set(31).values():
        for widest in (4, 16):
            grid = Grid((0, 1, 2), (1, 1, 1), (1.0,) * 3, np.zeros(1, int), (False,) * 3)
            groups = octants(make(*size), grid.axes, widest)
            across = groups.down[:, 1:] @ [1, 2]
            for far, split in ORDERS:
                taken, seen, counts = order(groups, far, split), [], set()
                for phase, pairs in enumerate(Sweep(grid, groups, 0, LOSSES, order=taken).phases):
                    for first, last in pairs[:, :4].reshape(-1, 2):
                        assert len(set(across[first:last])) <= 1
                        assert (taken.phase[first:last] == phase).all()
                        seen += range(first, last)
                        counts.add(last - first)
                assert sorted(seen) == list(range(groups.blocks))
                unequal += len(counts) > 1
    assert unequal > 100


@pytest.mark.parametrize(("far", "split"), ORDERS)
def test_where_two_ranges_of_blocks_meet_one_task_sweeps_both(far, split):
    """Each range takes every tile once, from its own corner along a + b = front; no tile has two tasks on a front.

    Two threads, of which the first takes the first half of the tasks, sweep equally many tiles, but for two where both
    ranges meet in all of an odd number.
    """
    groups = octants(product(4, 8), (0, 1, 2), 8)
    taken = order(groups, far, split)
    for shape in np.ndindex(5, 5):
        rows, columns = (int(n) + 1 for n in shape)
        grid = Grid((0, 1, 2), (1, 4 * rows, 4 * columns), (1.0,) * 3, np.zeros(16 * rows * columns, int), (False,) * 3)
        for *ends, same in np.concatenate(Sweep(grid, groups, 0, LOSSES, order=taken).phases).tolist():
            swept = [[], []]
            for front in range(rows + columns - 1):
                tiles = front_of_tiles.py_func(front, rows, columns, same)
                _, count, meeting, _ = tiles
                tasks, owner = 2 * count - meeting, {}
                work = np.zeros(tasks, int)
                for task, second in np.ndindex(tasks, 2):
                    b = tile_of_task.py_func(task, second, tiles, columns)
                    if b < 0:
                        continue
                    a = front - b
                    assert 0 <= a < rows and 0 <= b < columns
                    down = groups.down[ends[2 * second], 1:]
                    at = (rows - 1 - a if down[0] else a, columns - 1 - b if down[1] else b)
                    assert owner.setdefault(at, task) == task
                    swept[second].append(at)
                    work[task] += 1
                half = -(-tasks // 2)
                assert abs(work[:half].sum() - work[half:].sum()) == 2 * (tasks == count % 2 * count)
            assert all(len(own) == len(set(own)) == rows * columns for own in swept)


@pytest.mark.slow
@pytest.mark.parametrize("axes", [(2,), (0, 2), (0, 1, 2)])
def test_every_angular_set(axes):
    """Product sets of 1 … 12 × 1 … 24 ordinates and Lebedev sets of order 3 … 47, along one to three axes."""
    cells = (3, 2, 2)[: len(axes)]
    grid = Grid(axes, cells, (0.3, 0.5, 0.8)[: len(axes)], np.arange(np.prod(cells)) % 2, (False,) * len(axes))
    for name, (make, *size) in every_set().items():
        assert disagreement(grid, make(*size), 0.7, 1) < 1e-12, name


@pytest.mark.parametrize("broken", MUTATIONS, indirect=True)
def test_broken_sweeps_are_not_the_plain_sweep(broken):
    grid = Grid((0, 1, 2), (2, 2, 2), (0.3, 0.5, 0.8), np.arange(8) % 2, (False,) * 3)
    assert disagreement(grid, lebedev(17), 0.7, 1) > 1e-3
