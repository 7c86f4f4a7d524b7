"""Time steps against the dense kinetic equation (all angles, one matrix), exact relaxation and exact Fourier modes."""

import numpy as np
import pytest
import scipy.linalg
from dense import DenseKinetic, alloy, mixed_device

from boltzsim.limits.modes import relaxation_rate
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law
from boltzsim.transport.ordinates import double_gauss, lebedev, product
from boltzsim.transport.steady import Transport
from boltzsim.transport.stepper import GAMMA, DriveInTime, Evolution, State, between

SOLVER = {"rtol": 1e-12, "max_products": 200}


def constant(reservoirs, field=(0.0, 0.0, 0.0)):
    """Contacts at constant voltages."""
    reservoirs = np.asarray(reservoirs, float)
    none = np.zeros((0, len(reservoirs), 4))
    charge = np.eye(1, 4).repeat(len(reservoirs), 0)
    return DriveInTime(lambda s: reservoirs.copy(), none, none, none, lambda s: np.zeros(0), charge, field)


def first_by_current(reservoirs, current):
    """The first contact driven by a current, the others at constant voltages."""
    free, charge = np.zeros((1, len(reservoirs), 4)), np.eye(1, 4).repeat(len(reservoirs), 0)
    free[0, 0, 0] = 1.0
    return DriveInTime(lambda s: reservoirs.copy(), free, free, 0 * free, lambda s: np.array([current]), charge)


def evolution(arguments, drive, n, like=None, **options):
    """Evolution from an isotropic n (cells, corners, 4)."""

    def make(rate):
        return Transport(*arguments, rate=rate, **options)

    still = make(0.0)
    angular = np.empty(still.sweep.distribution())
    phi = still.isotropic(n, angular)
    contacts = len(drive.voltage)
    state = State(phi, None, np.zeros(contacts), np.zeros((contacts, 4)), np.zeros(len(drive.free)))
    evolution = Evolution(make, drive, angular, np.empty_like(angular), SOLVER, like)
    evolution.state = state
    return evolution


def run(moving, end, steps):
    """Constant steps; the charge that came in through every contact."""
    entered = 0.0
    for i in range(steps):
        moving.attempt(i * end / steps, end / steps)
        entered = entered + moving.accept() * end / steps
    return entered


def start(grid, seed=5):
    return np.random.default_rng(seed).standard_normal((len(grid.metal), grid.corners, 4))


def dense_state(dense, grid, n):
    """An isotropic n as a flat state of the dense equation."""
    return np.broadcast_to(grid.to_points(n), dense.shape).reshape(-1)


@pytest.mark.parametrize(
    ("dimensions", "ordinates", "periodic"),
    [(1, product(4, 8), False), (2, lebedev(5), False), (2, lebedev(5), True), (3, lebedev(5), False)],
)
def test_steps_are_those_of_the_dense_equation(dimensions, ordinates, periodic):
    """Two steps, with contacts, walls, two alloys, side jump, Larmor precession and a field, to rounding."""
    arguments, reservoirs = mixed_device(dimensions, ordinates, periodic=periodic)
    grid, h, field = arguments[0], 0.7, (0.1, -0.2, 0.3)
    n = start(grid)
    moving = evolution(arguments, constant(reservoirs, field), n)
    run(moving, 2 * h, 2)
    dense = DenseKinetic(*arguments)
    A, rest = dense.matrix(), dense.solve(reservoirs, field).reshape(-1)
    stage = np.eye(len(A)) + GAMMA * h * A
    psi = dense_state(dense, grid, n) - rest
    for _ in range(2):
        first = np.linalg.solve(stage, psi)
        psi = np.linalg.solve(stage, psi + (1 - GAMMA) / GAMMA * (first - psi))
    expected = dense.moments((psi + rest).reshape(*dense.shape, 1))[..., 0]
    np.testing.assert_allclose(grid.to_points(moving.state.phi), expected, rtol=0, atol=3e-11)
    flux = dense.terminal_flux((psi + rest).reshape(*dense.shape, 1), reservoirs)
    np.testing.assert_allclose(moving.state.flux, flux, rtol=0, atol=3e-11)


