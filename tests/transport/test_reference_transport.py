"""Classic problems of linear transport with isotropic scattering, against the tables in boltzsim/validate/reference.

Charge is the conserved channel (c = 1). Spin in a host that flips spins is a one-group problem with a scattering ratio
c < 1: s-wave impurities scatter at the rate c, flips remove at the rate 1 - c.
"""

import math

import numpy as np
import pytest
from scipy.constants import e, electron_mass, h, hbar

from boltzsim.case.case import Case
from boltzsim.material.superoperators import combine, impurity_operators
from boltzsim.runs.start import run
from boltzsim.transport.grid import Grid
from boltzsim.transport.law import Wall, contact_law
from boltzsim.transport.ordinates import double_gauss, product
from boltzsim.transport.steady import Transport

S_WAVE = impurity_operators({"s1/2": math.pi / 2})  # unit rate, isotropic
HOST = {"k_F": "13.6 1/nm", "background": {"tau_p": "10 fs"}}


def medium(c, total=1.0):
    """A total rate of which the fraction c scatters spin and all of it scatters charge."""
    return combine([(c * total, S_WAVE)], spin_flip_rate=(1 - c) * total)


class WithSource(Transport):
    """A transport problem with a volume source of moments in every corner."""

    emission = None

    def _field_source(self, field):
        return self.emission


def slab(operators, thickness, cells, polar=16, far_side=1.0):
    """Reservoir with unit charge and spin potential, slab, reservoir at rest behind a contact."""
    grid = Grid((2,), (cells,), (thickness / cells,), np.zeros(cells, np.int64), (False,))
    walls = {(0, False): Wall(portion=np.array([1])), (0, True): Wall(portion=np.array([2]))}
    laws = [contact_law(1.0), contact_law(far_side)]
    transport = Transport(grid, double_gauss(polar, 6, "z"), [operators], walls, laws)
    return transport.solve([[1, 0, 0, 1], [0, 0, 0, 0]])


@pytest.mark.parametrize("tau", [0.1, 1, 10])
@pytest.mark.parametrize("c", [0.5, 0.9, 0.99])
def test_slab_transmission_and_reflection(reference, tau, c):
    table = reference("slab_transmission")["table"][f"tau={tau:g}"]
    flux = 4 * slab(medium(c), tau, 400).flux  # ⟨|p̂·N|⟩ over the incoming half is 1/4
    for component, row in ((0, table["c=1"]), (3, table[f"c={c:g}"])):
        assert -flux[1, component] == pytest.approx(row["T_iso"], rel=1e-5, abs=4e-6)
        assert 1 - flux[0, component] == pytest.approx(row["R_iso"], rel=1e-5, abs=4e-6)


@pytest.mark.parametrize("c", [0.9, 0.5])
def test_slab_transmission_of_a_case(reference, c):
    """One mean free path of an alloy in a spin-flipping host, from the material to the terminal currents."""
    impurity = {"concentration": 0.01, "channels": {"s1/2": math.pi / 2}}
    metal = {"k_F": "10 1/nm", "mass": 1.5, "impurity": [impurity]}
    velocity = hbar * 1e10 / (1.5 * electron_mass)
    free_path = c * 3 * math.pi / (4 * 0.01 * 1e10)  # l0 = 3π / (4 x k_F) is c/(total rate)
    metal["background"] = {"tau_sf": free_path / velocity / (1 - c)}
    case = Case(
        material={"metal": metal},
        grid={"x": {"length": 1e-6}, "y": {"length": 2e-6}, "z": {"length": free_path, "cells": 200}},
        contact=[
            {"name": "hot", "face": "z_min", "voltage": "1 mV", "spin_voltage": ["0 V", "2 mV", "0 V"]},
            {"name": "cold", "face": "z_max", "voltage": "0 V"},
        ],
        angles={"quadrature": "double-gauss", "polar": 16, "azimuthal": 6, "axis": "z"},
        physics={"side_jump": False},
    )
    terminals = run(case).terminals
    sharvin = 2 * e**2 / h * 1e20 / (4 * math.pi) * 2e-12  # 2e²/h k_F² A / 4π
    table = reference("slab_transmission")["table"]["tau=1"]
    into, out = terminals.current / (1e-3 * sharvin)
    assert into == pytest.approx(table["c=1"]["T_iso"], rel=1e-5)
    assert out == pytest.approx(-into, rel=1e-9)
    spin_in, spin_out = terminals.spin_current[:, 1] / (2e-3 * sharvin)
    assert 1 - spin_in == pytest.approx(table[f"c={c:g}"]["R_iso"], rel=2e-5)
    assert -spin_out == pytest.approx(table[f"c={c:g}"]["T_iso"], rel=2e-5)
    assert np.abs(terminals.spin_current[:, [0, 2]]).max() < 1e-12 * spin_in * sharvin


