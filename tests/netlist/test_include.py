"""Files that include files, and files that are no netlists."""

from __future__ import annotations

from pathlib import Path

import pytest

from tdsim.errors import NetlistError, UsageError
from tdsim.netlist import load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Sub").mkdir()
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_includes_are_relative_to_the_file_that_names_them(folder: Path) -> None:
    write(folder / "Sub" / "B.inc", "Xw nc1 nc2 waveguide\n")
    write(folder / "Sub" / "A.inc", '.inc "B.inc"\n.end\n')
    circuit = load(write(folder / "t.cir", "title\n.INCLUDE Sub/A.inc\nXm nc3 nc4 mirror\n"))
    assert list(circuit.instances) == ["xw", "xm"]
    assert [Path(p).name for p in circuit.included] == ["A.inc", "B.inc"]
    assert circuit.source.endswith("t.cir")
    assert circuit.text.startswith("title")


def test_positions_in_included_files(folder: Path) -> None:
    write(folder / "a.inc", "\n  Xw nc1 nc2 wavegide\n")
    with pytest.raises(NetlistError) as info:
        load(write(folder / "t.cir", "title\n.include 'a.inc'\n"))
    where = info.value.diagnostics[0].position
    assert (Path(where.file).name, where.line, where.column) == ("a.inc", 2, 14)


def test_library_sections(folder: Path) -> None:
    write(folder / "p.lib", ".lib slow\n.param v=1\n.endl\n.lib fast\n.param v=2\n.endl fast\n")
    assert load(write(folder / "t.cir", 't\n.lib "p.lib" FAST\n')).parameters == {"v": 2}
    with pytest.raises(NetlistError, match="no section 'fest'; did you mean 'fast'"):
        load(write(folder / "t.cir", "t\n.lib p.lib fest\n"))
    write(folder / "p.lib", ".lib slow\n.param v=1\n")
    with pytest.raises(NetlistError, match=r"no \.endl"):
        load(write(folder / "t.cir", "t\n.lib p.lib slow\n"))


def test_libraries_within_libraries(folder: Path) -> None:
    """A section calls for one of another file, and includes a third."""
    write(folder / "a.lib", '.lib typ\n.param v=0.7\n.lib "b.lib" hot\n.endl typ\n.lib slow\n.param v=0.8\n.endl\n')
    write(folder / "b.lib", '.lib cold\n.param w=9\n.endl\n.lib hot\n.include "c.inc"\n.param x={v*w}\n.endl\n')
    write(folder / "c.inc", ".param w=3\n")
    circuit = load(write(folder / "t.cir", 't\n.lib "a.lib" typ\n'))
    assert circuit.parameters == pytest.approx({"v": 0.7, "w": 3, "x": 2.1})


def test_a_missing_include_is_at_its_name(folder: Path) -> None:
    with pytest.raises(NetlistError, match=r"no file 'None\.inc'") as info:
        load(write(folder / "t.cir", "title\n.include None.inc\n"))
    assert info.value.diagnostics[0].position.column == 10


def test_include_cycles_are_named(folder: Path) -> None:
    write(folder / "a.inc", ".include b.inc\n")
    write(folder / "b.inc", ".include a.inc\n")
    with pytest.raises(NetlistError, match="includes itself") as info:
        load(write(folder / "t.cir", "title\n.include a.inc\n"))
    assert "b.inc -> " in str(info.value)


def test_include_depth_is_bounded(folder: Path) -> None:
    for i in range(60):
        write(folder / f"{i}.inc", f".include {i + 1}.inc\n")
    with pytest.raises(NetlistError, match="more than 50 deep"):
        load(write(folder / "t.cir", "title\n.include 0.inc\n"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"), (b" \n\n", "is empty"), (b"title\n\0\1\2", "binary"), (b"title\n\xff\xfe x\n", "not UTF-8"),
        (b"x" * 20_000_001, "larger than 20 MB"),
    ],
)  # fmt: skip
def test_what_is_not_a_netlist(folder: Path, data: bytes, message: str) -> None:
    path = folder / "t.cir"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=message) as info:
        load(path)
    assert "t.cir" in str(info.value)
    (folder / "u.cir").write_text("title\n.include t.cir\n")
    with pytest.raises(NetlistError, match=message):
        load(folder / "u.cir")


def test_missing_files_folders_and_suffixes(folder: Path) -> None:
    for name, message in [("none.cir", "no such file"), ("", "suffix"), ("a.txt", "suffix '.txt'")]:
        with pytest.raises(UsageError, match=message):
            load(folder / name)
    (folder / "d.cir").mkdir()
    with pytest.raises(UsageError, match="cannot be read"):
        load(folder / "d.cir")


def test_windows_line_ends_and_byte_order_mark(folder: Path) -> None:
    (folder / "t.cir").write_bytes(b"\xef\xbb\xbftitle\r\nXm nc1 nc2 mirror\r\n.end\r\n")
    circuit = load(folder / "t.cir")
    assert (circuit.title, list(circuit.instances)) == ("title", ["xm"])
