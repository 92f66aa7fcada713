"""Totals, stages and types of operation: published figures, and columns that add up."""

from __future__ import annotations

import csv
from math import prod
from pathlib import Path

import pytest

from cnnviz.compare import Contestant, contestant, contestants
from cnnviz.compare.curves import cost_curve, size_curve
from cnnviz.compare.measures import MEASURES, costs, depths
from cnnviz.compare.totals import octave_of, share, stage_rows, totals, type_rows

PUBLISHED = list(csv.DictReader((Path(__file__).parents[1] / "oracle" / "torchvision.csv").open()))
MIXED = (
    "lenet5 alexnet@paper vgg16 googlenet@torchvision,aux_heads=on inception_v3 resnet50 densenet121 "
    "mobilenet_v2 efficientnet_b0 convnext_tiny squeezenet1_1 resnet20 nin "
    "tests.compare.own:half_used,input=32"
).split()


@pytest.fixture(scope="module")
def mixed() -> tuple[Contestant, ...]:
    return contestants(MIXED)


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row["model"])
def test_totals_are_torchvisions(row: dict[str, str]) -> None:
    """Oracle: torchvision's own tables: parameters, multiply-adds, accuracy of the first weights."""
    name = row["model"].removesuffix("_bn")
    variant = "bn" if name != row["model"] else "paper" if name.startswith("vgg") else "torchvision"
    made = totals(contestant(f"{name}@{variant}"))
    # Inception-v3's published parameters are with the auxiliary head, its multiplications without.
    whole = totals(contestant(f"{name}@{variant},aux_heads=on")) if name == "inception_v3" else made
    assert (whole.parameters, made.macs) == (int(row["parameters"]), int(row["macs"]))
    assert made.top1_error is not None
    assert made.top1_error.value == pytest.approx(100 - float(row["top1_v1"]), abs=1e-6)


def test_stages_and_types_add_up_to_the_totals(mixed: tuple[Contestant, ...]) -> None:
    """Oracle: the trace's own totals, of which no part takes notice; without a convention MACs count."""
    stages, types = stage_rows(mixed), type_rows(mixed)
    for i, of in enumerate(mixed):
        trace = of.trace
        for measure in MEASURES:
            whole = getattr(trace, "macs" if measure == "counted" else measure)
            parts = [row.stages[i].part for row in stages if row.stages[i]]
            assert sum(getattr(part, measure) for part in parts) == whole, (of.label, measure)
            assert sum(getattr(row.parts[i], measure) for row in types) == whole, (of.label, measure)
            assert sum(share(row.parts[i], of, measure) for row in types) == pytest.approx(100)


def test_what_is_not_run_is_said_and_counted(mixed: tuple[Contestant, ...]) -> None:
    """Oracle: by hand: a layer of 10 to 5 numbers that the forward pass leaves out has 55 parameters."""
    stages = {row.label: row.stages[-1] for row in stage_rows(mixed)}
    types = {row.type: row.parts[-1] for row in type_rows(mixed)}
    assert stages["not run"].part.parameters == types["not run"].parameters == 55
    assert cost_curve(mixed[-1], "parameters").left_out == 55


def test_every_layer_is_in_one_stage(mixed: tuple[Contestant, ...]) -> None:
    for i, of in enumerate(mixed):
        assert sum(row.stages[i].part.layers for row in stage_rows(mixed) if row.stages[i]) == len(of.costs)


def test_stages_are_the_papers() -> None:
    """Oracle: He et al. 2015, table 1: output sizes and channels of ResNet-50."""
    rows = {row.label: row.stages[0] for row in stage_rows(contestants(["resnet50@paper"]))}
    sizes = {
        label: stage.n_C for label, stage in rows.items() if stage and stage.sizes.partition("x")[0] != "1"
    }
    wanted = {"112x112": 64, "56x56": 256, "28x28": 512, "14x14": 1024, "7x7": 2048}
    assert sizes == wanted


