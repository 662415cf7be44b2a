"""The manual is complete and readable for every device."""

import pytest

from tdsim import device, manual
from tdsim.errors import UsageError
from tdsim.shapes import SHAPE_NAMES

NAMES = sorted(device.library())


def test_overview_has_one_entry_a_device():
    table, shapes = manual.overview().split("\n\n")
    assert [line.split()[0] for line in table.splitlines()[1:] if not line.startswith(" ")] == NAMES
    assert all(f"    {word}(" in shapes for word in SHAPE_NAMES)
    assert max(map(len, manual.overview().splitlines())) <= 100


@pytest.mark.parametrize("name", NAMES)
def test_page_names_all_that_a_user_may_write(name):
    kind, text = device.find(name), manual.page(name)
    for word in [*kind.ports, *kind.params]:
        assert f"    {word}" in text
    assert kind.netlist.splitlines()[0] in text
    assert "Reference" in text
    assert max(map(len, text.splitlines())) <= 100


def test_page_shows_defaults_bounds_and_flags():
    line = next(row for row in manual.page("coupler").splitlines() if row.strip().startswith("coupling"))
    assert line.split()[:6] == ["coupling", "500m", "1", "0", "..", "1"]
    assert line.split()[6] == "td"


def test_unknown_device_gets_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'coupler'"):
        manual.page("cupler")
