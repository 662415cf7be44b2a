"""What every device of the library must keep, found by walking it: nothing here names a device but the exceptions."""

import inspect
import math
from collections import namedtuple

import numpy as np
import pytest

import tdsim
from tdsim import device

from .physics import CARRIERS, call, electrical_parameters, is_electrical, matrices, parameters

LIBRARY = sorted(device.library())
ELECTRICAL = [name for name in LIBRARY if is_electrical(device.find(name))]
LINEAR = [n for n in ELECTRICAL if device.find(n).characteristic is None and device.find(n).laws is None]
OPTICAL = [name for name in LIBRARY if name not in ELECTRICAL and parameters(name)[1].ports]
UNITS = {
    "",
    "1",
    "m",
    "s",
    "Hz",
    "W",
    "J",
    "rad",
    "dB",
    "dB/m",
    "dB/Hz",
    "1/s",
    "s^-1/2",
    "s/m^2",
    "m^2",
    "m^2/W",
    "m/W",
}
UNITS |= {"rad/s/J", "sqrt(W)", "sqrt(J)", "V", "A", "A/W", "ohm", "F", "K", "J", "rad/s", "1/J/s"}
UNITS |= {"S", "H", "degC", "deg", "1/K", "1/K^2", "F/m", "F/m^2", "eV", "V/K", "1/V", "V^0.5"}
UNITS |= {"A/V^2", "A/m^2", "cm^2/V/s", "cm^-2", "cm^-3"}
ABSORBING = {
    "ybranch",
    "splitter",
    "isolator",
    "terminator",
    "laser",
    "field",
    "amplifier",
    "phase_conjugator",
    "nudge",
    "photodiode",
    "balanced_photodiode",
}
"""Devices that lose or make light even where their losses are 0."""


def tables(kind):
    return [
        *kind.ports.values(),
        *kind.params.values(),
        *kind.derived.values(),
        *kind.lines.values(),
        *kind.states.values(),
    ]


def variants(name):
    """The parameter values that choose each of the models of a device."""
    words = [(k, p.choices) for k, p in device.find(name).params.items() if p.choices]
    return [{key: word} for key, choices in words for word in choices] or [{}]


CASES = [
    pytest.param(name, words, id="-".join([name, *words.values()])) for name in OPTICAL for words in variants(name)
]


def drawn(name, words, generator):
    """Random parameters within their bounds; where these do not fit together, fewer of them."""
    kind = device.find(name)
    defaults = {k: p.default for k, p in kind.params.items()}
    values = dict(words)
    for key, param in kind.params.items():
        if param.kind in ("text", "expression"):
            continue
        value = number(param, generator)
        if kind.validate({**defaults, **values, key: value}) is None:
            values[key] = value
    return values


def number(param, generator):
    if isinstance(param.default, tuple):
        return tuple(v * generator.uniform(0, 2) for v in param.default)
    low, high = param.bounds
    scale = abs(param.default) if param.default and math.isfinite(param.default) else 1.0
    if math.isfinite(low) and math.isfinite(high):
        return float(generator.uniform(low, high))
    if math.isfinite(low):
        return low + scale * generator.uniform(0.1, 2)
    return high - scale * generator.uniform(0.1, 60) if math.isfinite(high) else scale * generator.uniform(-2, 2)


@pytest.mark.parametrize("name", LIBRARY)
def test_all_is_documented_in_known_units(name):
    kind = device.find(name)
    assert kind.__doc__
    assert "Reference" in inspect.getmodule(kind).__doc__
    for words in variants(name):
        variant = kind.variant({**{k: p.default for k, p in kind.params.items()}, **words})
        assert all(entry.doc for entry in tables(variant))
        assert {e.unit for e in tables(variant) if hasattr(e, "unit")} <= UNITS


@pytest.mark.parametrize("name", LIBRARY)
def test_defaults_are_valid(name):
    kind = device.find(name)
    for param in kind.params.values():
        for value in np.ravel(param.default) if param.kind not in ("text", "expression") else []:
            assert math.isnan(value) or param.bounds[0] <= value <= param.bounds[1]
        assert not param.choices or param.default in param.choices
    needs = [k for k, p in kind.params.items() if p.kind == "expression"]
    assert needs or kind.validate({k: p.default for k, p in kind.params.items()}) is None


