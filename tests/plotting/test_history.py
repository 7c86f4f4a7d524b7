"""Figures of transient runs show what is stored: signals, contacts and frames; the frames move in an animation."""

import io
import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from devices import block, film, grating, pulse, slab, spin_valve
from matplotlib.collections import QuadMesh
from matplotlib.colors import SymLogNorm
from pictures import require_readable
from PIL import Image

from boltzsim.errors import StoreError
from boltzsim.plotting import figure, plot
from boltzsim.plotting.history import decays
from boltzsim.plotting.style import PALETTE
from boltzsim.result import History, Measure

UNIT = re.compile(r" \((f|p|n|µ|m)?(V|A|m|s)\)$")
RUNS = {"grating": grating} | {device.__name__: lambda device=device: pulse(device) for device in (
    slab, spin_valve, block, film)}  # fmt: skip


@pytest.fixture(scope="module")
def drawn():
    results = {name: make() for name, make in RUNS.items()}
    return {name: (result, figure(result)) for name, result in results.items()}


def panel(page, words):
    return next(axes for axes in page.axes if words in axes.get_title(loc="left"))


def meshes(page):
    """Axes with a map, without their colour bars."""
    return [axes for axes in page.axes if axes.get_title(loc="left") and any(
        isinstance(artist, QuadMesh) for artist in axes.collections)]  # fmt: skip


def mesh_of(axes):
    return next(artist for artist in axes.collections if isinstance(artist, QuadMesh))


@pytest.mark.parametrize("name", RUNS)
def test_nothing_overlaps_and_axes_have_units(drawn, name):
    page = drawn[name][1]
    require_readable(page)
    renderer = page.canvas.get_renderer()
    boxes = [axes.get_tightbbox(renderer) for axes in page.axes if axes.get_tightbbox(renderer) is not None]
    for one, other in combinations(boxes, 2):
        assert min(one.x1, other.x1) - max(one.x0, other.x0) < 2 or min(one.y1, other.y1) - max(one.y0, other.y0) < 2
    for box in boxes:
        assert box.x0 > -1 and box.y0 > -1 and box.x1 < page.bbox.x1 + 1 and box.y1 < page.bbox.y1 + 1
    labels = [text for axes in page.axes for text in (axes.get_xlabel(), axes.get_ylabel()) if text]
    assert all(UNIT.search(text) for text in labels), labels


def test_signals_decay_on_a_logarithmic_axis_with_their_measured_slow_part(drawn):
    result, page = drawn["grating"]
    axes = panel(page, "grating")
    assert axes.get_yscale() == "log" and axes.get_ylabel() == "|signal| (mV)"
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert set(lines) == {r"$\mu_{\mathrm{s},x}/e$", r"$\mu_{\mathrm{s},z}/e$", "slow part"}
    along = lines[r"$\mu_{\mathrm{s},z}/e$"]
    np.testing.assert_allclose(along.get_xdata(), 1e12 * result.history.time, rtol=1e-12)
    np.testing.assert_allclose(along.get_ydata(), 1e3 * result.history.observed["grating"][:, 3], rtol=1e-12)
    slow = 0.3 * np.exp(-3e11 * result.history.time)
    np.testing.assert_allclose(lines["slow part"].get_ydata(), slow, rtol=1e-12)


def test_only_signals_that_fall_from_the_start_and_keep_their_sign_are_logarithmic(drawn):
    t = np.linspace(0, 5, 51)
    assert decays(np.exp(-t)) and decays(-np.exp(-t))
    assert not decays(np.exp(-t) * np.cos(3 * t)) and not decays(t * np.exp(-t)) and not decays(np.exp(-0.1 * t))
    axes = panel(drawn["slab"][1], "whole")
    assert axes.get_yscale() == "linear" and axes.get_ylabel() == "signal (µV)"


def test_contacts_have_their_colours_in_all_panels(drawn):
    result, page = drawn["spin_valve"]
    for words, values, factor in (("voltages", result.history.voltage, 1e6), ("currents", result.history.current, 1e6)):
        lines = panel(page, words).get_lines()
        assert [line.get_color() for line in lines] == list(PALETTE[:4])
        np.testing.assert_allclose([line.get_ydata() for line in lines], factor * values.T, rtol=1e-12)
    (line,) = panel(page, "detector: change on reversal").get_lines()
    change = result.history.voltage[:, 2] - result.history.voltage_reversed["detector"][:, 2]
    np.testing.assert_allclose(line.get_ydata(), 1e9 * change, rtol=1e-9)
    assert line.get_color() == PALETTE[2]


def test_frames_of_one_dimension_are_a_map_of_space_and_time(drawn):
    result, page = drawn["grating"]
    along, across = meshes(page)
    for axes, component in ((along, 2), (across, 0)):
        mesh = mesh_of(axes)
        stored = result.history.frames["spin_potential"][:, :, 0, 0, component]
        np.testing.assert_allclose(mesh.get_array(), 1e6 * stored, rtol=1e-12)
        edges = mesh.get_coordinates()
        np.testing.assert_allclose(edges[0, :, 0], 1e9 * result.edges["z"], rtol=1e-12)
        assert edges[0, 0, 1] == 0 and edges[-1, 0, 1] == pytest.approx(10)
        time = 1e12 * result.history.frame_time
        assert np.all((edges[:-1, 0, 1] <= time) & (time <= edges[1:, 0, 1]))
    one, other = mesh_of(along).norm, mesh_of(across).norm  # alike, so that components can be compared
    assert one.vmax == other.vmax == -one.vmin and one.linthresh == other.linthresh


