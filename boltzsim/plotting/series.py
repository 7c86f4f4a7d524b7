"""Figures of a series: ΔR against distance, field, or the ratio to the diffusion formula; decay rates of gratings."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

from boltzsim.errors import StoreError
from boltzsim.hdf5 import replacing
from boltzsim.plotting import FORMATS
from boltzsim.plotting.gratings import draw_dispersions
from boltzsim.plotting.style import PALETTE, STYLE, prefixed

MARKERS = "os^Dvp"
WIDTH, HEIGHT = 3.4, 2.7  # in, one column of a journal


def draw_series(curves, out):
    """Draw curves as found by `boltzsim.series_analysis.analyses` to a .png, .pdf or .svg file.

    Raises
    ------
    StoreError
        `out` has another suffix or cannot be written.
    """
    suffix = Path(out).suffix.lower()
    if suffix not in FORMATS:
        raise StoreError(f"{out}: unknown kind of figure {suffix!r}; end the name in {', '.join(FORMATS)}")
    with matplotlib.rc_context(STYLE), replacing(out) as temporary:
        series_figure(curves).savefig(temporary, format=suffix[1:])


def series_figure(curves):
    """The figure, not yet written: a panel for each kind of curve, side by side."""
    kinds = [kind for kind in _PANELS if any(curve.kind == kind for curve in curves)]
    panels = sum(2 if kind == "ratio" else 1 for kind in kinds)
    with matplotlib.rc_context(STYLE):
        page = Figure(figsize=(WIDTH * panels, HEIGHT), layout="constrained")
        FigureCanvasAgg(page)
        axes = iter(np.ravel(page.subplots(1, panels)))
        for kind in kinds:
            _PANELS[kind](axes, [curve for curve in curves if curve.kind == kind])
    return page


def _distance(axes, curves):
    axes = next(axes)
    factor, unit = prefixed(np.concatenate([curve.x for curve in curves]), "m")
    scale, ohm = prefixed(np.concatenate([curve.kinetic for curve in curves]), "Ω")
    for number, curve in enumerate(curves):
        colour = PALETTE[number % len(PALETTE)]
        axes.plot(factor * curve.x, scale * np.abs(curve.kinetic), MARKERS[number % len(MARKERS)], color=colour,
                  ms=4, label=curve.label)  # fmt: skip
        axes.plot(factor * curve.x, scale * np.abs(curve.formula), "--", color=colour, lw=0.8)
        for fit in curve.fits[-1:]:
            x, value = np.linspace(curve.x.min(), curve.x.max(), 200), fit.value
            y = value["amplitude"] * np.exp(-x / value["length"])
            if "length_short" in value:
                y = y + value["amplitude_short"] * np.exp(-x / value["length_short"])
            axes.plot(factor * x, scale * np.abs(y), color=colour, lw=1)
    axes.plot([], [], "k-", lw=1, label="fit")
    axes.plot([], [], "k--", lw=0.8, label="diffusion formula")
    axes.set(yscale="log", xlabel=f"distance ({unit})", ylabel=f"$|\\Delta R|$ ({ohm})")
    axes.legend()


def _hanle(axes, curves):
    axes = next(axes)
    factor, unit = prefixed(np.concatenate([curve.x for curve in curves]), "T")
    scale, ohm = prefixed(np.concatenate([curve.kinetic for curve in curves]), "Ω")
    for number, curve in enumerate(curves):
        colour, order = PALETTE[number % len(PALETTE)], np.argsort(curve.x)
        x = factor * curve.x[order]
        axes.plot(x, scale * curve.kinetic[order], MARKERS[number % len(MARKERS)], color=colour, ms=4,
                  label=curve.label)  # fmt: skip
        axes.plot(x, scale * curve.formula[order], "--", color=colour, lw=0.8)
        if curve.fitted:
            axes.plot(factor * curve.fitted[0], scale * curve.fitted[1], color=colour, lw=1)
    axes.plot([], [], "k-", lw=1, label="fit")
    axes.plot([], [], "k--", lw=0.8, label="diffusion formula")
    axes.axhline(0, color="0.7", lw=0.6, zorder=0)
    axes.set(xlabel=f"$B$ ({unit})", ylabel=f"$\\Delta R$ ({ohm})")
    axes.legend()


def _ratio(axes, curves):
    for quantity, label in (("over_width", r"$\ell$ / channel width"), ("over_length", r"$\ell\,/\,\lambda$")):
        panel = next(axes)
        for number, curve in enumerate(curves):
            x, order = getattr(curve, quantity), np.argsort(getattr(curve, quantity))
            panel.plot(x[order], (curve.kinetic / curve.formula)[order], "-" + MARKERS[number % len(MARKERS)],
                       color=PALETTE[number % len(PALETTE)], ms=4, label=curve.label)  # fmt: skip
        panel.axhline(1, color="0.7", lw=0.6, zorder=0)
        panel.set(xscale="log")
        panel.xaxis.set(
            major_locator=LogLocator(subs=(1, 2, 5)), major_formatter=ScalarFormatter(), minor_formatter=NullFormatter()
        )
        panel.set(xlabel=label, ylabel=r"$\Delta R_\mathrm{kinetic}\,/\,\Delta R_\mathrm{diffusive}$")
        panel.legend()


def _bar(axes, curves):
    axes = next(axes)
    factor, unit = prefixed(np.concatenate([curve.x for curve in curves]), "m")
    scale, ohm = prefixed(np.concatenate([curve.kinetic for curve in curves]), "Ω")
    for number, curve in enumerate(curves):
        colour, marker = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)]
        axes.plot(factor * curve.x, scale * np.abs(curve.kinetic), marker, color=colour, ms=4, label=curve.label)
        axes.plot(factor * curve.x, scale * np.abs(curve.formula), "--", color=colour, lw=0.8)
    axes.plot([], [], "k--", lw=0.8, label="ohmic and spin Hall formula")
    axes.set(yscale="log", xlabel=f"distance ({unit})", ylabel=f"$|R_\\mathrm{{NL}}|$ ({ohm})")
    axes.legend()


def _turn(axes, curves):
    axes = next(axes)
    scale, ohm = prefixed(np.concatenate([curve.kinetic for curve in curves]), "Ω")
    for number, curve in enumerate(curves):
        colour, marker, where = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)], np.arange(len(curve.x))
        axes.plot(where, scale * curve.kinetic, marker, color=colour, ms=5, label=curve.label)
        axes.plot(where, scale * curve.formula, "_", color=colour, ms=18)
        axes.set_xticks(where, curve.ticks)
    axes.plot([], [], "k_", ms=10, label="diffusion formula")
    axes.axhline(0, color="0.7", lw=0.6, zorder=0)
    axes.margins(0.15)
    axes.set(xlabel="magnetisation", ylabel=f"$\\Delta R$ ({ohm})")
    axes.legend()


_PANELS = {"bar": _bar, "turn": _turn, "distance": _distance, "hanle": _hanle, "ratio": _ratio}
_PANELS["dispersion"] = draw_dispersions
