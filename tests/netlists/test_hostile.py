"""Hostile netlists: nothing but our sentences comes out, memory and time stay bounded, nothing of them is run."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tdsim
from tdsim.cli import main

CORPUS = sorted(p for p in Path(__file__).with_name("hostile").rglob("*") if p.suffix == ".cir")
MEMORY, SECONDS = 2 << 30, 20
"""Limits of a process that reads one netlist; a process that has imported tdsim takes about 0.4 GB of addresses."""

READ = """
import sys
from tdsim.errors import TdsimError
from tdsim.netlist import elaborate, load
elaborate.BUDGET //= 20  # that much takes a minute
for path in sys.argv[1:]:
    print("\\0", end="")
    try:
        circuit = load(path)
        print("loaded", len(circuit.instances))
    except TdsimError as error:
        print("refused")
        print(error)
"""
END = ".tran 1p 10p\n.end\n"


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def read(*paths: Path) -> list[str]:
    """What a process of its own, with limits, says about each netlist."""
    done = subprocess.run(
        [sys.executable, "-c", READ, *(p.name for p in paths)], cwd=paths[0].parent, capture_output=True, text=True,
        timeout=3 * SECONDS, preexec_fn=limited,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stdout + done.stderr
    assert len(done.stdout) < 1_000_000
    return done.stdout.split("\0")[1:]


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    return dict(zip((p.name for p in CORPUS), read(*CORPUS), strict=True))


@pytest.mark.parametrize("path", CORPUS, ids=lambda p: p.name)
def test_of_the_corpus(answers: dict[str, str], path: Path) -> None:
    """The first line of each says what is expected: `loads`, or a part of the sentence after `refused: `."""
    title = path.read_bytes().splitlines()[0].decode("utf-8-sig", "replace").strip()
    answer = answers[path.name]
    if title.startswith("refused: "):
        assert answer.startswith("refused")
        assert title.removeprefix("refused: ") in answer
    else:
        assert title.startswith("loads")
        assert answer.startswith("loaded")
    assert not list(path.parent.glob("*pwned*"))


def nested(opening: str, closing: str, depth: int) -> str:
    return opening * depth + "1" + closing * depth


def subcircuits(depth: int, each: int) -> str:
    """Subcircuits in subcircuits: each^depth instances."""
    lines = []
    for level in range(depth):
        inner = "waveguide" if level == depth - 1 else f"s{level + 1}"
        lines += [f".subckt s{level} a b", *(f"x{k} nc{k} nd{k} {inner}" for k in range(each)), ".ends"]
    return "\n".join(lines) + "\nxtop nc1 nc2 s0\n"


def loops(depth: int, each: int) -> str:
    inner = "xw" + "".join(f"{{i{k}}}_" for k in range(depth))
    opening = "".join(f".for i{k} 1 {each}\n" for k in range(depth))
    return f"{opening}{inner} nc1 nc2 waveguide\n" + ".endfor\n" * depth


GENERATED: dict[str, tuple[Callable[[], str], str]] = {
    "parentheses": (lambda: f".param a={{{nested('(', ')', 40_000)}}}\n", "loaded"),
    "braces": (lambda: f".param a={nested('{', '}', 50_000)}\n", "brace"),
    "brackets": (lambda: f"xr nc1 nc2 resonator kappa={nested('[', ']', 50_000)}\n", ""),
    "signs": (lambda: f".param a={{{'-' * 90_000}1}}\n", "nested"),
    "choices": (lambda: f".param a={{{'1?' * 20_000}1{':1' * 20_000}}}\n", "nested"),
    "powers": (lambda: f".param a={{{'9**' * 30_000}9}}\n", "too large"),
    "calls": (lambda: f".param a={{{nested('abs(', ')', 10_000)}}}\n", "nested"),
    "long sum": (lambda: f".param a={{1{'+1' * 49_000}}}\n", ""),
    "too long a sum": (lambda: f".param a={{1{'+1' * 100_000}}}\n", "longer than 100000"),
    "ifs": (lambda: ".if (1)\n" * 20_000 + ".endif\n" * 20_000, "nested more than"),
    "fors": (lambda: ".for i 0 1\n" * 20_000 + ".endfor\n" * 20_000, "nested more than"),
    "subckts": (lambda: ".subckt s a\n" * 20_000 + ".ends\n" * 20_000, "nested more than"),
    "many iterations": (lambda: loops(1, 2_000_000_000), "expands to more than"),
    "nested iterations": (lambda: loops(12, 10).replace("xw", ".param p"), "expands to more than"),
    "empty iterations": (lambda: loops(6, 1000).replace("xw", "* xw"), "expands to more than"),
    "subcircuit tree": (lambda: subcircuits(20, 10), "expands to more than"),
    "subcircuit chain": (lambda: subcircuits(60, 1), "nested more than 50 deep"),
    "doubling parameters": (
        lambda: ".param p0=2\n" + "".join(f".param p{k}={{p{k - 1}*p{k - 1}}}\n" for k in range(1, 45)), "not finite"
    ),
    "doubling lists": (
        lambda: ".param p0=[1 1]\n" + "".join(f".param p{k}=[{{p{k - 1}}} {{p{k - 1}}}]\n" for k in range(1, 45)),
        "the list grows to more than 1,000,000 items",
    ),
    "doubling functions": (
        lambda: ".func f0(x) {x}\n" + "".join(f".func f{k}(x) {{f{k - 1}(x)+f{k - 1}(x)}}\n" for k in range(1, 40))
        + ".param a={f39(1)}\n",
        "functions",
    ),
    "a function of itself": (lambda: ".func f(x) {f(x)+f(x)}\n.param a={f(1)}\n", "calls itself"),
    "parameters in a ring": (
        lambda: "".join(f".param p{k}={{p{(k + 1) % 5000}}}\n" for k in range(5000)), "depend"
    ),
    "long names": (lambda: f"x{'a' * 900_000} {'b' * 90_000} nc waveguide\n.save p({'b' * 90_000})\n", "loaded"),
    "a long line": (lambda: f"xw nc1 nc2 waveguide {'length=1 ' * 200_000}\n", "longer than 1000000"),
    "a long continued line": (lambda: "xw nc1 nc2 waveguide\n" + "+ length=1\n" * 200_000, "longer than 1000000"),
    "many backslashes": (lambda: "xw nc1 nc2 waveguide \\\\\n" * 100_000, ""),
    "many words": (lambda: f"xw {'n ' * 400_000} waveguide\n", "2 ports"),
    "many keywords": (lambda: f"xw nc1 nc2 waveguide {' '.join(f'k{i}=1' for i in range(50_000))}\n", "no parameter"),
    "many lists": (lambda: f"xr nc1 nc2 resonator kappa=[{'1 ' * 400_000}]\n", "ports"),
    "many ports": (lambda: f".subckt s {' '.join(f'p{i}' for i in range(50_000))}\n.ends\n", "loaded"),
    "many equal ports": (lambda: f".subckt s {'p ' * 50_000}\n.ends\n", "listed twice"),
    "many carriers": (lambda: f".carrier {' '.join(f'{1000 + i / 100}n' for i in range(50_000))}\n", "loaded"),
    "many instances": (lambda: "xw{} nc1 nc2 waveguide\n" * 100_000, ""),
    "many unknown signals": (lambda: f".save {' '.join(f'p(n{i})' for i in range(50_000))}\n", "unknown signal"),
    "many errors": (lambda: "xw a b c d e f waveguid length={)\n" * 100_000, "more errors"),
    "many quotes": (lambda: "'" * 900_001 + "\n", "quote"),
    "many double quotes": (lambda: '.param a="' + '"' * 900_000 + "\n", ""),
    "a long number": (lambda: f".param a={'9' * 90_000}\n", ""),
    "a long exponent": (lambda: f".param a=1e{'9' * 90_000}\n", ""),
    "stars": (lambda: f"xw nc1 nc2 waveguide\n.save p({'*a' * 20_000}) x({'*' * 20_000})\n", "no signal matches"),
    "a long measure": (lambda: f"xw a nc waveguide\n.meas tran m param='{'m+' * 40_000}m'\n", ""),
    "a large shape": (lambda: f"xl nc laser power=pwl({' '.join(str(i) for i in range(100_000))})\n", "loaded"),
    "a large prbs": (lambda: "xl nc laser power=prbs(0 1 1f 31 1)\n", ""),
    "samples": (lambda: "xw a nc waveguide\n.save p(a)\n.sparam 1000000000000 span=1g\n", "points"),
}  # fmt: skip


@pytest.mark.parametrize("name", GENERATED)
def test_of_what_grows(tmp_path: Path, name: str) -> None:
    make, sentence = GENERATED[name]
    (tmp_path / "large.cir").write_text(f"{name}\nxgood in nc waveguide\n.port in in\n{make()}{END}")
    assert sentence in read(tmp_path / "large.cir")[0]


BYTES: dict[str, tuple[bytes, str]] = {
    "nul": (b"title\nxw a\0 nc waveguide\n", "binary"),
    "byte order mark": (b"\xef\xbb\xbftitle\nxw nc1 nc2 waveguide\n.tran 1p 9p\n", "loaded 1"),
    "utf-16": ("title\nxw a b waveguide\n".encode("utf-16"), "binary"),
    "utf-16 without mark": ("tïtle\nxw".encode("utf-16-le"), "binary"),
    "latin-1": ("title\nxw a b waveguide ; 5 µm\n".encode("latin-1"), "line 2 is not UTF-8"),
    "broken utf-8": (b"title\n\xed\xa0\x80\n", "not UTF-8"),
    "crlf": (b"title\r\nxw nc1 nc2\r\n+ waveguide\r\n.tran 1p 9p\r\n", "loaded 1"),
    "cr only": (b"title\rxw nc1 nc2\r+ waveguide\r.tran 1p 9p\r", "loaded 1"),
    "empty": (b"", "empty"),
    "blank": (b"\n \n\t\n", "empty"),
    "one line": (b"title", "loaded 0"),
    "controls": (bytes(range(1, 32)) * 100 + b"\nxw\x1b[31m a\x07 nc waveguide\n", ""),
    "odd letters": ("title\nx\u202e\u200b nc1 nc\U0001f600 waveguide length=\u0661\n".encode(), ""),
    "form feeds": (b"title\nxw nc1 nc2\x0cwaveguide\x0b\x85\n".replace(b"\x85", b""), ""),
    "random": (bytes((i * 7919 + i // 251) % 255 + 1 for i in range(100_000)), ""),
}


def test_of_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.cir" for name in BYTES]
    for path, (data, _) in zip(paths, BYTES.values(), strict=True):
        path.write_bytes(data)
    for (name, (_, sentence)), answer in zip(BYTES.items(), read(*paths), strict=True):
        assert sentence in answer, name


def test_of_twenty_megabytes(tmp_path: Path) -> None:
    (tmp_path / "big.cir").write_bytes(b"title\n" + b"* a comment\n" * 1_700_000)
    assert "larger than 20 MB" in read(tmp_path / "big.cir")[0]


# -- files that are included ----------------------------------------------------------------------------------


def including(folder: Path, *names: str) -> str:
    cards = "".join(f'.include "{n}"\n' for n in names)
    (folder / "main.cir").write_text(f"title\nxw nc1 nc2 waveguide\n{cards}{END}")
    return read(folder / "main.cir")[0]


def test_includes_of_what_is_no_netlist(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "binary").write_bytes(b"\0\1\2")
    odd = [
        "folder",
        "x" * 300,
        "pipe",
        "loop",
        "binary",
        "/dev/zero",
        "/dev/stdin",
        "none",
        "~nobody-here/x",
        "a" * 5000,
        "",
        "/",
    ]
    answer = including(tmp_path, *odd)
    assert answer.startswith("refused")
    assert answer.count(": error: ") == len(odd), answer


def test_the_netlist_itself_may_be_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.cir")
    (tmp_path / "folder.cir").mkdir()
    for name in ("pipe.cir", "folder.cir"):
        assert main(["check", str(tmp_path / name)]) == 2
        assert name in capsys.readouterr().err
        assert read(tmp_path / name)[0].startswith("refused")


def test_data_files_that_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "x.nc").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\xff" * 1000)
    names = ["pipe", "/dev/zero", ".", "x.nc", "none", "x" * 5000, "http://127.0.0.1:9/x.nc"]
    paths = [tmp_path / f"main{i}.cir" for i in range(len(names))]
    for path, name in zip(paths, names, strict=True):
        path.write_text(f'title\n.param w=file("{name}" "w")\nxl nc laser power=file("{name}" "w")\n{END}')
    for answer in read(*paths):
        assert answer.startswith("refused")
        assert answer.count(": error: ") == 2, answer


def test_includes_that_include_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.inc").write_text('.include "b.inc"\n')
    (tmp_path / "b.inc").write_text('.include "./x/../a.inc"\n')
    (tmp_path / "x").mkdir()
    assert "includes itself" in including(tmp_path, "a.inc")
    assert "includes itself" in including(tmp_path, "main.cir")


def test_includes_that_multiply(tmp_path: Path) -> None:
    for level in range(40):
        below = f'.include "f{level + 1}.inc"\n' * 10 if level < 39 else "xw{i} nc1 nc2 waveguide\n"
        (tmp_path / f"f{level}.inc").write_text(below)
    assert "included more than 20,000 times" in including(tmp_path, "f0.inc")


def test_includes_from_elsewhere_are_allowed_and_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, outside = tmp_path / "project", tmp_path / "other"
    inside.mkdir()
    outside.mkdir()
    for folder, name in [(inside, "own"), (outside, "up"), (outside, "absolute")]:
        (folder / f"{name}.inc").write_text(f"x{name} nc{name} ncc{name} waveguide\n")
    (inside / "main.cir").write_text(
        f'title\n.include own.inc\n.include ../other/up.inc\n.include "{outside}/absolute.inc"\n'
        f"xw a nc waveguide\n.port in a\n{END}"
    )
    monkeypatch.chdir(inside)
    assert len(tdsim.load("main.cir").instances) == 4
    assert main(["check", "main.cir"]) == 0
    listed = [line for line in capsys.readouterr().out.splitlines() if line.split()[:1] == ["includes"]]
    assert [Path(line.split()[1]).name for line in listed] == ["own.inc", "up.inc", "absolute.inc"]
    assert ["outside" in line for line in listed] == [False, True, True]


def test_nothing_of_a_netlist_is_run(tmp_path: Path) -> None:
    attempts = [
        "__import__('os').system('touch pwned')", "open('pwned','w')", "`touch pwned`", "$(touch pwned)",
        "().__class__.__bases__[0].__subclasses__()", "exec('x')", "lambda: 0", "a.b.c", "[i for i in 1]",
    ]  # fmt: skip
    cards = "".join(f".param a{i}={{{text}}}\nx{i} nc{i} laser power={{{text}}}\n" for i, text in enumerate(attempts))
    script = ".control\nshell touch pwned\nsystem touch pwned\n.endc\n"
    (tmp_path / "main.cir").write_text(f"title {{{attempts[0]}}}\n{cards}{script}{END}")
    assert read(tmp_path / "main.cir")[0].startswith("refused")
    assert [p.name for p in tmp_path.iterdir()] == ["main.cir"]
