"""Helicity in the preconditioner: alloys in which scattering conserves ⟨σ·p̂ n⟩, exactly or nearly."""

import numpy as np
import pytest
from dense import DenseKinetic

from boltzsim.material.superoperators import impurity_operators
from boltzsim.transport import slow_modes
from boltzsim.transport.boundary import BoundaryLaw, contact_law, mirror_law
from boltzsim.transport.equation import Wall
from boltzsim.transport.grid import Grid
from boltzsim.transport.ordinates import double_gauss, product
from boltzsim.transport.steady import Transport
from boltzsim.transport.stepper import DriveInTime, Evolution, State

HALF = np.pi / 2
ALLOYS = {
    "near": {"s1/2": 0.6, "p1/2": 0.58, "p3/2": 0.05},
    "exact": {"s1/2": 0.6, "p1/2": 0.6},
    "unitary, near": {"s1/2": HALF, "p1/2": HALF, "p3/2": 0.05},
    "unitary": {"s1/2": HALF, "p1/2": HALF},
    "p and d": {"s1/2": 0.5, "p1/2": 0.5, "p3/2": 0.3, "d3/2": 0.25},
}
AXES = {1: (2,), 2: (0, 2), 3: (0, 1, 2)}
RESERVOIRS = np.array([[1, 0.3, 0.2, 0.5], [0, 0, -0.1, 0.2]])
THICKNESS = (1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3)
LIMIT = {1: 20, 2: 22, 3: 24}


def ordinates(dimensions, degree):
    if dimensions == 1:
        return double_gauss(8, max(8, 2 * degree + 2), "z")
    return product(max(4, degree + 2), max(8, 2 * degree + 4))


def device(dimensions, n, thickness, materials, ends, material=None, periodic=False, **options):
    """n^d cells of a number of mean free paths of the first material, with two contacts.

    `ends`: "reservoirs" at both ends of the first axis; "tunnel" contacts there in 1D, side by side on diffuse walls
    otherwise; "mirror": the same with transparent contacts on walls that reflect as mirrors, one of them a symmetry
    plane. `periodic`: along the first axis, with contacts at the ends of the last.
    """
    h, lines, last = thickness / materials[0].loss, n ** (dimensions - 1), dimensions - 1
    material = np.zeros(n**dimensions, int) if material is None else material
    wrapped = (periodic, False, False)[:dimensions]
    grid = Grid(AXES[dimensions], (n,) * dimensions, (h,) * dimensions, material, wrapped)
    directions = ((1, 0, 0), (0, 0, 1))
    laws = [contact_law(0.01, 0.4, d) if ends == "tunnel" else contact_law(1.0) for d in directions]
    specularity = 1.0 if ends == "mirror" else 0.0
    if periodic or (ends == "reservoirs" and dimensions > 1) or dimensions == 1:
        axis = last if periodic else 0
        walls = {(axis, up): Wall(0.0, portion=np.full(lines, 1 + up)) for up in (False, True)}
        if ends == "mirror" and dimensions == 1:
            walls[0, True] = Wall(1.0, mirror_law(2))
    else:
        portion = np.zeros(lines, int)
        portion[: lines // 3], portion[-(lines // 3) :] = 1, 2
        walls = {(a, up): Wall(specularity) for a in range(dimensions) for up in (False, True)}
        walls[last, True] = Wall(0.0, portion=portion)
        if ends == "mirror":
            walls[0, False] = Wall(1.0, mirror_law(grid.axes[0]))
    return Transport(grid, ordinates(dimensions, materials[0].degree), materials, walls, laws, **options)


def products(*arguments, **options):
    """Products until 1e-8."""
    return device(*arguments, **options).solve(RESERVOIRS, rtol=1e-8, max_products=100).products


def counts(dimensions, n, name, ends, thicknesses=THICKNESS, alpha=0.0, **options):
    materials = [impurity_operators(ALLOYS[name], alpha)]
    return [products(dimensions, n, thickness, materials, ends, **options) for thickness in thicknesses]
