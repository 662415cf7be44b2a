"""Memory does not grow with the length of a run."""

import subprocess
import sys

import pytest
import xarray as xr

SAMPLES = 10_000_000

SCRIPT = """
import sys
import numpy as np
from tdsim.results.schema import Coordinate, Schema, Variable
from tdsim.results.store import NetcdfSink
samples, size = int(sys.argv[2]), 100_000
sink = NetcdfSink(sys.argv[1])
signal = Variable("e(out)", ("time",), "sqrt(W)", "envelope", True)
sink.begin(Schema("tran", "time", (Coordinate("time", "s", "time"),), (signal,)))
for start in range(0, samples, size):
    time = np.arange(start, start + size) * 1e-13
    sink.append(time, {"e(out)": np.exp(1e11j * time)})
sink.finish({})
sink.close({})
assert "xarray" not in sys.modules
for line in open("/proc/self/status"):  # getrusage would count what the parent held when it forked
    if line.startswith("VmHWM"):
        print(int(line.split()[1]) / 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak from /proc")
def test_ten_million_samples_take_little_memory_and_open_with_plain_xarray(tmp_path):
    path = tmp_path / "a.nc"
    command = [sys.executable, "-c", SCRIPT, str(path), str(SAMPLES)]
    megabytes = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert megabytes < 200  # the engine needs up to 200 more
    with xr.open_dataset(path) as result:
        assert result.sizes["time"] == SAMPLES
        assert result["e(out)"].dtype.names == ("r", "i")
