"""Interface of the kinetic equation and its diffusion limit: how they are solved, the solution, and its balance."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from boltzsim.transport.grid import Grid

#: Currents below this share of the flux from the reservoirs are hardly more than rounding errors.
SENT = 1e-7


@dataclass(frozen=True)
class Solution:
    """One linear-response solution.

    Attributes
    ----------
    phi : numpy.ndarray, shape (cells, corners, moments, 4)
        Moments of n.
    flux : numpy.ndarray, shape (contacts, 4)
        Net ∫⟨W n⟩·dA into the device through every contact.
    entering : numpy.ndarray, shape (boundary corners, 4)
        The same through every corner of the boundary, walls included, part by part in the order of
        `Equation.boundary`; empty in the diffusion model.
    vector : numpy.ndarray
        Vector of unknowns, to start a neighbouring problem from.
    products : int
        Operator products until the requested tolerance.
    sweeps : int
        Sweeps in all, those for the source, the balance and the final fluxes included.
    history : numpy.ndarray, shape (products, 2)
        Residual norms relative to the solution, preconditioned (where evaluated, else NaN) and true.
    charge_balance, spin_balance : float
        Worst violation of conservation as `imbalance` measures it.
    single : int
        How many of all products were made in single precision.
    rounds : int
        Rounds of iterative refinement that these belong to.
    """

    phi: np.ndarray
    flux: np.ndarray
    entering: np.ndarray
    vector: np.ndarray
    products: int
    sweeps: int
    history: np.ndarray
    charge_balance: float
    spin_balance: float
    single: int = 0
    rounds: int = 0


class DeviceModel(Protocol):
    """A discrete equation of a device: `steady.Transport` or `diffusion_model.DiffusionModel`.

    Attributes
    ----------
    grid : Grid
    contacts : int
        Number of contacts.
    """

    grid: Grid
    contacts: int

    def solve(
        self,
        reservoirs=None,
        field=(0, 0, 0),
        start=None,
        rtol=1e-8,
        max_products=300,
        progress=None,
        watch=None,
        known=None,
    ) -> Solution:
        """Response to reservoir potentials (contacts, 4) and a uniform field; see `Transport.solve`."""

    def sent(self, reservoirs) -> np.ndarray:
        """Flux that reservoirs at potentials (contacts, 4) send in through every contact, (contacts, 4)."""

    def uniform(self) -> np.ndarray:
        """Vector of unknowns at a unit charge potential, in the device and in all reservoirs: a steady state."""

    def currents(self, phi) -> np.ndarray:
        """⟨W n⟩ at every corner, (cells, corners, 3 flow, 4), from moments as `Solution.phi`."""

    def with_contacts(self, walls, contacts) -> "DeviceModel":
        """The same device with other laws of its contacts."""


def imbalance(model, phi, flux, created, sent, stored=0.0):
    """Worst violation of conservation of charge and of spin, at a corner, in a slab of the device or in the whole.

    It is relative to the largest current through a contact, to 1e-7 of the flux that the reservoirs send in, or to
    the rate at which a time step stores, whichever is largest. Where all three vanish, as in a device that only a
    field drives, it is relative to the largest current density times the largest cross section.

    Parameters
    ----------
    model : DeviceModel
    phi : callable
        Gives the moments, as in `Solution`, where they are needed.
    flux : numpy.ndarray, shape (contacts, 4)
        As in `Solution`, in any spin frame.
    created : numpy.ndarray, shape (cells, corners, 4)
        Charge and spin that the residual creates at every corner.
    sent : float
        Flux that all reservoirs send in.
    stored : float
        Rate at which a step in time stores charge or spin.

    Returns
    -------
    charge, spin : float
    """
    scale = max(np.abs(flux).max(initial=0.0), SENT * sent, stored)
    if scale == 0:
        areas = [model.grid.cross_section(a) for a in range(len(model.grid.cells))]
        scale = max(np.abs(model.currents(phi())).max() * max(areas), 1e-300)
    created = created.reshape(len(model.grid.metal), -1, 4)
    slabs = [model.grid.slab_sums(axis, created) for axis in range(len(model.grid.cells))]
    parts = np.abs(np.concatenate([created.reshape(-1, 4), *slabs, created.sum((0, 1))[None]]))
    worst = parts.max(0) / scale
    return worst[0], worst[1:].max()
