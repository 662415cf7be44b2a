"""Eight samples at a time, written for LLVM directly.

numba's own loops over rings are not turned into vector instructions, because the compiler cannot know that what is
written does not overlap what is read. `Light` is a type of compiled code that stands for eight samples of a wave, held
in registers; the functions here load, weigh, add and store it. Every product is added by a fused multiply-add, in the
order in which it stands in the source, so that a sample comes out the same to the bit wherever a window ends.

Samples are found by address: arrays that compiled functions hand on are counted, which costs more than a short sum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

WIDTH = 8

FLUSH = 1e-30
"""Waves below this, sqrt(W), are zero: a dark loop would otherwise ring down into denormal numbers, which are slow."""

_declared: Any = cgutils.get_or_insert_function
_DOUBLE = ir.DoubleType()
_EIGHT = ir.VectorType(_DOUBLE, WIDTH)
_SIXTEEN = ir.VectorType(_DOUBLE, 2 * WIDTH)


class Light(types.Type):
    """Eight samples of a wave: their real parts, their imaginary parts."""

    def __init__(self) -> None:
        super().__init__(name="Light")


LIGHT = Light()


@register_model(Light)
class _LightModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.LiteralStructType([_EIGHT, _EIGHT]))  # type: ignore[no-untyped-call]


def _intrinsic(function: Callable[..., Any]) -> Any:
    """A function that writes its own LLVM code when a compiled one calls it."""
    make: Any = intrinsic
    return make(function)


def _light(builder: Any, real: Any, imag: Any) -> Any:
    """Both parts as one value."""
    empty = ir.Constant(ir.LiteralStructType([_EIGHT, _EIGHT]), ir.Undefined)
    return builder.insert_value(builder.insert_value(empty, real, 0), imag, 1)


def _spread(builder: Any, number: Any) -> Any:
    """One number eight times."""
    first = builder.insert_element(ir.Constant(_EIGHT, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, first, _mask([0] * WIDTH))


def _mask(places: list[int]) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places)


def _parts(builder: Any, value: Any, kind: Any) -> list[Any]:
    """Real and imaginary parts of a Light, or of one complex number, eight times."""
    parts = [builder.extract_value(value, k) for k in (0, 1)]
    return parts if kind is LIGHT else [_spread(builder, part) for part in parts]


def _fused(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once."""
    kind = ir.FunctionType(_EIGHT, [_EIGHT] * 3)
    return builder.call(_declared(builder.module, kind, f"llvm.fma.v{WIDTH}f64"), [a, b, c])


def _absolute(builder: Any, a: Any) -> Any:
    kind = ir.FunctionType(_EIGHT, [_EIGHT])
    return builder.call(_declared(builder.module, kind, f"llvm.fabs.v{WIDTH}f64"), [a])


def _flushed(builder: Any, light: Any) -> list[Any]:
    """Real and imaginary parts, zero where too small to be light."""
    parts = _parts(builder, light, LIGHT)
    limit, zero = (_spread(builder, ir.Constant(_DOUBLE, number)) for number in (FLUSH, 0.0))
    real, imag = (builder.fcmp_ordered("<", _absolute(builder, part), limit) for part in parts)
    dark = builder.and_(real, imag)
    return [builder.select(dark, zero, part) for part in parts]


def _at(builder: Any, address: Any, place: Any, kind: Any) -> Any:
    """Pointer to what stands `place` doubles behind an address."""
    numbers = builder.inttoptr(address, _DOUBLE.as_pointer())
    return builder.bitcast(builder.gep(numbers, [place]), kind.as_pointer())


@_intrinsic
def load(context: Any, re: Any, im: Any, place: Any) -> Any:
    """Eight samples from `place` on; their real and imaginary parts stand behind the addresses re and im."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _light(builder, *(builder.load(_at(builder, plane, args[2], _EIGHT), align=8) for plane in args[:2]))

    return LIGHT(types.int64, types.int64, types.int64), generate


@_intrinsic
def store(context: Any, re: Any, im: Any, place: Any, light: Any) -> Any:
    """Write eight samples from `place` on."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        for plane, part in zip(args[:2], _parts(builder, args[3], LIGHT), strict=True):
            builder.store(part, _at(builder, plane, args[2], _EIGHT), align=8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, light), generate


