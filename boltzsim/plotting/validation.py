"""The figure of a validation: the solver's results on the theory, and every deviation over its tolerance."""

from __future__ import annotations

import os
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from boltzsim.plotting.legends import draw_titled_legend
from boltzsim.plotting.sheet import Sheet, write
from boltzsim.plotting.style import MARKERS, PALETTE, STYLE, WIDTHS

#: Panel -> title, label of x, label of y, scales of x and y.
PANELS = {
    "charge": ("Charge: conductor between reservoirs", "length ($l_0$)", "|error of $D_c$|", "log", "log"),
    "decay": ("Decay lengths, $\\eta$ = (1.2, $\\eta_1$, 0)", "sin $\\eta_1$", "|deviation|", "log", "log"),
    "helicity": ("Helicity, $\\eta$ = (0.6, $\\eta_1$, 0.05)", "$\\eta_1$", "decay length ($l_0$)", "linear", "log"),
    "anisotropy": ("Anisotropy, $\\eta$ = (1.2, $\\eta_1$, 0)", "sin $\\eta_1$", "$D_L/D_T - 1$", "linear", "symlog"),
    "kondo": ("Kondo point: spin of a reservoir", "$z$ ($l_0$)", "|spin potential|", "linear", "log"),
    "spin hall": ("Spin Hall conductivity", "concentration", "|$\\sigma_{sH}$| ($e k_F/\\hbar$)", "log", "log"),
}
HEIGHT = 11.5  # in


def draw_validation(report: dict, out: str | os.PathLike) -> None:
    """Draw a validation's report (`boltzsim.validate.report.run`) to `out`, PDF, SVG or PNG.

    Raises
    ------
    StoreError
        `out` cannot be written or has another suffix.
    """
    write(validation_figure(report), out)


def validation_figure(report: dict) -> Figure:
    """The figure, not yet written."""
    with matplotlib.rc_context(STYLE | {"legend.fontsize": 6, "lines.linewidth": 1.1}):
        figure = Sheet(figsize=(WIDTHS["double"], HEIGHT), layout="constrained")
        axes = figure.subplots(4, 2).reshape(-1)
        for panel, letter, name in zip(axes, "abcdef", PANELS, strict=False):
            curves = [curve for curve in report["curves"] if curve["panel"] == name]
            _panel(panel, f"({letter}) {PANELS[name][0]}", name, curves)
        axes[-1].set_axis_off()
        _deviations(axes[-2], report["checks"])
        state = "all checks passed" if report["passed"] else "CHECKS FAILED"
        figure.suptitle(f"boltzsim {report['version']}: {state}", fontsize=9)
        figure.draw_without_rendering()  # legends need the widths of the panels
        for panel in axes[:-2]:
            draw_titled_legend(panel)
    return figure


def _panel(axes: Axes, title: str, name: str, curves: list[dict]) -> None:
    _, x_label, y_label, x_scale, y_scale = PANELS[name]
    lines = points = 0
    style: dict[str, Any]
    for curve in curves:
        y = np.abs(curve["y"]) if y_scale == "log" else np.array(curve["y"])
        if curve["kind"] == "points":
            many = len(y) > 30
            style = {
                "linestyle": "none",
                "marker": MARKERS[points % 6],
                "markersize": 2 if many else 4,
                "zorder": 3,
            }
            colour = PALETTE[points % len(PALETTE)]
            points += 1
        else:
            style = {"linestyle": ("-", (0, (5, 1.5)), (0, (1.5, 1.2)))[lines % 3]}
            colour = PALETTE[lines % len(PALETTE)]
            lines += 1
        axes.plot(curve["x"], y, color=colour, label=curve["label"], markevery=max(len(y) // 40, 1), **style)
    axes.set(title=title, xlabel=x_label, ylabel=y_label)
    if x_scale == "log":
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    if y_scale == "symlog":  # linear within ±1e-3, so that a change of sign shows
        axes.set_yscale("symlog", linthresh=1e-3)
        axes.axhline(0, color="0.6", linewidth=0.6, zorder=0)
    else:
        axes.set_yscale(y_scale)
    if name == "kondo":
        axes.set_ylim(1e-4, 1)


def _deviations(axes: Axes, checks: list[dict]) -> None:
    """Draw the deviation over tolerance of every check, by family."""
    families = list(dict.fromkeys(check["family"] for check in checks))
    for row, family in enumerate(families):
        own = [check for check in checks if check["family"] == family]
        ratio = [check["deviation"] / check["tolerance"] if check["tolerance"] else check["deviation"] for check in own]
        ratio = np.clip(np.nan_to_num(ratio, nan=1e3), 1e-9, 1e3)
        colours = ["#0072B2" if check["passed"] else "#D55E00" for check in own]
        axes.scatter(ratio, np.full(len(own), row), s=9, c=colours, alpha=0.6, linewidths=0)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(range(len(families)), families)
    axes.set(title="(g) All checks", xlabel="deviation / tolerance", xscale="log", xlim=(5e-10, 2e3))
    axes.set_ylim(len(families) - 0.5, -0.5)