@pytest.mark.parametrize("name", [n for n in LIBRARY if device.find(n).laws is None])
def test_netlist_uses_the_device_and_runs_it(name):
    kind = device.find(name)
    title, *lines = kind.netlist.splitlines()
    assert title
    assert not title.startswith(("*", ".", "X"))
    if kind.letter == "x":
        assert any(line.lower().startswith("x") and f" {name}" in line for line in lines)
    else:
        assert any(line.lower().startswith(kind.letter) for line in lines)
    circuit = tdsim.loads(kind.netlist)
    assert not circuit.warnings
    result = tdsim.simulate(circuit)
    assert len(result.data_vars) == len(circuit.requests)
    for signal in result.data_vars.values():
        assert np.isfinite(signal.values).all()
    assert any(signal.values.any() for signal in result.data_vars.values())


@pytest.mark.parametrize(("name", "words"), CASES)
def test_passive_and_reciprocal_as_declared(name, words):
    generator = np.random.default_rng(1)
    kind = device.find(name)
    for values in [words, *(drawn(name, words, generator) for _ in range(20))]:
        if kind.reciprocal:
            values = {**values, **{k: 0.0 for k in values if k == "nonreciprocal_phase"}}
        variant, p = parameters(name, **values)
        for carrier in range(len(CARRIERS)):
            found = matrices(variant, p, carrier)
            for offset in generator.uniform(-1e12, 1e12, 3):
                s = found.response(offset)
                assert np.isfinite(s).all()
                if kind.passive:
                    assert np.linalg.norm(s, 2) <= 1 + 1e-12
                if kind.reciprocal:
                    np.testing.assert_allclose(s, s.T, atol=1e-12 * max(1, np.abs(s).max()))


@pytest.mark.parametrize("name", [n for n in OPTICAL if "nonreciprocal_phase" in device.find(n).params])
def test_nonreciprocal_phase_changes_sign_with_direction(name):
    plus, minus = (matrices(*parameters(name, nonreciprocal_phase=x)).response(3e11) for x in (0.7, -0.7))
    np.testing.assert_allclose(plus, minus.T, atol=1e-14)
    assert abs(plus[1, 0] - plus[0, 1]) > 0.1


@pytest.mark.parametrize(("name", "words"), [case for case in CASES if case.values[0] not in ABSORBING])
def test_lossless_where_losses_are_zero(name, words):
    generator = np.random.default_rng(2)
    for _ in range(5):
        values = drawn(name, words, generator)
        off = {"loss": 0.0, "kappa_i": 0.0, "crosstalk": -math.inf}
        values |= {k: v for k, v in off.items() if k in device.find(name).params}
        variant, p = parameters(name, **values)
        s = matrices(variant, p).response(generator.uniform(-1e11, 1e11))
        np.testing.assert_allclose(s.conj().T @ s, np.eye(len(s)), atol=1e-12)


@pytest.mark.parametrize(("name", "words"), CASES)
def test_linear_in_waves_and_inner_variables(name, words):
    generator = np.random.default_rng(3)
    variant, p = parameters(name, **drawn(name, words, generator))
    u, v = excitation(variant, p, generator), excitation(variant, p, generator)
    alpha, beta = complex_normal(generator, 2)
    mixed = call(variant, p, *(alpha * a + beta * b for a, b in zip(u, v, strict=True)))
    for both, one, other in zip(mixed, call(variant, p, *u), call(variant, p, *v), strict=True):
        size = np.abs(one).max() + np.abs(other).max()
        np.testing.assert_allclose(both, alpha * one + beta * other, atol=1e-12 * max(1.0, size))


def excitation(variant, p, generator):
    """Random incident waves and inner variables."""
    return complex_normal(generator, len(p.ports)), complex_normal(generator, len(variant.lines) + len(variant.states))


def complex_normal(generator, count):
    return generator.normal(size=count) + 1j * generator.normal(size=count)


