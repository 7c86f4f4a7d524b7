"""Figures of a series: ΔR against distance, field, or the ratio to the diffusion formula; decay rates of gratings."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from boltzsim.plotting.gratings import draw_dispersions
from boltzsim.plotting.legends import draw_legend, draw_values
from boltzsim.plotting.sheet import Sheet
from boltzsim.plotting.style import MARKERS, NARROW, PALETTE, STYLE, WIDTHS, prefixed
from boltzsim.plotting.temperature import draw_cooling, panels_of
from boltzsim.text.quantities import PREFIXED, spelled

DASHES = {"fit": ("-", 1.0), "ohmic": ("-.", 0.8), "spin Hall": (":", 1.0)}  # lines through the points by name
FORMULA = ("--", 0.8)
WIDE = 8  # values that differ by a larger factor have a logarithmic axis
HEIGHT = 1.9  # height of a panel without labels and legend [in]
#: The letters that name curves in words, above the legend.
LETTERS = {"L": r"L: $M \parallel$ flow of spins", "T": r"T: $M \perp$ flow of spins"}
GRATINGS = {"L": r"L: spins $\parallel q$", "T": r"T: spins $\perp q$"}


def series_figure(curves: Sequence[Any], width: str = "double") -> Figure:
    """The figure of curves that `boltzsim.analysis.series.analyses` has found.

    Each kind of curve has one or two panels, side by side in a "double" width. The legend stands above a panel, or
    beside the only one. Trends, and ratios to a formula that does not apply to the device, have no panel beside others.
    """
    drawn = [curve for curve in curves if curve.kind != "trend"] or curves
    curves = [curve for curve in drawn if curve.kind != "ratio" or np.isfinite(curve.formula).any()] or drawn
    kinds = {kind: own for kind in _PANELS if (own := [curve for curve in curves if curve.kind == kind])}
    panels = sum(_count(kind, own) for kind, own in kinds.items())
    single = width == "single"
    columns = min(panels, 1 if single else 2)
    rows = -(-panels // columns)
    with matplotlib.rc_context(STYLE | (NARROW if single else {})):
        page = Sheet(figsize=(WIDTHS[width], 1.5 * HEIGHT * rows), layout="constrained")
        axes = (page.add_subplot(rows, columns, number + 1) for number in range(panels))
        for kind, own in kinds.items():
            filled = list(islice(axes, _count(kind, own)))
            _PANELS[kind](filled, own)
            letters = GRATINGS if kind == "dispersion" else LETTERS
            used = dict.fromkeys(curve.label.partition(",")[0] for curve in own)
            meaning = "\n".join(letters[letter] for letter in used if letter in letters)
            page.draw_without_rendering()  # legends need the widths of the panels
            for number, panel in enumerate(filled):
                words = "colours as in the other panel" if number and kind == "hanle" else meaning
                draw_legend(panel, words or None, beside=panels == 1 and not single)
        draw_values(page, list(kinds.values()))
        page.draw_without_rendering()  # what legends and labels take is added to the height of the page
        lacking = HEIGHT - page.axes[0].get_window_extent().height / page.dpi
        page.set_size_inches(WIDTHS[width], page.get_size_inches()[1] + rows * lacking)
    return page


def _count(kind: str, curves: Sequence[Any]) -> int:
    """Number of panels of a kind: two for ratios and Hanle curves whose R_P and R_AP are stored, more on cooling."""
    if kind == "temperature":
        return len(panels_of(curves))
    if kind == "trend":
        return len(_names(curves))
    states = kind == "hanle" and any(np.isfinite(curve.parallel).all() for curve in curves)
    return 2 if kind == "ratio" or states else 1


def _size(number: int, curves: Sequence[Any]) -> float:
    """Size of the hollow markers of a curve: smaller ones stand within those of earlier curves that they meet."""
    points = max(len(curve.x) for curve in curves)
    return (4.0 if points < 20 else 2.0) + 1.6 * (len(curves) - 1 - number)


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
        axes.plot(x, scale * size(curve.kinetic[order]), MARKERS[number % len(MARKERS)], color=colour, mfc="none",
                  ms=_size(number, curves), label=curve.label)  # fmt: skip
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


def _distance(panels, curves):
    (axes,) = panels
    unit, ohm = _signals(axes, curves, "m", "diffusion formula", np.abs)
    _logarithmic(axes, "y", np.concatenate([np.abs(curve.kinetic) for curve in curves]))
    axes.set(xlabel=f"distance ({unit})", ylabel=f"$|\\Delta R|$ ({ohm})")


def _hanle(panels: Sequence[Axes], curves: Sequence[Any]) -> None:
    """Draw ΔR with the fits, and beside it R_P and R_AP if the two magnetic states are stored."""
    panel, *more = panels
    unit, ohm = _signals(panel, curves, "T", None)
    panel.axhline(0, color="0.7", lw=0.6, zorder=0)
    panel.set(xlabel=f"$B$ ({unit})", ylabel=rf"$\Delta R = R_\mathrm{{P}} - R_\mathrm{{AP}}$ ({ohm})")
    for panel in more:
        factor, unit = prefixed(np.concatenate([curve.x for curve in curves]), "T")
        states = {"parallel": (r"$R_\mathrm{P}$", "-"), "antiparallel": (r"$R_\mathrm{AP}$", "--")}
        stored = [getattr(curve, state) for curve in curves for state in states]
        scale, ohm = prefixed(np.concatenate(stored), "Ω")
        for number, curve in enumerate(curves):
            colour, marker, order = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)], np.argsort(curve.x)
            for state, (_, dash) in states.items():
                panel.plot(factor * curve.x[order], scale * getattr(curve, state)[order], color=colour, marker=marker,
                           linestyle=dash, lw=0.8, mfc="none", ms=_size(number, curves))  # fmt: skip
        for name, dash in states.values():
            panel.plot([], [], "k" + dash, lw=0.8, label=name)
        panel.set(xlabel=f"$B$ ({unit})", ylabel=rf"$R_\mathrm{{NL}}$ ({ohm})")
        panel.ticklabel_format(axis="y", useOffset=False)


def _bar(panels, curves):
    (axes,) = panels
    unit, ohm = _signals(axes, curves, "m", "sum of the formulas", np.abs)
    _logarithmic(axes, "y", np.concatenate([np.abs(curve.kinetic) for curve in curves]))
    axes.set(xlabel=f"distance ({unit})", ylabel=f"$|R_\\mathrm{{NL}}|$ ({ohm})")


def _ratio(panels, curves):
    labels = {"over_width": r"$\ell$ / channel width", "over_length": r"$\ell\,/\,\lambda$"}
    for panel, (quantity, label) in zip(panels, labels.items(), strict=True):
        for number, curve in enumerate(curves):
            x, order = getattr(curve, quantity), np.argsort(getattr(curve, quantity))
            panel.plot(x[order], (curve.kinetic / curve.formula)[order], "-" + MARKERS[number % len(MARKERS)],
                       color=PALETTE[number % len(PALETTE)], mfc="none", ms=_size(number, curves),
                       label=curve.label)  # fmt: skip
        panel.axhline(1, color="0.7", lw=0.6, zorder=0)
        drawn = [getattr(curve, quantity)[np.isfinite(curve.kinetic / curve.formula)] for curve in curves]
        _logarithmic(panel, "x", np.concatenate(drawn))
        panel.set(xlabel=label, ylabel=r"$\Delta R_\mathrm{kinetic}\,/\,\Delta R_\mathrm{diffusive}$")


def _trend(panels, curves):
    """Draw the resistance against every axis of the series that curves follow, on a panel of its own."""
    for axes, name in zip(panels, _names(curves), strict=True):
        own = [curve for curve in curves if curve.name == name]
        x, signal = (np.concatenate([getattr(curve, key) for curve in own]) for key in ("x", "kinetic"))
        unit = spelled(own[0].unit)
        factor, unit = prefixed(x, unit) if unit in PREFIXED else (1.0, unit)
        scale, ohm = prefixed(signal, "Ω")
        for number, curve in enumerate(own):
            order = np.argsort(curve.x)
            axes.plot(factor * curve.x[order], scale * curve.kinetic[order], "-" + MARKERS[number % len(MARKERS)],
                      color=PALETTE[number % len(PALETTE)], mfc="none", ms=_size(number, own),
                      label=curve.label)  # fmt: skip
            axes.plot(factor * curve.x[order], scale * curve.formula[order], FORMULA[0], lw=FORMULA[1],
                      color=PALETTE[number % len(PALETTE)])  # fmt: skip
        if any(np.isfinite(curve.formula).any() for curve in own):
            axes.plot([], [], "k" + FORMULA[0], lw=FORMULA[1], label="diffusion formula")
        if own[0].points:
            axes.set_xticks(own[0].x, [tick.replace("-", "−") for tick in own[0].points])
        elif min(x) > 0 and max(x) > WIDE * min(x):
            _logarithmic(axes, "x", factor * x)
        axes.axhline(0, color="0.7", lw=0.6, zorder=0)
        axes.ticklabel_format(axis="y", useOffset=False)
        symbol = r"\Delta R" if all(curve.states for curve in own) else r"R_\mathrm{NL}"
        axes.set(xlabel=name if unit == "1" else f"{name} ({unit})", ylabel=f"${symbol}$ ({ohm})")


def _names(curves):
    return list(dict.fromkeys(curve.name for curve in curves))


def _turn(panels, curves):
    (axes,) = panels
    scale, ohm = prefixed(np.concatenate([curve.kinetic for curve in curves]), "Ω")
    for number, curve in enumerate(curves):
        colour, marker, where = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)], np.arange(len(curve.x))
        axes.plot(where, scale * curve.kinetic, marker, color=colour, mfc="none", ms=_size(number, curves) + 1,
                  label=curve.label)  # fmt: skip
        axes.plot(where, scale * curve.formula, "_", color=colour, ms=18)
        axes.set_xticks(where, [tick.replace("-", "−") for tick in curve.ticks])
    axes.plot([], [], "k_", ms=10, label="diffusion formula")
    axes.axhline(0, color="0.7", lw=0.6, zorder=0)
    axes.margins(0.15)
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set(xlabel="magnetisation", ylabel=f"$\\Delta R$ ({ohm})")


_PANELS = {"bar": _bar, "turn": _turn, "distance": _distance, "hanle": _hanle, "ratio": _ratio, "trend": _trend}
_PANELS["dispersion"] = draw_dispersions
_PANELS["temperature"] = draw_cooling
