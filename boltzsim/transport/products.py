"""Moment-ordinate products, the two small dense matrix products inside every sweep, as explicit vector code.

In one cell, with the angular values f[corner, ordinate, component] of one block of ordinates:

    moments_to_ordinates:  f[c, n, μ]  = Σ_i Y_i(p̂_n) q[c, i, μ]
    ordinates_to_moments:  φ[c, i, μ] += Σ_n w_n Y_i(p̂_n) f[c, n, μ]

The compiler does not vectorise these loops by itself (the component index is the short one), so they are emitted as
vector instructions: eight lanes hold two ordinates times the four components, two corners share each load of the
harmonics, and the moments are taken nine at a time so that all sums stay in registers. Weights multiply f on the fly,
so that one table of harmonics, expanded to one entry per (ordinate, component), serves both and stays in cache. Sizes
are compile-time constants, carried by the lengths of tuples.
"""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

_LANES = 8
_CORNERS = 2  # corners that share a load
_CHUNK = 9  # moments summed at a time
_INDEX = ir.IntType(64)
_FUSE = ("contract",)


def _vector(lanes):
    return ir.VectorType(ir.DoubleType(), lanes)


def _constant(value):
    return ir.Constant(_INDEX, value)


def _pick(builder, vector, lanes):
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), list(lanes))
    return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask)


def _pointer(builder, base, offset, lanes):
    return builder.bitcast(builder.gep(base, [offset]), _vector(lanes).as_pointer())


def _load(builder, base, offset, lanes=_LANES):
    value = builder.load(_pointer(builder, base, offset, lanes))
    value.align = 8
    return value


def _store(builder, value, base, offset, lanes=_LANES):
    builder.store(value, _pointer(builder, base, offset, lanes)).align = 8


def _multiply_add(builder, a, b, total):
    return builder.fadd(builder.fmul(a, b, flags=_FUSE), total, flags=_FUSE)


def _offset(builder, base, index, stride):
    return builder.add(base, builder.mul(index, _constant(stride)))


def _setup(context, builder, signature, args):
    """Data pointers of the arrays; plain values otherwise; the sizes (moments, width, corners) from the tuples."""
    values = [
        context.make_array(kind)(context, builder, value).data if isinstance(kind, types.Array) else value
        for kind, value in zip(signature.args, args, strict=True)
    ]
    return values, [kind.count for kind in signature.args[-3:]]


def _chunks(moments):
    return [range(start, min(start + _CHUNK, moments)) for start in range(0, moments, _CHUNK)]


@intrinsic
def moments_to_ordinates(typing, q, start, flip, table, row, f, moments, width, corners):
    """f[c, (n, μ)] = Σ_i table[row + i, (n, μ)] q[start + (c ^ flip), i, μ] for all corners c, counted from upwind."""
    signature = types.void(q, start, flip, table, row, f, moments, width, corners)

    def generate(context, builder, signature, args):
        (q, start, flip, table, row, f, *_), (nm, width, corners) = _setup(context, builder, signature, args)
        lanes = 4 * width
        with cgutils.for_range(builder, _constant(corners // _CORNERS)) as loop:
            corner = [_offset(builder, _constant(k), loop.index, _CORNERS) for k in range(_CORNERS)]
            source = [_offset(builder, start, builder.xor(c, flip), 4 * nm) for c in corner]
            target = [builder.mul(c, _constant(lanes)) for c in corner]
            for chunk in _chunks(nm):
                tiles = [
                    [
                        _pick(builder, _load(builder, q, builder.add(s, _constant(4 * i)), 4), [0, 1, 2, 3] * 2)
                        for i in chunk
                    ]
                    for s in source
                ]
                for n in range(0, lanes, _LANES):
                    place = [builder.add(t, _constant(n)) for t in target]
                    total = [
                        _load(builder, f, p) if chunk.start else ir.Constant(_vector(_LANES), [0.0] * _LANES)
                        for p in place
                    ]
                    for slot, i in enumerate(chunk):
                        y = _load(
                            builder,
                            table,
                            builder.add(_offset(builder, _constant(n), row, lanes), _constant(i * lanes)),
                        )
                        total = [_multiply_add(builder, y, tiles[k][slot], total[k]) for k in range(_CORNERS)]
                    for k in range(_CORNERS):
                        _store(builder, total[k], f, place[k])
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def ordinates_to_moments(typing, f, table, row, weights, phi, start, flip, moments, width, corners):
    """phi[start + (c ^ flip), i, μ] += Σ_n table[row + i, (n, μ)] weights[(n, μ)] f[c, (n, μ)], all corners c."""
    signature = types.void(f, table, row, weights, phi, start, flip, moments, width, corners)

    def generate(context, builder, signature, args):
        (f, table, row, weights, phi, start, flip, *_), (nm, width, corners) = _setup(context, builder, signature, args)
        lanes = 4 * width
        with cgutils.for_range(builder, _constant(corners // _CORNERS)) as loop:
            corner = [_offset(builder, _constant(k), loop.index, _CORNERS) for k in range(_CORNERS)]
            source = [builder.mul(c, _constant(lanes)) for c in corner]
            target = [_offset(builder, start, builder.xor(c, flip), 4 * nm) for c in corner]
            for chunk in _chunks(nm):
                total = [[ir.Constant(_vector(_LANES), [0.0] * _LANES) for _ in chunk] for _ in corner]
                for n in range(0, lanes, _LANES):
                    w = _load(builder, weights, _constant(n))
                    values = [builder.fmul(w, _load(builder, f, builder.add(s, _constant(n)))) for s in source]
                    for slot, i in enumerate(chunk):
                        y = _load(
                            builder,
                            table,
                            builder.add(_offset(builder, _constant(n), row, lanes), _constant(i * lanes)),
                        )
                        for k in range(_CORNERS):
                            total[k][slot] = _multiply_add(builder, y, values[k], total[k][slot])
                for k in range(_CORNERS):
                    for slot, i in enumerate(chunk):
                        both = total[k][slot]
                        pair = builder.fadd(_pick(builder, both, [0, 1, 2, 3]), _pick(builder, both, [4, 5, 6, 7]))
                        place = builder.add(target[k], _constant(4 * i))
                        _store(builder, builder.fadd(pair, _load(builder, phi, place, 4)), phi, place, 4)
        return context.get_dummy_value()

    return signature, generate
