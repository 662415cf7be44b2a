"""Runs are shared out over the cores where that pays, and nowhere else."""

import multiprocessing

import pytest

import tdsim
from tdsim.analysis.threads import WORTH, cores, thread_count

CIRCUIT = "Delay\nXw a b delay time=1p\n.port in a\n.port out b\n"


@pytest.mark.parametrize(
    ("option", "lanes", "work", "expected"),
    [
        ("", 64, WORTH, min(64, cores())),
        ("", 64, WORTH - 1, 1),
        ("", 1, 10 * WORTH, 1),
        (".options threads=3", 1, 1, 3),
    ],
)
def test_many_samples_of_many_runs_are_shared_out(option, lanes, work, expected):
    assert thread_count(tdsim.loads(CIRCUIT + option), lanes, work) == expected


def in_a_worker(_):
    return thread_count(tdsim.loads(CIRCUIT), 64, WORTH)


def test_a_worker_of_a_sweep_has_one():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(in_a_worker, [0]) == [1]
