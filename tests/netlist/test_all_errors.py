"""All errors of a netlist come at once, whatever stage of reading finds them."""

from __future__ import annotations

import pytest

from tdsim.errors import Diagnostic, NetlistError
from tdsim.netlist import loads

NETLIST = """many mistakes
.param good=1 bad=4k7 worse={1/0} fine={good+1}
.func f(x {x}
.model bus waveguide(lenght=1u ng=nothing)
.subckt cell in in
Xc in out waveguide
.ends
.subckt pair a b kk=0.5
Xp a m coupler o3=b coupling={kk+kq}
Xr m nc resonator kappa=[1g -2g]
.ends
Xunclosed n1 n2 waveguide length={good
Xl n1 laser power=abc model=3 detuning=1
Xk n2 laser carrier=5
Xh n20 laser carrier=0.5
Xw n1 n3 waveguid length=1u
Xw2 n3 n4 waveguide length=-1u loss=4k7
Xw3 n4 n5 n6 waveguide neff=lots
Xb n7 n8 bus
Xe n9 n10 cell
Xp1 n11 n12 pair kz=1
Xp2 n13 n14 pair
Xw4 n15 n16 waveguide
Xw5 n15 n17 waveguide
Xw6 n15 n18 waveguide
Xr1 nc1 nc2 resonator
Xr2 nc3 nc4 resonator
R1 n1 0 50
Ka xr1 xw4
Kb xr1 nope
Kc xr1
Kd xr1 xr1
Ke xr1 xr2 j=1e9
Kf xr2 xr1 i=2
Kg xr2 xr1
.for i 0 half
Xz{i} z{i} nc waveguide
.endfor
.if (undefined > 1)
.endif
.port p1 n16
.port p1 n17
.port p2 nowhere
.port p3 n15
.port p4 n16
.port p5
.carrier 1550n 1550
.ic x(xr1.cavty)=1 v(n1)=2 x(xq.cavity)=3
.save p(n16) p(n99) q(n1)
.options noise=maybe seed=x1
.tran 0 -1n
.tarn 1p 1n
.sparam 1.5 span=1g
.meas tran m1 max p(n98)
.meas tran m2 foo p(n16)
.meas tran m3 param='m1+m9'
.ends
.for j 0 1
"""

EXPECTED = [
    (2, 21, "4k7"),
    (2, 31, "division by zero"),
    (3, 1, "the form is .func"),
    (4, 22, "no parameter 'lenght'"),
    (4, 35, "unknown parameter 'nothing'"),
    (5, 17, "port 'in' is listed twice"),
    (9, 34, "unknown parameter 'kq'"),
    (10, 25, "kappa = -2e+09"),
    (12, 34, "does not close"),
    (13, 19, "unknown parameter 'abc'"),
    (13, 23, "no parameter or port 'model'"),
    (15, 22, "carrier is an index"),
    (16, 10, "unknown device 'waveguid'"),
    (17, 28, "length = -1e-06 m is out of bounds"),
    (17, 37, "'4k7'"),
    (18, 11, "waveguide has 2 ports"),
    (18, 29, "unknown parameter 'lots'"),
    (21, 18, "no parameter or port 'kz'"),
    (25, 5, "third port"),
    (29, 8, "xw4 is a waveguide"),
    (30, 8, "unknown instance 'nope'"),
    (31, 4, "kc names 2 instances, not 1"),
    (32, 8, "joined to itself"),
    (34, 12, "no parameter 'i'"),
    (35, 8, "joined already, by ke"),
    (36, 10, "unknown parameter 'half'"),
    (39, 6, "unknown parameter 'undefined'"),
    (42, 7, "declared twice"),
    (43, 10, "unknown net 'nowhere'"),
    (44, 10, "is not open"),
    (45, 7, "is port 'p1' already"),
    (46, 1, "the form is .port"),
    (47, 16, "a carrier is a wavelength"),
    (48, 5, "no state 'cavty'"),
    (48, 28, "unknown instance 'xq'"),
    (49, 14, "unknown signal p(n99)"),
    (49, 21, "not the name of a signal"),
    (50, 10, "noise is on or off"),
    (50, 22, "seed takes a number"),
    (51, 7, "the step must be above zero"),
    (51, 9, "the stop time must be above zero"),
    (52, 1, "unknown card '.tarn'"),
    (53, 9, "integer"),
    (54, 19, "unknown signal p(n98)"),
    (55, 15, "unknown measurement 'foo'"),
    (56, 25, "'m9'"),
    (57, 1, ".ends without .subckt"),
    (58, 1, ".for is not closed"),
]


def found(text: str) -> list[Diagnostic]:
    with pytest.raises(NetlistError) as info:
        loads(text, "t.cir")
    return list(info.value.diagnostics)


def test_all_errors_come_at_once_each_in_its_place() -> None:
    errors = found(NETLIST)
    listed = [(e.position.line, e.position.column) for e in errors if e.position]
    assert listed == [(line, column) for line, column, _ in EXPECTED], "\n".join(map(str, errors))
    for error, (_, _, message) in zip(errors, EXPECTED, strict=True):
        assert message in error.message
