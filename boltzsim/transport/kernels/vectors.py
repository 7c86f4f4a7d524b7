"""Vector instructions for kernels that the compiler does not vectorise by itself: the few that are needed."""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 4  # of every vector: the components of one ordinate
_INDEX = ir.IntType(64)
_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_FUSE = ("contract",)


def constant(value):
    return ir.Constant(_INDEX, value)


def zeros():
    return ir.Constant(_VECTOR, [0.0] * LANES)


def variable(builder, value):
    """Place of a vector that changes in loops; the compiler keeps it in a register."""
    with builder.goto_entry_block():
        place = builder.alloca(_VECTOR)
    builder.store(value, place)
    return place


def pick(builder, vector, lanes):
    """The given lanes of a vector."""
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), list(lanes))
    return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask)


def _pointer(builder, base, offset):
    return builder.bitcast(builder.gep(base, [offset]), _VECTOR.as_pointer())


def load(builder, base, offset):
    value = builder.load(_pointer(builder, base, offset))
    value.align = 8
    return value


def store(builder, value, base, offset):
    builder.store(value, _pointer(builder, base, offset)).align = 8


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


def repeat(builder, count):
    """Loop over 0 … count - 1, a context manager."""
    return cgutils.for_range(builder, count)


@intrinsic
def prefetch(typing, array, start, count):
    """Bring array[start:start + count] towards the core, a cache line of eight values at a time."""
    signature = types.void(array, start, count)

    def generate(context, builder, signature, args):
        (array, start, count), _ = setup(context, builder, signature, args, 0)
        byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        function = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        with cgutils.for_range(builder, builder.sdiv(count, constant(8))) as line:
            place = builder.bitcast(builder.gep(array, [offset(builder, start, line.index, constant(8))]), byte)
            builder.call(function, [place, flag(0), flag(3), flag(1)])  # to read, into all caches, data
        return context.get_dummy_value()

    return signature, generate
