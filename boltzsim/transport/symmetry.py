"""Mirrors and half turns that carry a device into itself or into another one, and its solutions with it.

An operation s = (±1, ±1, ±1) takes r to s r and p̂ to s p̂, about the middle of the box. Spins, magnetisations and
fields B are axial and take the signs a = det(s) s. If the cells, metals, laws and precession of one device are those of
another at their images, the image of any solution of the first, n'(s r, s p̂) = a n(r, p̂), solves the second, for the
images of its sources. A valve whose contacts lie evenly about its middle, say, has two such contacts for one solution,
and devices in opposite fields often have one solution for both.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import chain, product
from typing import Any, NamedTuple

import numpy as np

from boltzsim.errors import CaseError
from boltzsim.material.harmonics import parities

#: What a sweep finds by itself of the inflow that a law gives: nothing, some mirror images, all, or what returns but
#: not what passes.
NOTHING, SOME, ALL, RETURNED = "nothing", "some", "all", "returned"
_SAME = 1e-12  # relative difference of lengths, laws and operators that are equal but for rounding
_OPERATIONS = [signs for signs in product((1, -1), repeat=3) if -1 in signs]


class Piece(NamedTuple):
    """One side of a part of the boundary, as an operation sees it.

    Attributes
    ----------
    side : Side
    found : str
        How much of the inflow a sweep finds.
    open : numpy.ndarray of int
        Incoming ordinates of which it does not find what is mirrored.
    reflection, transmission : numpy.ndarray, shape (lines, 4, 4)
        Laws of every line in the spin frame of the sweep.
    portion : numpy.ndarray of int, shape (lines,)
        0 where no contact is, 1 + k at contact number k.
    """

    side: Any
    found: str
    open: np.ndarray
    reflection: np.ndarray
    transmission: np.ndarray
    portion: np.ndarray

    @property
    def directional(self):
        """Whether the inflow has a value for every ordinate, not its amplitude alone."""
        return len(self.side.unknowns) == 4 and self.found != RETURNED

    @property
    def columns(self):
        """Rows of four numbers at every corner in the unknown: incoming ordinates, and after all of them the amplitude.

        The amplitude is the only one where the inflow has no directions.
        """
        if self.found == ALL:
            return np.zeros(0, int)
        if not self.directional:
            return np.zeros(1, int)
        return np.append(self.open, len(self.side.cosine)) if self.found == SOME else np.arange(len(self.side.cosine))

    @property
    def extra(self):
        """Rows at every corner of what `Transport.returned` gives."""
        if self.found not in (SOME, ALL):
            return 0
        return len(self.side.cosine) + 1 if self.directional else 1


@dataclass(frozen=True)
class Form:
    """What of an `Equation` its solutions can be moved with; attributes as there.

    It outlives the equation at little cost: the tables of sweep and preconditioner are not in it.
    """

    grid: Any
    octants: Any
    degree: int
    operators: list
    contacts: int
    precession: np.ndarray
    turn: np.ndarray
    boundary: list
    far_end: tuple | None
    shapes: list

    def is_like(self, other):
        """Whether another device has the same cells, moments and directions."""
        return (
            self.grid.is_like(other.grid)
            and self.degree == other.degree
            and np.array_equal(self.octants.index, other.octants.index)
            and np.array_equal(self.octants.ordinates.directions, other.octants.ordinates.directions)
        )

    def fits(self, other):
        """Whether vectors of another device have the layout of this one's, but for the spin frame."""
        return self.is_like(other) and (self.shapes, self.far_end) == (other.shapes, other.far_end)

    @property
    def rows(self):
        """Rows of four numbers in a vector."""
        return sum(int(np.prod(shape)) for shape in self.shapes) // 4

    def reframed(self, vector, other):
        """A vector of another device that fits, in the spin frame of this one."""
        return (vector.reshape(-1, 4) @ (other.turn @ self.turn.T)).reshape(-1)

    @cached_property
    def pieces(self):
        """Pieces of the boundary by axis and side, each with two starts; None where a part has no image.

        They are those of its unknown in a vector and of what `Transport.returned` adds, in rows of four numbers.
        """
        every = [part.pieces() for part in self.boundary]
        if None in every:
            return None
        pieces = list(chain.from_iterable(every))
        counts = np.array([[len(p.columns), p.extra] for p in pieces]).reshape(-1, 2).T
        counts = counts * np.array([np.prod(p.side.shape) for p in pieces], int)
        moments = int(np.prod(self.shapes[0])) // 4
        starts = moments + np.cumsum(counts).reshape(counts.shape) - counts
        found: dict[tuple, list] = {}
        for piece, start, more in zip(pieces, *starts, strict=True):
            found.setdefault((piece.side.axis, piece.side.upper), []).append((piece, int(start), int(more)))
        return found


