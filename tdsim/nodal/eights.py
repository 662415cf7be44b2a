"""Eight numbers at once, one of each of eight runs: a type of compiled code that stands for a vector register.

Sums and products are rounded one by one and in the order in which they are written, as those of single numbers are:
every run comes out the same to the bit whether it is one of eight or alone. What is chosen lane by lane is chosen by
eight bits of an integer.

Eights stand behind an address one after the other; numbers of eight runs that stand apart are gathered, by a table of
eight addresses.
"""

from __future__ import annotations

import math
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


def _gathered(builder: Any, table: Any, place: Any) -> Any:
    """The numbers `place` behind the eight addresses of a table."""
    found = ir.Constant(_REGISTER, ir.Undefined)
    for k in range(WIDTH):
        address = builder.load(_at(builder, table, _constant(k), _I64))
        number = builder.load(_at(builder, address, place, _F64))
        found = builder.insert_element(found, number, ir.Constant(ir.IntType(32), k))
    return found


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
        return _gathered(builder, args[0], args[1])

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


def _lanes(builder: Any, kind: Any, value: Any) -> Any:
    """A number of any type as eight."""
    if kind is EIGHT:
        return value
    if isinstance(kind, types.Integer):
        value = builder.sitofp(value, _F64)
    return _spread(builder, value)


def _is_number(kind: Any) -> bool:
    return kind is EIGHT or isinstance(kind, (types.Float, types.Integer))


