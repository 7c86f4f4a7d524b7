"""Checkpoints: the state of a run is written from time to time, and when a signal asks the run to stop.

The loops that solve know nothing of files. They ask a `Checkpoint` whether it is time, and hand it what they have; the
function that writes it is given by whoever starts the run. Every file is replaced as a whole (`boltzsim.files`), so a
checkpoint is there and consistent whenever the process is killed.
"""

import time
from contextlib import contextmanager

from boltzsim.runs import interruption


class Checkpoint:
    """Decides when a checkpoint is due, and writes it.

    Parameters
    ----------
    interval : float
        Wall-clock time between checkpoints in s.
    write : callable, optional
        Function that stores the arguments of `save`. Without it nothing is stored, and signals only stop the loop.
    """

    def __init__(self, interval, write=None):
        self.interval, self._write = interval, write
        self._last = time.monotonic()

    @property
    def stopping(self):
        """Whether a signal has asked the run to stop."""
        return interruption.asked() is not None

    def due(self):
        """Whether a checkpoint should be written now: the interval is over, or the run is asked to stop."""
        return self.stopping or (self._write is not None and time.monotonic() - self._last >= self.interval)

    def save(self, *state):
        """Write a checkpoint and count the interval from now."""
        if self._write is not None:
            self._write(*state)
        self._last = time.monotonic()

    @contextmanager
    def listening(self):
        """Take stop signals as requests while inside: all of them, or Ctrl-C alone where nothing would be stored."""
        with interruption.listening(everything=self._write is not None):
            yield self