@pytest.mark.parametrize(("name", "words"), CASES)
def test_transposed_partner(name, words):
    """<y, S x> = <S^T y, x> without conjugation, through lines and states."""
    generator = np.random.default_rng(4)
    variant, p = parameters(name, **drawn(name, words, generator))
    s = matrices(variant, p).response(2e11)
    x, y = complex_normal(generator, len(s)), complex_normal(generator, len(s))
    assert y @ (s @ x) == pytest.approx((s.T @ y) @ x, rel=1e-12)
    if device.find(name).reciprocal and "nonreciprocal_phase" not in device.find(name).params:
        assert y @ (s @ x) == pytest.approx((s @ y) @ x, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("name", "words"), [c for c in CASES if parameters(c.values[0], **c.values[1])[0].states])
def test_states_keep_the_balance_of_energy(name, words):
    """d|x|^2/dt + power out - power in is what is absorbed: never below 0, and 0 without losses."""
    generator = np.random.default_rng(5)
    for losses in ({}, {k: 0.0 for k in ("loss", "kappa_i") if k in device.find(name).params}):
        variant, p = parameters(name, **{**drawn(name, words, generator), **losses})
        m = matrices(variant, p)
        a, x = complex_normal(generator, len(p.ports)) * 1e3, complex_normal(generator, len(variant.states)) * 1e-3
        growth = 2 * np.real(np.vdot(x, m.Ya @ a + m.Yx @ x))
        out, into = np.linalg.norm(m.Sa @ a + m.Sx @ x) ** 2, np.linalg.norm(a) ** 2
        assert growth + out - into <= 1e-9 * (out + into)
        if losses:
            assert abs(growth + out - into) <= 1e-9 * (out + into)


@pytest.mark.parametrize(("name", "words"), CASES)
def test_many_instances_at_once_equal_each_alone(name, words):
    generator = np.random.default_rng(6)
    alone = [drawn(name, words, generator) for _ in range(3)]
    numbers = [k for k in alone[0] if device.find(name).params[k].kind == "number" and k != "n"]
    shared = [k for k in numbers if all(k in values for values in alone)]
    variant, p = parameters(name, **words, **{k: np.array([values[k] for values in alone]) for k in shared})
    waves = excitation(variant, p, generator)
    together = call(variant, p, *waves)
    for i, values in enumerate(alone):
        single = call(*parameters(name, **words, **{k: values[k] for k in shared}), *waves)
        for many, one in zip(together, single, strict=True):
            np.testing.assert_allclose(cut(many, 3)[i], cut(one, 1)[0], rtol=1e-12)


def cut(value, instances):
    """`value` for each instance: (instances, carriers, runs)."""
    return np.broadcast_to(value, (instances, len(CARRIERS), 1))


DRIVEN = [
    pytest.param(name, key, id=f"{name}-{key}")
    for name in OPTICAL
    for key, param in device.find(name).params.items()
    if param.drivable and device.find(name).emit is None
]


@pytest.mark.parametrize(("name", "key"), DRIVEN)
def test_driven_parameters_may_carry_time(name, key):
    """The engine derives once with a trailing time axis: the same as one time after another."""
    generator = np.random.default_rng(7)
    times = [number(device.find(name).params[key], generator) for _ in range(4)]
    variant, p = parameters(name)
    for field, value in vars(p).items():
        if isinstance(value, np.ndarray):
            setattr(p, field, value[..., None])
    setattr(p, key, np.array(times).reshape(1, 1, 1, 4))
    variant.derive(p)
    waves = complex_normal(generator, len(p.ports))
    together = call(variant, p, waves, ())
    for i, value in enumerate(times):
        for many, one in zip(together, call(*parameters(name, **{key: value}), waves, ()), strict=True):
            np.testing.assert_allclose(np.broadcast_to(many, (1, 2, 1, 4))[..., i], cut(one, 1), rtol=1e-12)


