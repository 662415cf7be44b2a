"""Operating points, sweeps and small signals where light and electronics drive each other."""

import numpy as np
import pytest

import tdsim
from tdsim.errors import UsageError
from tdsim.netlist import loads
from tdsim.units import C0

LINK = """A modulator, some fibre, a photodiode that light falls on; nothing comes back
Xl in laser power=1m
Xs in nc1 a b coupler
Xu a c drive 0 phase_shifter vpi=4 phase={-pi/4}
Xw b d 0 drive phase_shifter vpi=4 phase={pi/4}
Xj c d nc2 mod coupler
Xf mod far delay time=7p
Xd far out 0 photodiode responsivity=0.8
R1 out 0 1k
C1 out 0 20f
V1 drive 0 dc 0.5 ac 1
.save v(out) p(mod) v(drive)
"""

LOOP = """The photodiode drives the modulator, with a delay, capacitances and a slow phase shifter in between
Xl in laser power=1m
Xs in nc1 a b coupler coupling=0.4
Xu a c drive 0 phase_shifter vpi=3 phase=0.7 tau=2p
Xw b d 0 drive phase_shifter vpi=3
Xj c d nc2 mod coupler
Xf mod far delay time=7p
Xd far seen 0 photodiode responsivity=0.9 capacitance=20f bandwidth=40g saturation=SATURATION
R1 seen 0 1k
V1 src 0 dc BIAS ac 1 sin(BIAS AMPLITUDE 10g)
E1 drive 0 src seen 1.5
.save v(seen) v(drive) p(mod)
"""


def link(card):
    return tdsim.simulate(loads(LINK + card + "\n.end\n"))


def loop(card, bias=0.3, amplitude=0.0, saturation=3e-3):
    text = LOOP.replace("BIAS", repr(bias)).replace("AMPLITUDE", repr(amplitude))
    text = text.replace("SATURATION", repr(saturation))
    return tdsim.simulate(loads(text + card + "\n.end\n"))


def transmitted(drive):
    return np.cos(np.pi * drive / 4 - np.pi / 4) ** 2


def test_operating_point_of_a_link():
    found = link(".op")
    assert found["p(mod)"].dims == ()
    assert found["p(mod)"].item() == pytest.approx(1e-3 * transmitted(0.5), rel=1e-12)
    assert found["v(out)"].item() == pytest.approx(0.8 * transmitted(0.5), rel=1e-12)


def test_nested_sweep_of_a_link():
    text = LINK.replace("V1 drive", "V2 far2 0 1\nV1 drive").replace("R1 out 0", "R2 far2 0 1\nR1 out 0")
    found = tdsim.simulate(loads(text + ".dc v1 -2 2 0.5 r1 1k 2k 1k\n.end\n"))
    assert found["v(out)"].dims == found["p(mod)"].dims == ("r1", "v1")
    light = transmitted(found["v1"].values)
    np.testing.assert_allclose(found["p(mod)"].values, 1e-3 * np.stack([light, light]), atol=1e-15)
    np.testing.assert_allclose(found["v(out)"].values, 0.8 * np.outer([1, 2], light), atol=1e-10)


def test_small_signals_of_a_link_in_closed_form():
    found = link(".ac dec 5 1g 100g")
    f = found["frequency"].values
    slope = -np.sin(2 * (np.pi * 0.5 / 4 - np.pi / 4)) * np.pi / 4
    np.testing.assert_allclose(found["p(mod)"].values, 1e-3 * slope * np.ones(f.size), rtol=1e-8)
    late = np.exp(-2j * np.pi * f * 7e-12) / (1 + 2j * np.pi * f * 20e-12)
    np.testing.assert_allclose(found["v(out)"].values, 0.8 * slope * late, rtol=1e-8)


