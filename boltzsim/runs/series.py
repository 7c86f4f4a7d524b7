"""Solve all points of a series: in turn, in processes of this machine, on a dask cluster, or as an array of jobs.

Every finished point is a result file of its own in a folder, named by all it depends on, the sources of this package
included, so that a restart, or a series with more points, solves only what is missing. A point that fails leaves the
reason in the folder and does not keep the others from being solved. `collect` joins the points. Points on the same
discrete operator, and in the opposite field, are solved together; others start from the solution before them
(`boltzsim.runs.reuse`).
"""

import hashlib
import json
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import boltzsim
from boltzsim.case.case import Case
from boltzsim.case.series import expand, point_name
from boltzsim.device import preflight
from boltzsim.device.key import shared
from boltzsim.errors import CaseError, ConvergenceError, Stopped, StoreError
from boltzsim.files import replacing
from boltzsim.machine import physical_memory
from boltzsim.runs import interruption
from boltzsim.runs.pools import in_processes, in_turn, on_dask, threads_of_each
from boltzsim.runs.reuse import Reuse
from boltzsim.runs.start import run
from boltzsim.store.result import open as open_result
from boltzsim.store.series import gather

_LISTED = 8  # a message lists at most so many points one by one


def folder_of(output):
    """Folder with the points of the series that is collected into `output`: OUT.points for OUT.h5."""
    output = Path(output)
    return output.with_name(f"{output.name.removesuffix('.h5')}.points")


@dataclass(frozen=True)
class Outcome:
    """The end of one point: its number and its result, or why there is none and whether the checks refused it."""

    number: int
    result: object = None
    reason: str = ""
    refused: bool = False


def run_series(case, folder, jobs=1, dask=None, index=0, count=1, threads=None, progress=None):
    """Solve the points of a case's series that are not there yet.

    Every point passes the checks of a single run before any is solved.

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
        Solve every `count`-th point from the `index`-th on, points on one operator and in the opposite field counting
        as one: the share of one of `count` jobs.
    threads : int, optional
        Threads of each point; the processors of this process shared among `jobs` if omitted, 1 on a cluster.
    progress : callable, optional
        Called as progress(done, total, seconds left or None).

    Returns
    -------
    int
        Points solved now.

    Raises
    ------
    CaseError
        If the case has no series, the package for `dask` is missing, or points were refused by the checks; all others
        are solved then.
    ConvergenceError
        If points did not converge or were lost with their process; all others are solved.
    Stopped
        If a signal asked for the end; finished points are kept.
    StoreError
        If a point cannot be written.
    """
    if not case.series:
        raise case.error("series is missing; vary something under [series.NAME], or use 'boltzsim run'")
    if not 0 <= index < count:
        raise CaseError(f"--index {index} must lie between 0 and --count {count} less one")
    _, cases = expand(case)
    folder = Path(folder)
    folder.mkdir(exist_ok=True)
    mine = shared(cases)[index::count]
    left = {i for group in mine for i in group if not point_file(folder, cases[i]).is_file()}
    refused = _refused({i: cases[i] for i in left}, jobs)
    todo = [[i for i in group if i in left and i not in refused] for group in mine]
    account = _Account(case, cases, folder, sum(map(len, mine)), len(left), progress)
    threads = threads_of_each(threads, jobs, dask)
    tasks = [([(i, cases[i].resolved()) for i in group], threads) for group in todo if group]
    for number, reason in refused.items():
        account.take(Outcome(number, reason=reason, refused=True))

    def stop():
        if interruption.asked() is not None:
            raise Stopped(account.stopped())

    with interruption.listening(everything=True):
        try:
            with _pool(jobs, dask, stop) as solve:
                for outcome in solve(tasks):
                    account.take(outcome)
        except KeyboardInterrupt:  # a run without a file of its own ends so
            raise Stopped(account.stopped()) from None
    account.close()
    return account.solved


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
        If points are missing; the message says which failed, and why.
    """
    axes, cases = expand(case)
    missing = [i for i, point in enumerate(cases) if not point_file(folder, point).is_file()]
    if missing:
        told = [f"{folder}: {len(missing)} of {len(cases)} points are missing; run the series again"]
        for number in missing[:_LISTED]:
            failure = _failure_file(folder, cases[number])
            reason = failure.read_text() if failure.is_file() else "not solved yet"
            told.append(f"point {number} ({point_name(case, number)}): {reason}")
        raise StoreError("\n".join(told + ["…"] * (len(missing) > _LISTED)))
    return gather(case, axes, (open_result(point_file(folder, point)) for point in cases))


def point_file(folder, case):
    """The file of one point, named by a hash of the case and of the package's sources."""
    text = json.dumps([_sources_hash(), case.resolved()], sort_keys=True)
    return Path(folder) / f"{hashlib.sha256(text.encode()).hexdigest()[:20]}.h5"


