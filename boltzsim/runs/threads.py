"""What surrounds every solve: threads of the kernels, one solve at a time, and numbers that may overflow."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numba
import numpy as np

from boltzsim import machine
from boltzsim.transport.singular import unique_solution

_ONE_AT_A_TIME = threading.RLock()  # some threading layers of Numba fail when two threads start kernels


@contextmanager
def computing(threads: int | None) -> Iterator[None]:
    """Solve inside with so many threads, all processors of this process if None; others wait until it is over."""
    finite = np.errstate(over="ignore", invalid="ignore")  # the solvers refuse solutions that are not finite
    with _ONE_AT_A_TIME, unique_solution(), finite:
        available = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
        numba.set_num_threads(min(threads or machine.processors(), available))
        yield