@pytest.mark.parametrize("bias", [0.0, 0.3, 0.75, 1.0])
def test_operating_point_is_where_a_transient_ends(bias):
    """Also of several: the light was switched on in both."""
    rest, run = loop(".op", bias), loop(".tran 0.5p 3n", bias)
    for name in ("v(seen)", "v(drive)", "p(mod)"):
        assert rest[name].item() == pytest.approx(run[name].values[-1], rel=1e-8)


def test_a_sweep_keeps_to_its_branch():
    """Between two folds both ways have their own answer, each an operating point."""
    up, down = (loop(f".dc v1 {way}", saturation=0.0) for way in ("0.5 1 0.025", "1 0.5 -0.025"))
    rising, falling = up["v(seen)"].values, down["v(seen)"].values[::-1]
    apart = np.abs(rising - falling) > 0.5
    np.testing.assert_allclose(rising[~apart], falling[~apart], rtol=1e-8)
    first, last = np.flatnonzero(apart)[[0, -1]]
    assert apart[first : last + 1].all()
    assert 0 < first <= last < 20
    assert np.abs(np.diff(rising[: last + 1])).max() < 0.1
    assert np.abs(np.diff(falling[first:])).max() < 0.1


def phasor(result, name, frequency, amplitude):
    """What a sine of this amplitude makes, over the last ten periods."""
    period, t = 1 / frequency, result["time"].values
    late = (t > t[-1] - 10.0001 * period) & (t < t[-1] - 0.0001 * period)
    wave, times = result[name].values[late], t[late]
    return 2j * np.mean((wave - wave.mean()) * np.exp(-2j * np.pi * frequency * times)) / amplitude


def test_small_signals_of_a_loop_are_those_of_the_linearised_transient():
    small = loop(".ac lin 3 5g 15g")
    amplitude = 1e-4
    run = loop(".tran 0.05p 3n", amplitude=amplitude)
    for name in ("v(seen)", "v(drive)", "p(mod)"):
        assert phasor(run, name, 10e9, amplitude) == pytest.approx(complex(small[name].values[1]), rel=1e-5)


def test_small_signals_of_light_with_memory():
    """A ring between modulator and photodiode answers differently to the two sidebands."""
    ring = "Xr mod thru resonator kappa=[60g 60g] detuning=30g\n"
    text = LINK.replace("Xf mod far", f"{ring}Xf thru far").replace("dc 0.5 ac 1", "dc 0.5 ac 1 sin(0.5 1e-4 20g)")
    small = tdsim.simulate(loads(text + ".ac lin 1 20g 20g\n.end\n"))
    run = tdsim.simulate(loads(text + ".tran 0.05p 2n\n.end\n"))
    assert phasor(run, "v(out)", 20e9, 1e-4) == pytest.approx(complex(small["v(out)"].values[0]), rel=1e-4)


def test_carriers_add_at_a_photodiode():
    text = """Two carriers, one modulator
.carrier 1550n 1552n
X1 one laser power=1m
X2 two laser power=3m carrier=1
Xc one two in nc0 coupler
Xs in nc1 a b coupler
Xu a c drive 0 phase_shifter vpi=4 phase=-1.5
Xw b d coupler0 waveguide length=0
Xj c d nc2 mod coupler
Xd mod out 0 photodiode
R1 out 0 1k
V1 drive 0 dc 0.5 ac 1
.save v(out) p(mod)
.op
.ac lin 1 1meg 1meg
.end
""".replace("b d coupler0", "b d")
    found = tdsim.simulate(loads(text))
    light = (1 - np.cos(np.pi * 0.5 / 4 - 1.5 + np.pi)) / 2
    assert found["op"]["p(mod)"].dims == ("carrier",)
    assert found["op"]["v(out)"].item() == pytest.approx(1e3 * found["op"]["p(mod)"].values.sum())
    np.testing.assert_allclose(found["op"]["p(mod)"].values, np.array([0.5e-3, 1.5e-3]) * light, rtol=1e-9)
    assert found["ac"]["v(out)"].values[0] == pytest.approx(1e3 * found["ac"]["p(mod)"].values.sum())


