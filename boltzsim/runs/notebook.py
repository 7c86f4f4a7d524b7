"""Progress bars in notebooks. They appear by themselves where nothing else is told to follow a run."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from boltzsim.runs.progress import Solve, duration, points

_OFTEN = 0.2  # a bar changes after at least so many seconds


@contextmanager
def solving(progress: Callable[..., None] | None) -> Iterator[Callable[..., None] | None]:
    """The callback of a run: the one that is given, else a bar in a notebook, else None."""
    if progress is not None or not _in_notebook():
        yield progress
        return
    solve, bar = Solve(), _Bar()

    def follow(*news: Any) -> None:
        solve.take(*news)
        bar.show(solve.share, f"{solve.line}, {duration(solve.spent)}{solve.left()}")

    yield follow
    bar.close(f"solved in {duration(solve.spent)}")


@contextmanager
def counting(progress: Callable[..., None] | None) -> Iterator[Callable[..., None] | None]:
    """The same for a series, whose callback is progress(done, total, seconds left or None)."""
    if progress is not None or not _in_notebook():
        yield progress
        return
    began, bar = time.monotonic(), _Bar()
    yield lambda done, total, left: bar.show(done / total, points(done, total, left))
    bar.close(f"series in {duration(time.monotonic() - began)}")


@contextmanager
def fitting(progress: Callable[..., None] | None) -> Iterator[Callable[..., None] | None]:
    """The same for a fit, whose callback is progress(evaluation, relative misfit) and which knows no end."""
    if progress is not None or not _in_notebook():
        yield progress
        return
    began, bar = time.monotonic(), _Bar()
    yield lambda number, misfit: bar.show(0.0, f"evaluation {number}, misfit {misfit:.2e}")
    bar.close(f"fitted in {duration(time.monotonic() - began)}")


class _Bar:
    """A bar and a line of text that replace each other in one place of a notebook."""

    def __init__(self) -> None:
        from IPython.display import display

        self.last = 0.0
        self.place = display(self._bundle(0.0, "setting up …"), raw=True, display_id=True)

    def show(self, share: float, text: str) -> None:
        if time.monotonic() - self.last >= _OFTEN:
            self.last = time.monotonic()
            self.place.update(self._bundle(share, text), raw=True)

    def close(self, text: str) -> None:
        self.place.update(self._bundle(1.0, text), raw=True)

    @staticmethod
    def _bundle(share: float, text: str) -> dict[str, str]:
        """The bar in HTML, and the line alone for what shows none."""
        return {"text/html": f'<progress value="{share:.3f}" max="1"></progress> {escape(text)}', "text/plain": text}


def _in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    return hasattr(shell, "kernel")
