"""Energy and reciprocity of random passive networks, in time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tdsim
from tdsim.circuit import Instance
from tdsim.device import find
from tdsim.errors import Diagnostics

SAMPLES = 10_000
STEP = 0.1e-12

LOSSLESS = {
    "coupler": ("o1 o2 o3 o4", {"coupling": (0, 1)}),
    "mzi": ("o1 o2 o3 o4", {"theta": (-3, 3), "phi": (-3, 3)}),
    "mmi": ("o1 o2 o3 o4", {"imbalance": (-1, 1)}),
    "star": ("o1 o2 o3 p1 p2 p3", {}),
    "crossing": ("o1 o2 o3 o4", {}),
    "mirror": ("o1 o2", {"reflectivity": (0, 0.9)}),
    "phase_shifter": ("o1 o2", {"phase": (-3, 3)}),
    "circulator": ("o1 o2 o3", {}),
    "ring": ("o1 o2 o3 o4", {"coupling1": (0.05, 0.9), "coupling2": (0.05, 0.9)}),
}
"""Devices that keep energy, with their ports and the ranges of what is drawn."""

LOSSY = {
    "ybranch": ("o1 o2 o3", {"ratio": (0, 1), "loss": (0, 3)}),
    "attenuator": ("o1 o2", {"loss": (0, 10)}),
    "isolator": ("o1 o2", {"isolation": (0, 40), "loss": (0, 3)}),
    "terminator": ("o1", {}),
    "coupler": ("o1 o2 o3 o4", {"coupling": (0, 1), "loss": (0, 3)}),
}
"""Devices that absorb some of it, at once."""

STORING = {
    "resonator": ("o1 o2 o3", {"detuning": (-3e10, 3e10)}),
    "ring": ("o1 o2 o3 o4", {"coupling1": (0.05, 0.3), "coupling2": (0.05, 0.3), "detuning": (-3e10, 3e10)}),
    "waveguide": ("o1 o2", {"length": (6e-5, 1e-3), "phase": (-3, 3)}),
}
"""Devices with states or fractional delays, which keep their energy with `.options lossless=on`."""

LEAKING = {
    "resonator": ("o1 o2 o3", {"detuning": (-3e10, 3e10), "kappa_i": (0, 1e11)}),
    "ring": ("o1 o2 o3 o4", {"coupling1": (0.05, 0.3), "coupling2": (0.05, 0.3), "loss": (0, 0.5)}),
}
"""Some of these that lose energy inside."""

CAVITIES = {"resonator": {"kappa": (1e11, 2e11, 5e10)}, "ring": {"model": "cmt", "radius": 50e-6}}

FIXED = {"star": {"n": 3}, "ring": {"radius": 50e-6}}

RECIPROCAL = {name: what for name, what in LOSSLESS.items() if name != "circulator"}


@st.composite
def networks(draw, *tables):
    """Up to eight devices whose ports are joined at random by guides of 1 to 40 samples; three ends stay open."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    circuit = tdsim.Circuit()
    ends = []
    for n in range(draw(st.integers(2, 8))):
        kind, (ports, ranges) = draw(st.sampled_from([item for table in tables for item in table.items()]))
        values = {k: rng.uniform(*r) for k, r in ranges.items()}
        nets = [f"d{n}_{p}" for p in ports.split()]
        fixed = CAVITIES if "detuning" in values or "loss" in values else FIXED
        circuit.add(f"d{n}", kind, *nets, **values, **fixed.get(kind, {}))
        ends += nets
    ends = [str(e) for e in rng.permutation(ends)]
    kept = 2 if len(ends) % 2 == 0 else 3
    for n, (one, other) in enumerate(zip(ends[kept::2], ends[kept + 1 :: 2], strict=True)):
        samples = int(rng.integers(1, 41))
        circuit.add(f"w{n}", "delay", one, other, time=samples * STEP, phase=rng.uniform(-3, 3))
    for n, net in enumerate(ends[:kept]):
        circuit.port(f"p{n}", net)
    return circuit


def answer(circuit, inputs):
    """The waves at all ports, and the state at the end."""
    save = [f"e({port})" for port in circuit.external]
    for instance in circuit.instances.values():
        save += [f"{kind}({instance.name}.{p})" for p in instance.nets for kind in ("p", "pin")]
    return tdsim.transient(circuit, stop=(SAMPLES - 1) * STEP, step=STEP, inputs=inputs, save=save, return_state=True)


LINES = ("forward", "backward", "up", "down", "back_up", "back_down")


def stored(state):
    """Energy under way, in units of |e|^2 times a sample: in the memory of all-passes, and in delay lines.

    A state holds one sample more of each line than is under way, for its reversal.
    """
    total = np.sum(np.abs(state.memory) ** 2)
    for name, end, size in zip(state.names, np.cumsum(state.depth), state.depth, strict=True):
        if name.rpartition(".")[2].rstrip("'") in LINES:
            total += np.sum(np.abs(state.history[end - size + 1 : end]) ** 2)
    return float(total)


def absorbed(circuit, result):
    """What each lossy device took in and did not give out, over the run."""
    lossy = [i for i in circuit.instances.values() if i.device.name in LOSSY]
    return [
        sum(float(np.sum(result[f"pin({i.name}.{p})"] - result[f"p({i.name}.{p})"])) for p in i.nets) for i in lossy
    ]


