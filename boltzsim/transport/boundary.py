"""Surfaces of the metal that obey a boundary law: walls, contacts and symmetry planes."""

import numpy as np

from boltzsim.material.harmonics import parities
from boltzsim.transport.symmetry import ALL, NOTHING, SOME, Piece


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
    order : Order, optional
        Of the sweep; by default no outflow is known before its end.

    Attributes
    ----------
    laws : numpy.ndarray, shape (1 + contacts, 1, 4, 4)
        r·r† of the wall and of every contact.
    axis, portion, corner_portion, places, sides, unknowns, awaited
        As for a `BoundaryPart`.
    reflection, transmission : numpy.ndarray, shape (lines, 1, 4, 4)
        r·r† and τ·τ† on each line.
    mirror : bool
        Whether the face is a symmetry plane; `parity` is then the sign of every harmonic in the mirror.
    far : bool
        Whether this is the far end of the sweep, where all of the inflow is known when the first directions enter.
    open : numpy.ndarray of int
        Incoming ordinates, unless at the far end, that come before their mirror images, so that what the face mirrors
        into them is unknown. Of the others only the amplitude of what is spread is, the last entry of the unknown.
    """

    def __init__(self, side, normal, wall, contacts, order=None):
        self.side, self.sides, self.axis = side, [side], side.axis
        self.far = order is not None and order.far_end == (side.axis, side.upper)
        self.awaited = {order.away: None} if self.far else side.images(order)
        known = np.concatenate([np.zeros(0, int), *[one.slots for one in self.awaited.values() if one is not None]])
        self.open = np.setdiff1d(np.arange(len(side.cosine)), known)
        self.unknowns = (0,) if self.far else side.unknowns
        if not self.far and self.awaited:
            self.unknowns = (*side.shape, len(self.open) + 1, 4)
        laws = [wall.law, *contacts]
        self.portion = portion = np.zeros(len(side.lines), int) if wall.portion is None else wall.portion
        self.laws = np.array([law.reflection for law in laws])[:, None]
        self.reflection = self.laws[portion]
        self.transmission = np.array([law.transmission for law in laws])[portion][:, None]
        self.corner_portion = np.repeat(portion, side.shape[1])
        self.places = np.repeat(side.cells, side.shape[1]), np.tile(side.corners, side.shape[0])
        self.mirror = wall.symmetry
        if self.mirror:
            self.parity = parities(np.where(np.arange(3) == normal, -1, 1), int(np.sqrt(side.Y.shape[1])) - 1)

    def pieces(self):
        """The side with its laws."""
        found = ALL if self.far else SOME if self.awaited else NOTHING
        return [Piece(self.side, found, self.open, self.reflection[:, 0], self.transmission[:, 0], self.portion)]

    def drive(self, reservoirs):
        """Inflow that reservoirs with potentials (laws, 4) inject."""
        amplitude = np.einsum("lcuv,lv->lcu", self.transmission, reservoirs[self.portion])
        return self.side.spread(np.broadcast_to(amplitude, (*self.side.shape, 4)))

    def equilibrium(self, potential):
        """Boundary unknown of a uniform charge potential."""
        return self.reflect(self.side.uniform(potential * np.eye(1, 4)[0]))

    def side_jump(self, phi, q):
        """Moments of Φ that pass. A symmetry plane stops half the sum of Φ and its image, which is taken from q."""
        jump = self.side.side_jump(phi)
        if jump is None or not self.mirror:
            return jump
        stopped = (jump + self.parity[:, None] * (jump @ self.laws[0, 0].T)) / 2
        q[self.side.cells[:, None], self.side.corners] -= stopped / self.side.depth[:, None, None, None]
        return jump - stopped

    def inflow(self, unknown, drive=0.0):
        """Inflow f_in that an unknown and the reservoirs stand for, but for what the sweep finds."""
        if self.far:
            return drive
        if self.awaited:
            unknown, amplitude = unknown[:, :, :-1], unknown[:, :, -1]
            whole = self.side.spread(amplitude)
            whole[:, :, self.open] = unknown
            unknown = whole
        return unknown + drive

    def enter(self, inflow, jump, faces):
        """Write ψ_in into the face values."""
        self.side.enter(inflow, jump, faces)

    def before(self, phase, inflow, jump, faces):
        """Add to the inflow what the law returns for the outflow of earlier phases, and write it into the face values.

        Returns the inflow, and all of the outflow at the far end.
        """
        if not self.far:
            return self.side.enter_image(self.awaited[phase], inflow, jump, faces, self.reflection), None
        leaving = self.leave(faces, jump)
        inflow = inflow + self.reflect(leaving)
        self.enter(inflow, jump, faces)
        return inflow, leaving

    def leave(self, faces, jump):
        """Outgoing flux f_out at every corner, as the side has it."""
        return self.side.leave(faces, jump)

    def reflect(self, flux):
        """Boundary unknown that the law returns for an outgoing flux; at the far end the inflow."""
        if self.far or not self.awaited:
            return self.side.reflect(flux, self.reflection, not self.mirror)
        spread = self.side.returned(flux, self.reflection, not self.mirror)[:, :, None]
        mirrored = self.side.mirrored_flux(flux, self.reflection, self.open)
        return np.concatenate([mirrored + self.side.cosine[self.open, None] * spread, spread], 2)

    def returned(self, flux):
        """All that the law returns for an outgoing flux, the amplitude of what is spread last if it has directions."""
        law = flux, self.reflection, not self.mirror
        inflow = self.side.reflect(*law)
        return inflow if inflow.ndim == 3 else np.concatenate([inflow, self.side.returned(*law)[:, :, None]], 2)

    def net_flux(self, inflow, leaving):
        """Net ∫⟨W n⟩·dA into the device at every boundary corner, (lines × corners, 4)."""
        net = self.side.moments_in(inflow)[:, :, 0] - self.side.total_out(leaving)
        return (self.side.area[:, None, None] * net).reshape(-1, 4)

    def incoming(self, unknown):
        """One piece (cells, corners, area × half-range moments) of a boundary unknown; none of an empty one."""
        return [self.side.incoming(self.inflow(unknown))] if unknown.size else []

    def mode_fluxes(self, B):
        """Half-range fluxes of modes (modes, 4 moments), and the fluxes that every law returns for them."""
        moments = B.reshape(len(B), 1, 1, -1, 4)
        flux = self.side.outflow(moments)
        out = self.side.moments_out(moments).reshape(len(B), -1) @ B.T
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
        """Add the boundary unknown that the law returns for a distribution."""
        if not self.far:
            unknown += self.reflect(self.side.outflow(moments[0]))
