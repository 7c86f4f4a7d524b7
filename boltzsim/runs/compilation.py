"""Tell the user when a run compiles its kernels, which takes up to a minute on the first run."""

from contextlib import contextmanager, nullcontext

from numba.core import event

PHASE = "compiling kernels, once on this machine"


def announcing(progress):
    """Report every kernel that is compiled inside as progress(PHASE, number, number, 0, nan)."""
    return nullcontext() if progress is None else _announcing(progress)


@contextmanager
def _announcing(progress):
    listener = _Announcer(progress)
    event.register("numba:compile", listener)
    try:
        yield
    finally:
        event.unregister("numba:compile", listener)


class _Announcer(event.Listener):
    def __init__(self, progress):
        self.progress, self.count = progress, 0

    def on_start(self, event):
        self.count += 1
        self.progress(PHASE, self.count, self.count, 0, float("nan"))

    def on_end(self, event):
        pass
