"""The command line as a person uses it: processes for what a process decides, this one for the rest."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import cnnviz
from cnnviz.cli import COMMANDS, parser
from tests.terminal import fails, succeeded

# AlexNet with one tower, layer by layer: (f*f*C + 1) * filters, and (n_in + 1) * n_out; the first is
# (11*11*3 + 1) * 96, the fully connected ones are (9216 + 1) * 4096, (4096 + 1) * 4096, (4096 + 1) * 1000.
ALEXNET = 34944 + 614656 + 885120 + 1327488 + 884992 + 37752832 + 16781312 + 4097000
# Keys of the JSON contract, as README and the issue tracker state them.
TOTALS = {
    "parameters",
    "trainable_parameters",
    "macs",
    "activation_bytes",
    "peak_activation_bytes",
    "weight_layers",
}
LAYER = {
    "index",
    "name",
    "module",
    "op",
    "inputs",
    "output_shape",
    "n_H",
    "n_W",
    "n_C",
    "parameters",
    "macs",
    "activation_bytes",
    "receptive_field",
    "jump",
    "formulas",
}


def test_list_names_every_network_and_variant() -> None:
    """Against the catalogue itself."""
    lines = succeeded("list").splitlines()
    assert len(lines) == len(cnnviz.CATALOGUE)
    for line, architecture in zip(lines, cnnviz.CATALOGUE, strict=True):
        assert line.startswith(f"{architecture.year}  {architecture.name} ")
        assert all(f"@{variant.name}" in line for variant in architecture.variants)


def test_show_says_where_the_numbers_come_from() -> None:
    text = " ".join(succeeded("show", "alexnet@paper").split())
    assert "Krizhevsky" in text
    assert "https://" in text
    assert "227x227: the paper writes 224x224" in text  # a difference from the paper
    assert "--set option=value" in text
    assert "num_classes" in text
    assert "smallest input that works: 67x67" in text  # 67 -> 15 -> 7 -> 3 -> 1, by the output-size formula


@pytest.mark.parametrize("name", [a.name for a in cnnviz.CATALOGUE])
def test_show_works_for_every_network(name: str) -> None:
    assert cnnviz.find(name).architecture.authors in succeeded("show", name)


def test_json_is_the_contract() -> None:
    """The keys and the worked numbers of the first layer: 55 = floor((227 - 11) / 4) + 1."""
    data = json.loads(succeeded("trace", "alexnet", "--format", "json"))
    assert data["model"] == "alexnet@course"
    assert data["input_shape"] == [3, 227, 227]
    assert data["batch_size"] == 1
    assert data["device"] == "meta"
    assert data["uncounted"] == []
    assert set(data["totals"]) == TOTALS
    assert data["totals"]["parameters"] == ALEXNET == 62_378_344
    first = data["layers"][0]
    assert set(first) >= LAYER
    assert first["inputs"] == []
    assert (first["n_H"], first["n_W"], first["n_C"]) == (55, 55, 96)
    assert first["output_shape"] == [96, 55, 55]
    assert first["parameters"] == 34_944
    assert first["macs"] == 105_415_200
    assert first["receptive_field"] == [11, 11]
    assert first["jump"] == [4, 4]
    assert first["formulas"]["macs"] == "MACs = 55*55*96 * (11*11*3) = 105,415,200"
    assert "n_H = floor((227 + 2*0 - 11) / 4) + 1 = 55" in first["formulas"]["shape"]
    vector = data["layers"][-1]
    assert vector["n_H"] is None
    assert vector["n_W"] is None
    assert vector["n_C"] == 1000
    assert sum(layer["parameters"] for layer in data["layers"]) == data["totals"]["parameters"]
    assert sum(layer["macs"] for layer in data["layers"]) == data["totals"]["macs"]


def test_the_table_fits_eighty_columns_for_every_network() -> None:
    for architecture in cnnviz.CATALOGUE:
        text = succeeded("trace", architecture.name)
        assert max(map(len, text.splitlines())) <= 80, architecture.name
        assert "\x1b" not in text
        assert f"{cnnviz.trace(architecture.name).parameters:,}" in text


def test_csv_and_markdown_and_latex_hold_the_same_rows() -> None:
    """Each format's rows against the trace's layers."""
    layers = cnnviz.trace("lenet5").layers
    rows = list(csv.DictReader(io.StringIO(succeeded("trace", "lenet5", "--format", "csv"))))
    assert [int(row["parameters"]) for row in rows] == [layer.parameters for layer in layers]
    assert [int(row["macs"]) for row in rows] == [layer.macs for layer in layers]
    markdown = succeeded("trace", "lenet5", "--format", "markdown")
    table = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert len(table) == len(layers) + 1
    latex = succeeded("trace", "lenet5", "--format", "latex")
    assert latex.count(r" \\") == len(layers) + 2
    for word in (r"\toprule", r"\midrule", r"\bottomrule", r"avg\_pool2d"):
        assert word in latex


@pytest.mark.parametrize("size", ["3x128x128", "128x128", "128"])
def test_input_may_leave_out_what_is_clear(size: str) -> None:
    data = json.loads(succeeded("trace", "resnet18", "--input", size, "--format", "json"))
    assert data["input_shape"] == [3, 128, 128]


def test_options_are_set_by_name() -> None:
    """ResNet-18 with 10 classes has 990 fewer outputs of 512 weights and a bias than with 1000."""
    data = json.loads(succeeded("trace", "resnet18", "--set", "num_classes=10", "--format", "json"))
    assert data["totals"]["parameters"] == 11_689_512 - 990 * 513


def test_a_models_own_module_is_traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`package.module:callable` from the folder one works in; 3*3*3*8 + 8 parameters."""
    (tmp_path / "my_models_of_the_test.py").write_text(
        "from torch import nn\ndef net():\n    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())\n"
    )
    monkeypatch.chdir(tmp_path)
    target = "my_models_of_the_test:net"
    data = json.loads(succeeded("trace", target, "--input", "3x32x32", "--format", "json"))
    assert data["totals"]["parameters"] == 3 * 3 * 3 * 8 + 8
    assert data["model"] == target


