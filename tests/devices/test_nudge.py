"""Nudges: what they add, what they cost when off, and branches of one settled state that differ in them alone."""

import numpy as np
import pytest

import tdsim

PS, NS = 1e-12, 1e-9


def network(count=3):
    """Kerr resonators in a row, each driven through a nudge."""
    circuit = tdsim.Circuit("nudged")
    for n in range(count):
        circuit.add(f"xl{n}", "laser", f"a{n}", power=1e-3 * (n + 1)).add(f"xn{n}", "nudge", f"a{n}", f"b{n}")
        circuit.add(f"xr{n}", "resonator", f"b{n}", kappa=(1e10,), kappa_i=1e10, kerr=2e22)
    for n in range(count - 1):
        circuit.add(f"k{n}", "k", f"xr{n}", f"xr{n + 1}", j=5e9)
    return circuit.save("x(xr*.cavity)")


def test_adds_a_complex_field_one_way_and_passes_light_both_ways():
    circuit = tdsim.Circuit().add("xn", "nudge", "i", "m", field=0.3, quadrature=-0.4, phase=0.5)
    circuit.add("xm", "mirror", "m", "o", reflectivity=0.25).port("in", "i").port("out", "o")
    found = tdsim.transient(circuit, stop=4 * PS, step=PS, inputs={"in": [1, 2, 3, 0, 0]})
    total = np.array([1, 2, 3, 0, 0]) + (0.3 - 0.4j) * np.exp(0.5j)
    np.testing.assert_allclose(found["e(in)"], 0.5 * total, atol=1e-15)
    np.testing.assert_allclose(found["e(out)"], 1j * np.sqrt(0.75) * total, atol=1e-15)


def test_same_bits_as_without_it_when_it_is_off():
    circuit = network()
    bare = tdsim.Circuit("bare")
    for instance in circuit.instances.values():
        if instance.device.name != "nudge":
            nets = {port: net.replace("b", "a") for port, net in instance.nets.items()}
            bare.add(instance.name, instance.device, *instance.references, **nets, **instance.values)
    bare.save("x(xr*.cavity)")
    one, other = (tdsim.transient(c, stop=2 * NS, step=PS) for c in (circuit, bare))
    for name in other.data_vars:
        assert np.array_equal(one[name], other[name])


def test_input_stands_for_the_field():
    circuit = network()
    samples = 1e-3 * np.exp(0.01j * np.arange(501))
    samples[-1] = 0
    found = tdsim.transient(circuit, stop=0.5 * NS, step=PS, inputs={"xn0": samples})
    plain = tdsim.transient(circuit, stop=0.5 * NS, step=PS)
    moved = abs(found["x(xr0.cavity)"] - plain["x(xr0.cavity)"]).max() / abs(plain["x(xr0.cavity)"]).max()
    assert float(moved) > 1e-3


def test_branches_from_one_settled_state():
    """The answer of the network to each nudge, in one pass, is its derivative times the nudge."""
    circuit = network()
    _, rest = tdsim.settle(circuit, tmax=50 * NS, step=PS, tol=1e-11, return_state=True)
    betas = np.array([-1e-4, -1e-5, 0.0, 1e-5, 1e-4])
    stop = rest.time + 20 * NS
    found = tdsim.transient(circuit, stop=stop, step=PS, state=rest, params={"xn1.field": betas})
    last = found["x(xr2.cavity)"].values[:, -1]
    np.testing.assert_allclose(found["x(xr2.cavity)"].values[2], last[2], rtol=1e-10)
    near, far = (last[3] - last[1]) / 2e-5, (last[4] - last[0]) / 2e-4
    assert abs(near) > 0
    assert near == pytest.approx(far, rel=1e-4)
    exact = [tdsim.fixed_point(circuit, step=PS, params={"xn1.field": b}, guess=rest) for b in (-1e-5, 1e-5)]
    slope = (complex(exact[1]["x(xr2.cavity)"]) - complex(exact[0]["x(xr2.cavity)"])) / 2e-5
    assert near == pytest.approx(slope, rel=1e-5)


def test_echo_does_not_blame_a_nudge_that_is_off():
    circuit = tdsim.Circuit().add("m1", "mirror", "nc1", "a", reflectivity=1.0)
    circuit.add("w", "delay", "a", "b", time=5 * PS).add("xn", "nudge", "b", "c")
    circuit.add("v", "delay", "c", "d", time=5 * PS).add("m2", "mirror", "d", "nc2", reflectivity=1.0).save("p(nc2)")
    _, state = tdsim.transient(circuit, stop=5 * PS, step=PS, return_state=True)
    state.conjugate()
    circuit.instances["xn"].values["field"] = 1e-3
    _, state = tdsim.transient(circuit, stop=5 * PS, step=PS, return_state=True)
    with pytest.warns(UserWarning, match=r"xn \(nudge\) adds light"):
        state.conjugate()