def _made_of(operate: Callable[..., Any], result: Any, doc: str) -> Any:
    """An intrinsic of two numbers of which one at least is an Eight."""

    def typed(context: Any, one: Any, other: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return operate(builder, *(_lanes(builder, k, v) for k, v in zip(signature.args, args, strict=True)))

        return result(one, other), generate

    typed.__doc__ = doc
    return _intrinsic(typed)


def _operator(symbol: Any, function: Any) -> None:
    """Let a sign between eights, or an eight and a number, mean a function of them."""

    def implement(one, other):  # type: ignore[no-untyped-def]  # numba compares the arguments of the two
        if EIGHT in (one, other) and _is_number(one) and _is_number(other):
            return lambda one, other: function(one, other)
        return None

    make: Any = overload
    make(symbol)(implement)


def _define_operators() -> None:
    for symbol, name in (
        (operator.add, "fadd"),
        (operator.sub, "fsub"),
        (operator.mul, "fmul"),
        (operator.truediv, "fdiv"),
    ):
        _operator(symbol, _made_of(lambda b, x, y, name=name: getattr(b, name)(x, y), EIGHT, name))
    for symbol, sign in (
        (operator.lt, "<"),
        (operator.le, "<="),
        (operator.gt, ">"),
        (operator.ge, ">="),
        (operator.eq, "=="),
    ):
        _operator(
            symbol,
            _made_of(lambda b, x, y, sign=sign: _bits(b, b.fcmp_ordered(sign, x, y)), types.int64, "bits: " + sign),
        )
    _operator(
        operator.ne, _made_of(lambda b, x, y: _bits(b, b.fcmp_unordered("!=", x, y)), types.int64, "bits: differs")
    )


_define_operators()


@_intrinsic
def negative(context: Any, value: Any) -> Any:
    """The same with the other sign."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fneg(args[0])

    return EIGHT(EIGHT), generate


def _negative(value):  # type: ignore[no-untyped-def]
    return (lambda value: negative(value)) if value is EIGHT else None


_overload: Any = overload
_overload(operator.neg)(_negative)


# -- tuples of eights ---------------------------------------------------------------------------------------------


def _loaded(builder: Any, address: Any, place: Any) -> Any:
    return builder.load(_at(builder, address, place, _REGISTER), align=8)


def _flat(builder: Any, kind: Any, value: Any) -> list[Any]:
    """The numbers of a tuple, of tuples or of numbers, as registers."""
    if isinstance(kind, _types.BaseTuple):
        parts = [(inner, builder.extract_value(value, k)) for k, inner in enumerate(kind)]
        return [number for inner, part in parts for number in _flat(builder, inner, part)]
    return [_lanes(builder, kind, value)]


def _leaves(kind: Any) -> list[Any]:
    """The types of what is in a tuple of tuples."""
    return [leaf for inner in kind for leaf in _leaves(inner)] if isinstance(kind, _types.BaseTuple) else [kind]


def _eights(count: int) -> Any:
    return _types.UniTuple(EIGHT, count)


@_intrinsic
def differences_in(context: Any, like: Any, places: Any, first: Any, z: Any) -> Any:
    """The tuple z[a] - z[b] of eights, as long as `like`, for the pairs (a, b) from `first` on in `places`."""
    count = len(like)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _, places, first, z = args
        values = []
        for k in range(count):
            ends = [builder.load(_at(builder, places, builder.add(first, _constant(2 * k + e)), _I64)) for e in (0, 1)]
            values.append(builder.fsub(*(_loaded(builder, z, end) for end in ends)))
        return context.make_tuple(builder, signature.return_type, values)

    return _eights(count)(like, types.int64, types.int64, types.int64), generate


@_intrinsic
def gathered_differences(context: Any, like: Any, places: Any, first: Any, table: Any) -> Any:
    """The same of numbers that stand behind the eight addresses of a table."""
    count = len(like)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _, places, first, table = args
        ends = [builder.load(_at(builder, places, builder.add(first, _constant(k)), _I64)) for k in range(2 * count)]
        found = [_gathered(builder, table, end) for end in ends]
        values = [builder.fsub(a, b) for a, b in zip(found[::2], found[1::2], strict=True)]
        return context.make_tuple(builder, signature.return_type, values)

    return _eights(count)(like, types.int64, types.int64, types.int64), generate


def _tuple_of(read: Callable[..., Any], doc: str) -> Any:
    """An intrinsic that reads a tuple as long as `like`, or a NamedTuple of that class."""

    def typed(context: Any, like: Any, address: Any, place: Any) -> Any:
        named = isinstance(like, types.NamedTupleClass)
        count = len(like.instance_class._fields) if named else len(like)
        found = _types.NamedUniTuple(EIGHT, count, like.instance_class) if named else _eights(count)

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            values = [read(builder, args[1], builder.add(args[2], _constant(k))) for k in range(count)]
            return context.make_tuple(builder, signature.return_type, values)

        return found(like, types.int64, types.int64), generate

    typed.__doc__ = doc
    return _intrinsic(typed)


def _loaded_and_spread(builder: Any, address: Any, place: Any) -> Any:
    return _spread(builder, builder.load(_at(builder, address, place, _F64)))


eights_at = _tuple_of(_loaded, "Consecutive eights.")
spread_at = _tuple_of(_loaded_and_spread, "Consecutive numbers, each eight times.")


@_intrinsic
def put_eights(context: Any, address: Any, place: Any, lanes: Any, values: Any, used: Any) -> Any:
    """Write lanes of a tuple of eights or numbers, or of such tuples, from `place` on; not where `used` has None."""
    wanted = [leaf is not types.none for leaf in _leaves(used)]

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address, place, lanes, numbers, _ = args
        chosen = _chosen(builder, lanes)
        for k, number in enumerate(_flat(builder, values, numbers)):
            if wanted[k]:
                at = _at(builder, address, builder.add(place, _constant(k)), _REGISTER)
                builder.store(builder.select(chosen, number, builder.load(at, align=8)), at, align=8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, values, used), generate


@_intrinsic
def apart(context: Any, one: Any, other: Any) -> Any:
    """The differences of two tuples of eights or numbers, as eights."""
    count = len(one)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pairs = zip(*(_flat(builder, k, v) for k, v in zip(signature.args, args, strict=True)), strict=True)
        return context.make_tuple(builder, signature.return_type, [builder.fsub(a, b) for a, b in pairs])

    return _eights(count)(one, other), generate


@_intrinsic
def lanes_within(context: Any, values: Any, bound: Any) -> Any:
    """The bits of the lanes in which all of a tuple of eights are no further from 0 than a number or an Eight."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found, most = ir.Constant(_MASK, [1] * WIDTH), _lanes(builder, bound, args[1])
        least = builder.fneg(most)
        for number in _flat(builder, values, args[0]):
            found = builder.and_(found, builder.fcmp_ordered("<=", number, most))
            found = builder.and_(found, builder.fcmp_ordered(">=", number, least))
        return _bits(builder, found)

    return types.int64(values, bound), generate


@_intrinsic
def moved_along(context: Any, values: Any, matrix: Any, first: Any, moved: Any, used: Any) -> Any:
    """A tuple of eights or numbers, plus a matrix of eights, which begins at `first`, times a tuple; see `put_eights`.

    `memory.add_products` of each lane.
    """
    rows, width, wanted = len(values), len(moved), [leaf is not types.none for leaf in _leaves(used)]

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values_, matrix, first, moved_, _ = args
        factors, totals = _flat(builder, moved, moved_), _flat(builder, values, values_)
        for k in range(rows):
            for j in range(width):
                if wanted[width * k + j]:
                    entry = _loaded(builder, matrix, builder.add(first, _constant(width * k + j)))
                    totals[k] = builder.fadd(totals[k], builder.fmul(entry, factors[j]))
        return context.make_tuple(builder, signature.return_type, totals)

    return _eights(rows)(values, types.int64, types.int64, moved, used), generate


def _eight_kind(one: Any, other: Any) -> Any:
    """The type of a choice between two."""
    if isinstance(one, _types.BaseTuple):
        return _types.Tuple([_eight_kind(a, b) for a, b in zip(one, other, strict=True)])
    return EIGHT


@_intrinsic
def choose(context: Any, lanes: Any, one: Any, other: Any) -> Any:
    """One where the bit of a lane is set, else the other: eights, numbers, or tuples of them alike."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        chosen = _chosen(builder, args[0])

        def between(kinds: Any, values: Any) -> Any:
            if not isinstance(kinds[0], _types.BaseTuple):
                return builder.select(chosen, *(_lanes(builder, k, v) for k, v in zip(kinds, values, strict=True)))
            parts = []
            for k, inner in enumerate(zip(*kinds, strict=True)):
                parts.append(between(inner, [builder.extract_value(value, k) for value in values]))
            return context.make_tuple(builder, _eight_kind(*kinds), parts)

        return between(signature.args[1:], args[1:])

    return _eight_kind(one, other)(types.int64, one, other), generate


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


def _shape(value: Any) -> tuple[Any, Any, Callable[[float], Any], Callable[[int], Any]]:
    """The LLVM types of a float64 or an Eight as numbers and as integers, and constants of both."""
    if value is EIGHT:
        whole = ir.VectorType(_I64, WIDTH)
        return (
            _REGISTER,
            whole,
            lambda x: ir.Constant(_REGISTER, [ir.Constant(_F64, x)] * WIDTH),
            lambda n: ir.Constant(whole, [ir.Constant(_I64, n)] * WIDTH),
        )
    return _F64, _I64, lambda x: ir.Constant(_F64, x), lambda n: ir.Constant(_I64, n)


@_intrinsic
def fused(context: Any, one: Any, other: Any, more: Any) -> Any:
    """one * other + more, rounded once: of float64 numbers, or of eights and numbers."""
    found = EIGHT if EIGHT in (one, other, more) else types.float64

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if found is EIGHT:
            args = [_lanes(builder, kind, value) for kind, value in zip(signature.args, args, strict=True)]
        register = _shape(found)[0]
        name = f"llvm.fma.v{WIDTH}f64" if found is EIGHT else "llvm.fma.f64"
        return builder.call(_declared(builder.module, ir.FunctionType(register, [register] * 3), name), args)

    return found(one, other, more), generate


@_intrinsic
def root(context: Any, value: Any) -> Any:
    """Square roots, rounded correctly."""
    found = EIGHT if value is EIGHT else types.float64

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        register = _shape(found)[0]
        name = f"llvm.sqrt.v{WIDTH}f64" if found is EIGHT else "llvm.sqrt.f64"
        return builder.call(_declared(builder.module, ir.FunctionType(register, [register]), name), args)

    return found(found), generate


_HALF = 0x3FE6A09E667F3BCD
"""The bits of the square root of 1/2."""

_BIAS = 1 << 63


def _raised(builder: Any, value: Any, number: Any) -> Any:
    """The bits of a number above those of sqrt(1/2), and 2048 more in place of the exponent."""
    _, whole, _, integer = _shape(value)
    return builder.add(builder.bitcast(number, whole), integer((_BIAS - _HALF) % 2**64))


@_intrinsic
def exponent_of(context: Any, value: Any) -> Any:
    """k, where a positive number is 2^k m and sqrt(1/2) <= m < sqrt(2)."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        register, _, real, integer = _shape(value)
        shifted = builder.lshr(_raised(builder, value, args[0]), integer(52))
        return builder.fsub(
            builder.bitcast(builder.or_(shifted, integer(0x4330 << 48)), register), real(2.0**52 + 2048)
        )

    return value(value), generate


@_intrinsic
def mantissa_of(context: Any, value: Any) -> Any:
    """m, as in `exponent_of`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        register, whole, _, integer = _shape(value)
        above = builder.and_(_raised(builder, value, args[0]), integer(0xFFF << 52))
        bits = builder.sub(builder.bitcast(args[0], whole), above)
        return builder.bitcast(builder.add(bits, integer(_BIAS)), register)

    return value(value), generate


@_intrinsic
def where_positive(context: Any, value: Any, one: Any, other: Any) -> Any:
    """One where a value is above 0, else the number `other`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        number, found, rest = args
        if value is EIGHT:
            rest = _spread(builder, rest)
        return builder.select(builder.fcmp_ordered(">", number, _shape(value)[2](0.0)), found, rest)

    return value(value, value, types.float64), generate


def _each(function: Any) -> Any:
    """A function of a number, called for each lane."""

    def typed(context: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            found = ir.Constant(_REGISTER, ir.Undefined)
            for k in range(WIDTH):
                place = ir.Constant(ir.IntType(32), k)
                one = context.compile_internal(
                    builder, function, types.float64(types.float64), [builder.extract_element(args[0], place)]
                )
                found = builder.insert_element(found, one, place)
            return found

        return EIGHT(EIGHT), generate

    return _intrinsic(typed)


def _lane_by_lane(function: Any) -> None:
    """Let a function of `math` take an Eight: it gives what it gives for each of the numbers."""

    def alone(value):  # type: ignore[no-untyped-def]
        return function(value)

    each = root if function is math.sqrt else _each(alone)

    def implement(value):  # type: ignore[no-untyped-def]
        return (lambda value: each(value)) if value is EIGHT else None

    _overload(function)(implement)


for _function in (math.exp, math.log, math.sqrt, math.tan, math.sin, math.cos, math.atan, math.tanh, math.log1p):
    _lane_by_lane(_function)
