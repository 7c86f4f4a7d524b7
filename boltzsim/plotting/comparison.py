"""Compare both models along the longest resolved axis: the kinetic model in solid lines, diffusion dashed."""

from __future__ import annotations

import textwrap

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from boltzsim.plotting.plane import Place, extent, resolved_axes
from boltzsim.plotting.profiles import DECAY, FLOOR, SHARE, Cut
from boltzsim.plotting.sheet import Sheet
from boltzsim.plotting.style import (
    NARROW,
    PALETTE,
    ROUNDING,
    STYLE,
    WIDTHS,
    charge_potential,
    length_scale,
    prefixed,
    present,
    spin_label,
)
from boltzsim.result import Result

ROW = 2.4  # height of a row of panels [in]
LETTERS = 50  # longest line of the title, for each column of panels
#: Largest number of components drawn in a panel.
MOST = len(PALETTE)


def comparison_figure(kinetic: Result, diffusion: Result, width: str = "double") -> Figure:
    """Cuts of two results on one grid, not yet written: two columns of panels, or one in a "single" width."""
    columns = 1 if width == "single" else 2
    with matplotlib.rc_context(STYLE | (NARROW if columns == 1 else {})):
        cuts = [_cut(result) for result in (kinetic, diffusion)]
        where = f", at {cuts[0].where}" if cuts[0].through else ""
        words = f"{kinetic.case.title or 'Both models'}: kinetic —, diffusion - - -{where}"
        heading = textwrap.wrap(words, LETTERS * columns)
        height = ROW * 4 / columns + 0.17 * len(heading)
        figure = Sheet(figsize=(WIDTHS[width], height), layout="constrained")
        panels = figure.subplots(4 // columns, columns, sharex=True, squeeze=False)
        charge, spin, charge_current, spin_current = panels.reshape(-1)
        _charge(charge, cuts)
        _spin(spin, cuts)
        _currents(charge_current, cuts, {f"$j_{a}$": ("charge_current", a) for a in "xyz"}, "charge current")
        flows = {rf"$j_{a}^{{\,{b}}}$": ("spin_current", a, b) for a in "xyz" for b in "xyz"}
        _currents(spin_current, cuts, flows, "spin current")
        axis, (factor, unit) = cuts[0].axis, cuts[0].scale
        for axes, letter in zip(panels.reshape(-1), "abcd", strict=True):
            axes.set_title(f"({letter}) {axes.get_title(loc='left')}")
            axes.set_xlim(*factor * kinetic.edges[axis][[0, -1]])
        for axes in panels[-1]:
            axes.set_xlabel(f"{axis} ({unit})")
        figure.suptitle("\n".join(heading), fontsize=9, parse_math=False)
    return figure


def _cut(result: Result) -> Cut:
    """The cut along the longest resolved axis, through the middle of the others."""
    resolved = resolved_axes(result) or ["x"]
    axis = max(resolved, key=lambda axis: extent(result, axis))
    through = tuple(Place.middle(result, other) for other in resolved if other != axis)
    return Cut(result, axis, through, length_scale(extent(result, axis)))


def _charge(axes, cuts):
    both, label, _ = charge_potential(np.array([cut.values("charge_potential") for cut in cuts]))
    _draw(axes, cuts, {"": both})
    axes.set(title="charge potential", ylabel=label)


def _spin(axes, cuts):
    lines = {letter: np.array([cut.values("spin_potential", letter) for cut in cuts]) for letter in "xyz"}
    shown = present(lines, ROUNDING)
    largest = max((np.nanmax(np.abs(values[0])) for values in shown.values()), default=0.0)
    factor, unit = prefixed(largest, "V")
    decays = any(DECAY * np.nanquantile(np.abs(values[0]), 0.1) < largest for values in shown.values())
    _draw(axes, cuts, {spin_label(a, size=decays): factor * (np.abs(v) if decays else v) for a, v in shown.items()})
    axes.set(title="spin potential", ylabel=f"spin potential ({unit})")
    if decays:
        lowest = min(np.nanmin(np.abs(values)) for values in shown.values())
        axes.set_yscale("log")
        axes.set_ylim(factor * max(0.5 * lowest, FLOOR * largest), 2 * factor * largest)


def _currents(axes, cuts, components, title):
    lines = {label: np.array([cut.values(*field) for cut in cuts]) for label, field in components.items()}
    shown = present(lines, SHARE)
    largest = sorted(shown, key=lambda label: np.nanmax(np.abs(shown[label])))[-MOST:]
    shown = {label: values for label, values in shown.items() if label in largest}
    factor, unit = prefixed(list(shown.values()), "A/m²")
    _draw(axes, cuts, {label: factor * values for label, values in shown.items()})
    axes.axhline(0, color="0.6", linewidth=0.6, zorder=0)
    axes.set(title=f"{title} density", ylabel=f"{title} ({unit})")


def _draw(axes, cuts, lines):
    """Draw pairs of lines over position, each pair in one colour."""
    position = cuts[0].scale[0] * cuts[0].result.centres(cuts[0].axis)
    for (label, pair), colour in zip(lines.items(), PALETTE * 2, strict=False):
        for values, dash, name in zip(pair, ("-", (0, (4, 2))), (label, None), strict=True):
            axes.plot(position, values, color=colour, linestyle=dash, label=name)
    if any(lines):
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.5, handletextpad=0.4)
