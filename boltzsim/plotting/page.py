"""The page: panels in rows, placed by their measured labels, and the table below."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from boltzsim.plotting.panels import Panel, rows_of_panels
from boltzsim.plotting.style import WIDTHS, in_lines
from boltzsim.plotting.summary import draw_summary, summary_height
from boltzsim.result import Result

LETTERS = 90  # longest line of the title
GAP = 0.1
LABELS = 1.6  # estimated width of labels beside a panel, before they are measured [in]
FLATTEST, TALLEST = 0.4, 3.3  # limits of the height of a map [in]


def compose(figure: Figure, result: Result, width: str = "double") -> None:
    """Fill an empty figure, two columns of a journal wide, or one with a single column of panels and no table.

    Panels are drawn at nearly their final size, then put where nothing overlaps: maps keep their shape, and panels in
    rows of the same number of columns stand under one another. The figure ends where the table ends.
    """
    full, single = WIDTHS[width], width == "single"
    rows = rows_of_panels(result)
    if single:
        rows = [[panel] for row in rows for panel in row]
    figure.set_size_inches(full, full)
    letters = (f"({chr(code)})" for code in range(ord("a"), ord("z") + 1))
    drawn = [[_drawn(figure, panel, len(row), next(letters), full) for panel in row] for row in rows]
    heading = textwrap.wrap(result.case.title, LETTERS // (2 if single else 1)) + (
        [] if result.solver.converged else ["NOT CONVERGED"]
    )
    depth = GAP + 0.17 * len(heading)
    columns = {count: _columns([row for row in drawn if len(row) == count], full) for count in set(map(len, drawn))}
    placed = []
    for panels, row in zip(rows, drawn, strict=True):
        lefts, wide = columns[len(row)]
        if len(row) == 1:
            title = _title(row[0])
            title.set_text(in_lines(title.get_text().split(", "), 72 * (full - lefts[0] - GAP)))
        shapes = [axes.bbox.height / axes.bbox.width for panel, axes in zip(panels, row, strict=True) if panel.shape]
        high = wide * shapes[0] if shapes else panels[0].height
        *_, below, above = np.max([_overhang(axes) for axes in row], axis=0)
        placed += [(axes, left, depth + above, wide, high) for axes, left in zip(row, lefts, strict=True)]
        depth += above + high + below + GAP
    if not single:
        table, end = figure.add_axes((0, 0, 1, 1)), summary_height(result)
        draw_summary(table, result, full - 2 * GAP)
        placed.append((table, GAP, depth + GAP, full - 2 * GAP, end))
        depth += end + 2 * GAP
    figure.set_size_inches(full, depth)
    for axes, left, top, wide, high in placed:
        axes.set_position((left / full, 1 - (top + high) / depth, wide / full, high / depth))
    figure.text(0.5, 1 - GAP / depth, "\n".join(heading), ha="center", va="top", fontsize=9, parse_math=False)


def _drawn(figure: Figure, panel: Panel, columns: int, letter: str, full: float) -> Axes:
    width = full / columns - LABELS
    height = float(np.clip(width * panel.shape, FLATTEST, TALLEST)) if panel.shape else panel.height
    stretch = height / width / panel.shape if panel.shape else 1.0
    axes = figure.add_axes((0, 0, width / full, height / full))
    axes.set_title(f"{letter} {panel.title}" + (f", height × {stretch:.2g}" if abs(stretch - 1) > 0.02 else ""))
    panel.draw(axes, (width, height))
    return axes


def _overhang(axes: Axes, titled: bool = True) -> tuple[float, float, float, float]:
    """Widths of labels and contacts around a panel, left, right, bottom, top [in]; the title counts if `titled`."""
    title = _title(axes)
    title.set_visible(titled)
    inner, box = axes.bbox, axes.get_tightbbox()
    outer = inner if box is None else box
    title.set_visible(True)
    reach = (inner.x0 - outer.x0, outer.x1 - inner.x1, inner.y0 - outer.y0, outer.y1 - inner.y1)
    return tuple(length / axes.figure.dpi for length in reach)


def _title(axes: Axes) -> Text:
    words = axes.get_title(loc="left")
    return next(child for child in axes.get_children() if isinstance(child, Text) and child.get_text() == words)


def _columns(rows: list[list[Axes]], full: float) -> tuple[list[float], float]:
    """Left ends and common width of the panels in rows of as many columns each [in]."""
    beside = len(rows[0]) > 1  # a title may reach beyond its panel where no other stands beside it
    reach = np.max([[_overhang(axes, beside)[:2] for axes in row] for row in rows], axis=0) + GAP / 2
    width = (full - GAP - reach.sum()) / len(reach)
    left = GAP / 2 + reach[:, 0] + np.r_[0, np.cumsum(width + reach.sum(axis=1))[:-1]]
    return list(left), width
