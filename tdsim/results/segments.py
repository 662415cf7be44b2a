"""The folder OUT.nc.parts of an unfinished result: each file in it holds a finished segment of one analysis.

HDF5 files are not safe against a crash while they are open, files that are complete and renamed into place are.
When OUT.nc is there the result is finished, and the folder is a leftover; when only the folder is there it is not.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path

from ..errors import SimulationError


def folder(path: Path) -> Path:
    """Where the segments of the result `path` are."""
    return path.with_name(path.name + ".parts")


def begin(path: Path) -> None:
    """Make the folder, and remove the finished result that this one replaces. Raises SimulationError."""
    try:
        folder(path).mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
    except OSError as problem:
        raise SimulationError(f"could not write {folder(path)}: {problem.strerror}") from problem


def segment(path: Path, order: int, analysis: str, start: int) -> Path:
    """The file for the samples from `start` on. Written twice, a segment replaces itself: nothing is kept double."""
    return folder(path) / f"{order:03d}.{analysis}.{start:015d}.nc"


def listed(path: Path) -> dict[str, list[Path]]:
    """The segments of each analysis, in order of time; analyses in the order in which they ran."""
    found: dict[str, list[Path]] = defaultdict(list)
    for file in sorted(folder(path).glob("*.nc")):
        found[file.name.split(".")[1]].append(file)
    return dict(found)


def keep_only(path: Path, wanted: set[Path]) -> None:
    """Delete what is in the folder and not wanted: segments that came after the last checkpoint."""
    for file in folder(path).glob("*"):
        if file not in wanted:
            file.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Delete the folder and all in it."""
    shutil.rmtree(folder(path), ignore_errors=True)
