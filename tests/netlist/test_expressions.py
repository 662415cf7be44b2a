"""Expressions, against ngspice's answers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tdsim.netlist.expressions import parse
from tdsim.units import C0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a**2", 4), ("-a**2", -4), ("2**3**2", 64), ("a^3", 8), ("-2^2", -4), ("2**-1", 0.5), ("a**3", 8),
        ("pow(a,3)", -8), ("pwr(a,2)", 4), ("pow(a,2)", 4),
        ("2--3", 5), ("1 - -2*3", 7), ("7%4", 3), ("-7%4", -3), ("7\\2", 3), ("7/2", 3.5), ("int(7/2)", 3),
        ("nint(2.5)", 2), ("nint(-1.5)", -2), ("int(-1.9)", -1), ("floor(-1.1)", -2), ("ceil(1.1)", 2),
        ("log(100)", math.log(100)), ("ln(100)", math.log(100)), ("log10(100)", 2), ("sgn(-3)", -1), ("sqr(3)", 9),
        ("min(3,2)", 2), ("max(1,2,3)", 3), ("ternary_fcn(1,2,3)", 2), ("arctan(1)", math.pi / 4), ("abs(-3)", 3),
        ("exp(1)", math.e), ("sqrt(4)", 2), ("u(0)", 0.5), ("u2(0.3)", 0.3), ("uramp(-1)", 0),
        ("pwl(1.5,0,0,1,10)", 15), ("pwl(-1,0,0,1,10)", -10),
        ("(3>2)||(1<4) ? .2 : .3", 0.2), ("b>2 && b<5 ? 10 : 20", 10), ("!(b==3)", 0), ("b<>3", 0),
        ("b!=2 ? 1 : 0", 1), ("b>=3", 1), ("b<=2", 0), ("0 ? 1 : 0 ? 2 : 3", 3),
        ("1mil", 1e-3), ("1meg", 1e6), ("10uF", 1e-5), ("3T", 3e12), ("1e3k", 1e6), ("2 * 3", 6),
        ("pi", math.pi), ("c0/1550n", C0 / 1550e-9), ("1-1/2-1/4", 0.25), ("{1+2}*3", 9),
        ("1 || 1/0", 1), ("0 && 1/0", 0), ("1 ? 2 : 1/0", 2),
    ],
)  # fmt: skip
def test_values(value, text: str, expected: float) -> None:
    assert value(text, ".param a=-2 b=3") == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("1/0", "division by zero", 17), ("7%0", "division by zero", 17), ("1+q", "unknown parameter 'q'", 18),
        ("2k2", "digits after the suffix", 18), ("1+", "not complete", 17), ("(1", "not complete", 17),
        ("1 1", "does not fit", 18), ("sqrt(-1)", "sqrt: not defined for -1", 16), ("log(0)", "not defined", 16),
        ("10**400", "too large", 18), ("sine(1)", "did you mean 'sin'", 16), ("sin(1,2)", "takes 1 argument", 16),
        ("v(1)", "while the circuit runs", 16), ("1#2", "does not fit", 17),
        ("", "empty", 16), ("w[0]", "unknown parameter", 16), ("a[0]", "neither a list nor an array", 16),
        ("__import__(1)", "unknown function", 16),
    ],
)  # fmt: skip
def test_errors_point_at_the_character(errors, text: str, message: str, column: int) -> None:
    (error,) = errors(f".param result={{{text}}} a=2\n")
    assert message in error.message
    assert error.position.column == column


def test_nearest_parameter_is_named(errors) -> None:
    (error,) = errors(".param length=1 b={lenght}\n")
    assert "did you mean 'length'" in error.message


def test_deep_nesting_is_a_sentence(errors) -> None:
    assert "nested" in errors(f".param a={{{'-(' * 200}1{')' * 200}}}\n")[0].message


def test_long_chains_are_not_deep(value) -> None:
    assert value("+".join(["1"] * 5000)) == 5000


def test_deep_parentheses_alone_are_fine(value) -> None:
    assert value("(" * 500 + "1" + ")" * 500) == 1


def test_parsing_is_cached() -> None:
    assert parse("1+2*3") is parse("1+2*3")


def test_functions_of_the_netlist(value) -> None:
    cards = ".param x=10\n.func f(x,y) {x*y+1}\n.func g(a) = 'f(a,x)'\n"
    assert value("f(2,3)", cards) == 7
    assert value("x", cards) == 10
    assert value("g(2)", cards) == 21


def test_recursive_functions_end(errors) -> None:
    (error,) = errors(".func f(x) {f(x-1)}\n.param a={f(3)}\n")
    assert "calls itself" in error.message


def test_functions_that_multiply_end(errors) -> None:
    funcs = "".join(f".func f{i}(x) {{f{i + 1}(x)+f{i + 1}(x)}}\n" for i in range(40))
    (error,) = errors(funcs + ".func f40(x) {x}\n.param a={f0(1)}\n")
    assert "nested" in error.message or "calls itself" in error.message


def test_recursion_that_stops_is_allowed(value) -> None:
    assert value("fact(5)", ".func fact(n) {n<2 ? 1 : n*fact(n-1)}") == 120


def test_arrays_from_files(read, errors, tmp_path, monkeypatch) -> None:
    import netCDF4

    monkeypatch.chdir(tmp_path)
    with netCDF4.Dataset("W.nc", "w") as data:
        data.createDimension("i", 2)
        data.createDimension("j", 3)
        data.createVariable("w", "f8", ("i", "j"))[...] = np.arange(6).reshape(2, 3)
    circuit = read('.param w=file("W.nc" "w") a={w[1,2]+w[0,1]}\n')
    assert circuit.parameters["a"] == 6
    for text, message in [
        ("{w[2,0]}", "not one of 0 to 1"), ("{w[0]}", "2 dimensions"), ("{w[0.5,0]}", "index 0.5"), ("{w+1}", "array"),
    ]:  # fmt: skip
        assert message in errors(f'.param w=file("W.nc" "w") a={text}\n')[0].message
    assert "no variable 'v'" in errors('.param w=file("W.nc" "v")\n')[0].message
    assert "cannot be read" in errors('.param w=file("none.nc" "v")\n')[0].message


def test_lists_give_their_elements(read, errors) -> None:
    card = ".param a=[1 {1+1} 3k] n=1 b={a[0] + a[n]*a[2]}\n"
    assert read(card).parameters["b"] == 6001
    for text, message in [
        ("{a[3]}", "not one of 0 to 2"),
        ("{a[0,0]}", "1 dimensions"),
        ("{a+1}", "a list takes no part"),
    ]:
        assert message in errors(f"{card}.param c={text}\n")[0].message


def test_a_spoilt_cache_of_the_grammar_does_no_harm(tmp_path, monkeypatch) -> None:
    from tdsim.netlist import expressions

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    for cut in (None, 1, 70, 90):
        for file in tmp_path.glob("grammar/*"):
            file.write_bytes(file.read_bytes()[:cut])
        expressions._grammar.cache_clear()
        expressions.parse.cache_clear()
        assert expressions.parse("1 + 2*3").evaluate(None) == 7
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/dev/null/nowhere")
    expressions._grammar.cache_clear()
    assert expressions._grammar() is not None
    expressions._grammar.cache_clear()
