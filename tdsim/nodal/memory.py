"""Numbers at an address, and functions at an address: what lets one compiled loop run devices that it does not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

_types: Any = types
_I64, _F64 = ir.IntType(64), ir.DoubleType()


def _intrinsic(function: Callable[..., Any]) -> Any:
    """A function that writes its own LLVM code when a compiled one calls it."""
    make: Any = intrinsic
    return make(function)


def _pointer(builder: Any, where: Any, kind: Any) -> Any:
    address, place = where
    return builder.gep(builder.inttoptr(address, kind.as_pointer()), [place])


def _viewer(kind: Any, doc: str) -> Any:
    def view(context: Any, words: Any, name: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            address = builder.load(_pointer(builder, args, _I64))
            return builder.inttoptr(address, context.get_value_type(signature.return_type))

        return _types.CPointer(kind)(types.int64, types.int64), generate

    view.__doc__ = doc
    return _intrinsic(view)


floats = _viewer(types.float64, "The float64 numbers whose address is word `name` of the words at an address.")
longs = _viewer(types.int64, "The int64 numbers whose address is word `name` of the words at an address.")
shorts = _viewer(types.int32, "The int32 numbers whose address is word `name` of the words at an address.")


@_intrinsic
def behind(context: Any, numbers: Any, count: Any) -> Any:
    """The numbers that begin `count` further on."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.gep(args[0], [args[1]])

    return numbers(numbers, types.int64), generate


@_intrinsic
def number_at(context: Any, address: Any, place: Any) -> Any:
    """The float64 number `place` behind an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_pointer(builder, args, _F64))

    return types.float64(types.int64, types.int64), generate


@_intrinsic
def integer_at(context: Any, address: Any, place: Any) -> Any:
    """The int64 number `place` behind an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_pointer(builder, args, _I64))

    return types.int64(types.int64, types.int64), generate


@_intrinsic
def put_number(context: Any, address: Any, place: Any, value: Any) -> Any:
    """Write a float64 number `place` behind an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _pointer(builder, args[:2], _F64))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float64), generate


@_intrinsic
def put_integer(context: Any, address: Any, place: Any, value: Any) -> Any:
    """Write an int64 number `place` behind an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _pointer(builder, args[:2], _I64))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@_intrinsic
def numbers_at(context: Any, kind: Any, address: Any, place: Any) -> Any:
    """A NamedTuple of floats from consecutive numbers: `numbers_at(Numbers, address, place)`."""
    if not isinstance(kind, types.NamedTupleClass):
        return None
    count = len(kind.instance_class._fields)
    found = _types.NamedUniTuple(types.float64, count, kind.instance_class)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values = [
            builder.load(_pointer(builder, (args[1], builder.add(args[2], ir.Constant(_I64, k))), _F64))
            for k in range(count)
        ]
        return context.make_tuple(builder, signature.return_type, values)

    return found(kind, types.int64, types.int64), generate


@_intrinsic
def differences_at(context: Any, like: Any, places: Any, first: Any, z: Any) -> Any:
    """The tuple z[a] - z[b], as long as `like`, for the pairs (a, b) that lie from `first` on in `places`."""
    count = len(like)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _, places, first, z = args
        values = []
        for k in range(count):
            ends = [
                builder.load(_pointer(builder, (places, builder.add(first, ir.Constant(_I64, 2 * k + end))), _I64))
                for end in (0, 1)
            ]
            a, b = (builder.load(_pointer(builder, (z, end), _F64)) for end in ends)
            values.append(builder.fsub(a, b))
        return context.make_tuple(builder, signature.return_type, values)

    return _types.UniTuple(types.float64, count)(like, types.int64, types.int64, types.int64), generate


@_intrinsic
def tuple_at(context: Any, like: Any, address: Any, place: Any) -> Any:
    """A tuple of consecutive floats, as long as `like`."""
    count = len(like)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values = [
            builder.load(_pointer(builder, (args[1], builder.add(args[2], ir.Constant(_I64, k))), _F64))
            for k in range(count)
        ]
        return context.make_tuple(builder, signature.return_type, values)

    return _types.UniTuple(types.float64, count)(like, types.int64, types.int64), generate


def _flat(context: Any, builder: Any, kind: Any, value: Any) -> list[Any]:
    """The numbers of a tuple, of tuples or of numbers, as float64."""
    if isinstance(kind, _types.BaseTuple):
        parts = [(inner, builder.extract_value(value, k)) for k, inner in enumerate(kind)]
        return [number for inner, part in parts for number in _flat(context, builder, inner, part)]
    return [context.cast(builder, value, kind, types.float64)]


