"""Graded cells: fine where contacts, regions and interfaces end, growing by a bounded ratio, as many as asked for."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_devices import CHECKS

from boltzsim.accuracy.ladders import Level, case_on, divisor
from boltzsim.case.case import Case
from boltzsim.case.extents import metal_extents
from boltzsim.case.grading import refined
from boltzsim.device.build import grid_of
from boltzsim.device.key import operator_key
from boltzsim.device.metal import media_of
from boltzsim.device.signals import Signals
from boltzsim.errors import CaseError

NM = 1e-9


def film(spans, length=1000, z=(100, 10), region=(), interface=(), **x):
    """A film with contacts on top at some spans in nm, the first of them grounded."""
    contacts = [
        {"name": f"c{k}", "face": "z_max", "span": {"x": [a * NM, b * NM]}}
        | ({"voltage": 0} if k else {"current": 1e-6})
        for k, (a, b) in enumerate(spans)
    ]
    return Case(
        material={"Cu": {"k_F": "13.6 1/nm", "mean_free_path": "20 nm"}},
        grid={"x": {"length": length * NM} | x, "z": {"length": z[0] * NM, "cells": z[1]}},
        contact=[*contacts, {"name": "end", "face": "x_min", "voltage": 0}],
        region=region,
        interface=interface,
    )


def complaint(**x):
    with pytest.raises(CaseError) as error:
        film([(300, 400)], **x)
    return str(error.value)


@settings(max_examples=25, **CHECKS)
@given(st.data())
def test_cells_fill_the_box_and_meet_every_end(data):
    """As many cells as asked for, edges at every end, the finest cells there, neighbours within `growth`."""
    ends = data.draw(st.lists(st.integers(1, 99), min_size=2, max_size=6, unique=True).map(sorted))
    spans = [(10 * a, 10 * b) for a, b in zip(ends[::2], ends[1::2], strict=False)]
    finest, growth = data.draw(st.sampled_from([1.0, 2.0, 2.5])), data.draw(st.sampled_from([1.1, 1.3, 1.6]))
    cells = data.draw(st.integers(280, 400))
    grid = film(spans, cells=cells, finest=finest * NM, growth=growth).grid
    sizes, edges = grid.sizes("x") / NM, grid.edges("x") / NM
    assert len(sizes) == cells and abs(sizes.sum() - 1000) < 1e-9
    for place in [0, *(end for span in spans for end in span)]:
        edge = grid.nearest_edge("x", place * NM)
        assert abs(edges[edge] - place) < 1e-9
        np.testing.assert_allclose(sizes[max(edge - 1, 0) : edge + 1], finest, rtol=1e-9)
    assert max(max(a / b, b / a) for a, b in pairwise(sizes)) < growth * (1 + 1e-6)
    assert len(np.unique(sizes)) <= 1 + np.log(sizes.max() / finest) / np.log(growth) + 2 * len(spans) + 1


def test_regions_interfaces_and_planes_count():
    """Borders of metals, gaps, interfaces in one metal, straight edges of polygons, and contacts inside the box."""
    polygon = {"plane": "xz", "points": [[0.7e-6, 0], [0.9e-6, 0], [0.8e-6, 20e-9], [0.7e-6, 20e-9]]}
    case = film(
        [(100, 200)],
        region=[
            {"material": "void", "box": {"x": ["450 nm", "500 nm"], "z": ["50 nm", "100 nm"]}},
            {"material": "void", "polygon": polygon},
        ],
        interface=[{"box": {"x": ["600 nm", "600 nm"]}, "transmission": 0.3}],
        z=(100, 20),
        cells=160,
        finest="2 nm",
    )
    sizes, edges = case.grid.sizes("x") / NM, case.grid.edges("x") / NM
    found = edges[1:-1][np.isclose(sizes[1:], 2) & np.isclose(sizes[:-1], 2)]
    np.testing.assert_allclose(found, [100, 200, 450, 500, 600, 700], atol=1e-9)
    assert not case.grid.is_graded("z")
    contact, region = case.contact[0], case.region[0]
    assert abs(case.contact_area(contact) / (100 * NM) - 1) < 1e-12  # per metre along y
    gap, wedge = 50 * 50, (case.grid.areas("y")[:, 0] * np.squeeze(case.material_index() == -1)).sum() / NM**2 - 50 * 50
    assert abs(metal_extents(case)["Cu"].content / NM**2 - (1e5 - gap - wedge)) < 1e-6
    assert abs(wedge - 3000) < 300 and region.material == "void"


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (
            {"cells": 20, "finest": "2 nm"},
            "grid.x.cells = 20 is too few for cells that grow from grid.x.finest = '2 nm'",
        ),
        ({"cells": 20, "finest": "60 nm"}, "grid.x.finest = '60 nm' is no finer than equal cells: 17 of them fill x"),
        ({"cells": 20, "growth": 1.2}, "grid.x.growth = 1.2 has no effect without grid.x.finest"),
        ({"cells": 20, "finest": "2 nm", "growth": 1.0}, "grid.x.growth = 1.0 must lie in (1, 2]"),
        ({"cells": 20, "finest": "-2 nm"}, "grid.x.finest = '-2 nm' must be greater than 0"),
    ],
)
def test_mistakes(x, words):
    assert words in complaint(**x)


def test_a_uniform_axis_and_one_without_ends_have_nothing_to_grade():
    tables = film([(300, 400)], cells=40).resolved()
    tables["grid"]["y"] = {"length": "1 um", "finest": "2 nm"}
    with pytest.raises(CaseError, match="has no effect on an axis without cells"):
        Case(**tables)
    tables["grid"]["y"]["cells"] = 40
    with pytest.raises(CaseError, match="no contact, region or interface ends along y"):
        Case(**tables)


def test_the_smallest_number_that_is_offered_works():
    least = int(complaint(cells=20, finest="1 nm").split("at least ")[1].split(",")[0])
    assert film([(300, 400)], cells=least, finest="1 nm").grid.is_graded("x")
    assert "too few" in complaint(cells=least - 1, finest="1 nm")


def test_a_refined_axis_splits_its_cells():
    """Twice the cells, each half as large: up to the ratio inside a pair, and the equal cells in the middle."""
    case = film([(300, 400)], cells=60, finest="4 nm")
    finer = film([(300, 400)], **refined(case.grid, "x", 2))
    coarse, fine = case.grid.edges("x"), finer.grid.edges("x")
    assert len(fine) == 2 * len(coarse) - 1
    nearest = np.abs(fine[None] - coarse[:, None]).min(1)
    assert (nearest / np.append(case.grid.sizes("x"), np.inf)).max() < 0.3
    assert finer.grid.sizes("x").max() < 0.6 * case.grid.sizes("x").max()


def test_cells_follow_a_contact_that_moves():
    """Another operator, although the contact covers cells of the same numbers."""
    one, other = (film([(a, a + 100)], cells=60, finest="4 nm") for a in (300, 301))
    assert one.contact_cells(one.contact[0]) == other.contact_cells(other.contact[0])
    assert operator_key(one) != operator_key(other)
    assert one.with_(**{"grid.x.cells": 61}).grid.cells("x") == 61


def test_signals_weigh_cells_by_their_size():
    """The mean of a linear density over a box is that in its middle, and a cosine is its own Fourier component."""
    case = film([(300, 400)], cells=120, finest="2 nm")
    tables = case.resolved() | {
        "time": {"end": 1e-12, "step": 1e-13},
        "observe": [
            {"name": "box", "kind": "mean", "box": {"x": [300 * NM, 400 * NM]}},
            {"name": "whole", "kind": "mean"},
            {"name": "wave", "kind": "fourier", "axis": "x", "periods": 1},
        ],
    }
    case = Case(**tables)
    grid = grid_of(case, media_of(case))
    x, phi = grid.corner_points()[0] / NM, np.zeros((*grid.corner_points()[0].shape, 1, 4))
    phi[:, :, 0, 0], phi[:, :, 0, 1] = 2 + x, np.cos(2 * np.pi * x / 1000)
    found = Signals(case, grid)(phi)
    np.testing.assert_allclose([found["box"][0], found["whole"][0]], [352, 502], rtol=1e-12)
    np.testing.assert_allclose(found["wave"][1], 1, atol=1e-3)


def test_other_grids_keep_the_ends_of_contacts():
    """Whatever the other axes allow: the ends lie on edges of a graded axis by themselves."""
    case = film([(301, 407)], z=(100, 6), cells=66, finest="4 nm")
    assert divisor(case) == 6
    for factor in (Fraction(2), Fraction(5, 6)):
        other = case_on(case, Level(grid=factor))
        assert (other.grid.cells("x"), other.grid.cells("z")) == (66 * factor, 6 * factor)
        np.testing.assert_allclose(
            other.grid.edges("x")[[*other.contact_cells(other.contact[0])["x"]]], [301e-9, 407e-9]
        )
