"""Tiny decks that show how ngspice 39 reads a netlist, and its answers (tests/oracles/data/traps.json, rules.json).

Keys of an answer: a signal (its last or only value), `op:`, `tran0:` (first value of the transient), `atT:` (at time
T), `all:` (a whole sweep, complex as [real, imaginary]), `first:` (the first point that ngspice stores: its own
affair). ERROR: ngspice refuses the deck.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tdsim
from tdsim.errors import NetlistError, TdsimError
from tdsim.netlist import loads
from tdsim.units import parse_number

DATA = Path(__file__).parent / "data"
TRAPS = json.loads((DATA / "traps.json").read_text()) | json.loads((DATA / "rules.json").read_text())

TRANSIENT_TOLERANCE = 2e-3
"""ngspice's default runs, joined by straight lines between points a tstep apart, are not better."""

REFUSED = {
    "rkm": "write 4.7k",
    "v_loop": "loop|contradict",
    "vsource_loop": "loop|v1",
    "i_open": r"v\(1\)|node",
}
"""Decks to which ngspice gives a number that means nothing: refused, with a word of the sentence that says why."""

BETTER = {
    "expr_mixed_unary": {"v(1)": 5, "v(2)": 5, "v(3)": 1, "v(4)": 7},
    "r_expr": {"v(2)": 1, "i(v1)": -(1e-3 + 2e-3 + 2 / 2100)},
    "param_pi_2": {"v(1)": math.pi},
    "param_un": {"v(1)": 1},
    "b_boltz": {"v(1)": 1.380649},
    "b_echarge": {"v(1)": 1.602176634},
    "b_kelvin": {"v(1)": -273.15},
    "b_planck": {"v(1)": 6.62607015},
    "vswitch_model": {"v(2)": 2 * 1000 / 1001},
}
"""Decks that ngspice refuses, and that mean something to tdsim."""

EXACT = {
    ("sin_freq_zero", "at10u:v(1)"): 1.0,
    ("pwl_repeat_td", "at4u:v(1)"): 1.0,
    ("exp_td1_zero", "at1u:v(1)"): 0.0,
    ("pulse_per_short", "at2.0005u:v(1)"): 0.5,
    ("switch_off_default", "v(2)"): 1e6 / (1e6 + 1e12),
}
"""Where ngspice joins points by straight lines across a corner, cuts a pulse short, or turns a switch on whose control
does not exceed its threshold: what the source and the switch say."""


def signal_of(key: str) -> str:
    return key.partition(":")[2] if ":" in key else key


@pytest.mark.parametrize("name", TRAPS)
def test_answer_is_that_of_ngspice(name: str) -> None:
    netlist, answers = TRAPS[name]["netlist"], dict(TRAPS[name]["answers"])
    if name in REFUSED:
        with pytest.raises(TdsimError, match=REFUSED[name]):
            simulated(netlist, [signal_of(k) for k in answers])
        return
    answers = {key: answer for key, answer in answers.items() if not key.startswith("first:")}
    if "ERROR" in answers.values() and name not in BETTER:
        with pytest.raises(NetlistError):
            loads(netlist)
        return
    answers |= BETTER.get(name, {})
    results = simulated(netlist, [signal_of(k) for k in answers])
    for key, answer in answers.items():
        check(results, key, EXACT.get((name, key), answer))


def simulated(netlist: str, signals: list[str]) -> dict[str, Any]:
    """The result of each analysis by its name, with these signals."""
    circuit = loads(netlist)
    circuit.save(*(s for s in signals if "(" in s))
    found = {name: tdsim.simulate(circuit, name) for name, _ in circuit.analysis_names()}
    found["circuit"] = circuit
    return found


def check(results: dict[str, Any], key: str, answer: Any) -> None:
    where, signal = (key.partition(":")[0], signal_of(key)) if ":" in key else ("", key)
    (only, *more) = [name for name in results if name != "circuit"]
    analysis = where if where in results else "tran" if where.startswith("tran") else only
    assert not more or where
    if where.startswith("at"):
        result = tdsim.simulate(results["circuit"], "tran", times=[parse_number(where[2:])])
        assert float(result[signal][0]) == pytest.approx(answer, rel=TRANSIENT_TOLERANCE, abs=TRANSIENT_TOLERANCE)
    elif where == "all":
        expected = np.asarray(answer)
        if expected.ndim == 2:
            expected = expected[:, 0] + 1j * expected[:, 1]
        np.testing.assert_allclose(results[analysis][signal].values.ravel(), expected, rtol=1e-6, atol=1e-12)
    else:
        values = np.ravel(results[analysis][signal].values)
        value = values[0] if where == "tran0" else values[-1]
        tolerance = 1e-6 if analysis == "op" else TRANSIENT_TOLERANCE
        assert value == pytest.approx(answer, rel=tolerance, abs=1e-15)


@pytest.mark.parametrize("name", TRAPS)
def test_deck_is_read_or_refused_as_by_ngspice(name: str) -> None:
    """The reader alone: no deck that ngspice runs is refused, but for those that a user would not mean."""
    refused = "ERROR" in TRAPS[name]["answers"].values() and name not in BETTER and name != "v_loop"
    if refused or name == "rkm":
        with pytest.raises(NetlistError):
            loads(TRAPS[name]["netlist"])
    else:
        assert loads(TRAPS[name]["netlist"]).analyses