def electrical_call(kind, p, unknowns):
    """Conducted and stored, for given voltages at ports and inner nodes and given currents of branches."""
    nodes, branches = [*kind.ports, *kind.inner], [*kind.branches, *REFERRED[kind.references]]
    v = namedtuple("Voltages", nodes)(*unknowns[: len(nodes)])
    x = namedtuple("Currents", branches)(*unknowns[len(nodes) :])
    rows = len(nodes) + len(kind.branches) + (kind.references if kind.couples else 0)
    hooks = [hook(p, v, x) if hook else (0,) * rows for hook in (kind.conduct, kind.store)]
    assert all(len(found) == rows for found in hooks)
    return [np.broadcast_to(value, (1, 1)) for found in hooks for value in found]


REFERRED = {0: (), 1: ("other",), 2: ("first", "second")}


def electrical_matrices(kind, p):
    """What is conducted and stored at the ports and inner nodes for each unit vector of their voltages and currents."""
    size = len(kind.ports) + len(kind.inner) + len(kind.branches) + kind.references
    answers = np.array([[value[0, 0] for value in electrical_call(kind, p, unit)] for unit in np.eye(size)]).T
    return np.split(answers, 2)


@pytest.mark.parametrize("name", LINEAR)
def test_electrical_equations_are_linear(name):
    generator = np.random.default_rng(8)
    kind = device.find(name)
    p = electrical_parameters(name, **drawn(name, {}, generator))
    size = len(kind.ports) + len(kind.inner) + len(kind.branches) + kind.references
    u, v = generator.normal(size=(2, size))
    together, one, other = (electrical_call(kind, p, x) for x in (2 * u - 3 * v, u, v))
    for both, a, b in zip(together, one, other, strict=True):
        np.testing.assert_allclose(both, 2 * a - 3 * b, rtol=1e-12, atol=1e-12 * np.abs(a).max())


@pytest.mark.parametrize("name", LINEAR)
def test_no_current_is_lost(name):
    """What enters a device at one port leaves it at another, also of what it stores and of what drives it."""
    generator = np.random.default_rng(9)
    kind = device.find(name)
    p = electrical_parameters(name, **drawn(name, {}, generator))
    nodes = len(kind.ports) + len(kind.inner)
    for matrix in electrical_matrices(kind, p):
        np.testing.assert_allclose(matrix[:nodes].sum(axis=0), 0, atol=1e-12 * max(1, np.abs(matrix).max()))
    if kind.drive is not None:
        p.wave = 1.0
        assert sum(kind.drive(p)[:nodes]) == 0


@pytest.mark.parametrize("name", [n for n in LINEAR if device.find(n).passive and not device.find(n).couples])
def test_electrical_device_makes_no_energy(name):
    """With positive values, power into the device at constant voltages and currents is not below zero."""
    kind = device.find(name)
    main = {key: 2.0 for key in (name, "r", "c", "l") if key in kind.params}
    conducted, _ = electrical_matrices(kind, electrical_parameters(name, **main))
    nodes = len(kind.ports) + len(kind.inner)
    signed = np.vstack([conducted[:nodes], -conducted[nodes:]])
    assert np.linalg.eigvalsh(signed + signed.T).min() > -1e-12


# -- non-linear electrical devices ------------------------------------------------------------------------------

NONLINEAR = [name for name in ELECTRICAL if device.find(name).characteristic is not None]


def prepared(name, generator):
    """The numbers of an instance with random parameters."""
    kind = device.find(name)
    values = {k: p.default for k, p in kind.params.items()}
    for key, param in kind.params.items():
        if isinstance(param.default, float) and param.default and math.isfinite(param.default):
            values[key] = float(np.clip(param.default * generator.uniform(0.6, 1.4), *param.bounds))
    if "nf" in values:
        values["nr"] = values["nf"]  # else the equations of Gummel and Poon give out power at small voltages
    return kind.prepare(values, 27.0, 27.0)


def voltages(kind, generator):
    return tuple(generator.uniform(-3, 0.9, len(kind.controls)))


def flat(found):
    """Nested tuples of numbers as one array."""
    return np.concatenate([flat(part) for part in found]) if isinstance(found, tuple) else np.array([found])


def called(kind, *args, state=0, origin=()):
    """Flows, slopes, charges and capacitances as arrays."""
    more = (state,) if kind.switches else ()
    if kind.walked:
        more = (origin or args[1],)
    return [np.array(part) for part in kind.characteristic(*args, *more)]


