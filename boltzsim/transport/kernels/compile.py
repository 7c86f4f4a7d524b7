"""Compile kernels with fast but IEEE-safe arithmetic and a cache that never returns outdated code.

The cache is the folder of `boltzsim.transport.kernels.cache`. Where none can be written, kernels are compiled in every
process. A kernel for several threads takes two or three times as long to compile as one for a single thread, so that
both are compiled when they are first needed, and small devices never need the first.
"""

import inspect
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin between kernels slow down the BLAS

import numba
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys

from boltzsim.transport.kernels.cache import open_folder, saving

_ARITHMETIC = {"reassoc", "contract", "arcp", "nsz"}  # not nnan and ninf: non-finite values must stay visible


#: Values of an array from which on threads share the work on it: 0.5 ms of a sweep, less of other kernels. It depends
#: on the device alone, so that results do not depend on the number of threads.
SHARED = 2**16
_FOLDER, _LOCK = open_folder()  # the lock is held until the process ends


class _KernelCache(FunctionCache):
    """Numba's cache of one function, saved by one process at a time, and left alone when the disk is full.

    Numba numbers the files of a function's variants by what its index holds. Two processes that save at once would take
    the same number for two variants, and a later run would call the wrong one. Nor does its index tell a kernel for
    several threads from the same one for a single thread.
    """

    def __init__(self, function, parallel):
        super().__init__(function)
        self._parallel = parallel

    def _index_key(self, sig, codegen):
        return *super()._index_key(sig, codegen), self._parallel

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


def kernel(shared=None):
    """Decorator that compiles a kernel, with the arithmetic and the cache described above.

    Parameters
    ----------
    shared : str, optional
        The array argument whose loop (`numba.prange`) threads share where it has many values (`SHARED`); the kernel is
        then called from Python only. Other kernels are called by kernels only, and have no way in from Python, which
        would have to be compiled.
    """

    def compile_(function):
        if shared is None:
            return _compiled(function, no_cpython_wrapper=True)
        return _Shared(function, shared)

    return compile_


class _Shared:
    """A kernel for a single thread and for several; called with many values in an array, it takes several."""

    def __init__(self, function, shared):
        self.single, self.several = (_compiled(function, parallel=parallel) for parallel in (False, True))
        self._place = list(inspect.signature(function).parameters).index(shared)

    def __call__(self, *arguments):
        run = self.several if arguments[self._place].size >= SHARED else self.single
        return run(*arguments)


def _compiled(function, parallel=False, **options):
    """A function as Numba compiles it when it is first called."""
    options |= {"fastmath": _ARITHMETIC, "error_model": "numpy", "no_cfunc_wrapper": True}
    compiled = numba.njit(parallel=parallel, **options)(function)
    if _FOLDER is not None:
        previous, numba.config.CACHE_DIR = numba.config.CACHE_DIR, _FOLDER
        try:
            compiled._cache = _KernelCache(function, parallel)
        finally:
            numba.config.CACHE_DIR = previous
    return compiled