@pytest.mark.parametrize("far_side", [1.0, 0.5, 0.1])
def test_milne_extrapolation_length(reference, far_side):
    """Far from a reservoir the potential is linear and vanishes z₀ beyond it.

    Behind a contact that reflects the fraction R diffusely, z₀ grows by (4/3) R/(1-R), exactly.
    """
    cells, thickness = 400, 20.0
    solution = slab(S_WAVE, thickness, cells, far_side=far_side)
    z = (np.arange(cells) + 0.5) * thickness / cells
    middle = np.abs(z - thickness / 2) < thickness / 8
    potential = solution.phi[:, :, 0, 0].mean(1)
    slope = np.polyfit(z[middle], potential[middle], 1)[0]
    current = solution.flux[0, 0]
    assert slope == pytest.approx(-3 * current, rel=1e-5)
    length = potential[middle].mean() / (3 * current) - (thickness - z[middle].mean())
    expected = reference("milne")["z0"] + 4 / 3 * (1 - far_side) / far_side
    assert length == pytest.approx(expected, abs=2e-5)


def test_potential_on_the_surface_of_a_half_space():
    """Hopf: the potential on the surface is 3J/√3. Its gradient there is infinite: cells converge slowly."""
    solution = slab(S_WAVE, 10.0, 1000)
    assert solution.phi[-1, 1, 0, 0] / (3 * solution.flux[0, 0]) == pytest.approx(1 / math.sqrt(3), rel=5e-3)


def film(thickness, specularity, cells=60, **tables):
    """Conductivity of a film under a field along x, thickness in mean free paths, in units of the Drude n e² τ / m."""
    free_path = hbar * 13.6e9 / electron_mass * 10e-15
    case = Case(
        **{
            "material": {"metal": HOST},
            "grid": {"z": {"length": thickness * free_path, "cells": cells}},
            "walls": {"specularity": specularity},
            "drive": {"electric_field": ["1 kV/m", "0 V/m", "0 V/m"]},
            "angles": {"quadrature": "double-gauss", "polar": 16, "azimuthal": 6, "axis": "z"},
            "solver": {"rtol": 1e-10},
        }
        | tables
    )
    drude = 13.6e9**3 / (3 * math.pi**2) * e**2 * 10e-15 / electron_mass
    return run(case).fields["charge_current"] / (drude * 1e3)


