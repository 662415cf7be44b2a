"""Every shipped netlist: loads without a warning, runs, and says what it shows."""

import pytest

import tdsim

from .shipped import NETLISTS, ROOT


def test_there_are_netlists_to_test():
    for folder in ("photonic", "electronic"):
        assert len([n for n in NETLISTS if n.startswith(folder)]) >= 12


@pytest.mark.filterwarnings("ignore:.*did not settle:UserWarning")  # netlists/settling shows that
@pytest.mark.filterwarnings("error::UserWarning")  # advice on the step, say
@pytest.mark.parametrize("name", NETLISTS)
def test_netlist_loads_without_warnings_and_runs(name):
    circuit = tdsim.load(ROOT / name)
    result = tdsim.simulate(circuit)
    assert circuit.warnings == []
    groups = result.children if hasattr(result, "children") and result.children else {"only": result}
    assert len(groups) == len(circuit.analyses)
    for dataset in groups.values():
        assert dataset.data_vars
        for variable in dataset.data_vars.values():
            assert bool(abs(variable).max() < 1e6), f"{variable.name} has no finite, sensible values"


@pytest.mark.parametrize("name", NETLISTS)
def test_netlist_says_what_it_shows(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert not lines[0].startswith(("*", ".")), "the first line is the title"
    comment = "\n".join(line for line in lines if line.startswith("*"))
    assert "Expected" in comment
    assert "Reference" in comment
    assert max(map(len, lines)) <= 120
