"""Layers: a module imports only from those under it (the contracts are in pyproject.toml)."""

import ast
from pathlib import Path

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

import tdsim

ROOT = Path(__file__).parent.parent


def test_layers_hold(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_training_uses_what_tdsim_exports():
    """It stands beside the package, where import-linter does not see it."""
    public = {(None, name) for name in tdsim.__all__} | {("trainable", n) for n in ("marked", "trainable")}
    public |= {("adjoint.costs", name) for name in ("Cost", "Mean", "Signals", "SquaredError")}
    public |= {("analysis.electronics", "is_optical")}
    used = {}
    for path in sorted((ROOT / "training").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 2:
                used |= {(node.module, alias.name): path.name for alias in node.names}
    assert {name: file for name, file in used.items() if name not in public} == {}
