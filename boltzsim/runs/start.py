"""Run a case: steady or transient, from the start or from a checkpoint, with or without an output file."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from boltzsim.case.case import Case, load_case
from boltzsim.device.energies import varies_with_energy
from boltzsim.errors import CaseError, Stopped, StoreError
from boltzsim.files import require_writable
from boltzsim.result import Result, now
from boltzsim.runs.checkpoint import Checkpoint
from boltzsim.runs.compilation import announcing
from boltzsim.runs.initial import Earlier
from boltzsim.runs.notebook import solving
from boltzsim.runs.sources import solve_apart
from boltzsim.runs.steady import SteadyState, solve_steady
from boltzsim.runs.thermal import solve_thermal
from boltzsim.runs.threads import computing
from boltzsim.runs.transient import Saved, evolve
from boltzsim.store import checkpoint as checkpoints
from boltzsim.store import history, result

#: Called as progress(phase, source, sources, product, residual).
Progress = Callable[[str, int, int, int, float], None]


def run(
    case: Case | str | os.PathLike[str],
    threads: int | None = None,
    progress: Progress | None = None,
    reuse: Any = None,
    output: str | os.PathLike[str] | None = None,
    replace_checkpoint: bool = False,
    jobs: int = 1,
    dask: str | None = None,
) -> Result:
    """Solve a case.

    Parameters
    ----------
    case : Case or path-like
        A case, or its file.
    threads : int, optional
        Threads of the sweeps; all processors of this process if omitted. Results do not depend on it. Runs from several
        Python threads wait for each other.
    progress : callable, optional
        Called as progress(phase, source, sources, product, residual); in a notebook a bar if omitted.
    reuse : boltzsim.runs.reuse.Reuse, optional
        Operators and solutions of the run before this one, which are updated for the next; steady cases only.
    output : path-like, optional
        File for the result. Checkpoints are written meanwhile; Ctrl-C, SIGTERM, SIGHUP and SIGUSR1 end the run with
        one.
    replace_checkpoint : bool
        Give up an unfinished run that was to write the same file. Without it such a run is an error.
    jobs : int
        Processes that share the energies of a temperature, or else the sources and magnetic states of a steady case. A
        script that asks for more than one needs ``if __name__ == "__main__":`` around its own code.
    dask : str, optional
        Address of a dask scheduler for the same tasks, or "local" for a cluster of `jobs` workers on this machine.

    Returns
    -------
    Result

    Raises
    ------
    Stopped
        If a signal asked for the end of a run with an output; `resume` goes on.
    KeyboardInterrupt
        After Ctrl-C without an output.
    CaseError
        For ordinates that cannot integrate the moments of the materials' scattering exactly, for an initial result that
        does not fit, and for `jobs` or `dask` with a case in time.
    ConvergenceError
        If a source needs more than `solver.max_products` products, or charge or spin are not conserved.
    StoreError
        If the result or a checkpoint cannot be written, or an unfinished run waits there.
    """
    case = case if isinstance(case, Case) else load_case(case)
    if (jobs > 1 or dask) and case.time is not None:
        raise case.error(
            "jobs and dask share out the sources of a steady case, and each time step needs the one before; leave them "
            "out, or share out the points of a series"
        )
    if output is not None:
        require_free(output, replace_checkpoint)
    return _run(case, threads, progress, reuse, output, None, jobs, dask)


def require_free(output: str | os.PathLike[str], replace_checkpoint: bool = False) -> None:
    """Find out before a run whether its result can be written, and that no unfinished run is lost by it.

    Parameters
    ----------
    output : path-like
    replace_checkpoint : bool
        Remove the checkpoint of an unfinished run instead.

    Raises
    ------
    StoreError
        If the file cannot be written, or holds, or has beside it, an unfinished run.
    """
    require_writable(output)
    pending = checkpoints.checkpoint_of(output)
    if replace_checkpoint:
        pending.unlink(missing_ok=True)
        return
    if pending.exists():
        raise StoreError(
            f"{pending}: holds an unfinished run that was to write {output}; go on with it, "
            f"'boltzsim resume {output}', or give it up: --replace-checkpoint"
        )
    if result.unfinished(output):
        raise StoreError(
            f"{output}: holds an unfinished run; go on with it, 'boltzsim resume {output}', or give it up: "
            f"--replace-checkpoint"
        )


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
        If there is no file, or no checkpoint in it; if a checkpoint belongs to another file or is older than the result
        in it.
    """
    require_writable(path)
    if checkpoints.checkpoint_of(path).exists():
        case, solved, place, vector = checkpoints.load(path)
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
    jobs: int = 1,
    dask: str | None = None,
) -> Result:
    with solving(progress) as progress, announcing(progress), computing(threads):
        if case.time is not None:
            return _transient(case, progress, output, saved)
        if varies_with_energy(case):
            solve = partial(solve_thermal, jobs=jobs, dask=dask, threads=threads)
        elif jobs > 1 or dask:
            solve = partial(solve_apart, saved=saved, jobs=jobs, dask=dask, threads=threads)
        else:
            solve = partial(solve_steady, saved=saved)
        return _steady(case, solve, progress, reuse, output)


def _steady(case: Case, solve: Any, progress: Progress | None, reuse: Any, output: Any) -> Result:
    write = None if output is None else partial(checkpoints.save, output, now(), case)
    with Checkpoint(case.solver.checkpoint, write).listening() as checkpoint:
        with _stopping(output, "" if output is None else f", checkpoint in {checkpoints.checkpoint_of(output)}"):
            found = solve(case, progress=progress, reuse=reuse, checkpoint=checkpoint)
        if output is not None:
            result.save(found, output)
            checkpoints.checkpoint_of(output).unlink(missing_ok=True)
    return found


def _transient(case: Case, progress: Progress | None, output: str | os.PathLike[str] | None, saved: Any) -> Result:
    earlier = None
    if saved is None and case.initial is not None and case.initial.kind == "result":
        file = case.beside(case.initial.file)
        earlier = Earlier(result.open(file), partial(history.read_distribution, file))

    write = None if output is None else lambda found, state: result.save(found, output, state)
    with Checkpoint(case.solver.checkpoint, write).listening() as checkpoint:
        with _stopping(output):
            found, state = evolve(case, progress, checkpoint, saved, earlier)
        if output is not None:
            result.save(found, output, state if case.time and case.time.keep_state else None)
    return found


@contextmanager
def _stopping(output: str | os.PathLike[str] | None, where: str = "") -> Iterator[None]:
    """Add to the message of a stopped run how to go on; without an output a stop is a keyboard interrupt."""
    try:
        yield
    except Stopped as stop:
        if output is None:
            raise KeyboardInterrupt from None
        raise Stopped(f"{stop}{where}; go on with 'boltzsim resume {output}'") from None
