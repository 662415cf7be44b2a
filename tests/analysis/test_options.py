"""Options of the search for an operating point."""

import pytest

import tdsim
from tdsim.netlist import loads

DIODE = """A diode
v1 1 0 5
r1 1 2 1k
d1 2 0 dm
.model dm d(is=1e-14)
{options}
.op
.end
"""


def found_by(options: str) -> tuple[float, str]:
    found = tdsim.simulate(loads(DIODE.replace("{options}", options)), "op")
    return found["v(2)"].item(), found.attrs["found_by"].removeprefix("the operating point was found by ")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("method=gear maxord=3", "Gear's formula has order 1 or 2 here"),
        ("maxord=7", "maxord must be 6 or less"),
        ("maxord=1.5", "maxord is a whole number"),
        ("xmu=0.7", "xmu must be 0.5 or less"),
        ("pivtol=-1", "pivtol must be 0 or more"),
    ],
)
def test_methods_that_there_are_not_are_refused(options, sentence):
    with pytest.raises(tdsim.TdsimError, match=sentence):
        tdsim.simulate(loads(DIODE.replace("{options}", f".options {options}")), "op")


@pytest.mark.parametrize(
    ("options", "way"),
    [
        ("", "Newton's method"),
        (".options noopiter", "gmin stepping"),
        (".options noopiter gminsteps=0", "source stepping"),
        (".options noopiter gminsteps=0 srcsteps=0", "pseudo-transient analysis"),
        (".options itl1=200 itl2=300 itl4=50 pivrel=0.5", "Newton's method"),
    ],
)
def test_ways_to_an_operating_point_are_chosen_by_options(options, way):
    value, by = found_by(options)
    assert by == way
    assert value == pytest.approx(found_by("")[0], rel=1e-9)


def test_the_method_that_is_taken_by_default_has_a_name():
    text = "t\nv1 1 0 pulse(0 1 0 1n 1n 1)\nr1 1 2 1k\nc1 2 0 1n\n{options}\n.tran 10n 3u\n"
    named, default, trap = (
        tdsim.simulate(loads(text.replace("{options}", line)), "tran")["v(2)"]
        for line in (".options method=esdirk", "", ".options method=trap")
    )
    assert named.identical(default)
    assert not named.identical(trap)
