"""Source shapes against values computed by hand or answered by ngspice 39."""

import numpy as np
import pytest

from tdsim.errors import UsageError
from tdsim.shapes import SHAPE_NAMES, make_shape, seeded
from tdsim.shapes.prbs import TAPS, _sequence

U, M = 1e-6, 1e-3


def wave(name, *args, step=1e-6, stop=20e-6, **keywords):
    return make_shape(name, args, keywords).resolve(step, stop)


def value(shape, t):
    return float(shape(np.array([t]))[0])


def test_names():
    expected = {"dc", "pulse", "sin", "exp", "pwl", "sffm", "am", "trnoise", "trrandom", "prbs", "file"}
    assert expected == SHAPE_NAMES


# -- what ngspice answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "t", "expected"),
    [
        ((0, 1), 0.5 * U, 0.5),
        ((0, 1), 19 * U, 1),
        ((0, 1, 2 * U, 0, 0, 3 * U), 2.5 * U, 0.5),
        ((0, 1, 2 * U, 0, 0, 3 * U), 5.5 * U, 1),
        ((0, 1, 2 * U, 0, 0, 3 * U), 7 * U, 0),
        ((0, 1, 0, U, U, 2 * U, 5 * U, 2), 12 * U, 0),
        ((0, 1, 0, U, U, 2 * U, 5 * U, 2), 7 * U, 1),
    ],
)
def test_pulse_defaults(args, t, expected):
    assert value(wave("pulse", *args), t) == pytest.approx(expected, abs=1e-12)


def test_pulse_starts_at_its_first_level():
    """The operating point of a transient takes the waveform at t = 0."""
    assert value(wave("pulse", 1, 2, U, 1e-9, 1e-9, U, 3 * U, stop=2 * U), 0.0) == 1


@pytest.mark.parametrize(("t", "expected"), [(1 * U, 0.0), (1.04016 * U, 0.0198804), (3 * U, 1 - np.exp(-1))])
def test_exp_td1_zero_is_tstep(t, expected):
    assert value(wave("exp", 0, 1, 0, 2 * U, 100 * U, 2 * U), t) == pytest.approx(expected, abs=1e-5)


def test_exp_second_slope_starts_a_step_after_the_first():
    shape = wave("exp", 0, 1)
    assert shape.breakpoints(0, 20 * U) == pytest.approx([1 * U, 2 * U])
    expected = (1 - np.exp(-3)) - (1 - np.exp(-2))
    assert value(shape, 4 * U) == pytest.approx(expected)


def test_sin_before_td():
    assert value(wave("sin", 0.5, 1, 1e3, M, 0, 45, stop=2 * M), 0.5 * M) == pytest.approx(1.20711, abs=1e-5)


def test_sin_after_td_decays():
    shape = wave("sin", 0.5, 2, 1e3, M, 100, 0, stop=5 * M)
    assert value(shape, 1.25 * M) == pytest.approx(0.5 + 2 * np.exp(-0.025))


def test_sin_frequency_zero_is_one_over_tstop():
    assert value(wave("sin", 0, 1, 0, stop=40 * U), 10 * U) == pytest.approx(1)


def test_sin_phase_at_time_zero():
    assert value(wave("sin", 1, 2, 1e3, 0, 0, 90), 0.0) == pytest.approx(3)


@pytest.mark.parametrize(("t", "expected"), [(0, 3), (1.5 * U, 4), (3 * U, 5)])
def test_pwl_is_constant_outside(t, expected):
    assert value(wave("pwl", U, 3, 2 * U, 5), t) == pytest.approx(expected)


@pytest.mark.parametrize(("t", "expected"), [(0.5, 0), (2, 1), (2.5, 0.5), (4, 1), (5.25, 0.25), (103.5, 0.5)])
def test_pwl_repeat_td(t, expected):
    shape = wave("pwl", 0, 0, U, 1, 2 * U, 0, r=0, td=U)
    assert value(shape, t * U) == pytest.approx(expected, abs=1e-9)


def test_pwl_repeats_a_part():
    shape = wave("pwl", 0, 5, U, 0, 2 * U, 1, 3 * U, 0, r=U)
    assert [value(shape, t * U) for t in (0, 1, 2, 3.5, 4, 6)] == pytest.approx([5, 0, 1, 0.5, 1, 1])
    assert shape.breakpoints(0, 6.5 * U) == pytest.approx(np.arange(1, 7) * U)


