"""SAX and gdsfactory netlists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tdsim.errors import NetlistError, UsageError
from tdsim.netlist import load, loads
from tdsim.netlist.write import write_gdsfactory

RING = {
    "instances": {
        "DC": {"component": "directional_coupler", "settings": {"coupling": 0.2}},
        "ring": {"component": "straight", "settings": {"length": 3e-4, "loss_dB_cm": 30, "wl0": 1.55e-6}},
        "end": "mirror",
    },
    "connections": {"DC,o3": "ring,o1", "ring,o2": "DC,o2"},
    "nets": [{"p1": "DC,o4", "p2": "end,o1"}],
    "ports": {"in": "DC,o1"},
    "meta": {"wl": [1.55e-6, 1.56e-6], "dt": 1e-13},
}


def same(a, b) -> bool:
    """Equal but for the names of inner nets."""

    def links(circuit) -> list[list[str]]:
        return sorted(sorted(str(t) for t in n.terminals) for n in circuit.nets.values())

    def parts(circuit) -> dict[str, object]:
        return {n: (i.device, i.values, i.references) for n, i in circuit.instances.items()}

    return parts(a) == parts(b) and links(a) == links(b) and (a.external, a.carriers) == (b.external, b.carriers)


def test_a_dictionary_in_si_units() -> None:
    circuit = load(RING)
    assert [i.device.name for i in circuit.instances.values()] == ["coupler", "waveguide", "mirror"]
    assert circuit.instances["ring"].values == {"length": 3e-4, "loss": 3000.0, "wl0": 1.55e-6}
    assert circuit.instances["dc"].nets["o3"] == circuit.instances["ring"].nets["o1"]
    assert circuit.instances["dc"].nets["o4"] == circuit.instances["end"].nets["o1"]
    assert circuit.external == {"in": "in"}
    assert circuit.carriers == (1.55e-6, 1.56e-6)
    assert circuit.options["dt"] == 1e-13


def test_json_and_yaml_files(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps(RING))
    assert same(load(tmp_path / "r.json"), load(RING))
    (tmp_path / "r.yml").write_text(
        """instances:
  wg: {component: straight, settings: {length: 10.0, neff: 2.4, cross_section: strip}}
placements: {wg: {x: 0}}
ports: {o1: "wg,o1", o2: "wg,o2"}
meta: {wl: 1.55}
"""
    )
    circuit = load(tmp_path / "r.yml")
    assert circuit.instances["wg"].values == {"length": pytest.approx(10e-6), "neff": 2.4}
    assert circuit.carriers == pytest.approx((1.55e-6,))


def test_oracle_names_are_known() -> None:
    circuit = load({"instances": {"m": {"component": "mirror", "settings": {"R": 0.6}}}})
    assert circuit.instances["m"].values == {"reflectivity": 0.6}


def test_settings_overrides_and_text_values() -> None:
    net = {"instances": {"l": {"component": "laser", "settings": {"power": "pulse(0 1m 10p)"}}, "w": "waveguide"}}
    net["settings"] = {"w": {"length": 2e-4}, "x": 3}
    circuit = load(net, overrides={"w.neff": "2.5", "w.ng": "{2*2}"})
    assert circuit.instances["w"].values == {"length": 2e-4, "neff": 2.5, "ng": 4.0}
    assert hasattr(circuit.instances["l"].values["power"], "resolve")
    assert circuit.parameters == {"x": 3}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"instances": {"a": "wavegide"}}, "unknown device 'wavegide'; did you mean 'waveguide'"),
        ({"instances": {"a": {"component": "mirror", "settings": {"Q": 1}}}}, "mirror has no parameter 'Q'"),
        ({"instances": {"a": {"component": "mirror", "settings": {"R": 2}}}}, "out of bounds"),
        ({"instances": {"a": {"component": "mirror", "settings": {"R": None}}}}, "a number is expected"),
        ({"instances": {"a": {"component": "mirror", "settings": {"R": "1/0"}}}}, "not a number"),
        ({"instances": {"a": {"component": "mirror", "settings": [1]}}}, "settings must be a mapping"),
        ({"instances": {"a": 3}}, "component is missing"),
        ({"instances": [1]}, "must be a mapping"),
        ({"connections": {"DC,o3": "rng,o1"}}, "unknown instance 'rng'; did you mean 'ring'"),
        ({"connections": {"DC,o3": "ring,o5"}}, "waveguide has no port 'o5'"),
        ({"connections": {"DC,o3": "DC,o3"}}, "wired twice"),
        ({"connections": {"DC": "ring,o1"}}, "'instance,port'"),
        ({"nets": ["a"]}, "a net is written"),
        ({"meta": {"wl": "red"}}, "meta"),
        ({"instances": {}}, "there are no instances"),
        ({"instances": {"a": "mirror", "A": "mirror"}}, "duplicate name 'A'"),
        ({"instances": {"a": {"component": "mirror", "array": {"columns": 2, "rows": 1}}}}, "arrays of instances"),
    ],
)
def test_bad_netlists(change: dict, message: str) -> None:
    with pytest.raises(NetlistError, match=message):
        load({**RING, **change})


@pytest.mark.parametrize("text", ["{", "[1]", "", "a: [", '{"a": 1e999'])
def test_bad_files(tmp_path: Path, text: str) -> None:
    for suffix in ("json", "yaml"):
        path = tmp_path / f"bad.{suffix}"
        path.write_text(text)
        with pytest.raises(UsageError, match=r"bad\."):
            load(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("twice.json", '{"instances": {"a": "coupler", "a": "mirror"}}'),
        ("twice.yaml", "instances:\n  a: coupler\n  a: mirror\n"),
    ],
)
def test_a_key_that_is_there_twice_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match="the key 'a' is there twice"):
        load(tmp_path / name)


def test_a_guide_whose_length_is_left_to_the_default_is_warned_about() -> None:
    # gdsfactory's default is another one, and a bend has its length from its radius
    assert load({"instances": {"a": {"component": "straight", "settings": {"length": 1e-5}}}}).warnings == []
    (warning,) = load({"instances": {"a": "bend_euler"}, "ports": {"i": "a,o1", "o": "a,o2"}}).warnings
    assert "a: the length of this bend_euler is not given: 100 um is taken" in warning
    alone = {"component": "mirror", "array": {"columns": 1, "rows": 1}}
    assert list(load({"instances": {"a": alone}, "ports": {"i": "a,o1", "o": "a,o2"}}).instances) == ["a"]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    netlist = """rings
.carrier 1550n 1551.3n
.options dt=0.1p
Xl src laser power=1m
X1 src a b out coupler coupling=0.123
X2 a b waveguide length=123.4567u loss=200 wl0=1549.7n
Xr nc1 nc2 resonator kappa=[1g 2g]
Xs nc3 resonator kappa=[3g]
Kab xr xs j=2g
Xq nc4 nc5 ring model=cmt
.port out out
"""
    circuit = loads(netlist)
    (tmp_path / "r.yaml").write_text(write_gdsfactory(circuit))
    again = load(tmp_path / "r.yaml")
    assert same(circuit, again)
    assert again.title == "rings"
    assert again.options == {"dt": 1e-13}


def test_shapes_are_written_too(tmp_path: Path) -> None:
    circuit = loads("t\nXl src laser power=pulse(0 1m 10p 1p 1p 100p)\n")
    (tmp_path / "r.yaml").write_text(write_gdsfactory(circuit))
    assert load(tmp_path / "r.yaml").instances["xl"].values == circuit.instances["xl"].values
