"""How long a change takes to get somewhere."""

import numpy as np

from tdsim.schedule.latency import latency
from tdsim.schedule.system import Allpass, System


def chain():
    """0 -> 1 (3 samples) -> 2 (all-pass, 4 more or 6 more) and 0 -> 2 (9 samples); 3 reads nothing."""
    system = System(1)
    for name in "abcd":
        system.new(name)
    system.rows = {1: {(0, 3): 1.0}, 2: {(0, 9): 1.0, (3, 0): 1.0}}
    system.allpasses = [Allpass(2, 1, (4, 6), np.zeros((1, 1)), False)]
    return system


def test_the_shortest_of_several_ways_counts():
    assert latency(chain(), [0], [2]) == 7


def test_nothing_arrives_where_no_way_leads():
    assert latency(chain(), [2], [0, 1]) is None
    assert latency(chain(), [], [2]) is None


def test_a_wave_reaches_itself_at_once():
    assert latency(chain(), [1], [1, 2]) == 0
