"""Figures of series: every kind of curve has its panel, with units, points of the device and lines beside them."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from pictures import require_readable

from boltzsim.analysis.curves import DistanceCurve, HallBarCurve, HanleCurve, RatioCurve, TrendCurve, TurnedCurve
from boltzsim.analysis.fits import Fit
from boltzsim.analysis.gratings import Dispersion
from boltzsim.errors import StoreError
from boltzsim.plotting.series import series_figure
from boltzsim.plotting.sheet import write
from boltzsim.plotting.style import PALETTE

X = np.linspace(1e-8, 5e-8, 5)
LABELS = {
    "bar": [("distance (nm)", "NL")],
    "turn": [("magnetisation", "ΔR")],
    "distance": [("distance (nm)", "ΔR")],
    "hanle": [("$B$ (nT)", "ΔR")],
    "ratio": [("channel width", "diffusive"), ("lambda", "diffusive")],
    "trend": [("purity (nm)", "NL")],
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
    if kind == "trend":
        return TrendCurve(**{"name": "purity", "states": False, **own})
    own |= {"state": "L", "bulk": {}}
    if kind == "hanle":
        missing = np.full(5, np.nan)
        return HanleCurve(**{"parallel": missing, "antiparallel": missing, **own})
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
        assert names[:2] == ["L", "T"] and len(names) == len(set(names))
        assert all(letter in panel.get_legend().get_title().get_text() for letter in ("L: $M", "T: $M"))
        assert ("fit" in names) == (kind in ("distance", "hanle")) and ("ohmic" in names) == (kind == "bar")


@pytest.mark.parametrize("kind", ["distance", "trend"])
def test_points_and_formula_are_drawn_where_they_are(kind):
    (panel,) = series_figure([curve(kind)]).axes
    points, formula = (line for line in panel.lines if len(line.get_xdata()) == len(X))
    assert points.get_marker() == "o" and formula.get_linestyle() == "--"
    np.testing.assert_allclose(points.get_xdata(), X * 1e9)
    np.testing.assert_allclose(points.get_ydata(), 1e3 * curve("distance").kinetic)
    np.testing.assert_allclose(formula.get_ydata(), 0.9e3 * curve("distance").kinetic)


@pytest.mark.parametrize("kind", ["distance", "trend"])
def test_a_formula_that_fails_leaves_no_line(kind):
    (panel,) = series_figure([curve(kind)]).axes
    assert [text.get_text() for text in panel.get_legend().get_texts()] == ["L", "diffusion formula"]
    lost = curve(kind, formula=np.full(len(X), np.nan))
    (panel,) = series_figure([lost]).axes
    assert [text.get_text() for text in panel.get_legend().get_texts()] == ["L"]


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


def hanle(label, turn=1.0):
    """A Hanle curve from minus to plus 1 T with all that the analysis finds, made up."""
    field = np.linspace(-1, 1, 21)
    signal = turn * np.cos(4 * field) * np.exp(-3 * field**2) * 1e-3
    value = {"tau_s": 110.13e-15, "D_L": 3.3213e-4, "D_T": 3.304e-4, "polarization": 0.39987}
    error = {"tau_s": 0.12e-15, "D_L": 6e-7, "D_T": 1.2e-6, "polarization": 8e-4}
    more = {"unit": "T", "x": field, "kinetic": signal, "formula": signal, "fits": (Fit("Hanle", value, error, 0.0),)}
    more |= {"parallel": 1e-4 + signal / 2, "antiparallel": 1e-4 - signal / 2}
    return curve("hanle", label, **more, lines={"fit": (field, signal), "formula, bulk constants": (field, signal)})


def dispersion(label):
    q = np.linspace(1e7, 1e8, 5)
    rate, nothing = 1e12 + 1e-4 * q**2, np.full(5, np.nan)
    return Dispersion(
        kind="dispersion", label=label, polarization=label, q=q, rate=rate, error=nothing, exact=rate,
        mean_free_path=1e-8, fitted=np.ones(5, bool), value={}, uncertainty={}, bulk={}, closure={},
        fine=(q, rate, rate), note="",
    )  # fmt: skip


FIGURES = {
    "hanle": [hanle(f"{state}, B along {axis}") for state in "LT" for axis in "yz"],
    "distance": [curve("distance", label, fits=(Fit("exponential", {"length": 2e-8}, {"length": 3e-11}, 0.0),))
                 for label in ("L", "T", "out of plane")],
    "ratio": [curve("ratio", label) for label in ("L, temperature 4.2 K", "T, temperature 4.2 K", "oblique")],
    "bar": [curve("bar", "upper against lower")],
    "turn": [curve("turn", "left against right")],
    "dispersion": [dispersion("L"), dispersion("T")],
    "many": [curve("distance", f"L, width {n} nm") for n in range(6)] + [curve("bar", "upper against lower")],
}  # fmt: skip


@pytest.mark.parametrize("name, width", [*((name, "single") for name in FIGURES), ("hanle", "double")])
def test_nothing_overlaps_or_leaves_the_page_and_legends_cover_no_data(name, width):
    page = series_figure(FIGURES[name], width)
    require_readable(page)
    assert page.get_size_inches()[0] * 25.4 == pytest.approx({"single": 85, "double": 170}[width])
    for axes in page.axes:  # the panels keep their height, however long their legends are
        assert axes.get_window_extent().height / page.dpi == pytest.approx(1.9, rel=0.05)


def test_hanle_curves_have_both_states_their_fits_and_the_fitted_values():
    curves = FIGURES["hanle"]
    difference, states = series_figure(curves).axes
    assert difference.get_xlim()[0] < -1 and difference.get_xlim()[1] > 1  # T
    scale = 1e6 if "µΩ" in states.get_ylabel() else 1e3
    lines = [line for line in states.lines if len(line.get_xdata()) == 21]
    for one, (first, second) in zip(curves, zip(lines[::2], lines[1::2], strict=True), strict=True):
        np.testing.assert_allclose(first.get_ydata(), scale * one.parallel)
        np.testing.assert_allclose(second.get_ydata(), scale * one.antiparallel)
        assert first.get_linestyle() != second.get_linestyle() and first.get_color() == second.get_color()
    (values,) = difference.figure.legends
    written = [text.get_text() for text in values.get_texts()]
    assert written[0].startswith("all curves together: ") and len(written) == 1
    assert all(part in written[0] for part in ("= 110.13 ± 0.12 fs", "= 3.304 ± 0.012 cm²/s", "= 0.39987 ± 0.00080"))
    assert [to_hex(line.get_color()).upper() for line in values.findobj(Line2D)] == list(PALETTE[:4])


def test_curves_fitted_apart_have_their_own_rows():
    fits = [Fit("exponential", {"length": length}, {"length": 3e-11}, 0.0) for length in (2e-8, 3e-8)]
    (values,) = series_figure([curve("distance", "LT"[n], fits=(fit,)) for n, fit in enumerate(fits)]).legends
    assert [text.get_text()[:2] for text in values.get_texts()] == ["L:", "T:"]


def test_a_value_below_its_error_is_not_shown():
    fit = Fit("two exponentials", {"length": 2e-8, "length_short": 4e-9}, {"length": 1e-10, "length_short": 8e-6}, 0.0)
    (values,) = series_figure([curve("distance", fits=(fit,))]).legends
    assert values.get_texts()[0].get_text() == r"L: $\lambda$ = 20.00 ± 0.10 nm, $\lambda'$ undetermined"


def test_a_scatter_of_curves_without_noise_is_not_shown():
    fit = Fit("exponential", {"length": 2.693566861e-8}, {"length": 9.6e-16}, 0.0)
    (values,) = series_figure([curve("distance", fits=(fit,))]).legends
    assert values.get_texts()[0].get_text() == r"L: $\lambda$ = 26.94 nm"


def test_a_trend_has_a_panel_for_each_axis_and_names_where_there_are_no_numbers():
    """Values over a decade have a logarithmic axis, and words stand where their points are."""
    words = {"name": "face", "unit": "1", "x": np.arange(5.0), "ticks": tuple("abcde"), "states": True}
    wide = curve("trend", x=np.geomspace(1e-9, 1e-7, 5))
    purity, face = series_figure([wide, curve("trend", **words)]).axes
    assert (purity.get_xscale(), purity.get_xlabel()) == ("log", "purity (nm)")
    assert (face.get_xscale(), face.get_xlabel()) == ("linear", "face")
    assert [text.get_text() for text in face.get_xticklabels()] == list("abcde")
    assert "Delta" in face.get_ylabel() and "Delta" not in purity.get_ylabel()
