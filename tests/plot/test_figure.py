"""What figures show: panels, units, labels, peaks, and sentences where there is nothing to show."""

import numpy as np
import pytest

from tdsim.errors import SimulationError, UsageError
from tdsim.plot.figure import figure, save
from tdsim.plot.reduce import envelope, wrapped
from tdsim.plot.scale import prefixed
from tdsim.results.dataset import MemorySink
from tdsim.results.schema import Coordinate, Measured, Schema, Variable
from tdsim.units import C0

TIME = np.arange(5001) * 1e-13


def transient(sink, runs=0, carriers=0):
    """A pulse of 1 mW, as power and as envelope."""
    coordinates = [Coordinate("time", "s", "time")]
    if runs:
        coordinates.append(Coordinate("run", "1", "run", np.arange(runs)))
        coordinates.append(Coordinate("coupling", "1", "coupling", np.linspace(0.1, 0.9, runs), "run"))
    if carriers:
        coordinates.append(Coordinate("carrier", "m", "carrier", 1550e-9 + 0.8e-9 * np.arange(carriers)))
    dimensions = (*(["run"] * bool(runs)), *(["carrier"] * bool(carriers)), "time")
    power = Variable("p(out)", dimensions, "W", "power leaving out")
    field = Variable("e(out)", dimensions, "sqrt(W)", "envelope leaving out", True)
    sink.begin(Schema("tran", "time", tuple(coordinates), (power, field), attributes={"title": "A pulse"}))
    shape = tuple(n for n in (runs, carriers) if n)
    pulse = np.sqrt(1e-3) * np.exp(-(((TIME - 2e-10) / 5e-11) ** 2)) * np.exp(4e10j * TIME) * np.ones((*shape, 1))
    sink.append(TIME, {"p(out)": np.abs(pulse) ** 2, "e(out)": pulse})
    sink.finish({})


def spectrum(sink, bands=(193.4e12,)):
    frequency = np.concatenate([middle + np.linspace(-1e11, 1e11, 201) for middle in bands])
    names = ("s(out,in)", "s(in,in)")
    variables = tuple(Variable(n, ("frequency",), "1", "scattering", True) for n in names)
    sink.begin(Schema("sparam", "frequency", (Coordinate("frequency", "Hz", "frequency"),), variables))
    sink.append(frequency, {"s(out,in)": np.full(frequency.shape, 0.1j), "s(in,in)": 0j * frequency})
    sink.finish({})


def result_of(*analyses, **options):
    sink = MemorySink()
    for analysis in analyses:
        analysis(sink, **options)
    sink.close({"peak": Measured(1.0)})
    return sink.result()


def labels(drawing):
    return [(ax.get_xlabel(), ax.get_ylabel()) for ax in drawing.axes]


