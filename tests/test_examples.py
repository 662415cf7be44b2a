"""Every example runs in a folder of its own and prints figures that are right."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent.parent / "examples"
EXAMPLES = sorted(p.stem for p in FOLDER.glob("*.py"))


def run(name, folder):
    """What an example prints; nothing may appear on standard error but the note about compiling."""
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{name}.py")],
        cwd=folder, env={**os.environ, "MPLBACKEND": "agg"}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def numbers(text):
    return [float(n) for n in re.findall(r"-?\d+\.\d+(?:e[-+]\d+)?", text)]


def check_ring_response(text, folder):
    assert numbers(text)[0] < 1e-6
    assert (folder / "ring_response.png").stat().st_size > 5000


def check_custom_device(text, folder):
    passed = 10**-0.1
    lines = text.splitlines()
    assert numbers(lines[0]) == pytest.approx([passed, 0], abs=1e-3)
    assert numbers(lines[1]) == pytest.approx([0, passed], abs=1e-3)
    assert numbers(lines[5]) == pytest.approx([1.571, passed / 2], abs=1e-3)
    assert "out of bounds" in text


def check_lock_ring(text, folder):
    off, locked = (numbers(line) for line in text.splitlines())
    assert max(off) < 0.05
    assert min(locked) > 0.6, "of 0.77 mW on resonance"
    assert (folder / "lock_ring.png").stat().st_size > 5000


def check_look_ahead(text, folder):
    for line in text.splitlines():
        _, before, after = numbers("1.0 " + line.partition(":")[2])
        assert before < 0.1
        assert after > 0.7, "of 0.77 mW on resonance"
    assert (folder / "look_ahead.png").stat().st_size > 5000


def check_learn_circles(text, folder):
    accuracy, first, second = (float(n) for n in re.findall(r"[01]\.\d+", text))
    assert accuracy > 0.9
    assert min(first, second) > 0.999
    assert (folder / "learn_circles.png").stat().st_size > 5000


def check_nudge_strength(text, folder):
    one_way, both_ways, beta, error = numbers(text.replace("0.1 mV", ""))
    assert one_way == pytest.approx(1, abs=0.15)
    assert both_ways == pytest.approx(2, abs=0.15)
    assert 0.01 < beta < 0.1, "neither the weakest nudge, which noise hides, nor the strongest"
    assert error < 0.02
    assert (folder / "nudge_strength.png").stat().st_size > 5000


def check_learn_in_mesh(text, folder):
    accuracy, median, worst = numbers(text)
    assert accuracy >= 0.95
    assert 0.5 < worst < median <= accuracy
    assert (folder / "learn_in_mesh.png").stat().st_size > 5000


def check_imperfect_hardware(text, folder):
    planned, *_ = numbers(text)
    variation, noise = (numbers(line.partition(":")[2]) for line in text.splitlines()[1:3])
    before, after = numbers(text.splitlines()[-1])
    assert planned > 0.9
    assert variation[1] > 0.9
    assert variation[-1] < variation[1] - 0.05, "variation costs accuracy"
    assert noise[-1] < noise[1] - 0.05, "noise, too"
    assert after > before + 0.1
    assert (folder / "imperfect_hardware.png").stat().st_size > 5000


def check_learn_by_echo(text, folder):
    assert text.count("True") == 2
    before, after = re.search(r"before: (\S+), after 60 iterations: (\S+)", text).groups()
    assert float(before) < 1
    assert float(after) == 1
    assert (folder / "learn_by_echo.png").stat().st_size > 5000


def check_sweep_many_runs(text, folder):
    assert text.startswith("64 runs of 10001 samples")
    assert numbers(text.splitlines()[1]) == [0.5, 0.5]


def check_ring_yield(text, folder):
    """Within four standard errors of 256 chips, and 0.02 for couplings that vary as well."""
    for line in text.splitlines():
        _, found, expected = numbers(line)
        assert found == pytest.approx(expected, abs=4 * (expected * (1 - expected) / 256) ** 0.5 + 0.02)
    assert (folder / "ring_yield.png").stat().st_size > 5000


def check_fit_mesh(text, folder):
    first, last = numbers(text)
    assert first > 1
    assert last < 1e-12
    assert (folder / "fit_mesh.png").stat().st_size > 5000


def check_fit_filter(text, folder):
    """Equal couplings at both ends, as a filter of rings has them that is flat."""
    one, two, three, four = numbers(text.splitlines()[0])
    assert (one, two) == pytest.approx((four, three), abs=0.01)
    ripple, beside = numbers(text.splitlines()[2])
    assert ripple < 0.3
    assert beside < -10
    assert (folder / "fit_filter.png").stat().st_size > 5000


def check_gdsfactory_import(text, folder):
    assert "warnings: none" in text
    apart, arms, found, expected = numbers(text)
    assert apart == pytest.approx(arms, abs=0.05)
    assert found == pytest.approx(expected, rel=1e-3)


def check_equilibrium(text, folder):
    runs, of, edge, error = re.match(r"(\d+) of (\d+) runs settle, up to (\S+) mW; error (\S+)", text).groups()
    assert (int(of), float(edge)) == (23, 3.5), "the edge is at 3.729 mW, and the runs are 0.25 mW apart"
    assert int(runs) == 13
    assert float(error) < 1e-8
    assert (folder / "equilibrium.png").stat().st_size > 5000


def check_echo(text, folder):
    assert "lossless: 1 - fidelity is below 1e-13: True" in text
    assert "r0 (resonator) loses energy" in text
    assert 0.001 < numbers(text.splitlines()[1])[0] < 0.2
    assert (folder / "echo.png").stat().st_size > 5000


def check_reservoir(text, folder):
    """A linear filter of 20 taps has an error of 0.19 at NARMA10."""
    narma, errors = text.splitlines()
    assert numbers(narma)[0] < 0.25
    assert "0 of 280 bits wrong" in errors
    assert (folder / "reservoir.png").stat().st_size > 5000


def check_resume_state(text, folder):
    assert "same samples: True; same state at the end: True" in text
    assert (folder / "middle.state").exists()


def check_convergence(text, folder):
    """Four errors, three orders and the promised order a line; it matters a little where corners fall among samples."""
    lines = {line[:16].strip(): numbers(line[16:]) for line in text.splitlines()[1:]}
    for kind in ("cavity", "detuned", "cavity, edged"):
        assert lines[kind][7] == 2
        assert lines[kind][4:7] == pytest.approx([2, 2, 2], abs=0.15)
    for kind in ("open path, edged", "loop, edged"):
        assert lines[kind][7] == 1
        assert np.mean(lines[kind][4:7]) == pytest.approx(1, abs=0.25)
    assert min(lines["loop"][4:7]) > lines["loop"][7] == 6
    assert lines["loop"][3] < 1e-12
    assert lines["open path"][3] < 1e-8
    assert (folder / "convergence.png").stat().st_size > 5000


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name, tmp_path):
    check = globals().get(f"check_{name}")
    assert check is not None, f"examples/{name}.py has no check in this file"
    check(run(name, tmp_path), tmp_path)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_says_what_it_is(name):
    assert (FOLDER / f"{name}.py").read_text(encoding="utf-8").startswith('"""')


def test_the_custom_device_works_from_the_shell(tmp_path):
    """As its docstring says: `tdsim run FILE.cir --device custom_device:Switch`, the file on the Python path."""
    (tmp_path / "switch.cir").write_text("A switch\nXl a laser\nXs a b c switch\n.tran 1p 5p\n.save p(b) p(c)\n.end\n")
    done = subprocess.run(
        [sys.executable, "-m", "tdsim", "run", "switch.cir", "--device", "custom_device:Switch"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(FOLDER)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "switch.nc").exists()