def solve_points(task, reuse=None, progress=None):
    """Solve points on one operator; runs in any process, so that it takes plain data and yields outcomes.

    Parameters
    ----------
    task : tuple of (list of (int, dict), int)
        Numbers and resolved cases, threads.
    reuse : boltzsim.runs.reuse.Reuse, optional
        Operators and solutions of tasks before this one in the same process.
    progress : callable, optional
        As for `boltzsim.runs.start.run`.

    Yields
    ------
    Outcome
    """
    points, threads = task
    reuse = Reuse() if reuse is None else reuse
    for number, tables in points:
        try:
            yield Outcome(number, run(Case(**tables), threads=threads, progress=progress, reuse=reuse))
        except (CaseError, ConvergenceError, StoreError) as error:
            yield Outcome(number, reason=str(error), refused=isinstance(error, CaseError))
        except MemoryError:
            yield Outcome(number, reason="out of memory; take fewer cells, or fewer --jobs")


class _Account:
    """Stores outcomes as they come and counts them."""

    def __init__(self, case, cases, folder, total, missing, progress):
        self.case, self.cases, self.folder, self.progress = case, cases, folder, progress
        self.total, self.missing, self.solved, self.failed = total, missing, 0, []
        self.began = time.monotonic()
        if progress is not None:
            progress(total - missing, total, None)

    def take(self, outcome):
        """Store the result, or the reason why there is none."""
        point = self.cases[outcome.number]
        failure = _failure_file(self.folder, point)
        if outcome.result is None:
            with replacing(failure) as temporary:
                temporary.write_text(outcome.reason, encoding="utf-8")
            self.failed.append(outcome)
            return
        outcome.result.save(point_file(self.folder, point))
        failure.unlink(missing_ok=True)
        self.solved += 1
        if self.progress is not None:
            each = (time.monotonic() - self.began) / self.solved
            left = self.missing - self.solved - len(self.failed)
            self.progress(self.total - self.missing + self.solved, self.total, each * left)

    def stopped(self):
        """The message of a series that a signal has ended."""
        done = self.total - self.missing + self.solved
        return (
            f"stopped with {done} of {self.total} points solved; they are kept in {self.folder}, run the series again"
        )

    def close(self):
        """Raise an error about failed points, if there are any."""
        if not self.failed:
            return
        self.failed.sort(key=lambda outcome: outcome.number)
        told = [
            f"point {outcome.number} ({point_name(self.case, outcome.number)}): {outcome.reason}"
            for outcome in self.failed[:_LISTED]
        ]
        if len(self.failed) > _LISTED:
            told.append(f"… and {len(self.failed) - _LISTED} more")
        told.append(f"{len(self.failed)} of {self.total} points are missing; the others are kept in {self.folder}")
        only_refused = all(outcome.refused for outcome in self.failed)
        raise CaseError(told) if only_refused else ConvergenceError("\n".join(told))


def _failure_file(folder, case):
    return point_file(folder, case).with_suffix(".failed")


def _refused(points, jobs):
    """Reasons why points cannot run, by number: the checks of a single run, and the memory of `jobs` points."""
    found, memory = {}, physical_memory()
    for number, point in points.items():
        try:
            preflight.require(point)
        except CaseError as error:
            found[number] = "; ".join(error.problems)
            continue
        needed = jobs * preflight.size(point).bytes
        if needed > memory:
            found[number] = (
                f"{jobs} points at a time need {preflight.gigabytes(needed)} of memory and this machine has "
                f"{preflight.gigabytes(memory)}; use fewer --jobs"
            )
    return found


@cache
def _sources_hash():
    """Hash of every source file of the package: a point solved by other sources is another point."""
    digest, root = hashlib.sha256(), Path(boltzsim.__file__).parent
    for source in sorted(root.rglob("*.py")):
        digest.update(source.relative_to(root).as_posix().encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()


def _pool(jobs, dask, stop):
    if dask:
        return on_dask(_solve_alone, dask, jobs, stop)
    if jobs > 1:
        return in_processes(_solve_in_process, jobs, stop, _lost)
    reuse = Reuse()
    return in_turn(lambda task: solve_points(task, reuse, lambda *_: stop()), stop)


def _lost(task):
    """Outcomes of a task whose process died."""
    for number, _ in task[0]:
        yield Outcome(number, reason="its process died, perhaps for want of memory; use fewer --jobs or fewer cells")


def _solve_alone(task):
    """Outcomes of `solve_points`, without operators or solutions of earlier tasks."""
    return list(solve_points(task))


def _solve_in_process(task):
    """Outcomes of `solve_points`, starting from the last task of this process."""
    return list(solve_points(task, _reuse_in_process()))


@cache
def _reuse_in_process():
    return Reuse()
