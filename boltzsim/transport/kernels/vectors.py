"""Vector instructions for kernels that the compiler does not vectorise by itself: the few that are needed.

A vector fills a register of 32 bytes with neighbouring values of one array, so that it holds one ordinate with its four
components in double precision and two in single precision. The precision is that of the arrays.
"""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

COMPONENTS = 4  # of one ordinate: charge and spin
_REGISTER = 32  # bytes
_LINE = 64  # bytes of a cache line
_INDEX = ir.IntType(64)
_FUSE = ("contract",)


def constant(value):
    return ir.Constant(_INDEX, value)


def _bytes(kind):
    return 4 if isinstance(kind, ir.FloatType) else 8


def lanes(base):
    """How many values of an array fill a vector."""
    return _REGISTER // _bytes(base.type.pointee)


def zeros(base, count=None):
    """A vector of zeros for values of an array, as many as fill it unless a count is given."""
    vector = ir.VectorType(base.type.pointee, lanes(base) if count is None else count)
    return ir.Constant(vector, [0.0] * vector.count)


def filled(builder, value, count):
    """A vector of equal values."""
    vector = ir.Constant(ir.VectorType(value.type, count), ir.Undefined)
    return _pick(builder, builder.insert_element(vector, value, constant(0)), [0] * count)


def variable(builder, value):
    """Place of a vector that changes in loops; the compiler keeps it in a register."""
    with builder.goto_entry_block():
        place = builder.alloca(value.type)
    builder.store(value, place)
    return place


def swap_pairs(builder, vector):
    """Every second value exchanged with the one before it."""
    return _pick(builder, vector, [lane ^ 1 for lane in range(vector.type.count)])


def _pick(builder, vector, numbers):
    """The given lanes of a vector."""
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(numbers)), list(numbers))
    return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask)


def load(builder, base, offset, count=None):
    """A vector of neighbouring values, as many as fill it unless a count is given."""
    vector = ir.VectorType(base.type.pointee, lanes(base) if count is None else count)
    value = builder.load(builder.bitcast(builder.gep(base, [offset]), vector.as_pointer()))
    value.align = _bytes(vector.element)
    return value


def store(builder, value, base, offset):
    place = builder.bitcast(builder.gep(base, [offset]), value.type.as_pointer())
    builder.store(value, place).align = _bytes(value.type.element)


def load_components(builder, base, offset):
    """The four components of one moment, again for every ordinate of a vector."""
    value = load(builder, base, offset, COMPONENTS)
    return _pick(builder, value, [lane % COMPONENTS for lane in range(lanes(base))])


def add_components(builder, value, base, offset):
    """Add the sum over the ordinates of a vector to the four components of one moment."""
    total = load(builder, base, offset, COMPONENTS)
    for first in range(0, value.type.count, COMPONENTS):
        total = add(builder, total, _pick(builder, value, range(first, first + COMPONENTS)))
    store(builder, total, base, offset)


def add(builder, a, b):
    return builder.fadd(a, b, flags=_FUSE)


def subtract(builder, a, b):
    return builder.fsub(a, b, flags=_FUSE)


def multiply(builder, a, b):
    return builder.fmul(a, b, flags=_FUSE)


def multiply_add(builder, a, b, total):
    return add(builder, multiply(builder, a, b), total)


def offset(builder, base, index, stride):
    """base + stride × index."""
    return builder.add(base, builder.mul(index, stride))


def setup(context, builder, signature, args, sizes=2):
    """Data pointers of the arrays, plain values otherwise; and the sizes, carried by the lengths of the last tuples."""
    values = [
        context.make_array(kind)(context, builder, value).data if isinstance(kind, types.Array) else value
        for kind, value in zip(signature.args, args, strict=True)
    ]
    return values, [kind.count for kind in signature.args[len(args) - sizes :]]


def vectors_of(builder, base, width):
    """How many vectors hold the values of a number of ordinates."""
    return builder.sdiv(width, constant(lanes(base) // COMPONENTS))


def repeat(builder, count):
    """Loop over 0 … count - 1, a context manager."""
    return cgutils.for_range(builder, count)


@intrinsic
def prefetch(typing, array, start, count):
    """Bring array[start:start + count] towards the core, a cache line at a time."""
    signature = types.void(array, start, count)

    def generate(context, builder, signature, args):
        (array, start, count), _ = setup(context, builder, signature, args, 0)
        byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        function = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        line = constant(_LINE // _bytes(array.type.pointee))
        with cgutils.for_range(builder, builder.sdiv(count, line)) as loop:
            place = builder.bitcast(builder.gep(array, [offset(builder, start, loop.index, line)]), byte)
            builder.call(function, [place, flag(0), flag(3), flag(1)])  # to read, into all caches, data
        return context.get_dummy_value()

    return signature, generate
