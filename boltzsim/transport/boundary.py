"""Surfaces of the metal that obey a boundary law: walls, contacts and symmetry planes."""

import numpy as np

from boltzsim.material.harmonics import harmonics as real_harmonics


class Face:
    """Parts of the surface of the metal with one normal and one kind of wall, and the contacts on them.

    Parameters
    ----------
    side : Side
        The lines that end there.
    normal : int
        0, 1 or 2: the axis along the normal.
    wall : Wall
    contacts : sequence of BoundaryLaw
    far : bool
        Whether this is the far end of the sweep, where the inflow is no unknown.

    Attributes
    ----------
    laws : numpy.ndarray, shape (1 + contacts, 1, 4, 4)
        r·r† of the wall and of every contact.
    portion, corner_portion, places, sides, unknowns, far
        As for a `BoundaryPart`.
    reflection, transmission : numpy.ndarray, shape (lines, 1, 4, 4)
        r·r† and τ·τ† on each line.
    mirror : bool
        Whether the face is a symmetry plane; `parity` is then the sign of every harmonic in the mirror.
    """

    def __init__(self, side, normal, wall, contacts, far=False):
        self.side, self.sides, self.far = side, [side], far
        self.unknowns = (0,) if far else side.unknowns
        laws = [wall.law, *contacts]
        self.portion = portion = np.zeros(len(side.lines), int) if wall.portion is None else wall.portion
        self.laws = np.array([law.reflection for law in laws])[:, None]
        self.reflection = self.laws[portion]
        self.transmission = np.array([law.transmission for law in laws])[portion][:, None]
        self.corner_portion = np.repeat(portion, side.shape[1])
        self.places = np.repeat(side.cells, side.shape[1]), np.tile(side.corners, side.shape[0])
        self.mirror = wall.symmetry
        if self.mirror:
            generic, flip = np.array([[0.3, 0.5, np.sqrt(0.66)]]), np.where(np.arange(3) == normal, -1, 1)
            degree = int(np.sqrt(side.Y.shape[1])) - 1
            self.parity = np.sign(real_harmonics(generic * flip, degree) * real_harmonics(generic, degree))[0]

    def drive(self, reservoirs):
        """Inflow that reservoirs with potentials (laws, 4) inject."""
        amplitude = np.einsum("lcuv,lv->lcu", self.transmission, reservoirs[self.portion])
        return self.side.spread(np.broadcast_to(amplitude, (*self.side.shape, 4)))

    def equilibrium(self, potential):
        """Inflow of a uniform charge potential."""
        return self.side.spread(np.broadcast_to(potential * np.eye(1, 4)[0], (*self.side.shape, 4)))

    def side_jump(self, phi, q):
        """Moments of Φ that pass. A symmetry plane stops half the sum of Φ and its image, which is taken from q."""
        jump = self.side.side_jump(phi)
        if jump is None or not self.mirror:
            return jump
        stopped = (jump + self.parity[:, None] * (jump @ self.laws[0, 0].T)) / 2
        q[self.side.cells[:, None], self.side.corners] -= stopped / self.side.depth[:, None, None, None]
        return jump - stopped

    def enter(self, inflow, jump, faces):
        """Write ψ_in into the face values."""
        self.side.enter(inflow, jump, faces)
        return inflow

    def halfway(self, inflow, jump, faces):
        """Add to the inflow what the law returns for the outflow, and write it into the face values."""
        leaving = self.leave(faces, jump)
        return self.enter(inflow + self.reflect(leaving), jump, faces), leaving

    def leave(self, faces, jump):
        """Outgoing flux f_out at every corner, (lines, corners, slots, 4)."""
        return self.side.leave(faces, jump)

    def reflect(self, flux):
        """Inflow that the law returns for an outgoing flux."""
        return self.side.reflect(flux, self.reflection, not self.mirror)

    def net_flux(self, inflow, leaving):
        """Net ∫⟨W n⟩·dA into the device at every boundary corner, (lines × corners, 4)."""
        net = self.side.moments_in(inflow)[:, :, 0] - self.side.total_out(leaving)
        return (self.side.area[:, None, None] * net).reshape(-1, 4)

    def incoming(self, inflow):
        """One piece (cells, corners, area × half-range moments) of an inflow; none of an empty unknown."""
        return [self.side.incoming(inflow)] if inflow.size else []

    def mode_fluxes(self, B):
        """Half-range fluxes of modes (modes, 4 moments), and the fluxes that every law returns for them."""
        flux = self.side.outflow(B.reshape(len(B), 1, 1, -1, 4))
        out = np.array([self.side.moments_out(f).reshape(-1) for f in flux]) @ B.T
        every = [
            self.side.reflect(np.broadcast_to(f, (len(self.laws), *f.shape[1:])), self.laws, not self.mirror)
            for f in flux
        ]
        back = np.array([self.side.moments_in(unknown).reshape(len(self.laws), -1) @ B.T for unknown in every])
        return out.T, np.moveaxis(back, 0, -1)

    def crossings(self):
        """Nothing passes without being an unknown."""
        return []

    def respond(self, unknown, moments):
        """Add the boundary unknown that the law returns for a distribution with moments(cells, corners)."""
        if not self.far:
            unknown += self.reflect(self.side.outflow(moments(self.side.cells, self.side.corners)))
