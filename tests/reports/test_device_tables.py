"""Tables of a device: the metal that its cells make, and resistances of contacts and interfaces with two metals."""

import math
import statistics

import numpy as np
import pytest

from boltzsim.case.case import parse_case
from boltzsim.case.extents import drawn_extent, metal_extents, shape_extent
from boltzsim.reports.case import check_tables, info_tables
from boltzsim.reports.effort import run_time
from boltzsim.reports.tables import data_of

HEAD = """
[material.copper]
k_F = "13.6 1/nm"
background = {{ tau_p = "20 fs" }}
[material.heavy]
k_F = "10 1/nm"
background = {{ tau_p = "2 fs" }}
[grid]
x = {{ length = "100 nm", cells = {cells} }}
y = {{ length = "100 nm", cells = {cells} }}
{z}
[angles]
polar = 4
azimuthal = 8
[[contact]]
name = "left"
face = "x_min"
voltage = "1 mV"
transmission = 0.4
polarization = 0.3
direction = [1, 0, 0]
[[contact]]
name = "right"
face = "x_max"
voltage = "0 V"
transmission = 0.4
polarization = 0.3
direction = [1, 0, 0]
"""
SIDE = 50.0  # nm
KONDO = """
[temperature]
T = "1 K"
[[material.copper.impurity]]
name = "Ce"
concentration = 0.001
kondo = { channel = "p1/2", T_K = "1 K", occupation = 1 }
"""
SERIES = """
[series]
angle."contact.left.polarization" = [0.1, 0.2, 0.3]
field."field.B.z" = ["0 T", "1 T"]
"""


def device(cells, rest, z=""):
    return parse_case(HEAD.format(cells=cells, z=z) + rest)


def square(angle, material="void"):
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    corners = 50.3 + SIDE / 2 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) @ turn.T
    points = [[f"{x} nm", f"{y} nm"] for x, y in corners]
    return f'[[region]]\nmaterial = "{material}"\npolygon = {{ points = {points} }}\n'.replace("'", '"')


@pytest.mark.parametrize("angle", [0.0, math.pi / 4, math.pi / 6])
def test_area_of_a_rotated_square_converges_and_its_perimeter_does_not(angle):
    """A convex staircase is as long as the box around it: |cos θ| + |sin θ| times the square, √2 times at 45°."""
    case = device(400, square(angle))
    made, drawn = shape_extent(case, case.region[0].shape), drawn_extent(case.region[0].shape)
    assert drawn == pytest.approx((SIDE**2 * 1e-18, 4 * SIDE * 1e-9), rel=1e-12)
    assert made.content == pytest.approx(drawn[0], rel=0.01)
    assert made.surface == pytest.approx(drawn[1] * (math.cos(angle) + math.sin(angle)), rel=0.01)
    metal = metal_extents(case)["copper"]
    assert metal.cells + made.cells == 400**2
    assert metal.content + made.content == pytest.approx(1e-14, rel=1e-12)
    assert metal.surface == pytest.approx(400e-9 + made.surface, rel=1e-12)


def test_surface_of_metals_counts_neither_joints_nor_mirror_planes_nor_periodic_ends():
    """A slab of heavy metal of 20 nm on copper: each has its own sides, not the face between them."""
    slab = '[[region]]\nmaterial = "heavy"\nbox = { y = ["80 nm", "100 nm"] }\n'
    barrier = '[[interface]]\nbetween = ["copper", "heavy"]\ntransmission = 0.5\n'
    box = 'z = { length = "30 nm" }'
    found = metal_extents(device(20, slab + barrier, box))
    assert (found["copper"].cells, found["heavy"].cells) == (320, 80)
    assert found["copper"].content == pytest.approx(100e-9 * 80e-9 * 30e-9)
    assert found["copper"].surface == pytest.approx((100e-9 + 2 * 80e-9) * 30e-9)
    assert found["heavy"].surface == pytest.approx((100e-9 + 2 * 20e-9) * 30e-9)
    mirrored = metal_extents(device(20, slab + barrier + '[walls]\nsymmetry = ["y_min"]\n', box))
    assert mirrored["copper"].surface == pytest.approx(2 * 80e-9 * 30e-9)
    periodic = metal_extents(device(20, '[walls]\nperiodic = ["y"]\n', box))
    assert periodic["copper"].surface == pytest.approx(2 * 100e-9 * 30e-9)


