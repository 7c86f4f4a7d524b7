"""The order in which a sweep takes its directions, so that it finds by itself much of what the boundary returns.

Directions that run towards the far end of an axis come first: what the boundary there returns is known halfway, when
the others begin. Where other walls mirror, either half is taken in two phases, so that no direction shares its phase
with its mirror image in one of them: those that run away from an even number of the ends that mirror most come first.
"""

from dataclasses import dataclass

import numpy as np

from boltzsim.transport.law import Wall


@dataclass(frozen=True)
class Order:
    """The order of a sweep.

    Attributes
    ----------
    far_end : (int, bool) or None
        Gridded axis number and side of the far end.
    phase : numpy.ndarray of int, shape (blocks,)
        Phase of the sweep in which every block of directions is taken.
    image : numpy.ndarray of int, shape (blocks, axes)
        Phase of the mirror images of every block in a plane across every gridded axis.
    """

    far_end: tuple | None
    phase: np.ndarray
    image: np.ndarray

    @property
    def away(self):
        """Phase in which the directions that run away from the far end begin."""
        return (self.phase.max() + 1) // 2


def sweep_order(grid, octants, walls, contacts, interfaces=()):
    """The order in which the sweeps of a device find most of what its boundary returns.

    In two dimensions a phase has directions of two quadrants, since those of one are too few for two processors; the
    far end, where spread parts too are found, or the mirror images of both axes are then left.

    Parameters
    ----------
    grid : Grid
    octants : Octants
    walls, contacts, interfaces
        As for `boundary_parts`.

    Returns
    -------
    Order
    """
    returned, mirrored = _shares(grid, walls, contacts, interfaces)
    end = max(returned, key=returned.get)
    if not returned[end]:
        return order(octants, None, False)
    across = sum(share for (axis, _), share in mirrored.items() if axis != end[0])
    if len(grid.axes) == 2 and sum(mirrored.values()) / 2 > returned[end]:
        return order(octants, None, True)
    return order(octants, end, len(grid.axes) == 3 and across > 0)


def order(octants, end, split):
    """The order with a certain far end, (axis, upper) or None, in which mirror images follow one another or not."""
    axes = range(octants.down.shape[1])
    others = [axis for axis in axes if end is None or axis != end[0]]

    def phase(down):
        away = np.zeros(len(down), int) if end is None else 1 * (down[:, end[0]] == end[1])
        return (1 + split) * away + split * (down[:, others].sum(1) % 2)

    images = [phase(octants.down ^ (np.arange(len(axes)) == axis)) for axis in axes]
    return Order(end, phase(octants.down), np.stack(images, 1))


def wall_at(walls, axis, upper, inner):
    """The wall at an end of the box, or where metal ends inside."""
    return walls.get((axis, upper, True) if inner else (axis, upper), Wall())


def _shares(grid, walls, contacts, interfaces):
    """What surfaces and interfaces at either end of the lines along every axis return, and what of it walls mirror.

    Both are sums of area × share by gridded axis number and side.
    """
    returned, mirrored = {}, {}
    for axis in range(len(grid.axes)):
        area = grid.face_area(axis)
        crossed = [
            area[grid.line_ends(axis, True)[below]].sum() * interfaces[number].reflection[:, 0, 0]
            for number, (below, _), seam in grid.interfaces(axis)
            if not seam
        ]
        for upper in (False, True):
            returned[axis, upper] = sum(share[int(not upper)] for share in crossed)
            mirrored[axis, upper] = 0.0
            for inner in (False, True):
                wall, lines = wall_at(walls, axis, upper, inner), grid.exposed(axis, upper, inner)
                shares = np.array([law.reflection[0, 0] for law in (wall.law, *contacts)])
                shares = shares[0] if wall.portion is None else shares[wall.portion]
                total = (shares * area[grid.line_ends(axis, upper)[lines]]).sum()
                returned[axis, upper] += total
                mirrored[axis, upper] += wall.specularity * total
    return returned, mirrored
