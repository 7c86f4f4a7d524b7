"""The machine under a run: processors, memory, signals, disks and terminals, alike on every operating system."""

from __future__ import annotations

import codecs
import os
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import IO

_STOPPING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGBREAK")
_PLAIN = {"Ω": "Ohm", "µ": "u", "μ": "u", "λ": "lambda", "Γ": "Gamma", "Λ": "Lambda", "α": "alpha", "θ": "theta"}
_PLAIN |= {"·": "*", "×": "x", "→": "->", "…": "...", "∞": "inf", "−": "-", "–": "-"}


def stop_signals() -> tuple[signal.Signals, ...]:
    """The signals of this operating system that ask a run to stop, Ctrl-C (SIGINT) first."""
    return tuple(getattr(signal, name) for name in _STOPPING if hasattr(signal, name))


def processors() -> int:
    """Processors that this process may use, which can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def physical_memory() -> float:
    """Memory of this machine in bytes; infinite where the operating system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return _memory_of_windows()


def _memory_of_windows() -> float:
    import ctypes

    if not hasattr(ctypes, "windll"):
        return float("inf")
    status = (ctypes.c_ulonglong * 8)()  # MEMORYSTATUSEX: two 32-bit numbers, then seven of 64 bits
    ctypes.cast(status, ctypes.POINTER(ctypes.c_uint32))[0] = ctypes.sizeof(status)
    return float(status[1]) if ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)) else float("inf")


def flush(path: str | os.PathLike) -> None:
    """Wait until a file lies on the disk. It is opened for writing, without which some systems refuse."""
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_folder(path: str | os.PathLike) -> None:
    """Wait until the names in a folder lie on the disk, where the operating system can do that."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def reserve(file: IO[bytes], size: int) -> None:
    """Make an open file `size` bytes long, with room on the disk for each of them.

    A mapped file whose room is only promised ends the process when the disk is full.

    Raises
    ------
    OSError
        If the disk has no room.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
        return
    zeros = bytes(2**24)
    for start in range(0, size, len(zeros)):
        file.write(zeros[: min(len(zeros), size - start)])
    file.flush()


def printable(text: str) -> str:
    """A text with control characters, which could steer a terminal, as escapes; line ends stay."""
    return "".join(
        c if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else _escape(c) for c in text
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def any_encoding(*streams: IO[str] | None) -> None:
    """Let text streams replace what their encoding lacks: Ω becomes Ohm, µ becomes u."""
    codecs.register_error("boltzsim", _replacement)
    for stream in streams or (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="boltzsim")


def _replacement(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(character: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    if 0x2500 <= ord(character) < 0x2580:  # lines of tables
        return "-" if character in "─━═╌╍" else "|" if character in "│┃║" else "+"
    letters = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode("ascii")
    return letters or "?"


def git_revision() -> str:
    """Commit of the checkout this package runs from ("-dirty" if changed), "" for an installed copy."""
    here = Path(__file__)
    try:
        for arguments in (f"ls-files --error-unmatch {here.name}", "describe --always --dirty --abbrev=40"):
            command = ["git", "-C", str(here.parent), *arguments.split()]
            git = subprocess.run(command, capture_output=True, text=True, timeout=10)
            if git.returncode:
                return ""
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return git.stdout.strip()
