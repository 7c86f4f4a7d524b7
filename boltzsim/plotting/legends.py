"""Legends that cover no data, and the values of fits in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from boltzsim.plotting.style import PALETTE, in_lines, prefixed

#: Symbols of the values of a fit, their units, and whether these take a prefix.
SYMBOLS = {
    "length": (r"$\lambda$", "m"),
    "length_short": (r"$\lambda'$", "m"),
    "tau_s": (r"$\tau_\mathrm{s}$", "s"),
    "D": ("$D$", "cm²/s"),
    "D_L": (r"$D_\mathrm{L}$", "cm²/s"),
    "D_T": (r"$D_\mathrm{T}$", "cm²/s"),
    "polarization": ("$P$", ""),
}
SQUARE_CENTIMETRES = 1e4  # in a square metre
MARGIN = 30  # room for the line beside the values of a fit [points]


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


def draw_values(page: Figure, curves: Sequence[Any]) -> None:
    """Write the values of the last fit of every curve below the panels, beside a line in the colour of the curve."""
    room = 72 * page.get_size_inches()[0] - MARGIN
    rows = []
    for number, curve in enumerate(curves):
        if fits := getattr(curve, "fits", ()):
            first, *more = _values(fits[-1])
            text = in_lines([f"{curve.label}: {first}", *more], room)
            rows.append((PALETTE[number % len(PALETTE)], text))
    if not rows:
        return
    page.legend(
        [Line2D([], [], color=colour) for colour, _ in rows], [text for _, text in rows], loc="outside lower left",
        title="fitted values, with standard errors", title_fontsize=page.axes[0].xaxis.label.get_fontsize(),
        handlelength=1.2, borderpad=0.2, alignment="left",
    )  # fmt: skip


def _values(fit: Any) -> list[str]:
    """The values of a fit with their standard errors."""
    parts = []
    for name, (symbol, unit) in SYMBOLS.items():
        if name not in fit.value:
            continue
        value, error = fit.value[name], fit.error[name]
        if error > abs(value):
            parts.append(f"{symbol} undetermined")
            continue
        factor = SQUARE_CENTIMETRES if unit == "cm²/s" else 1.0
        if unit in ("m", "s"):
            factor, unit = prefixed([value], unit)
        parts.append(f"{symbol} = {with_error(factor * value, factor * error)} {unit}".rstrip())
    return parts


def with_error(value: float, error: float) -> str:
    """A value with its standard error, both to the digits that the error leaves; without one to four digits."""
    if not (math.isfinite(error) and error > 0):
        return f"{value:.4g}".replace("-", "−")
    decimals = max(0, -math.floor(math.log10(error)))
    if round(error, decimals) >= 10 ** (1 - decimals):  # 0.097 is rounded to 0.1
        decimals = max(0, decimals - 1)
    return f"{value:.{decimals}f} ± {error:.{decimals}f}".replace("-", "−")
