"""Small sparse matrices of the materials, applied to the values of all corners of a cell side by side."""

from typing import NamedTuple

import numpy as np
from numba.core import types
from numba.extending import intrinsic

from boltzsim.transport.kernels.compile import kernel
from boltzsim.transport.kernels.vectors import (
    add,
    constant,
    filled,
    load,
    multiply,
    multiply_add,
    repeat,
    setup,
    store,
    variable,
    zeros,
)


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
    starts = ends[np.arange(count)[:, None] * rows + np.arange(rows + 1)]
    return Rows(starts, np.ascontiguousarray(column), matrices[matrix, row, column])


@kernel()
def add_product(rows, matrix, factor, x, out, corners):
    """out += factor × matrix @ x, one matrix of the stack; x and out (rows, corners) hold the corners side by side."""
    for row in range(out.shape[0]):
        first, last = rows.starts[matrix, row], rows.starts[matrix, row + 1]
        if first < last:
            _add_row(rows.values, rows.columns, first, last, factor, x, out, row, corners)


@intrinsic
def _add_row(typing, values, columns, first, last, factor, x, out, row, corners):
    """out[row] += factor × Σ values[entry] x[columns[entry]], with the sum in a register; all of one precision."""
    signature = types.void(values, columns, first, last, factor, x, out, row, corners)

    def generate(context, builder, signature, args):
        (values, columns, first, last, factor, x, out, row, _), (count,) = setup(context, builder, signature, args, 1)
        total = variable(builder, zeros(x, count))
        with repeat(builder, builder.sub(last, first)) as loop:
            entry = builder.add(first, loop.index)
            column = builder.load(builder.gep(columns, [entry]))
            value = filled(builder, builder.load(builder.gep(values, [entry])), count)
            read = load(builder, x, builder.mul(column, constant(count)), count)
            builder.store(multiply_add(builder, value, read, builder.load(total)), total)
        place = builder.mul(row, constant(count))
        scaled = multiply(builder, filled(builder, factor, count), builder.load(total))
        store(builder, add(builder, load(builder, out, place, count), scaled), out, place)
        return context.get_dummy_value()

    return signature, generate


@kernel()
def neighbour(cell, corner, axis, neighbours, above):
    """Cell and corner of the point next to a corner along an axis; the corner itself where the metal ends."""
    if (corner >> axis & 1) != above:
        return cell, corner ^ (1 << axis)
    other = neighbours[cell, axis, int(above)]
    return (other, corner ^ (1 << axis)) if other >= 0 else (cell, corner)
