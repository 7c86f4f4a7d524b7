"""Figure of a fit: data and fit above, residuals below, in every unit of x a pair of panels."""

import os
from typing import Any

import matplotlib
import numpy as np

from boltzsim.plotting.legends import draw_legend
from boltzsim.plotting.sheet import Sheet, write
from boltzsim.plotting.style import MARKERS, NARROW, PALETTE, STYLE, WIDTHS, prefixed

HEIGHT = 4.2  # of a pair of panels [in]


def draw_fit(found: Any, out: str | os.PathLike) -> None:
    """Draw a `boltzsim.fitting.fit.FitResult` to a .png, .pdf or .svg file.

    Raises
    ------
    StoreError
        `out` has another suffix or cannot be written.
    """
    write(fit_figure(found), out)


def fit_figure(found: Any, width: str = "double") -> Sheet:
    """The figure, not yet written: pairs of panels side by side, in a "single" width below one another."""
    with matplotlib.rc_context(STYLE | (NARROW if width == "single" else {})):
        return _page(found, width)


def _page(found: Any, width: str) -> Sheet:
    units = list(dict.fromkeys(curve.unit for curve in found.curves))
    rows, columns = (len(units), 1) if width == "single" else (1, len(units))
    page = Sheet(figsize=(WIDTHS[width], HEIGHT * rows), layout="constrained")
    pairs = page.add_gridspec(rows, columns)
    uppers = []
    for place, unit in enumerate(units):
        cells = pairs[place].subgridspec(2, 1, height_ratios=(3, 1))
        upper = page.add_subplot(cells[0])
        lower = page.add_subplot(cells[1], sharex=upper)
        uppers.append(upper)
        curves = [(number, one) for number, one in enumerate(found.curves) if one.unit == unit]
        factor, x_unit = prefixed(np.concatenate([one.x for _, one in curves]), unit)
        scale, ohm = prefixed(np.concatenate([one.y for _, one in curves]), "Ω")
        small, small_ohm = prefixed(np.concatenate([one.residual for _, one in curves]), "Ω")
        for number, one in curves:
            colour, marker, order = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)], np.argsort(one.x)
            error = one.error if np.isfinite(one.error).all() else np.zeros(len(one.x))
            style: dict[str, Any] = {"color": colour, "fmt": marker, "ms": 4, "mfc": "none", "lw": 0.8}
            upper.errorbar(factor * one.x, scale * one.y, scale * error, label=one.name, **style)
            upper.plot(factor * one.x[order], scale * one.model[order], color=colour, lw=1)
            lower.errorbar(factor * one.x, small * one.residual, small * error, **style)
        lower.axhline(0, color="0.6", lw=0.6)
        upper.set(ylabel=f"signal ({ohm})")
        upper.tick_params(labelbottom=False)
        name = {"T": "$B$", "m": "distance"}.get(unit, "$x$")
        lower.set(xlabel=f"{name} ({x_unit})", ylabel=f"residual ({small_ohm})")
    page.draw_without_rendering()  # legends need the widths of the panels
    for upper in uppers:
        draw_legend(upper, None, beside=False)
    return page
