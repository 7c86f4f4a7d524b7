"""Faces of the grid that obey a boundary law.

The sweep starts from the inflow ψ_in = (f_in - Φ)/|p̂·N|, where the law (`boltzsim.transport.law`) gives the incoming
flux f_in in terms of the outgoing one. On diffuse faces (p = 0) f_in = |p̂·N| A, so that the four components of A are
the boundary unknown; otherwise it is f_in for every incoming ordinate.
"""

import numpy as np

from boltzsim.material.harmonics import harmonics as real_harmonics


class Face:
    """One boundary face of the grid that is not periodic.

    Parameters
    ----------
    grid : Grid
    octants : Octants
    degree : int
    axis : int
        Number of the gridded axis along the normal.
    upper : bool
        Which end of the axis.
    wall : Wall
    drift : numpy.ndarray, shape (materials, 4 moments, 4 moments)
        Operator whose flux along the axis is Φ: X, on a symmetry plane αV.
    contacts : sequence of BoundaryLaw

    Attributes
    ----------
    axis : int
    specularity : float
        p of the wall law.
    cells, corners : numpy.ndarray of int, shapes (lines,), (corners,)
        The cells on the face, and which of their corners lie on it.
    area, depth : float
        Area of a corner's part of the face, and extent of the corner along the normal.
    shape : tuple of int
        (lines, corners).
    drift : numpy.ndarray, shape (lines, 4 moments, 4 moments), or None
        The operator of Φ along the outward normal in the cell of each line; None without side jump.
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
    laws : numpy.ndarray, shape (1 + contacts, 1, 4, 4)
        r·r† of the wall and of every contact.
    corner_portion, places
        As for a `BoundaryPart`.
    portion : numpy.ndarray of int, shape (lines,)
        Number of the law that holds on each line.
    reflection, transmission : numpy.ndarray, shape (lines, 1, 4, 4)
        r·r† and τ·τ† on each line.
    mirror : bool
        Whether the face is a symmetry plane; `parity` is then the sign of every harmonic in the mirror.
    mirrored, mirrors : numpy.ndarray, shapes (n_in,), (n_in, 1)
        Outgoing slot whose mirror image each incoming ordinate is, and the specularity of that reflection.
    unknowns : tuple of int
        (lines, corners, 4) of A on a diffuse face, else (lines, corners, n_in, 4) of f_in.
    """

    def __init__(self, grid, octants, degree, axis, upper, wall, drift, contacts):
        self.axis, self.specularity = axis, wall.specularity
        laws = [wall.law, *contacts]
        portion = np.zeros(grid.face_lines(axis), int) if wall.portion is None else wall.portion
        self.cells, self.corners = grid.face_cells(axis, upper), grid.face_corners(axis, upper)
        self.area, self.depth = grid.face_area(axis), grid.spacing[axis] / 2
        self.shape = (len(self.cells), len(self.corners))
        self.drift = (1 if upper else -1) * drift[grid.material[self.cells]] if drift.any() else None
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
        self.half = self.weight @ self.cosine  # Σ_in w |p̂·N|
        self.moments_of_half = (self.weight * self.cosine) @ self.Y
        self.laws = np.array([law.reflection for law in laws])[:, None]
        self.reflection = self.laws[portion]
        self.mirror = wall.symmetry
        if self.mirror:
            generic, flip = np.array([[0.3, 0.5, np.sqrt(0.66)]]), np.where(np.arange(3) == grid.axes[axis], -1, 1)
            self.parity = np.sign(real_harmonics(generic * flip, degree) * real_harmonics(generic, degree))[0]
        self.transmission = np.array([law.transmission for law in laws])[portion][:, None]
        self.portion = portion
        self.corner_portion = np.repeat(portion, self.shape[1])
        self.places = np.repeat(self.cells, self.shape[1]), np.tile(self.corners, self.shape[0])
        if self.specularity:
            incoming = octants.index[self.into].reshape(-1)
            slot_of = np.zeros(len(octants.ordinates.weights), int)
            own = np.flatnonzero(~octants.repeated[self.out])
            slot_of[octants.index[self.out].reshape(-1)[own]] = own
            self.mirrored = slot_of[octants.ordinates.mirror(grid.axes[axis])[incoming]]
            self.mirrors = self.specularity * ~tangential[:, None]
        self.unknowns = (*self.shape, 4) if self.specularity == 0 else (*self.shape, len(self.cosine), 4)

    def side_jump_moments(self, phi):
        """Moments of Φ at the corners of the face, (lines, corners, moments, 4); None without side jump."""
        if self.drift is None:
            return None
        values = phi[self.cells][:, self.corners]
        return np.einsum("lij,lcj->lci", self.drift, values.reshape(*self.shape, -1), optimize=True).reshape(
            values.shape
        )

    def side_jump(self, phi, q):
        """Moments of Φ that pass. A symmetry plane stops half the sum of Φ and its image, which is taken from q."""
        jump = self.side_jump_moments(phi)
        if jump is None or not self.mirror:
            return jump
        stopped = (jump + self.parity[:, None] * (jump @ self.laws[0, 0].T)) / 2
        q[self.cells[:, None], self.corners] -= stopped / self.depth
        return jump - stopped

    def drive(self, reservoirs):
        """Boundary unknown that reservoirs with potentials (laws, 4) inject."""
        amplitude = np.einsum("lcuv,lv->lcu", self.transmission, reservoirs[self.portion])
        amplitude = np.broadcast_to(amplitude, (*self.shape, 4))
        return amplitude if self.specularity == 0 else self.cosine[:, None] * amplitude[:, :, None]

    def enter(self, unknown, jump, faces):
        """Write ψ_in = (f_in - Φ)/|p̂·N| into the face values."""
        if self.specularity == 0:
            psi = np.broadcast_to(unknown[:, :, None], (*self.shape, len(self.cosine), 4))
        else:
            psi = unknown * self.inverse[:, None]
        if jump is not None:
            psi = psi - (self.Y * self.inverse[:, None]) @ jump
        values = faces[self.axis]
        lines = psi.reshape(*self.shape, len(self.into), -1)
        for number, block in enumerate(self.into):
            values[block] = lines[:, self.order[block], number]

    def leave(self, faces, jump):
        """Outgoing flux f_out at every corner, (lines, corners, slots, 4)."""
        values = [faces[self.axis][block][:, self.order[block]] for block in self.out]
        flux = np.zeros((*self.shape, len(self.out_cosine), 4))
        slots = len(self.out_cosine) - self.appended
        flux[:, :, :slots] = np.moveaxis(values, 0, 2).reshape(*self.shape, slots, 4)
        flux *= self.out_cosine[:, None]
        if jump is not None:
            flux -= self.out_Y @ jump
        return flux

    def total_out(self, flux):
        """Σ_out w f_out, (lines, corners, 4)."""
        return self.out_weight @ flux

    def moments_in(self, unknown):
        """Σ_in w Y f_in, (lines, corners, moments, 4); the first moment is the total incoming flux."""
        if self.specularity == 0:
            return self.moments_of_half[:, None] * unknown[:, :, None]
        return (self.weight[:, None] * self.Y).T @ unknown

    def reflect(self, flux, reflection=None):
        """Boundary unknown that the law returns for an outgoing flux."""
        reflection = self.reflection if reflection is None else reflection
        diffuse = (1 - self.specularity) * self.total_out(flux)
        if self.specularity and self.tangential.any() and not self.mirror:
            diffuse += self.specularity * (self.tangential @ flux)
        diffuse = (reflection @ diffuse[..., None])[..., 0] / self.half
        if self.specularity == 0:
            return diffuse
        mirrored = (self.mirrors * flux[:, :, self.mirrored]) @ np.swapaxes(reflection, -1, -2)
        return mirrored + self.cosine[:, None] * diffuse[:, :, None]

    def net_flux(self, unknown, leaving):
        """Net ∫⟨W n⟩·dA into the device at every boundary corner, (lines × corners, 4)."""
        return self.area * (self.moments_in(unknown)[:, :, 0] - self.total_out(leaving)).reshape(-1, 4)

    def incoming(self, unknown):
        """One piece (cells, corners, area × half-range moments) that a boundary unknown sends into the device."""
        moments = self.moments_in(unknown).reshape(*self.shape, -1)
        return [(self.cells, self.corners, self.area * moments)]

    def mode_fluxes(self, B):
        """Half-range fluxes of even modes, and the fluxes that every law returns for them.

        Parameters
        ----------
        B : numpy.ndarray, shape (modes, 4 moments)

        Returns
        -------
        out : numpy.ndarray, shape (modes, modes)
            Σ_out w |p̂·N| r_i·r_j.
        back : numpy.ndarray, shape (laws, modes, modes)
            Σ_in w r_i·f_in for the outgoing distribution r_j.
        """
        flux = (self.out_cosine[:, None] * self.out_Y) @ B.reshape(len(B), 1, 1, -1, 4)
        out = np.einsum("n,ni,jlcnu->jiu", self.out_weight, self.out_Y, flux).reshape(len(B), -1) @ B.T
        every = [self.reflect(np.broadcast_to(f, (len(self.laws), *f.shape[1:])), self.laws) for f in flux]
        back = np.array([self.moments_in(unknown).reshape(len(self.laws), -1) @ B.T for unknown in every])
        return out.T, np.moveaxis(back, 0, -1)

    def equilibrium(self, potential):
        """Boundary unknown of a uniform charge potential."""
        amplitude = np.zeros((*self.shape, 4))
        amplitude[..., 0] = potential
        return amplitude if self.specularity == 0 else self.cosine[:, None] * amplitude[:, :, None]

    def reflect_moments(self, moments):
        """Boundary unknown that the law returns for an outgoing ψ with moments (lines, corners, moments, 4)."""
        return self.reflect((self.out_cosine[:, None] * self.out_Y) @ moments)

    def respond(self, unknown, moments):
        """Add the boundary unknown that the law returns for a distribution with moments(cells, corners)."""
        unknown += self.reflect_moments(moments(self.cells, self.corners))
