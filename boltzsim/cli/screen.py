"""What commands share at the screen: checks before a run, JSON, and lines on stderr that show progress."""

import json as json_format
import sys
import time
from contextlib import contextmanager

import typer

from boltzsim.errors import StoreError


def warn_before(loaded, path):
    """Refuse what cannot run; warn on stderr."""
    from boltzsim import preflight

    for warning in preflight.require(loaded):
        typer.echo(f"{path}: warning: {warning}", err=True)


def require_output(output, case):
    from boltzsim.store import require_writable

    if output.exists() and output.samefile(case):
        raise StoreError(f"{output}: is the case file itself; name another file for the result")
    require_writable(output)


def print_json(data):
    from boltzsim.report import plain

    typer.echo(json_format.dumps(plain(data), indent=2, allow_nan=False, ensure_ascii=False))


@contextmanager
def progress_line():
    """A callback that keeps one line on a terminal's stderr up to date; None where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    start, last = time.monotonic(), 0.0
    print("setting up …", end="", file=sys.stderr, flush=True)

    def progress(phase, source, sources, product, residual):
        nonlocal last
        now = time.monotonic()
        if now - last > 0.1:
            last = now
            line = (
                f"{phase}: source {source}/{sources}, product {product}, residual {residual:.1e}, {now - start:.0f} s"
            )
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)

    try:
        yield progress
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextmanager
def family_line():
    """A callback that shows on a terminal's stderr which checks run; None where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return

    def progress(family):
        print(f"\r\x1b[K{family}", end="", file=sys.stderr, flush=True)

    try:
        yield progress
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextmanager
def points_line():
    """A callback that keeps the number of solved points and the time left on a terminal's stderr; else None."""
    if not sys.stderr.isatty():
        yield None
        return

    def progress(done, total, left):
        more = "" if left is None else f", {left // 60:.0f} min {left % 60:.0f} s left"
        print(f"\r\x1b[Kpoint {done} of {total}{more}", end="", file=sys.stderr, flush=True)

    try:
        yield progress
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
