"""Sweep, moment-ordinate products and the whole operator against plain NumPy and one dense matrix."""

import numba
import numpy as np
import pytest
from dense import DenseKinetic, face_points, mixed_device

from boltzsim.material.harmonics import harmonics
from boltzsim.material.superoperators import Operators
from boltzsim.transport.grid import Grid
from boltzsim.transport.kernels.products import moments_to_ordinates, ordinates_to_moments
from boltzsim.transport.ordinates import Ordinates, lebedev, octants, product
from boltzsim.transport.steady import Transport
from boltzsim.transport.sweep import Sweep

GRIDS = {1: ((2,), (5,)), 2: ((0, 2), (3, 2)), 3: ((0, 1, 2), (3, 2, 2))}
LOSSES = np.array([1.0, 2.5])
WIDEST = {1: 16, 2: 8, 3: 4}


def swept(dimensions, ordinates, degree, precession, widest):
    """Grid, octants, and a random source and inflow before and after the sweep."""
    rng = np.random.default_rng(dimensions)
    axes, cells = GRIDS[dimensions]
    material = rng.integers(0, 2, int(np.prod(cells)))
    spacing = (rng.choice([0.1, 0.3, 0.5], cells[0]), 0.5, np.array([0.8, 0.4]))[:dimensions]
    grid = Grid(axes, cells, spacing, material, (False,) * dimensions)
    groups = octants(ordinates, axes, widest=widest)
    sweep = Sweep(grid, groups, degree, LOSSES, precession)
    source, faces = rng.standard_normal(sweep.shape), sweep.faces()
    for face in faces:
        face[:] = rng.standard_normal(face.shape)
    inflow = [face.copy() for face in faces]
    return grid, groups, source, inflow, sweep(source, faces), faces


def one_ordinate(grid, ordinates, n, degree, precession, source, entering):
    """ψ of one ordinate from its own dense matrix."""
    empty = np.zeros((4 * (degree + 1) ** 2,) * 2)
    host = [Operators(degree, loss, empty, np.zeros((3, *empty.shape))) for loss in LOSSES]
    single = Ordinates(ordinates.directions[n : n + 1], np.ones(1))
    dense = DenseKinetic(grid, single, host, {}, precession=(precession, 0, 0))
    nothing = dict.fromkeys(dense.faces(), 0.0)
    vacuum = dense.zeros()[1]
    matrix = dense.matrix(lambda psi: dense.balance(psi, vacuum, nothing))
    right = dense.spread(grid.to_points(source)[..., None]) - dense.balance(*dense.zeros(), entering)
    return np.linalg.solve(matrix, right.reshape(-1)).reshape(dense.shape)[0]


