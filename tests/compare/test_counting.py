"""Comparisons under other conventions than plain MACs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import cnnviz
from cnnviz import conventions
from cnnviz.compare import contestants
from cnnviz.compare.difference import difference
from cnnviz.compare.findings import findings
from cnnviz.compare.measures import words
from cnnviz.compare.totals import stage_rows, totals, type_rows
from tests.terminal import run

ORACLE = Path(__file__).parents[1] / "oracle" / "conventions.csv"
PUBLISHED = {row.pop("model"): row for row in csv.DictReader(ORACLE.open())}
TOOLS = [name for name in conventions.PRESETS if name in next(iter(PUBLISHED.values()))]
PAIR = ("resnet50@paper", "resnet50@torchvision")


def printed(*arguments: str) -> str:
    result = run("compare", *arguments)
    assert result.status == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("tool", TOOLS)
def test_totals_are_what_the_tool_itself_says(tool: str) -> None:
    """Oracle: the tools' own figures for torchvision's networks (tests/oracle/SOURCES.md)."""
    names = ("resnet18", "resnet50")
    for of in contestants(names, convention=conventions.chosen(tool)):
        assert totals(of).counted == int(PUBLISHED[of.label.partition("@")[0]][tool])


@pytest.mark.parametrize("name", ["macs", "flops", "flops,bias,norm", "torchinfo", "thop", "calflops"])
def test_stages_operations_and_causes_add_up_to_what_is_counted(name: str) -> None:
    """Oracle: `conventions.counted` of each trace; the parts of a comparison take no notice of it."""
    found = contestants(PAIR, convention=conventions.chosen(name))
    wanted = [conventions.counted(cnnviz.trace(net), conventions.find(name)) for net in PAIR]
    for i, total in enumerate(wanted):
        assert found[i].counted == total
        assert sum(stage.part.counted for row in stage_rows(found) if (stage := row.stages[i])) == total
        assert sum(row.parts[i].counted for row in type_rows(found)) == total
    apart = difference(*found)
    for parts in (apart.causes, findings(apart)):
        assert sum(part.sums.counted for part in parts) == wanted[1] - wanted[0]


def test_flops_are_told_apart_from_macs_everywhere() -> None:
    """Oracle: a FLOP count is twice the MACs: 2 x 231,211,008 between the two ResNet-50."""
    text = printed(*PAIR, "--diff", "--convention", "flops")
    assert "+462,422,016 FLOPs" in text
    assert "231,211,008" not in text
    data = json.loads(printed(*PAIR, "--diff", "--convention", "flops", "--format", "json"))
    assert data["convention"]["name"] == "flops"
    for network in (*data["networks"], data["difference"]["total"], *data["difference"]["layers"]):
        assert network["counted"] == 2 * network["macs"]
    assert "FLOPs" in printed(*PAIR, "--convention", "flops", "--format", "csv").splitlines()[0]


def test_without_a_convention_json_is_what_it_was() -> None:
    assert '"counted":' not in printed(*PAIR, "--diff", "--format", "json")


def test_an_unknown_convention_is_told_with_those_that_there_are() -> None:
    result = run("compare", *PAIR, "--convention", "flopz")
    assert result.status == 2
    assert "unknown convention 'flopz'" in result.stderr
    assert "fvcore" in result.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "MACs"), ("flops", "FLOPs"), ("fvcore", "MACs as fvcore"), ("calflops", "FLOPs as calflops")],
)
def test_a_count_is_named_with_its_unit(name: str, said: str) -> None:
    """Oracle: fvcore counts a multiply-add as 1, calflops as 2 (their documentation)."""
    assert words("counted", conventions.chosen(name)) == said
