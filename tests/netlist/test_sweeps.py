"""The cards .step and .mc, and random numbers in expressions."""

import statistics

import numpy as np
import pytest

import tdsim
from tdsim.errors import NetlistError
from tdsim.netlist.draws import Draws
from tdsim.sweeps import MonteCarlo, Plan, Stepped

HEAD = "Title\n.param c=0.3 k=2\nXl in laser power=1m\nXd in b out d coupler coupling={c}\n.port d d\n.port b b\n"
TAIL = ".tran 1p 10p\n.save p(out)\n.end\n"


def load(cards, overrides=None, head=HEAD):
    return tdsim.loads(head + cards + "\n" + TAIL, overrides=overrides)


def plan(cards):
    return load(cards).sweep


def test_a_range_stops_where_it_must():
    assert plan(".step param c 0.1 0.5 0.1").axes[0].values == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    assert plan(".step param c 0.1 0.55 0.2").axes[0].values == pytest.approx([0.1, 0.3, 0.5])
    assert plan(".step param c 0.5 0.1 -0.2").axes[0].values == pytest.approx([0.5, 0.3, 0.1])
    assert plan(".step param c {k/10} {k/10} 1").axes[0].values == pytest.approx([0.2])


def test_the_first_card_is_the_inner_loop():
    found = plan(".step param c list 0.1 0.2 0.3\n.step param xl.power 1m 2m 1m\n.mc 2 9")
    assert found.count == 12
    points = [found.point(run) for run in range(12)]
    assert [p.values["c"] for p in points[:4]] == [0.1, 0.2, 0.3, 0.1]
    assert [p.values["xl.power"] for p in points[:7:3]] == [1e-3, 2e-3, 1e-3]
    assert [p.draw for p in points] == [0] * 6 + [1] * 6
    assert found.draws == MonteCarlo(2, 9)


ERRORS = {
    ".step c 1 2 1": "the form is .step param name",
    ".step param c": "the form is .step param name",
    ".step param c 1 2": "the form is .step param name",
    ".step param c 1 2 1 3": "the form is .step param name",
    ".step param c list": "the form is .step param name",
    ".step param c 0.1 0.5 0": "the increment is zero",
    ".step param c 0.1 0.5 -0.1": "from 0.1 to 0.5 the increment must be above zero",
    ".step param c 0.5 0.1 0.1": "from 0.5 to 0.1 the increment must be below zero",
    ".step param c 0 1 1n": "1,000,000,001 values are more than 100,000",
    ".step param c list 0.1 0.1": "takes a value twice",
    ".step param cc 0 1 0.1": "has no parameter 'cc'; did you mean 'c'?",
    ".step param xd.copling 0 1 0.1": "xd is a coupler, which has no parameter 'copling'; did you mean 'coupling'?",
    ".step param xdd.coupling 0 1 0.1": "unknown instance 'xdd'; did you mean 'xd'?",
    ".step param c 0 1 0.1\n.step param c list 1": "c is swept twice",
    ".step param c 0 1 1m\n.step param k 0 1 1m": "1,002,001 runs, more than 100,000",
    ".step option reltl 1 2 1": "there is no option 'reltl' that a sweep can change; did you mean 'reltol'?",
    ".step option seed 1 2 1": "there is no option 'seed' that a sweep can change",
    ".step option reltol list 1m 2": "option reltol is a part of what is solved for",
    ".step temp -300 0 100": "option temp must be above -273.15",
    ".step temp 0 100": "the form is .step param name",
    ".step temp list 0 0": "temp takes a value twice",
    ".mc": r"the form is .mc runs \[seed\]",
    ".mc 1 2 3": r"the form is .mc runs \[seed\]",
    ".mc 0": "the number of runs must lie in 1 to 100,000, not 0",
    ".mc 2.5": "an integer is needed",
    ".mc 10 -1": "a seed is an integer of zero or more",
    ".mc 10\n.mc 10": "there can be one .mc only",
}


@pytest.mark.parametrize(("card", "sentence"), ERRORS.items(), ids=ERRORS.keys())
def test_what_is_wrong_with_a_card_is_a_sentence_with_its_place(card, sentence):
    with pytest.raises(NetlistError, match=sentence) as info:
        load(card)
    line = HEAD.count("\n") + 1 + card.count("\n")
    assert info.value.diagnostics[0].position.line in (line, line - 1)


def test_swept_and_set_is_an_error():
    with pytest.raises(NetlistError, match=r"c is swept by \.step and set by --set"):
        load(".step param c 0 1 0.5", {"c": "0.2"})
    assert load(".step param c 0 1 0.5", {"k": "3"}).sweep.count == 3


def test_draws_without_mc_are_nominal_and_warned_about():
    circuit = load(".param r=gauss(0.5, 0.1)\nXm out m2 mirror reflectivity={r}\n.port m2 m2", head=HEAD)
    assert circuit.instances["xm"].values["reflectivity"] == 0.5
    assert any("r: a random parameter has its nominal value, because there is no .mc" in w for w in circuit.warnings)


def test_mc_without_random_parameters_is_warned_about():
    assert any(".mc: no parameter is random" in w for w in load(".mc 3").warnings)
    assert not any(".mc" in w for w in load(".param r=gauss(0.5,0.1)\n.mc 3").warnings)


