"""Small circuits with everything that light can do in a linear one, and what may be trained in each."""

NEAR = {
    "length": 3e-11, "radius": 1e-10, "time": 1e-17, "ng": 1e-3, "neff": 1e-5, "loss": 1e-2, "dispersion": 1e-8,
    "detuning": 1e7, "kappa_i": 1e8, "j": 1e8, "phase": 2e-3, "coupling": 2e-4, "reflectivity": 1e-4,
    "coupling1": 1e-4, "coupling2": 1e-4, "power": 1e-6, "gain": 1e-2, "ratio": 2e-4, "theta": 2e-3, "phi": 2e-3,
    "kappa": 1e8, "kerr": 1e20, "xq1.inverse_mass": 1e22, "xq1.coupling": 2e8, "xq2.coupling": 2e8, "friction": 1e7,
    "leak": 1e-4, "x(xq1.momentum)": 1e-15, "x(xq2.momentum)": 1e-15, "delta": 1e-2, "isolation": 1e-2,
    "crosstalk": 1e-3,
}  # fmt: skip
"""How far each parameter is moved for a difference, by its whole name or its own."""

PORTS = "\n.port in in\n.port out out\n"

FRACTIONAL_RING = f"""Ring with a fractional delay
Xc in out a b coupler coupling=0.3
Xw b a waveguide length=111.3u ng=4.2 neff=2.4 loss=300 phase=0.3{PORTS}"""

OPEN_PATH = f"""Long waveguide
Xw in out waveguide length=1011.3u ng=4.2 neff=2.4 loss=300 phase=0.3{PORTS}"""

SHORT_PATH = f"""Delay of 1.4 samples
Xc1 in q a b coupler coupling=0.3
Xw a c delay time=0.14p loss=0.1
Xc2 c b out d coupler coupling=0.6{PORTS}"""

WHOLE_RING = f"""Ring with a whole delay
Xc in out a b coupler coupling=0.3
Xw b a delay time=1.5p loss=1 phase=0.3{PORTS}"""

MODE_RING = f"""Add-drop ring by its modes
Xr in out c d ring model=cmt radius=10u ng=4.2 loss=0.1 coupling1=0.05 coupling2=0.07 detuning=3g{PORTS}"""

MAP_RING = f"""Add-drop ring by its round trip
Xr in out c d ring model=map radius=10u ng=4.2 loss=0.1 coupling1=0.05 coupling2=0.07 detuning=3g{PORTS}"""

RESONATORS = f"""Coupled resonators in a loop
Xc in out a b coupler coupling=0.3
Xr1 b d resonator kappa=[200g 300g] kappa_i=5g detuning=3g
Xw d e delay time=1.23p
Xr2 e a resonator kappa=[300g 100g] kappa_i=50g detuning=-3g
K1 xr1 xr2 j=40g{PORTS}"""

FABRY_PEROT = f"""Fabry-Perot
Xm1 in a mirror reflectivity=0.5
Xw a b waveguide length=91.1u ng=4.2 loss=100 phase=1
Xm2 b out mirror reflectivity=0.7{PORTS}"""

DRIVEN = f"""Ring with a driven phase
Xc in out a b coupler coupling=0.3
Xp b c phase_shifter phase=sin(0 1 0.1t)
Xw c a waveguide length=91.1u ng=4.2 loss=100 phase=1{PORTS}"""

CARRIERS = f"""Two carriers
.carrier 1.55u 1.551u
Xc in out a b coupler coupling=0.3
Xw b a waveguide length=91.1u ng=4.2 loss=100 phase=1 dispersion=2e-5{PORTS}"""

SOURCES = """Two lasers
Xl in laser power=sin(2m 1m 0.1t) phase=0.3 detuning=1g
Xc in out a b coupler coupling=0.3
Xw b a delay time=1.53p loss=1 phase=0.3
Xl2 n2 laser power=3m phase=1
Xc2 n2 out q r coupler coupling=0.2
"""

INSTANT_LOOP = f"""Loop without delay, beside one with
Xm1 in a mirror reflectivity=0.5
Xm2 a b mirror reflectivity=0.6
Xs b c d splitter ratio=0.4
Xp c e phase_shifter phase=0.7
Xa e f attenuator loss=1
Xz f d h g mzi theta=1 phi=0.4
Xw h out delay time=0.73p
Xm3 g k mirror reflectivity=0.3{PORTS}"""

AMPLIFIED = f"""Amplifier in a loop
Xc in out a b coupler coupling=0.3
Xg b c amplifier gain=1
Xi c d isolator
Xw d a delay time=1.93p loss=2 phase=0.3{PORTS}"""

KERR = f"""Kerr resonators in a loop
Xc in out a b coupler coupling=0.3
Xr1 b d resonator kappa=[200g 300g] kappa_i=5g detuning=3g kerr=3e22
Xw d e delay time=1.23p
Xr2 e a resonator kappa=[300g 100g] kappa_i=50g detuning=-3g kerr=-2e22
K1 xr1 xr2 j=40g{PORTS}"""