@pytest.mark.parametrize("name", ["spin_valve", "block"])
def test_frames_of_planes_are_snapshots_to_scale_in_common_colours(drawn, name):
    result, page = drawn[name]
    page.draw(page.canvas.get_renderer())
    found = meshes(page)
    assert len(found) == 12  # two components, six frames each
    frames = np.squeeze(result.history.frames["spin_potential"])
    largest = int(np.argmax(np.abs(frames).max((0, 1, 2))))
    chosen = [round(i) for i in np.linspace(0, 12, 6)]
    for axes, number in zip(found[:6], chosen, strict=True):
        mesh = mesh_of(axes)
        assert f"{1e12 * result.history.frame_time[number]:.4g} ps" in axes.get_title(loc="left")
        scale = mesh.get_array().max() / frames[number, ..., largest].max()
        assert np.log10(scale) == pytest.approx(round(np.log10(scale)), abs=1e-9)
        np.testing.assert_allclose(mesh.get_array(), scale * frames[number, ..., largest], rtol=1e-12, atol=1e-30)
        assert mesh.norm is mesh_of(found[0]).norm and isinstance(mesh.norm, SymLogNorm)
        true = np.ptp(axes.get_ylim()) / np.ptp(axes.get_xlim())
        assert axes.bbox.height / axes.bbox.width == pytest.approx(max(true, 0.12), rel=1e-3)
    assert ("height × 1.5" in found[0].get_title(loc="left")) == (name == "spin_valve")  # 40 nm by 500 nm


def test_one_column_of_a_journal_is_85_mm_wide(drawn):
    page = figure(drawn["spin_valve"][0], "single")
    assert page.get_size_inches()[0] * 25.4 == pytest.approx(85)
    require_readable(page)
    titles = [axes.get_title(loc="left") for axes in page.axes]
    assert sum(title.startswith("(") for title in titles) == sum(
        axes.get_title(loc="left").startswith("(") for axes in drawn["spin_valve"][1].axes
    )


def test_an_arrival_is_marked_on_the_change_of_the_detector():
    result = pulse(spin_valve)
    entry = {"kind": "arrival", "signal": "detector", "component": None}
    measure = Measure("arrival", entry, 1e-12, "s", {"height": 3e-9})
    axes = panel(figure(replace(result, measures=(measure,))), "detector: change on reversal")
    assert "largest at 1 ps" in axes.get_title(loc="left")
    (mark,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert mark.get_xydata()[0].tolist() == pytest.approx([1.0, 3.0])


def test_a_run_that_is_not_complete_says_so(drawn):
    texts = [text.get_text() for text in figure(grating(complete=False)).texts]
    assert any("NOT COMPLETE" in text for text in texts)
    assert not any("NOT COMPLETE" in text.get_text() for text in drawn["grating"][1].texts)


def test_a_run_without_frames_or_signals_is_still_drawn():
    result = pulse(slab)
    history = result.history
    first = {name: values[:1] for name, values in history.frames.items()}
    bare = replace(history, observed={}, frames=first, frame_time=history.frame_time[:1])
    page = figure(replace(result, history=bare))
    assert [axes.get_title(loc="left")[4:] for axes in page.axes if axes.get_title(loc="left")] == [
        "voltages", "currents into the device"]  # fmt: skip


@pytest.mark.parametrize("name", ["grating", "block"])
def test_the_frames_of_an_animation_are_those_of_the_run(drawn, name, tmp_path, monkeypatch):
    monkeypatch.setattr("boltzsim.plotting.history.DOTS", 50)
    result = drawn[name][0]
    history, some = result.history, slice(None, None, 5)
    frames = {name: values[some] for name, values in history.frames.items()}
    result = replace(result, history=replace(history, frames=frames, frame_time=history.frame_time[some]))
    plot(result, tmp_path / "run.gif")
    with Image.open(io.BytesIO((tmp_path / "run.gif").read_bytes())) as image:
        assert image.n_frames == len(result.history.frame_time)
        shots = []
        for number in (0, image.n_frames // 3, image.n_frames - 1):
            image.seek(number)
            shots.append(np.array(image.convert("RGB"), float))
    assert all(np.abs(one - other).max() > 50 for one, other in combinations(shots, 2))


def test_only_transient_runs_can_be_animated(tmp_path):
    with pytest.raises(StoreError, match="only the frames of a transient run can be animated"):
        plot(slab(), tmp_path / "run.gif")
    assert not list(tmp_path.iterdir())


def test_histories_of_wrong_shape_are_refused():
    history = grating().history
    for key, value in (
        ("current", np.zeros((3, 0))), ("spin_current", np.zeros((80, 0))), ("frame_time", np.zeros(3)),
        ("voltage_reversed", {"a": np.zeros((80, 1))}), ("charge_balance", np.zeros(3)),
        ("observed", {"grating": np.zeros((80, 3))}),
        ("frames", {"charge_potential": np.zeros((3, 60, 1, 1))}), ("frames", {"charge": np.zeros((26, 60, 1, 1))}),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"shape|unknown"):
            replace(history, **{key: value})
    assert isinstance(history, History)
    with pytest.raises(ValueError, match="frames: charge_potential"):
        wrong = replace(history, frames={"charge_potential": np.zeros((26, 50, 1, 1))})
        replace(grating(), history=wrong)