def test_scattering_is_around_the_operating_point_with_light():
    """Light on a photodiode biases the modulator that .sparam looks through."""
    text = """Bias by light
Xl in laser power=1m
Xd in bias 0 photodiode
R1 bias 0 1k
Xp i o bias 0 phase_shifter vpi=4
.port i i
.port o o
.sparam 3 span=1g
.end
"""
    found = tdsim.simulate(loads(text))["s(o,i)"].values
    np.testing.assert_allclose(found, np.exp(1j * np.pi / 4), rtol=1e-10)


DETUNED = LOOP.replace("Xl in laser power=1m", "Xl in laser power=1m detuning=15g").replace(
    "Xf mod far", "Xr mod thru resonator kappa=[30g 30g] detuning=9g\nXf thru far"
)
"""All light turns with its source, and a ring answers to that."""


def detuned(card, bias=0.2, amplitude=0.0):
    text = DETUNED.replace("BIAS", repr(bias)).replace("AMPLITUDE", repr(amplitude)).replace("SATURATION", "3e-3")
    return tdsim.simulate(loads(text + card + "\n.end\n"))


def test_light_that_turns_as_a_whole_is_at_rest():
    """The error of a transient falls as the square of its step: what is left without it is the operating point."""
    rest, fine, coarse = detuned(".op"), detuned(".tran 0.2p 3n"), detuned(".tran 0.4p 3n")
    for name in ("v(seen)", "v(drive)", "p(mod)"):
        ends = fine[name].values[-1], coarse[name].values[-1]
        assert rest[name].item() == pytest.approx((4 * ends[0] - ends[1]) / 3, rel=1e-7)


def test_small_signals_of_light_that_turns_are_those_of_the_linearised_transient():
    small, amplitude = detuned(".ac lin 1 10g 10g"), 1e-4
    run = detuned(".tran 0.1p 2n", amplitude=amplitude)
    for name in ("v(seen)", "v(drive)", "p(mod)"):
        assert phasor(run, name, 10e9, amplitude) == pytest.approx(complex(small[name].values[0]), rel=1e-4)


PROBED = """Light enters a loop of a photodiode and a modulator that carries light of its own
Xl in laser power=1m detuning=DETUNING
Xs in probe a b coupler coupling=0.4
Xu a c drive 0 phase_shifter vpi=3 phase=0.7 tau=2p
Xw b d 0 drive phase_shifter vpi=3
Xj c d out mod coupler
Xf mod far delay time=7p
Xd far seen 0 photodiode responsivity=0.9 capacitance=20f
R1 seen 0 1k
V1 src 0 0.2
E1 drive 0 src seen 1.5
.port probe probe
.port out out
.save e(out) v(drive)
"""


@pytest.mark.parametrize("detuning", [0.0, 4e9])
def test_scattering_holds_what_electronics_add(detuning):
    """A weak wave enters a transient: the part of what leaves at its own offset is S times it."""
    circuit = loads(PROBED.replace("DETUNING", repr(detuning)) + ".end\n")
    found = tdsim.sparam(circuit, points=5, span=40e9)
    offsets = (found["frequency"].values - C0 / 1550e-9)[[0, 1, 3]]
    exact = found["s(out,probe)"].values[[0, 1, 3]]
    coarse, fine = (answers(circuit, offsets, step) for step in (0.2e-12, 0.1e-12))
    np.testing.assert_allclose((4 * fine - coarse) / 3, exact, atol=1e-8)


