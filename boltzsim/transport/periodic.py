"""Periodic axes: the outflow at one end of the device is the inflow at the other."""

import numpy as np


class PeriodicFaces:
    """Both ends of a periodic axis, where metal meets metal; the boundary unknown is ψ_in of every block.

    Parameters
    ----------
    grid : Grid
    octants : Octants
    degree : int
    axis : int
        Number of the gridded axis.
    conductance : numpy.ndarray, shape (materials,)
        As for a `Side`.

    Attributes
    ----------
    sides : list of End
        The lower and the upper end.
    lines : tuple of numpy.ndarray of int
        Lines at the lower and at the upper end, in pairs.
    down : numpy.ndarray of bool, shape (blocks,)
        Which blocks run down the axis, and so enter at the upper end.
    Y, flux_Y : numpy.ndarray, shape (blocks, ordinates, moments)
        Harmonics, and w |p̂·N| Y.
    portion, corner_portion, places, unknowns, awaited
        As for a `BoundaryPart`; nothing enters or leaves the device here.
    """

    def __init__(self, grid, octants, degree, axis, conductance):
        self.axis = axis
        self.lines = grid.seams(axis)[::-1]
        self.sides = [
            grid.end(axis, upper, lines, conductance) for upper, lines in zip((False, True), self.lines, strict=True)
        ]
        self.shape = (len(self.sides[0].cells), len(self.sides[0].corners))
        self.portion = np.zeros(self.shape[0], int)
        self.corner_portion = np.zeros(0, int)
        self.places = np.zeros(0, int), np.zeros(0, int)
        self.down = octants.down[:, axis]
        self.Y = octants.moments(degree)
        self.flux_Y = self.Y * (octants.weights * octants.cosines[:, axis])[..., None]
        self.order = octants.face_order(axis)
        self._entering = [np.flatnonzero(self.down == upper) for upper in (False, True)]
        self.awaited, self.unknowns = (), (octants.blocks, *self.shape, 4 * octants.width)

    def pieces(self):
        """None: this part has no laws, line by line."""

    def moments_in(self, unknown, upper):
        """Σ_in w Y |p̂·N| ψ_in of the ordinates that enter at the lower or the upper end."""
        blocks = self._entering[int(upper)]
        psi = np.array([unknown[block][:, self.order[block]] for block in blocks])
        psi = np.moveaxis(psi.reshape(*psi.shape[:3], -1, 4), 0, 2).reshape(*self.shape, -1, 4)
        return self.flux_Y[blocks].reshape(psi.shape[2], -1).T @ psi

    def pass_moments(self, moments, upper):
        """ψ_in at the lower or upper end of a distribution with given moments at the opposite end."""
        blocks = self._entering[int(upper)]
        Y = self.Y[blocks]
        psi = (Y.reshape(-1, Y.shape[2]) @ moments).reshape(*self.shape, len(blocks), -1)
        return np.array([psi[:, self.order[block], k] for k, block in enumerate(blocks)])

    def drive(self, reservoirs):
        """Nothing is injected."""
        return np.zeros(self.unknowns)

    def side_jump(self, phi, q):
        """The side jump through periodic faces is part of the collision source."""

    def inflow(self, unknown, drive):
        """ψ_in, which is the unknown."""
        return unknown

    def enter(self, inflow, jump, faces):
        """Write ψ_in into the face values."""
        for block, down in enumerate(self.down):
            faces[self.axis][block, self.lines[int(down)]] = inflow[block]

    def leave(self, faces, jump):
        """ψ that leaves at the opposite end."""
        return np.array([faces[self.axis][block, self.lines[int(not down)]] for block, down in enumerate(self.down)])

    def reflect(self, leaving):
        """The outflow at one end, which is the inflow at the other."""
        return leaving

    def net_flux(self, inflow, leaving):
        """Nothing is gained or lost: there are no boundary corners."""
        return np.zeros((0, 4))

    def incoming(self, unknown):
        """Pieces (cells, corners, area × half-range moments) of a boundary unknown: lower and upper end."""
        return [
            (end.cells, end.corners, end.area[:, None, None] * self.moments_in(unknown, upper).reshape(*self.shape, -1))
            for upper, end in zip((False, True), self.sides, strict=True)
        ]

    def mode_fluxes(self, B):
        """None: nothing is reflected."""

    def respond(self, unknown, moments):
        """Add ψ_in of a distribution at the opposite ends."""
        for upper in (False, True):
            unknown[self._entering[int(upper)]] += self.pass_moments(moments[int(not upper)], upper)

    def crossings(self):
        """Nothing passes without being an unknown."""
        return []

    def equilibrium(self, potential):
        """Boundary unknown of a uniform charge potential."""
        unknown = np.zeros(self.unknowns)
        unknown.reshape(*unknown.shape[:3], -1, 4)[..., 0] = potential
        return unknown
