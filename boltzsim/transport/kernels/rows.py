"""Small sparse matrices of the materials, applied to the values of all corners of a cell side by side."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from boltzsim.transport.kernels.compile import kernel


class Rows(NamedTuple):
    """Compressed rows of a stack of matrices.

    Attributes
    ----------
    starts : numpy.ndarray of int, shape (matrices, rows + 1)
        Where the entries of each row begin and end.
    columns, values : numpy.ndarray, shape (entries in all,)
    """

    starts: np.ndarray
    columns: np.ndarray
    values: np.ndarray


def compressed_rows(matrices):
    """Compressed rows of a stack of matrices, as `Rows`."""
    sparse = [csr_array(m) for m in matrices]
    offsets = np.cumsum([0, *[m.nnz for m in sparse[:-1]]])
    starts = np.array([m.indptr + offset for m, offset in zip(sparse, offsets, strict=True)], np.int64)
    return Rows(
        starts,
        np.concatenate([m.indices for m in sparse]).astype(np.int64),
        np.concatenate([m.data for m in sparse]),
    )


@kernel()
def add_product(rows, matrix, factor, x, out, corners):
    """out += factor × matrix @ x, one matrix of the stack; x and out (rows, corners) hold the corners side by side."""
    for row in range(out.shape[0]):
        for entry in range(rows.starts[matrix, row], rows.starts[matrix, row + 1]):
            value, column = factor * rows.values[entry], rows.columns[entry]
            for c in range(len(corners)):
                out[row, c] += value * x[column, c]


@kernel()
def neighbour(cell, corner, axis, neighbours, above):
    """Cell and corner of the point next to a corner along an axis; the corner itself where the metal ends."""
    if (corner >> axis & 1) != above:
        return cell, corner ^ (1 << axis)
    other = neighbours[cell, axis, int(above)]
    return (other, corner ^ (1 << axis)) if other >= 0 else (cell, corner)