def test_sffm():
    t = 0.3 * U
    inner = 2 * np.sin(2 * np.pi * 1e5 * t + np.pi / 6)
    expected = 0.1 + 2 * np.sin(2 * np.pi * 1e6 * t + np.pi / 2 + inner)
    assert value(wave("sffm", 0.1, 2, 1e6, 2, 1e5, 90, 30), t) == pytest.approx(expected)


def test_am():
    shape, t = wave("am", 2, 0.5, 1e5, 1e6, U), 2.3 * U
    assert value(shape, 0.5 * U) == 0
    expected = 2 * (0.5 + np.sin(2 * np.pi * 1e5 * 1.3 * U)) * np.sin(2 * np.pi * 1e6 * 1.3 * U)
    assert value(shape, t) == pytest.approx(expected)


def test_dc():
    shape = wave("dc", 2.5)
    assert value(shape, 1.0) == 2.5
    assert shape.breakpoints(0, 1).size == 0


# -- breakpoints ------------------------------------------------------------------------------------------------


def test_pulse_breakpoints_are_its_corners():
    shape = wave("pulse", 0, 1, U, 0.1 * U, 0.2 * U, 0.5 * U, 2 * U, 2)
    once = np.array([1, 1.1, 1.6, 1.8])
    assert shape.breakpoints(0, 20 * U) == pytest.approx(np.concatenate([once, once + 2]) * U)
    assert shape.breakpoints(1.1 * U, 1.7 * U) == pytest.approx([1.6 * U])


def test_breakpoints_of_a_window_far_out_are_found_at_once():
    shape = wave("pulse", 0, 1, 0, 1e-9, 1e-9, 1e-8, 1e-7)
    assert shape.breakpoints(10.0, 10.0 + 1e-7).size == pytest.approx(4, abs=1)


def test_warning_of_a_period_that_is_too_short():
    assert "shorter" in make_shape("pulse", [0, 1, 0, 1e-9, 1e-9, 5 * U, 2 * U]).warning
    assert make_shape("pulse", [0, 1, 0, 1e-9, 1e-9, U, 2 * U]).warning is None


# -- random shapes ----------------------------------------------------------------------------------------------


def test_noise_statistics():
    shape = wave("trnoise", 0.5, 1e-9, 0, 0)
    t = np.arange(200_000) * 0.1e-9
    assert value(shape, 0.0) == 0
    assert shape(t).var() == pytest.approx(0.25 * 2 / 3, rel=0.05)
    assert shape(np.arange(1, 20_000) * 1e-9).std() == pytest.approx(0.5, rel=0.03)
    assert shape.breakpoints(0, 3.5e-9) == pytest.approx([1e-9, 2e-9, 3e-9])


def test_noise_is_linear_between_grid_points():
    shape = wave("trnoise", 1, 1e-9)
    a, middle, b = shape(np.array([3e-9, 3.25e-9, 4e-9]))
    assert middle == pytest.approx(0.75 * a + 0.25 * b)


@pytest.mark.parametrize("args", [("trnoise", 1, 1e-9), ("trrandom", 2, 1e-9, 2e-9, 1, 0.5), ("prbs", 0, 1, 1e-9, 9)])
def test_any_window_gives_the_same_bits(args):
    shape, t = wave(*args), np.arange(5000) * 0.7e-9
    whole = shape(t)
    parts = np.concatenate([wave(*args)(t[i : i + 37]) for i in range(0, len(t), 37)])
    np.testing.assert_array_equal(whole, parts)


@pytest.mark.parametrize(
    ("kind", "mean", "deviation"), [(1, 0.5, 2 / np.sqrt(3)), (2, 0.5, 2), (3, 2.5, 2), (4, 2.5, np.sqrt(2))]
)
def test_random_steps(kind, mean, deviation):
    shape = wave("trrandom", kind, 1e-9, 5e-9, 2, 0.5)
    drawn = shape(5e-9 + np.arange(50_000) * 1e-9)
    assert value(shape, 4e-9) == 0.5
    assert drawn.mean() == pytest.approx(mean, abs=0.05)
    assert drawn.std() == pytest.approx(deviation, rel=0.03)
    assert value(shape, 7.9e-9) == value(shape, 7.1e-9) != value(shape, 8.1e-9)


