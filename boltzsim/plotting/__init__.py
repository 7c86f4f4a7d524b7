"""Figures of a stored result: maps, cuts and the terminals' table, for one, two and three resolved axes.

Nothing is computed here but what drawing needs (a slice, an absolute value, a unit's prefix).
"""

from __future__ import annotations

import os
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from boltzsim.errors import StoreError
from boltzsim.hdf5 import replacing
from boltzsim.plotting.page import compose
from boltzsim.plotting.style import STYLE
from boltzsim.result import Result
from boltzsim.store import open as open_result

FORMATS = (".pdf", ".png", ".svg")


def plot(source: str | os.PathLike | Result, out: str | os.PathLike) -> None:
    """Draw a result, or the file it is stored in, to `out`: vector PDF or SVG, or PNG, by the suffix.

    Raises
    ------
    StoreError
        `source` cannot be read, `out` cannot be written or has another suffix.
    """
    suffix = require_format(out)
    result = source if isinstance(source, Result) else open_result(source)
    with matplotlib.rc_context(STYLE), replacing(out) as temporary:
        figure(result).savefig(temporary, format=suffix[1:])


def figure(result: Result) -> Figure:
    """The figure of a result, not yet written, 7 in wide (two columns of a journal)."""
    with matplotlib.rc_context(STYLE):
        page = Figure()
        FigureCanvasAgg(page)
        compose(page, result)
    return page


def require_format(out: str | os.PathLike) -> str:
    """The suffix of a figure's name, in lower case; a StoreError if no figure can have it."""
    suffix = Path(out).suffix.lower()
    if suffix not in FORMATS:
        raise StoreError(f"{out}: unknown kind of figure {suffix!r}; end the name in {', '.join(FORMATS)}")
    return suffix
