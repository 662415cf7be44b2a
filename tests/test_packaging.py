"""The package as users get it: version, public names, typed, quick to import, netlists inside."""

import subprocess
import sys
import tomllib
from importlib import metadata, resources
from pathlib import Path

import pytest

import tdsim

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TOP = {"pyproject.toml", "tdsim", "netlists", "training", "tests", "examples", "README.md", "LICENSE", "CHANGELOG.md"}


def test_there_is_one_version():
    assert tdsim.__version__ == PROJECT["project"]["version"] == metadata.version("tdsim")
    assert f"## {tdsim.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_package_is_typed():
    assert resources.files("tdsim").joinpath("py.typed").is_file()


@pytest.mark.parametrize("name", tdsim.__all__)
def test_public_name_is_there(name):
    assert getattr(tdsim, name) is not None
    assert name in dir(tdsim)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="simulat"):
        _ = tdsim.simulat


def test_import_is_instant():
    """Heavy libraries are loaded when they are first needed."""
    heavy = ("numpy", "numba", "xarray", "scipy", "matplotlib", "netCDF4", "simpy", "lark", "rich", "yaml")
    code = f"import sys, tdsim, tdsim.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_netlists_are_part_of_the_package():
    assert resources.files("tdsim.netlists").joinpath("photonic", "ring.cir").is_file()


def test_every_package_is_listed_in_pyproject():
    """setuptools is given the packages by name; a new folder that is not listed would be missing from the wheel."""
    found = {"tdsim", "tdsim.training", "tdsim.netlists"}
    found |= {".".join(p.parent.relative_to(ROOT).parts) for p in (ROOT / "tdsim").rglob("__init__.py")}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == found


def test_top_level_holds_only_what_it_should():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert {n for n in names if not n.startswith(".")} <= TOP
