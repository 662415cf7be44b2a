"""Writes circuits for other tools."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..circuit import Circuit, Instance, is_shape
from ..device import Param
from ..errors import UsageError
from ..units import shifted


def write_gdsfactory(circuit: Circuit) -> str:
    """The circuit as gdsfactory YAML, which `tdsim.load` reads back: only inner nets have other names.

    Lengths (all parameters in m, and the carriers) are in um, exact to one unit in the last place. Nets with one end
    stand under `info`, which other tools leave alone. Analyses and what they keep are not part of that format.
    Raises UsageError for values that it cannot hold (parameters with a run axis).
    """
    import yaml

    data: dict[str, Any] = {
        "name": circuit.title,
        "instances": {i.name: _instance(i) for i in circuit.instances.values()},
        "connections": _connections(circuit),
        "ports": {name: _end(circuit, net) for name, net in circuit.external.items()},
        "meta": {"wl": [shifted(w, 6) for w in circuit.carriers]},
    }
    opened = {n.name: _end(circuit, n.name) for n in circuit.open_nets() if n.name not in circuit.external.values()}
    if opened:
        data["info"] = {"open": opened}
    if isinstance(circuit.options.get("dt"), float):
        data["meta"]["dt"] = circuit.options["dt"]
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120))


def _instance(instance: Instance) -> dict[str, Any]:
    params = instance.device.params
    settings = {name: _setting(instance, params[name], value) for name, value in instance.values.items()}
    written: dict[str, Any] = {"component": instance.device.name}
    if settings:
        written["settings"] = settings
    if instance.references:
        written["references"] = list(instance.references)
    return written


def _setting(instance: Instance, param: Param, value: Any) -> Any:
    if isinstance(value, str):
        return value
    if is_shape(value):
        return str(value)
    if isinstance(value, tuple | list):
        return [_setting(instance, param, v) for v in value]
    if np.ndim(value) or np.iscomplexobj(value):
        raise UsageError(f"{instance.name}: {param.name} is an array, which gdsfactory YAML cannot hold")
    return shifted(value, 6) if param.unit == "m" else float(value)


def _connections(circuit: Circuit) -> dict[str, str]:
    pairs = (n.terminals for n in circuit.nets.values() if len(n.terminals) == 2)
    return {f"{a.instance},{a.port}": f"{b.instance},{b.port}" for a, b in pairs}


def _end(circuit: Circuit, net: str) -> str:
    terminal = circuit.nets[net].terminals[0]
    return f"{terminal.instance},{terminal.port}"