@settings(max_examples=25, deadline=None)
@given(networks(LOSSLESS, LOSSY), st.integers(0, 2**32 - 1))
@pytest.mark.filterwarnings("ignore:the step of")
def test_energy_in_is_energy_out_plus_stored_plus_absorbed(circuit, seed):
    rng = np.random.default_rng(seed)
    inputs = {port: rng.normal(size=500) + 1j * rng.normal(size=500) for port in circuit.external}
    result, state = answer(circuit, inputs)
    put_in = sum(np.sum(np.abs(x) ** 2) for x in inputs.values())
    came_out = sum(float(np.sum(np.abs(result[f"e({port})"].values) ** 2)) for port in circuit.external)
    kept = absorbed(circuit, result)
    assert min(kept, default=0) >= -1e-12 * put_in
    assert came_out + stored(state) + sum(kept) == pytest.approx(put_in, rel=1e-10)


@settings(max_examples=25, deadline=None)
@given(networks(RECIPROCAL))
@pytest.mark.filterwarnings("ignore:the step of")
def test_reciprocal_networks_are_reciprocal_in_time(circuit):
    """The answer at port 1 to an impulse at port 0 is the answer at port 0 to one at port 1, sample by sample."""
    there, _ = answer(circuit, {"p0": [1.0]})
    back, _ = answer(circuit, {"p1": [1.0]})
    np.testing.assert_allclose(there["e(p1)"].values, back["e(p0)"].values, atol=1e-12)


# -- states and fractional delays, kept lossless -------------------------------------------------------------------


@st.composite
def lossless_networks(draw):
    """A network with resonators, some of them coupled, rings by their modes and guides of any length."""
    circuit = draw(networks(LOSSLESS, STORING, STORING, LEAKING))
    circuit.options["lossless"] = "on"
    cavities = [i.name for i in circuit.instances.values() if i.device.name == "resonator"]
    for k, pair in enumerate(zip(cavities[::2], cavities[1::2], strict=False)):
        circuit.add_instance(Instance(f"k{k}", find("k"), {}, {"j": 3e10}, references=pair), Diagnostics())
    return circuit


def modes(circuit):
    """The states of a circuit, and M of dA/dt = M A + .., from the equations in the devices' descriptions."""
    rates, joined, lost = {}, [], {}
    for name, instance in circuit.instances.items():
        p = instance.settings
        if instance.device.name == "resonator":
            rates[f"{name}.cavity"] = -2j * np.pi * p["detuning"] - (sum(p["kappa"]) + p["kappa_i"]) / 2
            lost[f"{name}.cavity"] = p["kappa_i"]
        elif instance.device.name == "ring" and p["model"] == "cmt":
            tau = 2 * np.pi * p["radius"] * p["ng"] / 299792458.0
            gone = np.log(10) / 10 * p["loss"] / tau
            offset = p["detuning"] - np.rint(p["detuning"] * tau) / tau
            for way in ("forward", "backward"):
                rates[f"{name}.{way}"] = -2j * np.pi * offset - ((p["coupling1"] + p["coupling2"]) / tau + gone) / 2
                lost[f"{name}.{way}"] = gone
        elif instance.device.name == "k":
            joined.append([f"{r}.cavity" for r in instance.references])
    names = list(rates)
    matrix = np.diag(np.array(list(rates.values()), dtype=complex))
    for one, other in joined:
        matrix[names.index(one), names.index(other)] = matrix[names.index(other), names.index(one)] = -3e10j
    return names, matrix, lost


@settings(max_examples=25, deadline=None)
@given(lossless_networks(), st.integers(0, 2**32 - 1))
@pytest.mark.filterwarnings("ignore:the step of", "ignore:the rate of")
def test_states_and_fractional_delays_keep_energy_where_asked_to(circuit, seed):
    """x = (1 - M h) w is what is stored in the modes (schedule/states.py) before a sample, 2 A - x behind it.

    At t = 0 all is dark: the modes have their initial values then, whatever arrives.
    """
    rng = np.random.default_rng(seed)
    inputs = {p: np.append(0, rng.normal(size=500) + 1j * rng.normal(size=500)) for p in circuit.external}
    names, matrix, lost = modes(circuit)
    save = [f"e({port})" for port in circuit.external] + [f"x({name})" for name in names]
    result, state = tdsim.transient(
        circuit, stop=(SAMPLES - 1) * STEP, step=STEP, inputs=inputs, save=save, return_state=True
    )
    put_in = sum(np.sum(np.abs(x) ** 2) for x in inputs.values())
    came_out = sum(float(np.sum(np.abs(result[f"e({port})"].values) ** 2)) for port in circuit.external)
    last = dict(zip(state.names, np.cumsum(state.depth) - 1, strict=True))
    carried = np.array([state.history[last[f"{name}'"], 0, 0] for name in names])
    amplitudes = np.array([result[f"x({name})"].values[-1] for name in names])
    kept = np.sum(np.abs(2 * amplitudes - (carried - matrix @ carried * STEP / 2)) ** 2) / STEP
    gone = sum(rate * float(np.sum(np.abs(result[f"x({name})"].values[1:]) ** 2)) for name, rate in lost.items())
    assert came_out + stored(state) + kept + gone == pytest.approx(put_in, rel=1e-10)