class Symmetry:
    """An operation that carries one device into another.

    Parameters
    ----------
    signs : tuple of int
        s.
    rows : numpy.ndarray of int, shape (unknowns / 4,)
        Row of four numbers of a vector that every row of its image comes from; -1 where the image is zero.
    spin : numpy.ndarray, shape (4, 4)
        The operation on these four, from one sweep's spin frame to the other's.
    parity : numpy.ndarray, shape (moments,)
        Sign of every harmonic.
    moments : int
        Number of rows that are moments.
    contacts : numpy.ndarray of int, shape (contacts,)
        Image of every contact.
    swept : bool
        Whether an image needs `Transport.returned`: the far end of the sweep is turned around, or mirrors follow an
        order.
    """

    def __init__(self, signs, rows, spin, parity, moments, contacts, swept):
        self.signs, self.rows, self.spin, self.parity = np.array(signs), rows, spin, parity
        self.moments, self.contacts, self.swept = moments, contacts, swept

    def image(self, vector, returned=()):
        """The image of a Krylov vector, and of what laws return beside it."""
        whole = np.concatenate([vector, returned]) if self.swept else vector
        values = whole.reshape(-1, 4)[self.rows]
        signs = self.spin.diagonal()
        if np.array_equal(self.spin, np.diag(signs)):
            values *= signs
        else:
            values = values @ self.spin.T
        phi = values[: self.moments].reshape(-1, len(self.parity), 4)
        phi *= self.parity[:, None]
        values[self.rows < 0] = 0.0
        return values.reshape(-1)

    def carries(self, source, other):
        """Whether the image of a source, arguments of `Transport.solve`, is another one."""
        image = np.empty_like(source["reservoirs"])
        image[self.contacts] = source["reservoirs"] * np.r_[1, axial(self.signs)]
        fields = [np.asarray(own.get("field", np.zeros(3))) for own in (source, other)]
        return np.array_equal(image, other["reservoirs"]) and np.array_equal(self.signs * fields[0], fields[1])


def axial(signs):
    """Signs of axial vectors under an operation, (3,)."""
    return np.prod(signs) * np.array(signs)


def symmetries(before, after):
    """The operations that carry a device into another one of the same grid, but for the one that moves nothing.

    Devices with periodic axes have none here, nor those with interfaces along the axis of the sweep's far end if that
    is turned around. Operations that need no sweep come first.

    Parameters
    ----------
    before, after : Form

    Returns
    -------
    list of Symmetry
    """
    if not after.is_like(before) or None in (before.pieces, after.pieces):
        return []
    found = (_symmetry(before, after, signs) for signs in _OPERATIONS)
    return sorted((symmetry for symmetry in found if symmetry is not None), key=lambda symmetry: symmetry.swept)


def _symmetry(before, after, signs):
    """The operation with these signs if it carries one device into the other, else None."""
    grid, spin = after.grid, np.diag(np.r_[1, axial(signs)])
    flipped = [k for k, axis in enumerate(grid.axes) if signs[axis] < 0]
    parity = parities(signs, after.degree)
    kept = _alike(spin[1:, 1:] @ before.precession, after.precession) and all(
        _alike(sizes, sizes[::-1]) for sizes in (grid.layers[k] for k in flipped)
    )
    if not kept or not all(
        _carried(one, other, signs, np.kron(parity, np.diag(spin)))
        for one, other in zip(before.operators, after.operators, strict=True)
    ):
        return None
    places = np.flip(np.arange(len(grid.material)).reshape(grid.cells[::-1]), [len(grid.axes) - 1 - k for k in flipped])
    places = places.reshape(-1)
    if not np.array_equal(grid.material[places], grid.material):
        return None
    cells, corners = grid.number[places[grid.place]], np.arange(grid.corners) ^ sum(1 << k for k in flipped)
    boundary = _Boundary(before, after, signs, cells, corners, after.turn @ spin @ before.turn.T)
    found = boundary.rows()
    if found is None:
        return None
    moments = after.shapes[0][2]
    rows = ((cells[:, None] * grid.corners + corners)[..., None] * moments + np.arange(moments)).reshape(-1)
    every = np.concatenate([rows, *found])
    swept = bool((every >= before.rows).any())
    return Symmetry(signs, every, boundary.spin, parity, len(rows), boundary.contacts, swept)


