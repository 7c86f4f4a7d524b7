"""Boundary laws: the 2×2 algebra of contacts, conservation by walls, symmetry planes."""

from dataclasses import replace

import numpy as np
import pytest
from dense import DenseKinetic, Device, alloy, face_points, mixed_device

from boltzsim.material.superoperators import combine
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import BoundaryLaw, Wall, contact_law, mirror_law
from boltzsim.transport.ordinates import double_gauss, lebedev, product
from boltzsim.transport.side import Side
from boltzsim.transport.steady import Transport

SIGMA = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
LAWS = [
    (1.0, 0.0, (0, 0, 1), 0.0),
    (0.01, 0.4, (1, 0, 0), 0.0),
    (0.5, -0.7, (1, 2, -2), 0.9),
    (0.5, 1.0, (0, -3, 1), -2.0),
    (0.0, 0.0, (1, 0, 0), 0.4),
]

UNITS = np.eye(4).reshape(2, 2, 2, 2).astype(complex)  # |i⟩⟨j|


def spin_diagonal(up, down, direction):
    """up |m+⟩⟨m+| + down |m-⟩⟨m-|, from the eigenvectors of m·σ."""
    m = np.array(direction) / np.linalg.norm(direction)
    values, vectors = np.linalg.eigh(np.tensordot(m, SIGMA[1:], 1))
    return (vectors * np.where(values > 0, up, down)) @ vectors.conj().T


def pauli_components(matrix):
    return np.einsum("mij,ji->m", SIGMA, matrix) / 2


@pytest.mark.parametrize(("transmission", "polarization", "direction", "phase"), LAWS)
def test_contact_law_is_the_spin_matrix_algebra(transmission, polarization, direction, phase):
    """r n r† and τ n τ† of 2×2 matrices, for every Pauli component of n and some mixture."""
    up, down = transmission * (1 + polarization), transmission * (1 - polarization)
    r = spin_diagonal(np.sqrt(1 - up), np.sqrt(1 - down) * np.exp(1j * phase), direction)
    tau = spin_diagonal(np.sqrt(up), np.sqrt(down), direction)
    law = contact_law(transmission, polarization, direction, phase)
    for n in (*np.eye(4), np.array([0.3, -1.2, 0.7, 2.0])):
        matrix = np.tensordot(n, SIGMA, 1)
        for found, amplitude in ((law.reflection, r), (law.transmission, tau)):
            expected = pauli_components(amplitude @ matrix @ amplitude.conj().T)
            assert np.abs(expected.imag).max() < 1e-15
            np.testing.assert_allclose(found @ n, expected.real, rtol=0, atol=1e-14)


@pytest.mark.parametrize("law", LAWS)
def test_contacts_pass_or_reflect_all_charge(law):
    """r†r + τ†τ = 1: the charge that is not reflected is transmitted, from either side, whatever its spin."""
    made = contact_law(*law)
    np.testing.assert_allclose((made.reflection + made.transmission)[0], [1, 0, 0, 0], rtol=0, atol=1e-15)
    np.testing.assert_allclose((made.reflection + made.transmission)[:, 0], [1, 0, 0, 0], rtol=0, atol=1e-15)


@pytest.mark.parametrize("law", LAWS)
def test_contacts_are_reciprocal(law):
    """Time reversal turns spin and magnetisation: S R(m, φ)ᵀ S = R(-m, φ) with the eigenstates exchanged."""
    transmission, polarization, direction, phase = law
    here, turned = contact_law(*law), contact_law(transmission, polarization, [-x for x in direction], phase)
    S = np.diag([1, -1, -1, -1])
    np.testing.assert_allclose(S @ here.reflection.T @ S, turned.reflection, rtol=0, atol=1e-15)
    np.testing.assert_allclose(S @ here.transmission.T @ S, turned.transmission, rtol=0, atol=1e-15)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("chance", [0.0, 0.07, 0.6, 1.0])
def test_spin_flip_at_a_surface_keeps_charge_equilibrium_reciprocity_and_positive_numbers(law, chance):
    transmission, polarization, direction, phase = law
    bare, turned = contact_law(*law), contact_law(transmission, polarization, [-x for x in direction], phase)
    found = bare.with_spin_flip(chance)
    np.testing.assert_allclose(found.reflection[0], bare.reflection[0], rtol=0, atol=1e-15)
    np.testing.assert_allclose(found.reflection[:, 0], bare.reflection[:, 0], rtol=0, atol=1e-15)
    assert np.array_equal(found.transmission, bare.transmission)
    S = np.diag([1, -1, -1, -1])
    np.testing.assert_allclose(S @ found.reflection.T @ S, turned.with_spin_flip(chance).reflection, atol=1e-15)
    # Numbers of electrons are never negative, also of those entangled with something else: the matrix of Choi.
    images = [[np.tensordot(found.reflection @ pauli_components(unit), SIGMA, 1) for unit in row] for row in UNITS]
    assert np.linalg.eigvalsh(np.block(images)).min() > -1e-15
    if chance == 0:
        np.testing.assert_allclose(found.reflection, bare.reflection, rtol=0, atol=1e-16)


