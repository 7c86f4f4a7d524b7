"""What transport must respect on any grid: conservation, equilibrium, reciprocity, symmetry in space."""

from dataclasses import replace

import numpy as np
import pytest
from dense import DenseKinetic, Device, alloy, mixed_device

from boltzsim.material.harmonics import harmonics
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law
from boltzsim.transport.ordinates import double_gauss, lebedev, product
from boltzsim.transport.steady import Transport

ETA = (0.4, 1.1, -0.3)
SET = product(4, 8)
THETA = np.array([1, -1, -1, -1])  # time reversal on the Pauli components


def block(alpha, etas=(ETA,), scale=1.0):
    """A 2D block with three ferromagnetic terminals on three faces, walls of all kinds, and a Larmor vector."""
    cells = np.random.default_rng(7).integers(0, len(etas), (5, 1, 4))
    left, right, top = np.zeros((1, 1, 4), int), np.zeros((1, 1, 4), int), np.zeros((5, 1, 1), int)
    left[0, 0, :2], top[1:3], right[0, 0, 1:] = 1, 2, 3
    contacts = (
        (0.6, 0.5, np.array([1.0, 0.3, -0.4]), 0.5),
        (0.3, -0.4, np.array([0.2, 1.0, 0.7]), 0.0),
        (1.0, 0.0, np.array([0.0, 0.0, 1.0]), 0.0),
    )
    return Device(
        cells,
        (scale * np.array([0.3, 0.4, 0.6, 0.3, 0.4]), 1.0, scale * np.array([0.7, 0.5, 0.6, 0.4])),
        {(0, False): left, (2, True): top, (0, True): right},
        {(2, False): 0.5, (2, True): 0.3, (0, False): 1.0},
        contacts,
        (0.3, -0.2, 0.5),
        np.array([[1.0, 0.3, 0.2, 0.5], [-0.2, 0.0, -0.1, 0.2], [0.0, 0.4, 0.0, 0.0]]),
        tuple(alloy(eta, alpha / (1 + k)) for k, eta in enumerate(etas)),
    )


def conductance(device, ordinates=SET):
    """Charge currents of all contacts (rows) for a unit voltage on each (columns)."""
    transport = Transport(*device.arguments(ordinates))
    n = len(device.contacts)
    units = np.einsum("ij,k->ijk", np.eye(n), [1.0, 0, 0, 0])
    return np.array([transport.solve(unit, rtol=1e-12).flux[:, 0] for unit in units]).T


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_charge_and_spin_are_balanced(scale):
    """At the default tolerance: terminal currents, every corner, and spin against what scattering and B take from it.

    The spin lost is summed from the moments, Σ volume (Λφ - ω×φ)_{l=0}, which knows nothing of sweep or boundary.
    """
    device = block(0.05, (ETA, (0.1, 1.4, 0.2)), scale)
    transport = Transport(*device.arguments(SET))
    solution = transport.solve(device.reservoirs)
    injected = np.abs(solution.flux).max()
    assert solution.charge_balance < 1e-9 and solution.spin_balance < 1e-9
    assert abs(solution.flux[:, 0].sum()) < 1e-9 * injected
    grid = transport.grid
    flat = solution.phi.reshape(*solution.phi.shape[:2], -1)
    relaxation = np.array([m.lambda_[:4] for m in device.materials])[grid.metal]
    lost = np.einsum("l,lui,lci->u", grid.corner_volume, relaxation, flat)
    spin = grid.corner_volume @ solution.phi[:, :, 0, 1:].sum(1)
    lost[1:] -= np.cross(device.precession, spin)
    np.testing.assert_allclose(solution.flux.sum(0), lost, rtol=0, atol=3e-9 * injected)
    assert np.abs(lost[1:]).max() > 1e-4 * injected


