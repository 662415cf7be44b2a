"""Both sinks give the same result, however the samples come in blocks."""

import fake_analysis as fake
import numpy as np
import pytest
import xarray as xr

import tdsim.results
from tdsim.errors import UsageError
from tdsim.results import file, store
from tdsim.results.dataset import MemorySink
from tdsim.results.schema import Coordinate, Measured, Schema, Variable
from tdsim.results.store import NetcdfSink

LENGTH = 3000


@pytest.fixture
def short_segments(monkeypatch):
    """Segments of some hundred samples, so that a small result goes the way of a large one."""
    monkeypatch.setattr(store, "HELD_BYTES", 20_000)
    monkeypatch.setattr(store, "HELD_BYTES_PER_VARIABLE", 0)


def in_memory(plans, size=700, measures=None):
    sink = MemorySink()
    for plan in plans:
        fake.push(sink, plan, LENGTH, size)
    sink.close(measures or {})
    return sink.result()


def on_disk(path, plans, size=700, measures=None):
    sink = NetcdfSink(path)
    for plan in plans:
        fake.push(sink, plan, LENGTH, size)
    sink.close(measures or {})
    return tdsim.results.open(path)


MEASURES = {"rise": Measured(3e-12, units="s"), "peak": Measured(np.arange(3.0), ("run",))}
PLANS = {
    "one": [fake.schema(length=LENGTH)],
    "runs and carriers": [fake.schema(runs=3, carriers=2)],
    "several": [fake.schema("sparam"), fake.schema("tran", runs=3), fake.schema("tran2", carriers=2)],
}


@pytest.mark.parametrize("plans", PLANS.values(), ids=PLANS.keys())
def test_disk_and_memory_are_identical(tmp_path, plans):
    expected = in_memory(plans, measures=MEASURES)
    found = on_disk(tmp_path / "a.nc", plans, measures=MEASURES)
    assert found.identical(expected)


@pytest.mark.parametrize("plans", PLANS.values(), ids=PLANS.keys())
@pytest.mark.parametrize("size", [1, 97, LENGTH])
@pytest.mark.usefixtures("short_segments")
def test_blocks_and_segments_do_not_matter(tmp_path, plans, size):
    assert on_disk(tmp_path / "a.nc", plans, size).identical(in_memory(plans))


@pytest.mark.usefixtures("short_segments")
def test_only_the_result_is_left(tmp_path):
    on_disk(tmp_path / "a.nc", PLANS["several"])
    assert [p.name for p in tmp_path.iterdir()] == ["a.nc"]


@pytest.mark.usefixtures("short_segments")
def test_many_signals(tmp_path):
    signals = tuple(Variable(f"p(n{k})", ("time",), "W", "power") for k in range(file.MOST_UNLIMITED + 1))
    plans = [Schema("tran", "time", (Coordinate("time", "s", "time"),), signals)]
    assert on_disk(tmp_path / "a.nc", plans).identical(in_memory(plans))


def test_everything_is_labelled():
    result = in_memory(PLANS["runs and carriers"], measures=MEASURES)
    assert all({"units", "long_name"} <= set(v.attrs) for v in result.variables.values())
    assert result.rise.attrs["units"] == "s"
    assert result["e(out)"].dims == ("run", "carrier", "time")
    assert result["e(out)"].dtype == np.complex128
    assert result.coupling.dims == ("run",)


def test_attributes():
    attributes = in_memory(PLANS["one"]).attrs
    assert attributes["analysis"] == "tran"
    assert attributes["parameters"] == '{"g": 1.5}'
    assert attributes["noise"] == 0
    assert attributes["steps"] == LENGTH
    assert attributes["tdsim_version"]


def test_groups_are_named_by_analysis_and_measures_stand_at_the_root(tmp_path):
    tree = on_disk(tmp_path / "a.nc", PLANS["several"], measures=MEASURES)
    assert list(tree.children) == ["sparam", "tran", "tran2"]
    assert set(tree.data_vars) == {"rise", "peak"}
    assert tree.attrs["title"] == "a ring"
    assert tree["tran"].attrs["analysis"] == "tran"


def test_plain_xarray_shows_structured_numbers_and_safe_names(tmp_path):
    on_disk(tmp_path / "a.nc", PLANS["one"])
    with xr.open_dataset(tmp_path / "a.nc") as plain:
        assert plain["e(out)"].dtype.names == ("r", "i")
        assert plain["at_xps[phase]"].attrs["name"] == "@xps[phase]"
        assert plain["v(a|b)"].attrs["name"] == "v(a/b)"
    with xr.open_dataset(tmp_path / "a.nc", auto_complex=True) as plain:
        assert plain["e(out)"].dtype == np.complex128


def test_names_are_restored(tmp_path):
    result = on_disk(tmp_path / "a.nc", PLANS["one"])
    assert {"@xps[phase]", "v(a/b)"} <= set(result.data_vars)
    assert "name" not in result["v(a/b)"].attrs


def test_a_tree_keeps_its_slashes_for_groups(tmp_path):
    tree = on_disk(tmp_path / "a.nc", PLANS["several"])
    assert tree["tran"]["v(a|b)"].attrs["name"] == "v(a/b)"


def test_long_netlists_fit_an_attribute(tmp_path):
    plan = Schema(
        "tran", "time", (Coordinate("time", "s", "time"),), (Variable("p(a)", ("time",), "W", "power"),),
        attributes={"netlist": "* µ\n" * 200_000, "note": ""},
    )  # fmt: skip
    assert on_disk(tmp_path / "a.nc", [plan]).attrs["netlist"] == "* µ\n" * 200_000


def test_a_block_of_the_wrong_shape_is_refused():
    sink = MemorySink()
    sink.begin(fake.schema(carriers=2))
    time, values = fake.block(fake.schema(), 0, 10)
    with pytest.raises(ValueError, match=r"e\(out\): shape"):
        sink.append(time, values)


def test_a_sink_copies_what_it_keeps(tmp_path):
    for sink in (MemorySink(), NetcdfSink(tmp_path / "a.nc")):
        plan = fake.schema()
        sink.begin(plan)
        time, values = fake.block(plan, 0, 10)
        expected = values["p(out)"].copy()
        sink.append(time, values)
        values["p(out)"][:] = 0
        sink.finish({})
        sink.close({})
        result = sink.result() if isinstance(sink, MemorySink) else tdsim.results.open(tmp_path / "a.nc")
        np.testing.assert_array_equal(result["p(out)"], expected)


def test_an_analysis_without_samples_is_empty(tmp_path):
    memory, disk = MemorySink(), NetcdfSink(tmp_path / "a.nc")
    for sink in (memory, disk):
        fake.push(sink, fake.schema(), 0, 1)
        sink.close({})
    assert memory.result().identical(tdsim.results.open(tmp_path / "a.nc"))
    assert memory.result().sizes == {"time": 0}


@pytest.mark.parametrize("content", [b"", b"not a result", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_what_is_no_result_is_refused_in_a_sentence(tmp_path, content):
    (tmp_path / "a.nc").write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read as a result"):
        tdsim.results.open(tmp_path / "a.nc")


def test_a_missing_result_names_the_nearest(tmp_path):
    on_disk(tmp_path / "ring.nc", PLANS["one"])
    with pytest.raises(UsageError, match=r"there is no result .*rong.nc.*ring\.nc"):
        tdsim.results.open(tmp_path / "rong.nc")
