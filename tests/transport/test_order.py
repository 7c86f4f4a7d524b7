"""Second order in space by manufactured solutions with all their moments, side jump and precession, thin and thick.

n(r, p̂) has smooth moments up to l = L, four components each, so that the source

    S = ∇·(W n) + loss n - gain n - ω×n

contains harmonics up to l = L + 1: with operators of that degree it is representable by the moment source of the solver
and no quadrature error is left. Inflow comes through perfectly transmitting specular faces, whose boundary unknown is
f_in of every ordinate: f_in = -(p̂·N n - X n) with the reciprocal side-jump flux X. The error is that of the corner
values at the vertices of the cells.
"""

from dataclasses import replace

import numpy as np
import pytest
from dense import alloy, face_points

from boltzsim.material.harmonics import harmonics
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import BoundaryLaw, Wall, contact_law, reciprocal_flux
from boltzsim.transport.ordinates import product
from boltzsim.transport.steady import Transport

AXES = {1: (2,), 2: (0, 2), 3: (0, 1, 2)}
ORDINATES = product(4, 8)
PRECESSION = np.array([0.8, 0.0, 0.0])  # along x: the spin frame of the solver is that of the device


class Manufactured(Transport):
    """The solver with a prescribed source and inflow."""

    source = inflow = None

    def _field_source(self, field):
        return self.source

    def _drives(self, reservoirs):
        return self.inflow


class SmoothState:
    """Moments a + b sin(k·r + c), every one with its own amplitude and phase, and their gradients."""

    def __init__(self, dimensions, highest, seed=0):
        rng, count = np.random.default_rng(seed), (highest + 1) ** 2
        self.mean, self.amplitude = rng.uniform(-1, 1, (2, count, 4))
        self.phase = rng.uniform(0, 2 * np.pi, (count, 4))
        self.wave = rng.uniform(0.5, 1.5, (dimensions, count, 4))
        self.higher = np.zeros((2 * highest + 3, 4))  # moments of l = highest + 1

    def moments(self, r):
        """At points r (…, dimensions): (…, (highest + 2)², 4)."""
        values = self.mean + self.amplitude * np.sin(np.tensordot(r, self.wave, 1) + self.phase)
        return self._padded(values)

    def gradient(self, r):
        """(dimensions, …, (highest + 2)², 4)."""
        slope = self.amplitude * np.cos(np.tensordot(r, self.wave, 1) + self.phase)
        return np.stack([self._padded(k * slope) for k in self.wave])

    def _padded(self, values):
        return np.concatenate([values, np.broadcast_to(self.higher, (*values.shape[:-2], *self.higher.shape))], -2)


def _apply(matrix, phi):
    return (phi.reshape(*phi.shape[:-2], -1) @ matrix.T).reshape(phi.shape)


def scaled(operators, factor):
    return replace(operators, loss=factor * operators.loss, gain=factor * operators.gain)


def edges(n, graded):
    """Cell edges from 0 to 1: equal cells, or sizes that change smoothly by a factor of 3."""
    share = np.arange(n + 1) / n
    return share - graded * np.sin(2 * np.pi * share) / (4 * np.pi)


def vertices(along):
    """Coordinates of the corner points, the slowest axis first, from the edges of every axis; the last index is it."""
    along = [np.repeat(own, 2)[1:-1] for own in along]
    return np.stack(np.meshgrid(*along[::-1], indexing="ij")[::-1], -1)


def solver_error(dimensions, n, material, highest):
    """Root mean square error of the moments, relative to the solution; the number of products."""
    axes, cells = AXES[dimensions], (n,) * dimensions
    along = [edges(n, axis in (0, 2)) for axis in axes]
    grid = Grid(axes, cells, tuple(map(np.diff, along)), np.zeros(n**dimensions, int), (False,) * dimensions)
    faces = [(a, up) for a in range(dimensions) for up in (False, True)]
    open_face = Wall(1.0, BoundaryLaw(), np.ones(n ** (dimensions - 1), int))
    solver = Manufactured(grid, ORDINATES, [material], dict.fromkeys(faces, open_face), [contact_law(1.0)], PRECESSION)
    state, r = SmoothState(dimensions, highest), vertices(along)
    Y = harmonics(ORDINATES.directions, highest + 1)
    exact, gradient = state.moments(r), state.gradient(r)
    source = material.loss * exact - _apply(material.gain, exact)
    source[..., 1:] -= np.cross(PRECESSION, exact[..., 1:])
    for axis, slope in zip(axes, gradient, strict=True):
        streaming = (Y.T * (ORDINATES.weights * ORDINATES.directions[:, axis])) @ Y
        source += streaming @ slope - _apply(material.drift[axis], slope)
    order = np.argsort(grid.to_points(np.arange(exact[..., 0, 0].size).reshape(-1, 2**dimensions)).reshape(-1))
    solver.source = source.reshape(-1, *exact.shape[-2:])[order].reshape(-1, 2**dimensions, *exact.shape[-2:])
    solver.inflow = []
    for (axis, upper), part in zip(faces, solver.boundary, strict=True):
        ordinates = solver.octants.index[part.side.into].reshape(-1)
        sign = 1 if upper else -1
        edge = np.take(exact, -1 if upper else 0, dimensions - 1 - axis)
        n_in = np.einsum("si,...iu->...su", Y[ordinates], edge)
        jump = np.einsum("si,...iu->...su", Y[ordinates], _apply(reciprocal_flux(material.drift[axes[axis]]), edge))
        cosine = ORDINATES.directions[ordinates, axes[axis]][:, None]
        values = -sign * (cosine * n_in - jump)
        numbers = (
            face_points(grid, axis, np.arange(np.prod(part.side.shape)).reshape(part.side.shape))
            .reshape(-1)
            .astype(int)
        )
        drive = np.empty(part.side.unknowns)
        drive.reshape(-1, *drive.shape[2:])[numbers] = values.reshape(-1, *values.shape[-2:])
        solver.inflow.append(drive)
    solution = solver.solve(rtol=1e-10)
    error = grid.to_points(solution.phi) - exact
    return np.sqrt(np.mean(error**2) / np.mean(exact**2)), solution.products


GRIDS = {1: (8, 16, 32), 2: (6, 11, 18), 3: (5, 8, 11)}


@pytest.mark.parametrize(("regime", "factor"), [("thin", 0.2), ("thick", 1000.0)])
@pytest.mark.parametrize(
    ("dimensions", "highest"),
    [(1, 2), (2, 1), (3, 1), *(pytest.param(d, 2, marks=pytest.mark.slow) for d in (2, 3))],
)
def test_second_order(dimensions, highest, regime, factor):
    """Cells of 0.004 to 0.08 mean free paths, and of 20 to 400, graded along x and z."""
    material = scaled(alloy((0.4, 1.1, -0.3), 0.05, highest + 1), factor)
    errors, products = zip(*[solver_error(dimensions, n, material, highest) for n in GRIDS[dimensions]], strict=True)
    order = -np.polyfit(np.log(GRIDS[dimensions]), np.log(errors), 1)[0]
    assert abs(order - 2) < 0.2, (regime, errors)
    assert errors[-1] < 0.03
    assert max(products) <= 25
