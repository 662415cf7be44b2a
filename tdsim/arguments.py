"""What the arguments of the command line name: netlists, parameters, the user's devices, output files."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import UsageError, nearest

if TYPE_CHECKING:
    from .circuit import Circuit


def load_circuit(netlist: str, settings: Sequence[str], devices: Sequence[str]) -> Circuit:
    """The circuit in a file, with the user's devices and parameters."""
    register_devices(devices)
    if not Path(netlist).is_file():
        raise UsageError(_missing(netlist))
    from .netlist import load

    return load(netlist, overrides=dict(_setting(text) for text in settings))


def use_seed(circuit: Circuit, seed: int) -> None:
    """Let all random numbers follow from this seed, whatever the netlist says."""
    from .sweeps import MonteCarlo

    circuit.options["seed"] = seed
    if circuit.sweep is not None:
        axes = tuple(replace(a, seed=None) if isinstance(a, MonteCarlo) else a for a in circuit.sweep.axes)
        circuit.sweep = replace(circuit.sweep, axes=axes)


def _missing(netlist: str) -> str:
    """The sentence for a netlist that is not there; it names shipped ones of that name."""
    if Path(netlist).is_dir():
        return f"{netlist} is a folder, not a netlist"
    shipped = _shipped()
    same = [path for name, path in shipped.items() if f"/{name}".endswith(f"/{Path(netlist).name}")]
    if same:
        return f"there is no file {netlist}; a netlist of that name comes with tdsim: {same[0]}"
    beside = [p.name for p in Path(netlist).parent.glob("*.cir")]
    close = nearest(Path(netlist).name, [*beside, *shipped])
    return f"there is no file {netlist}{close if close.startswith('; did') else ''}"


def _shipped() -> dict[str, Path]:
    """The netlists that come with the package: photonic/ring.cir and so on."""
    from importlib import resources

    root = Path(str(resources.files("tdsim.netlists")))
    return {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*.cir"))}


def _setting(text: str) -> tuple[str, str]:
    """The name and the expression in "name=value"."""
    name, equals, value = text.partition("=")
    if not (name.strip() and equals and value.strip()):
        raise UsageError(f"--set {text}: write it as name=value")
    return name.strip().lower(), value.strip()


def register_devices(devices: Sequence[str]) -> None:
    """Import the user's device classes and add them to the library."""
    from .device import Device, register

    for text in devices:
        found = _imported(text)
        if not (isinstance(found, type) and issubclass(found, Device)):
            raise UsageError(f"--device {text}: that is not a class derived from tdsim.Device")
        register(found)


def _imported(text: str) -> object:
    """What "module:name" names; modules in the working directory are found too."""
    module, colon, name = text.partition(":")
    if not (module and colon and name):
        raise UsageError(f"--device {text}: write it as module:Class")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as problem:  # the user's own code may raise anything
        raise UsageError(f"--device {text}: {type(problem).__name__}: {problem}") from problem


def output_path(netlist: str, output: str | None) -> Path:
    """Where the result goes: `output`, or the netlist's name in the working directory."""
    path = Path(output) if output else Path(Path(netlist).stem + ".nc")
    refuse_same_file(netlist, path)
    return path


def refuse_same_file(netlist: str, output: Path) -> None:
    """Raise UsageError when writing the output would destroy the netlist."""
    if output.exists() and output.samefile(netlist):
        raise UsageError(f"the output {output} is the netlist itself")
