"""Figures of results, series and comparisons."""

from __future__ import annotations

import os

from matplotlib.figure import Figure

from boltzsim import plotting
from boltzsim.api.files import case_of, open
from boltzsim.case.case import Case
from boltzsim.fitting.evaluation import evaluated
from boltzsim.fitting.fit import FitResult
from boltzsim.plotting import device
from boltzsim.plotting.comparison import comparison_figure
from boltzsim.plotting.fit import fit_figure
from boltzsim.plotting.series import series_figure
from boltzsim.plotting.sheet import write
from boltzsim.result import Result
from boltzsim.runs.compare import Comparison
from boltzsim.store.series import SeriesResult


def draw(
    case: Case | str | os.PathLike[str], out: str | os.PathLike[str] | None = None, width: str = "double"
) -> Figure:
    """Draw the device of a case before it is solved: metals, voids, contacts, interfaces and grid.

    Parameters
    ----------
    case : Case or path-like
    out, width
        As `plot`; a device does not move.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    CaseError
        If the file describes no possible run.
    StoreError
        If the figure cannot be written, or its name has another ending.
    """
    page = device.device_figure(case_of(case), width)
    if out is not None:
        write(page, out)
    return page


def plot(
    found: Result | SeriesResult | Comparison | FitResult | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    width: str = "double",
) -> Figure:
    """Draw a run, both models side by side, the curves of a series, or a fit.

    Parameters
    ----------
    found : Result, Comparison, SeriesResult, FitResult or path-like
        What a run, a series or a fit gave, or the file of a run or a series.
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
    if isinstance(found, Comparison):
        page = comparison_figure(found.kinetic, found.diffusion, width)
    elif isinstance(found, FitResult):
        page = fit_figure(found, width)
    else:
        page = series_figure(evaluated(found)[0], width)
    if out is not None:
        write(page, out)
    return page
