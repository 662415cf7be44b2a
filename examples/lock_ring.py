"""A controller locks a drifting ring to its laser while the circuit runs.

The controller is a SimPy process: a generator that waits, reads signals and sets parameters. It steps the heater of the
ring up and down by a little, compares the power that the ring drops, and moves the heater towards more of it. A second
process plays the environment: it warms the ring steadily, which would walk it off resonance.

Draws lock_ring.png and prints the dropped power with and without the controller.
"""

import matplotlib.pyplot as plt

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

PERIOD, DITHER, RATE = 0.2e-9, 0.02, 1.5e-3
"""Time (s) that the ring gets to settle after each step; size of the step (rad); how far the slope moves the heater."""


def controller(sim, memory):
    """Climb the hill: move the heater by RATE times the slope of the logarithm of the dropped power (1/rad)."""
    heater = memory["heater"]
    while True:
        power = []
        for sign in (-1, 1):
            sim.set("xheater.phase", heater + sign * DITHER)
            yield sim.wait(PERIOD)
            power.append(sim.read("p(drop)")[0])
        heater += RATE * (power[1] - power[0]) / (power[1] + power[0]) / DITHER


def environment(sim, memory):
    """Warm the ring by 0.6 rad, evenly over the second half of the run."""
    yield sim.wait(memory["stop"] / 2)
    for step in range(60):
        sim.set("xleft.phase", 0.3 + 0.01 * (step + 1))
        yield sim.wait(memory["stop"] / 120)


def run(locked, stop=60e-9):
    """Power at the drop port (mW) over time (ns)."""
    circuit = tdsim.loads(NETLIST).process(environment, {"stop": stop})
    if locked:
        circuit.process(controller, {"heater": 0.0})
    result = tdsim.transient(circuit, stop=stop, step=0.25e-12, save=["p(drop)"])
    return result["time"].values * 1e9, result["p(drop)"].values * 1e3


def main():
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for locked, name in ((False, "heater off"), (True, "locked")):
        time, power = run(locked)
        axes.plot(time[::100], power[::100], label=name)
        before, after = power[(time > 20) & (time < 30)].mean(), power[time > 50].mean()
        print(f"{name:10s}  before the drift {before:.3f} mW, at its end {after:.3f} mW")
    axes.set(xlabel="time (ns)", ylabel="dropped power (mW)")
    axes.legend()
    figure.savefig("lock_ring.png", dpi=150)


if __name__ == "__main__":
    main()