@_intrinsic
def put_tuple(context: Any, address: Any, place: Any, values: Any) -> Any:
    """Write the numbers of a tuple, of tuples or of numbers, from `place` on behind an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        for k, number in enumerate(_flat(context, builder, values, args[2])):
            at = builder.add(args[1], ir.Constant(_I64, k))
            builder.store(number, _pointer(builder, (args[0], at), _F64))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, values), generate


def _leaves(kind: Any) -> list[Any]:
    """The types of what is in a tuple of tuples."""
    return [leaf for inner in kind for leaf in _leaves(inner)] if isinstance(kind, _types.BaseTuple) else [kind]


@_intrinsic
def put_used(context: Any, address: Any, place: Any, values: Any, used: Any) -> Any:
    """As `put_tuple`, but not where the tuple `used`, as long as all numbers together, has None."""
    wanted = [leaf is not types.none for leaf in _leaves(used)]

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        for k, number in enumerate(_flat(context, builder, values, args[2])):
            if wanted[k]:
                at = builder.add(args[1], ir.Constant(_I64, k))
                builder.store(number, _pointer(builder, (args[0], at), _F64))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, values, used), generate


def _held(gaps: Any) -> list[bool]:
    return [leaf is not types.none for leaf in gaps]


@_intrinsic
def filled(context: Any, values: Any, gaps: Any) -> Any:
    """A tuple with zeros put in where `gaps` has None."""
    held = _held(gaps)
    kind = values[0]

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        numbers = (builder.extract_value(args[0], k) for k in range(len(values)))
        zero = context.get_constant_null(kind)
        return context.make_tuple(builder, signature.return_type, [next(numbers) if h else zero for h in held])

    return _types.UniTuple(kind, len(held))(values, gaps), generate


def _without(context: Any, builder: Any, value: Any, gaps: Any, result: Any) -> Any:
    parts = [builder.extract_value(value, k) for k, h in enumerate(_held(gaps)) if h]
    return context.make_tuple(builder, result, parts)


def _kept(kind: Any, gaps: Any) -> Any:
    return _types.BaseTuple.from_types([leaf for leaf, h in zip(kind, _held(gaps), strict=True) if h])


@_intrinsic
def kept(context: Any, values: Any, gaps: Any) -> Any:
    """A tuple without what stands where `gaps` has None."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _without(context, builder, args[0], gaps, signature.return_type)

    return _kept(values, gaps)(values, gaps), generate


@_intrinsic
def kept_entries(context: Any, rows: Any, paths: Any, controls: Any) -> Any:
    """A tuple of tuples without the rows and the columns at which `paths` and `controls` have None."""
    inner = [_kept(row, controls) for row, h in zip(rows, _held(paths), strict=True) if h]

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found: list[Any] = []
        for k, h in enumerate(_held(paths)):
            if h:
                row = builder.extract_value(args[0], k)
                found.append(_without(context, builder, row, controls, inner[len(found)]))
        return context.make_tuple(builder, signature.return_type, found)

    return _types.BaseTuple.from_types(inner)(rows, paths, controls), generate


@_intrinsic
def minus(context: Any, one: Any, other: Any) -> Any:
    """The differences of two tuples of numbers."""
    count = len(one)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pairs = zip(_flat(context, builder, one, args[0]), _flat(context, builder, other, args[1]), strict=True)
        return context.make_tuple(builder, signature.return_type, [builder.fsub(a, b) for a, b in pairs])

    return _types.UniTuple(types.float64, count)(one, other), generate


@_intrinsic
def all_within(context: Any, values: Any, bound: Any) -> Any:
    """Whether all of a tuple of numbers are no further from 0 than `bound`; never where one is not a number."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found = ir.Constant(ir.IntType(1), 1)
        least = builder.fneg(args[1])
        for number in _flat(context, builder, values, args[0]):
            found = builder.and_(found, builder.fcmp_ordered("<=", number, args[1]))
            found = builder.and_(found, builder.fcmp_ordered(">=", number, least))
        return found

    return types.boolean(values, types.float64), generate


@_intrinsic
def add_products(
    context: Any, address: Any, place: Any, matrix: Any, first: Any, values: Any, count: Any, used: Any
) -> Any:
    """Add to `count` numbers behind an address the product of a matrix, which begins at `first`, with a tuple.

    What stands in the matrix where `used` has None is zero for good.
    """
    if not isinstance(count, _types.BaseTuple):
        return None
    rows, width, wanted = len(count), len(values), [leaf is not types.none for leaf in _leaves(used)]

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address, place, matrix, first, moved = args[:5]
        factors = _flat(context, builder, values, moved)
        for k in range(rows):
            columns = [j for j in range(width) if wanted[width * k + j]]
            if not columns:
                continue
            target = _pointer(builder, (address, builder.add(place, ir.Constant(_I64, k))), _F64)
            total = builder.load(target)
            for j in columns:
                at = builder.add(first, ir.Constant(_I64, width * k + j))
                total = builder.fadd(
                    total, builder.fmul(builder.load(_pointer(builder, (matrix, at), _F64)), factors[j])
                )
            builder.store(total, target)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64, values, count, used), generate


@_intrinsic
def call(context: Any, address: Any, row: Any) -> Any:
    """Call the compiled function at an address with the address of its row."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [_I64])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), [args[1]])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@_intrinsic
def call_solver(
    context: Any,
    address: Any,
    m: Any,
    alpha: Any,
    beta: Any,
    z: Any,
    most: Any,
    always: Any,
    part: Any,
    extra: Any,
) -> Any:
    """Call `equations.solver` at its address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(_I64, [_I64, _F64, _F64, _F64.as_pointer(), _I64, _I64, _F64, _I64])
        return builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])

    numbers = (types.int64, types.int64, types.float64, types.int64)
    return types.int64(types.int64, types.int64, types.float64, types.float64, z, *numbers), generate