@pytest.mark.parametrize(
    ("dimensions", "ordinates", "degree", "precession"),
    [
        *((d, product(4, 8), 2, rate) for d in (1, 2, 3) for rate in (0.0, 0.7)),
        (1, product(4, 8), 3, 0.7),
        *(pytest.param(d, product(4, 8), 4, rate, marks=pytest.mark.slow) for d, rate in ((2, 0.7), (3, 0.0))),
        *((d, lebedev(order), 2, rate) for d, order in ((1, 7), (2, 7), (3, 5)) for rate in (0.0, 0.7)),
    ],
)
def test_sweep_is_the_inverse_of_the_corner_balance(dimensions, ordinates, degree, precession):
    """Random source, inflow and materials; short blocks filled up (with noise); ordinates along the axes."""
    grid, groups, source, inflow, phi, outflow = swept(dimensions, ordinates, degree, precession, WIDEST[dimensions])
    Y = harmonics(ordinates.directions, degree)
    expected = 0.0
    for block, slot in np.argwhere(~groups.repeated):
        n = groups.index[block, slot]
        cosine = ordinates.directions[n, list(grid.axes)]

        def face(values, axis, block=block, slot=slot):
            lines = values[axis][block][:, groups.face_order(axis)[block]].reshape(*values[axis].shape[1:3], -1, 4)
            return face_points(grid, axis, lines[:, :, slot])

        entering = {
            (a, up): abs(cosine[a]) * face(inflow, a)[None, ..., None]
            for a in range(dimensions)
            for up in (False, True)
        }
        psi = one_ordinate(grid, ordinates, n, degree, precession, source, entering)
        expected = expected + ordinates.weights[n] * Y[n][:, None] * psi[..., None, :]
        for axis in range(dimensions):
            last = np.take(psi, 0 if groups.down[block, axis] else -1, dimensions - 1 - axis)
            np.testing.assert_allclose(face(outflow, axis), last, rtol=0, atol=1e-13 * np.abs(psi).max())
    np.testing.assert_allclose(grid.to_points(phi), expected, rtol=0, atol=1e-14 * np.abs(expected).max())


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_angular_source_is_added_and_replaced_by_the_solution(dimensions):
    """A source of its own for every ordinate, on top of one in moments; ψ itself comes back where it is asked for."""
    rng, ordinates, degree, rate = np.random.default_rng(7), lebedev(7), 2, 1.7
    grid, groups, source, inflow, _, _ = swept(dimensions, ordinates, degree, 0.7, WIDEST[dimensions])
    sweep = Sweep(grid, groups, degree, LOSSES, 0.7)
    given = rng.standard_normal(sweep.distribution())
    angular, faces = given.copy(), [face.copy() for face in inflow]
    phi = sweep(source, faces, angular, rate)
    np.testing.assert_array_equal(angular, given)
    faces = [face.copy() for face in inflow]
    np.testing.assert_array_equal(sweep(source, faces, angular, rate, store=True), phi)
    Y, total = harmonics(ordinates.directions, degree), 0.0
    for block, slot in np.argwhere(~groups.repeated):
        n, flip = groups.index[block, slot], (groups.down[block] * 2 ** np.arange(dimensions)).sum()
        own, psi = (
            values[block].reshape(*sweep.shape[:2], -1, 4)[:, np.arange(2**dimensions) ^ flip, slot]
            for values in (given, angular)
        )
        local = np.zeros(sweep.shape)  # an isotropic source that is this ordinate's own
        local[:, :, 0] = rate * own + np.einsum("i,lciu->lcu", Y[n], source)
        cosine = ordinates.directions[n, list(grid.axes)]
        entering = {}
        for a in range(dimensions):
            lines = inflow[a][block][:, groups.face_order(a)[block]].reshape(*inflow[a].shape[1:3], -1, 4)[:, :, slot]
            for up in (False, True):
                entering[a, up] = abs(cosine[a]) * face_points(grid, a, lines)[None, ..., None]
        expected = one_ordinate(grid, ordinates, n, degree, 0.7, local, entering)
        np.testing.assert_allclose(grid.to_points(psi), expected, rtol=0, atol=1e-13 * np.abs(expected).max())
        total = total + ordinates.weights[n] * Y[n][:, None] * psi[:, :, None]
    np.testing.assert_allclose(phi, total, rtol=0, atol=1e-14 * np.abs(total).max())


def cell_by_cell(grid, groups, degree, source, faces):
    """Moments and outflow in three dimensions, one cell after the other with its 8×8 matrix, corners from upwind."""
    J, one = np.array([[0, 1], [-1, 0]]), np.eye(2)
    turns = [np.kron(np.kron(*pair), last) for pair, last in (((one, one), J), ((one, J), one), ((J, one), one))]
    corners, shape, phi = np.arange(8), grid.cells[::-1], np.zeros_like(source)
    upwind = [[c for c in corners if not c >> a & 1] for a in range(3)]
    for block, down in enumerate(groups.down):
        flip = down @ [1, 2, 4]
        rates = groups.cosines[block] / np.array(grid.spacing)[:, None]
        streaming = sum(rates[a, :, None, None] * (np.eye(8) + turns[a]) for a in range(3))
        Y = groups.moments(degree)[block]
        values = [face[block].reshape(-1, 4, groups.width, 4) for face in faces]
        for place in np.ndindex(shape):
            k, j, i = (n - 1 - p if d else p for n, p, d in zip(shape, place, down[::-1], strict=True))
            cell = (k * shape[1] + j) * shape[2] + i
            lines = k * shape[1] + j, k * shape[2] + i, j * shape[2] + i
            right = np.einsum("ni,ciu->ncu", Y, source[cell, corners ^ flip])
            for a in range(3):
                right[:, upwind[a]] += 2 * rates[a, :, None, None] * values[a][lines[a]].swapaxes(0, 1)
            psi = np.linalg.solve(LOSSES[grid.metal[cell]] * np.eye(8) + streaming, right)
            for a in range(3):
                values[a][lines[a]] = psi[:, [c | 1 << a for c in upwind[a]]].swapaxes(0, 1)
            phi[cell, corners ^ flip] += np.einsum("n,ni,ncu->ciu", groups.weights[block], Y, psi)
    return phi