def test_sources_are_independent_once_seeded():
    first, second = (seeded(make_shape("trnoise", [1, 1e-9]), 3, name).resolve(1e-9, 1) for name in ("v1", "v2"))
    t = np.arange(1, 5000) * 1e-9
    assert abs(np.corrcoef(first(t), second(t))[0, 1]) < 0.06
    assert seeded(make_shape("dc", [1]), 3, "v1") == make_shape("dc", [1])
    fixed = make_shape("trnoise", [1, 1e-9], {"seed": 5})
    assert seeded(fixed, 3, "v1") is fixed


def test_prbs7_begins_as_the_standard_says():
    shape = wave("prbs", 0, 1, 1e-9, 7)
    bits = shape((np.arange(127) + 0.5) * 1e-9).astype(int)
    assert "".join(map(str, bits[:21])) == "000000100000110000101"
    assert bits.sum() == 64
    np.testing.assert_array_equal(shape((np.arange(127, 254) + 0.5) * 1e-9), bits)


def test_prbs_jumps_on_the_sample_grid():
    shape = wave("prbs", -1, 1, 1e-10, 7, step=1e-12)
    k = np.arange(20_000)
    np.testing.assert_array_equal(shape(k * 1e-12), shape((k // 100 + 0.5) * 1e-10))
    times = shape.breakpoints(0, 1e-8)
    assert (shape(times) != shape(times - 1e-11)).all()


@pytest.mark.parametrize("order", range(2, 16))
def test_prbs_has_full_period(order):
    bits = _sequence(order, 1, 2 ** (order + 1))
    period = 2**order - 1
    np.testing.assert_array_equal(bits[:period], bits[period : 2 * period])
    assert bits[:period].sum() == 2 ** (order - 1)
    windows = {bytes(bits[i : i + order]) for i in range(period)}
    assert len(windows) == period


@pytest.mark.parametrize("order", TAPS)
def test_prbs_polynomials_are_primitive(order):
    period = 2**order - 1
    assert power_of_x(period, order) == 1
    assert all(power_of_x(period // prime, order) != 1 for prime in primes(period))


def power_of_x(exponent, order):
    """x^exponent modulo the polynomial of this order, over GF(2), as the bits of an integer."""
    polynomial = 1 | sum(1 << tap for tap in TAPS[order])
    result, base = 1, 2
    while exponent:
        if exponent & 1:
            result = times_modulo(result, base, polynomial, order)
        base = times_modulo(base, base, polynomial, order)
        exponent >>= 1
    return result


def times_modulo(a, b, polynomial, order):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a, b = a << 1, b >> 1
        if a >> order:
            a ^= polynomial
    return product


def primes(number):
    found, divisor = set(), 2
    while divisor * divisor <= number:
        while number % divisor == 0:
            found.add(divisor)
            number //= divisor
        divisor += 1
    return found | ({number} if number > 1 else set())


def test_long_prbs_follows_its_recurrence():
    bits = _sequence(31, 12345, 1 << 16)
    np.testing.assert_array_equal(bits[31:], bits[:-31] ^ bits[3:-28])


def test_prbs_seed_moves_the_start():
    one, other = (wave("prbs", 0, 1, 1e-9, 11, seed).bits(np.arange(2047)) for seed in (0, 77))
    assert (one != other).any()
    assert any((np.roll(one, k) == other).all() for k in range(2047))


# -- files ------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    netCDF4 = pytest.importorskip("netCDF4")
    with netCDF4.Dataset(tmp_path / "In.nc", "w", auto_complex=True) as file:
        file.createDimension("time", 4)
        file.createVariable("time", "f8", ("time",))[:] = np.arange(4) * 1e-12
        file.createVariable("e", np.complex128, ("time",))[:] = [0, 1 + 1j, 2, 2j]
        file.createDimension("sample", 3)
        file.createVariable("level", "f8", ("sample",))[:] = [1, 2, 4]
        file.createVariable("grid", "f8", ("time", "sample"))[:] = 0
    (tmp_path / "three.csv").write_text("time,re,im\n0,1,0\n1e-12,0,2\n")
    (tmp_path / "two.csv").write_text("0, 1\n1e-12, 3\n")
    (tmp_path / "one.csv").write_text("# samples\n5\n7\n")
    (tmp_path / "bad.csv").write_text("a b\n1 x\n")
    (tmp_path / "back.csv").write_text("1 1\n0 1\n")
    return str(tmp_path)


def from_file(folder, *args, step=1e-12):
    return make_shape("file", args, {}, folder).resolve(step, 1e-9)


def test_file_is_exact_on_its_samples_and_linear_between(folder):
    shape = from_file(folder, "In.nc", "e")
    np.testing.assert_array_equal(shape(np.arange(4) * 1e-12 * (1 + 1e-15)), [0, 1 + 1j, 2, 2j])
    np.testing.assert_allclose(shape(np.array([-1e-12, 0.5e-12, 9e-12])), [0, 0.5 + 0.5j, 2j])
    assert shape.breakpoints(0, 2.5e-12) == pytest.approx([1e-12, 2e-12])


def test_file_without_time_is_sampled_at_the_step(folder):
    np.testing.assert_allclose(from_file(folder, "In.nc", "level")(np.array([0, 1.5e-12, 2e-12])), [1, 3, 4])
    np.testing.assert_allclose(from_file(folder, "one.csv", step=1e-9)(np.array([0, 0.5e-9])), [5, 6])


def test_columns(folder):
    np.testing.assert_allclose(from_file(folder, "two.csv")(np.array([0.5e-12])), [2])
    np.testing.assert_allclose(from_file(folder, "three.csv")(np.array([0, 0.5e-12])), [1, 0.5 + 1j])


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("absent.nc", "e"), "there is no file"),
        (("In.nc", "levle"), "no variable 'levle'; did you mean 'level'"),
        (("In.nc",), "holds 3 variables: name one of"),
        (("In.nc", "grid"), "has the dimensions"),
        (("bad.csv",), "cannot read a waveform"),
        (("back.csv",), "do not increase"),
        ((), "takes the name of a file"),
    ],
)
def test_file_errors_are_sentences(folder, args, sentence):
    with pytest.raises(UsageError, match=sentence):
        make_shape("file", args, {}, folder)


# -- errors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "args", "keywords", "sentence"),
    [
        ("plus", (0, 1), {}, "unknown source shape 'plus'; did you mean 'pulse'"),
        ("pulse", (0,), {}, r"pulse takes at least 2 numbers, not 1: pulse\(v1 v2 \[td"),
        ("pulse", range(9), {}, "at most 8"),
        ("pulse", (0, 1, 0, -1), {}, "must not be negative"),
        ("sin", (0, "a"), {}, "va must be a number, not 'a'"),
        ("sin", (0, float("nan")), {}, "finite"),
        ("sin", (0, 1), {"r": 0}, "sin has no keyword 'r'"),
        ("pwl", (0, 0, 2, 1, 1, 0), {}, "times must increase, but 1 follows 2"),
        ("pwl", (0, 0, 2), {}, "pairs"),
        ("pwl", (0, 0, 2, 1), {"r": 1}, "r = 1 must be the time of one of its points"),
        ("trnoise", (1, 0), {}, "nt must be above zero"),
        ("trnoise", (1, 1e-9, 1, 1), {}, "1/f noise"),
        ("trrandom", (5, 1e-9), {}, "kind is 1"),
        ("prbs", (0, 1, 1e-9, 40), {}, "order must be a whole number from 2 to 31"),
        ("prbs", (0, 1, 0, 7), {}, "bit period must be above zero"),
    ],
)
def test_errors_are_sentences(name, args, keywords, sentence):
    with pytest.raises(UsageError, match=sentence):
        make_shape(name, args, keywords)


def test_shapes_print_as_they_are_written():
    assert str(make_shape("sin", [0, 1, 1e9])) == "sin(0 1 1e+09 0 0 0)"
    assert str(make_shape("pwl", [0, 0, 1e-6, 1], {"r": 0})) == "pwl(0 0 1e-06 1) r=0"
