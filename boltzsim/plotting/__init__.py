"""Figures of a stored result in one, two or three resolved dimensions, and of the history of a transient run.

Only quantities needed for drawing are computed here (a slice, an absolute value, a unit's prefix).
"""

from __future__ import annotations

import os
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from boltzsim.errors import StoreError
from boltzsim.files import replacing
from boltzsim.plotting.history import animate, history_figure
from boltzsim.plotting.page import compose
from boltzsim.plotting.sheet import FORMATS, Sheet, write
from boltzsim.plotting.style import NARROW, STYLE
from boltzsim.result import Result

ANIMATION = ".gif"


def plot(result: Result, out: str | os.PathLike, width: str = "double") -> None:
    """Draw a result to `out` by its suffix: vector PDF or SVG, PNG, or an animated GIF.

    `width` is "single" (85 mm, one column of a journal, without table) or "double" (170 mm).

    Raises
    ------
    StoreError
        `out` cannot be written or has another suffix, or is to be a .gif of a result without frames.
    """
    if Path(out).suffix.lower() != ANIMATION:
        write(figure(result, width), out)
        return
    history = result.history
    if history is None or len(history.frame_time) < 2:
        raise StoreError(f"{out}: only the frames of a transient run can be animated; take {', '.join(FORMATS)}")
    with matplotlib.rc_context(STYLE), replacing(out) as temporary:
        temporary.write_bytes(animate(result, history))


def figure(result: Result, width: str = "double") -> Figure:
    """The figure of a result, not yet written; of a transient run its history."""
    with matplotlib.rc_context(STYLE | (NARROW if width == "single" else {})):
        if result.history is not None:
            return history_figure(result, result.history, width)
        page = Sheet()
        compose(page, result, width)
    return page
