"""Compile kernels with fast but IEEE-safe arithmetic and a cache that never returns outdated code.

The cache is the folder of `boltzsim.transport.kernels.cache`. Where none can be written, kernels are compiled in every
process.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin between kernels slow down the BLAS

import numba
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys

from boltzsim.transport.kernels.cache import open_folder, saving

_ARITHMETIC = {"reassoc", "contract", "arcp", "nsz"}  # not nnan and ninf: non-finite values must stay visible


_FOLDER, _LOCK = open_folder()  # the lock is held until the process ends


class _KernelCache(FunctionCache):
    """Numba's cache of one function, saved by one process at a time, and left alone when the disk is full.

    Numba numbers the files of a function's variants by what its index holds. Two processes that save at once would take
    the same number for two variants, and a later run would call the wrong one.
    """

    def load_overload(self, sig, target_context):
        # As in Numba, but without first loading everything that the compiler would need, which takes longer than all
        # else. The compiler loads it by itself when a kernel is not there.
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)

    def save_overload(self, sig, data):
        try:
            with saving(_FOLDER):
                super().save_overload(sig, data)
        except OSError:
            pass  # the kernel is compiled and serves this process; the next one compiles it again


def kernel(parallel=False):
    """Decorator that compiles a kernel: `numba.njit` with the arithmetic and the cache described above."""

    def compile_(function):
        compiled = numba.njit(parallel=parallel, fastmath=_ARITHMETIC, error_model="numpy")(function)
        if _FOLDER is not None:
            previous, numba.config.CACHE_DIR = numba.config.CACHE_DIR, _FOLDER
            try:
                compiled._cache = _KernelCache(function)
            finally:
                numba.config.CACHE_DIR = previous
        return compiled

    return compile_
