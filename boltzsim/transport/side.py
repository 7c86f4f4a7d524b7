"""One side of a face of the metal: what leaves and enters the lines of cells that end there.

The sweep starts from the inflow ψ_in = (f_in - Φ)/|p̂·N| into every line, where a law (`boltzsim.transport.law`) gives
the incoming flux f_in in terms of the outgoing one. On diffuse faces (p = 0, `DiffuseSide`) f_in = |p̂·N| A, so that the
four components of A are the boundary unknown, and only the sum of the outgoing flux counts; on others (`Side`) both are
known for every ordinate.
"""

from typing import NamedTuple

import numpy as np


class Image(NamedTuple):
    """Directions that enter a side in one phase of a sweep, as mirror images of others that have left it before.

    Attributes
    ----------
    slots : numpy.ndarray of int
        Incoming ordinates, by whole blocks.
    sources : numpy.ndarray of int
        Outgoing blocks with their images, by their place among those of the side.
    places : numpy.ndarray of int
        Place of each image among the ordinates of these blocks.
    """

    slots: np.ndarray
    sources: np.ndarray
    places: np.ndarray


def _slots(blocks, width):
    """Slots of some blocks."""
    return (blocks[:, None] * width + np.arange(width)).reshape(-1)


class Side:
    """The ends of some lines of cells that have the same normal.

    Parameters
    ----------
    grid : Grid
    octants : Octants
    degree : int
    axis : int
        Number of the gridded axis along the normal.
    upper : bool
        Whether the lines end here at their larger coordinates.
    lines : numpy.ndarray of int
        Numbers of the lines.
    specularity : float
        Chance p that a reflection or transmission keeps the direction.
    drift : numpy.ndarray, shape (materials, 4 moments, 4 moments)
        Operator whose flux along the axis is Φ.
    conductance : numpy.ndarray, shape (materials,)
        N_F v_F of every material relative to one of them: what turns f into a flux of particles.

    Attributes
    ----------
    axis, upper, lines, specularity
        As given.
    cells, corners : numpy.ndarray of int, shapes (lines,), (corners,)
        The cells on the face, and which of their corners lie on it.
    area : numpy.ndarray, shape (lines,)
        Area of a corner's part of the face, times `conductance`.
    depth : numpy.ndarray, shape (lines,)
        Extent of the corners along the normal.
    shape : tuple of int
        (lines, corners).
    drift : dict of int to numpy.ndarray, shape (4 moments, 4 moments)
        The operator of Φ along the outward normal in every metal on the face; empty without side jump.
    into, out : numpy.ndarray of int
        Blocks of the sweep that enter and leave through the face.
    order : numpy.ndarray of int, shape (blocks, corners)
        Place in the face values of the sweep of each corner, for every block.
    cosine, weight, Y : numpy.ndarray, shapes (n_in,), (n_in,), (n_in, moments)
        |p̂·N|, weight and harmonics of the incoming ordinates; those along the face weigh nothing here.
    inverse : numpy.ndarray, shape (n_in,)
        1/|p̂·N|, zero along the face.
    out_cosine, out_weight, out_Y : numpy.ndarray, shapes (n_out,), (n_out,), (n_out, moments)
        The same for the outgoing ordinates, to which those along the face are appended.
    appended : int
        Number of ordinates along the face.
    tangential : numpy.ndarray, shape (n_out,)
        Weights of the ordinates along the face, zero for others.
    half : float
        Σ_in w |p̂·N|.
    moments_of_half : numpy.ndarray, shape (moments,)
        Σ_in w |p̂·N| Y.
    mirrored, mirrors : numpy.ndarray, shapes (n_in,), (n_in, 1)
        Outgoing slot whose mirror image each incoming ordinate is, and the specularity of that reflection.
    unknowns : tuple of int
        (lines, corners, n_in, 4) of f_in.
    """

    def __init__(self, grid, octants, degree, axis, upper, lines, specularity, drift, conductance):
        self.axis, self.upper, self.lines, self.specularity = axis, upper, lines, specularity
        self.cells, self.corners, self.area = grid.end(axis, upper, lines, conductance)
        self._metal, self.depth = grid.metal[self.cells], grid.sizes[self.cells, axis] / 2
        self.shape = (len(self.cells), len(self.corners))
        metals = np.unique(self._metal).tolist() if drift.any() else []
        self.drift = {metal: (1 if upper else -1) * drift[metal] for metal in metals}
        self.out, self.into = (np.flatnonzero(octants.down[:, axis] == flag) for flag in (not upper, upper))
        self.order = octants.face_order(axis)
        harmonics = octants.moments(degree)

        def slots(values, blocks):
            return values[blocks].reshape(-1, *values.shape[2:])

        self.cosine, self.weight, self.Y = (
            slots(values, self.into) for values in (octants.cosines[:, axis], octants.weights, harmonics)
        )
        tangential = self.cosine < 1e-14  # ordinates along the face carry only side-jump flux and count as outgoing
        self.appended = np.count_nonzero(tangential)
        self.out_cosine, self.out_weight, self.out_Y = (
            np.concatenate([slots(values, self.out), own[tangential]])
            for values, own in (
                (octants.cosines[:, axis], 0 * self.cosine),
                (octants.weights, self.weight),
                (harmonics, self.Y),
            )
        )
        self.tangential = np.where(self.out_cosine < 1e-14, self.out_weight, 0.0)
        self.weight = np.where(tangential, 0.0, self.weight)
        self.inverse = np.divide(1.0, self.cosine, out=np.zeros_like(self.cosine), where=~tangential)
        self.half = self.weight @ self.cosine
        self.moments_of_half = (self.weight * self.cosine) @ self.Y
        if specularity:
            incoming = octants.index[self.into].reshape(-1)
            slot_of = np.zeros(len(octants.ordinates.weights), int)
            own = np.flatnonzero(~octants.repeated[self.out])
            slot_of[octants.index[self.out].reshape(-1)[own]] = own
            self.mirrored = slot_of[octants.ordinates.mirror(grid.axes[axis])[incoming]]
            self.mirrors = specularity * ~tangential[:, None]
        self.unknowns = (*self.shape, len(self.cosine), 4)

    def side_jump(self, phi):
        """Moments of Φ at the corners of the face, (lines, corners, moments, 4); None without side jump."""
        if not self.drift:
            return None
        values = phi[self.cells[:, None], self.corners]
        jump = np.empty_like(values)
        for metal, drift in self.drift.items():
            here = self._metal == metal
            jump[here] = (values[here].reshape(-1, len(drift)) @ drift.T).reshape(-1, *values.shape[1:])
        return jump

    def enter(self, inflow, jump, faces):
        """Write ψ_in = (f_in - Φ)/|p̂·N| into the face values."""
        psi = inflow * self.inverse[:, None]
        if jump is not None:
            psi -= (self.Y * self.inverse[:, None]) @ jump
        self._write(psi, faces)

    def _write(self, psi, faces):
        """Put ψ_in, (lines, corners, slots, 4), into the face values."""
        values = faces[self.axis]
        lines = psi.reshape(*self.shape, len(self.into), -1)
        for number, block in enumerate(self.into):
            values[block, self.lines] = lines[:, self.order[block], number]

    def leave(self, faces, jump):
        """Outgoing flux f_out at every corner, (lines, corners, slots, 4)."""
        flux = np.zeros((*self.shape, len(self.out_cosine), 4), self.out_cosine.dtype)
        flux[:, :, : len(self.out_cosine) - self.appended] = self._leaving(faces, np.arange(len(self.out)))
        flux *= self.out_cosine[:, None]
        if jump is not None:
            flux -= self.out_Y @ jump
        return flux

    def _leaving(self, faces, chosen):
        """ψ that leaves in the chosen ones of the outgoing blocks, (lines, corners, slots, 4)."""
        values = [faces[self.axis][block][self.lines][:, self.order[block]] for block in self.out[chosen]]
        return np.moveaxis(values, 0, 2).reshape(*self.shape, -1, 4)

    def outflow(self, moments):
        """Outgoing flux of a distribution with given moments (lines, corners, moments, 4), without side jump."""
        return (self.out_cosine[:, None] * self.out_Y) @ moments

    def uniform(self, level):
        """Outgoing flux of an isotropic distribution, (4,)."""
        return np.broadcast_to(self.out_cosine[:, None] * level, (*self.shape, len(self.out_cosine), 4))

    def moments_out(self, moments):
        """Σ_out w Y f_out of that distribution, (…, moments, 4)."""
        return ((self.out_weight * self.out_cosine)[:, None] * self.out_Y).T @ (self.out_Y @ moments)

    def total_out(self, flux):
        """Σ_out w f_out, (lines, corners, 4)."""
        return self.out_weight @ flux

    def moments_in(self, unknown):
        """Σ_in w Y f_in, (lines, corners, moments, 4); the first moment is the total incoming flux."""
        return (self.weight[:, None] * self.Y).T @ unknown

    def incoming(self, unknown):
        """Piece (cells, corners, area × half-range moments) that a boundary unknown sends into the device."""
        moments = self.moments_in(unknown).reshape(*self.shape, -1)
        return self.cells, self.corners, self.area[:, None, None] * moments

    def spread(self, amplitude):
        """Boundary unknown of the incoming flux f_in = |p̂·N| A, A of shape (lines, corners, 4)."""
        return self.cosine[:, None] * amplitude[:, :, None]

    def diffuse(self, flux, along=True):
        """Amplitude A of the part of an outgoing flux that loses its direction, (lines, corners, 4).

        Ordinates along the face have no image on the other side of it and lose theirs too, where `along` is true.
        """
        diffuse = (1 - self.specularity) * self.total_out(flux)
        if along and self.tangential.any():
            diffuse += self.specularity * (self.tangential @ flux)
        return diffuse / self.half

    def reflect(self, flux, reflection, along=True):
        """Inflow that a law with matrices r·r† returns for an outgoing flux."""
        return self.mirrored_flux(flux, reflection) + self.spread(self.returned(flux, reflection, along))

    def returned(self, flux, reflection, along=True):
        """Amplitude A of what a law with matrices r·r† returns in all directions, (lines, corners, 4)."""
        return (reflection @ self.diffuse(flux, along)[..., None])[..., 0]

    def mirrored_flux(self, flux, reflection, chosen=slice(None)):
        """What a law returns of an outgoing flux in mirrored directions, for all or some of the incoming ordinates."""
        return (self.mirrors[chosen] * flux[:, :, self.mirrored[chosen]]) @ np.swapaxes(reflection, -1, -2)

    def match(self, exact):
        """Weigh what leaves so that as much of a uniform flux returns as by the same side in double precision."""
        leaving = self.out_weight.astype(float) @ self.out_cosine.astype(float)
        wanted = exact.out_weight @ exact.out_cosine / exact.half
        self.out_weight = (exact.out_weight * (wanted * self.half / leaving)).astype(self.out_weight.dtype)

    @property
    def _width(self):
        """Slots of a block."""
        return len(self.cosine) // len(self.into)

    def images(self, order):
        """What the side mirrors within a sweep of a certain order: an `Image` for every phase that takes some of it."""
        if order is None:
            return {}
        width, own, found = self._width, order.phase[self.into], {}
        known = order.image[self.into, self.axis] < own
        for phase in np.unique(own[known]).tolist():
            slots = _slots(np.flatnonzero(known & (own == phase)), width)
            sources = np.unique(self.mirrored[slots] // width)
            found[phase] = Image(slots, sources, np.searchsorted(_slots(sources, width), self.mirrored[slots]))
        return found

    def enter_image(self, image, inflow, jump, faces, reflection):
        """Add what is mirrored in time to the inflow, and to the face values; returns the inflow."""
        (slots, sources, places), width = image, self._width
        flux = self._leaving(faces, sources)
        flux *= self.out_cosine[_slots(sources, width), None]
        flux = flux[:, :, places]
        if jump is not None:
            flux -= self.out_Y[self.mirrored[slots]] @ jump
        added = (self.mirrors[slots] * flux) @ np.swapaxes(reflection, -1, -2)
        inflow[:, :, slots] += added
        psi = (self.inverse[slots, None] * added).reshape(*self.shape, -1, 4 * width)
        for number, block in enumerate(self.into[slots[::width] // width]):
            faces[self.axis][block, self.lines] += psi[:, self.order[block], number]
        return inflow


class DiffuseSide(Side):
    """A side whose law keeps no direction; parameters as for `Side`, without a specularity.

    An inflow is its amplitude A, and an outgoing flux its sum over all directions, both of shape (lines, corners, 4).
    """

    def __init__(self, grid, octants, degree, axis, upper, lines, drift, conductance):
        super().__init__(grid, octants, degree, axis, upper, lines, 0.0, drift, conductance)
        self.unknowns = (*self.shape, 4)
        weight = self.out_weight * self.out_cosine
        self._total_of_moments, self._total_of_jump = weight @ self.out_Y, self.out_weight @ self.out_Y
        blocks = weight[: len(weight) - self.appended].reshape(len(self.out), -1)
        self._sums = np.array([np.kron(values[:, None], np.eye(4)) for values in blocks])

    def _total(self):
        """Outgoing flux of a unit isotropic distribution, added up in double precision."""
        return float(self._sums[:, ::4, 0].sum(dtype=float))

    def enter(self, inflow, jump, faces):
        """Write ψ_in = A - Φ/|p̂·N| into the face values."""
        psi = np.broadcast_to(inflow[:, :, None], (*self.shape, len(self.cosine), 4))
        if jump is not None:
            psi = psi - (self.Y * self.inverse[:, None]) @ jump
        self._write(psi, faces)

    def leave(self, faces, jump):
        """Outgoing flux at every corner."""
        total = np.zeros((*self.shape, 4), self._sums.dtype)
        for block, sums in zip(self.out, self._sums, strict=True):
            psi = faces[self.axis][block][self.lines]
            total += (psi.reshape(-1, len(sums)) @ sums).reshape(total.shape)[:, self.order[block]]
        return total if jump is None else total - self._total_of_jump @ jump

    def outflow(self, moments):
        """Outgoing flux of a distribution with given moments (lines, corners, moments, 4), without side jump."""
        return self._total_of_moments @ moments

    def uniform(self, level):
        """Outgoing flux of an isotropic distribution, (4,)."""
        return np.broadcast_to(self._total() * level, (*self.shape, 4))

    def total_out(self, flux):
        """The outgoing flux, which is a sum already."""
        return flux

    def moments_in(self, unknown):
        """Σ_in w Y f_in, (lines, corners, moments, 4); the first moment is the total incoming flux."""
        return self.moments_of_half[:, None] * unknown[:, :, None]

    def spread(self, amplitude):
        """The amplitude, which is the boundary unknown."""
        return amplitude

    def diffuse(self, flux, along=True):
        """Amplitude A of an outgoing flux."""
        return flux / self.half

    def reflect(self, flux, reflection, along=True):
        """Amplitude that a law with matrices r·r† returns for an outgoing flux."""
        return self.returned(flux, reflection)

    def images(self, order):
        """None: nothing is mirrored."""
        return {}

    def match(self, exact):
        """Weigh what leaves so that as much of a uniform flux returns as by the same side in double precision."""
        factor = exact._total() / exact.half * self.half / self._total()
        self._sums = (exact._sums * factor).astype(self._sums.dtype)
