"""Progress of runs and series in words: the stage, the share done and the time left."""

import math
import time

_DIGITS = -8  # decimal logarithm of the residual of a solved source, to estimate the time left
_PATIENCE = 2.0  # seconds of a run before the time left is told, and
_LEAST = 0.02  # the share that must be done


class Solve:
    """A solve as its callback tells it: progress(phase, source, sources, product, residual)."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.share = 0.0
        self.line = "setting up …"

    def take(self, phase: str, source: int, sources: int, product: int, residual: float) -> None:
        """Note a call of the callback."""
        if math.isnan(residual):
            self.line = f"{phase} …"
            return
        of = "step" if " = " in phase else "source"
        self.line = f"{phase}: {of} {source}/{sources}, product {product}, residual {residual:.1e}"
        own = min(math.log10(residual) / _DIGITS, 1.0) if product and 0 < residual < 1 else 0.0
        self.share = (source - 1 + own) / max(sources, 1)

    @property
    def spent(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.began

    def left(self) -> str:
        """The end of a sentence: the time left, from the sources (or steps) done and the digits of the one at hand."""
        if not _LEAST < self.share < 1 or self.spent <= _PATIENCE:
            return ""
        return f", about {duration(self.spent / self.share * (1 - self.share))} left"


def points(done: int, total: int, left: float | None) -> str:
    """A line about the points of a series."""
    return f"point {done} of {total}" + ("" if left is None else f", {duration(left)} left")


def duration(seconds: float) -> str:
    """Seconds as people say them: 4.2 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"
