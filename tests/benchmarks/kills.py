"""Kill runs at random instants, resume them, and compare what comes out with a run that was left alone.

python -m tests.benchmarks kills            50 kills
python -m tests.benchmarks kills --count 5 --seed 3
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tdsim

NETLIST = """A row of rings under random light
.param coupling=0.3
Xl i laser power=prbs(0 1m 20p 7)
Xin i n0 waveguide length=10u
.for k 0 7
Xd{k} n{k} n{k+1} m{k} q{k} coupler coupling={coupling}
Xw{k} m{k} q{k} waveguide length=120.3u loss=300 ng=4.2
.endfor
.sparam 2001 span=1t
.tran 0.1p 100n
.save p(n8) e(n8)
.meas tran best max p(n5)
.meas tran mean avg p(n8)
.end
"""

ELECTRONICS = """A rectifier with an echo, and a relaxing switch
.model d1 d is=1e-14 cjo=2p tt=2n
.model s1 sw vt=0.5 vh=0.3 ron=10 roff=1meg
V1 a 0 sin(0 2 7.3meg)
R1 a b 50
T1 b 0 c 0 z0=50 td=13n
D1 c d d1
C1 d 0 1n
R2 d 0 3k
V2 s 0 pulse(0 1 10n 1n 1n 1)
R3 s e 1k
C2 e 0 0.3n
S1 e 0 e 0 s1
.tran 1n 150u
.save v(c) v(d) v(e)
.meas tran mean avg v(d) from=10u to=150u
.end
"""

BOTH = """A loop of light and electronics
Xlaser  in               laser power=prbs(0.8m 1m 200p 7)
Xsplit  in nc1 a b       coupler
Xupper  a c x 0          phase_shifter vpi={pi} phase={-pi/4}
Xlower  b d 0 x          phase_shifter vpi={pi} phase={pi/4}
Xjoin   c d nc2 fibre    coupler
Xfibre  fibre far        delay time=2n
Xdiode  far load 0       photodiode responsivity=1
Rload   load 0           1k
Cload   load 0           0.1p
Eamp    x 0 load 0       2.1
.tran 10p 3u
.save v(x) p(fibre)
.meas tran mean avg p(fibre)
.end
"""

KINDS = {"light": (NETLIST, 1), "electronics": (ELECTRONICS, 4), "both": (BOTH, 4)}
"""Netlists, and how many kills of the first come to one of each."""

WORKER = """
import sys
from tdsim.nodal import integrator
integrator.MOST = 512
from tdsim.results import store
store.HELD_BYTES, store.HELD_BYTES_PER_VARIABLE = 500_000, 0
from tdsim.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The command line with short segments, so that there are many checkpoints to fall between."""

MOST_KILLS = 4
"""Of one run."""


def command(netlist: Path, out: Path, *options: str) -> list[str]:
    return [sys.executable, "-c", WORKER, "run", str(netlist), "-o", str(out), "--quiet", *options]


def killed(arguments: list[str], seconds: float, how: int = signal.SIGKILL, after: Path | None = None) -> int:
    """Run a command and kill it after a while, counted from when it has written the file `after`.

    Returns its exit status, 0 when it was done before.
    """
    before = _written(after)
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    while after is not None and _written(after) == before and process.poll() is None:
        time.sleep(0.001)
    try:
        _, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, how)
        _, errors = process.communicate()
    if process.returncode > 0 and process.returncode != 130:
        raise AssertionError(f"exit status {process.returncode}: {errors.decode()}")
    return process.returncode


def _written(path: Path | None) -> int:
    """When a file was written, in nanoseconds; 0 for one that is not there."""
    try:
        return path.stat().st_mtime_ns if path else 0
    except FileNotFoundError:
        return 0


def same(one: Path, other: Path) -> bool:
    """Whether two results are identical, wall times set aside."""
    first, second = (tdsim.open(path) for path in (one, other))
    if hasattr(first, "children"):
        groups = [sorted(tree.children) for tree in (first, second)]
        pairs = [(first.to_dataset(), second.to_dataset())]
        pairs += [(first[g].to_dataset(), second[g].to_dataset()) for g in groups[0]]
        return groups[0] == groups[1] and all(_same(a, b) for a, b in pairs)
    return _same(first, second)


def _same(one: Any, other: Any) -> bool:
    one, other = (d.load().assign_attrs(wall_time=0) for d in (one, other))
    return bool(one.identical(other))


@dataclass
class Found:
    """What the kills came to: how many, how many of them after a checkpoint, and in how many runs."""

    kills: int = 0
    checkpoints: int = 0
    runs: int = 0


def kills(count: int, seed: int, folder: Path, netlist: str = NETLIST, options: Sequence[str] = ()) -> Found:
    """Kill and resume until there were `count` kills, and every run was identical in the end.

    A run is killed first at any instant of it, then after a checkpoint, and so on in turn: on a busy machine it may
    spend most of its time on starting.
    Raises AssertionError when a resumed run gives something else.
    """
    generator = np.random.default_rng(seed)
    source, whole = folder / "row.cir", folder / "whole.nc"
    source.write_text(netlist)
    subprocess.run(command(source, whole, *options), check=True, stdout=subprocess.DEVNULL)  # compiles, once
    began = time.perf_counter()
    subprocess.run(command(source, whole, *options), check=True, stdout=subprocess.DEVNULL)
    duration = time.perf_counter() - began
    found = Found()
    while found.kills < count:
        out = folder / f"run{found.runs}.nc"
        saved = out.with_name(out.name + ".state")
        for turn in range(min(MOST_KILLS, count - found.kills)):
            seconds, after = (generator.uniform(0, 0.1), saved) if turn % 2 else (generator.uniform(0, duration), None)
            if killed(command(source, out, "--resume", *options), seconds, after=after) == 0:
                break
            found.kills += 1
            found.checkpoints += saved.exists()
        subprocess.run(command(source, out, "--resume", *options), check=True, stdout=subprocess.DEVNULL)
        assert same(whole, out), f"run {found.runs} gave another result after being killed"
        left = [p.name for p in folder.iterdir() if p.name.startswith(out.name + ".")]
        assert not left, f"run {found.runs} left {left}"
        found.runs += 1
        out.unlink()
    return found


def main(arguments: Sequence[str]) -> int:
    first = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks kills", description=first)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    for kind, (netlist, part) in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            found = kills(-(-chosen.count // part), chosen.seed, Path(folder), netlist)
        print(
            f"{kind}: {found.kills} kills of {found.runs} runs, {found.checkpoints} of them after a checkpoint: "
            "all resumed to identical results",
            flush=True,
        )
    return 0