@_intrinsic
def load_one(context: Any, re: Any, im: Any, place: Any) -> Any:
    """The sample at `place`, a complex number."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        number = context.make_complex(builder, types.complex128)
        number.real, number.imag = (builder.load(_at(builder, plane, args[2], _DOUBLE), align=8) for plane in args[:2])
        return number._getvalue()

    return types.complex128(types.int64, types.int64, types.int64), generate


@_intrinsic
def store_one(context: Any, re: Any, im: Any, place: Any, z: Any) -> Any:
    """Write the sample at `place`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        for k in (0, 1):
            builder.store(builder.extract_value(args[3], k), _at(builder, args[k], args[2], _DOUBLE), align=8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.complex128), generate


@_intrinsic
def flushed(context: Any, light: Any) -> Any:
    """Zero where too small to be light."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _light(builder, *_flushed(builder, args[0]))

    return LIGHT(light), generate


@_intrinsic
def spread(context: Any, sample: Any) -> Any:
    """One complex sample eight times."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _light(builder, *_parts(builder, args[0], signature.args[0]))

    return LIGHT(sample), generate


@_intrinsic
def times(context: Any, c: Any, x: Any) -> Any:
    """c x, for a complex number or Light c."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (a, b), (x, y) = (_parts(builder, args[k], signature.args[k]) for k in (0, 1))
        real = _fused(builder, builder.fneg(b), y, builder.fmul(a, x))
        return _light(builder, real, _fused(builder, b, x, builder.fmul(a, y)))

    return LIGHT(c, x), generate


@_intrinsic
def plus_times(context: Any, total: Any, c: Any, x: Any) -> Any:
    """total + c x, for a complex number or Light c."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (u, v), (a, b), (x, y) = (_parts(builder, args[k], signature.args[k]) for k in (0, 1, 2))
        real = _fused(builder, builder.fneg(b), y, _fused(builder, a, x, u))
        return _light(builder, real, _fused(builder, b, x, _fused(builder, a, y, v)))

    return LIGHT(total, c, x), generate


@_intrinsic
def load_complex(context: Any, address: Any, place: Any) -> Any:
    """Eight complex numbers, number `place` and those that follow it, behind an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        twice = builder.shl(args[1], ir.Constant(ir.IntType(64), 1))
        both = builder.load(_at(builder, args[0], twice, _SIXTEEN), align=8)
        return _light(
            builder, *(builder.shuffle_vector(both, both, _mask(list(range(k, 2 * WIDTH, 2)))) for k in (0, 1))
        )

    return LIGHT(types.int64, types.int64), generate


@_intrinsic
def conjugates_backwards(context: Any, light: Any) -> Any:
    """The conjugates of eight samples in reverse order."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        order = _mask(list(reversed(range(WIDTH))))
        real, imag = (builder.shuffle_vector(part, part, order) for part in _parts(builder, args[0], LIGHT))
        return _light(builder, real, builder.fneg(imag))

    return LIGHT(light), generate


@_intrinsic
def sum_of(context: Any, light: Any) -> Any:
    """The sum of eight samples, a complex number."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        number = context.make_complex(builder, types.complex128)
        sums = []
        for part in _parts(builder, args[0], LIGHT):
            numbers = [builder.extract_element(part, ir.Constant(ir.IntType(32), k)) for k in range(WIDTH)]
            while len(numbers) > 1:
                numbers = [builder.fadd(a, b) for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
            sums += numbers
        number.real, number.imag = sums
        return number._getvalue()

    return types.complex128(light), generate


@_intrinsic
def store_complex(context: Any, address: Any, place: Any, light: Any) -> Any:
    """Write eight samples as complex numbers, number `place` and those that follow it, behind an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        twice = builder.shl(args[1], ir.Constant(ir.IntType(64), 1))
        mixed = _mask([n // 2 + WIDTH * (n % 2) for n in range(2 * WIDTH)])
        both = builder.shuffle_vector(*_parts(builder, args[2], LIGHT), mixed)
        builder.store(both, _at(builder, args[0], twice, _SIXTEEN), align=8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, light), generate


@_intrinsic
def powers(context: Any, light: Any) -> Any:
    """The powers of eight samples, as the real parts of eight others."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        squares = [builder.fmul(part, part) for part in _parts(builder, args[0], LIGHT)]
        return _light(builder, builder.fadd(*squares), squares[1])

    return LIGHT(light), generate


@_intrinsic
def store_real(context: Any, address: Any, place: Any, light: Any) -> Any:
    """Write the real parts of eight samples as numbers, number `place` and those that follow it, behind an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(_parts(builder, args[2], LIGHT)[0], _at(builder, args[0], args[1], _EIGHT), align=8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, light), generate


@_intrinsic
def store_real_one(context: Any, address: Any, place: Any, number: Any) -> Any:
    """Write number `place` behind an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _at(builder, args[0], args[1], _DOUBLE), align=8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float64), generate
