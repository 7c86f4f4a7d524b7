"""Helicity in the preconditioner: alloys in which scattering conserves ⟨σ·p̂ n⟩, exactly or nearly."""

import numpy as np
import pytest
from dense import DenseKinetic

from boltzsim.material.superoperators import impurity_operators
from boltzsim.transport import slow_modes
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law, mirror_law
from boltzsim.transport.ordinates import double_gauss, product
from boltzsim.transport.steady import Transport
from boltzsim.transport.stepper import DriveInTime, Evolution, State

HALF = np.pi / 2
ALLOYS = {
    "near": {"s1/2": 0.6, "p1/2": 0.58, "p3/2": 0.05},
    "exact": {"s1/2": 0.6, "p1/2": 0.6},
    "unitary, near": {"s1/2": HALF, "p1/2": HALF, "p3/2": 0.05},
    "unitary": {"s1/2": HALF, "p1/2": HALF},
    "p and d": {"s1/2": 0.5, "p1/2": 0.5, "p3/2": 0.3, "d3/2": 0.25},
}
AXES = {1: (2,), 2: (0, 2), 3: (0, 1, 2)}
RESERVOIRS = np.array([[1, 0.3, 0.2, 0.5], [0, 0, -0.1, 0.2]])
THICKNESS = (1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3)
LIMIT = {1: 20, 2: 22, 3: 24}


def ordinates(dimensions, degree):
    if dimensions == 1:
        return double_gauss(8, max(8, 2 * degree + 2), "z")
    return product(max(4, degree + 2), max(8, 2 * degree + 4))


