"""The boundary of a device: a list of parts with one interface, faces that obey a law and periodic axes."""

from typing import Protocol

import numpy as np

from boltzsim.transport.boundary import Face
from boltzsim.transport.law import Wall, reciprocal_flux
from boltzsim.transport.periodic import PeriodicFaces


class BoundaryPart(Protocol):
    """One part of the boundary: a face, or both ends of a periodic axis.

    Attributes
    ----------
    portion : numpy.ndarray of int, shape (lines,)
        0 where no contact is, 1 + k at contact number k, for each line of cells that ends on the part.
    corner_portion : numpy.ndarray of int, shape (boundary corners,)
        The same for each corner at which particles enter or leave the device; empty on a periodic axis.
    places : tuple of two numpy.ndarray of int, shape (boundary corners,)
        Cell and corner of each of these.
    area : float
        Area of one corner's part of the face.
    unknowns : tuple of int
        Shape of the boundary unknown.
    """

    portion: np.ndarray
    corner_portion: np.ndarray
    places: tuple[np.ndarray, np.ndarray]
    area: float
    unknowns: tuple[int, ...]

    def drive(self, reservoirs):
        """Boundary unknown that reservoirs with potentials (laws, 4) inject; law 0 is that of the wall."""

    def equilibrium(self, potential):
        """Boundary unknown of a uniform charge potential."""

    def side_jump(self, phi, q):
        """Moments of Φ that pass, (lines, corners, moments, 4), or None; those that are stopped are taken from q."""

    def enter(self, unknown, jump, faces):
        """Write the inflow ψ_in of a boundary unknown into the face values of the sweep."""

    def leave(self, faces, jump):
        """Outflow that the sweep has left in the face values, in the form that `reflect` and `net_flux` take."""

    def reflect(self, leaving):
        """Boundary unknown that the law returns for the outflow."""

    def net_flux(self, unknown, leaving):
        """Net ∫⟨W n⟩·dA into the device at every boundary corner, (boundary corners, 4)."""

    def incoming(self, unknown):
        """Pieces (cells, corners, area × half-range moments) that a boundary unknown sends into the device."""

    def mode_fluxes(self, B):
        """Half-range fluxes of even modes, outgoing and returned, or None where nothing is reflected."""

    def respond(self, unknown, moments):
        """Add to a boundary unknown the inflow that a distribution with moments(cells, corners) causes."""


def boundary_parts(grid, octants, materials, walls, contacts):
    """The boundary, axis by axis.

    Parameters
    ----------
    grid : Grid
    octants : Octants
    materials : sequence of Operators
    walls : dict of (int, bool) to Wall
        By gridded axis number and end (upper); missing faces are diffuse walls. Periodic axes have none.
    contacts : sequence of BoundaryLaw

    Returns
    -------
    list of BoundaryPart
    """
    parts, degree = [], materials[0].degree
    for axis, drift_axis in enumerate(grid.axes):
        if grid.periodic[axis]:
            parts.append(PeriodicFaces(grid, octants, degree, axis))
            continue
        whole = np.array([m.drift[drift_axis] for m in materials])
        for upper in (False, True):
            wall = walls.get((axis, upper), Wall())
            drift = whole if wall.symmetry else reciprocal_flux(whole)
            parts.append(Face(grid, octants, degree, axis, upper, wall, drift, contacts))
    return parts
