"""Figures of a series: ΔR against distance, field, or the ratio to the diffusion formula; decay rates of gratings."""

from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from boltzsim.plotting.gratings import draw_dispersions
from boltzsim.plotting.sheet import Sheet
from boltzsim.plotting.style import PALETTE, STYLE, WIDTHS, prefixed
from boltzsim.plotting.temperature import draw_cooling, panels_of

MARKERS = "os^Dvp"
DASHES = {"fit": ("-", 1.0), "ohmic": ("-.", 0.8), "spin Hall": (":", 1.0)}  # lines through the points by name
FORMULA = ("--", 0.8)
HEIGHT = 2.9  # height of a panel with its legend [in]


def series_figure(curves: Sequence[Any], width: str = "double") -> Figure:
    """The figure of curves that `boltzsim.analysis.series.analyses` has found.

    Each kind of curve has one or two panels, side by side in a "double" width. A ratio to a formula
    that does not apply to the device has no panel beside other curves.
    """
    curves = [curve for curve in curves if curve.kind != "ratio" or np.isfinite(curve.formula).any()] or curves
    kinds = [kind for kind in _PANELS if any(curve.kind == kind for curve in curves)]
    cooling = len(panels_of([curve for curve in curves if curve.kind == "temperature"]))
    panels = sum(2 if kind == "ratio" or (kind == "hanle" and _states(curves)) else 1 for kind in kinds)
    panels += cooling - ("temperature" in kinds)
    columns = min(panels, 1 if width == "single" else 2)
    rows = -(-panels // columns)
    size = (min(WIDTHS[width], panels * WIDTHS["double"] / 2), HEIGHT * rows)
    with matplotlib.rc_context(STYLE):
        page = Sheet(figsize=size, layout="constrained")
        axes = (page.add_subplot(rows, columns, number + 1) for number in range(panels))
        for kind in kinds:
            _PANELS[kind](axes, [curve for curve in curves if curve.kind == kind])
    return page


def _states(curves) -> bool:
    """Whether R_P and R_AP are stored for a Hanle curve."""
    return any(curve.kind == "hanle" and np.isfinite(curve.parallel).all() for curve in curves)


def _signals(axes, curves, unit, formula, size=np.asarray):
    """Draw the points of every curve with its formula and lines; the legend explains every style once.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    curves : list of SignalCurve
    unit : str
        Unit of x.
    formula : str or None
        Name of the line through the formula's values at the points; None if it is among the lines.
    size : callable
        Function of a signal that is drawn: np.abs on logarithmic axes.

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
                  label=_label(curve.label))  # fmt: skip
        lines = {name: (factor * u, scale * size(v)) for name, (u, v) in curve.lines.items()}
        if formula is not None and np.isfinite(curve.formula).any():
            lines[formula] = x, scale * size(curve.formula[order])
        for name, (u, v) in lines.items():
            styles.setdefault(name, DASHES.get(name, FORMULA))
            axes.plot(u, v, styles[name][0], lw=styles[name][1], color=colour)
    for name, (dash, width) in styles.items():
        axes.plot([], [], "k" + dash, lw=width, label=name)
    return unit, ohm


def _logarithmic(axes, name, values):
    """A logarithmic axis with plain numbers, 2 and 5 too where decades are few; linear where no value is positive."""
    positive = values[values > 0]  # what is not a number is not positive either
    if not len(positive):
        return
    axes.set(**{f"{name}scale": "log"})
    few = np.ptp(np.log10(positive)) < 2.5
    getattr(axes, f"{name}axis").set(
        major_locator=LogLocator(subs=(1, 2, 5) if few else (1,)),
        major_formatter=FuncFormatter(lambda x, _: f"{x:g}"),
        minor_formatter=NullFormatter(),
    )


def _distance(axes, curves):
    axes = next(axes)
    unit, ohm = _signals(axes, curves, "m", "diffusion formula", np.abs)
    _logarithmic(axes, "y", np.concatenate([np.abs(curve.kinetic) for curve in curves]))
    axes.set(xlabel=f"distance ({unit})", ylabel=f"$|\\Delta R|$ ({ohm})")
    _legend(axes)


def _hanle(axes: Iterator[Axes], curves: Sequence[Any]) -> None:
    """Draw ΔR with the fits and their values, and beside it R_P and R_AP if the two magnetic states are stored."""
    panel = next(axes)
    unit, ohm = _signals(panel, curves, "T", None)
    panel.axhline(0, color="0.7", lw=0.6, zorder=0)
    panel.set(xlabel=f"$B$ ({unit})", ylabel=rf"$\Delta R = R_\mathrm{{P}} - R_\mathrm{{AP}}$ ({ohm})")
    handles, names = panel.get_legend_handles_labels()
    for number, curve in enumerate(curves):
        for fit in curve.fits[-1:]:
            handles.append(Line2D([], [], color=PALETTE[number % len(PALETTE)], lw=1))
            names.append(_values(fit))
    _legend(panel, handles, names)
    stored = [curve for curve in curves if np.isfinite(curve.parallel).all()]
    if not stored:
        return
    panel = next(axes)
    factor, unit = prefixed(np.concatenate([curve.x for curve in stored]), "T")
    scale, ohm = prefixed(
        np.concatenate([part for curve in stored for part in (curve.parallel, curve.antiparallel)]), "Ω"
    )
    for number, curve in enumerate(curves):
        colour, marker, order = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)], np.argsort(curve.x)
        states = ((curve.parallel, colour, r"$R_\mathrm{P}$"), (curve.antiparallel, "white", r"$R_\mathrm{AP}$"))
        for values, fill, name in states:
            x, y, label = factor * curve.x[order], scale * values[order], f"{_label(curve.label)}, {name}"
            panel.plot(x, y, "-" + marker, color=colour, mfc=fill, ms=4, lw=0.7, label=label)
    panel.set(xlabel=f"$B$ ({unit})", ylabel=rf"$R_\mathrm{{NL}}$ ({ohm})")
    panel.ticklabel_format(axis="y", useOffset=False)
    _legend(panel)


def _values(fit: Any) -> str:
    """The values of a fit with their standard errors."""
    parts = []
    if "tau_s" in fit.value:
        power, unit = prefixed([fit.value["tau_s"]], "s")
        parts.append(
            rf"$\tau_\mathrm{{s}}$ = {power * fit.value['tau_s']:.4g} ± {power * fit.error['tau_s']:.1g} {unit}"
        )
    for name in ("D", "D_L", "D_T"):
        if name in fit.value:
            symbol = "$D$" if name == "D" else rf"$D_\mathrm{{{name[2:]}}}$"
            parts.append(f"{symbol} = {1e4 * fit.value[name]:.4g} ± {1e4 * fit.error[name]:.1g} cm²/s")
    return "\n".join([parts[0], ", ".join(parts[1:])]) if len(parts) > 2 else ", ".join(parts)


def _label(label: str) -> str:
    """The label of a curve with L and T in words."""
    words = {"L": r"L ($M \parallel$ channel)", "T": r"T ($M \perp$ channel)"}
    first, *more = label.split(", ")
    return ", ".join([words.get(first, first), *more])


def _legend(axes: Axes, *what) -> None:
    """Draw the legend above the panel, where it covers no data."""
    axes.legend(*what, loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2, fontsize=7, handlelength=1.8)


def _bar(axes, curves):
    axes = next(axes)
    unit, ohm = _signals(axes, curves, "m", "sum of the formulas", np.abs)
    _logarithmic(axes, "y", np.concatenate([np.abs(curve.kinetic) for curve in curves]))
    axes.set(xlabel=f"distance ({unit})", ylabel=f"$|R_\\mathrm{{NL}}|$ ({ohm})")
    _legend(axes)


def _ratio(axes, curves):
    for quantity, label in (("over_width", r"$\ell$ / channel width"), ("over_length", r"$\ell\,/\,\lambda$")):
        panel = next(axes)
        for number, curve in enumerate(curves):
            x, order = getattr(curve, quantity), np.argsort(getattr(curve, quantity))
            panel.plot(x[order], (curve.kinetic / curve.formula)[order], "-" + MARKERS[number % len(MARKERS)],
                       color=PALETTE[number % len(PALETTE)], ms=4, label=_label(curve.label))  # fmt: skip
        panel.axhline(1, color="0.7", lw=0.6, zorder=0)
        drawn = [getattr(curve, quantity)[np.isfinite(curve.kinetic / curve.formula)] for curve in curves]
        _logarithmic(panel, "x", np.concatenate(drawn))
        panel.set(xlabel=label, ylabel=r"$\Delta R_\mathrm{kinetic}\,/\,\Delta R_\mathrm{diffusive}$")
        _legend(panel)


def _turn(axes, curves):
    axes = next(axes)
    scale, ohm = prefixed(np.concatenate([curve.kinetic for curve in curves]), "Ω")
    for number, curve in enumerate(curves):
        colour, marker, where = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)], np.arange(len(curve.x))
        axes.plot(where, scale * curve.kinetic, marker, color=colour, ms=5, label=_label(curve.label))
        axes.plot(where, scale * curve.formula, "_", color=colour, ms=18)
        axes.set_xticks(where, curve.ticks)
    axes.plot([], [], "k_", ms=10, label="diffusion formula")
    axes.axhline(0, color="0.7", lw=0.6, zorder=0)
    axes.margins(0.15)
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set(xlabel="magnetisation", ylabel=f"$\\Delta R$ ({ohm})")
    _legend(axes)


_PANELS = {"bar": _bar, "turn": _turn, "distance": _distance, "hanle": _hanle, "ratio": _ratio}
_PANELS["dispersion"] = draw_dispersions
_PANELS["temperature"] = draw_cooling
