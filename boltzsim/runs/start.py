"""A case in, a result out: steady or transient, from the start or from a checkpoint, with or without a file."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numba

from boltzsim.case.case import Case
from boltzsim.errors import CaseError, Stopped
from boltzsim.result import Result
from boltzsim.runs.checkpoint import Checkpoint, checkpoint_of
from boltzsim.runs.initial import Earlier
from boltzsim.runs.steady import SteadyState, solve_steady
from boltzsim.runs.transient import Saved, evolve
from boltzsim.store import checkpoint as checkpoints
from boltzsim.store import history, result

#: Called as progress(phase, source, sources, product, residual).
Progress = Callable[[str, int, int, int, float], None]


def run(
    case: Case,
    threads: int | None = None,
    progress: Progress | None = None,
    reuse: Any = None,
    output: str | os.PathLike[str] | None = None,
) -> Result:
    """Solve a case.

    Parameters
    ----------
    case : Case
    threads : int, optional
        Threads of the sweeps; all cores if omitted. Results do not depend on it.
    progress : callable, optional
        Called as progress(phase, source, sources, product, residual).
    reuse : boltzsim.runs.reuse.Reuse, optional
        Operators and solutions of the run before this one, which are updated for the next; steady cases only.
    output : path-like, optional
        File for the result. Checkpoints are written meanwhile; SIGTERM and SIGUSR1 end the run with one.

    Returns
    -------
    Result

    Raises
    ------
    Stopped
        If a signal asked for the end of the run; `resume` goes on.
    CaseError
        For ordinates that cannot integrate the moments of the materials' scattering exactly, and for an initial result
        that does not fit.
    ConvergenceError
        If a source needs more than `solver.max_products` products.
    StoreError
        If the result or a checkpoint cannot be written.
    """
    return _run(case, threads, progress, reuse, output, None)


def resume(path: str | os.PathLike[str], threads: int | None = None, progress: Progress | None = None) -> Result:
    """Go on with the run that was to write a file, from its last checkpoint to its end.

    Parameters
    ----------
    path : path-like
        The result file.
    threads, progress
        As `run`.

    Returns
    -------
    Result

    Raises
    ------
    CaseError
        If the run is complete.
    StoreError
        If there is no file, or no checkpoint in it.
    """
    pending = checkpoint_of(path)
    if pending.exists():
        case, solved, place, vector = checkpoints.load(pending)
        return _run(case, threads, progress, None, path, SteadyState(solved, place, vector))
    found = result.open(path)
    if found.history is None or found.history.complete:
        raise CaseError(f"{path}: is complete, there is nothing to go on with; start another case from it: [initial]")
    saved = Saved(found.history, history.read_saved(path), partial(history.read_distribution, path))
    return _run(found.case, threads, progress, None, path, saved)


def _run(
    case: Case,
    threads: int | None,
    progress: Progress | None,
    reuse: Any,
    output: str | os.PathLike[str] | None,
    saved: Any,
) -> Result:
    available = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    numba.set_num_threads(min(threads or available, available))
    if case.time is not None:
        return _transient(case, progress, output, saved)
    if output is None:
        return solve_steady(case, progress, reuse)
    pending = checkpoint_of(output)
    with Checkpoint(case.solver.checkpoint, partial(checkpoints.save, pending, case)).listening() as checkpoint:
        try:
            found = solve_steady(case, progress, reuse, checkpoint, saved)
        except Stopped as stop:
            raise Stopped(f"{stop}, checkpoint in {pending}; go on with 'boltzsim resume {output}'") from None
        result.save(found, output)
    pending.unlink(missing_ok=True)
    return found


def _transient(case: Case, progress: Progress | None, output: str | os.PathLike[str] | None, saved: Any) -> Result:
    earlier = None
    if saved is None and case.initial is not None and case.initial.kind == "result":
        file = case.beside(case.initial.file)
        earlier = Earlier(result.open(file), partial(history.read_distribution, file))
    if output is None:
        return evolve(case, progress, None, saved, earlier)[0]

    def write(found: Result, state: Any) -> None:
        result.save(found, output, state)

    with Checkpoint(case.solver.checkpoint, write).listening() as checkpoint:
        try:
            found, state = evolve(case, progress, checkpoint, saved, earlier)
        except Stopped as stop:
            raise Stopped(f"{stop}; go on with 'boltzsim resume {output}'") from None
        result.save(found, output, state if case.time and case.time.keep_state else None)
    return found
