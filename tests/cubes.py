"""Lines, squares and cubes of cells of any thickness, between reservoirs or with tunnel contacts."""

import numpy as np
from dense import alloy

from boltzsim.transport.grid import Grid
from boltzsim.transport.law import BoundaryLaw, Wall, contact_law
from boltzsim.transport.ordinates import double_gauss, product
from boltzsim.transport.steady import Transport

POINTS = {
    "strong s": (np.pi / 2, 0, 0),
    "Kondo point": (0.1, np.pi / 2, 0.05),
    "single channel": (0, np.pi / 2, 0),
    "mixed": (0.4, 1.1, -0.3),
    "weak spin-orbit": (1.2, 0.2, 0),
}
AXES = {1: (2,), 2: (0, 2), 3: (0, 1, 2)}
SETS = {1: double_gauss(8, 8, "z"), 2: product(4, 8), 3: product(4, 8)}
RESERVOIRS = np.array([[1, 0.3, 0.2, 0.5], [0, 0, -0.1, 0.2]])
THICKNESS = (1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4)


def cubes(dimensions, n, thickness, eta, ends, material=None, alpha=0.0, contrast=1.0, **options):
    """n^d cells of a given number of mean free paths between two reservoirs, or with tunnel contacts on one wall.

    `contrast` divides the thickness of the cells with material 1.
    """
    dense, thin = (alloy(eta, alpha) for _ in range(2))
    h, lines = thickness / dense.loss, n ** (dimensions - 1)
    thin = type(dense)(thin.degree, thin.loss / contrast, thin.gain / contrast, thin.drift)
    material = np.zeros(n**dimensions, int) if material is None else material
    grid = Grid(AXES[dimensions], (n,) * dimensions, (h,) * dimensions, material, (False,) * dimensions)
    if ends == "reservoirs":
        laws = [contact_law(1.0)] * 2
        walls = {(0, up): Wall(0.0, BoundaryLaw(), np.full(lines, 1 + up)) for up in (False, True)}
    else:
        laws = [contact_law(0.01, 0.4, direction) for direction in ((1, 0, 0), (0, 0, 1))]
        if dimensions == 1:
            walls = {(0, up): Wall(0.0, BoundaryLaw(), np.array([1 + up])) for up in (False, True)}
        else:
            portion = np.zeros(lines, int)
            portion[: lines // 3], portion[-(lines // 3) :] = 1, 2
            walls = {(dimensions - 1, True): Wall(0.0, BoundaryLaw(), portion)}
    return Transport(grid, SETS[dimensions], [dense, thin], walls, laws, **options)
