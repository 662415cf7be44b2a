"""Weighted sums of waves, eight samples at a time, written for LLVM directly.

numba's own loops over the tape are not turned into vector instructions, because the compiler cannot know that what is
written does not overlap what is read. Here it need not know: one call reads its samples, multiplies, adds and writes.
Every product is added by a fused multiply-add in a fixed order, eight at a time or one at a time alike, so that a
sample comes out the same to the bit wherever a window ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from .tape import FLUSH

_declared: Any = cgutils.get_or_insert_function

WIDTH = 8
_DOUBLE = ir.DoubleType()


def _intrinsic(function: Callable[..., Any]) -> Any:
    """A function that writes its own LLVM code when a compiled one calls it."""
    make: Any = intrinsic
    return make(function)


def _fused(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once."""
    lanes = "f64" if a.type == _DOUBLE else f"v{a.type.count}f64"
    kind = ir.FunctionType(a.type, [a.type] * 3)
    return builder.call(_declared(builder.module, kind, f"llvm.fma.{lanes}"), [a, b, c])


def _absolute(builder: Any, a: Any) -> Any:
    lanes = "f64" if a.type == _DOUBLE else f"v{a.type.count}f64"
    kind = ir.FunctionType(a.type, [a.type])
    return builder.call(_declared(builder.module, kind, f"llvm.fabs.{lanes}"), [a])


def _spread(builder: Any, number: Any, width: int) -> Any:
    """One number in every lane."""
    if width == 1:
        return number
    kind = ir.VectorType(_DOUBLE, width)
    zero = ir.Constant(ir.IntType(32), 0)
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), number, zero)
    return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width))


def _flushed(builder: Any, parts: list[Any], width: int) -> list[Any]:
    """Real and imaginary part, zero where too small to be light."""
    real, imag = parts
    limit = _spread(builder, ir.Constant(_DOUBLE, FLUSH), width)
    dark = builder.and_(
        builder.fcmp_ordered("<", _absolute(builder, real), limit),
        builder.fcmp_ordered("<", _absolute(builder, imag), limit),
    )
    zero = _spread(builder, ir.Constant(_DOUBLE, 0.0), width)
    return [builder.select(dark, zero, part) for part in parts]


def _weigher(width: int, onto: bool) -> Any:
    """A function weigh(re, im, out, places, values): from `out` on, the sum of value times what lies at each place.

    `onto` starts from what is at `out` already. What is written is flushed.
    """

    @_intrinsic
    def weigh(context: Any, re: Any, im: Any, out: Any, places: Any, values: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kind = _DOUBLE if width == 1 else _numbers(width)

            def pointer(plane: int, place: Any) -> Any:
                number = _data(context, builder, signature.args[plane], args[plane], place)
                return builder.bitcast(number, kind.as_pointer())

            total: Any = [builder.load(pointer(p, args[2]), align=8) for p in (0, 1)] if onto else None
            for k in range(len(signature.args[3])):
                place = builder.extract_value(args[3], k)
                number = builder.extract_value(args[4], k)
                c = [_spread(builder, builder.extract_value(number, part), width) for part in (0, 1)]
                x = [builder.load(pointer(p, place), align=8) for p in (0, 1)]
                total = _multiply_add(builder, c, x, total)
            real, imag = _flushed(builder, total, width)
            builder.store(real, pointer(0, args[2]), align=8)
            builder.store(imag, pointer(1, args[2]), align=8)
            return context.get_dummy_value()

        return types.void(re, im, out, places, values), generate

    return weigh


def _multiply_add(builder: Any, c: list[Any], x: list[Any], total: list[Any] | None) -> list[Any]:
    """total + c x, with complex c and x as (real, imaginary)."""
    minus = builder.fneg(c[1])
    if total is None:
        real, imag = builder.fmul(c[0], x[0]), builder.fmul(c[0], x[1])
    else:
        real, imag = _fused(builder, c[0], x[0], total[0]), _fused(builder, c[0], x[1], total[1])
    return [_fused(builder, minus, x[1], real), _fused(builder, c[1], x[0], imag)]


weigh, weigh_one = _weigher(WIDTH, onto=False), _weigher(1, onto=False)
"""The whole of a sum, eight samples or one."""

go_on, go_on_one = _weigher(WIDTH, onto=True), _weigher(1, onto=True)
"""Some terms added to a sum."""


def _data(context: Any, builder: Any, kind: Any, array: Any, place: Any) -> Any:
    """The address of one number in an array."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [place])


def _numbers(count: int) -> Any:
    return ir.VectorType(_DOUBLE, count)


def _mask(places: list[int]) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places)


@_intrinsic
def split(context: Any, pairs: Any, place: Any, re: Any, im: Any, out: Any) -> Any:
    """Eight complex numbers from `place` on in `pairs`, flushed, to the planes re and im from `out` on."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _data(context, builder, signature.args[0], args[0], args[1])
        both = builder.load(builder.bitcast(pointer, _numbers(2 * WIDTH).as_pointer()), align=8)
        parts = [builder.shuffle_vector(both, both, _mask(list(range(k, 2 * WIDTH, 2)))) for k in (0, 1)]
        for k, part in enumerate(_flushed(builder, parts, WIDTH), start=2):
            target = _data(context, builder, signature.args[k], args[k], args[4])
            builder.store(part, builder.bitcast(target, _numbers(WIDTH).as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(pairs, place, re, im, out), generate


@_intrinsic
def join(context: Any, re: Any, im: Any, place: Any, pairs: Any, out: Any) -> Any:
    """Eight samples from `place` on in the planes re and im to complex numbers from `out` on in `pairs`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        parts = []
        for k in (0, 1):
            pointer = _data(context, builder, signature.args[k], args[k], args[2])
            parts.append(builder.load(builder.bitcast(pointer, _numbers(WIDTH).as_pointer()), align=8))
        both = builder.shuffle_vector(*parts, _mask([n // 2 + WIDTH * (n % 2) for n in range(2 * WIDTH)]))
        target = _data(context, builder, signature.args[3], args[3], args[4])
        builder.store(both, builder.bitcast(target, _numbers(2 * WIDTH).as_pointer()), align=8)
        return context.get_dummy_value()

    return types.void(re, im, place, pairs, out), generate
