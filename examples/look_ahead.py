"""A controller looks ahead: it tries 41 heater settings in branches of the present, and takes the best.

A ring is off resonance by a third of a radian, and its controller does not know it. Twice during the run it asks what
would become of the circuit within the next 0.5 ns for each setting of the heater: `sim.branch` continues the present
state in as many branches, side by side, and leaves the circuit itself where it is. Between the two the ring is warmed
by 0.6 rad.

Draws look_ahead.png and prints the dropped power before and after each choice.
"""

import matplotlib.pyplot as plt
import numpy as np

import tdsim

NETLIST = """An add-drop ring with a heater, off resonance by a third of a radian
.param length={476*1550n/2.35}
.model half waveguide(length={length/2} neff=2.35 ng=4.2 loss=200)
Xlaser   in                   laser power=1m
Xbus1    in e a through       coupler coupling=0.05
Xright   a b                  half
Xheater  b c                  phase_shifter phase=0
Xbus2    c nc1 drop d         coupler coupling=0.05
Xleft    d e                  half phase=0.3
.save p(drop)
.end
"""

PHASES = np.linspace(-1, 1, 41)
NS = 1e-9


def controller(seen):
    """A process that sets the heater to where the ring will drop most; the branches that it looks at go to `seen`."""

    def choose(sim, memory):
        for warmth in (0.3, 0.9):
            sim.set("xleft.phase", warmth)
            yield sim.wait(1 * NS)
            branches = sim.branch(0.5 * NS, {"xheater.phase": PHASES})
            seen.append(branches)
            sim.set("xheater.phase", PHASES[np.argmax(branches["p(drop)"].values[:, -1])])
            yield sim.wait(1 * NS)

    return choose


def main():
    seen = []
    circuit = tdsim.loads(NETLIST).process(controller(seen))
    power = tdsim.transient(circuit, stop=4 * NS, step=0.25e-12)["p(drop)"] * 1e3
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for branches in seen:
        axes.plot(branches["time"] / NS, branches["p(drop)"].T * 1e3, color="0.8", linewidth=0.7)
    axes.plot(power["time"] / NS, power)
    axes.set(xlabel="time (ns)", ylabel="dropped power (mW)")
    figure.savefig("look_ahead.png", dpi=150)
    for start, after in ((1.0, 1.9), (3.0, 3.9)):
        before, then = (float(power.sel(time=t * NS, method="nearest")) for t in (start - 0.01, after))
        print(f"at {start:.0f} ns the controller looks ahead: {before:.3f} mW dropped before, {then:.3f} mW after")


if __name__ == "__main__":
    main()
