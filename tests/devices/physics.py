"""Devices on their own, without the engine: their matrices by unit vectors, their response by a linear solve."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from tdsim import device
from tdsim.units import C0

CARRIERS = (1550e-9, 1550.8e-9)


def parameters(name: str, wired: frozenset[str] | None = None, carriers=CARRIERS, **values: Any):
    """The class with the equations of a device, and its parameters shaped (instances, carriers, runs), derived."""
    kind = device.find(name)
    settings = {**{k: p.default for k, p in kind.params.items()}, **values}
    ports = [name for name, port in kind.ports_of(settings).items() if port.domain == device.OPTICAL]
    variant = kind.variant(settings)
    p = SimpleNamespace(**{key: _shaped(value) for key, value in settings.items()})
    p.wavelength = np.array(carriers)[None, :, None]
    p.frequency = C0 / p.wavelength
    p.frequency0 = p.frequency[:, :1]
    p.carrier_index = np.arange(len(carriers))[None, :, None]
    p.ports = tuple(ports)
    p.wired = frozenset(ports) if wired is None else wired
    variant.derive(p)
    return variant, p


def _shaped(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, tuple | list):
        return tuple(_shaped(v) for v in value)
    return np.asarray(value, dtype=float)[..., None, None] if np.ndim(value) else np.full((1, 1, 1), float(value))


@dataclass
class Matrices:
    """b = Sa a + Sx x;  y = Ya a + Yx x feeds the lines, then the states' time derivatives."""

    Sa: np.ndarray
    Sx: np.ndarray
    Ya: np.ndarray
    Yx: np.ndarray
    delays: np.ndarray

    def response(self, offset: float) -> np.ndarray:
        """Scattering matrix at this frequency (Hz) above the carrier; d/dt is -2 pi i offset."""
        x, lines = len(self.Yx), len(self.delays)
        inverse = np.diag([*np.exp(-2j * np.pi * offset * self.delays), *[-2j * np.pi * offset] * (x - lines)])
        return self.Sa + self.Sx @ np.linalg.solve(inverse - self.Yx, self.Ya) if x else self.Sa


def call(variant, p, a, x):
    """What the device makes of waves and inner variables: scattered waves, then what goes to its lines and states."""
    waves = namedtuple("Waves", p.ports)(*a)
    inner = [*variant.lines, *variant.states]
    if not inner:
        return [*variant.scatter(p, waves)]
    fields = namedtuple("Fields", inner)(*x)
    hooks = [variant.scatter, variant.feed if variant.lines else None, variant.flow if variant.states else None]
    return [value for hook in hooks if hook for value in hook(p, waves, fields)]


def matrices(variant, p, carrier: int = 0) -> Matrices:
    """The matrices of the first instance and run, at one carrier."""
    ports, inner = len(p.ports), len(variant.lines) + len(variant.states)
    columns = [call(variant, p, unit[:ports], unit[ports:]) for unit in np.eye(ports + inner)]
    full = np.array([[at(value, carrier) for value in column] for column in columns]).T
    delays = np.array([at(getattr(p, line.delay), carrier).real for line in variant.lines.values()])
    return Matrices(full[:ports, :ports], full[:ports, ports:], full[ports:, :ports], full[ports:, ports:], delays)


def at(value: Any, carrier: int) -> complex:
    """The number of the first instance and run at one carrier."""
    value = np.asarray(value)
    return complex(value[0, min(carrier, value.shape[1] - 1), 0] if value.ndim == 3 else value)


def scattering(name: str, offset: float = 0.0, carrier: int = 0, **values: Any) -> np.ndarray:
    """Scattering matrix of a device at `offset` Hz above a carrier."""
    return matrices(*parameters(name, **values), carrier).response(offset)


def is_electrical(kind) -> bool:
    """Whether a device belongs to the electrical circuit alone."""
    domains = {port.domain for port in kind.ports.values()}
    return domains == {"electrical"} or kind.couples


def electrical_parameters(name: str, **values: Any):
    """The parameters of a linear electrical device, shaped (instances, runs), derived at 27 degC."""
    kind = device.find(name)
    settings = {**{k: p.default for k, p in kind.params.items()}, **values}
    p = SimpleNamespace(
        **{k: v if isinstance(v, tuple | str) else np.full((1, 1), float(v)) for k, v in settings.items()}
    )
    p.ambient = p.nominal = 27.0
    p.small_signal = False
    if kind.couples:
        p.first, p.second = (SimpleNamespace(henries=np.full((1, 1), value)) for value in (1e-3, 2e-3))
    kind.derive(p)
    return p