def test_sizes_that_differ_a_little_are_one_stage() -> None:
    """Oracle: by hand: AlexNet's 55, 27, 13, 6 are VGG's 56, 28, 14, 7, and Inception's 35, 17, 8."""
    rows = stage_rows(contestants(["alexnet", "vgg16", "inception_v3"]))
    aligned = {row.label: [stage and stage.sizes for stage in row.stages] for row in rows}
    assert aligned["about 56x56"] == ["55x55", "56x56", "73x73 to 71x71"]
    assert aligned["about 28x28"] == ["27x27", "28x28", "35x35"]
    assert aligned["about 14x14"] == ["13x13", "14x14", "17x17"]
    assert aligned["about 7x7"] == ["6x6", "7x7", "8x8"]
    assert rows[0].label == "224x224"


def test_the_octave_is_the_nearest_halving(mixed: tuple[Contestant, ...]) -> None:
    """Oracle: brute force over 7, 14, 28, ...: the one with the smallest ratio, whichever way."""
    for of in mixed:
        for cost in of.costs:
            sides = [n for n in (cost.row.n_H, cost.row.n_W) if n]
            if not sides or prod(sides) == 1:
                continue
            side = prod(sides) ** (1 / len(sides))
            ratios = {k: max(side / (7 * 2.0**k), (7 * 2.0**k) / side) for k in range(-1, 9)}
            assert ratios[octave_of(cost.row)] == min(ratios.values())


def test_depth_ends_at_the_papers_number(mixed: tuple[Contestant, ...]) -> None:
    """Oracle: the names: ResNet-50 has 50 layers, VGG-16 has 16, GoogLeNet 22, DenseNet-121 has 121."""
    deepest = {of.label.partition("@")[0]: max(depths(of.trace)) for of in mixed}
    assert (deepest["resnet50"], deepest["vgg16"], deepest["densenet121"]) == (50, 16, 121)
    assert max(depths(contestant("googlenet").trace)) == 22


def test_cost_curves_rise_to_the_total(mixed: tuple[Contestant, ...]) -> None:
    """Oracle: the trace's totals, and brute force: what lies no deeper than a depth."""
    for of in mixed:
        for measure in MEASURES:
            curve = cost_curve(of, measure)
            assert list(curve.so_far) == sorted(curve.so_far)
            assert curve.so_far[-1] + curve.left_out == getattr(
                of.trace, "macs" if measure == "counted" else measure
            )
            middle = len(curve.so_far) // 2
            by_hand = sum(getattr(cost, measure) for cost in costs(of.trace) if cost.depth <= middle)
            assert curve.so_far[middle] == by_hand


def test_size_curves_are_the_course_s_figures() -> None:
    """Oracle: AlexNet's figure in the course: 55x55x96, 27x27x256, 13x13x384, ..., 4096, 4096, 1000."""
    found = [(p.depth, p.n_H, p.n_C) for p in size_curve(contestant("alexnet@course"))]
    assert found[:5] == [(1, 55, 96), (2, 27, 256), (3, 13, 384), (4, 13, 384), (5, 13, 256)]
    assert found[5:] == [(6, None, 4096), (7, None, 4096), (8, None, 1000)]


def test_types_tell_what_networks_are_made_of() -> None:
    """Oracle: by the papers: VGG has 3x3 convolutions only, MobileNet depthwise ones, AlexNet groups."""
    of = contestants(["vgg16", "mobilenet_v1", "alexnet@paper", "convnext_tiny"])
    layers = {row.type: [part.layers for part in row.parts] for row in type_rows(of)}
    assert layers["3x3 convolution"][0] == 13
    assert layers["depthwise convolution"] == [0, 13, 0, 18]
    assert layers["grouped convolution"] == [0, 0, 3, 0]
    assert layers["fully connected"] == [3, 1, 3, 1]
    assert layers["linear at each position"] == [0, 0, 0, 36]  # two in each of 18 blocks
