"""What commands share at the screen: checks before a run, JSON, and lines on stderr that show progress."""

import json as json_format
import sys
import time
from contextlib import contextmanager

import typer

from boltzsim.errors import StoreError


def warn_before(loaded, path):
    """Refuse what cannot run; warn on stderr."""
    from boltzsim.device import preflight

    for warning in preflight.require(loaded):
        typer.echo(f"{path}: warning: {warning}", err=True)


def require_output(output, case):
    from boltzsim.files import require_writable

    if output.exists() and output.samefile(case):
        raise StoreError(f"{output}: is the case file itself; name another file for the result")
    require_writable(output)


def print_json(data):
    from boltzsim.reports.tables import plain

    typer.echo(json_format.dumps(plain(data), indent=2, allow_nan=False, ensure_ascii=False))


@contextmanager
def status_line():
    """A function that replaces one line on a terminal's stderr; None where stderr is no terminal."""
    if not sys.stderr.isatty():
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
    """Callback of a solve: source, product, residual and time; None where stderr is no terminal."""
    with status_line() as show:
        if show is None:
            yield None
            return
        start, last = time.monotonic(), 0.0
        show("setting up …")

        def progress(phase, source, sources, product, residual):
            nonlocal last
            now = time.monotonic()
            if now - last > 0.1:
                last = now
                seconds = f"{now - start:.0f} s"
                show(f"{phase}: source {source}/{sources}, product {product}, residual {residual:.1e}, {seconds}")

        yield progress


@contextmanager
def points_line():
    """Callback of a series: solved points and time left; None where stderr is no terminal."""
    with status_line() as show:
        if show is None:
            yield None
            return

        def progress(done, total, left):
            more = "" if left is None else f", {left // 60:.0f} min {left % 60:.0f} s left"
            show(f"point {done} of {total}{more}")

        yield progress
