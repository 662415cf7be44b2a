"""What was written is never lost: killed writers, full disks, Ctrl-C, places that cannot be written to."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import fake_analysis as fake
import pytest

import tdsim.results
from tdsim.errors import SimulationError, UsageError
from tdsim.results import segments, store
from tdsim.results.dataset import MemorySink
from tdsim.results.store import NetcdfSink

SCRIPT = """
import resource, signal, sys
import fake_analysis as fake
from tdsim.errors import TdsimError
from tdsim.results import store
store.HELD_BYTES, store.HELD_BYTES_PER_VARIABLE = 200_000, 0
sink = store.NetcdfSink(sys.argv[1])
limit = int(sys.argv[3])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    fake.push(sink, fake.schema(), int(sys.argv[2]), 1000)
    sink.close({})
except TdsimError as problem:
    sink.interrupt()
    print(problem, "kept:", sink.has_segments)
    sys.exit(problem.exit_status)
"""


def writer(path: Path, length: int, limit: int = 0) -> subprocess.Popen:
    """A process that writes `length` samples in segments, with no file longer than `limit` bytes."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", SCRIPT, str(path), str(length), str(limit)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def wait_for(condition, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_beginning_of_the_run(result) -> bool:
    """The samples from the first on, in order, as they were pushed."""
    sink = MemorySink()
    fake.push(sink, fake.schema(), result.sizes["time"], 1000)
    return result.drop_attrs().identical(sink.result().drop_attrs())


def test_a_killed_writer_leaves_what_it_has_written(tmp_path):
    path = tmp_path / "a.nc"
    process = writer(path, 100_000_000)
    wait_for(lambda: len(segments.listed(path).get("tran", [])) >= 3)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    result = tdsim.results.open(path)
    assert result.attrs["unfinished"] == 1
    assert result.sizes["time"] >= 10_000
    assert is_beginning_of_the_run(result)


def test_a_full_disk_is_a_sentence_and_keeps_the_segments(tmp_path):
    path = tmp_path / "a.nc"
    process = writer(path, 50_000, limit=600_000)  # a segment fits, the merged result does not
    output, _ = process.communicate()
    assert process.returncode == 1
    assert output.startswith(f"could not write {path}")
    assert "kept: True" in output
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.nc.parts"]
    result = tdsim.results.open(path)
    assert result.sizes["time"] == 50_000
    assert is_beginning_of_the_run(result)


def test_a_disk_that_takes_nothing_is_a_sentence(tmp_path):
    path = tmp_path / "a.nc"
    process = writer(path, 50_000, limit=10_000)
    output, _ = process.communicate()
    assert process.returncode == 1
    assert "kept: False" in output
    assert not path.exists()
    assert not segments.listed(path)


def interrupted(path: Path, length: int = 5000) -> None:
    sink = NetcdfSink(path)
    fake.push(sink, fake.schema(), length, 700)
    sink.interrupt()


def test_an_interrupted_run_can_be_read(tmp_path):
    interrupted(tmp_path / "a.nc")
    assert is_beginning_of_the_run(tdsim.results.open(tmp_path / "a.nc"))


def test_an_interrupted_run_of_several_analyses_can_be_read(tmp_path):
    sink = NetcdfSink(tmp_path / "a.nc")
    fake.push(sink, fake.schema("sparam"), 10, 10)
    fake.push(sink, fake.schema("tran"), 500, 100)
    sink.interrupt()
    tree = tdsim.results.open(tmp_path / "a.nc")
    assert list(tree.children) == ["sparam", "tran"]
    assert tree.attrs["unfinished"] == 1
    assert tree["tran"].sizes["time"] == 500


def test_interrupting_twice_keeps_samples_once(tmp_path, monkeypatch):
    sink = NetcdfSink(tmp_path / "a.nc")
    fake.push(sink, fake.schema(), 500, 100)
    monkeypatch.setattr("tdsim.results.buffer.Buffer.clear", lambda self: None)  # stopped right before it
    sink.interrupt()
    sink.interrupt()
    assert tdsim.results.open(tmp_path / "a.nc").sizes["time"] == 500


def test_a_slow_run_is_written_by_the_clock(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "FLUSH_SECONDS", -1.0)
    sink = NetcdfSink(tmp_path / "a.nc")
    fake.push(sink, fake.schema(), 50, 10)
    assert len(segments.listed(tmp_path / "a.nc")["tran"]) == 5


def test_an_unfinished_result_is_not_overwritten_by_accident(tmp_path):
    path = tmp_path / "a.nc"
    interrupted(path)
    with pytest.raises(UsageError, match=r"unfinished result.*--overwrite"):
        NetcdfSink(path)
    sink = NetcdfSink(path, overwrite=True)
    fake.push(sink, fake.schema(), 20, 10)
    sink.close({})
    assert tdsim.results.open(path).sizes["time"] == 20


def test_a_finished_result_is_replaced(tmp_path):
    path = tmp_path / "a.nc"
    for length in (20, 30):
        sink = NetcdfSink(path)
        fake.push(sink, fake.schema(), length, 10)
        sink.close({})
    assert tdsim.results.open(path).sizes["time"] == 30


def test_a_finished_result_stays_until_the_next_has_something(tmp_path):
    path = tmp_path / "a.nc"
    sink = NetcdfSink(path)
    fake.push(sink, fake.schema(), 20, 10)
    sink.close({})
    NetcdfSink(path).interrupt()
    assert tdsim.results.open(path).sizes["time"] == 20
    interrupted(path, 40)
    assert tdsim.results.open(path).sizes["time"] == 40


@pytest.mark.parametrize("place", ["missing/a.nc", ".", "file/a.nc"])
def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot write the result"):
        NetcdfSink(tmp_path / place)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_write_protected_folder_is_refused_at_once(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="Permission denied"):
        NetcdfSink(tmp_path / "a.nc")


def test_a_failed_segment_leaves_those_before_it(tmp_path, monkeypatch):
    sink = NetcdfSink(tmp_path / "a.nc")
    fake.push(sink, fake.schema(), 50, 10)
    sink.flush()
    monkeypatch.setattr("tdsim.results.file.os.replace", _refuse)
    sink.append(*fake.block(fake.schema(), 50, 60))
    with pytest.raises(SimulationError, match=r"could not write .*No space left"):
        sink.flush()
    assert tdsim.results.open(tmp_path / "a.nc").sizes["time"] == 50


def _refuse(*_):
    raise OSError(28, "No space left on device")