@pytest.mark.parametrize("length", [0.05, 40.0])
def test_order_is_two(length):
    """In a thin and in a thick, stiff medium: errors against the exponential of the dense operator."""
    grid = Grid((2,), (4,), (length / 4,), np.zeros(4, int), (False,))
    walls = {(0, up): Wall(0.3) for up in (False, True)}
    arguments = (grid, product(4, 8), [alloy((0.4, 1.1, -0.3), 0.05)], walls, (), (0.0, 0.3, 0.2))
    n = np.random.default_rng(2).standard_normal((4, 1, 4)).repeat(2, 1)
    dense, end = DenseKinetic(*arguments), 0.4 * length if length < 1 else 8.0
    psi = scipy.linalg.expm(-end * dense.matrix()) @ dense_state(dense, grid, n)
    exact = dense.moments(psi.reshape(*dense.shape, 1))[..., 0][:, 0]
    errors = []
    for steps in (8, 16, 32):
        moving = evolution(arguments, constant(np.zeros((0, 4))), n)
        run(moving, end, steps)
        errors.append(np.abs(grid.to_points(moving.state.phi)[:, 0] - exact).max())
    order = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all((order > 1.8) & (order < 2.2)), (errors, order)


def test_order_is_two_with_stiff_collisions():
    """Charge spreads over a thick conductor in steps of 6 to 25 collision times."""
    grid = Grid((2,), (6,), (7.0,), np.zeros(6, int), (False,))
    arguments = (grid, product(4, 8), [alloy((0.4, 1.1, -0.3), 0.05)], {}, (), (0.0, 0.0, 0.0))
    shape = np.cos(np.pi * grid.corner_points()[0] / 42.0)
    n, dense, end = shape[..., None] * np.array([1.0, 0.0, 0.0, 0.0]), DenseKinetic(*arguments), 400.0
    psi = scipy.linalg.expm(-end * dense.matrix()) @ dense_state(dense, grid, n)
    exact = dense.moments(psi.reshape(*dense.shape, 1))[..., 0][:, 0, 0]
    errors = []
    for steps in (16, 32, 64):
        moving = evolution(arguments, constant(np.zeros((0, 4))), n)
        run(moving, end, steps)
        errors.append(np.abs(grid.to_points(moving.state.phi)[:, 0, 0] - exact).max())
    order = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all((order > 1.7) & (order < 2.3)), (errors, order)
    assert 0.1 < np.abs(exact).max() < 0.7


def test_homogeneous_relaxation():
    """Spin of a uniform medium relaxes as exp(-Λt), its hidden l = 2 partner included, to the order of the method."""
    operators = alloy((0.1, np.pi / 2, 0.05))
    grid = Grid((2,), (1,), (1.0,), np.zeros(1, int), (True,))
    arguments = (grid, product(4, 8), [operators], {})
    n = np.broadcast_to([0.0, 0.0, 0.0, 1.0], (1, 2, 4))
    vector = np.zeros(len(operators.gain))
    vector[3] = 1.0
    exact = (scipy.linalg.expm(-3.0 * operators.lambda_) @ vector)[3]
    errors = []
    for steps in (10, 20, 40):
        moving = evolution(arguments, constant(np.zeros((0, 4))), n)
        run(moving, 3.0, steps)
        errors.append(abs(moving.state.phi[0, 0, 0, 3] - exact))
    order = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all((order > 1.85) & (order < 2.15)), (errors, order)
    assert errors[-1] < 1e-3 * exact


