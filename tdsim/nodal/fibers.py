"""Functions that stop in the middle and go on later: each has a stack of its own, the system's library changes stacks.

A run that asks for a solution is put aside until others ask too, wherever in its step it is; the code of a step knows
nothing of it. Where the system's library does not offer this (`possible`), runs go one after the other, with the same
results.

Reference: getcontext, makecontext, swapcontext of POSIX.1-2001.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

CONTEXT, STACK = 1 << 14, 1 << 19
"""Bytes of a context, which is smaller on every machine that is known, and of a stack."""

GUARD = mmap.PAGESIZE
"""Bytes below a stack that nobody may touch: one that grows too far ends the program instead of spoiling others."""

NOBODY = 0
"""The protection of memory that nobody may touch, PROT_NONE."""

LINK, STACK_BEGIN, STACK_SIZE = 1, 2, 4
"""Words of a context: what follows its end, and its stack (the same on all 64-bit machines with Linux)."""


@functools.cache
def _library() -> Any:
    """The functions of the system's library; None where they are missing or look otherwise."""
    if not sys.platform.startswith("linux") or ctypes.sizeof(ctypes.c_void_p) != 8:
        return None
    library = ctypes.CDLL(None)
    names = ("getcontext", "makecontext", "swapcontext", "mprotect")
    return library if all(hasattr(library, name) for name in names) else None


def possible() -> bool:
    """Whether there are fibers here."""
    return _library() is not None


@functools.cache
def switch_address() -> int:
    """The address of the function that changes from one context to another."""
    return int(ctypes.cast(_library().swapcontext, ctypes.c_void_p).value or 0)


class Fiber:
    """A context with its stack; `address` is that of the context."""

    def __init__(self) -> None:
        self._context = np.zeros(CONTEXT // 8, dtype=np.int64)
        room = mmap.mmap(-1, GUARD + STACK, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._stack = np.frombuffer(room, dtype=np.int64)
        first = ctypes.c_void_p(self._stack.ctypes.data)
        _library().mprotect(first, ctypes.c_size_t(GUARD), ctypes.c_int(NOBODY))

    @property
    def address(self) -> int:
        return int(self._context.ctypes.data)

    def begin(self, function: int, argument: int) -> None:
        """When it is next changed to, call the compiled function (int32, int32) with both halves of a number.

        The function must not return, but change to another context when it is done.
        """
        library, halves = _library(), (argument & 0xFFFFFFFF, argument >> 32)
        library.getcontext(ctypes.c_void_p(self.address))
        self._context[[LINK, STACK_BEGIN, STACK_SIZE]] = 0, self._stack.ctypes.data + GUARD, STACK
        context, called = ctypes.c_void_p(self.address), ctypes.c_void_p(function)
        library.makecontext(context, called, ctypes.c_int(2), *map(ctypes.c_uint, halves))


def _intrinsic(function: Any) -> Any:
    make: Any = intrinsic
    return make(function)


@_intrinsic
def switch(context: Any, function: Any, here: Any, there: Any) -> Any:
    """Put the present context where `here` points to and go on with the one at `there`; `function` changes them."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        number = ir.IntType(64)
        kind = ir.FunctionType(ir.IntType(32), [number, number])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@_intrinsic
def address_of(context: Any, numbers: Any) -> Any:
    """The address of the first of some numbers."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ptrtoint(args[0], ir.IntType(64))

    return types.int64(numbers), generate


@_intrinsic
def at_address(context: Any, address: Any) -> Any:
    """The float64 numbers that begin at an address."""
    pointer: Any = types.CPointer(types.float64)  # type: ignore[no-untyped-call]

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(signature.return_type))

    return pointer(types.int64), generate
