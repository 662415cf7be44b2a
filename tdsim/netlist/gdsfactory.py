"""SAX and gdsfactory netlists: instances, connections or nets, ports and settings, as a dictionary, JSON or YAML.

A dictionary and JSON are in SI units. In gdsfactory's YAML every length is in um, wavelengths included, and becomes SI
here. Strings in settings are read as values of the netlist language: "10u", "pulse(0 1m 10p)".
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .. import device as _device
from ..circuit import Circuit, Instance, check_values
from ..errors import Diagnostics, UsageError, nearest
from ..units import engineering, shifted
from .aliases import DEVICES
from .sax_values import device_values
from .sax_wires import Wires, mapping

KEYS = frozenset({"info", "instances", "connections", "nets", "routes", "ports", "settings", "meta", "name"})
SILENT = frozenset({"placements", "pdk", "schema_version", "schema", "bundles", "warnings", "models", "description"})


def from_text(text: str, name: str, yaml: bool, overrides: dict[str, str] | None = None) -> Circuit:
    """The circuit of a JSON or YAML text. Raises UsageError when it is neither, NetlistError for what it says."""
    try:
        data = _yaml(text) if yaml else json.loads(text, object_pairs_hook=_without_doubles)
    except RecursionError:
        raise UsageError(f"{name} is nested too deeply") from None
    except Exception as error:  # PyYAML raises errors of many kinds
        raise UsageError(f"{name} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise UsageError(f"{name} holds no netlist: a mapping with the key 'instances' is expected")
    circuit = from_dict(data, name, micrometres=yaml, overrides=overrides)
    circuit.text = text
    return circuit


def _yaml(text: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """Refuses a key that is there twice, of which PyYAML would keep the last in silence."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            _without_doubles((key.value, None) for key, _ in node.value if isinstance(key, yaml.ScalarNode))
            return super().construct_mapping(node, deep)

    return yaml.load(text, Loader)


def _without_doubles(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The mapping of these keys and values. Raises ValueError when a key is there twice."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} is there twice in one mapping")
        found[key] = value
    return found


def from_dict(
    data: dict[str, Any], name: str = "", micrometres: bool = False, overrides: dict[str, str] | None = None
) -> Circuit:
    """The circuit of a SAX dictionary. Raises NetlistError with all that is wrong with it."""
    reader = _Reader(data, name, micrometres)
    reader.read(overrides or {})
    return reader.circuit


