"""How numba is brought in."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
import tdsim.engine.kernel
assert "scipy.linalg" not in sys.modules, "the start of every run would pay for it"
import numba, numpy as np
product = numba.njit(lambda a, b: np.dot(a, b))
matrix = np.arange(9.0).reshape(3, 3)
assert (product(matrix, matrix) == matrix @ matrix).all()
assert hasattr(sys.modules["scipy.linalg.cython_blas"], "__pyx_capi__"), "this is not SciPy's own module"
"""


def test_linear_algebra_is_there_for_who_asks_and_not_before() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