def answers(circuit, offsets, step, stop=1.2e-9, amplitude=1e-6):
    """What leaves at each offset for a weak wave that enters there, in transients."""
    t = np.arange(round(stop / step) + 1) * step
    waves = amplitude * np.exp(-2j * np.pi * np.outer(np.append(offsets, 0), t))
    waves[-1] = 0
    run = tdsim.transient(circuit, stop=stop, step=step, inputs={"probe": waves})["e(out)"].values
    late = (t > 0.2e-9 - step / 2) & (t < stop - step / 2)
    turned = (run[:-1] - run[-1]) * np.exp(2j * np.pi * np.outer(offsets, t))
    return turned[:, late].mean(axis=1) / amplitude


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "Xs in nc1",
            "Xo two laser power=1m detuning=1g\nXs in two",
            r"xo: its light turns at 1e\+09 Hz and that of xl at 0",
        ),
        ("Xs in", "Xk nc1 phase_conjugator\nXs in", "xk: phase conjugators have no operating point"),
    ],
)
def test_what_has_no_operating_point_is_said(old, new, sentence):
    with pytest.raises(UsageError, match=sentence):
        tdsim.simulate(loads(LINK.replace(old, new) + ".op\n.end\n"))


KERR = LOOP.replace("Xf mod far", "Xr mod thru resonator kappa=[30g 30g] detuning=4g kerr=2e24\nXf thru far")
"""A ring whose resonance moves with the light in it."""


def kerr(card, bias=0.2, amplitude=0.0):
    text = KERR.replace("BIAS", repr(bias)).replace("AMPLITUDE", repr(amplitude)).replace("SATURATION", "3e-3")
    return tdsim.simulate(loads(text + card + "\n.end\n"))


def test_a_kerr_ring_is_at_rest_where_a_transient_ends():
    rest, fine, coarse = kerr(".op"), kerr(".tran 0.2p 3n"), kerr(".tran 0.4p 3n")
    linear = tdsim.simulate(
        loads(
            KERR.replace("kerr=2e24", "").replace("BIAS", "0.2").replace("AMPLITUDE", "0").replace("SATURATION", "3e-3")
            + ".op\n.end\n"
        )
    )
    for name in ("v(seen)", "v(drive)", "p(mod)"):
        ends = fine[name].values[-1], coarse[name].values[-1]
        assert rest[name].item() == pytest.approx((4 * ends[0] - ends[1]) / 3, rel=1e-6)
        assert abs(rest[name].item() - linear[name].item()) > 0.01 * abs(linear[name].item())


def test_small_signals_of_a_kerr_ring_are_those_of_the_linearised_transient():
    small, amplitude = kerr(".ac lin 1 10g 10g"), 1e-4
    fine, coarse = (kerr(f".tran {step} 2n", amplitude=amplitude) for step in ("0.1p", "0.2p"))
    for name in ("v(seen)", "v(drive)", "p(mod)"):
        ends = [phasor(run, name, 10e9, amplitude) for run in (fine, coarse)]
        assert (4 * ends[0] - ends[1]) / 3 == pytest.approx(complex(small[name].values[0]), rel=1e-5)


def test_the_fixed_point_beside_electronics_is_refused_for_a_kerr_ring():
    text = KERR.replace("sin(BIAS AMPLITUDE 10g)", "").replace("BIAS", "0.2").replace("SATURATION", "3e-3")
    with pytest.raises(UsageError, match="fixed_point does not know Kerr resonators beside electronics"):
        tdsim.fixed_point(loads(text + ".end\n"), step=1e-13)


def test_scattering_through_a_lit_kerr_ring_is_refused():
    with pytest.raises(UsageError, match="a Kerr resonator that is lit mixes each wave with its mirror image"):
        kerr(".sparam 3 span=1g")


def test_envelopes_are_left_out_of_small_signals_with_a_word():
    with pytest.warns(UserWarning, match=r"small signals of powers, p\(\.\.\), of light: e\(mod\) left out"):
        found = tdsim.simulate(loads(LINK.replace(".save", ".save e(mod)") + ".ac lin 1 1g 1g\n.end\n"))
    assert set(found.data_vars) == {"v(out)", "p(mod)", "v(drive)"}
