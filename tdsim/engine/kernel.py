"""The one place with numba options, and the folder in which compiled code is kept.

The folder's name holds a digest of all sources that compiled code is made of: numba's own cache does not notice an
edited function in another file and would go on with the old one.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, cast

import numba

from ..cache import cache_folder

Function = TypeVar("Function", bound=Callable[..., Any])


def _import_without_blas() -> None:
    """Import numba's array functions without SciPy's linear algebra.

    numba asks whether BLAS is there by importing SciPy's wrapper of it, which takes as long as a small simulation. No
    function here uses BLAS, and SciPy is installed with tdsim: a module of that name answers the question. It is gone
    afterwards, so that whoever does need BLAS imports the real one. A numba that asks in another way does not notice.
    """
    name = "scipy.linalg.cython_blas"
    if name in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    sys.modules[name] = stand_in = ModuleType(name)
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]


_import_without_blas()

_SOURCES = (
    "engine/kernel.py",
    "engine/simd.py",
    "engine/rings.py",
    "engine/feeds.py",
    "engine/outlets.py",
    "engine/plan.py",
    "engine/sums.py",
    "engine/lattice.py",
    "engine/recurrence.py",
    "engine/operations.py",
    "engine/turning.py",
    "engine/backstep.py",
    "engine/conjugation.py",
    "engine/advance.py",
    "engine/products.py",
    "schedule/pack.py",
    "schedule/splitting.py",
    "behaviour/tree.py",
    "behaviour/code.py",
    "nodal/history.py",
    "nodal/curves.py",
    "nodal/interpreter.py",
    "nodal/laws.py",
    "nodal/memory.py",
    "nodal/words.py",
    "nodal/methods.py",
    "nodal/kinds.py",
    "nodal/choices.py",
    "nodal/kinds_together.py",
    "nodal/lu.py",
    "nodal/equations.py",
    "nodal/stepping.py",
    "nodal/eights.py",
    "nodal/fibers.py",
    "nodal/laws_together.py",
    "nodal/together.py",
    "nodal/lit.py",
)


def _digest() -> str:
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(f"{numba.__version__} {sys.version_info[:3]}".encode())
    for name in _SOURCES:
        digest.update((package / name).read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    """A folder that can be written: NUMBA_CACHE_DIR, the user's cache folder, or a temporary one with a warning."""
    name = f"kernels-{_digest()}"
    try:
        return cache_folder(name)
    except OSError as error:
        temporary = Path(tempfile.gettempdir()) / f"tdsim-{os.getuid() if hasattr(os, 'getuid') else 0}" / name
        try:
            temporary.mkdir(parents=True, exist_ok=True)
        except OSError:
            temporary = Path(tempfile.mkdtemp(prefix="tdsim-"))
        print(f"tdsim: cannot write to {error.filename}; compiled code is kept in {temporary}", file=sys.stderr)
        return temporary


CACHE = _cache_folder()
setattr(numba.config, "CACHE_DIR", str(CACHE))  # noqa: B010


def warm_up_needed() -> bool:
    """Whether the kernels have to be compiled first, which takes some seconds."""
    return next(CACHE.glob("**/*.nbc"), None) is None


def compiled(function: Function) -> Function:
    """Compile a function to machine code when it is first called, and keep the result for later starts.

    No fast-math flags: a wave must come out the same whether a window ends after it or not, and reordered sums would
    depend on how the compiler splits a loop.
    """
    return cast(Function, numba.njit(cache=True, error_model="numpy", nogil=True)(function))


def inlined(function: Function) -> Function:
    """Compile a function into every place that calls it: handing arrays on costs more than a short function does."""
    return cast(Function, numba.njit(inline="always", error_model="numpy")(function))
