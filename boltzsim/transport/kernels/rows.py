"""Small sparse matrices of the materials, applied to the values of all corners of a cell side by side."""

from typing import NamedTuple

import numpy as np

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
    matrices = np.asarray(matrices)
    matrix, row, column = np.nonzero(matrices)
    count, rows, _ = matrices.shape
    ends = np.append(0, np.cumsum(np.bincount(matrix * rows + row, minlength=count * rows)))
    return Rows(ends[np.arange(count)[:, None] * rows + np.arange(rows + 1)], column, matrices[matrix, row, column])


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
