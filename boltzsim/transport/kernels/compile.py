"""How kernels are compiled: fast but IEEE-safe arithmetic and a cache that never serves stale code.

Numba keys its cache by the file of the outermost function, not by the files of what that function calls, so the cache
lives in a folder named after a hash of every kernel source. Where no folder can be written, kernels are compiled in
every process.
"""

import hashlib
import os
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin between kernels starve the BLAS's own

import numba

_ARITHMETIC = {"reassoc", "contract", "arcp", "nsz"}  # not nnan and ninf: non-finite values must stay visible


def _cache_folder():
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parents[1].rglob("*.py")):  # kernels lie beside what uses them, too
        digest.update(source.read_bytes())
    chosen = os.environ.get("NUMBA_CACHE_DIR") or Path(
        os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "boltzsim"
    )
    folder = Path(chosen) / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, RuntimeError):
        return None
    return str(folder)


_FOLDER = _cache_folder()


def kernel(parallel=False):
    """Decorator that compiles a kernel: `numba.njit` with the arithmetic and the cache described above."""

    def compile_(function):
        previous, numba.config.CACHE_DIR = numba.config.CACHE_DIR, _FOLDER or numba.config.CACHE_DIR
        try:
            return numba.njit(cache=_FOLDER is not None, parallel=parallel, fastmath=_ARITHMETIC, error_model="numpy")(
                function
            )
        finally:
            numba.config.CACHE_DIR = previous

    return compile_
