"""Netlist files as lines of text, with the refusals that protect the reader from what is not a netlist."""

from __future__ import annotations

import stat
from pathlib import Path

from ..errors import Position, UsageError, about_file

MAX_BYTES = 20_000_000
MAX_LINE = 1_000_000


class Source:
    """A named text, line by line. `folder` is where relative file names in it start."""

    __slots__ = ("folder", "lines", "name")

    def __init__(self, name: str, text: str, folder: Path):
        self.name, self.folder = name, folder
        self.lines = text.split("\n")

    def position(self, line: int, column: int) -> Position:
        """The place at 0-based `line` and `column`, as errors show it."""
        return Position(self.name, line + 1, column + 1, self.lines[line] if line < len(self.lines) else "")


def read_text(path: Path) -> str:
    """The text of a file, with line ends as "\\n".

    Raises UsageError when it is missing, no file, over 20 MB, binary or not UTF-8.
    """
    try:
        found = path.stat()
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
            raise UsageError(f"{path} is no ordinary file")
        if found.st_size > MAX_BYTES:
            raise too_large(str(path))
        data = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return decode(data, str(path))


def decode(data: bytes, name: str) -> str:
    """Text from the bytes of a file. Raises NetlistError for binary and undecodable ones, and for empty ones."""
    if b"\0" in data:
        raise about_file(name, "this is a binary file, not a netlist", *_place(data, data.index(b"\0")))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _place(data, error.start)
        message = f"line {line} is not UTF-8 text (byte 0x{data[error.start]:02x})"
        raise about_file(name, message, line, column) from None
    if not text.strip():
        raise about_file(name, "the file is empty: a netlist starts with a title line")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def too_large(name: str) -> UsageError:
    """What is said of a netlist of too many bytes."""
    return about_file(name, f"the file is larger than {MAX_BYTES // 1_000_000} MB: this is not a netlist tdsim reads")


def _place(data: bytes, index: int) -> tuple[int, int]:
    """Line and column of a byte."""
    return data.count(b"\n", 0, index) + 1, index - data.rfind(b"\n", 0, index)
