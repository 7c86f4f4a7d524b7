"""Boundary laws in flux form: walls, contacts and symmetry planes.

F(p̂) = (p̂·N) n - X n is the flux per direction through a face with outward normal N, with the reciprocal side-jump flux
X = Π αV_N Q + ½ Q αV_N Q, Π the projector on the isotropic part of n and Q = 1 - Π (`reciprocal_flux`); Φ = X n. With
f_out = F for p̂·N > 0 and f_in = -F for p̂·N < 0, both positive for a positive n,

    wall(f_out) = p f_out(p̂ mirrored) + (1-p) |p̂·N| Σ_out w f_out / Σ_in w |p̂·N|
    f_in        = r wall(f_out) r† + |p̂·N| τ n_res τ†

with r = diag(√(1-𝒯₊), √(1-𝒯₋) e^{iφ}), τ = diag(√𝒯₊, √𝒯₋), 𝒯± = 𝒯(1 ± P), in the basis of the contact's axis m
(r = 1, τ = 0 on a wall). On Pauli components R = r·r† and τ·τ† are 4×4 matrices.

Where a reflection destroys the spin with chance f it returns only the spin that the barrier itself makes of charge: R
becomes (1-f) R + f (R e)(eᵀR)/R_cc, e the charge component. On a wall that is diag(1, 1-f, 1-f, 1-f), and on a barrier
without polarisation the product of R with it. With polarisation that product would turn charge into spin but not spin
into charge, against Onsager's relation; here charge, equilibrium and reciprocity stay as they are.

Why X and not all of αV: the laws do not return the flux αV_N n̄ ∝ (N × p̂)·σ n̄_c of a uniform potential. With all of
αV they turn the absolute potential into spin at the edges, contacts at equal potentials exchange currents of relative
order α, and Onsager's relation fails at the same order. With X the form ∫ (n')ᵀ N·W n, antisymmetric under time
reversal and parity, becomes that of p̂·N alone to first order in α; X 1 = 0, so that a uniform potential is a steady
state; and the net fluxes of charge and spin, Σ w F, are those of W. A symmetry plane is not a boundary of the metal:
there Φ = αV_N n, and the part that the mirror image does not cancel passes.
"""

from dataclasses import dataclass, field, replace

import numpy as np


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

    def with_spin_flip(self, chance):
        """The law of a surface at which every reflection destroys the spin with a chance in [0, 1]."""
        return replace(self, reflection=_forgetting(self.reflection, chance))

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


@dataclass(frozen=True)
class InterfaceLaw:
    """Law of an interface between two cells, A below and B above it.

    Attributes
    ----------
    reflection : numpy.ndarray, shape (2, 4, 4)
        r·r† of what returns into A and into B.
    transmission : numpy.ndarray, shape (2, 4, 4)
        τ·τ† of what enters A and B from the other side, in the units of n behind the interface.
    specularity : float
        Chance p that either part keeps its direction.
    """

    reflection: np.ndarray
    transmission: np.ndarray
    specularity: float = 0.0

    def rotated(self, frame):
        """The law with spin components along the rows of `frame`, (3, 3)."""
        turn = np.eye(4)
        turn[1:, 1:] = frame
        return replace(self, reflection=turn @ self.reflection @ turn.T, transmission=turn @ self.transmission @ turn.T)


def interface_law(
    transmission, polarization=0.0, direction=(0, 0, 1), mixing_phase=0.0, specularity=0.0, spin_flip=0.0
):
    """Law of an interface (`boltzsim.transport.interface`).

    Parameters
    ----------
    transmission : float or pair of float
        𝒯 of what arrives from below and from above. They differ between metals of different N_F v_F, whose
        conductances N_F v_F 𝒯 must be equal (detailed balance); such an interface spreads what it passes.
    polarization, direction, mixing_phase
        As for `contact_law`, the same from both sides.
    specularity : float
        Chance p that what returns or passes keeps its direction.
    spin_flip : float
        Chance f that what passes loses the memory of its spin: T = τ·τ† becomes (1-f) T + f (T e)(eᵀT)/T_cc, e the
        charge component; without polarisation that is diag(1, 1-f, 1-f, 1-f) T. Equal potentials stay in equilibrium
        and Onsager's relation holds, as they would not if spins were destroyed behind a magnetic barrier only.

    Returns
    -------
    InterfaceLaw
    """
    laws = [
        contact_law(own, polarization, direction, mixing_phase) for own in np.broadcast_to(transmission, 2).tolist()
    ]
    passed = [_forgetting(law.transmission, spin_flip) for law in laws]
    return InterfaceLaw(np.array([law.reflection for law in laws]), np.array(passed), specularity)


def _forgetting(matrix, chance):
    """A law on (c, x, y, z) that forgets, with a chance, all spin but what it gives to charge by itself."""
    if matrix[0, 0] == 0:
        return matrix
    return (1 - chance) * matrix + chance * np.outer(matrix[:, 0], matrix[0]) / matrix[0, 0]


def mirror_law(normal):
    """Law of a symmetry plane: mirror reflection, under which spin is an axial vector. `normal` is 0, 1 or 2."""
    signs = -np.ones(4)
    signs[[0, 1 + normal]] = 1
    return BoundaryLaw(np.diag(signs))


def reciprocal_flux(drift):
    """Side-jump operator X = Π αV Q + ½ Q αV Q (…, 4 moments, 4 moments) of the module docstring."""
    reduced = drift.copy()
    reduced[..., :4] = 0.0
    reduced[..., 4:, :] *= 0.5
    return reduced


@dataclass(frozen=True)
class Wall:
    """A boundary face: the wall's specularity and law, and the contacts on it.

    Attributes
    ----------
    specularity : float
    law : BoundaryLaw
        Of the portions without contact.
    portion : numpy.ndarray of int, shape (lines,), or None
        0 for the wall, 1 + k for contact number k; None if the face has no contact.
    """

    specularity: float = 0.0
    law: BoundaryLaw = field(default_factory=BoundaryLaw)
    portion: np.ndarray | None = None

    @property
    def symmetry(self):
        """Whether the face is a symmetry plane, which reverses two spin components: its trace is 0, a wall's ≥ 1."""
        return np.trace(self.law.reflection) < 0.5


def _in_spin_basis(up, down, mixed, m):
    """Pauli matrix of n -> D n D†, D diagonal along m with |D₊|² = up, |D₋|² = down, D₊* D₋ = mixed."""
    matrix = np.zeros((4, 4))
    along = np.outer(m, m)
    cross = np.array([[0, -m[2], m[1]], [m[2], 0, -m[0]], [-m[1], m[0], 0]])
    matrix[0, 0] = (up + down) / 2
    matrix[0, 1:] = matrix[1:, 0] = (up - down) / 2 * m
    matrix[1:, 1:] = (up + down) / 2 * along + np.real(mixed) * (np.eye(3) - along) + np.imag(mixed) * cross
    return matrix
