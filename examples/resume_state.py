"""A run cut in two equals a run in one piece, bit for bit.

The State holds all that the future depends on: what is under way in the delay lines, in the filters and resonators. It
can be saved, restored and compared, and one state can be the start of several futures.
"""

from importlib.resources import files

import numpy as np

import tdsim

STEP = 0.2e-12
circuit = tdsim.load(files("tdsim.netlists") / "photonic" / "ring.cir")

whole, end = tdsim.transient(circuit, stop=2e-9, step=STEP, save=["e(out)"], return_state=True)

first, middle = tdsim.transient(circuit, stop=0.7e-9, step=STEP, save=["e(out)"], return_state=True)
middle.save("middle.state")
second, last = tdsim.transient(
    circuit, stop=2e-9, step=STEP, save=["e(out)"], state=tdsim.State.load("middle.state"), return_state=True
)

pieces = np.concatenate([first["e(out)"], second["e(out)"]])
print(f"one piece: {whole.sizes['time']} samples; two pieces: {first.sizes['time']} + {second.sizes['time']}")
print(f"same samples: {np.array_equal(pieces, whole['e(out)'].values)}; same state at the end: {last.equals(end)}")

# Two futures of the same past: the laser goes on as the netlist says, or goes dark.
dark = tdsim.transient(circuit, stop=2e-9, step=STEP, inputs={"xlaser": [0.0]}, save=["p(out)"], state=middle)
print(f"laser off at 0.7 ns: {float(dark['p(out)'][40]) * 1e3:.3f} mW leave the ring 8 ps later")