def test_stiff_components_are_damped():
    """L-stability: a step of a thousand relaxation times leaves next to nothing of what relaxes."""
    grid = Grid((2,), (1,), (1.0,), np.zeros(1, int), (True,))
    arguments = (grid, product(4, 8), [alloy((0.4, 1.1, -0.3))], {})
    moving = evolution(arguments, constant(np.zeros((0, 4))), np.broadcast_to([1.0, 0.0, 0.0, 1.0], (1, 2, 4)))
    run(moving, 1e5, 1)
    assert abs(moving.state.phi[0, 0, 0, 3]) < 1e-4
    np.testing.assert_allclose(moving.state.phi[:, :, 0, 0], 1.0, rtol=1e-10)  # rounding × step × loss


@pytest.mark.parametrize("by_current", [False, True])
@pytest.mark.parametrize(("dimensions", "ordinates"), [(1, product(4, 8)), (2, lebedev(5)), (3, lebedev(5))])
def test_charge_is_conserved(dimensions, ordinates, by_current):
    """What is stored is what came in, to rounding, although the stages are solved to 1e-6 only."""
    arguments, reservoirs = mixed_device(dimensions, ordinates)
    grid, n = arguments[0], start(arguments[0])
    drive = constant(reservoirs)
    if by_current:
        reservoirs[0, 0] = 0.0
        drive = first_by_current(reservoirs, 0.02)
    moving = evolution(arguments, drive, n)
    moving.solver = {"rtol": 1e-6, "max_products": 100}

    def stored():
        return grid.corner_volume @ moving.state.phi[:, :, 0, 0].sum(1)

    before = stored()
    entered = run(moving, 3.0, 4)[:, 0].sum()
    assert abs(stored() - before - entered) < 1e-13 * grid.corner_volume @ np.abs(n[..., 0]).sum(1)


def test_currents_are_imposed_and_the_steady_state_reached():
    """A current that is switched on: the contact carries it at every stage; in the end all is steady."""
    arguments, reservoirs = mixed_device(1, product(4, 8))
    reservoirs[:, 0] = 0.0
    wanted = np.array([0.02, 0.0])
    drive = first_by_current(reservoirs.copy(), 0.02)
    moving = evolution(arguments, drive, np.zeros((4, 2, 4)))
    moving.attempt(0.0, 0.1)
    mean = moving.accept()
    assert moving.state.flux[0, 0] == pytest.approx(wanted[0], rel=1e-12)
    assert mean[0, 0] == pytest.approx(wanted[0], rel=1e-12)
    for i in range(12):
        moving.attempt(0.1 + 50.0 * i, 50.0)
        moving.accept()
    reservoirs[0, 0] = moving.state.voltage[0]
    steady = Transport(*arguments).solve(reservoirs, rtol=1e-12)
    np.testing.assert_allclose(moving.state.phi, steady.phi, rtol=0, atol=1e-9 * np.abs(steady.phi).max())
    np.testing.assert_allclose(moving.state.flux, steady.flux, rtol=0, atol=1e-9 * np.abs(steady.flux).max())


def test_a_reversed_magnet_starts_from_the_device_as_it_is():
    """A tunnel contact with a magnet is turned: the same as without knowledge of the other state, in fewer sweeps."""
    arguments, reservoirs = mixed_device(2, lebedev(5))
    reservoirs[:, 0] = 0.0
    drive, n = first_by_current(reservoirs, 0.02), start(arguments[0])
    laws = [[arguments[4][0], contact_law(0.01, 0.6 * sign, (0, 1, 1))] for sign in (1, -1)]
    ahead, turned = ([*arguments[:4], own, arguments[5]] for own in laws)
    first = evolution(ahead, drive, n)
    second, alone = evolution(turned, drive, n, like=first), evolution(turned, drive, n)
    for s, step in ((0.0, 0.3), (0.3, 0.3), (0.6, 0.5), (1.1, 0.5)):
        for one in (first, second, alone):
            one.attempt(s, step)
            one.accept()
    assert np.abs(first.state.phi - alone.state.phi).max() > 1e-4
    np.testing.assert_allclose(second.state.phi, alone.state.phi, rtol=0, atol=1e-10)
    np.testing.assert_allclose(second.state.voltage, alone.state.voltage, rtol=0, atol=1e-10)
    assert second.account.sweeps < 0.85 * alone.account.sweeps


