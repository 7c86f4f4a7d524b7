"""Figures of results, series and comparisons."""

from __future__ import annotations

import os

from matplotlib.figure import Figure

from boltzsim import plotting
from boltzsim.analysis.series import analyses
from boltzsim.api.files import open
from boltzsim.plotting.comparison import comparison_figure
from boltzsim.plotting.series import series_figure
from boltzsim.plotting.sheet import write
from boltzsim.result import Result
from boltzsim.runs.compare import Comparison
from boltzsim.store.series import SeriesResult


def plot(
    found: Result | SeriesResult | Comparison | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    width: str = "double",
) -> Figure:
    """Draw a run, both models side by side, or the curves of a series.

    Parameters
    ----------
    found : Result, Comparison, SeriesResult or path-like
        What a run gave, or its file.
    out : path-like, optional
        A file whose name ends in .pdf, .svg or .png; of a transient run .gif too, which moves.
    width : {"double", "single"}
        170 mm, two columns of a journal, or 85 mm, one column.

    Returns
    -------
    matplotlib.figure.Figure
        A notebook shows it.

    Raises
    ------
    CaseError
        If a series has no measure to draw.
    StoreError
        If a file cannot be read or written, or its name has another ending.
    """
    if isinstance(found, str | os.PathLike):
        found = open(found)
    if isinstance(found, Result):
        if out is not None:
            plotting.plot(found, out, width)
        return plotting.figure(found, width)
    page = (
        comparison_figure(found.kinetic, found.diffusion)
        if isinstance(found, Comparison)
        else series_figure(analyses(found), width)
    )
    if out is not None:
        write(page, out)
    return page
