"""Conductors of random outline, from case files: van der Pauw's theorem."""

import numpy as np
import pytest

import boltzsim
from boltzsim.case.case import parse_case
from boltzsim.limits.diffusion import conductivities

CELLS, CELL, THICKNESS = 60, 20, 50  # nm
CASE = f"""
[material.metal]
k_F = "13.6 1/nm"
background = {{{{ tau_p = "0.2 fs" }}}}
[physics]
model = "{{model}}"
[grid]
x = {{{{ length = "{CELLS * CELL} nm", cells = {CELLS} }}}}
z = {{{{ length = "{CELLS * CELL} nm", cells = {CELLS} }}}}
y = {{{{ length = "{THICKNESS} nm" }}}}
[[region]]
material = "void"
[[region]]
material = "metal"
polygon = {{{{ plane = "xz", points = {{points}} }}}}
"""
CONTACT = """
[[contact]]
name = "{name}"
face = "{face}"
at = "{at} nm"
span = {{ {along} = ["{first} nm", "{last} nm"] }}
voltage = "{volts} mV"
"""
ALONG_Y = """
[drive]
electric_field = [0, "1 kV/m", 0]
"""  # something must drive the device that shows where the metal is


def outline(rng):
    """Corners of a polygon around the middle of the box, at random distances, as entries of a case."""
    corners = int(rng.integers(5, 9))
    angles = 2 * np.pi * (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) / corners
    radii = rng.uniform(0.55, 0.95, corners) * CELLS * CELL / 2
    points = CELLS * CELL / 2 + radii[:, None] * np.c_[np.cos(angles), np.sin(angles)]
    return [[f"{x:.2f} nm", f"{z:.2f} nm"] for x, z in points]


def surface(metal):
    """Exposed faces of cells, metal (z, x), round the middle: (face, edge across it, cell along it)."""
    padded, found = np.pad(metal, 1), []
    for face, row, column in (("x_min", 0, -1), ("x_max", 0, 1), ("z_min", -1, 0), ("z_max", 1, 0)):
        beyond = np.roll(padded, (-row, -column), (0, 1))[1:-1, 1:-1]
        for z, x in np.argwhere(metal & ~beyond):
            across, along = (x, z) if face[0] == "x" else (z, x)
            middle = np.array([z, x]) + 0.5 + 0.5 * np.array([row, column]) - CELLS / 2
            found.append((np.arctan2(*middle), face, int(across) + face.endswith("max"), int(along)))
    return [entry[1:] for entry in sorted(found)]


def conductances(seed, model):
    """Conductance matrix of four contacts A, B, C, D, of one cell each in order around a random polygon."""
    rng = np.random.default_rng(seed)
    text = CASE.format(model=model, points=outline(rng))
    case = parse_case(text + ALONG_Y)
    faces = surface(case.material_index()[:, 0] >= 0)
    places = (np.arange(4) + rng.uniform(-0.3, 0.3, 4)) / 4 * len(faces)
    for name, place in zip("ABCD", places.astype(int), strict=True):
        face, edge, cell = faces[place]
        ends = {"first": cell * CELL, "last": (cell + 1) * CELL, "along": "z" if face[0] == "x" else "x"}
        text += CONTACT.format(name=name, face=face, at=edge * CELL, volts=int(name == "A"), **ends)
    case = parse_case(text)
    return case, boltzsim.run(case).terminals.conductance


def four_terminal(G, source, drain, high, low):
    """(V_high - V_low)/I for a current from source to drain, the others open."""
    current = np.zeros(len(G))
    current[source], current[drain] = 1.0, -1.0
    voltage = np.r_[0.0, np.linalg.solve(G[1:, 1:], current[1:])]
    return voltage[high] - voltage[low]


@pytest.mark.parametrize("model", ["diffusion", "kinetic"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_van_der_pauw(seed, model):
    """exp(-π R₁ t/ρ) + exp(-π R₂ t/ρ) = 1 for any outline, up to the width of the contacts: sheet resistance to 3 %."""
    case, G = conductances(seed, model)
    R1, R2 = four_terminal(G, 0, 1, 3, 2), four_terminal(G, 1, 2, 0, 3)
    sheet = 1 / (conductivities(case.metal)["sigma_c"] * THICKNESS * 1e-9)
    low, high = 0.5 * sheet, 2 * sheet
    for _ in range(60):
        middle = (low + high) / 2
        total = np.exp(-np.pi * R1 / middle) + np.exp(-np.pi * R2 / middle)
        low, high = (middle, high) if total < 1 else (low, middle)
    assert abs(middle / sheet - 1) < 0.03
