"""Checkpoints: what a run has by now is written from time to time, and when SIGTERM or SIGUSR1 ask for its end.

A transient run writes all it has, its state included, into its result file, and goes on from there. A steady run writes
its solved sources and its best iterate into a file beside the result to come, which goes when that is written. Either
file is replaced as a whole (`boltzsim.hdf5.replacing`): it is there and consistent whenever the process is killed.
"""

import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path


class Keeper:
    """Says when it is time for a checkpoint.

    Parameters
    ----------
    path : path-like
        File for the checkpoints.
    interval : float
        Wall-clock time between them in s.

    Attributes
    ----------
    stopping : bool
        Whether the run has been asked to stop.
    """

    def __init__(self, path, interval):
        self.path, self.interval, self.stopping = Path(path), interval, False
        self.saved()

    def due(self):
        """Whether it is time for a checkpoint."""
        return time.monotonic() - self.last >= self.interval

    def saved(self):
        """A checkpoint has been written: count from now."""
        self.last = time.monotonic()

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
