"""Small electrical circuits, one for each device that electrical equations describe, and random ones."""

from __future__ import annotations

import numpy as np

BIASED = """
V1 in 0 3
R1 in a 1k
R2 a b 2.2k
R3 b 0 3.3k
"""

DEVICES = {
    "r": "R9 b 0 4.7k tc1=1m tc2=1u m=2 dtemp=10",
    "c": "C9 a b 1n\nR9 b 0 1k",
    "l": "L9 a b 1u",
    "mutual": "L8 a b 1u\nL9 b c 2u\nR9 c 0 500\nK9 l8 l9 0.5",
    "v": "V9 c b 0.3\nR9 c 0 1k",
    "i": "I9 0 b 0.4m m=2",
    "e": "E9 c 0 a b 1.7\nR9 c b 1k",
    "g": "G9 b 0 a b 0.3m m=2",
    "f": "Vs b s 0\nR9 s 0 1k\nF9 a 0 vs 0.4 m=1.5",
    "h": "Vs b s 0\nR9 s 0 1k\nH9 c 0 vs 700\nR8 c a 1k",
    "d": "D9 b 0 dm area=1.3 m=2 dtemp=5\n.model dm d(is=1n n=1.7 rs=20 cjo=1p bv=8 ibv=1m eg=1.2)",
    "q": (
        "Q9 a b e qm area=1.2 m=2\nR9 e 0 300\n.model qm npn(is=1f bf=80 vaf=30 var=12 ikf=5m ikr=9m ise=1p isc=2p "
        "rb=30 rbm=10 irb=1m re=3 rc=8 xtb=1.1)"
    ),
    "j": "J9 a s s jm area=1.5 m=2\nR9 s 0 100\n.model jm njf(vto=-1.5 beta=0.4m lambda=0.02 rd=20 rs=30 tcv=1m)",
    "m": (
        "M9 a b s s mm l=2u w=20u m=2\nR9 s 0 100\n.model mm nmos(vto=0.6 kp=50u lambda=0.03 gamma=0.4 phi=0.65 rd=10 "
        "rs=20)"
    ),
    "s": "S9 a b in 0 sm\n.model sm sw(vt=1.2 vh=0.1 ron=50 roff=1meg)",
    "w": "Vs b s 0\nR9 s 0 1k\nW9 a b vs wm\n.model wm csw(it=1u ih=0.1u ron=70 roff=1meg)",
    "b": "B9 b 0 i=0.2m*tanh(v(a,b)+0.3*delay(v(a),30n)) tc1=1m m=2 dtemp=7\nB8 c 0 v=v(a)/2+0.1*v(a)*v(b)\nR9 c a 2k",
    "t": "T9 b 0 c 0 z0=75 td=1n\nR9 c 0 1k",
}
"""Cards that join the device to the nodes a and b of a divider; its instance has a name that ends with 9."""

SAVE = ["v(a)", "v(b)", "i(v1)"]


PULSED = """
V1 in 0 pulse(1 3 20n 5n 8n 100n 200n)
R1 in a 1k
R2 a b 2.2k
R3 b 0 3.3k
C1 b 0 5p
C2 a 0 3p
"""


def pulsed_deck(device: str) -> str:
    return f"Device {device}{PULSED}{DEVICES[device]}\n.options reltol=1e-5\n.tran 5n 300n\n.end\n"


def deck(device: str) -> str:
    return f"Device {device}{BIASED}{DEVICES[device]}\n.options reltol=1e-10\n.op\n.end\n"