def names(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_transient_has_one_panel_for_each_quantity_in_engineering_units():
    drawing = figure(result_of(transient))
    assert labels(drawing) == [("", "power (mW)"), ("", "|e| (√mW)"), ("time (ps)", "phase of e (rad)")]
    assert drawing.get_suptitle() == "A pulse"
    (power,) = drawing.axes[0].lines
    assert power.get_ydata().max() == pytest.approx(1.0)
    assert power.get_xdata()[-1] == pytest.approx(500.0)


def test_an_unfinished_result_says_so():
    assert figure(result_of(transient).assign_attrs(unfinished=1)).get_suptitle() == "A pulse (unfinished)"


def test_a_port_has_one_colour_in_all_panels():
    lines = [ax.lines[0] for ax in figure(result_of(transient)).axes]
    assert len({line.get_color() for line in lines}) == 1


def test_the_phase_of_darkness_is_not_shown():
    phase = figure(result_of(transient)).axes[2].lines[0]
    shown = phase.get_xdata()[np.isfinite(phase.get_ydata())]
    assert 20 < shown.min() < shown.max() < 380


def test_runs_and_carriers_are_lines_of_their_own():
    axes = figure(result_of(transient, runs=2, carriers=2), ["p(out)"]).axes
    assert names(axes[0]) == [f"p(out) coupling={c} {w} nm" for c in (0.1, 0.9) for w in (1550, 1550.8)]


def test_very_many_runs_keep_a_short_legend():
    (ax,) = figure(result_of(transient, runs=200), ["p(out)"]).axes
    assert len(ax.lines) == 48
    assert len(names(ax)) < 20
    assert names(ax)[-1] == f"... {201 - len(names(ax))} more"


def test_a_spectrum_is_in_decibels_over_the_offset_and_the_wavelength():
    (ax,) = figure(result_of(spectrum)).axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("frequency − 193.400 THz (GHz)", "transmission (dB)")
    assert names(ax) == ["s(out,in)"]  # the other is zero
    assert ax.lines[0].get_ydata() == pytest.approx(-20.0)
    assert ax.lines[0].get_xdata()[[0, -1]] == pytest.approx([-100, 100])
    (top,) = ax.child_axes
    assert top.get_xlabel() == "wavelength (nm)"
    to_wavelength, to_offset = top._functions
    assert to_wavelength(0.0) == pytest.approx(C0 / 193.4e12 * 1e9)
    assert to_offset(to_wavelength(50.0)) == pytest.approx(50.0)


def test_lines_break_between_bands():
    (ax,) = figure(result_of(spectrum, bands=(193.4e12, 194.4e12))).axes
    assert ax.get_xlabel() == "frequency (THz)"
    assert np.isnan(ax.lines[0].get_xdata()).sum() == 1


def test_several_analyses_share_a_figure_not_an_axis():
    drawing = figure(result_of(spectrum, transient))
    assert [ax.get_title("left") for ax in drawing.axes] == ["sparam", "tran", "", ""]
    assert drawing.axes[0].get_xlim() != drawing.axes[1].get_xlim()
    assert drawing.axes[1].get_xlim() == drawing.axes[3].get_xlim()


@pytest.mark.parametrize("signals", [["p(out)"], ["p(*)"], ["P(OUT)"]])
def test_signals_can_be_chosen(signals):
    assert labels(figure(result_of(transient), signals)) == [("time (ps)", "power (mW)")]


def test_an_unknown_signal_names_the_nearest():
    with pytest.raises(UsageError, match=r"no signal 'p\(ot\)'; did you mean 'p\(out\)'"):
        figure(result_of(transient), ["p(ot)"])


def test_numbers_alone_cannot_be_drawn():
    with pytest.raises(UsageError, match="nothing to draw"):
        figure(result_of(transient), ["peak"])


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_files(tmp_path, suffix):
    path = save(result_of(transient), tmp_path / f"a.{suffix}")
    assert path.stat().st_size > 1000


@pytest.mark.parametrize("name", ["a.html", "a.docx", "a"])
def test_other_formats_are_refused(tmp_path, name):
    with pytest.raises(UsageError, match=r"\.png, \.pdf, \.svg"):
        save(result_of(transient), tmp_path / name)


def test_a_picture_that_cannot_be_written_is_a_sentence(tmp_path):
    with pytest.raises(SimulationError, match="could not write"):
        save(result_of(transient), tmp_path / "missing" / "a.png")


def test_long_traces_keep_their_peaks():
    y = np.zeros(1_000_000)
    y[123_456], y[654_321] = 5, -3
    x, shown = envelope(np.arange(y.size), y)
    assert x.size == shown.size < 5000
    assert (shown.max(), shown.min()) == (5, -3)
    assert (np.diff(x) >= 0).all()


def test_short_traces_stay_as_they_are():
    x, y = np.arange(10), np.arange(10.0)
    assert envelope(x, y) == (x, y)


def test_phases_break_where_they_wrap():
    _, phase = wrapped(np.arange(100.0), np.arange(100) * 0.1)
    assert np.isnan(phase).sum() == 2
    assert np.nanmax(np.abs(phase)) <= np.pi


@pytest.mark.parametrize(
    ("unit", "largest", "expected"),
    [
        ("s", 3e-12, (1e-12, "ps")),
        ("W", 1e-3, (1e-3, "mW")),
        ("W", 0.0, (1.0, "W")),
        ("Hz", 2e11, (1e9, "GHz")),
        ("sqrt(W)", 2e-3, (np.sqrt(1e-6), "√µW")),
        ("rad", 1e-6, (1.0, "rad")),
        ("1", 1e-6, (1.0, "")),
        ("1/s", 1e9, (1.0, "1/s")),
        ("ohm", 5e3, (1e3, "kΩ")),
    ],
)
def test_prefixes(unit, largest, expected):
    scale, shown = prefixed(unit, [np.array([0.0, largest, np.nan])])
    assert scale == pytest.approx(expected[0])
    assert shown == expected[1]