def test_a_cpu_trace_measures_each_layer() -> None:
    data = json.loads(succeeded("trace", "lenet5", "--device", "cpu", "--format", "json"))
    assert data["device"] == "cpu"
    assert all(layer["latency_ms"] >= 0 for layer in data["layers"])
    assert max(layer["latency_ms"] for layer in data["layers"]) > 0
    # conv1 makes 6 maps of 28x28 floats
    assert data["layers"][0]["memory_bytes"] == 6 * 28 * 28 * 4


def test_options_may_be_repeated_and_stand_anywhere() -> None:
    """Two options before the target; ResNet-18 for 10 classes of grey images, by the arithmetic above.

    A grey image has one channel for three: 2 * 7*7 * 64 weights less in the first layer.
    """
    words = "--set num_classes=10 --format=json --set in_channels=1 resnet18".split()
    data = json.loads(succeeded("trace", *words))
    assert data["totals"]["parameters"] == 11_689_512 - 990 * 513 - 2 * 7 * 7 * 64


def test_folding_can_be_switched_off(tmp_path: Path) -> None:
    """ResNet-50 has 3, 4, 6 and 3 blocks (the paper, table 1); each stage's first projects, the rest fold."""
    folds = []
    for switch in (["--fold"], [], ["--no-fold"]):
        succeeded("graph", "resnet50", "-o", str(tmp_path / "g.dot"), "--level", "1", *switch)
        folds.append(sorted(re.findall(r" x (\d)\b", (tmp_path / "g.dot").read_text())))
    assert folds == [["2", "2", "3", "5"], ["2", "2", "3", "5"], []]


def test_graph_writes_dot_and_svg(tmp_path: Path) -> None:
    for name in ("g.dot", "g.svg"):
        if name == "g.svg" and not _has_graphviz():
            continue
        succeeded("graph", "googlenet", "-o", str(tmp_path / name))
        text = (tmp_path / name).read_text()
        assert "inception_3a" in text
    assert "cannot write" in fails("graph", "lenet5", "-o", str(tmp_path / "none" / "g.dot"))


def _has_graphviz() -> bool:
    import shutil

    return shutil.which("dot") is not None


def test_every_command_has_help() -> None:
    """Each option with a word on it, in 80 columns; the overview names every command with its own line."""
    overview = succeeded("--help")
    assert overview == succeeded() == succeeded("-h")
    for name in COMMANDS:
        command = import_module(f"cnnviz.commands.{name}")
        reader = parser(name, command)
        assert all(action.help for action in reader._actions), name
        text = succeeded(name, "--help")
        assert text.startswith(f"Usage: cnnviz {name} ")
        assert text == succeeded(name, "-h")
        assert max(map(len, (text + overview).splitlines())) <= 80
        words = " ".join(text.split())
        assert all(option in text for action in reader._actions for option in action.option_strings)
        assert command.HELP in words
        assert f"  {name} " in overview
        assert f" {command.HELP}" in overview
        assert " ".join(command.DESCRIPTION.split()) in words


def test_every_file_of_a_command_is_listed() -> None:
    files = {path.stem for path in Path(cnnviz.__file__).parent.glob("commands/*.py")}
    assert files - {"__init__", "common"} == set(COMMANDS)


def test_the_version_is_that_of_the_package() -> None:
    """Against pyproject.toml."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert succeeded("--version") == f"cnnviz {project['version']}\n"


def test_a_network_built_for_another_size_says_so() -> None:
    """VGG-16 halves five times: 192 / 32 = 6, so fc6 gets 6*6*512 values instead of 7*7*512."""
    text = succeeded("trace", "vgg16", "--input", "192")
    now, published = 6 * 6 * 512, 7 * 7 * 512
    assert f"fc6 is built for this input: it takes {now:,} values, {published:,} at 3x224x224" in text
    assert "is built for" not in succeeded("trace", "vgg16")
