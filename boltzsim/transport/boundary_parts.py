"""The boundary of a device: parts that work alike, faces of the metal that obey a law, interfaces and periodic axes."""

from collections.abc import Collection
from typing import Protocol

import numpy as np

from boltzsim.transport.boundary import Face
from boltzsim.transport.interface import Interface
from boltzsim.transport.law import reciprocal_flux
from boltzsim.transport.order import wall_at
from boltzsim.transport.periodic import PeriodicFaces
from boltzsim.transport.side import DiffuseSide, Side


class BoundaryPart(Protocol):
    """One part of the boundary: a face, an interface, or both ends of a periodic axis.

    Attributes
    ----------
    axis : int
        Number of the gridded axis along the normal.
    portion : numpy.ndarray of int, shape (lines,)
        0 where no contact is, 1 + k at contact number k, for each line of cells that ends on the part.
    corner_portion : numpy.ndarray of int, shape (boundary corners,)
        The same for each corner at which particles enter or leave the device; empty on a periodic axis.
    places : tuple of two numpy.ndarray of int, shape (boundary corners,)
        Cell and corner of each of these.
    sides : list
        One side, or two that belong together line by line: cells and corners on the face, and its area per corner.
    awaited : collection of int
        Phases of the sweep before which it returns what the directions of earlier phases have brought.
    unknowns : tuple of int
        Shape of the boundary unknown: the inflow but for what reservoirs inject and what the sweep finds by itself.
    """

    axis: int
    portion: np.ndarray
    corner_portion: np.ndarray
    places: tuple[np.ndarray, np.ndarray]
    sides: list
    awaited: Collection[int]
    unknowns: tuple[int, ...]

    def pieces(self):
        """What a mirror or a turn carries elsewhere, a list of `Piece`, or None if it cannot be carried."""

    def crossings(self):
        """What the sweep itself carries through the part, a list of `Crossing`."""

    def drive(self, reservoirs):
        """Inflow that reservoirs with potentials (laws, 4) inject; law 0 is that of the wall."""

    def equilibrium(self, potential):
        """Boundary unknown of a uniform charge potential."""

    def side_jump(self, phi, q):
        """Moments of Φ that pass, (lines, corners, moments, 4), or None; those that are stopped are taken from q."""

    def inflow(self, unknown, drive):
        """Inflow that an unknown and reservoirs stand for, in the form that `enter` and `net_flux` take."""

    def enter(self, inflow, jump, faces):
        """Write ψ_in into the face values of the sweep."""

    def before(self, phase, inflow, jump, faces):
        """Add to the inflow what earlier phases of a sweep give, and write it into the face values.

        Returns the inflow, and the outflow if all of it is known already, else None.
        """

    def leave(self, faces, jump):
        """Outflow that the sweep has left in the face values, in the form that `reflect` and `net_flux` take."""

    def reflect(self, leaving):
        """Boundary unknown that the law returns for the outflow."""

    def net_flux(self, inflow, leaving):
        """Net ∫⟨W n⟩·dA into the device at every boundary corner, (boundary corners, 4)."""

    def incoming(self, unknown):
        """Pieces (cells, corners, area × half-range moments) that a boundary unknown sends into the device."""

    def mode_fluxes(self, B):
        """Half-range fluxes of modes on all sides, and those that every law returns for them.

        Parameters
        ----------
        B : numpy.ndarray, shape (modes, 4 moments)

        Returns
        -------
        out : numpy.ndarray, shape (sides × modes,) × 2
            Σ_out w |p̂·N| r_i·r_j.
        back : numpy.ndarray, shape (laws, sides × modes, sides × modes)
            Σ_in w r_i·f_in for the outgoing distribution r_j. Both are None where nothing is reflected.
        """

    def respond(self, unknown, moments):
        """Add to a boundary unknown the inflow that a distribution causes.

        `moments`, (lines, corners, moments, 4) for every side, are those on the face.
        """


def boundary_parts(grid, octants, materials, walls, contacts, interfaces=(), conductance=None, order=None):
    """The boundary, axis by axis.

    Parameters
    ----------
    grid : Grid
    octants : Octants
    materials : sequence of Operators
    walls : dict of (int, bool) or (int, bool, bool) to Wall
        By gridded axis number, side (upper), and whether the metal ends inside the box (False where it is left out);
        missing faces are diffuse walls. Periodic axes have none at the ends of the box.
    contacts : sequence of BoundaryLaw
    interfaces : sequence of InterfaceLaw
        By the numbers in `Grid.interface`.
    conductance : numpy.ndarray, shape (materials,), optional
        N_F v_F of every material relative to one of them; by default all are equal.
    order : Order, optional
        Of the sweep; by default all directions are taken at once.

    Returns
    -------
    list of BoundaryPart
    """
    parts, degree = [], materials[0].degree
    conductance = np.ones(len(materials)) if conductance is None else conductance
    for axis, normal in enumerate(grid.axes):
        whole = np.array([m.drift[normal] for m in materials])
        reduced = reciprocal_flux(whole)

        def side(upper, lines, specularity, drift, axis=axis):
            where = grid, octants, degree, axis, upper, lines
            if specularity == 0:
                return DiffuseSide(*where, drift, conductance)
            return Side(*where, specularity, drift, conductance)

        if len(grid.seams(axis)[0]):
            parts.append(PeriodicFaces(grid, octants, degree, axis, conductance))
        for upper in (False, True):
            for inner in (False, True):
                lines = grid.exposed(axis, upper, inner)
                if len(lines):
                    wall = wall_at(walls, axis, upper, inner)
                    drift = whole if wall.symmetry else reduced
                    ends = side(upper, lines, wall.specularity, drift)
                    parts.append(Face(ends, normal, wall, contacts, order))
        for number, (below, above), seam in grid.interfaces(axis):
            law = interfaces[number]
            sides = (side(up, lines, law.specularity, reduced) for up, lines in ((True, below), (False, above)))
            parts.append(Interface(*sides, law, seam, order))
    return parts
