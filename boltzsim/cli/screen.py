"""Output that commands share: warnings before a run, JSON, and lines on stderr that show progress."""

import json as json_format
import os
import sys
import time
from contextlib import contextmanager
from enum import IntEnum

import typer

from boltzsim.errors import StoreError
from boltzsim.machine import printable
from boltzsim.runs.progress import Solve, duration, points


class Verbosity(IntEnum):
    """Amount of messages on stderr beside warnings and errors."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


verbosity = Verbosity.NORMAL  # set by the options -q and -v
_OFTEN = 0.1  # a line on a terminal changes after at least so many seconds
_STAGE = 0.05  # on a pipe a line follows the last one after at least this share of the run


def say(message):
    """Write a line to stderr, with control characters escaped; without effect if stderr is closed."""
    if sys.stderr is not None:
        typer.echo(printable(str(message)), err=True)


def tell(message):
    """Write a line that is not a warning to stderr, unless -q is given."""
    if verbosity > Verbosity.QUIET:
        say(message)


def warn_before(loaded, path):
    """Refuse a case that cannot run, and write its warnings to stderr.

    Returns
    -------
    list of str
        The warnings.
    """
    from boltzsim.device import preflight

    warnings = preflight.require(loaded)
    for warning in warnings:
        say(f"{path}: warning: {warning}")
    return warnings


def require_output(output, case):
    """Refuse an output that is the case itself, or that cannot be written."""
    from boltzsim.files import require_writable

    require_writable(output)
    if output.exists() and output.samefile(case):
        raise StoreError(f"{output}: is the case file itself; name another file for the result")


def print_json(data):
    """Print nested dicts, lists and arrays, with escapes where the output's encoding is not Unicode."""
    from boltzsim.text.quantities import plain

    typer.echo(json_format.dumps(plain(data), indent=2, allow_nan=False, ensure_ascii=not _unicode()))


def print_tables(tables, json, **more):
    """Print tables, or as JSON their entries, with `more` beside them."""
    from boltzsim.reports import tables as report

    if json:
        print_json({**more, "tables": [report.data_of(table) for table in tables]})
    else:
        report.show(*tables)


def print_file(path, json):
    """Name a file that a command has written."""
    if json:
        print_json({"output": str(path)})
    else:
        typer.echo(printable(str(path)))


def _unicode():
    return (getattr(sys.stdout, "encoding", None) or "ascii").lower().startswith("utf")


@contextmanager
def status_line():
    """A function that replaces one line on a terminal's stderr; None where stderr is no terminal, or with -q."""
    if not _terminal() or verbosity == Verbosity.QUIET:
        yield None
        return

    def show(text):
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        show("")


@contextmanager
def progress_line():
    """Callback of a solve: one line that changes on a terminal, a line for each stage on a pipe, None with -q."""
    if verbosity == Verbosity.QUIET or sys.stderr is None:
        yield None
        return
    with status_line() as show:
        stages = _Stages(show if verbosity == Verbosity.NORMAL else None)  # -v: lines, on a terminal too
        stages.begin()
        yield stages
    if show is None:
        stages.end()


class _Stages:
    """Reports the stage of a run and the time left: `show` changes a line on a terminal, None prints lines."""

    def __init__(self, show):
        self.show, self.solve, self.last = show, Solve(), 0.0
        self.stage, self.share = None, 0.0

    def begin(self):
        (self.show or tell)(self.solve.line)

    def end(self):
        tell(f"solved in {duration(self.solve.spent)}")

    def __call__(self, phase, source, sources, product, residual):
        solve, stage, share = self.solve, phase.split(" = ")[0], source / max(sources, 1)
        solve.take(phase, source, sources, product, residual)
        now, new = time.monotonic(), stage != self.stage
        if self.show is None:
            if new or share >= self.share + _STAGE or verbosity == Verbosity.VERBOSE:
                self.stage, self.share = stage, share
                tell(solve.line)
        elif new or now - self.last > _OFTEN:
            self.stage, self.last = stage, now
            self.show(f"{solve.line}, {duration(solve.spent)}{solve.left()}")


@contextmanager
def points_line():
    """Callback of a series: solved points and time left; a line for each on a pipe, None with -q."""
    if verbosity == Verbosity.QUIET or sys.stderr is None:
        yield None
        return
    with status_line() as show:
        yield lambda done, total, left: (show or tell)(points(done, total, left))


def _terminal():
    """Whether lines on stderr can change; a cell of a notebook keeps every one that a command shows there."""
    return sys.stderr is not None and sys.stderr.isatty() and "JPY_PARENT_PID" not in os.environ
