"""The sheet that figures are drawn on: its file formats, its style, and how a notebook shows it."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from boltzsim.errors import StoreError
from boltzsim.files import replacing
from boltzsim.plotting.style import STYLE

FORMATS = (".pdf", ".png", ".svg")
_ON_A_SCREEN = 110  # dots per inch in a notebook


class Sheet(Figure):
    """A figure that needs no window, and that a notebook shows as a picture."""

    def __init__(self, *sizes: Any, **options: Any) -> None:
        super().__init__(*sizes, **options)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        picture = io.BytesIO()
        with matplotlib.rc_context(STYLE):
            self.savefig(picture, format="png", dpi=_ON_A_SCREEN)
        return picture.getvalue()


def write(sheet: Figure, out: str | os.PathLike) -> None:
    """Write a figure to a .pdf, .svg or .png file, whole or not at all.

    Raises
    ------
    StoreError
        `out` has another suffix or cannot be written.
    """
    suffix = require_format(out)
    with matplotlib.rc_context(STYLE), replacing(out) as temporary:
        sheet.savefig(temporary, format=suffix[1:])


def require_format(out: str | os.PathLike) -> str:
    """The suffix of a figure's name, in lower case; a StoreError if no figure can have it."""
    suffix = Path(out).suffix.lower()
    if suffix not in FORMATS:
        raise StoreError(f"{out}: unknown kind of figure {suffix!r}; end the name in {', '.join(FORMATS)}")
    return suffix
