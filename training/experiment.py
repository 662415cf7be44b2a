"""An experiment: a TOML file that says which circuit learns what, and how; `tdsim train` runs it.

    [circuit]    file, set                 a netlist beside the file, or one that comes with tdsim; values of its .param
    [task]       name, inputs, monitors, targets, levels, gain, offset, count, split, seed
    [method]     name, and its options
    [optimiser]  name, rate, batch, epochs, probe, frozen, and its options
    [hardware]   variation, noise, bits, range, seed
    [output]     folder                    in the working directory; by default it has the file's name

After each epoch all that counts is on disk: a training that was interrupted goes on where it was, with the same bits.
The folder gets history.nc, trained.cir (the netlist with what was learned) and training.png.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import tomllib
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from .. import Circuit, UsageError, load
from .backpropagation import Backpropagation
from .equilibrium_propagation import EquilibriumPropagation
from .hamiltonian_echo import HamiltonianEcho
from .hardware import Hardware
from .method import Method
from .optimiser import Adam, Optimiser
from .task import GENERATED, Task, split
from .trained import trained_netlist

METHODS: Mapping[str, Any] = {c.__name__: c for c in (EquilibriumPropagation, HamiltonianEcho, Backpropagation)}
OPTIMISERS: Mapping[str, Any] = {"sgd": Optimiser, "adam": Adam}
TASK = ("name", "inputs", "monitors", "targets", "levels", "gain", "offset", "count", "split", "seed")
RUN = ("name", "batch", "epochs", "probe", "frozen")
CHECKPOINT = "checkpoint.npz"

Told = Callable[[int, int, dict[str, float]], None]
"""Told of the epoch, of how many, and its record."""


class Experiment:
    """What a file asks for. Raises UsageError, with a sentence, for what cannot be read or meant."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        try:
            self._text = self.path.read_text(encoding="utf-8")
            said = tomllib.loads(self._text)
        except (OSError, UnicodeDecodeError) as problem:
            raise UsageError(f"cannot read {path}: {getattr(problem, 'strerror', None) or problem}") from None
        except tomllib.TOMLDecodeError as problem:
            raise UsageError(f"{path}: {problem}") from None
        self._check(said)
        self.circuit = self._circuit(said["circuit"])
        self.method = self._method(said)
        run = said["optimiser"]
        kind = OPTIMISERS[run["name"]]
        self.optimiser: Optimiser = self._made("optimiser", kind, {k: v for k, v in run.items() if k not in RUN})
        self.epochs, self._batch = self._whole(run, "epochs", 1), self._whole(run, "batch", 16)
        self._probe, self._frozen = run.get("probe", 0), tuple(run.get("frozen", ()))
        self.folder = Path(said.get("output", {}).get("folder", self.path.stem))

    def run(self, told: Told | None = None) -> Path:
        """Train, from where an interrupted training was, and write everything; returns the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._resume()

        def after(record: dict[str, float]) -> None:
            self._keep()
            if told is not None:
                told(len(self.method.history.records), self.epochs, record)

        left = self.epochs - len(self.method.history.records)
        if left > 0:
            self.method.fit(
                self.optimiser, left, self._batch, frozen=self._frozen, probe=self._probe, told=after
            )  # fmt: skip
        self.method.history.save(self.folder / "history.nc")
        text = trained_netlist(self.circuit, self.method.layers.params(self.method.numbers))
        (self.folder / "trained.cir").write_text(text, encoding="utf-8")
        _draw(self.method, self.folder / "training.png")
        return self.folder

    # -- what is asked for --------------------------------------------------------------------------------------

    def _check(self, said: Mapping[str, Any]) -> None:
        """Raise UsageError for sections, names and keys that do not exist, or are missing."""
        known = {"circuit": ("file", "set"), "task": TASK, "output": ("folder",), "method": (), "optimiser": ()}
        for section in ("circuit", "task", "method", "optimiser"):
            if not isinstance(said.get(section), dict):
                raise UsageError(f"{self.path}: there is no section [{section}]")
        named = {
            "method": (METHODS, ("name",), ("self", "circuit", "task", "hardware")),
            "optimiser": (OPTIMISERS, RUN, ("self",)),
        }
        for section, (kinds, more, without) in named.items():
            name = said[section].get("name")
            if name not in kinds:
                raise UsageError(f"{self.path}: [{section}] name must be one of {', '.join(kinds)}, not {name!r}")
            known[section] = (
                *more,
                *(k for k in inspect.signature(kinds[name].__init__).parameters if k not in without),
            )
        known["hardware"] = tuple(inspect.signature(Hardware).parameters)
        for section, keys in said.items():
            if section not in known or not isinstance(keys, dict):
                raise UsageError(f"{self.path}: unknown section [{section}]; there are {', '.join(known)}")
            for key in keys:
                if key not in known[section]:
                    raise UsageError(
                        f"{self.path}: [{section}] has no key {key!r}; there are {', '.join(known[section])}"
                    )
        for section, key in (("circuit", "file"), ("task", "name"), ("task", "inputs"), ("task", "monitors")):
            if key not in said[section]:
                raise UsageError(f"{self.path}: [{section}] needs {key}")

    def _circuit(self, said: Mapping[str, Any]) -> Circuit:
        beside, shipped = self.path.parent / said["file"], files("tdsim.netlists") / said["file"]
        found = beside if beside.is_file() or not shipped.is_file() else Path(str(shipped))
        return load(found, {name: str(value) for name, value in said.get("set", {}).items()})

    def _method(self, said: Mapping[str, Any]) -> Method:
        task, options = said["task"], {k: v for k, v in said["method"].items() if k != "name"}
        hardware = self._made("hardware", Hardware, said.get("hardware", {}))
        arguments = {"task": self._task(task), "hardware": hardware, **options}
        found: Method = self._made("method", METHODS[said["method"]["name"]], {"circuit": self.circuit, **arguments})
        return found

    def _task(self, said: Mapping[str, Any]) -> Task:
        name, seed = said["name"], said.get("seed", 0)
        if name not in GENERATED:
            raise UsageError(f"{self.path}: [task] name must be one of {', '.join(GENERATED)}, not {name!r}")
        if name == "circles":
            data = self._made("task", GENERATED[name], {"count": said.get("count", 300), "seed": seed})
        elif "count" in said:
            raise UsageError(f"{self.path}: [task] {name} has no count: its examples are given")
        else:
            data = GENERATED[name]()
        train, test = (data, data) if name == "xor" else split(data, said.get("split", 1 / 3), seed)
        more = {key: said[key] for key in ("levels", "gain", "offset") if key in said}
        places = {"sources": said["inputs"], "targets": said.get("targets", []), "monitors": said["monitors"]}
        found: Task = self._made("task", Task, {"name": name, "train": train, "test": test, **places, **more})
        return found

    def _made(self, section: str, kind: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
        """What a section describes."""
        try:
            return kind(**arguments)
        except UsageError as problem:
            raise UsageError(f"{self.path}: [{section}] {problem}") from None
        except (TypeError, ValueError, AttributeError) as problem:
            raise UsageError(
                f"{self.path}: [{section}] has a value of the wrong kind, or misses one: {problem}"
            ) from None

    def _whole(self, said: Mapping[str, Any], key: str, default: int) -> int:
        value = said.get(key, default)
        if not isinstance(value, int) or value < 1:
            raise UsageError(f"{self.path}: [optimiser] {key} must be a whole number of at least 1, not {value!r}")
        return value

    # -- what is on disk ----------------------------------------------------------------------------------------

    def _digest(self) -> str:
        return hashlib.sha256(f"{self._text}\0{self.circuit.text}".encode()).hexdigest()

    def _keep(self) -> None:
        """Put on disk all that the next epoch depends on; a file is there whole, or not at all."""
        about = {
            "digest": self._digest(),
            "records": self.method.history.records,
            "remarks": self.method.history.remarks,
            "noise": self.method.noise.bit_generator.state,
        }
        memory = {f"optimiser {name}": value for name, value in self.optimiser.memory().items()}
        part = self.folder / f"{CHECKPOINT}.part"
        with part.open("wb") as file:
            np.savez(file, numbers=self.method.numbers, about=np.array(json.dumps(about)), **memory)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.folder / CHECKPOINT)

    def _resume(self) -> None:
        """Go on from what is on disk. Raises UsageError where it is of another experiment."""
        if not (self.folder / CHECKPOINT).exists():
            return
        with np.load(self.folder / CHECKPOINT) as kept:
            about = json.loads(str(kept["about"]))
            if about["digest"] != self._digest():
                raise UsageError(
                    f"{self.folder} holds a training by another experiment, or of another netlist: name another folder "
                    f"([output]), or remove {self.folder / CHECKPOINT}"
                )
            self.method.numbers = kept["numbers"]
            start = "optimiser "
            self.optimiser.restore({n.removeprefix(start): kept[n] for n in kept.files if n.startswith(start)})
        self.method.history.records[:] = about["records"]
        self.method.history.remarks[:] = about["remarks"]
        self.method.noise.bit_generator.state = about["noise"]


def _draw(method: Method, path: Path) -> None:
    """Cost and accuracy by epoch."""
    from matplotlib.figure import Figure

    found = method.history.dataset()
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    left = figure.add_subplot()
    left.semilogy(found["epoch"], found["cost"], color="tab:blue")
    left.set(xlabel="epoch", title=method.circuit.title)
    left.set_ylabel(f"cost ({found['cost'].attrs['units']})", color="tab:blue")
    right = left.twinx()
    right.plot(found["epoch"], 100 * found["accuracy"], color="tab:red")
    right.set_ylabel("training examples told right (%)", color="tab:red")
    figure.savefig(path, dpi=150)
