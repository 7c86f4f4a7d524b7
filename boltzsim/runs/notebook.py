"""Progress bars in notebooks. They appear by themselves where nothing else is told to follow a run."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from html import escape
from typing import Any

from boltzsim.runs.progress import Solve, duration, points

Given = Callable[..., None] | None
_OFTEN = 0.2  # a bar changes after at least so many seconds


@contextmanager
def solving(progress: Given) -> Iterator[Given]:
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


def counting(progress: Given) -> AbstractContextManager[Given]:
    """The same for a series, whose callback is progress(done, total, seconds left or None)."""
    return _lasting(progress, lambda done, total, left: (done / total, points(done, total, left)), "series in")


def fitting(progress: Given) -> AbstractContextManager[Given]:
    """The same for a fit, whose callback is progress(evaluation, relative misfit) and which knows no end."""
    return _lasting(progress, lambda number, misfit: (0.0, f"evaluation {number}, misfit {misfit:.2e}"), "fitted in")


@contextmanager
def _lasting(progress: Given, shown: Callable[..., tuple[float, str]], done: str) -> Iterator[Given]:
    """The callback that is given, else a bar of what is shown for its news, which ends with the time that passed."""
    if progress is not None or not _in_notebook():
        yield progress
        return
    began, bar = time.monotonic(), _Bar()
    yield lambda *news: bar.show(*shown(*news))
    bar.close(f"{done} {duration(time.monotonic() - began)}")


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
