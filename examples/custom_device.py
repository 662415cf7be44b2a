"""A device of one's own: a 1 x 2 switch, declared in one class, used from a netlist and side by side.

The class says what a user may set and how waves scatter; checks of values, the manual page and the loops over
instances, runs and time come from that. `tdsim run FILE.cir --device custom_device:Switch` uses it from the shell.
"""

from math import inf, pi

import numpy as np

import tdsim
from tdsim.device import Derived, Device, Param, optical


class Switch(Device, name="switch"):
    """A 1 x 2 switch: a Mach-Zehnder interferometer whose phase sends the light from o1 to o2 (0) or o3 (pi).

    o1 ---< phase >--- o2        b2 = A cos(phase / 2) a1,   b3 = i A sin(phase / 2) a1,   A = 10^(-loss / 20)
                  \\--- o3
    """

    o1, o2, o3 = optical("input"), optical("output at phase 0"), optical("output at phase pi")
    phase = Param(0.0, "rad", "phase between the arms", drivable=True)
    loss = Param(0.5, "dB", "insertion loss", bounds=(0, inf))
    bar, cross = Derived("1", "amplitude to o2"), Derived("1", "amplitude to o3")

    @staticmethod
    def derive(p):
        amplitude = 10.0 ** (-p.loss / 20)
        p.bar, p.cross = amplitude * np.cos(p.phase / 2), 1j * amplitude * np.sin(p.phase / 2)

    @staticmethod
    def scatter(p, a):
        return p.bar * a.o2 + p.cross * a.o3, p.bar * a.o1, p.cross * a.o1


NETLIST = """A laser handed to and fro
Xlaser  in           laser power=1m
Xswitch in up down   switch loss=1 phase=pulse(0 {pi} 20p 1p 1p 30p 60p)
.tran 1p 100p
.save p(up) p(down)
.end
"""

if __name__ == "__main__":
    driven = tdsim.simulate(tdsim.loads(NETLIST))
    for instant in (10e-12, 40e-12, 70e-12):
        now = driven.sel(time=instant, method="nearest")
        up, down = (float(now[name]) * 1e3 for name in ("p(up)", "p(down)"))
        print(f"t = {instant * 1e12:2.0f} ps: up {up:.3f} mW, down {down:.3f} mW")

    phases = np.linspace(0, pi, 5)
    static = tdsim.transient(tdsim.loads(NETLIST), stop=2e-12, step=1e-12, params={"xswitch.phase": phases})
    for run, phase in enumerate(phases):
        print(f"phase {phase:.3f} rad: up {float(static['p(up)'][run, -1]) * 1e3:.3f} mW")

    try:
        tdsim.loads(NETLIST.replace("loss=1", "loss=-1"))
    except tdsim.NetlistError as problem:
        print(problem)
