"""Moment-ordinate products, the two small dense matrix products inside every sweep, as explicit vector code.

In one cell, with the angular values f[corner, ordinate, component] of one block of ordinates:

    moments_to_ordinates:  f[c, n, μ]  = Σ_i Y_i(p̂_n) q[c, i, μ]
    ordinates_to_moments:  φ[c, i, μ] += Σ_n Y_i(p̂_n) f[c, n, μ]

The compiler does not vectorise these loops by itself (the component index is the short one), so they are emitted as
vector instructions on whole ordinates with their four components. Sums stay in registers, for as many results
side by side as hide the latency of the additions; corners share each load of the harmonics, and one table of harmonics,
expanded to one entry per (ordinate, component), serves both products and stays in cache. The numbers of moments and
corners are compile-time constants, carried by the lengths of tuples; that of the ordinates is not, so that one compiled
kernel serves every quadrature.
"""

from contextlib import contextmanager

from numba.core import types
from numba.extending import intrinsic

from boltzsim.transport.kernels.vectors import (
    COMPONENTS,
    add_components,
    constant,
    lanes,
    load,
    load_components,
    multiply_add,
    offset,
    repeat,
    setup,
    store,
    variable,
    vectors_of,
    zeros,
)

_CORNERS = 4  # corners treated side by side, or fewer where a cell has fewer
_SUMS = 8  # sums held in registers side by side


@intrinsic
def moments_to_ordinates(typing, q, start, flip, table, row, f, width, moments, corners):
    """f[c, (n, μ)] = Σ_i table[row + i, (n, μ)] q[start + (c ^ flip), i, μ] for all corners c, counted from upwind."""
    signature = types.void(q, start, flip, table, row, f, width, moments, corners)

    def generate(context, builder, signature, args):
        (q, start, flip, table, row, f, width, *_), (nm, corners) = setup(context, builder, signature, args)
        length, side, count = builder.mul(width, constant(COMPONENTS)), min(_CORNERS, corners), constant(lanes(f))
        row, vectors = builder.mul(row, length), vectors_of(builder, f, width)

        def spread(source, target, first, several):
            """Fill several vectors of ordinates side by side, from number `first` on."""
            lane = builder.mul(first, count)
            sums = [[variable(builder, zeros(f)) for _ in range(side)] for _ in range(several)]
            with repeat(builder, constant(nm)) as moment:
                places = [offset(builder, s, moment.index, constant(COMPONENTS)) for s in source]
                values = [load_components(builder, q, place) for place in places]
                place = builder.add(lane, offset(builder, row, moment.index, length))
                for n in range(several):
                    y = load(builder, table, builder.add(place, constant(lanes(f) * n)))
                    for total, value in zip(sums[n], values, strict=True):
                        builder.store(multiply_add(builder, y, value, builder.load(total)), total)
            for n in range(several):
                for total, t in zip(sums[n], target, strict=True):
                    place = builder.add(builder.add(t, lane), constant(lanes(f) * n))
                    store(builder, builder.load(total), f, place)

        with _corners(builder, corners, start, flip, nm, length) as (source, target):
            several = constant(_SUMS // side)
            groups = builder.sdiv(vectors, several)
            with repeat(builder, groups) as group:
                spread(source, target, builder.mul(group.index, several), _SUMS // side)
            done = builder.mul(groups, several)
            with repeat(builder, builder.sub(vectors, done)) as left:
                spread(source, target, builder.add(done, left.index), 1)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def ordinates_to_moments(typing, f, table, row, phi, start, flip, width, moments, corners):
    """phi[start + (c ^ flip), i, μ] += Σ_n table[row + i, (n, μ)] f[c, (n, μ)] for all corners c."""
    signature = types.void(f, table, row, phi, start, flip, width, moments, corners)

    def generate(context, builder, signature, args):
        (f, table, row, phi, start, flip, width, *_), (nm, corners) = setup(context, builder, signature, args)
        length, side = builder.mul(width, constant(COMPONENTS)), min(_CORNERS, corners)
        several = _SUMS // side
        with _corners(builder, corners, start, flip, nm, length) as (target, source):
            for first in range(0, nm, several):
                chunk = range(first, min(first + several, nm))
                rows = [builder.mul(builder.add(row, constant(i)), length) for i in chunk]
                sums = [[variable(builder, zeros(f)) for _ in range(side)] for _ in chunk]
                with repeat(builder, vectors_of(builder, f, width)) as vector:
                    lane = builder.mul(vector.index, constant(lanes(f)))
                    values = [load(builder, f, builder.add(s, lane)) for s in source]
                    for place, totals in zip(rows, sums, strict=True):
                        y = load(builder, table, builder.add(lane, place))
                        for total, value in zip(totals, values, strict=True):
                            builder.store(multiply_add(builder, y, value, builder.load(total)), total)
                for i, totals in zip(chunk, sums, strict=True):
                    for total, t in zip(totals, target, strict=True):
                        place = builder.add(t, constant(COMPONENTS * i))
                        add_components(builder, builder.load(total), phi, place)
        return context.get_dummy_value()

    return signature, generate


@contextmanager
def _corners(builder, corners, start, flip, moments, length):
    """Loop over groups of corners: where the moments and where the angular values of each corner of the group lie."""
    side = min(_CORNERS, corners)
    with repeat(builder, constant(corners // side)) as group:
        numbers = [offset(builder, constant(k), group.index, constant(side)) for k in range(side)]
        places = [offset(builder, start, builder.xor(c, flip), constant(COMPONENTS * moments)) for c in numbers]
        yield places, [builder.mul(c, length) for c in numbers]
