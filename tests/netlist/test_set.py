"""`.set`: numbers that replace what the lines of instances say."""

import pytest

import tdsim

NET = "A divider\nV1 a 0 2\n.for k 0 1\nR{k} {p} 0 1k\n.endfor\nRs a b 1k\nRl b 0 1k\n.op\n.save v(b)\n{set}\n.end\n"


def netlist(card):
    return NET.replace("{p}", "a").replace("{set}", card)


def test_a_number_is_replaced():
    plain, changed = (tdsim.simulate(tdsim.loads(netlist(c))) for c in ("", ".set rl.r {3*1k}"))
    assert float(plain["v(b)"]) == pytest.approx(1)
    assert float(changed["v(b)"]) == pytest.approx(1.5)
    assert tdsim.loads(netlist(".set r1.r 5")).instances["r1"].settings["r"] == 5


@pytest.mark.parametrize(
    ("card", "sentence"),
    [
        (".set rl.r", r"<string>:10:1: .*the form is .set inst.parameter value"),
        (".set rk.r 1", r"<string>:10:6: .*no parameter is called rk.r"),
        (".set rl.q 1", r"no parameter is called rl.q"),
    ],
)
def test_what_cannot_be_set_is_refused(card, sentence):
    with pytest.raises(tdsim.NetlistError, match=sentence):
        tdsim.loads(netlist(card))


def test_bounds_hold():
    text = "A guide\nXl a laser\nXc a b nc1 nc2 coupler\n.set xc.coupling 2\n.tran 1p 2p\n.end\n"
    with pytest.raises(tdsim.NetlistError, match=r"<string>:4:6"):
        tdsim.loads(text)
