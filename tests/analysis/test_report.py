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


MIXED = """An optical link with a photodiode
vdata data 0 pulse(0 1 1n 0.1n 0.1n 1n 2n)
xlaser in laser power=1m
xmod in far data 0 phase_shifter vpi=2
xfibre far end delay time=1n
xdiode end out 0 photodiode
rload out 0 50
.tran 10p 10n
"""


def test_light_and_electronics_are_reported_together():
    text = report(loads(MIXED + ".save v(out) p(far)\n")).splitlines()
    assert (
        "  electronics   5 unknowns; light drives xdiode; voltages drive xmod; light tells of these 1 ns later" in text
    )
    assert "  kept          v(out), p(far)" in text
    waves = next(line for line in text if line.startswith("  waves"))
    assert int(waves.split()[1]) > 0, "the light that the photodiode turns into a current is computed"


def test_what_is_kept_by_default_holds_voltages():
    text = report(loads(MIXED.replace("delay time=1n", "attenuator loss=3"))).splitlines()
    assert any(line.startswith("  kept          v(data), v(out), i(vdata)") for line in text)
    assert any(line.endswith("light tells of these at once, solved within each step") for line in text)
