"""Many runs: series, and both models side by side."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from boltzsim.api.files import case_of
from boltzsim.case.case import Case
from boltzsim.runs import compare as both
from boltzsim.runs.notebook import counting
from boltzsim.runs.series import collect, folder_of, run_series
from boltzsim.runs.start import Progress
from boltzsim.store.series import SeriesResult


def series(
    case: Case | str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    jobs: int = 1,
    dask: str | None = None,
    threads: int | None = None,
    progress: Callable[[int, int, float | None], None] | None = None,
) -> SeriesResult:
    """Solve every point of a case's series that is not there yet, and collect them.

    Parameters
    ----------
    case : Case or path-like
        A case with a series, or its file.
    output : path-like, optional
        HDF5 file for the series. Its points are kept in the folder OUT.points beside it, so that a restart, or a longer
        series, solves only what is missing. Without it nothing is kept but what is returned.
    jobs : int
        Points solved at a time, each in a process of its own if more than one. A script that asks for more needs
        ``if __name__ == "__main__":`` around its own code, because the processes import it again.
    dask : str, optional
        Address of a dask scheduler, or "local" for a cluster of `jobs` workers on this machine.
    threads : int, optional
        Threads of each point.
    progress : callable, optional
        Called as progress(done, total, seconds left or None); in a notebook a bar if omitted.

    Returns
    -------
    SeriesResult

    Raises
    ------
    CaseError, ConvergenceError
        If the case has no series, or points were refused or did not converge; all others are solved then.
    Stopped
        If a signal asked for the end; finished points are kept with `output`.
    StoreError
        If a file cannot be written.
    """
    case = case_of(case)
    if output is None:
        with tempfile.TemporaryDirectory() as folder:
            return _series(case, Path(folder), jobs, dask, threads, progress)
    found = _series(case, folder_of(output), jobs, dask, threads, progress)
    found.save(output)
    return found


def _series(case, folder, jobs, dask, threads, progress) -> SeriesResult:
    with counting(progress) as counted:
        run_series(case, folder, jobs, dask, threads=threads, progress=counted)
    return collect(case, folder)


def compare(
    case: Case | str | os.PathLike[str], threads: int | None = None, progress: Progress | None = None
) -> both.Comparison:
    """Solve a case in both models, kinetic and diffusion; `boltzsim.report` puts their numbers side by side.

    Parameters
    ----------
    case : Case or path-like
    threads, progress
        As `boltzsim.run`.

    Returns
    -------
    Comparison
        With the results `kinetic` and `diffusion`.

    Raises
    ------
    CaseError, ConvergenceError
        As `boltzsim.run`; CaseError too where nothing relaxes the current.
    """
    return both.compare(case_of(case), threads, progress)
