"""Where blocks are computed: in this process, in processes of this machine, or on a dask cluster.

All of them take tasks in the manner of `concurrent.futures`. A worker that dies costs the block that it was at: that is
given to another one.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

from ...errors import SimulationError, UsageError
from .blocks import Block
from .task import Outcome, run_packed

MOST_DEATHS = 3
"""Workers that one block may cost."""

PATIENCE = 5.0
"""Seconds that workers get to reach a checkpoint when the user has asked to stop."""

CONNECT_SECONDS = 10
"""Until a scheduler has to answer."""

Done = Callable[[Block, Outcome], None]
Task = Future[Outcome]


class Pool(Protocol):
    """Workers. `capacity` tasks are computed at a time."""

    capacity: int

    def submit(self, data: bytes, block: Block) -> Task: ...

    def lost(self, task: Task) -> bool:
        """Whether the worker died of a task; another one takes its place."""
        ...

    def close(self) -> None:
        """Stop the workers, whatever they are at."""
        ...


def compute(pool: Pool, data: bytes, blocks: Sequence[Block], done: Done) -> None:
    """Compute blocks, as many at a time as the pool takes; `done` is called with each.

    Raises what computing a block raises, and SimulationError when workers keep dying of one.
    """
    waiting, deaths = deque(blocks), dict.fromkeys((b.number for b in blocks), 0)
    running: dict[Task, Block] = {}
    try:
        while waiting or running:
            while waiting and len(running) < pool.capacity:
                block = waiting.popleft()
                running[pool.submit(data, block)] = block
            for task in wait(running, return_when=FIRST_COMPLETED).done:
                block = running.pop(task)
                if not pool.lost(task):
                    done(block, task.result())
                    continue
                deaths[block.number] += 1
                if deaths[block.number] >= MOST_DEATHS:
                    raise SimulationError(_died(block))
                waiting.appendleft(block)
    finally:
        pool.close()


def _died(block: Block) -> str:
    first, last = block.runs[0], block.runs[-1]
    return (
        f"{MOST_DEATHS} workers died of runs {first} to {last}: there may be too little memory for "
        f"{len(block.runs)} runs at a time (.options block=), or a script that starts workers lacks "
        'if __name__ == "__main__":'
    )


# -- processes --------------------------------------------------------------------------------------------------


class Processes:
    """Processes of this machine, each in an executor of its own: the death of one leaves the others alone."""

    def __init__(self, count: int):
        self.capacity = count
        self._idle = [_Process() for _ in range(count)]
        self._busy: dict[Task, _Process] = {}

    def submit(self, data: bytes, block: Block) -> Task:
        process = self._idle.pop()
        try:
            task = process.submit(data, block)
        except BrokenProcessPool:  # it died while it had nothing to do
            process = _Process()
            task = process.submit(data, block)
        self._busy[task] = process
        return task

    def lost(self, task: Task) -> bool:
        process = self._busy.pop(task)
        died = isinstance(task.exception(), BrokenProcessPool)
        if died:
            process.close()
        self._idle.append(_Process() if died else process)
        return died

    def close(self) -> None:
        """Let those that are at a block reach a checkpoint, for a while."""
        for sign in (None, signal.SIGINT, signal.SIGKILL):
            if not any(not task.done() for task in self._busy):
                break
            for task, process in self._busy.items():
                if sign is not None and not task.done():
                    process.signal(sign)
            wait(self._busy, timeout=PATIENCE)
        for process in [*self._idle, *self._busy.values()]:
            process.close()
        self._busy.clear()


class _Process:
    """One process; it starts with its first task."""

    def __init__(self) -> None:
        self._executor: Executor | None = None
        self._pid: Future[int] | None = None

    def submit(self, data: bytes, block: Block) -> Task:
        if self._executor is None:
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(1, context, _prepare, (os.getpid(),))
            self._pid = self._executor.submit(os.getpid)
        return self._executor.submit(run_packed, data, block)

    def signal(self, number: int) -> None:
        if self._pid is not None and self._pid.done() and self._pid.exception() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid.result(), number)

    def close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)


def _prepare(parent: int) -> None:
    """In a worker: Ctrl-C is for the blocks to obey; and nobody survives the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


# -- dask -------------------------------------------------------------------------------------------------------


class Cluster:
    """Workers of a dask cluster, by the address of its scheduler; dask itself repeats what a dead one was at."""

    def __init__(self, address: str):
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError:
            raise UsageError("--scheduler needs dask.distributed: pip install 'tdsim[dask]'") from None
        try:
            self._client = distributed.Client(address, timeout=CONNECT_SECONDS)
        except (OSError, ValueError, TimeoutError) as problem:
            raise UsageError(f"there is no dask scheduler at {address}: {problem}") from None
        self._executor = self._client.get_executor(pure=False, retries=0)
        self.capacity = max(1, 2 * sum(self._client.nthreads().values()))

    def submit(self, data: bytes, block: Block) -> Task:
        task: Task = self._executor.submit(run_packed, data, block)
        return task

    def lost(self, task: Task) -> bool:
        return type(task.exception()).__name__ in ("KilledWorker", "CancelledError")

    def close(self) -> None:
        self._executor.shutdown(wait=False)
        self._client.close()
