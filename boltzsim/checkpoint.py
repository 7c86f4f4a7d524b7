"""Checkpoints: a transient run writes all it has, its state included, into its result file, and goes on from there.

The file is replaced as a whole (`boltzsim.hdf5.replacing`), so that it is there and consistent whenever the process is
killed. SIGTERM and SIGUSR1 ask for a checkpoint and the end of the run.
"""

import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from boltzsim import store, store_history
from boltzsim.result import History


class Keeper:
    """Writes a run to its file now and then.

    Parameters
    ----------
    path : path-like
        The result file.
    interval : float
        Wall-clock time between checkpoints in s.

    Attributes
    ----------
    stopping : bool
        Whether the run has been asked to stop.
    """

    def __init__(self, path, interval):
        self.path, self.interval, self.stopping = Path(path), interval, False
        self.last = time.monotonic()

    def due(self):
        """Whether it is time for a checkpoint."""
        return time.monotonic() - self.last >= self.interval

    def save(self, result, state):
        """Replace the file by what there is."""
        store.save(result, self.path, state)
        self.last = time.monotonic()

    @contextmanager
    def listening(self):
        """Take SIGTERM and SIGUSR1 as requests to stop."""
        previous = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGUSR1)}
        try:
            yield self
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _stop(self, number, frame):
        self.stopping = True


@dataclass(frozen=True)
class Saved:
    """A checkpoint.

    Attributes
    ----------
    history : History
    state : dict
        As made by the run, without its angular distributions.
    path : pathlib.Path
    """

    history: History
    state: dict
    path: Path

    def read_angular(self, number, out):
        """Fill `out` with the angular distribution of a magnetic state."""
        store_history.read_distribution(self.path, out, number)
