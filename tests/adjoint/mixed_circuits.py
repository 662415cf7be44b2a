"""Small random circuits of light and electronics, which go round through both."""

from __future__ import annotations

import numpy as np

STEP = 0.1e-12


def random_mixed(seed: int, way: str) -> tuple[str, list[str], list[str]]:
    """Modulators in an interferometer with feedback, detectors, and a network that drives the modulators.

    way  "rest": constant sources; "delayed": light takes its time from a modulator to a detector; "instant": it does
         not, and the circuit is solved sample by sample; the latter two move
    Returns the netlist, and names of parameters and of signals.
    """
    rng = np.random.default_rng(seed)

    def u(low: float, high: float) -> str:
        return f"{rng.uniform(low, high):.4f}"

    stages, moving = int(rng.integers(1, 3)), way != "rest"
    shape = f"pulse({u(0.5, 1)}m {u(1.5, 3)}m 1p 2p 2p 4p)" if moving else f"{u(1, 3)}m"
    cards = [f"Xl in laser power={shape} phase={u(0, 1)}", f"Xc0 in fb a0 b0 coupler coupling={u(0.2, 0.8)}"]
    names = ["xc0.coupling", "xl.phase"]
    for s in range(stages):
        tau = f" tau={u(0.5, 2)}p" if rng.random() < 0.5 else ""
        cards += [
            f"Xp{s} a{s} am{s} m{s} 0 phase_shifter vpi={u(1, 3)} phase={u(0, 2)} loss={u(0.1, 1)}{tau}",
            f"Xw{s} b{s} bw{s} delay time={u(0.45, 1)}p loss={u(0.1, 2)} phase={u(0, 6)}",
            f"Xc{s + 1} am{s} bw{s} a{s + 1} b{s + 1} coupler coupling={u(0.2, 0.8)}",
            f"Bm{s} d{s} 0 v={u(0.3, 0.9)}*tanh({u(1, 3)}*v(n{s})-{u(0, 0.4)})",
            f"Rm{s} d{s} m{s} {u(0.3, 1)}k",
            f"Cm{s} m{s} 0 {u(2, 9)}f",
        ]
        names += [f"xp{s}.vpi", f"xp{s}.phase", f"xp{s}.loss", f"xw{s}.loss", f"xw{s}.phase", f"xc{s + 1}.coupling"]
        names += [f"bm{s}.m", f"rm{s}.r", *([f"xp{s}.tau"] if tau and moving else [])]
        names += [f"cm{s}.c"] if moving else []
    late = way == "delayed"
    cards += [
        f"Xt b{stages} nt fk out coupler coupling={u(0.2, 0.8)}",
        f"Xf fk fb delay time={u(0.5, 1.5)}p loss={u(2, 5)} phase={u(0, 6)}",
        *([f"Xo out seen delay time={u(0.6, 1.2)}p", f"Xq a{stages} other delay time={u(0.6, 1.2)}p"] if late else []),
    ]
    seen, other = ("seen", "other") if late else ("out", f"a{stages}")
    if rng.random() < 0.5:
        cards.append(f"Xd {seen} n0 0 photodiode responsivity={u(0.5, 1)} saturation={u(1, 4)}m capacitance={u(1, 5)}f")
        cards.append(f"Xe {other} n1 0 photodiode responsivity={u(0.5, 1)} dark={u(1, 9)}u bandwidth={u(50, 90)}g")
        names += ["xd.responsivity", "xd.saturation", "xe.responsivity", "xe.dark"]
        names += ["xd.capacitance", "xe.bandwidth"] if moving else []
    else:
        cards.append(f"Xd {seen} {other} n0 0 balanced_photodiode responsivity={u(0.5, 1)} saturation={u(1, 4)}m")
        names += ["xd.responsivity", "xd.saturation"]
    drive = f"sin({u(0, 0.3)} {u(0.1, 0.4)} {u(50, 200)}g)" if moving else u(0, 0.5)
    cards += [f"V0 v0 0 {drive}", f"V1 v1 0 {u(-0.3, 0.5)}", f"R0 v0 n1 {u(0.3, 2)}k", f"R1 v1 n0 {u(0.3, 2)}k"]
    cards += [f"R2 n0 n1 {u(0.3, 2)}k", f"R3 n0 0 {u(0.3, 1)}k", f"R4 n1 0 {u(0.3, 1)}k"]
    cards += [f"D0 n0 0 dm area={u(0.5, 2)}", f"C0 n0 0 {u(3, 9)}f", f"C1 n1 0 {u(3, 9)}f"]
    names += ["v1.dc", "r0.r", "r1.r", "r2.r", "r3.r", "d0.area", "d0.n", *(["c0.c", "c1.c"] if moving else [])]
    cards += [".model dm d(is=1n n=1.8 rs=5 cjo=1f)", f".options reltol={'1e-4' if moving else '1e-10'}"]
    cards += [".tran 0.1p 12p", ".end"]
    return f"Random mixed circuit {seed}\n" + "\n".join(cards) + "\n", names, ["v(n0)", f"v(m{stages - 1})", "p(nt)"]
