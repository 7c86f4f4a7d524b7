"""One-dimensional channels and uniform cells in units v_F = Γ = l0 = 1, and how decay lengths are read off them."""

import math

import numpy as np

from boltzsim.material.superoperators import impurity_operators
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import BoundaryLaw, Wall, contact_law
from boltzsim.transport.ordinates import double_gauss
from boltzsim.transport.steady import Transport

CHANNELS = ("s1/2", "p1/2", "p3/2")
RESERVOIR = contact_law(1.0)


def triple(eta, alpha=0.0):
    """Operators of one impurity species with phase shifts η of s1/2, p1/2 and p3/2."""
    return impurity_operators({name: value for name, value in zip(CHANNELS, eta, strict=True) if value}, alpha)


def slab(
    operators, length, cells, ends=(RESERVOIR, RESERVOIR), precession=(0, 0, 0), specularity=(0.0, 0.0), polar=8,
    axis=2, **options,
):  # fmt: skip
    """The kinetic equation between two faces normal to an axis.

    Parameters
    ----------
    operators : Operators
    length : float
    cells : int
    ends : pair of BoundaryLaw or None
        Laws of contacts number 0 and 1; None stands for a wall.
    precession : array_like, shape (3,)
        Larmor vector ω/v_F.
    specularity : pair of float
        Specularities of the two faces.
    polar : int
        Gauss points per half of the polar cosine about the axis.
    axis : int
        0, 1 or 2 for x, y or z.
    options
        Further arguments of `Transport`.

    Returns
    -------
    Transport
    """
    grid = Grid((axis,), (cells,), (length / cells,), np.zeros(cells, int), (False,))
    walls = {
        (0, bool(end)): Wall(specularity[end], BoundaryLaw(), None if law is None else np.array([1 + end]))
        for end, law in enumerate(ends)
    }
    laws = [law or BoundaryLaw() for law in ends]
    return Transport(grid, double_gauss(polar, 8, "xyz"[axis]), [operators], walls, laws, precession, **options)


def uniform_currents(operators, field=(1, 0, 0)):
    """⟨W n⟩ of the homogeneous conductor in a field, (3 flow, 4): a periodic cell of the solver."""
    grid = Grid((0,), (2,), (1.0,), np.zeros(2, int), (True,))
    transport = Transport(grid, double_gauss(4, 8, "z"), [operators], {})
    solution = transport.solve(field=field, rtol=1e-12)
    return transport.currents(solution.phi).mean((0, 1))


def decay_length(z, values):
    """Length λ of a profile A e^{-z/λ} + B e^{z/λ} on equal steps, by f(z-d) + f(z+d) = 2 cosh(d/λ) f(z)."""
    reach = len(z) // 3
    middle = values[reach:-reach]
    ratio = (values[: -2 * reach] + values[2 * reach :]) / (2 * middle)
    weights = np.abs(middle)
    return float(reach * (z[1] - z[0]) / np.arccosh(np.average(ratio, weights=weights)))


def measured_decay(operators, lengths, cells_per_length=40):
    """Decay lengths (L, T) of spin from a reservoir, seen by the solver far from both ends of a long channel.

    Parameters
    ----------
    operators : Operators
    lengths : pair of float
        Approximate lengths, which set the size of the channel and of its cells.
    cells_per_length : int

    Returns
    -------
    lengths : tuple of float
    moments : numpy.ndarray, shape (moments, 4)
        Moments of the cell at the start of the window in which the lengths are read off.
    """
    kappa = 1 / max(lengths)
    near, far = 8 / (operators.loss - kappa), 6 / (operators.loss + kappa)
    window = 2.5 / kappa
    length = near + window + far
    cells = math.ceil(length * kappa * cells_per_length)
    transport = slab(operators, length, cells)
    solution = transport.solve([[0, 1, 0, 1], [0, 0, 0, 0]], rtol=1e-11)
    z = (np.arange(cells) + 0.5) * length / cells
    chosen = (z > near) & (z < near + window)
    moments = solution.phi.mean(1)[chosen]
    found = tuple(decay_length(z[chosen], moments[:, 0, component]) for component in (3, 1))
    return found, moments[0]
