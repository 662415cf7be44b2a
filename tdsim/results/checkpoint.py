"""The file OUT.nc.state beside an unfinished result: what is on disk, where the run stands, and what it is a run of.

It is a NumPy archive: one entry of JSON, and the arrays that it names. Nothing in it is ever executed.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SimulationError, UsageError
from ..packing import packed, unpacked
from .file import whole_file

FORMAT = 2
SUFFIX = ".state"
CONTENT = "content"


def place(path: Path) -> Path:
    """Where the checkpoint of the result `path` is."""
    return path.with_name(path.name + SUFFIX)


def write(path: Path, content: Mapping[str, Any], sync: bool = True) -> None:
    """Replace the checkpoint of the result `path`, in one step.

    content  numbers, words, None, arrays, and lists and dictionaries (by words) of these
    Raises UsageError for anything else, SimulationError when the disk does not take it.
    """
    arrays: dict[str, Any] = {}
    text = json.dumps(packed({"format": FORMAT, **content}, arrays, ""))
    with whole_file(place(path), sync) as temporary, open(temporary, "wb") as file:
        np.savez(file, allow_pickle=False, **{CONTENT: np.array(text)}, **arrays)


def read(path: Path) -> dict[str, Any]:
    """The content of the checkpoint of the result `path`; empty when there is none. Raises UsageError."""
    try:
        with np.load(place(path), allow_pickle=False) as data:
            arrays = {name: data[name] for name in data.files}
    except FileNotFoundError:
        return {}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as problem:
        raise UsageError(f"{place(path)} cannot be read: {problem}; --overwrite begins again") from None
    content: dict[str, Any] = unpacked(json.loads(str(arrays.pop(CONTENT))), arrays)
    if content.pop("format", None) != FORMAT:
        raise UsageError(f"{place(path)} was written by another version of tdsim; --overwrite begins again")
    return content


def remove(path: Path) -> None:
    """Delete the checkpoint of the result `path`."""
    try:
        place(path).unlink(missing_ok=True)
    except OSError as problem:
        raise SimulationError(f"could not remove {place(path)}: {problem.strerror}") from None
