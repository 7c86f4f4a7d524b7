"""Figures of a series: ΔR against distance, field, or the ratio to the diffusion formula; decay rates of gratings."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from boltzsim.errors import StoreError
from boltzsim.files import replacing
from boltzsim.plotting import FORMATS
from boltzsim.plotting.gratings import draw_dispersions
from boltzsim.plotting.style import PALETTE, STYLE, prefixed

MARKERS = "os^Dvp"
DASHES = {"fit": ("-", 1.0), "ohmic": ("-.", 0.8), "spin Hall": (":", 1.0)}  # lines through the points by name
FORMULA = ("--", 0.8)
WIDTH, HEIGHT = 3.4, 2.7  # in, one column of a journal


def draw_series(curves, out):
    """Draw curves as found by `boltzsim.analysis.series.analyses` to a .png, .pdf or .svg file.

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


def _signals(axes, curves, unit, formula, size=np.asarray):
    """Points of every curve with its formula and lines; what the styles mean goes into the legend once.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    curves : list of SignalCurve
    unit : str
        Of x.
    formula : str or None
        Name of the line through the formula's values at the points; None: it is among the lines.
    size : callable
        What is drawn of a signal: np.abs on logarithmic axes.

    Returns
    -------
    tuple of str
        The units with prefixes of x and signal.
    """
    factor, unit = prefixed(np.concatenate([curve.x for curve in curves]), unit)
    scale, ohm = prefixed(np.concatenate([curve.kinetic for curve in curves]), "Ω")
    styles = {}
    for number, curve in enumerate(curves):
        colour, order = PALETTE[number % len(PALETTE)], np.argsort(curve.x)
        x = factor * curve.x[order]
        axes.plot(x, scale * size(curve.kinetic[order]), MARKERS[number % len(MARKERS)], color=colour, ms=4,
                  label=curve.label)  # fmt: skip
        lines = {name: (factor * u, scale * size(v)) for name, (u, v) in curve.lines.items()}
        if formula is not None and np.isfinite(curve.formula).any():
            lines[formula] = x, scale * size(curve.formula[order])
        for name, (u, v) in lines.items():
            styles.setdefault(name, DASHES.get(name, FORMULA))
            axes.plot(u, v, styles[name][0], lw=styles[name][1], color=colour)
    for name, (dash, width) in styles.items():
        axes.plot([], [], "k" + dash, lw=width, label=name)
    return unit, ohm


def _plain_decades(axis, values):
    """Plain numbers on a logarithmic axis: powers of ten, with 2 and 5 between them where there are few."""
    few = np.ptp(np.log10(np.abs(values))) < 2.5
    axis.set(
        major_locator=LogLocator(subs=(1, 2, 5) if few else (1,)),
        major_formatter=FuncFormatter(lambda x, _: f"{x:g}"),
        minor_formatter=NullFormatter(),
    )


def _distance(axes, curves):
    axes = next(axes)
    unit, ohm = _signals(axes, curves, "m", "diffusion formula", np.abs)
    axes.set(yscale="log", xlabel=f"distance ({unit})", ylabel=f"$|\\Delta R|$ ({ohm})")
    _plain_decades(axes.yaxis, np.concatenate([curve.kinetic for curve in curves]))
    axes.legend()


def _hanle(axes, curves):
    axes = next(axes)
    unit, ohm = _signals(axes, curves, "T", None)
    axes.axhline(0, color="0.7", lw=0.6, zorder=0)
    axes.set(xlabel=f"$B$ ({unit})", ylabel=f"$\\Delta R$ ({ohm})")
    axes.legend(loc="lower left", fontsize="small")


def _bar(axes, curves):
    axes = next(axes)
    unit, ohm = _signals(axes, curves, "m", "sum of the formulas", np.abs)
    axes.set(yscale="log", xlabel=f"distance ({unit})", ylabel=f"$|R_\\mathrm{{NL}}|$ ({ohm})")
    _plain_decades(axes.yaxis, np.concatenate([curve.kinetic for curve in curves]))
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
        _plain_decades(panel.xaxis, np.concatenate([getattr(curve, quantity) for curve in curves]))
        panel.set(xlabel=label, ylabel=r"$\Delta R_\mathrm{kinetic}\,/\,\Delta R_\mathrm{diffusive}$")
        panel.legend()


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
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set(xlabel="magnetisation", ylabel=f"$\\Delta R$ ({ohm})")
    axes.legend()


_PANELS = {"bar": _bar, "turn": _turn, "distance": _distance, "hanle": _hanle, "ratio": _ratio}
_PANELS["dispersion"] = draw_dispersions
