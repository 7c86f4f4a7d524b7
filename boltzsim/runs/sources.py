"""Solve the sources of a device apart from one another: in processes of this machine, or on a dask cluster.

A task is some sources, neighbours in order. Whoever solves it builds the operators of their magnetic states, once for
all tasks of one process. What comes back goes where a run looks for solved sources
(`boltzsim.runs.steady.SteadyState`), and the run then goes on as if it had solved them itself.
"""

import numpy as np

from boltzsim.case.case import Case
from boltzsim.errors import Stopped
from boltzsim.runs.energies import reuse_in_process
from boltzsim.runs.pools import in_processes, lost, on_dask, outcomes_until_error, threads_of_each
from boltzsim.runs.reuse import Reuse
from boltzsim.runs.steady import SteadyState, order_of, solve_steady, sources_of
from boltzsim.runs.threads import computing


def solve_apart(case, progress=None, reuse=None, checkpoint=None, saved=None, jobs=1, dask=None, threads=None):
    """Solve a steady case whose sources are shared out.

    Parameters
    ----------
    case : Case
    progress, reuse, checkpoint, saved
        As `boltzsim.runs.steady.solve_steady`.
    jobs : int
        Processes of this machine, or workers of a local cluster.
    dask : str, optional
        Address of a dask scheduler, or "local" for a cluster of this machine.
    threads : int, optional
        Threads of each process.

    Returns
    -------
    Result

    Raises
    ------
    Stopped
        If a signal has asked the run to stop.
    ConvergenceError
        If a source does not converge, or is lost with its process.
    """
    state, reuse = SteadyState() if saved is None else saved, Reuse() if reuse is None else reuse
    places = [place for place in _places(case, reuse) if place not in state.solved]
    total = len(state.solved) + len(places)
    if state.place is None:
        state.place = (0, 0)  # a checkpoint names a source, whatever has been solved by then

    def stop():
        if checkpoint is not None and checkpoint.due():
            checkpoint.save(state)
        if checkpoint is not None and checkpoint.stopping:
            raise Stopped(f"stopped with {len(state.solved)} of {total} sources solved")

    threads = threads_of_each(threads, jobs, dask)
    share = len(places) if dask else jobs
    tasks = [(case.resolved(), own, threads) for own in _divided(places, share)]
    with on_dask(_solve, dask, jobs, stop) if dask else in_processes(_solve, jobs, stop, _lost) as solve:
        for place, solution, error in solve(tasks):
            if error is not None:
                raise error
            state.solved[place] = solution
            if progress is not None:
                progress(f"{len(state.solved)} of {total} sources", 1, 1, 0, float("nan"))
    return solve_steady(case, progress, reuse, checkpoint, state)


def _places(case, reuse):
    """Magnetic state and source of all that is worth a task: the last contact and images follow from others."""
    reuse.prepare(case)
    order, sources, found = order_of(case), sources_of(case), []
    last = len(case.contact) - 1
    for state, name in enumerate(case.magnetic_states):
        operator = reuse.operator(case, name)
        for position, number in enumerate(order):
            before = [sources[k] for k in order[:position]]
            if position != last and not operator.follows(sources[number], before):
                found.append((state, number))
    return found


def _divided(places, count):
    """The places in at most so many lists, neighbours together."""
    parts = np.array_split(np.arange(len(places)), max(1, min(count, len(places))))
    return [[places[k] for k in part] for part in parts if len(part)]


def _solve(task):
    """Outcomes (place, Solution, error) of a task, which is plain data: tables, places, threads.

    Either the solution or the error is None.
    """
    tables, places, threads = task
    case, reuse = Case(**tables), reuse_in_process()
    reuse.prepare(case)

    def solve(place):
        with computing(threads):
            operator = reuse.operator(case, case.magnetic_states[place[0]])
            source, solver = sources_of(case)[place[1]], case.solver
            return operator.solve(source, solver.rtol, max_products=solver.max_products)

    return outcomes_until_error(places, solve)


def _lost(task):
    """Outcome of a task whose process died."""
    state, number = task[1][0]
    yield lost((state, number), f"source {number + 1} of magnetic state {state + 1}")
