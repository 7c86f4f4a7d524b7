"""Periodic axes: the outflow at one end of the device is the inflow at the other."""

import numpy as np


class PeriodicFaces:
    """Both ends of a periodic axis; the boundary unknown is ψ_in of every block.

    Parameters
    ----------
    grid : Grid
    octants : Octants
    degree : int
    axis : int
        Number of the gridded axis.

    Attributes
    ----------
    cells, corners : list of numpy.ndarray of int
        Cells and corners at the lower and at the upper end.
    down : numpy.ndarray of bool, shape (blocks,)
        Which blocks run down the axis, and so enter at the upper end.
    Y, flux_Y : numpy.ndarray, shape (blocks, ordinates, moments)
        Harmonics, and w |p̂·N| Y.
    portion, area, shape, order, unknowns
        As for a `Face`; no line ends on a contact.
    corner_portion, places
        Empty: nothing enters or leaves the device.
    """

    def __init__(self, grid, octants, degree, axis):
        self.axis = axis
        self.area = grid.face_area(axis)
        self.cells = [grid.face_cells(axis, upper) for upper in (False, True)]
        self.corners = [grid.face_corners(axis, upper) for upper in (False, True)]
        self.shape = (len(self.cells[0]), len(self.corners[0]))
        self.portion = np.zeros(self.shape[0], int)
        self.corner_portion = np.zeros(0, int)
        self.places = np.zeros(0, int), np.zeros(0, int)
        self.down = octants.down[:, axis]
        self.Y = octants.moments(degree)
        self.flux_Y = self.Y * (octants.weights * octants.cosines[:, axis])[..., None]
        self.order = octants.face_order(axis)
        self.unknowns = (octants.blocks, *self.shape, 4 * octants.width)

    def moments_in(self, unknown, upper):
        """Σ_in w Y |p̂·N| ψ_in of the ordinates that enter at the lower or the upper face."""
        blocks = np.flatnonzero(self.down == upper)
        psi = np.array([unknown[block][:, self.order[block]] for block in blocks])
        psi = psi.reshape(*psi.shape[:3], -1, 4)
        return np.einsum("bni,blcnu->lciu", self.flux_Y[self.down == upper], psi, optimize=True)

    def pass_moments(self, moments, upper):
        """ψ_in at the lower or upper face of a distribution with given moments at the opposite face."""
        blocks = np.flatnonzero(self.down == upper)
        psi = np.einsum("bni,lciu->blcnu", self.Y[blocks], moments, optimize=True)
        psi = psi.reshape(*psi.shape[:3], -1)
        return np.array([values[:, self.order[block]] for block, values in zip(blocks, psi, strict=True)])

    def drive(self, reservoirs):
        """Nothing is injected."""
        return np.zeros(self.unknowns)

    def side_jump(self, phi, q):
        """The side jump through periodic faces is part of the collision source."""

    def enter(self, unknown, jump, faces):
        """Write ψ_in into the face values."""
        faces[self.axis][:] = unknown

    def leave(self, faces, jump):
        """ψ that leaves at the opposite end."""
        return faces[self.axis]

    def reflect(self, leaving):
        """The outflow at one end, which is the inflow at the other."""
        return leaving

    def net_flux(self, unknown, leaving):
        """Nothing is gained or lost: there are no boundary corners."""
        return np.zeros((0, 4))

    def incoming(self, unknown):
        """Pieces (cells, corners, area × half-range moments) of a boundary unknown: lower and upper end."""
        return [
            (self.cells[k], self.corners[k], self.area * self.moments_in(unknown, bool(k)).reshape(*self.shape, -1))
            for k in range(2)
        ]

    def mode_fluxes(self, B):
        """None: nothing is reflected."""

    def respond(self, unknown, moments):
        """Add ψ_in of a distribution with moments(cells, corners) at the opposite ends."""
        for upper in (False, True):
            outgoing = moments(self.cells[not upper], self.corners[not upper])
            unknown[self.down == upper] += self.pass_moments(outgoing, upper)

    def equilibrium(self, potential):
        """Boundary unknown of a uniform charge potential."""
        unknown = np.zeros(self.unknowns)
        unknown.reshape(*unknown.shape[:3], -1, 4)[..., 0] = potential
        return unknown
