"""Whether a result can be written where the user wants it: known before the simulation, not after it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..errors import UsageError
from . import checkpoint, segments


def check_place(path: Path, overwrite: bool = False, resume: bool = False) -> Path:
    """The absolute path. Removes leftovers of finished results, and with `overwrite` of unfinished ones.

    Raises UsageError when no file can be made there, or an unfinished result is in the way that is not to be resumed.
    """
    path = Path(os.path.abspath(path))
    _check_folder(path)
    if resume and overwrite:
        raise UsageError("--resume goes on with an unfinished result, --overwrite begins it again: give one of them")
    if is_unfinished(path) and resume:
        return path
    if is_unfinished(path) and not overwrite:
        raise UsageError(
            f"{path.name} is an unfinished result (its segments are in {segments.folder(path)}): "
            "read it with tdsim.open, give --resume to go on with it, or --overwrite to begin again"
        )
    remove_leftovers(path)
    return path


def is_unfinished(path: Path) -> bool:
    """Whether a run towards `path` was cut short, with something of it on disk."""
    return not path.exists() and (bool(segments.listed(path)) or checkpoint.place(path).exists())


def remove_leftovers(path: Path) -> None:
    """Delete all that belongs to an unfinished result."""
    checkpoint.remove(path)
    segments.remove(path)


def _check_folder(path: Path) -> None:
    if path.is_dir():
        raise UsageError(f"cannot write the result to {path}: it is a folder")
    if path.exists() and not path.is_file():
        raise UsageError(f"cannot write the result to {path}: it is not an ordinary file")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except FileNotFoundError:
        raise UsageError(f"cannot write the result to {path}: there is no folder {path.parent}") from None
    except OSError as problem:
        raise UsageError(f"cannot write the result to {path}: {problem.strerror}") from None
    if path.exists() and not os.access(path, os.W_OK):
        raise UsageError(f"cannot write the result to {path}: the file is write-protected")
