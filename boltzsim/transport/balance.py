"""Balance of charge and spin of a finished solution, from its moments and boundary fluxes, without any sweep.

The device is cut through the middle of every layer of cells, along every gridded axis. Of the slab between two cuts (or
between a cut and the end of the device)

    flux in through the boundary + current in through the cuts = ∫ [(Λ n) - ω×n]_{l = 0} dV

must hold for charge, whose right side vanishes, and for the three spin components. A cut runs through the middle of
cells, where the discrete current is the mean ⟨W n⟩ of the corners on both sides. So everything but the boundary flux
comes from the moments, and the balance shows whatever a sweep loses or creates, in the device or at its faces. The
residual of the equation cannot show that: if a sweep leaves out some ordinates, so does the sweep in the residual.
"""

from typing import NamedTuple

import numpy as np


class Balance(NamedTuple):
    """Violations of the conservation laws, relative to `scale`.

    Attributes
    ----------
    terminals : float
        Sum of the charge currents through all contacts.
    charge : float
        Largest charge that appears or disappears in a slab, per time.
    spin : float
        Largest spin, of any component, that appears or disappears in a slab or in the whole device without relaxation,
        precession or a flux through the boundary.
    scale : float
        The current that divides the three violations, in the unit of `Solution.flux`.
    """

    terminals: float
    charge: float
    spin: float
    scale: float

    @property
    def worst(self):
        """The largest of the three violations."""
        return max(self.terminals, self.charge, self.spin)


def balance(equation, phi, entering, scale=None, least=0.0):
    """Check a steady solution, or a sum of several, against the conservation of charge and spin.

    Parameters
    ----------
    equation : Equation
        Equation of a steady state. Only its grid, scattering and Larmor vector are used, not its sweep.
    phi : numpy.ndarray, shape (cells, corners, moments, 4)
        `Solution.phi`.
    entering : numpy.ndarray, shape (boundary corners, 4)
        `Solution.entering`.
    scale : float, optional
        The current to compare with; by default the largest one through a contact or a cut, of charge or spin. Where
        currents nearly cancel in a sum of solutions, give the largest one among its parts.
    least : float
        The smallest current to compare with, where no `scale` is given: where next to nothing flows, rounding errors
        are compared with what the reservoirs send.

    Returns
    -------
    Balance
        Infinite violations where a number is not finite.

    Raises
    ------
    ValueError
        If the equation is that of a stage of a time step, where charge and spin are stored as well.
    """
    if equation.rate:
        raise ValueError("balance: the equation is one stage of a time step; only steady states balance by themselves")
    grid, flux = equation.grid, equation.terminal_flux(entering)
    net = through_the_boundary(equation, entering) - removed(equation, phi, phi)
    current = equation.currents(phi)
    missing, largest = [net.sum((0, 1))[None]], [np.abs(flux).max(initial=0.0)]
    for axis in range(len(grid.cells)):
        cut = _through_cuts(grid, axis, current[:, :, grid.axes[axis]])
        largest.append(np.abs(cut).max())
        missing.append(grid.slab_sums(axis, net) - _divergence(cut, grid.periodic[axis]))
    missing = np.abs(np.concatenate(missing))
    scale = max(*largest, least) if scale is None else scale
    found = np.array([abs(flux[:, 0].sum()), missing[:, 0].max(), missing[:, 1:].max()])
    if not np.isfinite([*found, scale]).all():
        return Balance(np.inf, np.inf, np.inf, scale)
    return Balance(*(found / scale if scale > 0 else np.where(found > 0, np.inf, 0.0)).tolist(), float(scale))


def through_the_boundary(equation, entering):
    """Flux into every corner from outside the device, (cells, corners, 4)."""
    total, start = np.zeros((len(equation.grid.metal), equation.grid.corners, 4)), 0
    for part in equation.boundary:
        count = len(part.corner_portion)
        total[part.places] += entering[start : start + count]
        start += count
    return total


def removed(equation, phi, turned):
    """Rates at which scattering removes the spin of phi, and precession that of `turned`, from every corner.

    Returns
    -------
    numpy.ndarray, shape (cells, corners, 4)
        No charge.
    """
    grid = equation.grid
    rates = np.zeros((*phi.shape[:2], 4))
    rates[..., 1:] = equation.by_metal([m.lambda_[1:4] for m in equation.operators], phi)
    velocity = np.array([m.velocity for m in equation.operators])[grid.metal]
    rates[..., 1:] -= np.cross(equation.precession, turned[:, :, 0, 1:]) / velocity[:, None, None]
    return equation.volume[:, None, None] * rates


def _through_cuts(grid, axis, current):
    """Current through the middle of every layer of cells, (layers, 4), from that at the corners, (cells, corners, 4).

    The flux through a corner's part of the cut is the mean of the two corners that meet there.
    """
    cut = np.zeros((grid.cells[axis], 4))
    np.add.at(cut, grid.layer(axis), grid.face_area(axis)[:, None] / 2 * current.sum(1))
    return cut


def _divergence(cut, periodic):
    """Flux out of every slab through its cuts; slab number k lies below layer of cells number k."""
    if periodic:
        return cut - np.roll(cut, 1, 0)
    return np.diff(np.concatenate([np.zeros((1, 4)), cut, np.zeros((1, 4))]), axis=0)
