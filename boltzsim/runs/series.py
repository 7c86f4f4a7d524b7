"""Solve a family of one case: points in turn, in processes of this machine, on a dask cluster, or as an array of jobs.

Every finished point is a result file of its own in a folder, named by what it depends on, so that a restart, or a
series with more points, solves only what is missing. `collect` joins them. Points on the same discrete operator are
solved together, others start from the solution before them (`boltzsim.runs.reuse`).
"""

import hashlib
import json
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import cache
from itertools import chain
from pathlib import Path

from boltzsim import __version__
from boltzsim.case.case import Case
from boltzsim.case.series import expand
from boltzsim.device.key import operator_key
from boltzsim.errors import CaseError, ConvergenceError, StoreError
from boltzsim.runs.reuse import Reuse
from boltzsim.runs.start import run
from boltzsim.store.result import open as open_result
from boltzsim.store.series import gather


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
        Solve every `count`-th point from the `index`-th on, points on one operator counting as one: the share of one of
        `count` jobs.
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
    mine = _groups(cases)[index::count]
    todo = [[i for i in group if not _finished(folder, cases[i])] for group in mine]
    todo = [group for group in todo if group]
    total, missing = sum(map(len, mine)), sum(map(len, todo))
    done, began, failed = total - missing, time.monotonic(), []
    if progress is not None:
        progress(done, total, None)
    threads = threads or (1 if dask else max(1, (os.cpu_count() or 1) // jobs))
    tasks = [([(i, cases[i].resolved()) for i in group], threads) for group in todo]
    with _executor(jobs, dask) as solve:
        for i, result, error in solve(tasks):
            if error is not None:
                failed.append(f"point {i}: {error}")
                continue
            result.save(point_file(folder, cases[i]))
            done += 1
            if progress is not None:
                solved = done - (total - missing)
                progress(done, total, (time.monotonic() - began) / solved * (total - done))
    if failed:
        raise ConvergenceError("\n".join(sorted(failed)))
    return missing


def collect(case, folder):
    """The finished points of a case's series as one.

    Parameters
    ----------
    case : Case
    folder : path-like

    Returns
    -------
    boltzsim.store.series.SeriesResult

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
    text = json.dumps([__version__, case.resolved()], sort_keys=True)
    return Path(folder) / f"{hashlib.sha256(text.encode()).hexdigest()[:20]}.h5"


def _finished(folder, case):
    """Whether a point is there: files are renamed into place when they are complete."""
    return point_file(folder, case).is_file()


def _groups(cases):
    """Numbers of the points, those on the same operator together, in the order of their first ones."""
    groups = {}
    for number, case in enumerate(cases):
        groups.setdefault(operator_key(case), []).append(number)
    return list(groups.values())


def solve_points(task, reuse=None):
    """Solve points on one operator; runs in any process, so that it takes plain data and yields results.

    Parameters
    ----------
    task : tuple of (list of (int, dict), int)
        Numbers and resolved cases, threads.
    reuse : boltzsim.runs.reuse.Reuse, optional
        What tasks before this one in the same process leave.

    Yields
    ------
    tuple of (int, Result or None, str or None)
        The number, and the result or why the iteration did not converge.
    """
    points, threads = task
    reuse = Reuse() if reuse is None else reuse
    for number, tables in points:
        try:
            yield number, run(Case(**tables), threads=threads, reuse=reuse), None
        except ConvergenceError as error:
            yield number, None, str(error)


def _solve_alone(task):
    """All of `solve_points`, keeping nothing."""
    return list(solve_points(task))


def _solve_in_pool(task):
    """All of `solve_points`, starting from the last task of this process of a pool."""
    return list(solve_points(task, _reuse_in_process()))


@cache
def _reuse_in_process():
    return Reuse()


@contextmanager
def _executor(jobs, dask):
    """A function from tasks to an iterator of what `solve_points` makes of them, in the order they finish."""
    if dask:
        with _dask_client(dask, jobs) as client:
            yield lambda tasks: chain.from_iterable(_on_dask(client, tasks))
    elif jobs == 1:
        reuse = Reuse()
        yield lambda tasks: chain.from_iterable(solve_points(task, reuse) for task in tasks)
    else:
        pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))
        try:
            yield lambda tasks: chain.from_iterable(
                f.result() for f in as_completed([pool.submit(_solve_in_pool, task) for task in tasks])
            )
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

    futures = client.map(_solve_alone, tasks, pure=False)
    return (result for _, result in finished(futures, with_results=True))