BAD_DRAWS = {
    "{gauss(1)}": r"gauss: the form is gauss\(nominal, standard deviation\)",
    "{gauss(1,-0.1)}": "gauss: a spread is zero or more",
    "{unif(0.1,1.5)}": "unif spreads by a part of the nominal value",
    "{aunif(1,2,3)}": "aunif: the form is aunif",
    "{agauss(1,2,0)}": "agauss: a spread of zero sigma",
}


@pytest.mark.parametrize(("value", "sentence"), BAD_DRAWS.items(), ids=BAD_DRAWS.keys())
def test_bad_draws_are_sentences(value, sentence):
    with pytest.raises(NetlistError, match=sentence):
        load(f".param r={value}")


def test_only_parameters_and_instances_draw():
    with pytest.raises(NetlistError, match=r"gauss\(\) belongs into \.param"):
        load(".options dt={gauss(1,1)}")


# -- numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "arguments", "mean", "deviation"),
    [
        ("gauss", [5.0, 0.2], 5.0, 0.2),
        ("gauss", [5.0, 0.3, 3.0], 5.0, 0.5),
        ("agauss", [5.0, 0.3, 3.0], 5.0, 0.1),
        ("agauss", [5.0, 0.3], 5.0, 0.3),
        ("unif", [5.0, 0.1], 5.0, 0.5 / 3**0.5),
        ("aunif", [5.0, 0.1], 5.0, 0.1 / 3**0.5),
        ("limit", [5.0, 0.1], 5.0, 0.1),
    ],
)
def test_draws_have_their_mean_and_deviation(function, arguments, mean, deviation):
    """The bounds are five standard errors."""
    count = 20_000
    found = [Draws(1, run).draw(function, arguments, "a.b", 1) for run in range(count)]
    assert statistics.fmean(found) == pytest.approx(mean, abs=5 * deviation / count**0.5)
    assert statistics.stdev(found) == pytest.approx(deviation, rel=5 / (2 * count) ** 0.5)


def test_uniform_draws_fill_their_interval():
    found = np.sort([Draws(3, run).draw("aunif", [0.0, 1.0], "p", 1) for run in range(5000)])
    assert abs(found).max() < 1
    np.testing.assert_allclose(found, np.linspace(-1, 1, 5000), atol=0.06)  # Kolmogorov's bound at 1e-7


def test_draws_are_independent():
    """Of run, path, count and seed: correlations of 4000 draws stay within five standard errors."""
    each = [
        [Draws(seed, run).draw("gauss", [0.0, 1.0], path, count) for run in range(4000)]
        for seed, path, count in [(1, "a", 1), (2, "a", 1), (1, "b", 1), (1, "a", 2)]
    ]
    matrix = np.corrcoef(each)
    assert abs(matrix - np.eye(4)).max() < 5 / 4000**0.5


RANDOM = (
    HEAD
    + """.param r=gauss(0.5, 0.01) s={2*agauss(0.1, 0.01)}
.model wg waveguide(neff={gauss(2.4, 0.01)} length=100u)
.subckt pair a b q={gauss(0.2, 0.01)}
Xc a b y z coupler coupling={q + aunif(0, 0.01)}
.ends
Xp out u pair
.for j 0 1
Xw{j} u{j} w{j} wg ng={gauss(4, 0.1)}
.endfor
"""
)


def test_the_path_of_a_draw():
    _, drawn = load("", head=RANDOM).recipe.variant({}, 5, 0)
    assert set(drawn) == {"r", "s", "wg.neff", "xp.q", "xp.xc.coupling", "xw0.ng", "xw1.ng"}


def test_instances_differ_and_instances_of_a_model_share():
    circuit, _ = load("", head=RANDOM).recipe.variant({}, 5, 0)
    one, other = (circuit.instances[n].values for n in ("xw0", "xw1"))
    assert one["ng"] != other["ng"]
    assert one["neff"] == other["neff"] != 2.4


def test_a_draw_does_not_depend_on_what_else_is_drawn():
    before = load("", head=RANDOM).recipe.variant({}, 5, 3)[1]
    more = RANDOM.replace("r=gauss", "a=gauss(1,1) r=gauss").replace(
        "Xw{j}", "Xv{j} v{j} vv{j} wg ng={unif(4, 0.1)}\nXw{j}"
    )
    after = load("", head=more).recipe.variant({}, 5, 3)[1]
    assert {path: after[path] for path in before} == before
    assert after.keys() > before.keys()


def test_seed_and_run_change_every_draw():
    recipe = load("", head=RANDOM).recipe
    first = recipe.variant({}, 5, 0)[1]
    for seed, run in ((6, 0), (5, 1)):
        other = recipe.variant({}, seed, run)[1]
        assert all(other[path] != first[path] for path in first)
    assert recipe.variant({}, 5, 0)[1] == first


def test_plans_check_themselves():
    with pytest.raises(tdsim.UsageError, match="as many of each, not 2 of a, 3 of b"):
        Plan((Stepped("a", (1, 2)), Stepped("b", (1, 2, 3))), paired=True).check()
