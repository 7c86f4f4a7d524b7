"""Signals that ask a run to stop. None is lost: they are noted at once and acted upon between two products.

An exception raised by a signal can end up in code that ignores it, in a callback of the compiler for example. So a
signal is noted first, wherever the program is. While a loop listens, it stops by itself at a place where its state is
whole; a second Ctrl-C does not wait for that.
"""

import signal
import threading
from contextlib import contextmanager

from boltzsim.machine import stop_signals

_noted: list[int] = []  # numbers of the signals since the outermost `noting` began, of this process
_waiting: list[bool] = []  # one entry for every loop that listens


@contextmanager
def noting(*numbers):
    """Note signals (Ctrl-C if none is named) from here on, in the main thread, which alone gets them.

    Ctrl-C raises KeyboardInterrupt as well, unless a loop listens for the first time.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [n for n in numbers or (signal.SIGINT,) if signal.getsignal(n) != signal.SIG_IGN]  # as nohup sets it
    previous = {number: signal.signal(number, _note) for number in heard}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if signal.getsignal(signal.SIGINT) is not _note:
            _noted.clear()


@contextmanager
def listening(everything):
    """A loop that asks `asked` between its products runs inside; `everything`: for all signals, not Ctrl-C alone."""
    numbers = stop_signals() if everything else (signal.SIGINT,)
    with noting(*numbers):
        _waiting.append(True)
        try:
            yield
        finally:
            _waiting.pop()


def asked():
    """The signal that asked this process to stop, or None."""
    return signal.Signals(_noted[0]) if _noted else None


def _note(number, frame):
    first = not _noted
    _noted.append(number)
    if number == signal.SIGINT and not (first and _waiting):
        raise KeyboardInterrupt