def device(dimensions, n, thickness, materials, ends, material=None, periodic=False, **options):
    """n^d cells of a number of mean free paths of the first material, with two contacts.

    `ends`: "reservoirs" at both ends of the first axis; "tunnel" contacts there in 1D, side by side on diffuse walls
    otherwise; "mirror": the same with transparent contacts on walls that reflect as mirrors, one of them a symmetry
    plane. `periodic`: along the first axis, with contacts at the ends of the last.
    """
    h, lines, last = thickness / materials[0].loss, n ** (dimensions - 1), dimensions - 1
    material = np.zeros(n**dimensions, int) if material is None else material
    wrapped = (periodic, False, False)[:dimensions]
    grid = Grid(AXES[dimensions], (n,) * dimensions, (h,) * dimensions, material, wrapped)
    directions = ((1, 0, 0), (0, 0, 1))
    laws = [contact_law(0.01, 0.4, d) if ends == "tunnel" else contact_law(1.0) for d in directions]
    specularity = 1.0 if ends == "mirror" else 0.0
    if periodic or (ends == "reservoirs" and dimensions > 1) or dimensions == 1:
        axis = last if periodic else 0
        walls = {(axis, up): Wall(0.0, portion=np.full(lines, 1 + up)) for up in (False, True)}
        if ends == "mirror" and dimensions == 1:
            walls[0, True] = Wall(1.0, mirror_law(2))
    else:
        portion = np.zeros(lines, int)
        portion[: lines // 3], portion[-(lines // 3) :] = 1, 2
        walls = {(a, up): Wall(specularity) for a in range(dimensions) for up in (False, True)}
        walls[last, True] = Wall(0.0, portion=portion)
        if ends == "mirror":
            walls[0, False] = Wall(1.0, mirror_law(grid.axes[0]))
    return Transport(grid, ordinates(dimensions, materials[0].degree), materials, walls, laws, **options)


def products(*arguments, **options):
    """Products until 1e-8."""
    return device(*arguments, **options).solve(RESERVOIRS, rtol=1e-8, max_products=100).products


def counts(dimensions, n, name, ends, thicknesses=THICKNESS, alpha=0.0, **options):
    materials = [impurity_operators(ALLOYS[name], alpha)]
    return [products(dimensions, n, thickness, materials, ends, **options) for thickness in thicknesses]


@pytest.mark.parametrize("ends", ["reservoirs", "tunnel", "mirror"])
@pytest.mark.parametrize("name", ["near", "exact", "p and d"])
def test_products_in_one_dimension(name, ends):
    """48 cells, three of the thicknesses; all of them are below."""
    thicknesses = (1e-1, 1.0, 1e2)
    assert max(found := counts(1, 48, name, ends, thicknesses)) <= LIMIT[1], found


@pytest.mark.parametrize("ends", ["tunnel", "mirror"])
def test_products_in_two_dimensions(ends):
    assert max(found := counts(2, 8, "near", ends, (1.0, 1e2))) <= LIMIT[2], found


@pytest.mark.slow
@pytest.mark.parametrize("ends", ["reservoirs", "tunnel", "mirror"])
@pytest.mark.parametrize("name", ALLOYS)
@pytest.mark.parametrize(("dimensions", "n"), [(1, 48), (2, 24), (3, 8)])
def test_table(dimensions, n, name, ends):
    """Between mirrors much closer than a mean free path nothing but a contact ends a flight."""
    thinnest, *others = counts(dimensions, n, name, ends)
    flights = ends == "mirror" and dimensions == 3
    assert max(others) <= LIMIT[dimensions] and thinnest <= (30 if flights else LIMIT[dimensions]), (thinnest, others)


@pytest.mark.parametrize("alpha", [0.01, 0.1])
def test_side_jump_changes_little(alpha):
    assert max(found := counts(1, 48, "near", "tunnel", (1.0, 1e2), alpha)) <= LIMIT[1] + 2, found


@pytest.mark.parametrize("rate", [0.01, 1.0])
@pytest.mark.parametrize("name", ["near", "exact"])
def test_steps_in_time(name, rate):
    """Rates 1/γΔt from below to above the scattering rate."""
    assert max(found := counts(1, 48, name, "tunnel", (1e-1, 1e1, 1e3), rate=rate)) <= LIMIT[1], found


@pytest.mark.parametrize("larmor", [0.1, 10.0, 1e3])
def test_precession(larmor):
    """Helicity turns into other odd moments; the field is neither along the slab nor across it."""
    field = larmor * np.array([0.6, 0.0, 0.8])
    assert max(found := counts(1, 48, "near", "tunnel", (1e-1, 1.0, 1e2), precession=field)) <= 22, found


def test_layers_of_several_alloys():
    """Slow helicity in every other pair of cells, ordinary scattering between, and 100 times fewer collisions there."""
    slow = impurity_operators(ALLOYS["near"])
    other = impurity_operators({"s1/2": 0.4, "p1/2": 1.1, "p3/2": -0.3})
    thin = type(other)(other.degree, other.loss / 100, other.gain / 100, other.drift)
    layers = np.arange(48) // 2 % 2
    for second, limit in ((other, 24), (thin, 45)):
        found = [
            products(1, 48, t, [slow, second], ends, layers) for t in (1.0, 1e2) for ends in ("reservoirs", "tunnel")
        ]
        assert max(found) <= limit, found


def test_helicity_needs_its_own_equation(monkeypatch):
    """Left to the corners, it takes several times the products in cells of a mean free path."""
    (with_it,) = counts(1, 48, "near", "reservoirs", (1.0,))
    monkeypatch.setattr(slow_modes, "helicity", lambda degree, materials, frame: np.zeros((0, 4 * (degree + 1) ** 2)))
    (without,) = counts(1, 48, "near", "reservoirs", (1.0,))
    assert without > 3 * with_it, (with_it, without)


@pytest.mark.parametrize("dimensions", [1, 2])
def test_agrees_with_the_dense_equation(dimensions):
    """α = 0.01, walls, contacts with a polarisation, Larmor precession: moments and fluxes of the dense operator."""
    axes, cells = {1: ((2,), (5,)), 2: ((0, 2), (2, 3))}[dimensions]
    grid = Grid(axes, cells, (0.9, 0.7)[:dimensions], np.zeros(int(np.prod(cells)), int), (False,) * dimensions)
    last = dimensions - 1
    bottom, top = np.zeros((2, len(grid.exposed(last, True))), int)
    bottom[0], top[-1] = 1, 2
    walls = {(last, False): Wall(0.4, portion=bottom), (last, True): Wall(0.0, portion=top)}
    laws = [contact_law(0.5, 0.6, (1, 0.3, 0.2), 0.7), contact_law(0.3, -0.5, (0, 1, 1), 0.2)]
    operators = [impurity_operators(ALLOYS["near"], 0.01)]
    arguments = (grid, product(4, 8), operators, walls, laws, (0.03, -0.02, 0.05))
    solution = Transport(*arguments).solve(RESERVOIRS, rtol=1e-11)
    dense = DenseKinetic(*arguments)
    psi = dense.solve(RESERVOIRS)
    phi = dense.moments(psi)
    np.testing.assert_allclose(grid.to_points(solution.phi), phi[..., 0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(solution.flux, dense.terminal_flux(psi, RESERVOIRS), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("spin", "potentials", "fluxes"),
    [
        (3, (0.50359, 0.196245, 0.120111, 0.090520, 0.071624), (0.27950, 0.18446, 0.12846, 0.08553, 0.04864)),
        (1, (0.56484, 0.227363, 0.126758, 0.074479, 0.039994), (0.22890, 0.11961, 0.06962, 0.04197, 0.02622)),
    ],
    ids=["along", "across"],
)
def test_slab_of_six_scattering_lengths(spin, potentials, fluxes):
    """Spin injected along the slab lives on as helicity, spin across it does not: the curves cross.

    Potentials and fluxes at z = 0, 1.5, … 6 from the exact spatial modes of the same equation (α = 0), by a separate
    program with continuous angles. Thinner cells next to the surfaces are not needed inside; on the surfaces, where the
    gradient diverges, potentials converge last and are extrapolated from two grids.
    """
    edges = np.array([0.0, 1.5, 3.0, 4.5, 6.0])
    values = []
    for cells in (240, 480):
        grid = Grid((2,), (cells,), (6 / cells,), np.zeros(cells, int), (False,))
        walls = {(0, up): Wall(0.0, portion=np.array([1 + up])) for up in (False, True)}
        laws = [contact_law(1.0)] * 2
        transport = Transport(grid, double_gauss(24, 6, "z"), [impurity_operators(ALLOYS["near"])], walls, laws)
        solution = transport.solve([np.eye(4)[spin], np.zeros(4)], rtol=1e-9)
        places = np.repeat(np.arange(cells + 1), 2)[1:-1] * grid.spacing[0]
        fields = solution.phi[:, :, 0, spin], transport.currents(solution.phi)[:, :, 2, spin]
        points = [grid.to_points(field) for field in fields]
        values.append([[p[np.abs(places - z) < 1e-9].mean() for z in edges] for p in points])
    coarse, fine = np.array(values)
    extrapolated = (4 * fine - coarse) / 3
    np.testing.assert_allclose(extrapolated[0, 1:4], potentials[1:4], rtol=0, atol=1e-4)
    np.testing.assert_allclose(extrapolated[1, 1:4], fluxes[1:4], rtol=0, atol=1e-4)


def test_helicity_is_conserved_in_a_periodic_box():
    """Where s½ and p½ agree, whatever the streaming does; a start with all moments, 8 steps of one scattering time."""
    cells = 6
    grid = Grid((2,), (cells,), (0.8,), np.zeros(cells, int), (True,))
    mode = slow_modes.helicity(2, [impurity_operators(ALLOYS["exact"])], np.eye(3)).reshape(-1, 4)
    none = np.zeros((0, 0, 4))
    drive = DriveInTime(lambda s: np.zeros((0, 4)), none, none, none, lambda s: np.zeros(0), np.zeros((0, 4)))
    totals = {}
    for name in ("exact", "near"):

        def make(rate, name=name):
            return Transport(grid, product(4, 8), [impurity_operators(ALLOYS[name])], {}, (), rate=rate)

        still = make(0.0)
        angular = np.empty(still.sweep.distribution())
        spin = np.sin(2 * np.pi * grid.corner_points()[0] / 4.8)[..., None] * np.array([0, 0.2, 0, 1.0]) + 0.1
        phi = still.isotropic(spin, angular)
        for values, index in zip(
            angular, still.octants.index, strict=True
        ):  # and helicity that is there from the start
            directions = still.octants.ordinates.directions[index]
            values.reshape(cells, 2, -1, 4)[..., 1:] += 0.3 * directions
        state = State(phi, None, np.zeros(0), np.zeros((0, 4)), np.zeros(0))
        moving = Evolution(make, drive, angular, np.empty_like(angular), {"rtol": 1e-12, "max_products": 100})
        moving.state = state
        total = [0.3 * cells * 2]
        for step in range(8):
            moving.attempt(float(step), 1.0)
            moving.accept()
            total.append(np.einsum("lciu,iu->", moving.state.phi, mode))
        totals[name] = np.array(total)
    np.testing.assert_allclose(totals["exact"], totals["exact"][0], rtol=1e-10)
    assert totals["near"][-1] < 0.99 * totals["near"][0]
