"""Moment-ordinate products, the two small dense matrix products inside every sweep, as explicit vector code.

In one cell, with the angular values f[corner, ordinate, component] of one block of ordinates:

    moments_to_ordinates:  f[c, n, μ]  = Σ_i Y_i(p̂_n) q[c, i, μ]
    ordinates_to_moments:  φ[c, i, μ] += Σ_n Y_i(p̂_n) f[c, n, μ]

The compiler does not vectorise these loops by itself (the component index is the short one), so they are emitted as
vector instructions on four lanes, one ordinate with its four components. Sums stay in registers, for as many results
side by side as hide the latency of the additions; corners share each load of the harmonics, and one table of harmonics,
expanded to one entry per (ordinate, component), serves both products and stays in cache. Sizes are compile-time
constants, carried by the lengths of tuples.
"""

from contextlib import contextmanager
from math import gcd

from numba.core import types
from numba.extending import intrinsic

from boltzsim.transport.kernels.vectors import (
    LANES,
    add,
    constant,
    load,
    multiply_add,
    offset,
    repeat,
    setup,
    store,
    variable,
    zeros,
)

_CORNERS = 4  # corners treated side by side, or fewer where a cell has fewer
_SUMS = 8  # sums held in registers side by side


@intrinsic
def moments_to_ordinates(typing, q, start, flip, table, row, f, moments, width, corners):
    """f[c, (n, μ)] = Σ_i table[row + i, (n, μ)] q[start + (c ^ flip), i, μ] for all corners c, counted from upwind."""
    signature = types.void(q, start, flip, table, row, f, moments, width, corners)

    def generate(context, builder, signature, args):
        (q, start, flip, table, row, f, *_), (nm, width, corners) = setup(context, builder, signature, args)
        length, side = LANES * width, min(_CORNERS, corners)
        ordinates = gcd(width, _SUMS // side)  # whole groups, whatever the width
        loops = _corners(builder, corners, start, flip, nm, length), repeat(builder, width // ordinates)
        with loops[0] as (source, target), loops[1] as group:
            lane = builder.mul(group.index, constant(LANES * ordinates))
            sums = [[variable(builder, zeros()) for _ in range(side)] for _ in range(ordinates)]
            with repeat(builder, nm) as moment:
                values = [load(builder, q, offset(builder, s, moment.index, LANES)) for s in source]
                place = builder.add(lane, offset(builder, builder.mul(row, constant(length)), moment.index, length))
                for n in range(ordinates):
                    y = load(builder, table, builder.add(place, constant(LANES * n)))
                    for total, value in zip(sums[n], values, strict=True):
                        builder.store(multiply_add(builder, y, value, builder.load(total)), total)
            for n in range(ordinates):
                for total, t in zip(sums[n], target, strict=True):
                    place = builder.add(builder.add(t, lane), constant(LANES * n))
                    store(builder, builder.load(total), f, place)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def ordinates_to_moments(typing, f, table, row, phi, start, flip, moments, width, corners):
    """phi[start + (c ^ flip), i, μ] += Σ_n table[row + i, (n, μ)] f[c, (n, μ)] for all corners c."""
    signature = types.void(f, table, row, phi, start, flip, moments, width, corners)

    def generate(context, builder, signature, args):
        (f, table, row, phi, start, flip, *_), (nm, width, corners) = setup(context, builder, signature, args)
        length, side = LANES * width, min(_CORNERS, corners)
        several = _SUMS // side
        with _corners(builder, corners, start, flip, nm, length) as (target, source):
            for first in range(0, nm, several):
                chunk = range(first, min(first + several, nm))
                sums = [[variable(builder, zeros()) for _ in range(side)] for _ in chunk]
                with repeat(builder, width) as ordinate:
                    lane = builder.mul(ordinate.index, constant(LANES))
                    values = [load(builder, f, builder.add(s, lane)) for s in source]
                    for i, totals in zip(chunk, sums, strict=True):
                        place = builder.add(lane, offset(builder, constant(i * length), row, length))
                        y = load(builder, table, place)
                        for total, value in zip(totals, values, strict=True):
                            builder.store(multiply_add(builder, y, value, builder.load(total)), total)
                for i, totals in zip(chunk, sums, strict=True):
                    for total, t in zip(totals, target, strict=True):
                        place = builder.add(t, constant(LANES * i))
                        store(builder, add(builder, load(builder, phi, place), builder.load(total)), phi, place)
        return context.get_dummy_value()

    return signature, generate


@contextmanager
def _corners(builder, corners, start, flip, moments, length):
    """Loop over groups of corners: where the moments and where the angular values of each corner of the group lie."""
    side = min(_CORNERS, corners)
    with repeat(builder, corners // side) as group:
        numbers = [offset(builder, constant(k), group.index, side) for k in range(side)]
        places = [offset(builder, start, builder.xor(c, flip), LANES * moments) for c in numbers]
        yield places, [builder.mul(c, constant(length)) for c in numbers]
