"""Waves that are filled from outside the compiled engine: sources, inputs, driven coefficients."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import SimulationError, UsageError
from ..schedule.groups import Entries, Group, matrix_entries, resolve_waveforms, steady_fields, with_driven
from ..schedule.pack import Modulation
from ..schedule.program import Emission, Program
from ..units import engineering
from .edges import stretches
from .feeds import FOREVER, Feed, Piece
from .followed import Followed
from .outlets import BLOWN_UP

DARK = np.zeros((1, 1, 1), dtype=complex)


def feeds(program: Program, inputs: dict[str, np.ndarray], stop: float, seed: int = 0) -> dict[int, Feed]:
    """For every wave that comes from outside, the function that gives its samples.

    inputs  samples by source instance or external port, as `arrange_input` returns them
    stop    end of the analysis (s), which sets the defaults of source shapes
    seed    of the shapes that are random
    """
    found: dict[int, Feed] = {}
    for emission in program.emissions:
        name = emission.group.instances[emission.instance].name
        given = inputs.get(name)
        for k, wave in enumerate(emission.waves):
            if wave >= 0:
                found[wave] = _emit(emission, k, program, stop, seed) if given is None else replay(given)
    for port, wave in program.inputs.items():
        found[wave] = replay(inputs[port]) if port in inputs else nothing
    for modulation in program.modulations:
        found |= modulate(modulation, program, stop, seed)
    return found


def input_waves(program: Program) -> list[tuple[int, str]]:
    """The waves that inputs may stand for, with the names of the sources and external ports."""
    found = [(wave, port) for port, wave in program.inputs.items()]
    for emission in program.emissions:
        name = emission.group.instances[emission.instance].name
        found += [(wave, name) for wave in emission.waves if wave >= 0]
    return found


def emitted(program: Program, stop: float, seed: int, times: np.ndarray) -> Iterator[tuple[int, str, np.ndarray]]:
    """What every source sends out at these times (s): wave, instance, values (carriers or 1, runs or 1, times)."""
    for emission in program.emissions:
        group = _single(emission.group, emission.instance)
        emit = group.device.emit
        assert emit is not None
        waves = emit(_Drive(group, program, stop, seed).fields(times), times)
        for wave, values in zip(emission.waves, waves, strict=True):
            if wave >= 0:
                yield wave, group.instances[0].name, _one_instance(np.asarray(values) + 0 * times)


def standing(sample: np.ndarray) -> Feed:
    """One sample (carriers or 1, runs or 1, 1) that holds for ever."""
    return lambda t0, t1: [Piece(0, FOREVER, sample)]


def replay(samples: np.ndarray) -> Feed:
    """Samples as given, and darkness after them."""
    given, after = Piece(0, samples.shape[-1], samples), Piece(samples.shape[-1], FOREVER, DARK)

    def feed(t0: int, t1: int) -> list[Piece]:
        return [given] if t1 <= given.stop else [given, after] if t0 < given.stop else [after]

    return feed


def arrange_input(name: str, samples: Any, carriers: int) -> np.ndarray:
    """An input as (carriers or 1, runs or 1, times), from (times,), (runs, times) or (runs, carriers, times).

    With several carriers and a first axis of that length, (carriers, times) is meant. Raises UsageError when the
    samples are not finite numbers of one of these shapes.
    """
    array = np.asarray(samples)
    if not np.issubdtype(array.dtype, np.number) or array.ndim not in (1, 2, 3):
        raise UsageError(
            f"input {name!r} must be an array of numbers (times,), (runs, times) or (runs, carriers, times)"
        )
    if not (np.abs(array) < BLOWN_UP).all():
        raise UsageError(f"input {name!r} holds a value that is not finite, or beyond {BLOWN_UP:g} sqrt(W)")
    if array.ndim == 1:
        return np.asarray(array[None, None], dtype=complex)
    if array.ndim == 2:
        several = carriers > 1 and array.shape[0] == carriers
        return np.asarray(array[:, None] if several else array[None], dtype=complex)
    if array.shape[1] not in (1, carriers):
        raise UsageError(f"input {name!r} has {array.shape[1]} carriers, the circuit {carriers}")
    return np.ascontiguousarray(np.moveaxis(array, 0, 1), dtype=complex)


def from_now(samples: Any, first: int, last: int) -> np.ndarray:
    """An input of which the first sample belongs to the tick `first`; a number holds from there to the tick `last`."""
    array = np.asarray(samples)
    if array.ndim == 0:
        array = np.full(last + 1 - first, array)
    return np.concatenate([np.zeros((*array.shape[:-1], first), dtype=array.dtype), array], axis=-1)


def nothing(t0: int, t1: int) -> list[Piece]:
    return [Piece(0, FOREVER, DARK)]


def _single(group: Group, instance: int) -> Group:
    return Group(group.device, group.ports, group.wired, group.driven, [group.instances[instance]])


class _Drive:
    """The parameters of a group of one as time goes on, the shapes that drive some of them followed."""

    def __init__(self, group: Group, program: Program, stop: float, seed: int):
        self.group, self._step = group, program.step
        self._waveforms = resolve_waveforms(group, program.step, stop, seed)
        self._stop = int(stop / program.step) + 2
        self._steady = steady_fields(group, program.carriers, True)
        self._followed = [w for w in self._waveforms.values() if isinstance(w, Followed)]

    @property
    def follows(self) -> bool:
        """Whether some of the parameters follow electronics."""
        return bool(self._followed)

    @property
    def version(self) -> int:
        """Changes when other values have come for the same times."""
        return sum(w.version for w in self._followed)

    def stretches(self, t0: int, t1: int) -> list[tuple[int, int, bool]]:
        """Parts of t0 <= t < t1: (from, to, whether the parameters stand still in it)."""
        if not self._waveforms:
            return [(t0, FOREVER, True)]
        if self.follows:
            return [(t0, t1, False)]
        return stretches(list(self._waveforms.values()), self._step, t0, t1, self._stop)

    def fields(self, t: np.ndarray, checked: bool = False) -> Any:
        """The namespace `p` at these times; without shapes for all times.

        Raises SimulationError where a shape leaves the parameter's bounds, if that is to be `checked`.
        """
        values = {key: waveform(t) for key, waveform in self._waveforms.items()}
        for (name, parameter), numbers in values.items() if checked else ():
            _check_bounds(f"{name}.{parameter}", self.group.device.params[parameter].bounds, numbers, t)
        shaped = {key: v.reshape((1, 1, -1, len(t))) for key, v in values.items()}
        return with_driven(self.group, self._steady, shaped)


def _check_bounds(name: str, bounds: tuple[float, float], values: np.ndarray, t: np.ndarray) -> None:
    """`values` is (times,) or (runs, times)."""
    values = np.atleast_2d(values)
    bad = ~((values >= bounds[0]) & (values <= bounds[1]))
    if bad.any():
        first = int(np.argmax(bad.any(axis=0)))
        value = values[np.argmax(bad[:, first]), first]
        raise SimulationError(
            f"{name} is driven to {value:g} at t = {engineering(float(t[first]), 's')}; "
            f"it must stay within {bounds[0]:g} to {bounds[1]:g}"
        )


def _emit(emission: Emission, port: int, program: Program, stop: float, seed: int) -> Feed:
    """What a source sends out by a port.

    Where its parameters stand still its wave is looked at twice: if the equation makes no use of the time, it stands
    still as well.
    """
    drive = _Drive(_single(emission.group, emission.instance), program, stop, seed)
    emit = emission.group.device.emit
    assert emit is not None

    def wave(t: np.ndarray, still: bool) -> np.ndarray:
        return _one_instance(np.asarray(emit(drive.fields(t[:1] if still else t), t)[port]))

    def pieces(t0: int, t1: int) -> Iterator[Piece]:
        for start, end, still in drive.stretches(t0, t1):
            if still:
                first = wave(np.array([start, start + 1]) * program.step, still)
                if first.shape[-1] == 1:
                    yield Piece(start, end, first)
                    continue
            end = min(end, t1)
            yield Piece(start, end, wave(np.arange(start, end) * program.step, still))

    return lambda t0, t1: list(pieces(t0, t1))


def _one_instance(wave: np.ndarray) -> np.ndarray:
    """A wave (carriers, runs, times) from one that may have an axis of one instance before, or lack leading axes."""
    whole: np.ndarray = wave.reshape((1,) * (4 - wave.ndim) + wave.shape)[0]
    return whole


def modulate(modulation: Modulation, program: Program, stop: float, seed: int) -> dict[int, Feed]:
    """The coefficients of one driven device, all computed at once for each piece of time."""
    drive = _Drive(modulation.group, program, stop, seed)

    @functools.lru_cache(maxsize=1)
    def entries(t0: int, t1: int, version: int) -> list[tuple[int, int, Entries]]:
        found = []
        for start, end, still in drive.stretches(t0, t1):
            t = np.arange(start, start + 1 if still else end) * program.step
            found.append((start, end, matrix_entries(modulation.group, drive.fields(t, checked=True))))
        return found

    def coefficient(place: tuple[int, int]) -> Feed:
        def feed(t0: int, t1: int) -> list[Piece]:
            return [Piece(a, b, e[place][0] if place in e else DARK) for a, b, e in entries(t0, t1, drive.version)]

        return feed

    return {wave: coefficient(place) for place, wave in modulation.waves.items()}


def coefficients(group: Group, program: Program, stop: float, seed: int, times: np.ndarray) -> Entries:
    """The coefficients of a driven device (a group of one) at these times (s), by their place in its matrix."""
    return matrix_entries(group, _Drive(group, program, stop, seed).fields(times))
