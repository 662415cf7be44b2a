"""Small circuits with everything that light can do in a linear one, and what may be trained in each."""

NEAR = {
    "length": 3e-11, "radius": 1e-10, "time": 1e-17, "ng": 1e-3, "neff": 1e-5, "loss": 1e-2, "dispersion": 1e-8,
    "detuning": 1e7, "kappa_i": 1e8, "j": 1e8, "phase": 2e-3, "coupling": 2e-4, "reflectivity": 1e-4,
    "coupling1": 1e-4, "coupling2": 1e-4, "power": 1e-6, "gain": 1e-2, "ratio": 2e-4, "theta": 2e-3, "phi": 2e-3,
    "delta": 1e-2, "isolation": 1e-2, "crosstalk": 1e-3,
}  # fmt: skip
"""How far each parameter is moved for a difference."""

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

CASES = {
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
