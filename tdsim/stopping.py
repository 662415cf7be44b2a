"""Ctrl-C while a run writes to disk: it stops at its next checkpoint, so that it can be resumed."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Protocol


class Stoppable(Protocol):
    """A run that looks at `stopping` where it can be resumed; `resumable` says whether it will."""

    stopping: bool
    resumable: bool


@contextlib.contextmanager
def stop_at_checkpoint(run: Stoppable) -> Iterator[None]:
    """The first Ctrl-C asks the run to stop at its next checkpoint; the second one stops it there and then."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is told of signals
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if run.stopping or not run.resumable:
            raise KeyboardInterrupt
        run.stopping = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
