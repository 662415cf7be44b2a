"""Sweep on a local dask cluster while one of its workers is killed, and compare with a sweep in this process.

python -m tests.benchmarks cluster                 200 runs on 3 workers
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tdsim
from tdsim.results import segments

from .kills import same

NETLIST = """Rings as they come from a wafer
.param c={{gauss(0.2, 0.02)}}
.model wg waveguide(neff={{gauss(2.35, 1e-4)}} ng=4.2 loss=300)
Xl in laser power=prbs(0 1m 20p 7)
Xd in back start out coupler coupling={{c}}
Xw start back wg length=203.7u
.tran 0.1p 10n
.save p(out)
.meas tran mean avg p(out)
.mc {runs} 7
.options block=4
.end
"""


def kill_one(workers: Sequence[int], out: Path, killed: list[int]) -> None:
    """Wait until some blocks are there, and kill one of the workers."""
    while len(list(segments.folder(out).glob("block*.state"))) < 3:
        time.sleep(0.005)
    os.kill(workers[0], signal.SIGKILL)
    killed.append(len(list(segments.folder(out).glob("block*.state"))))


def survive(runs: int, folder: Path) -> int:
    """Sweep on a cluster that loses a worker; how many blocks were there by then.

    Raises AssertionError when the result is not that of a sweep in this process.
    """
    import distributed

    circuit, whole, out = tdsim.loads(NETLIST.format(runs=runs)), folder / "whole.nc", folder / "cluster.nc"
    tdsim.sweep(circuit, path=whole)
    killed: list[int] = []
    with distributed.LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as cluster:
        workers: Any = [worker.process.pid for worker in cluster.workers.values()]
        thread = threading.Thread(target=kill_one, args=(workers, out, killed), daemon=True)
        thread.start()
        tdsim.sweep(circuit, path=out, scheduler=cluster.scheduler_address)
        thread.join(1.0)
    assert killed, "the sweep was over before a worker could be killed"
    assert same(whole, out), "the sweep that lost a worker gave another result"
    return killed[0]


def main(arguments: Sequence[str]) -> int:
    first = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks cluster", description=first)
    parser.add_argument("--runs", type=int, default=200)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        done = survive(chosen.runs, Path(folder))
    print(f"{chosen.runs} runs on 3 workers, one killed after {done} blocks: the same result as in one process")
    return 0