class _Boundary:
    """The boundary under an operation: rows of unknowns, and the images of contacts."""

    def __init__(self, before, after, signs, cells, corners, spin):
        self.before, self.after, self.signs = before, after, np.array(signs)
        self.cells, self.corners, self.spin = cells, corners, spin
        self.contacts = np.full(after.contacts, -1)

    def rows(self):
        """Rows of every boundary unknown in their order, None where a side or a law has no image."""
        found = []
        for (axis, upper), pieces in self.after.pieces.items():
            candidates = self.before.pieces.get((axis, upper ^ bool(self.signs[self.after.grid.axes[axis]] < 0)), [])
            for piece, start, _ in pieces:
                rows = next((r for r in (self._rows(piece, *other) for other in candidates) if r is not None), None)
                if rows is None:
                    return None
                found.append((start, rows))
        if (self.contacts < 0).any():
            return None
        return [rows for _, rows in sorted(found, key=lambda pair: pair[0])]

    def _rows(self, piece, other, start, more):
        """Rows of one unknown from those of another one, None if that is not where its lines come from."""
        line_of = np.full(len(self.cells), -1)
        line_of[other.side.cells] = np.arange(len(other.side.cells))
        lines = line_of[self.cells[piece.side.cells]]
        if (lines < 0).any() or piece.side.specularity != other.side.specularity:
            return None
        if (piece.found == RETURNED) != (other.found == RETURNED) or not self._lawful(piece, other, lines):
            return None
        columns, (start, width) = piece.columns, (more, other.extra) if other.extra else (start, len(other.columns))
        if piece.directional:
            slots = self._slots(piece.side, other.side)
            if slots is None:
                return None
            columns = np.append(slots, len(other.side.cosine))[columns]
        if (columns >= width).any():
            return None
        corners = np.searchsorted(other.side.corners, self.corners[piece.side.corners])
        rows = start + (lines[:, None, None] * len(corners) + corners[:, None]) * width + columns
        return np.where(columns < 0, -1, rows).reshape(-1)

    def _lawful(self, piece, other, lines):
        """Whether laws and contacts are the images of those on other lines; notes where contacts go."""
        for own, image in ((piece.reflection, other.reflection), (piece.transmission, other.transmission)):
            if not _alike(self.spin @ image[lines] @ self.spin.T, own):
                return False
        pairs = np.unique(np.stack([other.portion[lines], piece.portion]), axis=1)
        for source, target in pairs.T - 1:
            if (source < 0) != (target < 0) or (source >= 0 and self.contacts[source] not in (-1, target)):
                return False
            if source >= 0:
                self.contacts[source] = target
        return True

    def _slots(self, side, other):
        """Incoming slot of another side that every one of a side comes from, None if the set has no such directions.

        -1 stands for directions along the face, in which nothing enters; they are slots of only one of two ends.
        """
        octants = self.after.octants
        ordinates = octants.index[side.into].reshape(-1)
        for axis in np.flatnonzero(self.signs < 0):
            try:
                ordinates = octants.ordinates.mirror(axis)[ordinates]
            except CaseError:
                return None
        own = np.flatnonzero(~octants.repeated[other.into].reshape(-1))
        slot_of = np.full(len(octants.ordinates.weights), -1)
        slot_of[octants.index[other.into].reshape(-1)[own]] = own
        return slot_of[ordinates]


def _carried(one, other, signs, moments):
    """Whether the operators of one metal are the images of another's; `moments` are the signs of flat moments."""
    turn = np.outer(moments, moments)
    pairs = [(one.gain * turn, other.gain), (np.array(signs)[:, None, None] * one.drift * turn, other.drift)]
    same = (one.loss, one.velocity, one.conductance) == (other.loss, other.velocity, other.conductance)
    return same and all(_alike(image, own) for image, own in pairs)


def _alike(one, other):
    return np.abs(one - other).max(initial=0.0) <= _SAME * np.abs(other).max(initial=0.0)
