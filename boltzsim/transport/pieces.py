"""Separate pieces of metal: each has its own potential, which only a contact fixes in a steady state."""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from boltzsim.errors import CaseError


def pieces(grid, interfaces=()):
    """Piece of every cell, numbered from 0: metal joined face to face, closed interfaces apart.

    Parameters
    ----------
    grid : Grid
    interfaces : sequence of InterfaceLaw

    Returns
    -------
    numpy.ndarray of int, shape (cells,)
    """
    passing = np.array([*[law.transmission[0, 0, 0] > 0 for law in interfaces], True])  # the last: no interface
    joined = (grid.adjacent >= 0) & passing[grid.crossed]
    own, other = np.nonzero(joined)[0], grid.adjacent[joined]
    count = len(grid.metal)
    graph = sp.coo_array((np.ones(len(own), bool), (own, other)), (count, count))
    return connected_components(graph, directed=False)[1]


def require_contacts(grid, walls, contacts, interfaces=()):
    """Refuse a device in several pieces of which one has no open contact: its potential is not determined.

    Parameters
    ----------
    grid, walls, contacts, interfaces
        As for `Equation`.

    Raises
    ------
    CaseError
        Names the size of the piece and one of its cells.
    """
    label = pieces(grid, interfaces)
    if label.max() == 0:
        return
    touched = np.zeros(label.max() + 1, bool)
    for (axis, upper, *inner), wall in walls.items():
        if wall.portion is not None:
            ends = grid.line_ends(axis, upper)[grid.exposed(axis, upper, bool(inner))]
            is_open = np.array([False, *[law.transmission[0, 0] > 0 for law in contacts]])[wall.portion]
            touched[label[ends[is_open]]] = True
    if not touched.all():
        lone = np.flatnonzero(~touched)[0]
        first = int(np.argmax(label == lone))
        where = ", ".join(
            f"{'xyz'[a]} = {(grid.layer(k)[first] + 0.5) * grid.spacing[k]:.4g}" for k, a in enumerate(grid.axes)
        )
        raise CaseError(
            f"the metal is in {len(touched)} separate pieces, and the one of {np.count_nonzero(label == lone)} cells "
            f"around {where} m has no open contact: its potential is not determined; add a contact, join it, or leave "
            f"it out"
        )
