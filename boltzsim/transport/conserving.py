"""Charge and spin that a residual creates, freed of the rounding errors of a sweep.

In cells of σh mean free paths what scatters into a corner and what scatters out of it are σh times as large as what
flows through, so that their difference, the residual, is wrong by ε σh of ε the rounding error. Over a length L of many
cells the solution of such a residual is wrong by ε (σL)²: a device of 5e5 mean free paths loses 1e-5 of its current,
one ten times as long 1e-3.

The same charge and spin follow without loss of digits from the currents, which a sweep gives as moments of their own.
Around every vertex of the grid, through the middle of the cells that meet there and out to the boundary of the device,

    charge and spin created = flux in through the boundary + current in through the cuts - ∫ [(Λ n) - ω×n]_{l = 0} dV,

and the residual gets that sum back. What it does between the corners of one vertex stays as it is: it is wrong by ε
only. With such a residual the iteration can start anew from its own result (iterative refinement), and is wrong by
ε σL in the end.
"""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from boltzsim.transport.balance import removed, through_the_boundary

# Rounding errors of a sweep are a few ε of all that scatters. A larger difference between a residual and the currents
# is an error of another kind, which must stay visible.
_ROUNDING = 64 * np.finfo(float).eps


class Vertices:
    """The vertices of a grid: corners of cells that meet at one point, without surface or interface between them.

    Parameters
    ----------
    grid : Grid

    Attributes
    ----------
    number : numpy.ndarray of int, shape (cells, corners)
        The vertex of every corner.
    count : numpy.ndarray of int, shape (vertices,)
        How many corners meet there.
    """

    def __init__(self, grid):
        corner = np.arange(len(grid.metal) * grid.corners).reshape(-1, grid.corners)
        pairs = [np.zeros((2, 0), int)]
        for axis in range(len(grid.cells)):
            above = grid.neighbours[:, axis, 1]
            below = np.flatnonzero(above >= 0)
            ends = (
                corner[below][:, grid.face_corners(axis, True)],
                corner[above[below]][:, grid.face_corners(axis, False)],
            )
            pairs.append(np.stack([end.reshape(-1) for end in ends]))
        met = np.concatenate(pairs, 1)
        graph = sp.coo_array((np.ones(met.shape[1]), tuple(met)), (corner.size, corner.size))
        self.number = connected_components(graph, directed=False)[1].reshape(corner.shape)
        self.count = np.bincount(self.number.reshape(-1))
        self._meeting = sp.csr_array((np.ones(corner.size), (self.number.reshape(-1), corner.reshape(-1))))

    def shared(self, values):
        """Sums of corner values (cells, corners, 4) over every vertex, in equal parts back at its corners."""
        total = self._meeting @ values.reshape(self.number.size, -1)
        return (total / self.count[:, None])[self.number]


def compensate(equation, vertices, residual, vector, entering):
    """Replace the charge and spin that a residual creates around every vertex by what the currents say, in place.

    Parameters
    ----------
    equation : Equation
        Of a steady state.
    vertices : Vertices
        Of its grid.
    residual, vector : numpy.ndarray
        A residual, and the Krylov vector that it belongs to.
    entering : numpy.ndarray, shape (boundary corners, 4)
        Flux into every boundary corner in the sweep that gave the residual, in the spin frame of the sweep.
    """
    scattered, told = _scattered(equation), created(equation, residual, vector, entering)
    phi, change = (equation._split(values)[0][:, :, 0] for values in (vector, residual))
    missing = vertices.shared(told - scattered * change)
    largest = np.abs(phi + change).max((1, 2), keepdims=True)  # a cell is solved as a whole
    rounding = _ROUNDING * vertices.shared((scattered * largest).repeat(equation.grid.corners, 1))
    change += np.where(np.abs(missing) <= rounding, missing, 0.0) / scattered


def created(equation, residual, vector, entering):
    """Charge and spin that a residual creates around every corner, from currents, (cells, corners, 4).

    The current between two corners of one vertex is left out, so that only sums over vertices mean something.
    Parameters are those of `compensate`.
    """
    frame, (phi, *_), (change, *boundary) = equation.in_device_frame, equation._split(vector), equation._split(residual)
    phi, change = frame(phi), frame(change)
    lost = removed(equation, phi, phi + change)
    current = equation.currents(phi) + _carried(equation, change)
    total = through_the_boundary(equation, frame(entering)) - _outflow(equation.grid, current) - lost
    total = total @ equation.turn.T
    for part, values in zip(equation.boundary, boundary, strict=True):
        if not len(part.corner_portion):  # what a periodic face gains from its unknown is not what has left its partner
            for cells, corners, moments in part.incoming(values):
                total[cells[:, None], corners] -= moments[:, :, :4]
    return total


def _scattered(equation):
    """Rate of all collisions in every corner at unit amplitude, (cells, 1, 1)."""
    loss = np.array([m.loss for m in equation.materials])[equation.grid.metal]
    return (equation.volume * loss)[:, None, None]


def _carried(equation, phi):
    """⟨p̂ n⟩ at every corner, times the metal's relative conductance: `Equation.currents` without side jump."""
    return equation.conductance[equation.grid.metal, None, None, None] * phi[:, :, [3, 1, 2]] / np.sqrt(3)


def _outflow(grid, current):
    """Flux out of every corner through the middle of its cell, (cells, corners, 4)."""
    corner, total = np.arange(grid.corners), 0.0
    for axis in range(len(grid.cells)):
        along = current[:, :, grid.axes[axis]]
        mean = (along + along[:, corner ^ (1 << axis)]) / 2
        area = grid.face_area(axis)[:, None, None]
        total = total + area * np.where(corner >> axis & 1, -1, 1)[None, :, None] * mean
    return total
