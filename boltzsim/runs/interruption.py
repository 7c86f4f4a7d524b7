"""Signals that ask a run to stop. None is lost: they are noted at once and acted upon between two products.

An exception raised by a signal can end up in code that ignores it, in a callback of the compiler for example. So a
signal is noted first, wherever the program is. While a loop listens, it stops by itself at a place where its state is
whole; a second Ctrl-C does not wait for that.
"""

import signal
import threading
from contextlib import contextmanager

from boltzsim.machine import stop_signals

#: Numbers of the signals that this process got since the outermost `noting` began.
_noted: list[int] = []
#: One entry for every loop that listens.
_waiting: list[bool] = []


@contextmanager
def noting(*numbers):
    """Note signals (Ctrl-C if none is named) from here on, in the main thread, which alone gets them.

    Ctrl-C raises KeyboardInterrupt as well, unless a loop listens for the first time.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A signal that the process was told to ignore, as nohup does, stays ignored.
    heard = [n for n in numbers or (signal.SIGINT,) if signal.getsignal(n) != signal.SIG_IGN]
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
    """Let a loop inside poll `asked` between its products: for all signals, or for Ctrl-C alone unless `everything`."""
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