@pytest.mark.parametrize("ordinates", [SET, lebedev(7)])
def test_charge_is_balanced_in_every_cell(ordinates):
    """Charge through the faces of every cell, recomputed from the final moments by dense transport."""
    arguments, reservoirs = mixed_device(2, ordinates)
    arguments = (*arguments[:5], (0.7, 0, 0))
    transport = Transport(*arguments)
    solution = transport.solve(reservoirs)
    dense = DenseKinetic(*arguments)
    phi = dense.grid.to_points(solution.phi)[..., None]
    psi, nothing = np.zeros((*dense.shape, 1)), np.zeros((*phi.shape[:-1], 1))

    def entering(psi, phi):
        return {f: dense.law(dense.outgoing(psi, phi, *f), *f) + dense.injected(reservoirs, *f) for f in dense.faces()}

    def streaming(psi):
        return dense.balance(psi, nothing, {f: dense.law(dense.outgoing(psi, nothing, *f), *f) for f in dense.faces()})

    right = -dense.balance(psi, phi, entering(psi, phi))
    psi = np.linalg.solve(dense.matrix(streaming), right.reshape(-1)).reshape(psi.shape)
    net = 0.0
    for axis in range(2):
        through = np.tensordot(dense.w, dense.fluxes(psi, phi, entering(psi, phi), axis)[..., 0, 0], (0, 1))
        cells = np.diff(through[::2], axis=0) * dense.areas(axis)
        cells = cells.reshape(cells.shape[0], -1, 2).sum(-1)
        net = net + (cells.T if axis == 0 else cells)
    injected = np.abs(solution.flux[:, 0]).max()
    assert np.abs(net).max() < 1e-9 * injected
    assert np.abs(np.diff(phi[..., 0, 0, 0])).max() > 0.01


@pytest.mark.parametrize("alpha", [0.0, 0.05])
def test_equilibrium(alpha):
    """All contacts at one potential: n uniform and no current, between any magnets and in two alloys, to rounding."""
    device = block(alpha, (ETA, (0.1, 1.4, 0.2)))
    device = replace(device, reservoirs=np.tile([1.0, 0, 0, 0], (3, 1)))
    phi, current, flux = device.solve(SET)
    uniform = np.zeros((9, 4))
    uniform[0, 0] = 1.0
    np.testing.assert_allclose(phi, np.broadcast_to(uniform, phi.shape), rtol=0, atol=1e-11)
    assert np.abs(current).max() < 1e-11 and np.abs(flux).max() < 1e-12


def test_side_jump_without_contacts_has_a_steady_state():
    """Two alloys between walls, driven by a field along the uniform axes: current flows along, none through the walls.

    The charge is known up to a constant; its mean is zero.
    """
    grid = Grid((1,), (5,), (0.7,), np.array([0, 0, 1, 1, 1]), (False,))
    walls = {(0, up): Wall(0.5) for up in (False, True)}
    materials = [alloy(ETA, 0.05), alloy((0.1, 1.4, 0.2), 0.02)]
    transport = Transport(grid, product(4, 8), materials, walls)
    solution = transport.solve(field=(1, 0, 1), rtol=1e-10)
    currents = transport.currents(solution.phi)
    assert solution.charge_balance < 1e-11
    assert abs(solution.phi[:, :, 0, 0].mean()) < 1e-12
    assert currents[:, :, 0, 0].min() > 0.1
    assert np.abs(currents[:, :, 1, 0].mean(1)).max() < 1e-10
    assert np.abs(solution.phi[:, :, 0, 1:]).max() > 1e-3  # the spin Hall effect piles spin up


def test_onsager_between_terminals():
    """G_ij(m, B) = G_ji(-m, -B) with three ferromagnetic terminals and two alloys; not without the reversal."""
    device = block(0.0, (ETA, (0.1, 1.4, 0.2)))
    here, turned = conductance(device), conductance(device.reversed())
    np.testing.assert_allclose(here, turned.T, rtol=0, atol=1e-12 * np.abs(here).max())
    assert np.abs(here - here.T).max() > 1e-4 * np.abs(here).max()
    np.testing.assert_allclose(here.sum(0), 0, atol=1e-13)  # charge
    np.testing.assert_allclose(here.sum(1), 0, atol=1e-13)  # equal potentials


