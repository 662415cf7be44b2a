"""How errors fall with the step, as a table: `python -m tests.benchmarks.convergence`; the example has the circuits."""

import runpy
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "convergence.py"

if __name__ == "__main__":
    example = runpy.run_path(str(EXAMPLE))
    example["show"](example["table"]())
