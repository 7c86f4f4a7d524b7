"""Slabs against the exact spatial eigenmodes of the same equation (boltzsim/validate/reference/kinetic.json).

Strong spin-orbit coupling, side jump, ferromagnetic contacts parallel, antiparallel and non-collinear in a field, and
a mirror wall. The table was computed on the ordinates used here, so that all that is left is the error of the cells.
The potentials on the very surface have a gradient that diverges logarithmically: they converge last.
"""

import numpy as np
import pytest

from boltzsim.material.superoperators import impurity_operators
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law
from boltzsim.transport.ordinates import double_gauss
from boltzsim.transport.steady import Transport
from boltzsim.validate.tables import reference

SLABS = reference("kinetic")["slab"]
NAMES = [
    "kondo longitudinal", "kondo transverse", "side jump charge", "side jump spin",
    "parallel", "antiparallel", "hanle", "mirror",
]  # fmt: skip


def slab(entry, cells, azimuthal=6, **options):
    """Grid, equation and solution of one entry: contacts on both ends of a slab along z."""
    channels = dict(zip(("s1/2", "p1/2", "p3/2"), entry["eta"], strict=True))
    length = entry["L"]
    grid = Grid((2,), (cells,), (length / cells,), np.zeros(cells, np.int64), (False,))
    laws, walls, reservoirs = [], {}, []
    for number, side in enumerate((entry["left"], entry["right"])):
        laws.append(contact_law(side.get("T", 1.0), side.get("P", 0.0), side.get("m", (0, 0, 1)), side.get("phi", 0.0)))
        walls[0, bool(number)] = Wall(side.get("spec", 0.0), portion=np.array([1 + number]))
        reservoirs.append(side.get("mu", np.zeros(4)))
    transport = Transport(
        grid,
        double_gauss(14, azimuthal, "z"),
        [impurity_operators(channels, entry["alpha"])],
        walls,
        laws,
        entry.get("omega", (0, 0, 0)),
        **options,
    )
    return grid, transport, transport.solve(np.array(reservoirs, float), rtol=1e-10)


def at(positions, grid, corners):
    """Corner values (cells, 2, 4) at cell edges: the mean of the two sides, on the surface the corner's own."""
    edges = np.repeat(np.arange(grid.cells[0] + 1), 2)[1:-1] * grid.spacing[0]
    points = grid.to_points(corners)
    return np.array([points[np.abs(edges - z) < 1e-9].mean(0) for z in positions])


def errors(entry, cells, **options):
    """Largest errors of potentials inside and on the surfaces, and of fluxes, each relative to the largest value."""
    grid, transport, solution = slab(entry, cells, **options)
    potentials = at(entry["z"], grid, solution.phi[:, :, 0])
    fluxes = at(entry["z"], grid, transport.currents(solution.phi)[:, :, 2])
    size = np.abs(entry["potentials"]).max()
    missed = np.abs(potentials - entry["potentials"]).max(1) / size
    # without a current the fluxes are compared on the scale of what potentials can drive, ⟨|p̂·N|⟩ over a half sphere
    largest = np.abs(entry["flux"]).max()
    scale = largest if largest > 1e-6 * size else size / 4
    return missed[1:-1].max(), missed[[0, -1]].max(), np.abs(fluxes - entry["flux"]).max() / scale


@pytest.mark.parametrize("entry", SLABS, ids=NAMES)
def test_slab_agrees_with_the_exact_eigenmodes(entry):
    inside, surface, flux = errors(entry, 4000)
    assert inside < 1e-6
    assert surface < 5e-4
    assert flux < 3e-5


def test_slab_error_is_of_second_order():
    """On cells that resolve the surface layer, where the error of the side jump sits, a few thousandths of it each."""
    for entry in SLABS[2], SLABS[6]:  # side jump; ferromagnets at an angle in a field
        coarse, fine = errors(entry, 1600), errors(entry, 3200)
        assert fine[0] < 0.35 * coarse[0]
        assert fine[2] < 0.45 * coarse[2]


def test_table_distinguishes_the_entries_of_a_pair():
    """Reversing one magnetisation changes the current a thousand times more than the tolerance."""
    parallel, antiparallel = (np.array(entry["flux"])[0, 0] for entry in SLABS[4:6])
    assert parallel - antiparallel > 5e-3 * parallel


@pytest.mark.parametrize("entry", [SLABS[2], SLABS[4], SLABS[5]], ids=[NAMES[2], NAMES[4], NAMES[5]])
def test_charge_flux_is_the_same_through_every_cell(entry):
    _, transport, solution = slab(entry, 300)
    flux = transport.currents(solution.phi)[:, :, 2, 0].mean(1)
    through = solution.flux[0, 0]
    assert np.abs(flux - through).max() < 1e-11 * through
    assert abs(solution.flux[:, 0].sum()) < 1e-11 * through
    assert solution.charge_balance < 1e-11


def test_azimuths_beyond_those_the_moments_need_change_nothing():
    """Six azimuths integrate the moments exactly."""
    entry = SLABS[6]
    (_, _, few), (_, _, many) = slab(entry, 100), slab(entry, 100, azimuthal=10)
    assert np.abs(few.phi - many.phi).max() < 1e-9 * np.abs(many.phi).max()
    assert np.abs(few.flux - many.flux).max() < 1e-9 * np.abs(many.flux).max()


def test_a_closed_slab_takes_the_potential_of_its_only_reservoir():
    _, _, solution = slab(SLABS[7], 200)
    assert np.abs(solution.phi[:, :, 0] - [1, 0, 0, 0]).max() < 1e-9