def random_network(seed: int, moving: bool = False) -> tuple[str, list[str]]:
    """Resistors, diodes, amplifiers both ways, transistors and expressions between random nodes; and its parameters.

    moving  with capacitors and inductors, and sources that follow shapes
    """
    rng = np.random.default_rng(seed)
    count = int(rng.integers(4, 9))
    nodes = ["0", *(f"n{k}" for k in range(count))]
    cards = [f"V{k} n{k} 0 {rng.uniform(-2, 3):.4f}" for k in range(2)]
    cards += [f"Rg{k} n{k} 0 {rng.uniform(1, 9):.4f}k" for k in range(2, count)]
    names = ["v0.dc", "v1.dc"]
    if moving:
        cards[0] = f"V0 n0 0 pulse(0 {rng.uniform(1, 2):.4f} 10n 4n 6n 80n 150n)"
        cards += [f"C{k} n{k} 0 {rng.uniform(1, 20):.4f}p" for k in range(2, count)]
        cards += [
            f"L0 n2 l0 {rng.uniform(1, 9):.4f}u\nRl0 l0 n3 500",
            f"T0 n1 0 t0 0 z0={rng.uniform(50, 90):.4f} td=7n",
        ]
        cards += [f"Rt0 t0 n2 {rng.uniform(0.1, 1):.4f}k"]
        names = ["v1.dc", "l0.l", "rl0.r", "t0.z0", "rt0.r", *(f"c{k}.c" for k in range(2, count))]

    def two() -> tuple[str, str]:
        a, b = rng.choice(len(nodes), 2, replace=False)
        return nodes[a], nodes[b]

    for k in range(2 * count):
        a, b = two()
        kind = rng.choice(["r", "d", "amp", "m", "q", "b", "i", "s"], p=[0.35, 0.25, 0.1, 0.06, 0.06, 0.1, 0.05, 0.03])
        if moving and kind in ("s", "m"):
            kind = "d"
        if kind == "r":
            cards.append(f"R{k} {a} {b} {rng.uniform(0.5, 9):.4f}k")
            names.append(f"r{k}.r")
        elif kind == "d":
            cards.append(f"D{k} {a} {b} dm area={rng.uniform(0.5, 2):.4f}")
            names += [f"d{k}.area", f"d{k}.n"]
        elif kind == "amp":
            gain = rng.uniform(1.5, 4)
            cards.append(
                f"E{k} x{k} 0 {a} 0 {gain:.4f}\nVs{k} x{k} y{k} 0\nR{k} y{k} {b} 2k\nF{k} {a} 0 vs{k} {1 / gain:.4f}"
            )
            names += [f"e{k}.gain", f"f{k}.gain", f"r{k}.r"]
        elif kind == "m":
            cards.append(f"M{k} {a} {b} 0 0 mm l=1u w={rng.uniform(2, 9):.4f}u")
            names += [f"m{k}.w", f"m{k}.vto"]
        elif kind == "q":
            cards.append(f"Rb{k} {b} b{k} 20k\nQ{k} {a} b{k} 0 qm")
            names += [f"q{k}.bf", f"rb{k}.r"]
        elif kind == "b":
            cards.append(f"B{k} {a} {b} i=0.1m*tanh(v({a},{b})-0.3*delay(v({b}),1n))")
            names.append(f"b{k}.m")
        elif kind == "i":
            cards.append(f"I{k} {a} {b} {rng.uniform(-0.3, 0.3):.4f}m")
            names.append(f"i{k}.dc")
        else:
            cards.append(f"S{k} {a} {b} n0 n1 s{k}\n.model s{k} sw(vt=0.2 ron={rng.uniform(1, 3):.4f}k roff=1meg)")
            names.append(f"s{k}.ron")
    more = " cjo=2p tt=1n" if moving else ""
    cards += [f".model dm d(is=1n n=1.8 rs=5{more})", ".model mm nmos(vto=0.5 kp=60u lambda=0.02)"]
    cards += [".model qm npn(is=1f bf=90 vaf=40)"]
    cards += [
        *([".options reltol=1e-4", ".tran 5n 200n"] if moving else [".options reltol=1e-10", ".op"]),
        ".end",
    ]
    return f"Random network {seed}\n" + "\n".join(cards) + "\n", names
