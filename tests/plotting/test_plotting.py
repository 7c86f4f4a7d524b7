"""Figures show the stored fields, where they are, with their units, and nothing in the way of anything else."""

import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from devices import block, film, film_without_spin, long_valve, one_cell, slab, spin_valve, wire
from matplotlib.collections import QuadMesh
from pictures import page_of, panel, panels, require_readable, texts

from boltzsim.errors import StoreError
from boltzsim.plotting import figure, plot
from boltzsim.plotting.style import PALETTE, prefixed
from boltzsim.result import Result, SolverReport
from boltzsim.store.result import open as open_result
from boltzsim.units import engineering

DEVICES = [slab, spin_valve, long_valve, block, wire, film, film_without_spin, one_cell]
UNIT = re.compile(r"\((f|p|n|µ|m|k|M|G|z)?(V|m|A/m²|Ω)\)$")


R_AP = r"$R_\mathrm{AP}$"


@pytest.fixture(scope="module")
def figures():
    return {device.__name__: page_of(device) for device in DEVICES}


@pytest.mark.parametrize("device", [device.__name__ for device in DEVICES])
def test_every_axis_and_colour_bar_is_labelled_with_a_unit(figures, device):
    for axes in panels(figures[device]):
        states = "against" in axes.get_title(loc="left")  # magnetic states of a measure stand on top of one another
        assert UNIT.search(axes.get_xlabel()), axes.get_title(loc="left")
        assert states or UNIT.search(axes.get_ylabel()), axes.get_title(loc="left")
        for bar in axes.child_axes:
            assert UNIT.search(bar.get_ylabel())
        assert len(axes.child_axes) == any(isinstance(artist, QuadMesh) for artist in axes.collections)
    titles = [axes.get_title(loc="left") for axes in panels(figures[device])]
    assert [title[:3] for title in titles] == [f"({chr(97 + i)})" for i in range(len(titles))]


@pytest.mark.parametrize("device", [device.__name__ for device in DEVICES])
def test_nothing_overlaps_or_leaves_the_page(figures, device):
    page = figures[device]
    require_readable(page)
    renderer = page.canvas.get_renderer()
    boxes = [axes.get_tightbbox(renderer) for axes in page.axes]
    for one, other in combinations(boxes, 2):
        assert min(one.x1, other.x1) - max(one.x0, other.x0) < 1 or min(one.y1, other.y1) - max(one.y0, other.y0) < 1
    for box in boxes:
        assert box.x0 > -1 and box.y0 > -1 and box.x1 < page.bbox.x1 + 1 and box.y1 < page.bbox.y1 + 1
    assert page.get_size_inches()[0] * 25.4 == pytest.approx(170)
    assert min(text.get_fontsize() for text in texts(page)) >= 8


@pytest.mark.parametrize("device", [spin_valve, film])
def test_one_column_of_a_journal_is_85_mm_wide(figures, device):
    page = figure(device(), "single")
    require_readable(page)
    assert page.get_size_inches()[0] * 25.4 == pytest.approx(85)
    assert len(panels(page)) == len(panels(figures[device.__name__]))


def test_table_of_terminals_and_measures(figures):
    words = [text.get_text() for text in texts(figures["spin_valve"].axes[-1])]
    for word in ("injector", "Erde", "1 µA", "−1 µA", "0 A", "400 nA"):
        assert (word in words) == (word != "Erde"), word
    assert any(f"{R_AP} = −1.1 mΩ" in word and "$ = 2.334 mΩ" in word and "\\Delta R" in word for word in words)


def test_a_measure_in_two_states_shows_both_and_the_voltage_that_depends_on_spin(figures):
    """R_P = 1.234 mΩ and R_AP = -1.1 mΩ, in the colour of the detector; the current is 1 µA."""
    axes = panel(figures["spin_valve"], "voltage of detector against right")
    parallel, antiparallel = (line for line in axes.lines if line.get_marker() == "o")
    assert parallel.get_xydata()[0].tolist() == pytest.approx([1.234, 2])
    assert antiparallel.get_xydata()[0].tolist() == pytest.approx([-1.1, 0])
    assert parallel.get_markerfacecolor() == parallel.get_color() == PALETTE[2] != antiparallel.get_markerfacecolor()
    assert [text.get_text() for text in axes.texts] == ["1.234 mΩ", "−1.1 mΩ", "", "ΔR = 2.334 mΩ"]
    assert axes.get_title(loc="left").endswith(r"$\Delta V$ = 2.334 nV")
    assert axes.get_xlabel() == r"$R_\mathrm{NL}$ (mΩ)"
    assert not any("against" in axes.get_title(loc="left") for axes in panels(figures["film"]))


def test_a_resistance_that_is_rounding_is_shown_as_none():
    result = spin_valve()
    (measure,) = result.measures
    least = 1e-9 * np.abs(result.terminals.voltage).max() / 1e-6
    for value, shown in ((0.5 * least, "0 Ω"), (-0.5 * least, "0 Ω"), (2 * least, engineering(2 * least, "Ω"))):
        changed = replace(measure, extra={**measure.extra, "R_AP": value})
        page = figure(replace(result, measures=(changed,)))
        assert panel(page, "voltage of detector").texts[1].get_text() == shown
        assert any(f"{R_AP} = {shown}," in text.get_text() for text in texts(page.axes[-1]))


def test_a_result_that_did_not_converge_says_so():
    result = slab()
    solver = SolverReport(**{**vars(result.solver), "converged": False})
    shown = figure(Result(**{**vars(result), "solver": solver}))
    assert any("NOT CONVERGED" in text.get_text() for text in texts(shown))


@pytest.mark.parametrize(
    "suffix, start", [(".pdf", b"%PDF"), (".png", b"\x89PNG"), (".svg", b"<?xml"), (".PNG", b"\x89PNG")]
)
def test_files(tmp_path, suffix, start):
    result = slab()
    result.save(tmp_path / "out.h5")
    plot(open_result(tmp_path / "out.h5"), tmp_path / f"figure{suffix}")
    assert (tmp_path / f"figure{suffix}").read_bytes().startswith(start)
    assert len(list(tmp_path.iterdir())) == 2


def test_figures_that_cannot_be(tmp_path):
    result = slab()
    (tmp_path / "figure.pdf").write_text("old")
    with pytest.raises(StoreError, match=r"\.jpg.*\.pdf"):
        plot(result, tmp_path / "figure.jpg")
    with pytest.raises(StoreError, match="missing"):
        plot(result, tmp_path / "missing" / "figure.pdf")
    assert [path.name for path in tmp_path.iterdir()] == ["figure.pdf"] and (
        tmp_path / "figure.pdf"
    ).read_text() == "old"


@pytest.mark.parametrize(
    "largest, unit, factor, shown",
    [
        (3e-9, "V", 1e9, "nV"),
        (999e-9, "m", 1e9, "nm"),
        (1e-6, "m", 1e6, "µm"),
        (2.5e11, "A/m²", 1e-9, "GA/m²"),
        (0, "V", 1, "V"),
    ],
)
def test_prefixes(largest, unit, factor, shown):
    found, label = prefixed([-largest, largest / 3], unit)
    assert found == pytest.approx(factor) and label == shown
