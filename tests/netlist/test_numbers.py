"""Numbers of both dialects, against ngspice's answers."""

from __future__ import annotations

import pytest

from tdsim.errors import UsageError
from tdsim.units import milli_hertz, parse_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1meg", 1e6), ("1M", 1e-3), ("1mil", 25.4e-6), ("1MegOhm", 1e6), ("10Fox", 1e-14), ("2.5e-3kV", 2.5),
        ("1G", 1e9), ("1T", 1e12), ("1a", 1.0), ("3x", 3.0), ("1mA", 1e-3), ("1d3", 1000.0), ("10uF", 1e-5),
        ("1550nm", 1550e-9), ("-.5", -0.5), ("+3.", 3.0), ("1e3k", 1e6), ("10µ", 1e-5), ("100u", 100e-6),
    ],
)  # fmt: skip
def test_suffixes(text: str, value: float) -> None:
    assert parse_number(text) == value


def test_expressions_do_not_know_mil() -> None:
    assert parse_number("1mil", mil=False) == 1e-3


@pytest.mark.parametrize("text", ["4k7", "2R2", "1Meg5", "1.2.3", "", "k", "1e400", "3-4", "0x10"])
def test_what_is_not_a_number(text: str) -> None:
    with pytest.raises(UsageError):
        parse_number(text)


def test_digits_after_a_suffix_say_what_to_write() -> None:
    with pytest.raises(UsageError, match=r"write 4\.7k"):
        parse_number("4k7")


def test_megahertz_that_are_millihertz_are_warned_about(read) -> None:
    assert milli_hertz("200MHz") is not None
    assert milli_hertz("200MegHz") is None
    circuit = read(".param f=200MHz g={3mhz*2}\n")
    assert len(circuit.warnings) == 2
    assert "t.cir:2:10" in circuit.warnings[0]
    assert "0.2 Hz" in circuit.warnings[0]