def test_the_error_of_a_first_step_has_the_order_it_is_said_to_have():
    """From nothing, from something, and once the rate of change is known: errors of steps of 1, 1/2 and 1/4."""
    arguments, reservoirs = mixed_device(1, product(4, 8))
    n = start(arguments[0])
    for level, steps, order in ((0.0, 0, 1), (1.0, 0, 2), (1.0, 1, 3)):
        errors = []
        for step in (2e-3, 1e-3, 5e-4):
            moving = evolution(arguments, constant(reservoirs), level * n)
            run(moving, steps * step, steps)
            assert moving.order == order
            errors.append(moving.attempt(steps * step, step))
        found = np.log2(np.array(errors[:-1]) / errors[1:])
        np.testing.assert_allclose(found, order, atol=0.1)


def test_stages_in_which_few_scatter_need_no_preconditioner(monkeypatch):
    """A uniform spin relaxes in short steps: known images make the start good enough, as its own residual tells."""
    grid = Grid((2,), (4,), (0.5,), np.zeros(4, int), (True,))
    arguments, n = (grid, product(4, 8), [alloy((0.4, 1.1, -0.3))], {}), np.tile(np.eye(1, 4, 3), (4, 2, 1))
    dense, h, applied = DenseKinetic(*arguments), 0.05, []
    moving = evolution(arguments, constant(np.zeros((0, 4))), n)
    moving.solver = {"rtol": 1e-8, "max_products": 100}
    stage = np.linalg.inv(np.eye(dense.matrix().shape[0]) + GAMMA * h * dense.matrix())
    psi, precondition = dense_state(dense, grid, n), Transport._precondition
    monkeypatch.setattr(Transport, "_precondition", lambda *args: applied.append(0) or precondition(*args))
    for i in range(20):
        moving.attempt(i * h, h)
        moving.accept()
        psi = stage @ (psi + (1 - GAMMA) / GAMMA * (stage @ psi - psi))
    assert 0 < len(applied) < 20  # of forty stages, mostly the first ones
    expected = dense.moments(psi.reshape(*dense.shape, 1))[..., 0]
    np.testing.assert_allclose(grid.to_points(moving.state.phi), expected, rtol=0, atol=20 * 1e-8)


def test_a_steady_state_stays():
    """The angular distribution of a steady solution, taken from its Krylov vector, does not change in time."""
    arguments, reservoirs = mixed_device(2, lebedev(5))
    still = Transport(*arguments)
    solution = still.solve(reservoirs, rtol=1e-13)
    angular = np.empty(still.sweep.distribution())
    phi, flux = still.advance(solution.vector, angular, reservoirs)
    np.testing.assert_allclose(phi, solution.phi, rtol=0, atol=1e-11)
    moving = evolution(arguments, constant(reservoirs), np.zeros((4, 4, 4)))
    moving.angular, moving.state = angular, State(phi, None, np.zeros(2), flux, np.zeros(0))
    run(moving, 5.0, 3)
    np.testing.assert_allclose(moving.state.phi, solution.phi, rtol=0, atol=1e-11)


