"""Slips of who names a model in a shell: the error says what was probably meant.

Oracle: what is named in the error is tried, and works.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnnviz.architectures import find
from cnnviz.design import dumps
from cnnviz.design.examples import example
from cnnviz.errors import UnknownNetworkError
from cnnviz.targets import slips
from tests.terminal import run

SOURCE = """from torch import nn
SIZE = 3
net = nn.Sequential(nn.Conv2d(3, 4, SIZE))
def make():
    return net
def needs(width):
    return net
def _hidden():
    return net
raise_if_run = open("ran", "a").write("x")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "slip_net.py").write_text(SOURCE)
    (tmp_path / "slip_design.toml").write_text(dumps(example("residual")))
    (tmp_path / "LOUD.TOML").write_text(dumps(example("residual")))
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "inner.toml").write_text(dumps(example("residual")))
    (tmp_path / "bare").mkdir()
    (tmp_path / "hollow.py").touch()
    (tmp_path / "hollow.toml").touch()
    (tmp_path / "SHOUT.PY").write_text(SOURCE)
    (tmp_path / "broken_slip.py").write_text("def (")
    (tmp_path / "notes.txt").write_text("a note")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ("slip_net", "hollow"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("slip_net", "slip_net:net"),
        ("slip_net.py", "slip_net:net"),
        ("./slip_net.py", "slip_net:net"),
        ("Slip_Net", "slip_net:net"),
        ("slip_net:", "slip_net:net"),
        ("slip_net:nett", "net"),
        ("slip_net.py:net", "slip_net:net"),
        ("slip_net.onnx", "slip_net:net"),
        ("slip_design", "slip_design.toml"),
        ("slip_design.onnx", "slip_design.toml"),
        ("SLIP_DESIGN.toml", "slip_design.toml"),
        ("loud.toml", "LOUD.TOML"),
        ("nets", "nets/inner.toml"),
        ("nets/", "nets/inner.toml"),
        ("nets/inner", "nets/inner.toml"),
    ],
)
def test_the_error_names_what_works(typed: str, meant: str) -> None:
    told = run("trace", typed, "--input", "32")
    assert told.status == 2
    assert len(told.stderr.splitlines()) == 1
    assert re.search(rf"(?<![\w/]){re.escape(meant)}\b", told.stderr.partition(typed)[2])
    works = f"slip_net:{meant}" if meant == "net" else meant
    assert run("trace", works, "--input", "32").status == 0


@pytest.mark.parametrize("command", ["show", "graph -o x.dot", "compare lenet5", "conventions", "exercise"])
def test_every_command_says_so(command: str) -> None:
    name, *more = command.split()
    assert "slip_design.toml" in run(name, "slip_design", *more).stderr


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("bare", "is a folder without a network"),
        ("hollow.py", "is an empty file"),
        ("hollow.toml", "hollow.toml"),
        ("SHOUT.PY", "Python imports only files that end in .py"),
        ("broken_slip", "has nothing that broken_slip:callable could name"),
        ("notes.txt", "is a file of another kind"),
        ("resnet5O", "did you mean resnet5"),
        ("no such thing", "`cnnviz list` has them all"),
        ("x" * 5000, "`cnnviz list` has them all"),
        ("\0", "`cnnviz list` has them all"),
    ],
)
def test_what_is_no_network_is_told_in_a_line(typed: str, says: str) -> None:
    told = run("trace", typed)
    assert told.status == 2
    assert says in told.stderr
    assert len(told.stderr) < 400


def test_what_is_offered_can_be_called_and_nothing_is_run_to_find_it(folder: Path) -> None:
    """Oracle: the source: `needs` wants a width, `SIZE` is a number, and running it would leave a file."""
    told = slips.meant("slip_net")
    assert "slip_net:make" in told
    assert not re.search("needs|_hidden|SIZE", told)
    assert not (folder / "ran").exists()


def test_a_visitor_of_the_app_hears_nothing_of_the_servers_files() -> None:
    with pytest.raises(UnknownNetworkError) as caught:
        find("slip_design")
    assert "slip_design.toml" not in str(caught.value)
    assert "cnnviz" not in str(caught.value)
