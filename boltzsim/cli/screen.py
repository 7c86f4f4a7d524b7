"""Output that commands share: warnings before a run, JSON, and lines on stderr that show progress."""

import json as json_format
import math
import sys
import time
from contextlib import contextmanager
from enum import IntEnum

import typer

from boltzsim.errors import StoreError
from boltzsim.machine import printable


class Verbosity(IntEnum):
    """Amount of messages on stderr beside warnings and errors."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


verbosity = Verbosity.NORMAL  # set by the options -q and -v
_OFTEN = 0.1  # a line on a terminal changes after at least so many seconds
_DIGITS = -8  # decimal logarithm of the residual of a solved source, to estimate the time left
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
    from boltzsim.reports.quantities import plain

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
        self.show, self.began, self.last = show, time.monotonic(), 0.0
        self.stage, self.share, self.first = None, 0.0, 1.0

    def begin(self):
        (self.show or tell)("setting up …")

    def end(self):
        tell(f"solved in {duration(time.monotonic() - self.began)}")

    def __call__(self, phase, source, sources, product, residual):
        stage, share = phase.split(" = ")[0], source / max(sources, 1)
        now, new = time.monotonic(), stage != self.stage
        if self.show is None:
            if new or share >= self.share + _STAGE or verbosity == Verbosity.VERBOSE:
                self.stage, self.share = stage, share
                tell(self._line(phase, source, sources, product, residual))
            return
        if new or now - self.last > _OFTEN:
            self.stage, self.last = stage, now
            left = self._left(source, sources, product, residual)
            self.show(f"{self._line(phase, source, sources, product, residual)}, {duration(now - self.began)}{left}")

    def _line(self, phase, source, sources, product, residual):
        if math.isnan(residual):
            return f"{phase} …"
        of = "step" if " = " in phase else "source"
        return f"{phase}: {of} {source}/{sources}, product {product}, residual {residual:.1e}"

    def _left(self, source, sources, product, residual):
        """Time left, from what is done: sources (or steps) before this one, and the digits of this one."""
        if not product or not 0 < residual < 1:
            return ""
        own = min(math.log10(residual) / _DIGITS, 1.0)
        done = (source - 1 + own) / sources
        spent = time.monotonic() - self.began
        return f", about {duration(spent / done * (1 - done))} left" if 0.02 < done < 1 and spent > 2 else ""


@contextmanager
def points_line():
    """Callback of a series: solved points and time left; a line for each on a pipe, None with -q."""
    if verbosity == Verbosity.QUIET or sys.stderr is None:
        yield None
        return
    with status_line() as show:

        def progress(done, total, left):
            more = "" if left is None else f", {duration(left)} left"
            (show or tell)(f"point {done} of {total}{more}")

        yield progress


def duration(seconds):
    """Seconds as people say them: 4.2 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"


def _terminal():
    return sys.stderr is not None and sys.stderr.isatty()
