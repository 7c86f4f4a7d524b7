"""Solve a family of one case: points in turn, in processes of this machine, on a dask cluster, or as an array of jobs.

Every finished point is a result file of its own in a folder, named by what it depends on, so that a restart, or a
series with more points, solves only what is missing. `collect` joins them.
"""

import hashlib
import json
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from boltzsim.case_series import expand
from boltzsim.errors import CaseError, ConvergenceError, StoreError
from boltzsim.series_store import gather
from boltzsim.store import open as open_result


def folder_of(output):
    """Where the points of a series lie that is collected into `output`: OUT.h5 -> OUT.points."""
    return Path(output).with_suffix(".points")


def run_series(case, folder, jobs=1, dask=None, index=0, count=1, threads=None, progress=None):
    """Solve the points of a case's series that are not there yet.

    Parameters
    ----------
    case : Case
    folder : path-like
        Where the points are stored, made if need be.
    jobs : int
        Points solved at a time, each in a process of its own (spawned) if more than one.
    dask : str, optional
        Address of a dask scheduler, or "local" for a cluster of `jobs` workers on this machine.
    index, count : int
        Solve every `count`-th point from the `index`-th on: the share of one of `count` jobs.
    threads : int, optional
        Threads of each point; the machine's cores shared among `jobs` if omitted, 1 on a cluster.
    progress : callable, optional
        Called as progress(done, total, seconds left or None).

    Returns
    -------
    int
        Points solved now.

    Raises
    ------
    CaseError
        If the case has no series, or the package for `dask` is missing.
    ConvergenceError
        If points did not converge; all others are solved.
    """
    if not case.series:
        raise case.error("series is missing; vary something under [series.NAME], or use 'boltzsim run'")
    if not 0 <= index < count:
        raise CaseError(f"--index {index} must lie between 0 and --count {count} less one")
    _, cases = expand(case)
    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    mine = range(index, len(cases), count)
    todo = [i for i in mine if not _finished(folder, cases[i])]
    total, done, began, failed = len(mine), len(mine) - len(todo), time.monotonic(), []
    if progress is not None:
        progress(done, total, None)
    threads = threads or (1 if dask else max(1, (os.cpu_count() or 1) // jobs))
    with _executor(jobs, dask) as solve:
        for i, result, error in solve([(i, cases[i].resolved(), threads) for i in todo]):
            if error is not None:
                failed.append(f"point {i}: {error}")
                continue
            result.save(point_file(folder, cases[i]))
            done += 1
            if progress is not None:
                solved = done - (total - len(todo))
                progress(done, total, (time.monotonic() - began) / solved * (total - done))
    if failed:
        raise ConvergenceError("\n".join(sorted(failed)))
    return len(todo)


def collect(case, folder):
    """The finished points of a case's series as one.

    Parameters
    ----------
    case : Case
    folder : path-like

    Returns
    -------
    boltzsim.series_store.SeriesResult

    Raises
    ------
    StoreError
        If points are missing.
    """
    axes, cases = expand(case)
    missing = [i for i, point in enumerate(cases) if not _finished(folder, point)]
    if missing:
        few = ", ".join(map(str, missing[:8])) + (" …" if len(missing) > 8 else "")
        raise StoreError(f"{folder}: {len(missing)} of {len(cases)} points are missing ({few}); run the series again")
    return gather(case, axes, (open_result(point_file(folder, point)) for point in cases))


def point_file(folder, case):
    """The file of one point, named by a hash of all it depends on."""
    text = json.dumps([version("boltzsim"), case.resolved()], sort_keys=True)
    return Path(folder) / f"{hashlib.sha256(text.encode()).hexdigest()[:20]}.h5"


def _finished(folder, case):
    """Whether a point is there: files are renamed into place when they are complete."""
    return point_file(folder, case).is_file()


def solve_point(task):
    """Solve one point; runs in any process, so that it takes and returns plain data and a result.

    Parameters
    ----------
    task : tuple of (int, dict, int)
        Number, resolved case, threads.

    Returns
    -------
    tuple of (int, Result or None, str or None)
        The number, and the result or why the iteration did not converge.
    """
    from boltzsim.case import Case
    from boltzsim.simulation import run

    number, tables, threads = task
    try:
        return number, run(Case(**tables), threads=threads), None
    except ConvergenceError as error:
        return number, None, str(error)


@contextmanager
def _executor(jobs, dask):
    """A function from tasks to an iterator of what `solve_point` makes of them, in the order they finish."""
    if dask:
        with _dask_client(dask, jobs) as client:
            yield lambda tasks: _on_dask(client, tasks)
    elif jobs == 1:
        yield lambda tasks: map(solve_point, tasks)
    else:
        pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))
        try:
            yield lambda tasks: (f.result() for f in as_completed([pool.submit(solve_point, task) for task in tasks]))
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _dask_client(address, jobs):
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise CaseError("--dask needs the package distributed; install boltzsim[series]") from None
    if address == "local":
        with (
            LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    with Client(address, timeout=20) as client:
        yield client


def _on_dask(client, tasks):
    from distributed import as_completed as finished

    futures = client.map(solve_point, tasks, pure=False)
    return (result for _, result in finished(futures, with_results=True))
