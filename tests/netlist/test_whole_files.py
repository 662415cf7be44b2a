"""What is wrong with a file as a whole is told with a place, as all else is."""

import pytest

import tdsim
from tdsim.netlist import require_analysis
from tdsim.netlist.source import MAX_BYTES

FILES = {
    "empty": (b"", "empty.cir:1:1: error: the file is empty"),
    "blank": (b" \n\n", "blank.cir:1:1: error: the file is empty"),
    "binary": (b"title\nab\0cd\n", "binary.cir:2:3: error: this is a binary file"),
    "latin": (b"title\nxw a b waveguide ; 5 \xb5m\n", "latin.cir:2:22: error: line 2 is not UTF-8"),
    "large": (b"title\n" + b"*" * MAX_BYTES, "large.cir:1:1: error: the file is larger than 20 MB"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_netlist(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content, said = FILES[name]
    (tmp_path / f"{name}.cir").write_bytes(content)
    with pytest.raises(tdsim.NetlistError) as caught:
        tdsim.load(f"{name}.cir")
    assert str(caught.value).startswith(said)


def test_a_netlist_that_asks_for_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "none.cir").write_text("title\nR1 a 0 1k\n")
    with pytest.raises(tdsim.NetlistError) as caught:
        require_analysis(tdsim.load("none.cir"))
    assert str(caught.value).startswith("none.cir:1:1: error: the netlist asks for no analysis")


@pytest.mark.parametrize("name", ["itl1", "itl2", "itl4", "threads", "block", "seed"])
def test_what_counts_is_whole(name):
    with pytest.raises(tdsim.NetlistError, match=f"option {name} is a whole number, not 1.5"):
        tdsim.loads(f"title\nR1 a 0 1k\n.options {name}=1.5\n")
