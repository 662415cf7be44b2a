"""`.ac`, `.op` and `.tran` of delays and of expressions agree with each other and with closed forms."""

import numpy as np
import pytest

import tdsim


def ac(text):
    return tdsim.simulate(tdsim.loads(text), "ac")


def test_input_impedance_of_a_line():
    """A short at the end of a line of 1 ns: j z0 tan(2 pi f td) (D. M. Pozar, Microwave Engineering, section 2.3)."""
    found = ac("A shorted line\nI1 0 a dc 0 ac 1\nT1 a 0 b 0 z0=50 td=1n\nVs b 0 0\n.ac lin 20 10meg 200meg\n.end\n")
    f = found["frequency"].values
    np.testing.assert_allclose(np.ravel(found["v(a)"].values), 50j * np.tan(2 * np.pi * f * 1e-9), rtol=1e-6)


def test_delay_turns_the_phase():
    found = ac("A delay\nV1 x 0 dc 1 ac 1\nB1 y 0 v=delay(v(x)*v(x),3n,0.5)\nR1 y 0 1k\n.ac lin 30 1meg 500meg\n.end\n")
    expected = 2 * np.exp(-2j * np.pi * found["frequency"].values * 3e-9)
    np.testing.assert_allclose(np.ravel(found["v(y)"].values), expected, rtol=1e-9)


def test_hertz_is_the_frequency_in_ac_and_zero_at_rest():
    text = "A resistor that grows\nV1 x 0 dc 1 ac 1\nB1 x 0 i=v(x)*(1m+hertz*1e-9)\n.ac dec 2 1k 1meg\n.op\n.end\n"
    circuit = tdsim.loads(text)
    found = tdsim.simulate(circuit, "ac")
    expected = -(1e-3 + 1e-9 * found["frequency"].values)
    np.testing.assert_allclose(np.ravel(found["i(v1)"].values), expected, rtol=1e-9)
    assert float(np.ravel(tdsim.simulate(circuit, "op")["i(v1)"].values)[0]) == pytest.approx(-1e-3)


def test_at_rest_a_delay_is_no_delay_whatever_came_before():
    circuit = tdsim.loads("At rest\nV1 x 0 2\nB1 y 0 v=delay(v(x),1n,0.5)\nR1 y 0 1k\n.op\n.tran 0.1n 3n\n.end\n")
    assert float(np.ravel(tdsim.simulate(circuit, "op")["v(y)"].values)[0]) == pytest.approx(2)
    y = np.ravel(tdsim.simulate(circuit, "tran", times=[0, 0.9e-9, 1.1e-9])["v(y)"].values)
    np.testing.assert_allclose(y, [0.5, 0.5, 2], rtol=1e-9)


def test_a_shape_takes_the_place_of_dc_in_time():
    """ngspice: 3 V at rest, 1 V when the transient begins."""
    circuit = tdsim.loads("Both\nV1 1 0 dc 3 pulse(1 2 1u 1n 1n 1u 3u)\nR1 1 0 1k\n.op\n.tran 1u 2u\n.end\n")
    assert float(np.ravel(tdsim.simulate(circuit, "op")["v(1)"].values)[0]) == 3
    assert np.ravel(tdsim.simulate(circuit, "tran", times=[0, 1.5e-6])["v(1)"].values) == pytest.approx([1, 2])


def test_small_signal_equals_the_transient_of_a_small_sine():
    text = """A loop with a delay
V1 in 0 dc 0.3 sin(0.3 1u 40meg) ac 1u
R1 in x 1k
C1 x 0 1p
B1 0 x i=1m*tanh(delay(v(x),5n))
.ac lin 1 40meg 40meg
.tran 0.1n 1u
.options reltol=1e-9 vntol=1e-15
.end
"""
    circuit = tdsim.loads(text)
    wanted = complex(np.ravel(tdsim.simulate(circuit, "ac")["v(x)"].values)[0])
    times = np.linspace(0.95e-6, 1e-6, 400, endpoint=False)
    x = np.ravel(tdsim.simulate(circuit, "tran", times=times)["v(x)"].values)
    turned = (x - x.mean()) * np.exp(-2j * np.pi * 40e6 * times)
    assert 2j * turned.mean() == pytest.approx(wanted, rel=1e-4)