@pytest.mark.parametrize("chance", [0.0, 0.2, 1.0])
def test_spin_flip_multiplies_the_spin_that_a_wall_or_a_barrier_without_polarization_returns(chance):
    kept = np.diag([1, 1 - chance, 1 - chance, 1 - chance])
    np.testing.assert_array_equal(BoundaryLaw().with_spin_flip(chance).reflection, kept)
    for barrier in (contact_law(0.3), contact_law(0.3, 0.0, (1, 2, 3), 0.8), contact_law(1.0)):
        found = barrier.with_spin_flip(chance).reflection
        np.testing.assert_allclose(found, barrier.reflection @ kept, rtol=0, atol=1e-15)
    assert not Wall(0.0, BoundaryLaw().with_spin_flip(chance)).symmetry


@pytest.mark.parametrize("specularity", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("turn", [(0, 0, 0), (0.0, 0.0, 3e-3)])
def test_walls_that_flip_spin_relax_it_in_a_thin_film_at_f_over_twice_the_thickness(specularity, turn):
    """Each wall is hit by n v_F/4, so that spin relaxes at f v_F/2d beside 1/τ_s; charge is not touched."""
    thickness, chance, rate = 0.05, 0.02, 0.3
    metal = combine([], momentum_rate=1.0, spin_flip_rate=0.01)
    grid = Grid((2,), (4,), (thickness / 4,), np.zeros(4, int), (False,))
    found = []
    for own in (0.0, chance):
        wall = Wall(specularity, BoundaryLaw().with_spin_flip(own))
        film = Transport(
            grid, double_gauss(8, 8, "z"), [metal], {(0, False): wall, (0, True): wall}, precession=turn, rate=rate
        )
        start = film.sweep.distribution()
        angular = np.empty(start)
        film.isotropic(np.broadcast_to([0.7, 0.0, 0.0, 1.0], (4, 2, 4)).copy(), angular)
        phi = film.solve(angular=angular, rtol=1e-12).phi[:, :, 0].mean((0, 1))
        assert phi[0] == pytest.approx(0.7, rel=1e-11)
        found.append(rate * (1 / phi[3] - 1))
    assert found[0] == pytest.approx(0.01, rel=1e-6)
    assert found[1] - found[0] == pytest.approx(chance / (2 * thickness), rel=0.05)


@pytest.mark.parametrize(("transmission", "polarization"), [(0.6, 0.8), (-0.1, 0.0), (1.1, 0.0), (0.5, -1.5)])
def test_transmission_outside_zero_to_one_is_refused(transmission, polarization):
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        contact_law(transmission, polarization)


def test_mirror_keeps_charge_and_the_spin_along_its_normal():
    np.testing.assert_array_equal(np.diag(mirror_law(1).reflection), [1, -1, 1, -1])
    np.testing.assert_array_equal(mirror_law(1).transmission, np.zeros((4, 4)))


FACES = [
    (dimensions, ordinates, specularity)
    for dimensions, ordinates in ((1, product(4, 8)), (2, product(4, 8)), (2, lebedev(7)), (3, lebedev(7)))
    for specularity in (0.0, 0.3, 1.0)
]


@pytest.mark.parametrize(("dimensions", "ordinates", "specularity"), FACES)
def test_walls_return_all_charge_and_spin(dimensions, ordinates, specularity):
    """Σ f_in = Σ f_out, side-jump flux and tangential ordinates included; and f_in is the dense law's."""
    arguments, _ = mixed_device(dimensions, ordinates, specularity=specularity)
    grid, rng = arguments[0], np.random.default_rng(5)
    transport, dense = Transport(*arguments[:5]), DenseKinetic(*arguments)
    phi = rng.standard_normal(transport.sweep.shape)
    jumped = dense.side_jump(grid.to_points(phi)[..., None], 0)
    assert np.abs(jumped).max() > 0
    for face, part in zip(dense.faces(), transport.boundary, strict=True):
        faces = transport.sweep.faces()
        for values in faces:
            values[:] = rng.standard_normal(values.shape)
        side = part.side
        jump = side.side_jump(phi)
        kept, leaving = part.leave(faces, jump), Side.leave(side, faces, jump)  # diffuse faces keep the sum only
        # without contacts everything comes back
        total, back = Side.total_out(side, leaving), side.reflect(kept, np.eye(4))
        np.testing.assert_allclose(side.total_out(kept), total, rtol=0, atol=1e-13)
        np.testing.assert_allclose(side.moments_in(back)[:, :, 0], total, rtol=0, atol=1e-13)
        # with them, charge comes back by 1 - 𝒯 of an unpolarised flux; compared with the dense law
        slots, own = outgoing_slots(transport, side)
        state = np.zeros((len(dense.w), *face_points(grid, face[0], leaving[:, :, 0]).shape[:-1], 4, 1))
        values = np.moveaxis(face_points(grid, face[0], leaving), -2, 0)
        state[slots[own]] = values[own][..., None]
        expected = np.tensordot(dense.w, dense.law(state, *face), 1)[..., 0]
        returned = side.reflect(kept, part.reflection, not part.mirror)
        found = face_points(grid, face[0], side.moments_in(returned)[:, :, 0])
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


def outgoing_slots(transport, side):
    """Ordinates that leave through a face, tangential ones last, and which of them are not repeated."""
    groups, tangential = transport.octants, side.cosine < 1e-14

    def slots(table):
        return np.concatenate([table[side.out].reshape(-1), table[side.into].reshape(-1)[tangential]])

    return slots(groups.index), ~slots(groups.repeated)


def test_lebedev_sets_have_tangential_ordinates():
    transport = Transport(*mixed_device(2, lebedev(7))[0][:5])
    for axis in range(2):
        assert (transport.octants.cosines[:, axis] == 0).any()


def half_device(dimensions, axis):
    """Something without any symmetry, contacts with spin in all directions; the Larmor vector along the normal."""
    rng = np.random.default_rng(dimensions)
    shape = {1: (1, 1, 3), 2: (3, 1, 2), 3: (2, 1, 2)}[dimensions]
    other = 0 if axis == 2 and dimensions > 1 else 2
    cells = rng.integers(0, 2, shape)
    face = (other, True) if dimensions > 1 else (axis, False)
    portion = np.zeros([1 if a == face[0] else n for a, n in enumerate(shape)], int)
    portion.reshape(-1)[0] = 1
    if dimensions > 1:
        portion.reshape(-1)[-1] = 2
    contacts = ((0.6, 0.5, np.array([1.0, 0.3, -0.4]), 0.5), (0.3, -0.4, np.array([0.2, 1.0, 0.7]), 0.0))
    count = 2 if dimensions > 1 else 1
    return Device(
        cells,
        (0.4, 1.0, 0.6),
        {face: portion},
        {face: 0.5, (axis, False): 0.3},
        contacts[:count],
        tuple(0.7 * np.eye(3)[axis]),
        np.array([[1.0, 0.3, -0.2, 0.5], [0.0, 0.2, 0.1, -0.3]])[:count],
        (alloy((0.4, 1.1, -0.3), 0.05), alloy((0.1, 1.4, 0.2), 0.02)),
    )


def completed(half, axis):
    """The whole device whose lower part along an axis is the half: everything mirrored, spins as axial vectors."""
    R = np.diag(np.where(np.arange(3) == axis, -1, 1))
    image, count = half.transformed(R), len(half.contacts)
    portions = {}
    for face, portion in half.portions.items():
        mirrored = np.where(image.portions[face if face[0] != axis else (axis, True)] > 0, 1, 0)
        second = image.portions[face if face[0] != axis else (axis, True)] + count * mirrored
        if face[0] == axis:
            portions[axis, False], portions[axis, True] = portion, second
        else:
            portions[face] = np.concatenate([portion, second], axis)
    return replace(
        half,
        cells=np.concatenate([half.cells, image.cells], axis),
        portions=portions,
        specularity={**half.specularity, (axis, True): half.specularity[axis, False]},
        contacts=half.contacts + image.contacts,
        reservoirs=np.vstack([half.reservoirs, image.reservoirs]),
    )


@pytest.mark.parametrize(
    ("dimensions", "axis", "ordinates"),
    [(1, 2, double_gauss(4, 8, "z")), (2, 2, product(4, 8)), (2, 0, lebedev(7)), (3, 2, lebedev(7))],
)
def test_half_with_a_symmetry_plane_is_the_whole_device(dimensions, axis, ordinates):
    """Spin is reflected as an axial vector, and of the side-jump flux only what the image does not cancel passes."""
    half = half_device(dimensions, axis)
    whole = completed(half, axis)
    phi, current, flux = half.solve(ordinates, symmetry=[(axis, True)])
    phi_whole, current_whole, flux_whole = whole.solve(ordinates)
    lower = [slice(None)] * 3
    lower[axis] = slice(2 * half.cells.shape[axis])
    np.testing.assert_allclose(phi_whole[tuple(lower)], phi, rtol=0, atol=1e-11)
    np.testing.assert_allclose(current_whole[tuple(lower)], current, rtol=0, atol=1e-11)
    np.testing.assert_allclose(flux_whole[: len(flux)], flux, rtol=0, atol=1e-12)
    assert np.abs(flux[:, 1:]).max() > 1e-3  # spin flows