def test_sweep_over_many_tiles(shared):
    """A grid of several tiles along every axis, none of them full at the end."""
    rng, cells = np.random.default_rng(5), (18, 5, 6)
    grid = Grid((0, 1, 2), cells, (0.3, 0.5, 0.8), rng.integers(0, 2, 540), (False,) * 3)
    groups = octants(product(4, 8), grid.axes, widest=4)
    sweep = Sweep(grid, groups, 2, LOSSES)
    source, faces = rng.standard_normal(sweep.shape), sweep.faces()
    for face in faces:
        face[:] = rng.standard_normal(face.shape)
    inflow, expected_faces = ([face.copy() for face in faces] for _ in range(2))
    expected = cell_by_cell(grid, groups, 2, source, expected_faces)
    phi = sweep(source, faces)
    np.testing.assert_allclose(phi, expected, rtol=0, atol=1e-14 * np.abs(expected).max())
    for _ in range(50):  # threads that got into each other's way would show up sooner or later
        np.testing.assert_array_equal(sweep(source, [face.copy() for face in inflow]), phi)
    for face, other in zip(faces, expected_faces, strict=True):
        np.testing.assert_allclose(face, other, rtol=0, atol=1e-13 * np.abs(other).max())


def test_repeated_and_axis_ordinates_are_really_in_the_sets():
    assert octants(lebedev(7), (0, 2), widest=8).repeated.any()
    assert (octants(lebedev(7), (0, 2), widest=8).cosines == 0).any()
    assert octants(lebedev(5), (0, 1, 2), widest=4).repeated.any()


def test_sweep_does_not_depend_on_the_number_of_threads(shared):
    results = []
    before = numba.get_num_threads()
    try:
        for threads in (1, numba.config.NUMBA_NUM_THREADS):
            numba.set_num_threads(threads)
            results += [swept(d, product(4, 8), 2, 0.7, WIDEST[d])[4] for d in (1, 2, 3)]
    finally:
        numba.set_num_threads(before)
    for one, many in zip(results[:3], results[3:], strict=True):
        np.testing.assert_array_equal(one, many)


@numba.njit
def _spread(q, start, flip, table, row, f, width, moments, corners):
    moments_to_ordinates(q, start, flip, table, row, f, width, moments, corners)


@numba.njit
def _gather(f, table, row, phi, start, flip, width, moments, corners):
    ordinates_to_moments(f, table, row, phi, start, flip, width, moments, corners)


@pytest.mark.parametrize(("moments", "width", "corners"), [(9, 4, 8), (9, 7, 8), (25, 8, 4), (16, 16, 2)])
def test_moment_ordinate_products(moments, width, corners):
    """Both products against einsum, reading and writing in the middle of larger arrays, corners counted from upwind."""
    rng = np.random.default_rng(moments)
    sizes = width, (0,) * moments, (0,) * corners
    table, row = rng.standard_normal((3 * moments, 4 * width)), moments
    harmonic = table[row : row + moments].reshape(moments, width, 4)
    q = rng.standard_normal((5, corners, moments, 4))
    flip = corners - 2
    upwind = np.arange(corners) ^ flip
    start = 2 * q[0].size
    f = np.empty((corners, 4 * width))
    _spread(q.reshape(-1), start, flip, table, row, f, *sizes)
    expected = np.einsum("inu,ciu->cnu", harmonic, q[2][upwind])
    np.testing.assert_allclose(f, expected.reshape(f.shape), rtol=0, atol=1e-13)

    phi = rng.standard_normal(q.shape)
    expected = phi.copy()
    expected[2][upwind] += np.einsum("inu,cnu->ciu", harmonic, f.reshape(corners, width, 4))
    _gather(f, table, row, phi.reshape(-1), start, flip, *sizes)
    np.testing.assert_allclose(phi, expected, rtol=0, atol=1e-12)


