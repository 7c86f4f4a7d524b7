"""Files of results and series: open, save, export."""

from __future__ import annotations

import os

from boltzsim.case.case import Case, load_case
from boltzsim.result import Result
from boltzsim.store import result as store_result
from boltzsim.store import series as store_series
from boltzsim.store import vtk
from boltzsim.store.series import SeriesResult


def open(path: str | os.PathLike[str]) -> Result | SeriesResult:
    """Read the file of a run or of a collected series.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Result or SeriesResult

    Raises
    ------
    StoreError
        If the file is missing, damaged, not written by boltzsim, or of a newer format.
    """
    return store_series.open(path) if store_series.is_series(path) else store_result.open(path)


def save(found: Result | SeriesResult, path: str | os.PathLike[str]) -> None:
    """Write a result or a series to an HDF5 file, which is replaced only by a complete one.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    found.save(path)


def export(result: Result | str | os.PathLike[str], path: str | os.PathLike[str]) -> None:
    """Write the fields of a result for ParaView and other viewers of VTK.

    Parameters
    ----------
    result : Result or path-like
        A result, or its file.
    path : path-like
        A file whose name ends in .vti, .vtu or .vtkhdf.

    Raises
    ------
    StoreError
        If the name has another ending, vtk is not installed, or a file cannot be read or written.
    """
    vtk.export(result if isinstance(result, Result) else store_result.open(result), path)


def case_of(case: Case | str | os.PathLike[str]) -> Case:
    """A case, read from its file where a path is given."""
    return case if isinstance(case, Case) else load_case(case)
