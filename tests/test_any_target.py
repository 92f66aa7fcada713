"""Every command with every kind of target: it works, or says in one line why it does not."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from onnx import helper

from cnnviz import design
from tests.libraries import fitted
from tests.onnx.files import model
from tests.terminal import run

EXAMPLE = Path(design.__file__).parent / "examples" / "residual.toml"
SOURCE = """from torch import nn
def net():
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 30 * 30, 5))
"""
TARGETS = ("small.onnx", "mine.toml", "own_nets:net", "timm:test_resnet")
COMMANDS = (
    "trace {} {size} --convention flops",
    "compare {},input=32 lenet5 --convention fvcore",
    "conventions {} {size}",
    "exercise {} {size} --count 3 --answers",
    "graph {} {size} -o graph.dot",
    "handout {} {size} -o handout.html --convention calflops",
    "notebook {} {size} -o notebook.ipynb --convention flops,bias",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    made = model([helper.make_node("Conv", ["x", "w"], ["y"])], [1, 3, 32, 32], {"w": (4, 3, 3, 3)})
    (tmp_path / "small.onnx").write_bytes(made.SerializeToString())
    (tmp_path / "mine.toml").write_text(EXAMPLE.read_text())
    (tmp_path / "own_nets.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("own_nets", None)


def called(command: str, target: str) -> tuple[int, str, str]:
    if target.startswith("timm"):
        fitted()
        pytest.importorskip("timm")
    size = "--input 32" if "input=" not in command else ""
    result = run(*shlex.split(command.format(target, size=size)))
    return result.status, result.stdout, result.stderr


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.split()[0])
def test_every_view_takes_every_kind_of_model(command: str, target: str) -> None:
    status, out, err = called(command, target)
    assert (status, err) == (0, "")
    assert out


@pytest.mark.parametrize(
    ("command", "target", "says"),
    [
        ("measure {}", "small.onnx", "small.onnx is data, read and never run"),
        *(("show {}", target, "what the catalogue says of a network") for target in TARGETS[:3]),
        *((command, "none.onnx", "none.onnx") for command in COMMANDS),
        *((command, "none.toml", "none.toml") for command in COMMANDS),
        *((command, "nowhere:net", "nowhere") for command in COMMANDS),
    ],
)
def test_what_cannot_be_is_one_line_on_the_error_stream(command: str, target: str, says: str) -> None:
    status, out, err = called(command, target)
    assert (status, out) == (2, "")
    assert says in err
    assert len(err.splitlines()) == 1


def test_a_model_of_ones_own_is_measured() -> None:
    """Oracle: arithmetic: 30*30*8*27 multiplications in the first layer."""
    status, out, err = called("measure {} --input 32 --threads 1 --format json", "own_nets:net")
    assert status == 0, err
    assert json.loads(out)["points"][0]["macs"] == 30 * 30 * 8 * 27


@pytest.mark.parametrize("target", TARGETS)
def test_the_same_set_of_exercises_comes_from_the_command_on_its_sheet(target: str) -> None:
    """Oracle: the sheet itself; in `same set` stands the target as it was given, wherever it lies."""
    status, sheet, err = called("exercise {} {size} --count 3 --seed 4", target)
    assert status == 0, err
    command = sheet.splitlines()[-1].partition("`")[2].partition("`")[0]
    assert shlex.split(command)[:3] == ["cnnviz", "exercise", target]
    assert run(*shlex.split(command)[1:]).stdout == sheet


@pytest.mark.parametrize("tool", ["torchinfo", "thop", "ptflops"])
def test_what_counts_modules_has_no_number_for_a_file(tool: str) -> None:
    """Oracle: the tools' sources: they go through a module's children, and a file names operations."""
    status, out, err = called(f"trace {{}} {{size}} --convention {tool}", "small.onnx")
    assert (status, out) == (2, "")
    assert f"{tool} counts torch's modules, of which a file says nothing: choose" in err
    status, out, err = called("conventions {} {size}", "small.onnx")
    assert (status, err) == (0, "")
    (line,) = (line for line in out.splitlines() if line.startswith(f"MACs as {tool}") and "aten" not in line)
    assert line.endswith("of which a file says nothing")
    for target in ("mine.toml", "own_nets:net"):  # these have modules, a design those of its code
        assert called(f"trace {{}} {{size}} --convention {tool}", target)[0] == 0