CELLS = f"""Two learning cells, one resonator between two others
Xr1 in resonator kappa=[200g] kerr=1e22
Xr2 out resonator kappa=[100g] detuning=5g
Xr3 q resonator kappa=[50g]
K12 xr1 xr2 j=40g
K23 xr2 xr3 j=30g
Xq1 xr2 learning_cell coupling=1e11 inverse_mass=1e24 friction=1g
Xq2 xr2 learning_cell coupling=-2e11 inverse_mass=2e24
.ic x(xq1.position)=0.3 x(xq2.position)=-0.1 x(xr3.cavity)=1e-6{PORTS}"""

CONJUGATE = f"""Phase-conjugating mirror behind a Kerr resonator
Xc in nc a b coupler coupling=0.4
Xr a d resonator kappa=[200g 300g] kerr=3e22
Xw d e delay time=1.23p
Xm e phase_conjugator reflectivity=0.6 phase=0.4 leak=0.1
Xn b f delay time=2p
Xend f out mirror reflectivity=0.5{PORTS}"""

MIRROR_FOR_TIME = f"""Time-reversal mirror that turns round twice
Xc in out a b coupler coupling=0.4
Xw a e delay time=1.23p loss=1
Xm e phase_conjugator reflectivity=0.8 phase=0.4 leak=0.1 at=[12p 31p 90p]{PORTS}"""

CASES = {
    "Kerr": (
        KERR,
        ["xr1.kerr", "xr1.kappa", "xr1.detuning", "xr2.kerr", "xr2.kappa[1]", "k1.j", "xw.time", "xc.coupling"],
        ["e(out)", "x(xr1.cavity)", "p(in)"],
    ),
    "learning cells": (
        CELLS,
        ["xr1.kerr", "xr2.detuning", "k12.j", "xq1.coupling", "xq2.coupling", "xq1.inverse_mass", "xq1.friction"],
        ["e(out)", "x(xq1.position)", "p(in)"],
    ),
    "conjugate": (
        CONJUGATE,
        ["xr.kerr", "xr.kappa[0]", "xm.reflectivity", "xm.phase", "xm.leak", "xw.time", "xc.coupling"],
        ["e(out)", "p(in)"],
    ),
    "time turned round": (
        MIRROR_FOR_TIME,
        ["xm.reflectivity", "xm.phase", "xm.leak", "xw.time", "xw.loss", "xc.coupling"],
        ["e(out)", "p(in)"],
    ),
    "fractional ring": (
        FRACTIONAL_RING,
        ["xc.coupling", "xw.length", "xw.ng", "xw.neff", "xw.loss", "xw.phase"],
        ["e(out)"],
    ),
    "open path": (OPEN_PATH, ["xw.length", "xw.ng", "xw.loss", "xw.phase"], ["e(out)"]),
    "short path": (SHORT_PATH, ["xc1.coupling", "xw.time", "xw.loss", "xc2.coupling"], ["e(out)", "p(d)"]),
    "whole ring": (WHOLE_RING, ["xc.coupling", "xw.time", "xw.loss", "xw.phase"], ["e(out)"]),
    "ring by modes": (
        MODE_RING,
        ["xr.coupling1", "xr.coupling2", "xr.loss", "xr.detuning", "xr.radius"],
        ["e(out)", "p(d)", "x(xr.forward)"],
    ),
    "ring by round trip": (
        MAP_RING,
        ["xr.coupling1", "xr.coupling2", "xr.loss", "xr.detuning", "xr.radius"],
        ["e(out)", "p(d)"],
    ),
    "resonators": (
        RESONATORS,
        ["xr1.kappa_i", "xr1.detuning", "xr2.kappa_i", "xr2.detuning", "k1.j", "xw.time", "xc.coupling"],
        ["e(out)", "x(xr1.cavity)", "p(in)"],
    ),
    "kept lossless": (
        RESONATORS + ".options lossless=on\n",
        ["xr1.kappa", "xr1.detuning", "xr2.kappa_i", "k1.j", "xw.time", "xc.coupling"],
        ["e(out)", "x(xr1.cavity)", "p(in)"],
    ),
    "Fabry-Perot": (FABRY_PEROT, ["xm*.reflectivity", "xw.phase", "xw.length"], ["e(out)", "p(in)"]),
    "driven": (DRIVEN, ["xc.coupling", "xw.phase", "xw.length"], ["e(out)", "p(xp.o2)"]),
    "two carriers": (CARRIERS, ["xc.coupling", "xw.phase", "xw.length", "xw.dispersion"], ["p(out)"]),
    "lasers": (SOURCES, ["xl.phase", "xl.detuning", "xl2.power", "xl2.phase", "xc.coupling"], ["e(q)", "p(r)"]),
    "instant loop": (
        INSTANT_LOOP,
        ["xm*.reflectivity", "xs.ratio", "xp.phase", "xa.loss", "xz.theta", "xz.phi", "xw.time"],
        ["e(out)", "p(in)"],
    ),
    "amplified": (AMPLIFIED, ["xg.gain", "xw.phase", "xw.time"], ["e(out)"]),
}
