"""The folder of compiled kernels: one for every state of their sources, the oldest removed.

Numba keys its cache by the file of the outermost function, not by the files of what that function calls, so the cache
lives in a folder named after a hash of every kernel source. A process locks its folder until it ends.
"""

import fcntl
import hashlib
import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path

import numba

_KEPT = 4  # so many other folders stay, for versions that people switch between
_LATELY = 86400.0  # a folder used within these seconds stays, since locks fail on some shared file systems
_LOCK = "in-use"
_SAVING = "saving"


def open_folder():
    """Make and lock the folder of the present kernel sources.

    Returns
    -------
    folder : str or None
        None where no folder can be written.
    lock : file or None
        Holds the lock until it is closed.
    """
    digest, own = hashlib.sha256(numba.__version__.encode()), Path(__file__).parent
    for source in sorted(own.parent.rglob("*.py")):
        text = source.read_bytes()
        if source.parent == own or b"@kernel" in text:  # some modules outside this folder contain kernels
            digest.update(text)
    try:
        chosen = os.environ.get("NUMBA_CACHE_DIR") or Path(
            os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "boltzsim"
        )
        folder = Path(chosen) / digest.hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        lock = (folder / _LOCK).open("a")
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        _prune(folder)
    except (OSError, RuntimeError):
        return None, None
    return str(folder), lock


@contextmanager
def saving(folder):
    """Hold the right to save kernels into a folder, which one process has at a time."""
    with Path(folder, _SAVING).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prune(own):
    """Remove the folders beside `own` that were not used lately and that no process holds, but for the last few."""
    others = [folder for folder in own.parent.iterdir() if _is_ours(folder) and folder != own]
    for folder in sorted(others, key=_last_use, reverse=True)[_KEPT:]:
        if time.time() - _last_use(folder) < _LATELY:
            continue
        try:
            with (folder / _LOCK).open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
        except OSError:
            continue  # in use, or another process removes it


def _is_ours(folder):
    """Whether a name is one that `open_folder` makes: 16 hexadecimal digits."""
    return len(folder.name) == 16 and not set(folder.name) - set("0123456789abcdef") and folder.is_dir()


def _last_use(folder):
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0
