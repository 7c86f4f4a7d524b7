"""A run says when it compiles its kernels, which takes seconds to a minute."""

import math

import numba

from boltzsim.runs.compilation import PHASE, announcing


def test_every_kernel_that_is_compiled_is_announced_once():
    told = []
    kernel = numba.njit(lambda x: x + 1)
    with announcing(lambda *news: told.append(news)):
        kernel(1.0)
        kernel(2.0)
    (first, *more) = told
    assert first[:4] == (PHASE, 1, 1, 0) and math.isnan(first[4])
    assert more == [] or all(news[0] == PHASE for news in more)
    before = len(told)
    kernel(1j)  # outside: compiled, and not told
    assert len(told) == before