class _Reader:
    """Fills a circuit from one dictionary; errors are collected and raised together."""

    def __init__(self, data: dict[str, Any], name: str, micrometres: bool):
        self.data, self.name = data, name
        self.folder = Path(name).resolve().parent if name else Path.cwd()
        self.length_power = -6 if micrometres else 0
        self.circuit = Circuit(str(data.get("name", "") or Path(name).stem))
        self.circuit.source = name
        self.found = Diagnostics()
        self.wires = Wires(data, self.error)

    def error(self, message: str) -> None:
        self.found.error(f"{self.name}: {message}" if self.name else message)

    def read(self, overrides: dict[str, str]) -> None:
        """Read all of it. Raises NetlistError."""
        for key in self.data:
            if key not in KEYS and key not in SILENT:
                self.found.warn(f"{key!r} is ignored{nearest(str(key), KEYS)}")
        instances: dict[str, Any] = {}
        for name, what in mapping(self.data, "instances", self.error).items():
            if str(name).lower() in instances:
                self.error(f"duplicate name {name!r}: capital and small letters are the same in a netlist")
            instances[str(name).lower()] = what
        if not instances:
            self.error("there are no instances")
        self.wires.read()
        settings = self._settings(instances, overrides)
        for name, what in instances.items():
            self._instance(name, what, settings.get(name, {}))
        for name in self.wires.nets:
            if name not in instances:
                self.error(f"unknown instance {name!r}{nearest(name, instances)}")
        self._meta()
        self._finish()

    def _finish(self) -> None:
        for port in self.wires.external:
            self.circuit.port(port, port)
        if not self.found.errors:
            self.circuit.finish(self.found)
        self.found.raise_if_errors()
        self.circuit.diagnostics.warnings += self.found.warnings

    def _settings(self, instances: dict[str, Any], overrides: dict[str, str]) -> dict[str, dict[str, Any]]:
        """Settings from outside the instances: the top-level ones, then `name.parameter=value` overrides."""
        settings: dict[str, dict[str, Any]] = {}
        for key, value in mapping(self.data, "settings", self.error).items():
            name = str(key).lower()
            if isinstance(value, dict) and name in instances:
                settings[name] = dict(value)
            elif isinstance(value, int | float):
                self.circuit.parameters[name] = float(value)
        for key, text in overrides.items():
            name, _, parameter = key.lower().rpartition(".")
            if name not in instances:
                self.error(f"--set {key}: write instance.parameter=value{nearest(name, instances)}")
            settings.setdefault(name, {})[parameter] = text
        return settings

    def _instance(self, name: str, what: Any, more: dict[str, Any]) -> None:
        """Add one instance: a mapping with component and settings, or the name of a component alone."""
        what = {"component": what} if isinstance(what, str) else what
        component = what.get("component", what.get("model")) if isinstance(what, dict) else None
        if not isinstance(component, str):
            return self.error(f"{name}: the component is missing")
        device = _device.library().get(component.lower()) or _device.library().get(DEVICES.get(component.lower(), ""))
        if device is None:
            known = [*_device.library(), *DEVICES]
            return self.error(f"{name}: unknown device {component!r}{nearest(component.lower(), known)}")
        if _is_many(what.get("array")):
            return self.error(f"{name}: arrays of instances are not read; list the instances one by one")
        settings = what.get("settings") or {}
        if not isinstance(settings, dict):
            return self.error(f"{name}: settings must be a mapping")
        settings = {**settings, **more}
        values = device_values(device, settings, self.length_power, self.folder, lambda m: self.error(f"{name}: {m}"))
        if component.lower() in DEVICES and "length" in device.params and "length" not in values:
            default = engineering(device.params["length"].default, "m")
            self.found.warn(f"{name}: the length of this {component} is not given: {default} is taken, as by default")
        references = tuple(str(r).lower() for r in what.get("references") or ())
        return self._add(Instance(name, device, {}, values, references))

    def _add(self, instance: Instance) -> None:
        """Wire and add an instance whose values are sound."""
        found = Diagnostics()
        if check_values(instance, found):
            ports = instance.ports
            wired = self.wires.nets.get(instance.name, {})
            for port in wired:
                if port not in ports:
                    found.error(f"{instance.name}: {instance.device.name} has no port {port!r}{nearest(port, ports)}")
            instance.nets = {port: wired[port] for port in ports if port in wired}
            self.circuit.add_instance(instance, found)
        for error in found.errors:
            self.error(error.message)

    def _meta(self) -> None:
        """`wl`: the carriers; `dt`: the step (s), which becomes the option of that name."""
        meta = mapping(self.data, "meta", self.error)
        try:
            if "wl" in meta:
                wavelengths = meta["wl"] if isinstance(meta["wl"], list | tuple) else [meta["wl"]]
                self.circuit.carrier(*(shifted(w, self.length_power) for w in wavelengths))
            if "dt" in meta:
                self.circuit.options["dt"] = float(meta["dt"])
        except (TypeError, ValueError, OverflowError, UsageError) as error:
            self.error(f"meta: {error}")


def _is_many(array: Any) -> bool:
    """Whether the `array` of an instance makes more than one of it."""
    counts = (
        [n for k, n in array.items() if k in ("columns", "rows", "na", "nb", "num_a", "num_b")]
        if isinstance(array, dict)
        else []
    )
    return any(n != 1 for n in counts)