def refined(device, factor):
    def repeated(array):
        for axis in (0, 2):
            array = np.repeat(array, factor, axis) if array.shape[axis] > 1 else array
        return array

    return replace(
        device,
        cells=repeated(device.cells),
        spacing=tuple(np.repeat(h, factor) / factor if np.ndim(h) else h for h in device.spacing),
        portions={face: repeated(portion) for face, portion in device.portions.items()},
    )


def onsager_violation(device):
    here, turned = conductance(device), conductance(device.reversed())
    return np.abs(here - turned.T).max() / np.abs(here).max()


def test_onsager_with_side_jump():
    """In the bulk the side jump is reciprocal (below), and so are the laws at the boundary but for its discretisation:
    the error vanishes with the cells. Rows and columns of the conductances add up to zero on any grid.
    """
    device = block(0.01)
    matrix = conductance(device)
    np.testing.assert_allclose(matrix.sum(0), 0, atol=1e-12)  # charge
    np.testing.assert_allclose(matrix.sum(1), 0, atol=1e-12)  # equal potentials
    errors = [onsager_violation(refined(device, factor)) for factor in (1, 2, 4)]
    assert errors[0] < 1e-4
    assert errors[2] < 0.15 * errors[0] and errors[1] < 0.4 * errors[0]


def test_onsager_between_spin_and_charge_in_a_slab():
    """Normal contacts, spin and charge potentials alike: the 8×8 conductance is Θ-symmetric under B -> -B."""
    grid = Grid((2,), (6,), (0.5,), np.array([0, 1, 1, 0, 0, 1]), (False,))
    walls = {(0, up): Wall(0.4 * up, portion=np.array([1 + up])) for up in (False, True)}
    laws = [contact_law(0.5, mixing_phase=0.0), contact_law(0.8)]
    materials = [alloy(ETA), alloy((0.1, 1.4, 0.2))]

    def response(sign):
        precession = sign * np.array([0.3, -0.2, 0.5])
        transport = Transport(grid, double_gauss(4, 8, "z"), materials, walls, laws, precession)
        columns = [transport.solve(unit.reshape(2, 4), rtol=1e-13).flux.reshape(-1) for unit in np.eye(8)]
        return np.array(columns).T

    here, turned = response(1), response(-1)
    theta = np.tile(THETA, 2)
    np.testing.assert_allclose(here, theta[:, None] * turned.T * theta, rtol=0, atol=1e-12)
    assert np.abs(here - theta[:, None] * here.T * theta).max() > 1e-3