DEVICES = [(1, product(4, 8)), (2, product(4, 8)), (2, lebedev(5)), (3, lebedev(5))]


def boundary_values(part, unknown, dense, face, groups):
    """The boundary unknown of a face as f_in of every ordinate, a state on the face."""
    values = face_points(dense.grid, face[0], part.inflow(unknown))
    if part.side.specularity == 0:
        into = np.maximum((-1 if face[1] else 1) * dense.cosines(face[0]), 0)
        return np.multiply.outer(into, values)[..., None]
    own, values = np.flatnonzero(~groups.repeated[part.side.into]), np.moveaxis(values, -2, 0)
    state = np.zeros((len(dense.w), *values.shape[1:], 1))
    state[groups.index[part.side.into].reshape(-1)[own]] = values[own][..., None]
    return state


@pytest.mark.parametrize(("dimensions", "ordinates"), DEVICES)
def test_product_is_the_dense_kinetic_equation(dimensions, ordinates):
    """sweep∘collision of a random Krylov vector: the dense streaming operator inverted on its collision source."""
    arguments, _ = mixed_device(dimensions, ordinates)
    arguments = (*arguments[:5], (0.7, 0, 0))  # along x, so that the spin frame of the solver is the device's
    transport, dense, grid = Transport(*arguments), DenseKinetic(*arguments), arguments[0]
    vector = np.random.default_rng(3).standard_normal(transport._ends[-1])
    phi, *unknowns = transport._split(vector)
    boundary = list(zip(dense.faces(), transport.boundary, strict=True))
    taken, groups = transport.order, transport.octants
    assert taken.phase.max() == (1 if dimensions < 3 else 3)

    def within(leaving, face):
        """What enters a face as the mirror image of directions that the sweep takes before."""
        later = groups.index[taken.image[:, face[0]] < taken.phase]
        own = np.isin(np.arange(len(dense.w)), later).reshape(-1, *[1] * (leaving.ndim - 1))
        return np.where(own, dense.mirrored(leaving, *face), 0.0)

    entering = {
        face: 0.0 if part.far else boundary_values(part, unknown, dense, face, groups)
        for (face, part), unknown in zip(boundary, unknowns, strict=True)
    }
    phi = grid.to_points(phi)[..., None]
    empty = dense.zeros()

    def balance(psi, phi, entering):
        """With what the sweep finds by itself: the law at its far end, mirror images elsewhere."""
        whole = dict(entering)
        for face, part in boundary:
            leaving = dense.outgoing(psi, phi, *face)
            whole[face] = dense.law(leaving, *face) if part.far else within(leaving, face) + whole[face]
        return dense.balance(psi, phi, whole)

    matrix = dense.matrix(lambda psi: balance(psi, empty[1], dict.fromkeys(entering, 0.0)))
    psi = np.linalg.solve(matrix, -balance(empty[0], phi, entering).reshape(-1)).reshape(empty[0].shape)
    after, *reflected = transport._split(transport._product(vector)[0])
    np.testing.assert_allclose(grid.to_points(after), dense.moments(psi)[..., 0], rtol=0, atol=1e-12)
    for (face, part), unknown in zip(boundary, reflected, strict=True):
        if part.far:
            continue
        leaving = dense.outgoing(psi, phi, *face)
        expected = dense.law(leaving, *face) - within(leaving, face)
        found = boundary_values(part, unknown, dense, face, groups)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("dimensions", "ordinates", "periodic"), [*((*device, False) for device in DEVICES), (*DEVICES[2], True)]
)
def test_solve_is_the_dense_solution(dimensions, ordinates, periodic):
    """Two alloys, contacts, walls, side jump, Larmor precession in any direction, a field: all moments and currents."""
    arguments, reservoirs = mixed_device(dimensions, ordinates, periodic=periodic)
    dense, field = DenseKinetic(*arguments), (0.1, -0.2, 0.3)
    psi = dense.solve(reservoirs, field)
    solution = Transport(*arguments).solve(reservoirs, field, rtol=1e-12)
    found = arguments[0].to_points(solution.phi)
    np.testing.assert_allclose(found, dense.moments(psi)[..., 0], rtol=0, atol=1e-11)
    np.testing.assert_allclose(solution.flux, dense.terminal_flux(psi, reservoirs), rtol=0, atol=1e-12)
