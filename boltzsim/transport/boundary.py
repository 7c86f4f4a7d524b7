"""Boundary laws in flux form: walls, contacts, symmetry planes and periodic faces.

F(p̂) = (p̂·N) n - X n is the flux per direction through a face with outward normal N, with the reciprocal side-jump flux
X = Π αV_N Q + ½ Q αV_N Q, Π the projector on the isotropic part of n and Q = 1 - Π (`reciprocal_flux`); Φ = X n. With
f_out = F for p̂·N > 0 and f_in = -F for p̂·N < 0, both positive for a positive n,

    wall(f_out) = p f_out(p̂ mirrored) + (1-p) |p̂·N| Σ_out w f_out / Σ_in w |p̂·N|
    f_in        = r wall(f_out) r† + |p̂·N| τ n_res τ†

with r = diag(√(1-𝒯₊), √(1-𝒯₋) e^{iφ}), τ = diag(√𝒯₊, √𝒯₋), 𝒯± = 𝒯(1 ± P), in the basis of the contact's axis m
(r = 1, τ = 0 on a wall). On Pauli components r·r† and τ·τ† are 4×4 matrices. The sweep enters with
ψ_in = (f_in - Φ)/|p̂·N|. On diffuse faces (p = 0) f_in = |p̂·N| A, and the four components of A are all there is to know;
otherwise the boundary unknown is f_in for every incoming ordinate, and ψ_in itself on periodic faces.

Why X and not all of αV: the laws do not return the flux αV_N n̄ ∝ (N × p̂)·σ n̄_c of a uniform potential. With all of
αV they turn the absolute potential into spin at the edges, contacts at equal potentials exchange currents of relative
order α, and Onsager's relation fails at the same order. With X the form ∫ (n')ᵀ N·W n, antisymmetric under time
reversal and parity, becomes that of p̂·N alone to first order in α; X 1 = 0, so that a uniform potential is a steady
state; and the net fluxes of charge and spin, Σ w F, are those of W. A symmetry plane is no boundary of the metal: there
Φ = αV_N n, of which the part that the image does not cancel passes.
"""

from dataclasses import dataclass, field

import numpy as np

from boltzsim.material.harmonics import harmonics as real_harmonics


@dataclass(frozen=True)
class BoundaryLaw:
    """Reflection and transmission of one portion of a face.

    Attributes
    ----------
    reflection : numpy.ndarray, shape (4, 4)
        r·r† on (c, x, y, z).
    transmission : numpy.ndarray, shape (4, 4)
        τ·τ† on (c, x, y, z).
    """

    reflection: np.ndarray = field(default_factory=lambda: np.eye(4))
    transmission: np.ndarray = field(default_factory=lambda: np.zeros((4, 4)))

    def rotated(self, frame):
        """The law with spin components along the rows of `frame`, (3, 3)."""
        turn = np.eye(4)
        turn[1:, 1:] = frame
        return BoundaryLaw(turn @ self.reflection @ turn.T, turn @ self.transmission @ turn.T)


def contact_law(transmission, polarization=0.0, direction=(0, 0, 1), mixing_phase=0.0):
    """Law of a reservoir, tunnel or ferromagnetic contact (module docstring).

    Parameters
    ----------
    transmission, polarization : float
        𝒯 and P; 𝒯(1 ± P) must lie in [0, 1].
    direction : array_like, shape (3,)
        Magnetisation axis m, normalised here.
    mixing_phase : float
        φ, radians.

    Returns
    -------
    BoundaryLaw
    """
    m = np.asarray(direction, float) / np.linalg.norm(direction)
    up, down = transmission * (1 + polarization), transmission * (1 - polarization)
    if min(up, down) < 0 or max(up, down) > 1:
        raise ValueError(f"transmission (1 ± polarization) = {up}, {down} must lie in [0, 1]")
    mixed = np.sqrt((1 - up) * (1 - down)) * np.exp(1j * mixing_phase)
    return BoundaryLaw(
        _in_spin_basis(1 - up, 1 - down, mixed, m),
        _in_spin_basis(up, down, np.sqrt(up * down), m),
    )


def mirror_law(normal):
    """Law of a symmetry plane: mirror reflection, under which spin is an axial vector. `normal` is 0, 1 or 2."""
    signs = -np.ones(4)
    signs[[0, 1 + normal]] = 1
    return BoundaryLaw(np.diag(signs))


def _in_spin_basis(up, down, mixed, m):
    """Pauli matrix of n -> D n D†, D diagonal along m with |D₊|² = up, |D₋|² = down, D₊* D₋ = mixed."""
    matrix = np.zeros((4, 4))
    along = np.outer(m, m)
    cross = np.array([[0, -m[2], m[1]], [m[2], 0, -m[0]], [-m[1], m[0], 0]])
    matrix[0, 0] = (up + down) / 2
    matrix[0, 1:] = matrix[1:, 0] = (up - down) / 2 * m
    matrix[1:, 1:] = (up + down) / 2 * along + np.real(mixed) * (np.eye(3) - along) + np.imag(mixed) * cross
    return matrix


