"""The README does what it says: its two commands stand there, and its tour runs, block after block, in one folder."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_two_commands_are_there():
    commands = [text.strip() for kind, _, text in BLOCKS if kind == "sh"]
    assert commands == [
        "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/tdsim run netlists/photonic/ring.cir --plot",
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest -q",
    ]


def test_links_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory from which the README's relative paths and commands work."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (commands / "tdsim").write_text(f'#!/bin/sh\nexec {sys.executable} -m tdsim "$@"\n')
    for command in commands.iterdir():
        command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MPLBACKEND", "agg")
    return tmp_path


def shell(text):
    """Run the `$` lines of a block; the other lines are what the command above them prints."""
    for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
        done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        said = re.sub(r"^compiling kernels.*\n", "", done.stderr, flags=re.MULTILINE)
        if printed:
            assert said + done.stdout == printed, command


def test_the_tour(folder):
    """The netlists and commands in their order, then all Python blocks as one script."""
    for kind, name, text in BLOCKS:
        if kind in ("spice", "toml"):
            (folder / name).write_text(text, encoding="utf-8")
        elif kind == "console":
            shell(text)
    assert (folder / "first.png").exists()
    separator = "-- next block --\n"
    script = f"\nprint({separator!r}, end='')\n".join(text for kind, _, text in BLOCKS if kind == "python")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split(separator) == [text for kind, _, text in BLOCKS if kind == "text"]
