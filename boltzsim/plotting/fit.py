"""Figure of a fit: data and fit above, residuals below, in every unit of x a pair of panels."""

import os
from typing import Any

import matplotlib
import numpy as np

from boltzsim.plotting.sheet import Sheet, write
from boltzsim.plotting.style import PALETTE, STYLE, WIDTHS, prefixed

MARKERS = "os^Dvp"


def draw_fit(found: Any, out: str | os.PathLike) -> None:
    """Draw a `boltzsim.fitting.fit.FitResult` to a .png, .pdf or .svg file.

    Raises
    ------
    StoreError
        `out` has another suffix or cannot be written.
    """
    write(fit_figure(found), out)


def fit_figure(found: Any) -> Sheet:
    """The figure, not yet written."""
    with matplotlib.rc_context(STYLE):
        return _page(found)


def _page(found: Any) -> Sheet:
    units = list(dict.fromkeys(curve.unit for curve in found.curves))
    page = Sheet(figsize=(WIDTHS["double"] * min(1, 0.6 * len(units)), 4.2), layout="constrained")
    panels = page.subplots(2, len(units), sharex="col", height_ratios=(3, 1), squeeze=False)
    for (upper, lower), unit in zip(panels.T, units, strict=True):
        curves = [(number, one) for number, one in enumerate(found.curves) if one.unit == unit]
        factor, x_unit = prefixed(np.concatenate([one.x for _, one in curves]), unit)
        scale, ohm = prefixed(np.concatenate([one.y for _, one in curves]), "Ω")
        small, small_ohm = prefixed(np.concatenate([one.residual for _, one in curves]), "Ω")
        for number, one in curves:
            colour, marker, order = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)], np.argsort(one.x)
            error = one.error if np.isfinite(one.error).all() else np.zeros(len(one.x))
            style = {"color": colour, "fmt": marker, "ms": 4, "lw": 0.8}
            upper.errorbar(factor * one.x, scale * one.y, scale * error, label=one.name, **style)
            upper.plot(factor * one.x[order], scale * one.model[order], color=colour, lw=1)
            lower.errorbar(factor * one.x, small * one.residual, small * error, **style)
        lower.axhline(0, color="0.6", lw=0.6)
        upper.set(ylabel=f"signal ({ohm})")
        name = {"T": "$B$", "m": "distance"}.get(unit, "$x$")
        lower.set(xlabel=f"{name} ({x_unit})", ylabel=f"residual ({small_ohm})")
        upper.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3)
    return page