def test_error_estimate_is_the_error():
    """Of one step, once the rate of change at its start is known: the error against the exponential, to 10 %."""
    grid = Grid((2,), (2,), (0.5,), np.zeros(2, int), (True,))
    arguments = (grid, product(4, 8), [alloy((0.4, 1.1, -0.3))], {})
    n = start(grid)[:, :1].repeat(2, 1)
    moving = evolution(arguments, constant(np.zeros((0, 4))), n)
    dense, h = DenseKinetic(*arguments), 0.05
    A = dense.matrix()
    stage = np.linalg.inv(np.eye(len(A)) + GAMMA * h * A)
    one = stage @ (np.eye(len(A)) + (1 - GAMMA) / GAMMA * (stage - np.eye(len(A))))
    exact = scipy.linalg.expm(-h * A)
    psi = dense_state(dense, grid, n)
    for i in range(20):
        estimate = moving.attempt(i * h, h)
        moving.accept()
        lost = dense.moments(((exact - one) @ psi).reshape(*dense.shape, 1))[..., 0]
        psi = one @ psi
    phi = moving.state.phi
    true = max(np.linalg.norm(lost[..., part]) / np.linalg.norm(phi[..., part]) for part in (slice(0, 1), slice(1, 4)))
    assert estimate == pytest.approx(true, rel=0.1)


def test_states_between_steps():
    """Inside a step the moments follow the exact solution to third order."""
    grid = Grid((2,), (2,), (0.5,), np.zeros(2, int), (True,))
    arguments = (grid, product(4, 8), [alloy((0.4, 1.1, -0.3))], {})
    n = start(grid)[:, :1].repeat(2, 1)
    dense = DenseKinetic(*arguments)
    A, errors = dense.matrix(), []
    for h in (0.04, 0.02):
        moving = evolution(arguments, constant(np.zeros((0, 4))), n)
        worst = 0.0
        for i in range(4):
            moving.attempt(i * h, h)
            before = moving.state
            moving.accept()
            psi = scipy.linalg.expm(-(i + 0.4) * h * A) @ dense_state(dense, grid, n)
            exact = dense.moments(psi.reshape(*dense.shape, 1))[..., 0]
            ends = dense.moments((scipy.linalg.expm(-i * h * A) @ dense_state(dense, grid, n)).reshape(*dense.shape, 1))
            inside = grid.to_points(between(before, moving.state, h, 0.4))
            drift = grid.to_points(before.phi) - ends[..., 0]  # of the steps so far
            worst = max(worst, np.abs(inside - exact - drift).max())
        errors.append(worst)
    assert 2.5 < np.log2(errors[0] / errors[1]) < 4.5, errors


def decay_rate(k, cells, end=16.0, steps=120):
    """Decay rate at late times of a density wave in an isotropic scatterer."""
    length = 2 * np.pi / k
    grid = Grid((2,), (cells,), (length / cells,), np.zeros(cells, int), (True,))
    arguments = (grid, double_gauss(8, 6, "z"), [alloy((np.pi / 2, 0, 0))], {})
    wave = np.cos(k * grid.corner_points()[0]).reshape(-1)
    moving = evolution(arguments, constant(np.zeros((0, 4))), wave.reshape(cells, 2, 1) * np.eye(1, 4))
    moving.solver = {"rtol": 1e-9, "max_products": 100}
    amplitude = []
    for i in range(steps):
        moving.attempt(i * end / steps, end / steps)
        moving.accept()
        amplitude.append(moving.state.phi[:, :, 0, 0].reshape(-1) @ wave)
    late = slice(3 * steps // 4, None)
    return -np.polyfit(np.arange(steps)[late] * end / steps, np.log(amplitude[late]), 1)[0]


@pytest.mark.parametrize("k", [0.5, 1.0])
def test_fourier_mode_of_isotropic_scattering(k):
    """Decay of a density wave, s = k cot k - 1 (reference/fourier_modes.json), and second order in the cell size."""
    exact = 1 - k / np.tan(k)
    assert relaxation_rate(alloy((np.pi / 2, 0, 0)), k, "charge") == pytest.approx(exact, rel=1e-10)
    coarse, fine = decay_rate(k, 48), decay_rate(k, 96)
    assert 3.5 < (coarse - exact) / (fine - exact) < 4.5
    assert (4 * fine - coarse) / 3 == pytest.approx(exact, rel=3e-4)
