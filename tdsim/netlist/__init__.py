"""The netlist language, and the other formats that describe a circuit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..circuit import Circuit
from ..errors import UsageError
from .final_checks import require_analysis
from .reader import read
from .source import MAX_BYTES, Source, decode, read_text, too_large

__all__ = ["SPICE", "load", "loads", "require_analysis"]

SPICE = (".cir", ".sp", ".spice", ".net", ".ckt")
"""Suffixes of netlists; the other formats hold no analyses."""
SAX = (".json", ".yaml", ".yml")


def load(source: str | Path | dict[str, Any], overrides: dict[str, str] | None = None) -> Circuit:
    """The circuit of a file (netlist, SAX/gdsfactory JSON or YAML, told by its suffix) or of a SAX dictionary.

    `overrides` gives top-level parameters other values: name to the text of an expression. Raises NetlistError with all
    errors of the netlist, each with its place; UsageError for files that cannot be read.
    """
    if isinstance(source, dict):
        from .gdsfactory import from_dict

        return from_dict(source, overrides=overrides)
    path = Path(source)
    suffix = path.suffix.lower()
    if suffix in SAX:
        from .gdsfactory import from_text

        return from_text(read_text(path), str(path), suffix != ".json", overrides)
    if suffix not in SPICE:
        raise UsageError(f"{path}: the suffix {suffix!r} is not known; netlists end in {' '.join(SPICE + SAX)}")
    text = read_text(path)
    return read(Source(str(path), text, path.resolve().parent), text, overrides or {})


def loads(text: str, name: str = "<string>", overrides: dict[str, str] | None = None) -> Circuit:
    """The circuit of a netlist that is a string; names of files in it start at the working directory."""
    if len(text) > MAX_BYTES:
        raise too_large(name)
    clean = decode(text.encode("utf-8", "surrogatepass"), name)
    return read(Source(name, clean, Path.cwd()), clean, overrides or {})