def reciprocal_flux(drift):
    """Side-jump operator X = Π αV Q + ½ Q αV Q (…, 4 moments, 4 moments) of the module docstring."""
    reduced = drift.copy()
    reduced[..., :4] = 0.0
    reduced[..., 4:, :] *= 0.5
    return reduced


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
    specularity : float
        p of the wall law.
    drift : numpy.ndarray, shape (materials, 4 moments, 4 moments)
        αV along the axis.
    laws : sequence of BoundaryLaw
    portion : numpy.ndarray of int, shape (lines,)
        Law of each line of cells that ends on the face.
    """

    def __init__(self, grid, octants, degree, axis, upper, specularity, drift, laws, portion):
        self.axis, self.specularity = axis, specularity
        self.cells, self.corners = grid.face_cells(axis, upper), grid.face_corners(axis, upper)
        self.area = grid.face_area(axis)
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
        tangential = self.cosine < 1e-14  # these carry only the side-jump flux and count as outgoing
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
        self.mirror = np.trace(laws[0].reflection) < 2  # a symmetry plane: two spin components are reversed
        if self.mirror:
            generic, flip = np.array([[0.3, 0.5, np.sqrt(0.66)]]), np.where(np.arange(3) == grid.axes[axis], -1, 1)
            self.parity = np.sign(real_harmonics(generic * flip, degree) * real_harmonics(generic, degree))[0]
        self.transmission = np.array([law.transmission for law in laws])[portion][:, None]
        self.portion = portion
        if specularity:
            incoming = octants.index[self.into].reshape(-1)
            slot_of = np.zeros(len(octants.ordinates.weights), int)
            own = np.flatnonzero(~octants.repeated[self.out])
            slot_of[octants.index[self.out].reshape(-1)[own]] = own
            self.mirrored = slot_of[octants.ordinates.mirror(grid.axes[axis])[incoming]]
            self.mirrors = specularity * ~tangential[:, None]
        self.unknowns = (*self.shape, 4) if specularity == 0 else (*self.shape, len(self.cosine), 4)

    def side_jump_moments(self, phi):
        """Moments of Φ at the corners of the face, (lines, corners, moments, 4); None without side jump."""
        if self.drift is None:
            return None
        values = phi[self.cells][:, self.corners]
        return np.einsum("lij,lcj->lci", self.drift, values.reshape(*self.shape, -1), optimize=True).reshape(
            values.shape
        )

    def stopped(self, jump):
        """Moments of Φ that a symmetry plane does not pass, (lines, corners, moments, 4): half of Φ and its image."""
        return (jump + self.parity[:, None] * (jump @ self.laws[0, 0].T)) / 2

    def drive(self, reservoirs):
        """Boundary unknown injected by reservoirs with potentials (laws, 4)."""
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
        """The boundary unknown that the law makes of an outgoing flux."""
        reflection = self.reflection if reflection is None else reflection
        diffuse = (1 - self.specularity) * self.total_out(flux)
        if self.specularity and self.tangential.any() and not self.mirror:
            diffuse += self.specularity * (self.tangential @ flux)
        diffuse = (reflection @ diffuse[..., None])[..., 0] / self.half
        if self.specularity == 0:
            return diffuse
        mirrored = (self.mirrors * flux[:, :, self.mirrored]) @ np.swapaxes(reflection, -1, -2)
        return mirrored + self.cosine[:, None] * diffuse[:, :, None]

    def mode_fluxes(self, B):
        """Half-range fluxes of even modes, and what every law sends back of them.

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
        """Boundary unknown of a uniform charge potential, side jump aside."""
        amplitude = np.zeros((*self.shape, 4))
        amplitude[..., 0] = potential
        return amplitude if self.specularity == 0 else self.cosine[:, None] * amplitude[:, :, None]

    def reflect_moments(self, moments):
        """The boundary unknown that the law makes of an outgoing ψ with given moments (lines, corners, moments, 4)."""
        return self.reflect((self.out_cosine[:, None] * self.out_Y) @ moments)


class PeriodicFaces:
    """Both ends of a periodic axis; the boundary unknown is ψ_in of every block.

    Parameters
    ----------
    grid : Grid
    octants : Octants
    degree : int
    axis : int
        Number of the gridded axis.
    """

    def __init__(self, grid, octants, degree, axis):
        self.axis = axis
        self.area = grid.face_area(axis)
        self.cells = [grid.face_cells(axis, upper) for upper in (False, True)]
        self.corners = [grid.face_corners(axis, upper) for upper in (False, True)]
        self.shape = (len(self.cells[0]), len(self.corners[0]))
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

    def equilibrium(self, potential):
        """Boundary unknown of a uniform charge potential."""
        unknown = np.zeros(self.unknowns)
        unknown.reshape(*unknown.shape[:3], -1, 4)[..., 0] = potential
        return unknown
