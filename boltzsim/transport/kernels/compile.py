"""Compile kernels with fast but IEEE-safe arithmetic and a cache that never returns outdated code.

The cache is the folder of `boltzsim.transport.kernels.cache`. Where none can be written, kernels are compiled in every
process.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin between kernels slow down the BLAS

import numba

from boltzsim.transport.kernels.cache import open_folder

_ARITHMETIC = {"reassoc", "contract", "arcp", "nsz"}  # not nnan and ninf: non-finite values must stay visible


_FOLDER, _LOCK = open_folder()  # the lock is held until the process ends


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
