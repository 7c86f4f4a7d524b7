"""Ways to solve the points of a series, or the energies of a run: in this process, in others, or on a dask cluster.

Each of the three is a context manager that gives a function from tasks to an iterator of outcomes, in the order in
which they finish. Processes are spawned; a worker ends by itself when the process that started it is gone.
"""

import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import chain

from boltzsim.errors import CaseError, ConvergenceError
from boltzsim.machine import processors

_PATIENCE = 0.2  # seconds between checks whether the series has been asked to stop

_GUARD = (
    "work in several processes imports the script again in each of them; put the code of the script below "
    "if __name__ == '__main__': or use jobs=1"
)


def threads_of_each(threads, jobs, dask):
    """Threads of a worker: as asked for, else one on a cluster, or an equal share of the processors of this machine."""
    return threads or (1 if dask else max(1, processors() // jobs))


def outcomes_until_error(names, solve):
    """Outcomes (name, what solve(name) returns, error) up to the first error; either of the last two is None."""
    found = []
    for name in names:
        try:
            found.append((name, solve(name), None))
        except (CaseError, ConvergenceError) as error:
            return [*found, (name, None, error)]
        except MemoryError:
            return [*found, (name, None, ConvergenceError("out of memory; take fewer cells, or fewer --jobs"))]
    return found


def lost(name, what):
    """Outcome of what was lost when its process died."""
    reason = f"the process that solved {what} died"
    return name, None, ConvergenceError(f"{reason}, perhaps for want of memory; use fewer --jobs or fewer cells")


@contextmanager
def in_turn(solve, stop):
    """Solve tasks one after the other in this process.

    Parameters
    ----------
    solve : callable
        Task -> iterable of outcomes; it may stop by itself between them.
    stop : callable
        Raises `Stopped` if the series has been asked to stop.
    """

    def outcomes(tasks):
        for task in tasks:
            stop()
            yield from solve(task)

    yield outcomes


@contextmanager
def in_processes(solve, jobs, stop, died):
    """Solve tasks in processes of this machine.

    Parameters
    ----------
    solve : callable
        Task -> list of outcomes; importable by name in another process.
    jobs : int
    stop : callable
        Raises `Stopped` if the series has been asked to stop; the workers are then ended.
    died : callable
        Task -> list of outcomes for a task whose process died.

    Raises
    ------
    CaseError
        If the script that asks for processes has no guard against being imported by them.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        sys.exit(_GUARD)  # here a worker imports an unguarded script, and its parent reports the error
    pools = []

    def pool_of(size):
        context = multiprocessing.get_context("spawn")
        pools.append(ProcessPoolExecutor(size, mp_context=context, initializer=_begin_worker))
        return pools[-1]

    every = pool_of(jobs)

    def outcomes(tasks):
        left = yield from _solved(every, solve, tasks, stop)
        if len(left) == len(tasks) and _is_script():
            raise CaseError(_GUARD)
        for task in left:  # one of these tasks broke the pool: each of them now gets a pool of its own
            again = yield from _solved(pool_of(1), solve, [task], stop)
            for broken in again:
                yield from died(broken)

    try:
        yield outcomes
    finally:
        for pool in pools:
            workers = list((pool._processes or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.join()


def _solved(pool, solve, tasks, stop):
    """Yield the outcomes of tasks; returns the tasks that were lost when a worker died."""
    futures = {pool.submit(solve, task): task for task in tasks}
    lost, waiting = [], set(futures)
    while waiting:
        done, waiting = wait(waiting, _PATIENCE, FIRST_COMPLETED)
        stop()
        for future in done:
            try:
                yield from future.result()
            except BrokenProcessPool:
                lost.append(futures[future])
    return lost


def _begin_worker():
    """Leave Ctrl-C to the parent, and end when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)


def _is_script():
    """Whether the main module is a file that processes import again, rather than a package run as a command."""
    main = sys.modules["__main__"]
    return getattr(main, "__spec__", None) is None and hasattr(main, "__file__")


@contextmanager
def on_dask(solve, address, workers, stop):
    """Solve tasks on a dask cluster.

    Parameters
    ----------
    solve : callable
        As for `in_processes`.
    address : str
        Of a scheduler, or "local" for a cluster of this machine. Connections of a local cluster are encrypted with
        temporary certificates, so that no other user of the machine can reach it.
    workers : int
        Of a local cluster.
    stop : callable

    Raises
    ------
    CaseError
        If a package is missing, or the scheduler does not answer.
    """
    try:
        from distributed import Client, LocalCluster, as_completed
        from distributed.security import Security
    except ImportError:
        raise CaseError("--dask needs the package distributed; install boltzsim[series]") from None

    def outcomes_of(client):
        def outcomes(tasks):
            futures = client.map(solve, tasks, pure=False)
            for batch in as_completed(futures, with_results=True).batches():
                stop()
                yield from chain.from_iterable(result for _, result in batch)

        return outcomes

    if address == "local":
        try:
            security = Security.temporary()
        except ImportError:
            raise CaseError("--dask local needs the package cryptography; install boltzsim[series]") from None
        with (
            LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None, protocol="tls://", security=security
            ) as cluster,
            Client(cluster) as client,
        ):
            yield outcomes_of(client)
        return
    try:
        client = Client(address, timeout=20)
    except (OSError, ValueError) as error:
        raise CaseError(f"--dask {address}: the scheduler does not answer ({error}); check its address") from None
    with client:
        yield outcomes_of(client)
