"""Interfaces between cells of metal: part of what arrives passes, part returns.

What leaves the lines on one side, A, of an interface enters those on the other side, B, with T = τ·τ† and returns to A
with r·r† (`boltzsim.transport.law`). Either part keeps its direction with probability p, mirrored if it returns, and is
spread over |p̂·N| otherwise,

    f_in,A = r·r† [p f_out,A(p̂ mirrored) + (1-p) |p̂·N| Σ_out w f_out,A / Σ_in w |p̂·N|]
           + T [p f_out,B(p̂) + (1-p) |p̂·N| Σ_out w f_out,B / Σ_in w |p̂·N|],

and the same with A and B exchanged. Each side has its own Φ = X n in f. The sweep carries p T f_out,B on; all else
is the boundary unknown. Where the sweep cannot, at the ends of a periodic axis, that part is in the unknown too. Along
the axis of the sweep's far end (`boltzsim.transport.sweep`) the outflow of one side is known halfway: what returns
there is no unknown, and the amplitude of what is spread from the other side is all that is left.
"""

import numpy as np

from boltzsim.transport.sweep import Crossing
from boltzsim.transport.symmetry import NOTHING, RETURNED, Piece


class Interface:
    """Faces between pairs of cells of the same two materials, with the same normal and law.

    Parameters
    ----------
    below, above : Side
        The lines that end at the interface and those that begin there, pair by pair.
    law : InterfaceLaw
    seam : bool
        Whether the interface lies where a periodic axis closes.
    order : Order, optional
        Of the sweep; by default no outflow is known before its end.

    Attributes
    ----------
    axis, portion, corner_portion, places, sides, unknowns, awaited
        As for a `BoundaryPart`; no contact lies here. The unknown is that of the side below followed by the other.
    """

    def __init__(self, below, above, law, seam, order=None):
        self.sides, self.axis, self.law, self.seam = [below, above], below.axis, law, seam
        end = None if order is None or seam else order.far_end
        self._far = int(not end[1]) if end is not None and end[0] == below.axis else None
        self.awaited = () if self._far is None else (order.away,)
        self._shapes = [(*side.shape, 4) if k == self._far else side.unknowns for k, side in enumerate(self.sides)]
        count = [int(np.prod(shape)) for shape in self._shapes]
        self.unknowns, self._split_at = (sum(count),), count[0]
        self.portion = np.zeros(len(below.lines), int)
        self.corner_portion = np.zeros(2 * below.shape[0] * below.shape[1], int)
        self.places = tuple(
            np.concatenate(parts)
            for parts in (
                [np.repeat(side.cells, side.shape[1]) for side in self.sides],
                [np.tile(side.corners, side.shape[0]) for side in self.sides],
            )
        )

    def pieces(self):
        """Both sides with their laws."""
        lines, none = (len(self.portion), 4, 4), np.zeros(0, int)
        found = [RETURNED if k == self._far else NOTHING for k in range(2)]
        laws = [
            [np.broadcast_to(law[k], lines) for law in (self.law.reflection, self.law.transmission)] for k in range(2)
        ]
        return [Piece(self.sides[k], found[k], none, *laws[k], self.portion) for k in range(2)]

    def crossings(self):
        """What the sweep carries through: a `Crossing` into either side."""
        if self.seam or not self.sides[0].specularity:
            return []
        return [
            Crossing(own.axis, own.upper, own.cells, other.cells, own.specularity * transmission)
            for own, other, transmission in self._pairs()
        ]

    def _pairs(self):
        """Each side, the one opposite, and the matrix with which flux from there enters."""
        return zip(self.sides, self.sides[::-1], self.law.transmission, strict=True)

    def _split(self, unknown):
        """The unknowns of both sides, views."""
        parts = unknown[: self._split_at], unknown[self._split_at :]
        return [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]

    def inflow(self, unknown, drive=None):
        """Inflow into both sides that an unknown stands for."""
        pairs = zip(self.sides, self._split(unknown), strict=True)
        return [side.spread(values) if k == self._far else values for k, (side, values) in enumerate(pairs)]

    def drive(self, reservoirs):
        """Nothing is injected."""
        return np.zeros(self.unknowns)

    def equilibrium(self, potential):
        """Boundary unknown of a uniform charge potential."""
        level = potential * np.eye(1, 4)[0]
        return self.reflect([side.uniform(level) for side in self.sides])

    def side_jump(self, phi, q):
        """Moments of Φ on both sides, or None; all of it passes."""
        jumps = [side.side_jump(phi) for side in self.sides]
        return None if jumps[0] is None else jumps

    def enter(self, inflow, jump, faces):
        """Write ψ_in into the face values of both sides, but for what the sweep will add to it."""
        for k in range(2):
            if k != self._far:
                self._enter(k, inflow[k], jump, faces)

    def before(self, phase, inflow, jump, faces):
        """The same for the side whose outflow is known now, with what returns of it."""
        k = self._far
        leaving = self.sides[k].leave(faces, None if jump is None else jump[k])
        inflow[k] = inflow[k] + self.sides[k].reflect(leaving, self.law.reflection[k])
        self._enter(k, inflow[k], jump, faces)
        return inflow, None

    def _enter(self, k, inflow, jump, faces):
        stopped, own = None if jump is None else jump[k], self.sides[k]
        if stopped is not None and own.specularity and not self.seam:
            stopped = stopped + own.specularity * jump[1 - k] @ self.law.transmission[k].T
        own.enter(inflow, stopped, faces)

    def leave(self, faces, jump):
        """Outgoing fluxes of both sides."""
        return [side.leave(faces, None if jump is None else jump[k]) for k, side in enumerate(self.sides)]

    def reflect(self, leaving):
        """Boundary unknown for the outgoing fluxes."""
        entering = [
            self._spread(k, leaving) if k == self._far else self._entering(k, leaving, self.seam) for k in range(2)
        ]
        return np.concatenate([values.reshape(-1) for values in entering])

    def _spread(self, k, leaving):
        """Amplitude of what is spread into side k from the other."""
        return self.sides[1 - k].diffuse(leaving[1 - k]) @ self.law.transmission[k].T

    def _entering(self, k, leaving, whole):
        """What enters side k for outgoing fluxes; without `whole` less the part that the sweep carries through."""
        own = self.sides[k]
        entering = own.reflect(leaving[k], self.law.reflection[k]) + own.spread(self._spread(k, leaving))
        if whole and own.specularity:
            straight = leaving[1 - k][:, :, : len(own.cosine)]
            entering += own.specularity * straight @ self.law.transmission[k].T
        return entering

    def net_flux(self, inflow, leaving):
        """Net ∫⟨W n⟩·dA into the device at every corner of both sides, (boundary corners, 4)."""
        net = []
        for k, (own, other, transmission) in enumerate(self._pairs()):
            flux = own.moments_in(inflow[k])[:, :, 0] - own.total_out(leaving[k])
            if own.specularity and not self.seam:
                straight = other.total_out(leaving[1 - k]) - other.tangential @ leaving[1 - k]
                flux = flux + own.specularity * straight @ transmission.T
            net.append((own.area[:, None, None] * flux).reshape(-1, 4))
        return np.concatenate(net)

    def incoming(self, unknown):
        """Pieces (cells, corners, area × half-range moments) that a boundary unknown sends into both sides."""
        return [side.incoming(values) for side, values in zip(self.sides, self.inflow(unknown), strict=True)]

    def mode_fluxes(self, B):
        """Half-range fluxes of modes on either side, and those that the law sends back and through, side by side."""
        m, out, back = len(B), np.zeros((2 * len(B),) * 2), np.zeros((2 * len(B),) * 2)
        for k, own in enumerate(self.sides):
            moments = B.reshape(m, 1, 1, -1, 4)
            nothing = self.sides[1 - k].outflow(0 * moments[0])
            out[k * m : (k + 1) * m, k * m : (k + 1) * m] = B @ own.moments_out(moments).reshape(m, -1).T
            for j, flux in enumerate(own.outflow(moments)):
                leaving = [flux, nothing][:: 1 if k == 0 else -1]
                for i, side in enumerate(self.sides):
                    entering = side.moments_in(self._entering(i, leaving, True))
                    back[i * m : (i + 1) * m, k * m + j] = B @ entering.reshape(-1)
        return out, back[None]

    def respond(self, unknown, moments):
        """Add the boundary unknown that a distribution causes."""
        unknown += self.reflect([side.outflow(own) for side, own in zip(self.sides, moments, strict=True)])
