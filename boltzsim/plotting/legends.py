"""Legends that cover no data, and the values of fits in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D

from boltzsim.plotting.style import PALETTE, in_lines, in_words

#: Symbols of the values of a fit, and their units.
SYMBOLS = {
    "length": (r"$\lambda$", "m"),
    "length_short": (r"$\lambda'$", "m"),
    "length_L": (r"$\lambda_\mathrm{L}$", "m"),
    "length_T": (r"$\lambda_\mathrm{T}$", "m"),
    "length_L/length_T": (r"$\lambda_\mathrm{L}/\lambda_\mathrm{T}$", "1"),
    "tau_s": (r"$\tau_\mathrm{s}$", "s"),
    "D": ("$D$", "cm²/s"),
    "D_L": (r"$D_\mathrm{L}$", "cm²/s"),
    "D_T": (r"$D_\mathrm{T}$", "cm²/s"),
    "polarization": ("$P$", "1"),
}
#: What curves fitted together are called where there are several kinds.
GROUPS = {"distance": "all distances", "hanle": "all Hanle curves", "with distances": "Hanle curves and distances"}
SQUARE_CENTIMETRES = 1e4  # in a square metre
EXACT = 1e-6  # a scatter below this share of a value, of curves without noise, says nothing of its error
MARGIN = 36  # room for the line beside the values of a fit [points]


def draw_legend(axes: Axes, title: str | None, beside: bool) -> None:
    """Draw the legend of a panel to its right if `beside`, else above it, in as many columns as the panel is wide."""
    handles, names = axes.get_legend_handles_labels()
    if not handles:
        return
    style: dict[str, Any] = {"title": title, "handlelength": 1.8, "columnspacing": 1.2, "borderaxespad": 0.2}
    style |= {"alignment": "left", "title_fontsize": axes.xaxis.label.get_fontsize()}
    if beside:
        axes.legend(handles, names, loc="upper left", bbox_to_anchor=(1.01, 1.0), **style)
        return
    for columns in range(min(len(names), 4), 0, -1):
        legend = axes.legend(
            handles, names, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, borderpad=0.1, **style
        )
        if columns == 1 or legend.get_window_extent().width <= axes.get_window_extent().width:
            return


def draw_titled_legend(axes: Axes) -> None:
    """Draw the legend between a panel and its title."""
    title = axes.get_title(loc="left")
    if axes.get_legend_handles_labels()[0]:
        axes.set_title("")
        draw_legend(axes, title, beside=False)


def draw_values(page: Figure, groups: Sequence[Sequence[Any]]) -> None:
    """Write the values of the last fit of every curve below the panels, beside a line in the colour of the curve.

    Curves that were fitted together stand in one row, with all their colours. Each group starts with the first colour.
    """
    room = 72 * page.get_size_inches()[0] - MARGIN
    handles: list[Any] = []  # tuples of artists too, which the types of Matplotlib do not list
    texts: list[str] = []
    for curves in groups:
        rows: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for number, curve in enumerate(curves):
            if fits := getattr(curve, "fits", ()):
                rows.setdefault(tuple(_values(fits[-1])), []).append((PALETTE[number % len(PALETTE)], curve.label))
        for (first, *more), own in rows.items():
            handles.append(tuple(Line2D([], [], color=colour) for colour, _ in own))
            together = len(own) > 1 and len(rows) == 1
            names = "all curves together" if together else "; ".join(label for _, label in own)
            if together and len(groups) > 1:
                names = GROUPS.get(curves[0].fits[-1].kind, GROUPS.get(curves[0].kind, names))
            texts.append(in_lines([f"{names}: {first}", *more], room))
    if not texts:
        return
    page.legend(
        handles, texts, loc="outside lower left", handler_map={tuple: HandlerTuple(ndivide=None, pad=0.2)},
        title="fitted values, with standard errors", title_fontsize=page.axes[0].xaxis.label.get_fontsize(),
        handlelength=2.0, borderpad=0.2, alignment="left",
    )  # fmt: skip


def _values(fit: Any) -> list[str]:
    """The values of a fit with their standard errors."""
    parts = []
    for name, (symbol, unit) in SYMBOLS.items():
        if name not in fit.value or (name.startswith("length_") and "tau_s" in fit.value):
            continue  # λ of D and τ_s says nothing new
        value, error = fit.value[name], fit.error[name]
        if error > abs(value):
            parts.append(f"{symbol} undetermined")
            continue
        factor = SQUARE_CENTIMETRES if unit == "cm²/s" else 1.0
        known = factor * error if error > EXACT * abs(value) else None
        parts.append(f"{symbol} = {in_words(factor * value, unit, known)}")
    return parts
