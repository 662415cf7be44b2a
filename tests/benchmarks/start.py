"""What a fresh process costs: the time until `tdsim run` is done, and the most memory that a transient takes."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .circuits import CASES
from .measure import Discard, prepared, sample_count

ROOT = Path(__file__).resolve().parents[2]
NETLIST = ROOT / "netlists" / "photonic" / "ring.cir"


def start_time(turns: int = 3) -> tuple[float, float]:
    """Seconds that `tdsim --version` and `tdsim run ring.cir` take in a fresh process, compiled code being cached."""
    with tempfile.TemporaryDirectory() as folder:
        verb = ["run", str(NETLIST), "-o", str(Path(folder) / "ring.nc"), "--overwrite"]
        _seconds(verb)
        return tuple(min(_seconds(v) for _ in range(turns)) for v in (["--version"], verb))  # type: ignore[return-value]


def _seconds(arguments: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "tdsim", *arguments], cwd=ROOT, capture_output=True, check=True)
    return time.perf_counter() - began


def peak_memory(name: str, runs: int, numbers: int) -> float:
    """Most memory (MB) that a fresh process takes to run the transient that is timed."""
    command = [sys.executable, "-m", "tests.benchmarks.start", name, str(runs), str(numbers)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _peak() -> float:
    """This process's largest resident size, MB. NOTE: Linux's rusage would count the parent's as well."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM:"))
        return float(line.split()[1]) / 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1024**2


def main() -> None:
    name, runs, numbers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    case = CASES[name]()
    prepared(case, case.samples(runs, sample_count(case, runs, numbers))).run(Discard())
    print(_peak())


if __name__ == "__main__":
    main()