@pytest.mark.parametrize("name", NONLINEAR)
def test_derivatives_of_characteristics_equal_differences(name):
    generator = np.random.default_rng(10)
    kind = device.find(name)
    for trial in range(30):
        p, u, state = prepared(name, generator), voltages(kind, generator), trial % 2
        origin = voltages(kind, generator)
        _, slopes, _, capacitances = called(kind, p, u, state=state, origin=origin)
        for k in range(len(u)):
            h = 1e-6
            moved = [tuple(np.add(u, side * h * np.eye(len(u))[k])) for side in (1, -1)]
            ends = [called(kind, p, some, state=state, origin=origin) for some in moved]
            for exact, place in ((slopes, 0), (capacitances, 2)):
                high, low = ends[0][place], ends[1][place]
                noise = 1e-15 * (np.abs(high) + np.abs(low)).max() / h
                np.testing.assert_allclose(exact[:, k], (high - low) / (2 * h), rtol=1e-6, atol=noise + 1e-18)


@pytest.mark.parametrize("name", [n for n in NONLINEAR if device.find(n).depends])
def test_paths_depend_on_nothing_but_the_controls_that_are_said(name):
    generator = np.random.default_rng(14)
    kind = device.find(name)
    silent = np.ones((len(kind.paths), len(kind.controls)), dtype=bool)
    for path, places in enumerate(kind.depends):
        silent[path, list(places)] = False
    for _ in range(100):
        _, slopes, _, capacitances = called(
            kind, prepared(name, generator), voltages(kind, generator), origin=voltages(kind, generator)
        )
        assert not slopes[silent].any()
        assert not capacitances[silent].any()


@pytest.mark.parametrize("name", NONLINEAR)
def test_compiled_characteristics_equal_python(name):
    import numba
    from numba.extending import register_jitable

    generator = np.random.default_rng(11)
    kind = device.find(name)
    for function in device.kernels:
        register_jitable(function)
    functions = [kind.characteristic, kind.limit, kind.margin]
    machine = [function and numba.njit(function) for function in functions]
    for trial in range(10):
        p, u, before = prepared(name, generator), voltages(kind, generator), voltages(kind, generator)
        state = (voltages(kind, generator),) if kind.walked else (trial % 2,) * bool(kind.switches)
        arguments = [(p, u, *state), (p, u, before), (p, u, *state)]
        for fast, slow, some in zip(machine, functions, arguments, strict=True):
            if fast is not None:
                np.testing.assert_allclose(flat(fast(*some)), flat(slow(*some)), rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize("name", [n for n in NONLINEAR if device.find(n).walked])
def test_walked_paths_carry_a_capacitance_times_a_change(name):
    generator = np.random.default_rng(13)
    kind = device.find(name)
    walked = [kind.paths.index(path) for path in kind.walked]
    for _ in range(30):
        p, u, origin = prepared(name, generator), voltages(kind, generator), voltages(kind, generator)
        still, moving = called(kind, p, u), called(kind, p, u, origin=origin)
        change = still[3] @ (np.array(u) - np.array(origin))
        np.testing.assert_allclose(moving[2][walked], change[walked], rtol=1e-9, atol=1e-30)
        assert not still[2][walked].any()
        np.testing.assert_array_equal(np.delete(moving[2], walked), np.delete(still[2], walked))
        np.testing.assert_array_equal(moving[0], still[0])


@pytest.mark.parametrize("name", [n for n in NONLINEAR if device.find(n).passive])
def test_passive_characteristics_take_power(name):
    """Currents times the voltages along their paths add up to 0 or more, at any voltages of the nodes."""
    generator = np.random.default_rng(12)
    kind = device.find(name)
    for trial in range(100):
        p = prepared(name, generator)
        nodes = {node: generator.uniform(-1, 1) for node in (*kind.ports, *kind.inner, "other", "")}
        u = tuple(nodes[a] - nodes[b] for a, b in kind.controls)
        along = [nodes[a] - nodes[b] for a, b in kind.paths]
        assert np.dot(called(kind, p, u, state=trial % 2)[0], along) >= 0
