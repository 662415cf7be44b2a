"""Stacks of functions that stop in the middle."""

import subprocess
import sys

import pytest

from tdsim.nodal import fibers

pytestmark = pytest.mark.skipif(not fibers.possible(), reason="the system's library does not change stacks")


def test_a_stack_begins_behind_a_page_that_nobody_may_touch():
    program = (
        "import ctypes, sys; from tdsim.nodal import fibers; fiber = fibers.Fiber(); "
        "begin = fiber._stack.ctypes.data; ctypes.memset(begin + fibers.GUARD, 1, fibers.STACK); "
        "print('written', flush=True); ctypes.memset(begin + fibers.GUARD - 1, 1, 1); print('spoilt', flush=True)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode < 0
    assert done.stdout.split() == ["written"]
