"""Results: what an analysis says about them, in memory, on disk, and read again."""

from .reader import open

__all__ = ["open"]
