"""Products of sparse matrices with vectors, for some of the rows, side by side."""

from typing import NamedTuple

import numba
import numpy as np
import scipy.sparse as sp

from boltzsim.transport.kernels.compile import kernel


class Sparse(NamedTuple):
    """Compressed rows of a matrix.

    Attributes
    ----------
    starts, columns : numpy.ndarray of uint32
        Where the entries of every row begin, with the end of the last one, and their columns. Signed numbers would be
        three times as slow, because a kernel then looks for negative ones, which count from the end.
    values : numpy.ndarray
    """

    starts: np.ndarray
    columns: np.ndarray
    values: np.ndarray


def sparse(matrix, precision):
    """A matrix of SciPy as `Sparse`, in some precision."""
    matrix = sp.csr_array(matrix)
    return Sparse(matrix.indptr.astype(np.uint32), matrix.indices.astype(np.uint32), matrix.data.astype(precision))


@kernel(shared="x")
def apply_rows(matrix, rows, factor, x, addend, out):
    """out = addend + factor × matrix x in the given rows (uint32), in the precision of the vectors; x is not out."""
    for number in numba.prange(len(rows)):
        row = rows[number]
        total = x.dtype.type(0)
        for entry in range(matrix.starts[row], matrix.starts[row + 1]):
            total += matrix.values[entry] * x[matrix.columns[entry]]
        out[row] = addend[row] + factor * total
