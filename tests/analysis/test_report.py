"""What `tdsim check` says about electrical circuits."""

from tdsim.analysis.report import report
from tdsim.netlist import loads

NETLIST = """A divider
v1 in 0 dc 1 ac 1
r1 in out 1k
c1 out 0 1n
.ic v(out)=0.5
.op
.dc v1 0 1 0.5 temp 0 50 25
.ac dec 10 1 1meg
.tran 1n 1u
.print ac vdb(out)
.save v(out)
"""


def test_nodes_elements_and_analyses_are_listed():
    text = report(loads(NETLIST))
    for line in (
        "A divider",
        "  instances     3: 1 c, 1 r, 1 v",
        "  nodes         2 and ground: in, out",
        "  starts        v(out) = 0.5",
        "op: operating point",
        "dc: operating points, v1 = 0 to 1 (3 values) for each temp = 0 to 50 degC (3 values)",
        "ac: small signals at 61 frequencies, 1 Hz to 1 MHz; driven by v1",
        "  kept          vdb(out), v(out)",
        "tran: 0 s to 1 us, from the operating point; steps of 1 ns at most",
        "  kept          v(out)",
    ):
        assert line in text.splitlines()
    assert "carriers" not in text


def test_a_circuit_without_ground_is_warned_about():
    assert "no element is joined to ground" in report(loads("t\nv1 a b 1\nr1 a b 1k\n.op\n"))
