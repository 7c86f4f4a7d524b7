"""Small sparse matrices of the materials, applied to the values of all corners of a cell side by side."""

import numpy as np
from scipy.sparse import csr_array

from boltzsim.transport.kernels.compile import kernel


def compressed_rows(matrices):
    """Compressed rows of a stack of matrices: row starts (matrices, rows + 1), columns, values."""
    sparse = [csr_array(m) for m in matrices]
    offsets = np.cumsum([0, *[m.nnz for m in sparse[:-1]]])
    starts = np.array([m.indptr + offset for m, offset in zip(sparse, offsets, strict=True)], np.int64)
    return (
        starts,
        np.concatenate([m.indices for m in sparse]).astype(np.int64),
        np.concatenate([m.data for m in sparse]),
    )


@kernel()
def add_product(starts, columns, values, factor, x, out, corners):
    """out += factor × matrix @ x for all corners of a cell side by side, x and out (rows, corners)."""
    for row in range(out.shape[0]):
        for entry in range(starts[row], starts[row + 1]):
            value, column = factor * values[entry], columns[entry]
            for c in range(len(corners)):
                out[row, c] += value * x[column, c]


@kernel()
def neighbour(cell, corner, axis, place, cells, stride, periodic, above):
    """Cell and corner of the point next to a corner along an axis; the corner itself beyond the boundary."""
    inside = (corner >> axis & 1) != above
    if inside:
        return cell, corner ^ (1 << axis)
    step = stride if above else -stride
    if place == (cells - 1 if above else 0):
        if not periodic:
            return cell, corner
        step -= cells * step
    return cell + step, corner ^ (1 << axis)
