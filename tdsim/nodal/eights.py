"""Eight numbers at once, one of each of eight runs: a type of compiled code that stands for a vector register.

Sums and products are rounded one by one and in the order in which they are written, as those of single numbers are:
every run comes out the same to the bit whether it is one of eight or alone. What is chosen lane by lane is chosen by
eight bits of an integer.

Eights stand behind an address one after the other; numbers of eight runs that stand apart are gathered, by a table of
eight addresses.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, overload, register_model

WIDTH = 8

_types: Any = types
_declared: Any = cgutils.get_or_insert_function
_I64, _F64, _BITS = ir.IntType(64), ir.DoubleType(), ir.IntType(WIDTH)
_REGISTER = ir.VectorType(_F64, WIDTH)
_MASK = ir.VectorType(ir.IntType(1), WIDTH)


class Eight(types.Type):
    """Eight float64 numbers."""

    def __init__(self) -> None:
        super().__init__(name="Eight")


EIGHT = Eight()


@register_model(Eight)
class _EightModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _REGISTER)  # type: ignore[no-untyped-call]


def _intrinsic(function: Callable[..., Any]) -> Any:
    """A function that writes its own LLVM code when a compiled one calls it."""
    make: Any = intrinsic
    return make(function)


def _constant(number: int) -> Any:
    return ir.Constant(_I64, number)


def _at(builder: Any, address: Any, place: Any, kind: Any) -> Any:
    """Pointer to what stands `place` behind an address."""
    return builder.gep(builder.inttoptr(address, kind.as_pointer()), [place])


def _spread(builder: Any, number: Any) -> Any:
    first = builder.insert_element(ir.Constant(_REGISTER, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH))


def _chosen(builder: Any, bits: Any) -> Any:
    return builder.bitcast(builder.trunc(bits, _BITS), _MASK)


def _bits(builder: Any, mask: Any) -> Any:
    return builder.zext(builder.bitcast(mask, _BITS), _I64)


@_intrinsic
def load(context: Any, address: Any, place: Any) -> Any:
    """Eight number `place` behind an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_at(builder, args[0], args[1], _REGISTER), align=8)

    return EIGHT(types.int64, types.int64), generate


@_intrinsic
def store(context: Any, address: Any, place: Any, value: Any) -> Any:
    """Write eight number `place` behind an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _at(builder, args[0], args[1], _REGISTER), align=8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, EIGHT), generate


@_intrinsic
def gather(context: Any, table: Any, place: Any) -> Any:
    """The number `place` behind each of the eight addresses of a table."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found = ir.Constant(_REGISTER, ir.Undefined)
        for k in range(WIDTH):
            address = builder.load(_at(builder, args[0], _constant(k), _I64))
            number = builder.load(_at(builder, address, args[1], _F64))
            found = builder.insert_element(found, number, ir.Constant(ir.IntType(32), k))
        return found

    return EIGHT(types.int64, types.int64), generate


@_intrinsic
def spread(context: Any, number: Any) -> Any:
    """The same number eight times."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _spread(builder, args[0])

    return EIGHT(types.float64), generate


@_intrinsic
def above(context: Any, one: Any, other: Any) -> Any:
    """The bits of the lanes in which one number is above another; numbers that are none are above nothing."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _bits(builder, builder.fcmp_ordered(">", *args))

    return types.int64(EIGHT, EIGHT), generate


@_intrinsic
def differs(context: Any, one: Any, other: Any) -> Any:
    """The bits of the lanes in which two numbers differ, or one of them is none."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _bits(builder, builder.fcmp_unordered("!=", *args))

    return types.int64(EIGHT, EIGHT), generate


@_intrinsic
def where(context: Any, bits: Any, one: Any, other: Any) -> Any:
    """One where the bit of a lane is set, else the other."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(_chosen(builder, args[0]), args[1], args[2])

    return EIGHT(types.int64, EIGHT, EIGHT), generate


@_intrinsic
def size(context: Any, value: Any) -> Any:
    """Absolute values."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(_REGISTER, [_REGISTER])
        return builder.call(_declared(builder.module, kind, f"llvm.fabs.v{WIDTH}f64"), args)

    return EIGHT(EIGHT), generate


def _arithmetic(name: str) -> Any:
    def operate(context: Any, one: Any, other: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return getattr(builder, name)(*args)

        return EIGHT(EIGHT, EIGHT), generate

    operate.__doc__ = name
    return _intrinsic(operate)


_add, _subtract, _multiply, _divide = (_arithmetic(name) for name in ("fadd", "fsub", "fmul", "fdiv"))


def _operator(symbol: Any, function: Any) -> None:
    """Let a sign between eights, or an eight and a number, mean a function of them."""

    def implement(one, other):  # type: ignore[no-untyped-def]  # numba compares the arguments of the two
        if one is EIGHT and other is EIGHT:
            return lambda one, other: function(one, other)
        if one is EIGHT and isinstance(other, types.Float):
            return lambda one, other: function(one, spread(other))
        if other is EIGHT and isinstance(one, types.Float):
            return lambda one, other: function(spread(one), other)
        return None

    make: Any = overload
    make(symbol)(implement)


for _symbol, _function in (
    (operator.add, _add),
    (operator.sub, _subtract),
    (operator.mul, _multiply),
    (operator.truediv, _divide),
):
    _operator(_symbol, _function)


# -- of one number as of eight --------------------------------------------------------------------------------------


@_intrinsic
def clipped(context: Any, value: Any, most: Any) -> Any:
    """A float64 or an Eight no further from 0 than `most`; what is no number stays."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        number, bound = args[0], _spread(builder, args[1]) if value is EIGHT else args[1]
        for sign, limit in ((">", bound), ("<", builder.fneg(bound))):
            number = builder.select(builder.fcmp_ordered(sign, number, limit), limit, number)
        return number

    return value(value, types.float64), generate


@_intrinsic
def as_power_of_two(context: Any, value: Any) -> Any:
    """2^n, where a float64 or an Eight is 1.5 * 2^52 + n: its last bits are those of n, those of 2^n come first."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        whole, real = (ir.VectorType(_I64, WIDTH), _REGISTER) if value is EIGHT else (_I64, _F64)

        def constant(number: int) -> Any:
            return ir.Constant(whole, [number] * WIDTH if value is EIGHT else number)

        raised = builder.add(builder.bitcast(args[0], whole), constant(1023))
        return builder.bitcast(builder.shl(raised, constant(52)), real)

    return value(value), generate