def named(tables, title):
    return next(table for table in map(data_of, tables) if table["title"].startswith(title))


def test_check_lists_metal_and_shapes():

    tables = list(check_tables(device(50, square(0.3))))
    metal = named(tables, "Metal in the cells")["rows"]
    assert [row["material"] for row in metal] == ["copper", "heavy"]
    assert metal[0]["area"].endswith(" nm²") and metal[0]["exposed perimeter"].endswith(" nm")
    shape = named(tables, "Polygons and masks: slanted edges are staircases of cells")["rows"][0]
    assert (shape["drawn area"], shape["drawn perimeter"]) == ("2,500 nm²", "200 nm")
    assert not [t for t in check_tables(device(5, "")) if "cells" in str(t.title)]


def test_resistances_use_the_metal_behind_each_contact():
    """The same barrier has the resistance of its own metal: Sharvin conductances go as k_F², here 1.8496 to 1."""

    halves = '[[region]]\nmaterial = "heavy"\nbox = { x = ["50 nm", "100 nm"] }\n'
    joint = '[[interface]]\nbetween = ["copper", "heavy"]\nresistance_area = "1 fOhm m^2"\n'
    joint += "polarization = 0.2\ndirection = [1, 0, 0]\n"
    case = device(10, halves + joint)
    for tables in (list(check_tables(case)), list(info_tables(case))):
        left, right = named(tables, "Resistances of the contacts")["rows"]
        ratio = float(right["resistance × area"].split()[0]) / float(left["resistance × area"].split()[0])
        assert ratio == pytest.approx((13.6 / 10) ** 2, rel=1e-3)
        (interface,) = named(tables, "Resistances of the interfaces")["rows"]
        assert interface["lower | upper metal"] == "copper | heavy"
        assert (interface["normal"], interface["faces"]) == ("x", "10")
        assert interface["resistance × area"] == "1 fΩ m²"
        assert interface["resistance"] == "10 nΩ"  # 1 fΩ m² over 100 nm times 1 m
        up, down = float(interface["transmission from below"]), float(interface["from above"])
        assert down / up == pytest.approx((13.6 / 10) ** 2, rel=1e-3)


def test_the_time_of_a_run_grows_with_its_sweeps():
    """An estimate in seconds, for runs in time too where their steps are known."""
    contact = '[[contact]]\nname = "probe"\nface = "y_max"\nfloating = true\n'
    one, two = (statistics.median(run_time(device(cells, contact)) for _ in range(5)) for cells in (10, 30))
    assert 0 < one < two < 100 * one
    times = '[time]\nend = "1 ps"\n{}\n'
    assert run_time(device(10, times.format(""))) is None
    few, many = (run_time(device(10, times.format(f'step = "{step} fs"'))) for step in (100, 1))
    assert 0 < few < many < 1000 * few
    assert 5 <= run_time(device(10, KONDO)) / one <= 50  # at many energies
    size = named(check_tables(device(10, SERIES)), "Size")["rows"]
    time = {row["quantity"]: row["value"] for row in size}["time of the run, roughly"]
    assert time == "1 s for each of 6 points of the series"
    size = named(check_tables(device(10, times.format(""))), "Size")["rows"]
    assert {row["quantity"]: row["value"] for row in size}["time of the run, roughly"].endswith("chosen on the way)")


def test_areas_have_a_unit_of_their_size():
    """A uniform axis without a length counts 1 m."""
    flat = named(check_tables(device(10, "")), "Contacts")["rows"]
    thick = named(check_tables(device(10, "", 'z = { length = "30 nm" }')), "Contacts")["rows"]
    assert (flat[0]["area"], thick[0]["area"]) == ("1e-07 m²", "3,000 nm²")
