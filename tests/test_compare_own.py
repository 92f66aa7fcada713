"""Models of one's own in comparisons: in a shell, and on the page."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from onnx import helper
from streamlit.testing.v1 import AppTest

from cnnviz import design
from cnnviz.design.text import packed
from cnnviz.targets.offered import ENVIRONMENT, offered
from cnnviz.ui import own_models
from cnnviz.ui.compare import entries, views
from tests.libraries import fitted
from tests.onnx.files import model
from tests.pages import page
from tests.pages import page_errors as told
from tests.terminal import run

EXAMPLE = Path(design.__file__).parent / "examples" / "lenet5.toml"
SOURCE = "from torch import nn\ndef net(): return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())\n"
# One 3x3 convolution of 4 channels on 3x16x16: 4*3*9 weights, 14*14*4*27 multiplications, no bias.
WEIGHTS, MACS = 108, 21_168


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "own_nets.py").write_text(SOURCE)
    (tmp_path / "small.onnx").write_bytes(contents())
    (tmp_path / "mine.toml").write_text(EXAMPLE.read_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    offered.cache_clear()
    yield tmp_path
    offered.cache_clear()
    sys.modules.pop("own_nets", None)


def contents() -> bytes:
    made: bytes = model(
        [helper.make_node("Conv", ["x", "w"], ["y"])], [1, 3, 16, 16], {"w": (4, 3, 3, 3)}
    ).SerializeToString()
    return made


def opened(link: dict[str, str], upload: bool = False) -> AppTest:
    uploads = {"small.onnx": own_models._read(contents(), "small.onnx")} if upload else {}
    return page("compare", visit={"own_models": uploads}, **link)


def keys(app: AppTest) -> list[str]:
    return list(app.session_state[views.SHOWN_KEYS])


@pytest.mark.parametrize("counted", [(), ("--convention", "flops")])
def test_files_and_callables_stand_beside_networks_of_the_catalogue(counted: tuple[str, ...]) -> None:
    """Oracle: arithmetic on the page: (3*9*4) weights and 14*14*4*27 MACs; LeNet-5's 61,706 parameters."""
    targets = ("small.onnx", "mine.toml", "own_nets:net,input=16", "lenet5")
    result = run("compare", *targets, "--format", "csv", *counted)
    assert result.status == 0, result.stderr
    rows = {row["network"]: row for row in csv.DictReader(io.StringIO(result.stdout))}
    cost = "FLOPs" if counted else "MACs"
    each = 2 if counted else 1
    assert (int(rows["small.onnx"]["parameters"]), int(rows["small.onnx"][cost])) == (WEIGHTS, each * MACS)
    assert rows["mine.toml"]["parameters"] == rows["lenet5@course"]["parameters"] == "61706"
    assert int(rows["own_nets:net,input=16"][cost]) == each * 14 * 14 * 8 * 27


def test_libraries_names_are_compared() -> None:
    """Oracle: torchvision's docs: ResNet-18 has 11,689,512 parameters."""
    fitted()
    pytest.importorskip("timm")
    result = run("compare", "timm:resnet18", "resnet18", "--diff", "--format", "json")
    assert result.status == 0, result.stderr
    assert [net["parameters"] for net in json.loads(result.stdout)["networks"]] == [11_689_512] * 2


@pytest.mark.parametrize("part", views.VIEWS)
def test_the_page_compares_a_file_a_design_and_a_model_of_the_server(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT, json.dumps(["own_nets:net"]))
    word = packed(design.read(EXAMPLE))
    nets = f"small.onnx own_nets:net,input=64 design:{word} lenet5"
    app = opened({"nets": nets, "compared": part, "convention": "flops"}, upload=True)
    assert not told(app)
    found = entries.contestants(tuple(keys(app)[1:]))  # the file is this visit's
    assert [of.label for of in found] == ["own_nets:net,input=64", "LeNet-5", "lenet5@course"]
    assert found[1].trace.parameters == found[2].trace.parameters == 61_706
    assert keys(app)[0].startswith("small.onnx#")


def test_a_file_of_another_visit_is_told_kindly_and_stays_in_the_link() -> None:
    app = opened({"nets": "small.onnx lenet5"})
    assert "does not travel with a link" in told(app)
    assert "open it here, under Options" in told(app)
    assert keys(app) == ["lenet5@course"]
    assert app.session_state["nets"] == "small.onnx lenet5"


@pytest.mark.parametrize(
    ("net", "says"),
    [
        ("design:nonsense", "does not hold a whole design"),
        ("design:", "does not hold a whole design"),
        (f"design:{packed(design.read(EXAMPLE))},width=3", "is a design and has no option 'width'"),
        (f"design:{packed(design.read(EXAMPLE))},input=5000", "takes inputs up to 1024"),
        (f"design:{packed(design.read(EXAMPLE))},input=3", "needs an input of at least"),
        (f"design:{packed(design.Design())}", "has no rows yet"),
        ("own_nets:net", "server does not offer own_nets:net"),
        ("../../etc/passwd.onnx", "does not travel with a link"),
    ],
)
def test_what_cannot_be_compared_is_told_and_nothing_is_imported(net: str, says: str) -> None:
    app = opened({"nets": f"{net} lenet5"})
    assert says in told(app)
    assert keys(app) == ["lenet5@course"]
    assert "own_nets" not in sys.modules


def test_two_designs_of_one_name_are_told_apart() -> None:
    """Bars and columns go by the label: two of one label would be drawn as one."""
    first = design.read(EXAMPLE)
    second = first.having(first.rows[:3])
    found = entries.contestants(tuple(entries.key(f"design:{packed(made)}") for made in (first, second)))
    assert [of.label for of in found] == ["LeNet-5", "LeNet-5 (2)"]