@pytest.mark.parametrize("eta", [ETA, (0.1, np.pi / 2, 0.05), (0, np.pi / 2, 0)])
def test_superoperators_are_reciprocal(eta):
    """X = S Xᵀ S with S = diag(1, -1, -1, -1): symmetric in charge and in spin, antisymmetric between them."""
    operators = alloy(eta, 0.05)
    S = np.tile(THETA, len(operators.gain) // 4)
    for X in (operators.gain, *operators.drift):
        np.testing.assert_allclose(X, S[:, None] * X.T * S, rtol=0, atol=1e-14)
    assert np.abs(operators.drift - operators.drift.swapaxes(1, 2)).max() > 1e-3


def reversed_transpose(dense, matrix):
    """Θ Xᵀ Θ in the quadrature inner product; Θ: p̂ -> -p̂ and spin reversed."""
    directions = dense.ordinates.directions
    opposite = np.abs(directions[:, None] + directions[None]).max(-1).argmin(1)
    full = matrix.reshape(*dense.shape, *dense.shape)
    half = len(dense.shape)
    image = full[opposite][(slice(None),) * half + (opposite,)]
    image = image * THETA * THETA.reshape(-1, *[1] * half)
    weight = dense.w.reshape(-1, *[1] * (half - 1))
    return (image.reshape(matrix.shape).T).reshape(full.shape) * weight / weight.reshape(-1, *[1] * (2 * half - 1))


def periodic_slab(materials, precession=0.0):
    grid = Grid((2,), (4,), (0.5,), np.array([0, 0, len(materials) - 1, 0]), (True,))
    return DenseKinetic(grid, lebedev(5), materials, {}, precession=(precession, 0, 0))


def test_discrete_transport_operator_is_reciprocal():
    """Streaming, collisions, side jump and precession (with B reversed) of one alloy: X = Θ Xᵀ Θ on the grid."""
    here, turned = (periodic_slab([alloy(ETA, 0.05)], sign * 0.7) for sign in (1, -1))
    X = here.matrix()
    np.testing.assert_allclose(
        X.reshape(*here.shape, *here.shape), reversed_transpose(turned, turned.matrix()), rtol=0, atol=1e-14 * X.max()
    )


def test_side_jump_across_an_interface_is_reciprocal():
    """∇·(Xn) + (αV - X)·∇n is reciprocal where alloys meet too: X - ΘXᵀΘ = αV."""
    here, turned = (periodic_slab([alloy(ETA, 0.05), alloy(ETA, 0.01)], sign * 0.7) for sign in (1, -1))
    X = here.matrix()
    np.testing.assert_allclose(
        X.reshape(*here.shape, *here.shape), reversed_transpose(turned, turned.matrix()), rtol=0, atol=1e-14 * X.max()
    )


ROTATIONS = {
    "x to y to z": np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]),
    "90° about y": np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]]),
    "90° about z": np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]]),
    "mirror x": np.diag([-1, 1, 1]),
    "mirror y": np.diag([1, -1, 1]),
    "inversion": -np.eye(3, dtype=int),
}


@pytest.mark.parametrize(
    ("dimensions", "name"),
    [
        *((2, name) for name in ROTATIONS),
        (3, "x to y to z"),
        (3, "inversion"),
        *(pytest.param(3, name, marks=pytest.mark.slow) for name in list(ROTATIONS)[1:-1]),
    ],
)
def test_turned_device_gives_the_turned_answer(dimensions, name):
    """Everything turned: cells, contacts, magnetisations, B, spin potentials; all moments of n turn with it."""
    R, ordinates = ROTATIONS[name], lebedev(7)
    device = block(0.05, (ETA, (0.1, 1.4, 0.2)))
    if dimensions == 3:
        device = replace(
            device,
            cells=np.random.default_rng(3).integers(0, 2, (3, 2, 4)),
            spacing=(0.4, 0.5, 0.6),
            portions={f: np.repeat(p, 2, 1)[: 3 if f[0] == 2 else 1] for f, p in device.portions.items()},
        )
    axial = np.linalg.det(R) * R
    phi, current, flux = device.solve(ordinates)
    turned_phi, turned_current, turned_flux = device.transformed(R).solve(ordinates)

    def expected(values):
        source, signs = np.abs(R).argmax(1), R.sum(1)
        values = values.transpose(*source, 3, 4)
        values = np.flip(values, [a for a in range(3) if signs[a] < 0])
        return np.concatenate([values[..., :1], values[..., 1:] @ axial.T], -1)

    Y = harmonics(ordinates.directions, 2)
    turned_Y = harmonics(ordinates.directions @ R, 2)  # n'(p̂) = n(R⁻¹ p̂)
    among_moments = (Y.T * ordinates.weights) @ turned_Y
    np.testing.assert_allclose(turned_phi, among_moments @ expected(phi), rtol=0, atol=1e-11)
    np.testing.assert_allclose(turned_current, R @ expected(current), rtol=0, atol=1e-11)
    np.testing.assert_allclose(turned_flux, np.c_[flux[:, :1], flux[:, 1:] @ axial.T], rtol=0, atol=1e-12)
