"""Eight numbers at once: a numba type for a vector register, so that the hand-written loops leave nothing to luck.

LLVM's own vectoriser gives up on loops whose arrays may overlap, which ring buffers always do. Products and sums
carry the flags `contract` (a product and a sum may become one fused instruction), `nsz` and `nnan`.

NOTE: numba's cache follows kernels.py only: touch that file after a change here.
"""

from __future__ import annotations

import operator
from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, overload, register_model

WIDTH = 8
FLAGS = ("contract", "nsz", "nnan")
REGISTER = ir.VectorType(ir.DoubleType(), WIDTH)


class Lanes(types.Type):
    """Type of eight doubles."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


LANES = Lanes()


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, REGISTER)


def _pointer(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), REGISTER.as_pointer())


@intrinsic
def load(typing_context: Any, array: Any, index: Any) -> Any:
    """The eight numbers from array[index] on; nothing checks the index."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_pointer(context, builder, signature.args[0], *args), align=8)

    return LANES(array, types.intp), generate


@intrinsic
def store(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    """Write eight numbers from array[index] on."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _pointer(context, builder, signature.args[0], *args[:2]), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, LANES), generate


@intrinsic
def spread(typing_context: Any, value: Any) -> Any:
    """The same number eight times."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        one = builder.insert_element(ir.Constant(REGISTER, ir.Undefined), args[0], cgutils.int32_t(0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
        return builder.shuffle_vector(one, ir.Constant(REGISTER, ir.Undefined), zeros)

    return LANES(types.float64), generate


def _arithmetic(name: str) -> Any:
    @intrinsic
    def operate(typing_context: Any, one: Any, other: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return getattr(builder, name)(*args, flags=FLAGS)

        return LANES(LANES, LANES), generate

    return operate


_add, _sub, _mul = _arithmetic("fadd"), _arithmetic("fsub"), _arithmetic("fmul")


@overload(operator.add)
def _plus(a, b):  # type: ignore[no-untyped-def]
    if a is LANES and b is LANES:
        return lambda a, b: _add(a, b)
    return None


@overload(operator.sub)
def _minus(a, b):  # type: ignore[no-untyped-def]
    if a is LANES and b is LANES:
        return lambda a, b: _sub(a, b)
    return None


@overload(operator.mul)
def _times(a, b):  # type: ignore[no-untyped-def]
    if a is LANES and b is LANES:
        return lambda a, b: _mul(a, b)
    if isinstance(a, types.Float) and b is LANES:
        return lambda a, b: _mul(spread(a), b)
    return None


loop = numba.njit(cache=True, error_model="numpy", nogil=True, boundscheck=False)
"""Compiles a hand-written loop."""
