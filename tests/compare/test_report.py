"""`cnnviz compare` as a person uses it, and its tables in every form."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

import cnnviz
from cnnviz.compare import claims, contestants
from cnnviz.compare.sheet import Sheet, as_csv, as_latex, as_markdown, as_records, as_text
from cnnviz.compare.sheets import claims_sheet, totals_sheet
from tests.terminal import run

NETS = "lenet5 alexnet@torchvision vgg16 resnet50@paper,width=32,shortcut=off,input=160 densenet121".split()


def printed(*arguments: str) -> str:
    result = run("compare", *arguments)
    assert result.status == 0, result.stderr
    return result.stdout


def test_the_table_fits_a_terminal_and_names_everything_in_full() -> None:
    text = printed(*NETS)
    assert max(map(len, text.splitlines())) <= 80
    for net in ("alexnet@torchvision", "resnet50@paper,shortcut=off,width=32,input=160"):
        assert net in text
    assert re.search(r"vgg16@paper +138,357,544 +15,470,264,320 +16 +115 MB +25.7 MB +28.4 +9.62", text)


def test_a_narrow_terminal_gets_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "1")
    assert max(map(len, printed(*NETS[:2], "--diff").splitlines())) <= 80


def test_csv_has_plain_numbers_and_sources() -> None:
    """Oracle: the traces."""
    rows = list(csv.DictReader(io.StringIO(printed("vgg16", "googlenet@paper", "--format", "csv"))))
    for row, name in zip(rows, ("vgg16@paper", "googlenet@paper"), strict=True):
        trace = cnnviz.trace(name)
        assert row["network"] == name
        assert (int(row["parameters"]), int(row["MACs"])) == (trace.parameters, trace.macs)
        assert int(row["memory to train"]) == trace.activation_bytes
        assert "201" in row["errors from"] or "torchvision" in row["errors from"]


def test_json_has_everything() -> None:
    """Oracle: the traces; parts add up."""
    data = json.loads(printed(*NETS, "--format", "json"))
    for i, network in enumerate(data["networks"]):
        stages = [row["networks"][i] for row in data["stages"] if row["networks"][i]]
        assert sum(stage["macs"] for stage in stages) == network["macs"]
        assert sum(row["networks"][i]["parameters"] for row in data["operations"]) == network["parameters"]
    assert data["networks"][2]["top1_error"]["source"].startswith("torchvision")
    assert data["networks"][3]["top1_error"] is None


def test_json_of_a_difference_has_layers_and_sums() -> None:
    found = json.loads(printed("resnet50@paper", "resnet50@torchvision", "--diff", "--format", "json"))
    assert found["difference"]["total"]["macs"] == 231_211_008
    assert len(found["difference"]["layers"]) == 6


def test_the_difference_is_told_in_sentences() -> None:
    text = printed("resnet50@paper", "resnet50@torchvision", "--diff")
    assert "stride 2 moved from the 1x1 to the 3x3 convolution in three blocks" in text
    assert "+231,211,008 MACs" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "Layer by layer they are the same." in printed("lenet5", "lenet5@course", "--diff")


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_papers_get_both_tables(form: str) -> None:
    text = printed("resnet50@paper", "resnet50@torchvision", "--diff", "--format", form)
    assert "25,557,032" in text
    assert "+231,211,008" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("alexnet", "--diff"), "--diff takes two networks, got 1"),
        (("alexnet", "vgg16", "lenet5", "--diff"), "--diff takes two networks, got 3"),
        (("alexnet", "resnet51"), "did you mean"),
        (("alexnet", "--input", "0"), "an input is channels x height x width"),
        (("alexnet", "vgg16", "--input", "40"), "alexnet@course needs an input of at least"),
        (("alexnet", "--format", "xml"), "must be table, json, csv, markdown or latex"),
        (("nowhere:net", "alexnet"), "cannot import 'nowhere'"),
        ((), "needs TARGET"),
    ],
)
def test_mistakes_are_told_in_one_line(arguments: tuple[str, ...], says: str) -> None:
    result = run("compare", *arguments)
    assert (result.status, result.stdout) == (2, "")
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1


SHEET = Sheet(
    "a_b & c",
    ("network", "two\nlines", "text"),
    (("x_1", 1234, "a|b"), ("a name that is rather long", None, "50 %")),
)


def test_sheets_in_every_form() -> None:
    """Oracle: Python's own CSV reader; by hand for the rest."""
    assert list(csv.reader(io.StringIO(as_csv(SHEET)))) == [
        ["network", "two lines", "text"],
        ["x_1", "1234", "a|b"],
        ["a name that is rather long", "", "50 %"],
    ]
    assert "| x_1 | 1,234 | a\\|b |" in as_markdown(SHEET)
    assert "|:--|--:|:--|" in as_markdown(SHEET)
    assert r"x\_1 & 1,234 & a|b \\" in as_latex(SHEET)
    assert r"50 \%" in as_latex(SHEET)
    assert as_records(SHEET)[0] == {"network": "x_1", "two lines": 1234, "text": "a|b"}
    lines = as_text(SHEET, width=24).splitlines()
    assert max(map(len, lines[2:])) <= len("a name that is rather long")
    assert lines[lines.index("a name that is rather long") + 1].split() == ["50", "%"]


def test_errors_on_other_images_are_told_apart() -> None:
    notes = totals_sheet(contestants(["lenet5@paper", "resnet20", "resnet50"])).notes
    assert "lenet5@paper: its error is on MNIST, not ImageNet." in notes
    assert "resnet20@paper: its error is on CIFAR-10, not ImageNet." in notes
    assert not any("resnet50" in note for note in notes)


def test_claims_as_a_table() -> None:
    rows = as_records(claims_sheet(claims()))
    assert {row["holds"] for row in rows} == {"yes", "no"}
