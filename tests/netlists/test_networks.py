"""Networks and loops: when and how strongly light arrives, and that no energy is lost or made."""

import numpy as np
import pytest

import tdsim
from tdsim.units import C0

from .shipped import LOSS, NG, amplitude, load

# -- swirl16.cir --------------------------------------------------------------------------------------------------

LINK = NG * 20e-3 / C0
NODES = [(i, j) for i in range(4) for j in range(4)]


def successors(i, j):
    """Where the arrows of the drawing lead from a node: along the row, along the column."""
    row = (i, j + 1) if i < 2 else (i, j - 1)
    column = (i + 1, j) if j >= 2 else (i - 1, j)
    return [node for node in (row, column) if node in NODES]


def links_to(start):
    """The least number of links from a node to each node that can be reached."""
    found, front, count = {start: 0}, [start], 0
    while front:
        count += 1
        front = [node for last in front for node in successors(*last) if node not in found]
        found.update(dict.fromkeys(front, count))
    return found


@pytest.fixture(scope="module")
def swirl():
    """Its answer to one bit."""
    bit = np.concatenate([np.full(56, 0.1), np.zeros(56 * 39)])
    return tdsim.transient(load("swirl16"), stop=39 * LINK, step=LINK / 56, inputs={"xlaser": bit})


def test_swirl_readouts_light_up_after_the_links_on_the_way(swirl):
    distance = links_to((1, 1))
    assert (distance[2, 2], distance[0, 0]) == (2, 6), "as the netlist says"
    for i, j in NODES:
        power = swirl[f"p(read{i}_{j})"].values
        lit = np.flatnonzero(power > 1e-15)
        assert bool(lit.size) == ((i, j) in distance)
        if lit.size:
            assert lit[0] == 56 * distance[i, j]


def test_swirl_powers_on_the_first_ways(swirl):
    """One way only leads to each of these nodes in that time: the losses on it multiply."""
    at_input = 0.01 * 0.1 * 0.5 * 0.1  # input tap, node coupler, output tap
    link = 0.9 * 0.9 * 0.5 * amplitude(LOSS * 20e-3) ** 2  # tap at both ends, one coupler, 4 dB
    read = {(1, 1): at_input, (1, 2): at_input * link, (1, 3): at_input * link**2}
    for (i, j), expected in read.items():
        first = 56 * (j - 1) + 28
        assert float(swirl[f"p(read{i}_{j})"][first]) == pytest.approx(expected, rel=1e-9)


def test_swirl_without_loss_gives_out_all_it_took_in():
    """All ways out: readouts, lost halves of the taps, absorbers at the rim."""
    bit = np.concatenate([np.full(8, 0.1), np.zeros(1600 - 8)])
    nodes = [f"xn{i}_{j}" for i, j in NODES]
    absorbed = [f"pin(xrim{i}_{k}.o1)" for i in range(4) for k in range(4)]
    out = [f"p({n}.xout.o3)" for n in nodes] + [f"p({n}.xin.o3)" for n in nodes] + absorbed
    result = tdsim.transient(
        load("swirl16", loss=0.0), stop=1599 * LINK / 8, step=LINK / 8, inputs={"xlaser": bit}, save=out
    )
    total = sum(float(result[name].sum()) for name in out)
    assert total == pytest.approx(8 * 0.01, rel=1e-9)


# -- torus64.cir --------------------------------------------------------------------------------------------------


def energy_out(loss):
    circuit = load("torus64", loss=loss)
    flash = np.concatenate([np.full(200, np.sqrt(1e-3)), np.zeros(1)])
    dark = np.zeros(1)
    inputs = {f"xlaser{i}": flash if i == 3 else dark for i in range(8)}
    taps = [f"p(xt{i}_{j}.o3)" for i in range(8) for j in range(8)]
    result = tdsim.transient(circuit, stop=4e-9, step=0.1e-12, inputs=inputs, save=taps)
    return sum(float(result[name].sum()) for name in taps) / (200 * 1e-3)


def test_torus_without_loss_gives_out_all_it_took_in():
    assert energy_out(0.0) == pytest.approx(1, abs=1e-9)


def test_torus_absorbs_a_part_but_makes_no_light():
    """One way through the network costs at most what all links cost, at least what the shortest does."""
    shortest, longest = (amplitude(LOSS * n * 0.1e-12 * C0 / NG) ** 2 for n in (30, 90))
    share = energy_out(LOSS)
    assert 0.9 < share < 1
    assert 1 - share < 40 * (1 - longest), "light stays for about 1 / 0.1 links"
    assert 1 - share > 0.1 * (1 - shortest)


# -- fibre_echo_loop.cir ------------------------------------------------------------------------------------------


def test_echoes_come_when_and_as_strong_as_the_netlist_says():
    result = tdsim.simulate(load("fibre_echo_loop"))
    turn = 1.468 * 20 / C0
    assert turn == pytest.approx(97.934e-9, abs=1e-12)
    n = np.arange(1, 20)
    echo = 10 ** ((2.0 - 0.2e-3 * 20 - 0.95) / 10)
    assert echo * 0.7 == pytest.approx(0.890, abs=1e-3), "as the netlist says"
    power = np.interp(20e-9 + n * turn, result["time"], result["p(out)"])
    np.testing.assert_allclose(power, 1e-3 * 0.3**2 * echo**n * 0.7 ** (n - 1), rtol=1e-3)
    between = np.interp(60e-9 + n[:-1] * turn, result["time"], result["p(out)"])
    assert between.max() < 1e-9
    assert float(result["fifth"]) == pytest.approx(float(result["expected"]), rel=1e-6)
    assert float(result["direct"]) == pytest.approx(0.7e-3, rel=1e-9)
