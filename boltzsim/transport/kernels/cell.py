"""The cell solve of a sweep (`boltzsim.transport.sweep`) as explicit vector code, from inflow to outflow.

A vector of ordinates, each with its four components, passes at a time through

    f += 2a ψ_in at the corners next to the upwind faces;
    modes: f0 ∓ i f1 along every axis (f real, so that one sign along the first axis is enough);
    division by s + i(a ± b ± c), and by the turning of the last two components if there is Larmor precession;
    the way back;
    ψ_out at the downwind faces,

    ψ times the weights of the ordinates,

in registers: corners, faces and tables are read once and written once.
"""

from numba.core import types
from numba.extending import intrinsic

from boltzsim.transport.kernels.vectors import (
    COMPONENTS,
    add,
    constant,
    lanes,
    load,
    multiply,
    multiply_add,
    repeat,
    setup,
    store,
    subtract,
    swap_pairs,
    vectors_of,
)


@intrinsic
def solve_cell(typing, s, fx, x, fy, y, fz, z, inflow, rates, inverse, turn, row, scale, width, precessing, corners):
    """Replace the source s[corner, (n, μ)], corners counted from upwind, by scale[n, μ] ψ, and inflow by outflow.

    The faces of the cell lie at fx[x:], fy[y:], fz[z:] as (corner of the face, (n, μ)), the rates 2a of the axes at
    inflow[rates:], inverse eigenvalues and turning at inverse[row:], turn[row:] as (real and imaginary parts, (n, μ)).
    """
    signature = types.void(s, fx, x, fy, y, fz, z, inflow, rates, inverse, turn, row, scale, width, precessing, corners)

    def generate(context, builder, signature, args):
        values, (precessing, corners) = setup(context, builder, signature, args)
        s, fx, x, fy, y, fz, z, inflow, rates, inverse, turn, row, scale, width, *_ = values
        axes = corners.bit_length() - 1
        rows = [builder.mul(width, constant(COMPONENTS * number)) for number in range(2 * corners)]
        faces = [(fx, x), (fy, y), (fz, z)][:axes]
        with repeat(builder, vectors_of(builder, s, width)) as loop:
            lane = builder.mul(loop.index, constant(lanes(s)))

            def place(start, number):
                return builder.add(builder.add(start, lane), rows[number])

            f = [load(builder, s, place(constant(0), c)) for c in range(corners)]
            for axis, (face, start) in enumerate(faces):
                rate = load(builder, inflow, place(rates, axis))
                for number, c in enumerate(_upwind(axis, corners)):
                    f[c] = multiply_add(builder, rate, load(builder, face, place(start, number)), f[c])
            modes = _modes(builder, f)
            for m, mode in enumerate(modes):
                factor = [load(builder, inverse, place(row, 2 * m + part)) for part in range(2)]
                divided = _product(builder, mode, factor)
                if precessing:
                    twist = [load(builder, turn, place(row, 2 * m + part)) for part in range(2)]
                    partner = [swap_pairs(builder, part) for part in mode]
                    divided = _product(builder, partner, twist, divided)
                modes[m] = divided
            f = _corners(builder, modes)
            weight = load(builder, scale, lane)
            for c, value in enumerate(f):
                store(builder, multiply(builder, weight, value), s, place(constant(0), c))
            for axis, (face, start) in enumerate(faces):
                for number, c in enumerate(_upwind(axis, corners)):
                    store(builder, f[c | 1 << axis], face, place(start, number))
        return context.get_dummy_value()

    return signature, generate


def _upwind(axis, corners):
    return [c for c in range(corners) if not c >> axis & 1]


def _pairs(count):
    """Bits of the axes beyond the first with the pairs of modes that each combines."""
    return [(t, t | bit) for bit in (1, 2)[: count.bit_length() - 1] for t in range(count) if not t & bit]


def _modes(builder, f):
    """[real, imaginary] of f0 ∓ i f1 along every axis; bit k of the mode for the upper sign along axis k + 1."""
    modes = [[f[c], builder.fneg(f[c + 1])] for c in range(0, len(f), 2)]
    for low, high in _pairs(len(modes)):
        (r0, i0), (r1, i1) = modes[low], modes[high]
        modes[low] = [add(builder, r0, i1), subtract(builder, i0, r1)]
        modes[high] = [subtract(builder, r0, i1), add(builder, i0, r1)]
    return modes


def _corners(builder, modes):
    """The inverse of `_modes` up to a factor of two per axis beyond the first: sums, and i times differences."""
    modes = list(modes)
    for low, high in _pairs(len(modes)):
        (r0, i0), (r1, i1) = modes[low], modes[high]
        modes[low] = [add(builder, r0, r1), add(builder, i0, i1)]
        modes[high] = [subtract(builder, i1, i0), subtract(builder, r0, r1)]
    return [part for real, imaginary in modes for part in (real, builder.fneg(imaginary))]


def _product(builder, a, b, total=None):
    """Complex product, added to a total."""
    real, imaginary = multiply(builder, a[1], b[1]), multiply(builder, a[1], b[0])
    if total is not None:
        real, imaginary = subtract(builder, real, total[0]), add(builder, imaginary, total[1])
    return [
        subtract(builder, multiply(builder, a[0], b[0]), real),
        multiply_add(builder, a[0], b[1], imaginary),
    ]
