"""The equations of the slow modes are those of the scheme, and what they leave of an error is what theory says."""

import numpy as np
import pytest
from dense import alloy

from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law, interface_law
from boltzsim.transport.ordinates import double_gauss, product
from boltzsim.transport.steady import Transport

DIRECTIONS = double_gauss(8, 8, "z")


def p1_amplitudes(sizes, D, returned, crossing, source, flow, incoming):
    """Amplitudes of the charge at all corners of a slab from its P1 equations, with the currents among the unknowns.

    `returned` are the shares that both ends send back; `crossing` says for every inner face what passes. `incoming` is
    J_in on the lower and the upper side of every cell.
    """
    n = len(sizes)
    matrix, right = np.zeros((4 * n, 4 * n)), np.zeros(4 * n)
    one = np.eye(4 * n)
    for face in range(n + 1):
        sides = [cell for cell in (face - 1, face) if 0 <= cell < n]
        corners = [2 * cell + (cell < face) for cell in sides]
        if len(sides) == 2:
            share = np.array([[1 - crossing[face - 1], crossing[face - 1]]] * 2)
            share[1] = share[1, ::-1]
        else:
            share = np.array([[returned[int(face > 0)]]])
        outward = [2.0 * (cell < face) - 1 for cell in sides]
        J = [sign * one[2 * n + corner] for sign, corner in zip(outward, corners, strict=True)]
        leaving = [one[corner] / 4 + own / 2 for corner, own in zip(corners, J, strict=True)]
        for k, (cell, corner) in enumerate(zip(sides, corners, strict=True)):
            other, J_in = corner ^ 1, incoming[cell, corner % 2]
            entering = sum(part * flux for part, flux in zip(share[k], leaving, strict=True))
            half = sizes[cell] / 2
            matrix[2 * n + corner] += half / D * J[k] - (one[corner] + one[other]) / 2 + 2 * (leaving[k] + entering)
            right[2 * n + corner] += half / D * outward[k] * flow[corner] - 2 * J_in
            matrix[corner] += leaving[k] - entering - J[k] / 2
            matrix[other] += J[k] / 2
            right[corner] += J_in
    right[: 2 * n] += source
    return np.linalg.solve(matrix, right)[: 2 * n]


@pytest.mark.parametrize("seed", range(4))
def test_equation_of_the_charge_is_that_of_the_scheme(seed):
    """Cells of 0.03 to 30 mean free paths, contacts, and an interface: P1 equations with all currents as unknowns."""
    rng = np.random.default_rng(seed)
    s, p = rng.uniform(0.1, 1.5, 2)
    metal = alloy((s, p, p))  # without spin-orbit coupling, so that charge currents make no spin currents
    n, passed, through = int(rng.integers(2, 7)), rng.uniform(0.1, 1, 2), rng.uniform(0.1, 0.9)
    sizes = 10 ** rng.uniform(-1.5, 1.5, n) / metal.loss
    crossed = np.full((n, 1), -1)
    crossed[0] = 0
    grid = Grid((2,), (n,), (sizes,), np.zeros(n, int), (False,), crossed)
    walls = {(0, upper): Wall(portion=np.array([1 + upper])) for upper in (False, True)}
    laws = [contact_law(transmission) for transmission in passed]
    transport = Transport(grid, DIRECTIONS, [metal], walls, laws, interfaces=[interface_law(through)])
    equation = transport.preconditioner.even_equations[0][1].solver(np.float64)
    source, flow, incoming = rng.standard_normal(2 * n), rng.standard_normal(2 * n), np.zeros((n, 2))
    arriving = []
    for part in transport.boundary:
        if len(part.sides) == 2:  # what arrives at an interface stays at the corner
            arriving.append(None)
            continue
        values = rng.standard_normal((1, 1, 1, 1))
        for k, side in enumerate(part.sides):
            incoming[side.cells[0], side.corners[0]] += values[0, 0, k, 0]
        arriving.append(values)
    D = 1 / (3 * (metal.loss - metal.gain[8, 8]))  # moment 2 is the current along z, component 0 of four the charge
    crossing = np.ones(n - 1)
    crossing[0] = through
    expected = p1_amplitudes(sizes, D, 1 - passed, crossing, source, flow, incoming)
    shape = n, 2
    found = equation.solve(equation.right_side(source.reshape(1, *shape), flow.reshape(1, 1, *shape), arriving))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("ends", ["reservoirs", "walls"])
@pytest.mark.parametrize("thickness", [0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0])
def test_a_product_leaves_what_theory_says(thickness, ends):
    """Isotropic scattering: all eigenvalues of A M⁻¹ lie between 0.775 and 1.

    A fully consistent diffusion equation leaves at most 0.2247 of an error, whatever the cells (E. W. Larsen, Nucl.
    Sci. Eng. 82, 47 (1982)). The uniform state between walls, which nothing fixes, is no error.
    """
    metal, cells = alloy((np.pi / 2, 0, 0)), 10
    grid = Grid((2,), (cells,), (thickness / metal.loss,), np.zeros(cells, int), (False,))
    portions = {"reservoirs": lambda upper: np.array([1 + upper]), "walls": lambda upper: None}
    walls = {(0, upper): Wall(portion=portions[ends](upper)) for upper in (False, True)}
    transport = Transport(grid, DIRECTIONS, [metal], walls, [contact_law(1.0)] * 2 if ends == "reservoirs" else [])
    unit, columns = np.zeros(transport._ends[-1]), []
    for k in range(0, len(unit), 4):  # of the four components only charge, which nothing here turns into spin
        unit[k] = 1
        prepared = transport._precondition(unit)
        columns.append((prepared - transport._product(prepared)[0])[::4])
        unit[k] = 0
    found = np.linalg.eigvals(np.array(columns).T)
    found = found[np.abs(found) > 1e-9]
    assert np.abs(found.imag).max() < 0.01
    assert found.real.min() > 0.77
    assert found.real.max() < 1.001


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_a_closed_device_keeps_its_charge(dimensions):
    """Rows and columns of the charge's matrix sum to zero, but at the corner that is fixed."""
    rng = np.random.default_rng(dimensions)
    cells = tuple(int(c) for c in rng.integers(2, 4, dimensions))
    spacing = tuple(10 ** rng.uniform(-1, 1, c) for c in cells)
    crossed = np.full((int(np.prod(cells)), dimensions), -1)
    crossed[0] = 0
    axes = {1: (2,), 2: (0, 2), 3: (0, 1, 2)}[dimensions]
    periodic = (dimensions > 1, False, False)[:dimensions]
    grid = Grid(axes, cells, spacing, np.zeros(len(crossed), int), periodic, crossed)
    transport = Transport(
        grid, product(4, 8), [alloy((0.4, 1.1, -0.3))], {}, interfaces=[interface_law(0.3, 0.0, (0, 0, 1), 0.0, 0.4)]
    )
    matrix = transport.preconditioner.even_equations[0][1].assembled().matrix
    largest = np.abs(matrix).max()
    for sums in (matrix.sum(0), matrix.sum(1)):
        assert np.sort(np.abs(sums))[-2] < 1e-12 * largest
        assert np.abs(sums).max() > 0.1 * matrix.diagonal()[0] / 2