@pytest.mark.parametrize("thickness", [0.1, 1, 10])
@pytest.mark.parametrize("specularity", [0, 0.5, 0.9])
def test_fuchs_sondheimer(reference, thickness, specularity):
    expected = reference("fuchs_sondheimer")["table"][f"k={thickness:g}"][f"p={specularity:g}"]
    current = film(thickness, specularity)[:, 0, 0]
    assert current[:, 0].mean() == pytest.approx(expected, rel=5e-5)  # along +E
    assert (current[:, 0] > 0).all()
    assert np.abs(current[:, 1:]).max() < 1e-9
    surface, middle = current[0, 0], current[len(current) // 2, 0]
    assert surface == pytest.approx(current[-1, 0], rel=1e-9)
    assert surface < middle


def test_mirror_walls_leave_the_bulk_conductivity():
    assert film(0.3, 1, cells=5)[:, 0, 0, 0] == pytest.approx(1.0, rel=1e-9)


def test_field_along_a_periodic_axis_is_a_field_along_a_uniform_one():
    angles = {"quadrature": "product", "polar": 8, "azimuthal": 8}
    size = 16e-9
    uniform = film(1, 0.5, angles=angles, grid={"z": {"length": size, "cells": 12}})
    grid = {"x": {"length": size, "cells": 3}, "z": {"length": size, "cells": 12}}
    periodic = film(1, 0.5, angles=angles, grid=grid, walls={"specularity": 0.5, "periodic": ["x"]})
    assert periodic[:, 0] == pytest.approx(np.repeat(uniform[:, 0], 3, 1), rel=1e-7, abs=1e-8)


def mode_response(k, c, cells, dimensions):
    """Amplitudes of charge and spin driven by the source ∏ cos(k_a x_a) in a periodic box of one wavelength."""
    part = k / math.sqrt(dimensions)
    spacing = 2 * math.pi / part / cells
    edges = np.arange(2 * cells + 1) * spacing / 2
    means = np.diff(np.sin(part * edges) / part).reshape(cells, 2) / (spacing / 2)
    mode = means if dimensions == 1 else np.einsum("jb,ia->jiba", means, means).reshape(cells**2, 4)
    axes, ordinates = ((2,), double_gauss(16, 6, "z")) if dimensions == 1 else ((0, 1), product(8, 16))
    grid = Grid(
        axes, (cells,) * dimensions, (spacing,) * dimensions, np.zeros(len(mode), np.int64), (True,) * dimensions
    )
    transport = WithSource(grid, ordinates, [medium(c)], {})
    transport.emission = np.zeros((*mode.shape, 9, 4))
    transport.emission[:, :, 0, 0] = transport.emission[:, :, 0, 3] = mode
    phi = transport.solve().phi[:, :, 0]
    return [(phi[:, :, component] * mode).sum() / (mode**2).sum() for component in (0, 3)]


@pytest.mark.parametrize("k", [0.5, 1, 2])
@pytest.mark.parametrize("c", [0.5, 0.99])
def test_fourier_modes(reference, k, c):
    row = reference("fourier_modes")["response"][f"k={k:g}"]["3D"]
    coarse, fine = (np.array(mode_response(k, c, cells, 1)) for cells in (100, 200))
    exact = np.array([row["c=1"], row[f"c={c:g}"]])
    assert fine == pytest.approx(exact, rel=5e-4)
    assert (np.abs(fine - exact) < 0.3 * np.abs(coarse - exact)).all()  # second order
    assert (4 * fine - coarse) / 3 == pytest.approx(exact, rel=2e-5)


def test_fourier_mode_of_two_dimensions(reference):
    row = reference("fourier_modes")["response"]["k=1"]["3D"]
    exact = np.array([row["c=1"], row["c=0.9"]])
    coarse, fine = (np.array(mode_response(1.0, 0.9, cells, 2)) for cells in (16, 32))
    assert fine == pytest.approx(exact, rel=6e-3)
    assert (np.abs(fine - exact) < 0.35 * np.abs(coarse - exact)).all()


def azmy(cells, polar=8, azimuthal=32):
    """Mean spin potential in the quadrants of Azmy's square: a source corner in an absorber, two sides mirrors."""
    number = np.ones((cells, cells), np.int64)
    number[: cells // 2, : cells // 2] = 0
    grid = Grid((0, 1), (cells, cells), (10 / cells,) * 2, number.reshape(-1), (False, False))
    open_side = Wall(portion=np.ones(cells, int))
    walls = {(0, False): Wall(1.0), (1, False): Wall(1.0), (0, True): open_side, (1, True): open_side}
    materials = [medium(0.5), medium(0.05, total=2.0)]
    transport = WithSource(grid, product(polar, azimuthal), materials, walls, [contact_law(1.0)])
    transport.emission = np.zeros((cells**2, 4, 9, 4))
    transport.emission[number.reshape(-1) == 0, :, 0, 3] = 1.0
    potential = transport.solve([[0, 0, 0, 0]]).phi[:, :, 0, 3].mean(1).reshape(cells, cells)
    half = cells // 2
    parts = potential[:half, :half], potential[:half, half:], potential[half:, :half], potential[half:, half:]
    return np.array([part.mean() for part in parts])


def test_azmy_square(reference):
    table = reference("azmy2d")
    coarse, fine = azmy(30), azmy(60)
    assert fine[1] == pytest.approx(fine[2], rel=1e-7)  # the square is symmetric about its diagonal
    expected = table["extrapolated"]["product GL4 x 8 per quadrant"]
    extrapolated = (4 * fine - coarse) / 3
    assert extrapolated[[0, 1, 3]] == pytest.approx(expected, rel=2e-4)
    assert extrapolated[[0, 1]] == pytest.approx(table["literature S4"][:2], rel=0.03)  # another, coarser set
