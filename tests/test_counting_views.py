"""What other ways of counting look like: tables, exports, handout, overview, command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import cnnviz
from cnnviz import conventions, peers
from cnnviz.architectures import find
from cnnviz.conventions import (
    PRESETS,
)
from cnnviz.conventions.overview import overview, overview_csv, percent_text, report
from cnnviz.errors import DeviceError
from cnnviz.export import FORMATS, trace_csv, trace_json, trace_latex, trace_markdown
from cnnviz.handout import handout
from cnnviz.tables import layer_rows, text_table

ORACLE = Path(__file__).parent / "oracle" / "conventions.csv"
PUBLISHED = {row["model"]: row for row in csv.DictReader(ORACLE.open())}


def test_without_a_convention_nothing_changes() -> None:
    """Oracle: the contract: plain MACs name themselves, add no field and no line."""
    trace = cnnviz.trace("lenet5")
    assert "convention" not in json.loads(trace_json(trace))
    assert "MACs" in text_table(trace)
    assert "416,520" in text_table(trace)
    assert all(row.counted == row.macs for row in layer_rows(trace))
    for write in FORMATS.values():
        assert write(trace, convention=conventions.chosen("macs")) == write(trace)


def test_exports_say_what_they_count() -> None:
    """Oracle: the published figure of fvcore for ResNet-18; `macs` keeps its meaning."""
    trace, fvcore = cnnviz.trace("resnet18@torchvision"), PRESETS["fvcore"]
    published = int(PUBLISHED["resnet18"]["fvcore"])
    data = json.loads(trace_json(trace, convention=fvcore))
    assert data["convention"]["name"] == "fvcore"
    assert data["convention"]["total"] == sum(data["convention"]["layers"]) == published
    assert len(data["convention"]["layers"]) == len(data["layers"])
    assert data["totals"]["macs"] == 1_814_073_344
    rows = list(csv.DictReader(trace_csv(trace, convention=fvcore).splitlines()))
    assert sum(int(row["as_fvcore"]) for row in rows) == published
    assert sum(int(row["macs"]) for row in rows) == 1_814_073_344
    for write in (trace_markdown, trace_latex, text_table):
        text = write(trace, convention=fvcore)
        assert "as fvcore" in text
        assert f"{published:,}" in text


def test_a_handout_counts_as_the_page_does() -> None:
    """Oracle: fvcore's published figure; the formulas stay those of the MACs."""
    trace = cnnviz.trace("resnet18@torchvision")
    page = handout(trace, find("resnet18"), convention=PRESETS["fvcore"])
    assert page.count(f"{int(PUBLISHED['resnet18']['fvcore']):,}") == 2  # in the totals and below the table
    assert '<th scope="col">MACs as fvcore</th>' in page
    assert "--convention fvcore -o" in page  # the command that makes it again
    assert '<th scope="col">MACs as fvcore</th>' not in handout(trace, find("resnet18"))


@pytest.mark.parametrize("name", [*PRESETS, "flops,bias,norm,activation", "macs,elementwise"])
def test_tables_stay_within_a_terminal(name: str) -> None:
    """Oracle: 80 columns; a number is never cut off."""
    table = text_table(cnnviz.trace("resnet50"), 80, convention=conventions.chosen(name))
    assert max(map(len, table.splitlines())) <= 80
    assert len(conventions.find(name).heading) <= 15


def test_the_overview_has_every_number() -> None:
    """Oracle: the published figures; the difference is from plain MACs."""
    trace = cnnviz.trace("resnet50@torchvision")
    rows = overview(trace, list(PRESETS.values()))
    for row in csv.DictReader(overview_csv(rows).splitlines()):
        published = PUBLISHED["resnet50"].get(row["convention"])
        if published:
            assert row["total"] == published
        assert int(row["total"]) - int(row["difference"]) == trace.macs
        assert sum(int(row[part]) for part in conventions.PARTS) == int(row["total"])
    text = report(trace, rows)
    assert all(f"{int(n):,}" in text for name, n in PUBLISHED["resnet50"].items() if name != "model")
    assert percent_text(22_328_320 / 40_891_842.56) == "+0.55\xa0%"


def test_tools_are_asked_in_a_process_of_their_own() -> None:
    """Oracle: torchinfo itself, which torch brings no help to: 332,188 of the paper's LeNet-5."""
    found = peers.asked("lenet5@paper", {}, (1, 32, 32))
    assert found["torchinfo"].number == 332_188
    assert {name for name, peer in peers.PEERS.items() if peer.installed} == set(found)


def test_tools_that_cannot_be_asked_say_why() -> None:
    with pytest.raises(DeviceError, match="resnet5"):
        peers.asked("resnet5", {}, (3, 32, 32))
    answer = peers.opinion(peers.PEERS["torchinfo"], find("resnet18").build, (1, 32, 32))
    assert answer.number is None
    assert answer.problem.startswith("it failed")


def test_the_named_networks_have_the_numbers_that_tools_report() -> None:
    """Oracle: torchvision publishes 27,161,264 parameters of Inception-v3, with its head; 13,004,888 are
    GoogLeNet's with its heads; the two towers of 2012 have 60,965,224; ResNet-50 3.858 and 4.089 G MACs."""
    from cnnviz.conventions.named import NAMESAKES

    found = {}
    for same in NAMESAKES:
        for name, options in same.networks:
            trace = cnnviz.trace(name, options=dict(options))
            found[name, bool(options)] = trace.parameters, trace.macs
    assert found["inception_v3@torchvision", True][0] == 27_161_264
    assert found["inception_v3@torchvision", False][0] == 23_834_568
    assert found["googlenet@torchvision", True][0] == 13_004_888
    assert found["alexnet@paper", False][0] == 60_965_224
    assert round(found["resnet50@paper", False][1] / 1e9, 3) == 3.858
    assert round(found["resnet50@torchvision", False][1] / 1e9, 3) == 4.089


def test_the_command_line_knows_every_convention() -> None:
    """Oracle: the presets; the option's help names each, without importing them to do so."""
    from cnnviz.cli import parser
    from cnnviz.commands import trace as command

    helped = " ".join(parser("trace", command).format_help().split())
    assert all(name in helped for name in PRESETS)


def test_the_command_line_counts_as_a_tool_does(capsys: pytest.CaptureFixture[str]) -> None:
    """Oracle: the published figures of fvcore and thop; an unknown name ends in one line."""
    from cnnviz.cli import main

    main(["trace", "resnet18", "--convention", "fvcore"])
    assert f"as fvcore          {int(PUBLISHED['resnet18']['fvcore']):,}" in capsys.readouterr().out
    main(["conventions", "resnet18", "--convention", "thop"])
    assert f"{int(PUBLISHED['resnet18']['thop']):,}" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["trace", "resnet18", "--convention", "fvcor"])
    assert capsys.readouterr().err.startswith("cnnviz: unknown convention 'fvcor'; there are macs,")
