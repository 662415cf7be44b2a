"""Lines, comments, continuation, case and columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from tdsim.errors import Diagnostics
from tdsim.netlist.scan import Place, scan
from tdsim.netlist.source import Source


def cards(text: str) -> list[list[str]]:
    found = Diagnostics()
    result = [c.words for c in scan(Source("t", text, Path()), True, found)]
    assert not found.errors
    return result


def test_the_first_line_is_the_title_even_if_it_is_an_element() -> None:
    assert cards("x1 a b waveguide\nx2 a b mirror\n") == [["x2", "a", "b", "mirror"]]


def test_a_blank_first_line_is_the_title() -> None:
    assert cards("\nx2 a b mirror\n") == [["x2", "a", "b", "mirror"]]


@pytest.mark.parametrize("tail", ["; c", " $ c", "// c", "\t$c", ";"])
def test_trailing_comments(tail: str) -> None:
    assert cards(f"t\nx1 a b mirror{tail}\n") == [["x1", "a", "b", "mirror"]]


def test_a_dollar_within_a_word_is_no_comment() -> None:
    assert cards("t\nx1 a$b b mirror\n") == [["x1", "a$b", "b", "mirror"]]


def test_comment_lines() -> None:
    assert cards("t\n* c\n   * indented\n; c\n\nx1 a b mirror\n") == [["x1", "a", "b", "mirror"]]


def test_comment_signs_in_quotes_are_text() -> None:
    assert cards('t\n.include "a//b;c $d"\n') == [[".include", '"a//b;c $d"']]


def test_continuation_skips_comments_and_blank_lines() -> None:
    assert cards("t\nx1 a\n* c\n\n  + b\n+mirror\n") == [["x1", "a", "b", "mirror"]]


def test_two_backslashes_continue_a_line() -> None:
    assert cards("t\nx1 a \\\\\n b mirror\n") == [["x1", "a", "b", "mirror"]]


def test_a_continuation_of_nothing_is_nothing() -> None:
    assert cards("t\nx1 a b mirror\n\n\\\\\n") == [["x1", "a", "b", "mirror"]]
    assert cards("t\n\\\\\n") == []


def test_case_is_folded_except_in_double_quotes() -> None:
    assert cards('t\nX1 A b Laser FIELD=file("In.NC" "E")\n')[0][-4:] == ["(", '"In.NC"', '"E"', ")"]
    assert cards("t\nX1 A b Laser\n") == [["x1", "a", "b", "laser"]]


def test_odd_node_names() -> None:
    assert cards("t\nx1 a+b n-1 in+ mirror\n") == [["x1", "a+b", "n-1", "in+", "mirror"]]


def test_braces_belong_to_their_word() -> None:
    assert cards("t\nx{i} n{(i+1)%n} b mirror r={a + {b}} q='1 + 2'\n")[0] == [
        "x{i}", "n{(i+1)%n}", "b", "mirror", "r", "=", "{a + {b}}", "q", "=", "'1 + 2'"
    ]  # fmt: skip


def test_words_know_their_place_across_continuation() -> None:
    card = scan(Source("t", "t\n  x1 a b\n+   mirror  r=2\n", Path()), True, Diagnostics())[0]
    where = Place(card, 3).position
    assert (where.line, where.column, where.text) == (3, 5, "+   mirror  r=2")
    assert Place(card, 0).position.column == 3


@pytest.mark.parametrize("bad", ["{10//2}", "'1+2", '"abc', "{1+2", "1}"])
def test_what_does_not_close(bad: str, errors) -> None:
    (error,) = errors(f".param a={bad}\n")
    assert "does not close" in error.message
    assert (error.position.line, error.position.column) == (2, 10 + (bad == "1}"))


def test_what_follows_end_is_read_with_a_warning(read) -> None:
    circuit = read("r1 1 0 1k\n.end\nr2 1 0 1k\n")
    assert list(circuit.instances) == ["r1", "r2"], "as ngspice does"
    assert "what follows .end is read as well" in circuit.warnings[0]
    assert not read(".end\n\n* nothing\n").warnings


def test_long_lines_are_refused(errors) -> None:
    (error,) = errors(".param a=" + "1" * 1_000_001 + "\n")
    assert "longer than" in error.message
    assert len(str(error)) < 300
