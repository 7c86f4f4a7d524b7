"""Figures of series: every kind of curve has its panel, with units, points of the device and lines beside them."""

import numpy as np
import pytest

from boltzsim.analysis.curves import DistanceCurve, HallBarCurve, HanleCurve, RatioCurve, TurnedCurve
from boltzsim.errors import StoreError
from boltzsim.plotting.series import series_figure
from boltzsim.plotting.sheet import write

X = np.linspace(1e-8, 5e-8, 5)
LABELS = {
    "bar": [("distance (nm)", "NL")],
    "turn": [("magnetisation", "ΔR")],
    "distance": [("distance (nm)", "ΔR")],
    "hanle": [("$B$ (nT)", "ΔR")],
    "ratio": [("channel width", "diffusive"), ("lambda", "diffusive")],
}


def curve(kind, label="L", **more):
    signal = 0.1 * np.exp(-X / 2e-8)
    own = {"label": label, "unit": "m", "x": X, "kinetic": signal, "formula": 0.9 * signal}
    own |= {"distance": X, "over_width": 1e8 * X, "over_length": 1e7 * X} | more
    if kind in ("bar", "turn"):
        own |= {"angle": 0.01, "bulk_angle": 0.01}
        if kind == "bar":
            return HallBarCurve(**own, spin=0.5 * signal)
        return TurnedCurve(**own, ticks=("x", "y", "z", "-x", "-z"))
    own |= {"state": "L", "bulk": {}}
    if kind == "hanle":
        return HanleCurve(**own, parallel=np.full(5, np.nan), antiparallel=np.full(5, np.nan))
    return {"distance": DistanceCurve, "ratio": RatioCurve}[kind](**own)


@pytest.mark.parametrize("kind", LABELS)
def test_every_kind_of_curve_has_its_panels(kind):
    more = {"lines": {"fit": (X, np.full(5, 1e-3))}} if kind in ("distance", "hanle") else {}
    axes = series_figure([curve(kind), curve(kind, "T", **more)]).axes
    assert len(axes) == len(LABELS[kind])
    for panel, (x, y) in zip(axes, LABELS[kind], strict=True):
        assert x in panel.get_xlabel()
        assert y in panel.get_ylabel().replace("\\Delta ", "Δ")
        assert kind == "ratio" or "mΩ" in panel.get_ylabel()
        names = [text.get_text() for text in panel.get_legend().get_texts()]
        assert [name[:3] for name in names[:2]] == ["L (", "T ("] and len(names) == len(set(names))
        assert ("fit" in names) == (kind in ("distance", "hanle")) and ("ohmic" in names) == (kind == "bar")


def test_points_and_formula_are_drawn_where_they_are():
    (panel,) = series_figure([curve("distance")]).axes
    points, formula = (line for line in panel.lines if len(line.get_xdata()) == len(X))
    assert points.get_marker() == "o" and formula.get_linestyle() == "--"
    np.testing.assert_allclose(points.get_xdata(), X * 1e9)
    np.testing.assert_allclose(points.get_ydata(), 1e3 * curve("distance").kinetic)
    np.testing.assert_allclose(formula.get_ydata(), 0.9e3 * curve("distance").kinetic)


def test_a_formula_that_fails_leaves_no_line():
    lost = curve("distance")
    lost.formula[:] = np.nan
    (panel,) = series_figure([lost]).axes
    assert [text.get_text() for text in panel.get_legend().get_texts()] == [r"L ($M \parallel$ channel)"]


def test_ratios_to_a_formula_that_does_not_apply(tmp_path):
    """Nothing is on their logarithmic axes: they have no panel beside other curves, an empty one alone."""
    missing = curve("ratio", formula=np.full(len(curve("ratio").x), np.nan))
    assert len(series_figure([curve("distance"), missing]).axes) == 1
    write(series_figure([missing]), tmp_path / "alone.png")
    silent = curve("distance", kinetic=np.zeros(len(curve("distance").x)))
    write(series_figure([silent]), tmp_path / "silent.png")


def test_other_kinds_of_file_are_refused(tmp_path):
    with pytest.raises(StoreError, match="png"):
        write(series_figure([curve("ratio")]), tmp_path / "figure.jpg")
