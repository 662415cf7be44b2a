"""Parameters of the netlist: given to runs, trained, and differentiated by through all that follows them."""

import numpy as np
import pytest

import tdsim
from tdsim.adjoint.costs import Mean, SquaredError
from tdsim.trainable import trainable

from .differences import STEP, extrapolated, signal

NETLIST = """Two rings that share a coupling
.param k=0.3 far={2*k+0.1} rate=200g
.train k min=0.1 max=0.5
Xc in mid a b coupler coupling={k}
Xw b a waveguide length=111.3u ng=4.2 phase={far**2}
Xd mid out c d coupler coupling={k/2}
Xv d c delay time=1.5p loss=1
Xr out end resonator kappa=[{rate} {k*rate}]
.port in in
.port end end
"""

COUNT = 200
ASKED = {"step": STEP, "stop": (COUNT - 1) * STEP, "save": ["e(end)"], "inputs": {"in": signal(COUNT)}}
COST = SquaredError({"e(end)": 0.5 * signal(COUNT, 1)})


def test_all_that_follows_counts():
    circuit = tdsim.loads(NETLIST)
    assert trainable(circuit) == {"k": (0.1, 0.5)}

    def value(shift, name):
        moved = tdsim.transient(circuit, params={name: circuit.parameters[name] + shift}, **ASKED)
        return float(COST.value({"e(end)": moved["e(end)"].values}))

    _, slopes = tdsim.gradient(circuit, COST, ["k", "rate", "xc.coupling"], **ASKED)
    assert list(slopes) == ["xc.coupling", "k", "rate"]
    for name, size in (("k", 1e-3), ("rate", 1e9)):
        assert float(slopes[name]) == pytest.approx(extrapolated(lambda s, n=name: value(s, n), size, 4), rel=1e-7)
    _, marked = tdsim.gradient(circuit, COST, **ASKED)
    assert list(marked) == ["k"]
    assert float(marked["k"]) == pytest.approx(float(slopes["k"]), rel=1e-9)


def test_runs_have_their_own():
    circuit, couplings = tdsim.loads(NETLIST), np.array([0.2, 0.4])
    found = tdsim.transient(circuit, params={"k": couplings}, **ASKED)
    assert found["k"].values.tolist() == [0.2, 0.4]
    _, slopes = tdsim.gradient(circuit, COST, ["k"], params={"k": couplings}, **ASKED)
    for run, coupling in enumerate(couplings):
        alone = tdsim.transient(tdsim.loads(NETLIST.replace("k=0.3", f"k={coupling}")), **ASKED)
        np.testing.assert_allclose(found["e(end)"].values[run], alone["e(end)"].values, rtol=1e-12, atol=1e-14)
        _, one = tdsim.gradient(circuit, COST, ["k"], params={"k": coupling}, **ASKED)
        assert float(slopes["k"][run]) == pytest.approx(float(one["k"]), rel=1e-8)


def test_what_is_given_to_an_instance_follows_no_more():
    circuit = tdsim.loads(NETLIST)
    whole, fixed = (
        float(tdsim.gradient(circuit, COST, ["k"], params=params, **ASKED)[1]["k"])
        for params in ({}, {"xc.coupling": 0.3})
    )
    part = float(tdsim.gradient(circuit, COST, ["xc.coupling"], **ASKED)[1]["xc.coupling"])
    assert whole - fixed == pytest.approx(part, rel=1e-8)


def test_electronics_at_rest():
    circuit = tdsim.loads("Divider\n.param r=1k\nV1 a 0 2\nR1 a b {r}\nR2 b 0 {2*r+500}\n.save v(b)\n")
    value, slopes = tdsim.gradient(circuit, Mean("v(b)"), ["r"], settled=True, step=1e-9, save=["v(b)"])
    assert value == pytest.approx(2 * 2500 / 3500)
    assert float(slopes["r"]) == pytest.approx(2 * (2 * 3500 - 2500 * 3) / 3500**2, rel=1e-7)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            NETLIST.replace("time=1.5p", "time=1.5p\n.if (k > 0.3)\nXm q1 q2 mirror\n.endif"),
            "which instances there are",
        ),
        (NETLIST.replace("Xc in", "Xl l0 laser power=sin(1m {k*1m} 1g)\nXc in"), "xl.power follows k"),
        (NETLIST.replace(".port in in", ".carrier {k*5u}\n.port in in"), "changes carriers of the circuit"),
    ],
)
def test_what_is_no_number_of_an_instance_is_refused(text, said):
    circuit = tdsim.loads(text)
    with pytest.raises(tdsim.UsageError, match=said):
        tdsim.gradient(circuit, COST, ["k"], **ASKED)


def test_bounds_hold_for_the_value():
    with pytest.raises(tdsim.NetlistError, match=r"k is 0\.3, outside of 0\.4 to 0\.5"):
        tdsim.loads(NETLIST.replace("min=0.1", "min=0.4"))
    with pytest.raises(tdsim.NetlistError, match=r"no parameter matches kk.*did you mean 'k'"):
        tdsim.loads(NETLIST.replace(".train k ", ".train kk "))


def test_what_follows_on_one_side_alone_counts_by_its_change():
    """max(k, 0.3) at k = 0.3 stays where it is on one side: half its slope, not its value over the step."""
    circuit = tdsim.loads(NETLIST.replace("coupling={k/2}", "coupling={max(k,0.3)/2}"))
    _, slopes = tdsim.gradient(circuit, COST, ["k", "xd.coupling"], **ASKED)
    _, smooth = tdsim.gradient(tdsim.loads(NETLIST), COST, ["k"], **ASKED)
    assert float(slopes["k"]) == pytest.approx(float(smooth["k"]) - float(slopes["xd.coupling"]) / 4, rel=1e-6)
