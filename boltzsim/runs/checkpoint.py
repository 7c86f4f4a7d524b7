"""Checkpoints: what a run has by now is written from time to time, and when a signal asks for its end.

The loops that solve know nothing of files. They ask a `Checkpoint` whether it is time, and hand it what they have; the
function that writes it is given by whoever starts the run. Every file is replaced as a whole (`boltzsim.files`), so a
checkpoint is there and consistent whenever the process is killed.
"""

import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path


class Checkpoint:
    """When to write a checkpoint, and how.

    Parameters
    ----------
    interval : float
        Wall-clock time between checkpoints in s.
    write : callable
        Stores what the loop hands to `save`.

    Attributes
    ----------
    stopping : bool
        Whether a signal has asked the run to stop.
    """

    def __init__(self, interval, write):
        self.interval, self._write, self.stopping = interval, write, False
        self._last = time.monotonic()

    def due(self):
        """Whether a checkpoint should be written now: the interval is over, or the run is asked to stop."""
        return self.stopping or time.monotonic() - self._last >= self.interval

    def save(self, *state):
        """Write a checkpoint and count the interval from now."""
        self._write(*state)
        self._last = time.monotonic()

    @contextmanager
    def listening(self):
        """Take SIGTERM and SIGUSR1 as requests to stop (in the main thread, which alone gets signals)."""
        previous = {}
        if threading.current_thread() is threading.main_thread():
            previous = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGUSR1)}
        try:
            yield self
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _stop(self, number, frame):
        self.stopping = True


def checkpoint_of(output):
    """Where the checkpoint of a steady run lies whose result will be `output`: OUT.h5 -> OUT.checkpoint.h5."""
    return Path(output).with_suffix(".checkpoint.h5")
