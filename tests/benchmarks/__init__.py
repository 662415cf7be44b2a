"""How fast tdsim is, next to hand-written compiled loops: `python -m tests.benchmarks`."""
