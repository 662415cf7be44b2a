"""What darkness costs: `python -m tests.benchmarks.dark`.

chain  one pulse through 2000 delays of 1000 samples in a row: at any moment nearly all of them are dark
echo   20 loops in a row behind a laser that sends a pulse every 50 ns, dark for 99 % of the time

The first column has skipping on, the second off (`.options skip=off`, the same results to the bit), the third the same
circuit under light that never rests. Processor time of one transient into memory, compiled beforehand.
"""

from __future__ import annotations

import time

import tdsim
from tdsim.analysis.request import Request
from tdsim.analysis.transient import Transient
from tdsim.results.dataset import MemorySink

LIT = "sin(1m 0.5m 10g)"

Case = tuple[str, str, float, float]
"""Name, netlist with places for the laser's power and for `skip`, step and stop (s)."""


def chain(stages: int = 2000) -> tuple[Case, str]:
    """The circuit and the pulse."""
    links = "\n".join(f"Xw{k} n{k} n{k + 1} delay time=100p loss=0.001" for k in range(stages))
    text = f"Chain\nXl n0 laser power={{power}}\n{links}\n.options skip={{skip}}\n.save e(n{stages})\n"
    return ("chain", text, 0.1e-12, 200.1e-9), "pulse(0 1m 1p 1p 1p 5p)"


def echo(loops: int = 20) -> tuple[Case, str]:
    """The circuit and the train of pulses."""
    rings = "\n".join(
        f"Xc{k} a{k} e{k} a{k + 1} f{k} coupler coupling=0.3\nXw{k} f{k} e{k} delay time=2p phase=0.2 loss=1"
        for k in range(loops)
    )
    text = f"Echoes\nXl a0 laser power={{power}}\n{rings}\n.options skip={{skip}}\n.save e(a{loops})\n"
    return ("echo", text, 0.1e-12, 400e-9), "pulse(0 1m 1n 1p 1p 20p 50n)"


def cost(case: Case, power: str, skip: str, turns: int = 2) -> float:
    """Processor time of a sample, s: the least of several turns."""
    _, text, step, stop = case
    transient = Transient(tdsim.loads(text.format(power=power, skip=skip)), Request(step, stop))
    times = []
    for _ in range(turns):
        began = time.process_time()
        transient.run(MemorySink())
        times.append(time.process_time() - began)
    return min(times) / (stop / step)


def main() -> None:
    print(f"{'':8}{'skip on':>12}{'skip off':>12}{'always lit':>12}{'off/on':>8}{'lit/on':>8}   (ns a sample)")
    for case, pulses in (chain(), echo()):
        on, off, lit = (cost(case, power, skip) for power, skip in ((pulses, "on"), (pulses, "off"), (LIT, "on")))
        numbers = f"{on * 1e9:12.2f}{off * 1e9:12.1f}{lit * 1e9:12.1f}"
        print(f"{case[0]:8}{numbers}{off / on:8.1f}{lit / on:8.1f}")


if __name__ == "__main__":
    main()
