"""A design as a program: its numbers, and the first row that does not fit."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import cnnviz
from cnnviz.design import Built, Design, Row, built, row, trace_design
from cnnviz.design.examples import NAMES, example
from cnnviz.errors import DesignError


def network(*rows: Row, side: int = 32, channels: int = 3) -> Built:
    return built(Design(input_shape=(channels, side, side), rows=rows))


def test_lenet5_has_the_numbers_of_the_course() -> None:
    """Oracle: the course's table of LeNet-5: 156 + 2,416 + 48,120 + 10,164 + 850 parameters."""
    made = built(example("lenet5"))
    assert [cost.parameters for cost in made.costs] == [156, 0, 2416, 0, 0, 48120, 10164, 850]
    assert made.parameters == 61706
    # 28*28*6 * 5*5, 10*10*16 * 5*5*6, 400*120, 120*84, 84*10
    assert [cost.macs for cost in made.costs if cost.macs] == [117600, 240000, 48000, 10080, 840]
    assert [cost.output_shape for cost in made.costs][:5] == [
        (6, 28, 28),
        (6, 14, 14),
        (16, 10, 10),
        (16, 5, 5),
        (400,),
    ]


@pytest.mark.parametrize(("name", "parameters", "macs", "block", "widths"), [
    # torchvision's published figures: parameters, and _ops in MACs
    ("resnet18", 11689512, 1814073344, "residual", (64, 128, 256, 512)),
    ("resnet50", 25557032, 4089184256, "bottleneck", (64, 128, 256, 512)),
])  # fmt: skip
def test_five_lines_make_a_resnet(
    name: str, parameters: int, macs: int, block: str, widths: tuple[int, ...]
) -> None:
    """Oracle: torchvision's published parameters and multiplications."""
    repeats = (2, 2, 2, 2) if name == "resnet18" else (3, 4, 6, 3)
    stages = []
    for stage, (width, repeat) in enumerate(zip(widths, repeats, strict=True)):
        wide = {"width": width, "channels": 4 * width} if block == "bottleneck" else {"channels": width}
        stages.append(row(block, {**wide, "stride": 2 if stage else 1}, repeat=repeat))
    stem = {"channels": 64, "kernel": 7, "stride": 2, "padding": 3, "batch_norm": True, "activation": "relu"}
    head = (row("global_pool"), row("flatten"), row("linear", {"features": 1000}))
    made = network(row("conv", stem), row("pool", {"kernel": 3, "padding": 1}), *stages, *head, side=224)
    assert (made.parameters, made.macs) == (parameters, macs)


@pytest.mark.parametrize("name", NAMES)
def test_rows_add_up_to_the_trace(name: str) -> None:
    """Oracle: the trace's own totals, which are sums over its layers."""
    made = built(example(name))
    assert made.problem is None
    assert made.parameters == made.trace.parameters
    assert made.macs == made.trace.macs
    assert [cost.first for cost in made.costs[1:]] == [cost.last + 1 for cost in made.costs[:-1]]
    for cost in made.costs:
        assert made.trace.layers[cost.last].output_shape == cost.output_shape


WRONG = [  # rows, which one, what it says, the way out
    (
        [row("conv", {"kernel": 5, "stride": 8}), row("conv", {"kernel": 7})],
        1,
        "needs at least 7x7, gets 4x4",
        "use padding 2",
    ),
    ([row("pool", {"kernel": 31}), row("pool")], 1, "needs at least 2x2, gets 1x1", "use padding 1"),
    ([row("linear")], 0, "needs a vector, gets 32x32x3", "flatten"),
    ([row("flatten"), row("conv")], 1, "needs a map, gets a vector of 3,072", "above the flatten"),
    ([row("flatten"), row("residual")], 1, "needs a map", "above the flatten"),
    ([row("conv", {"groups": 2})], 0, "divides 3 channels", "groups"),
    ([row("conv", {"channels": 5}), row("conv", {"channels": 8, "groups": 4})], 1, "divides 5", "groups"),
    ([row("residual", {"kernel": 4})], 0, "needs an odd one", ""),
    ([row("pool", {"padding": 2})], 0, "at most half its window: 1", ""),
    ([row("flatten"), row("linear", {"features": 60000}, repeat=2)], 1, "too large", "fewer"),
    ([row("conv", {"kernel": 5}, repeat=9)], 0, "needs at least 5x5, gets 4x4", "repeat it less often"),
    ([row("dense", {"layers": 64, "reduce": 4}, repeat=64)], 0, "operations", "repeats"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "at", "text", "fix"), WRONG)
def test_the_first_row_that_does_not_fit_is_named_with_the_way_out(
    rows: list[Row], at: int, text: str, fix: str
) -> None:
    """Oracle: sizes by hand: (32 - 5) / 8 + 1 = 4; nine 5x5 windows take 4 each, and 32 - 7*4 = 4."""
    made = network(*rows, row("batch_norm"))
    assert made.problem is not None
    assert made.problem.row == at
    assert text in made.problem.text
    assert fix in made.problem.fix
    assert made.problem.message.startswith(f"row {at + 1}, {rows[at].kind}")


def test_rows_before_the_first_problem_keep_their_numbers() -> None:
    """Oracle: the same rows without the one that does not fit."""
    good = example("lenet5").rows[:4]
    fits = network(*good, channels=1)
    broken = network(*good, row("conv", {"kernel": 7}), row("flatten"), channels=1)
    assert broken.costs == fits.costs
    assert broken.trace == fits.trace
    assert broken.trace.layers == fits.trace.layers


@pytest.mark.parametrize(
    ("side", "kernel"), [(side, kernel) for side in (1, 2, 3, 5) for kernel in (3, 7, 11)]
)
def test_the_padding_that_is_proposed_is_the_least_that_works(side: int, kernel: int) -> None:
    """Oracle: trying every padding."""
    problem = network(row("conv", {"kernel": kernel}), side=side).problem
    works = [
        p for p in range(12) if not network(row("conv", {"kernel": kernel, "padding": p}), side=side).problem
    ]
    assert problem is None or f"use padding {works[0]}," in problem.fix
    assert (problem is None) == (works[0] == 0)


def test_a_design_that_does_not_fit_has_no_trace() -> None:
    with pytest.raises(DesignError, match=r"my network: row 1, linear .*: needs a vector"):
        trace_design(Design(rows=(row("linear"),)))
    with pytest.raises(DesignError, match="no rows yet"):
        trace_design(Design())


@pytest.mark.parametrize(("kind", "values", "message"), [
    ("conf", {}, "did you mean conv"),
    ("conv", {"chanels": 3}, "did you mean channels"),
    ("conv", {"channels": 0}, "channels must be a whole number from 1 to 8192, got 0"),
    ("conv", {"channels": 2.5}, "whole number"),
    ("conv", {"channels": 10**400}, "far too large"),
    ("conv", {"channels": float("inf")}, "got inf"),
    ("conv", {"channels": [[]]}, "a list"),
    ("conv", {"activation": "swish!"}, "one of none, relu"),
    ("conv", {"repeat": 65}, "from 1 to 64"),
    ("dropout", {"share": float("nan")}, "share must be"),
])  # fmt: skip
def test_what_a_row_cannot_be_is_said_with_the_rule(
    kind: str, values: dict[str, object], message: str
) -> None:
    """Oracle: the declared bounds."""
    with pytest.raises(DesignError, match=message):
        row(kind, values)


def test_a_large_design_is_worked_out_in_milliseconds() -> None:
    """Oracle: the budget of an edit, 25 ms of CPU; ResNet-152's size takes a fraction. Best of five."""
    blocks = row("bottleneck", repeat=50)
    times = []
    for _ in range(5):
        begun = time.process_time()
        assert network(blocks).costs
        times.append(time.process_time() - begun)
    assert min(times) < 0.025


def test_a_file_is_a_target(tmp_path: Path) -> None:
    """Oracle: the same design, traced without a file; and the course's count."""
    from cnnviz.design import dumps

    file = tmp_path / "lenet.toml"
    file.write_text(dumps(example("lenet5")))
    assert cnnviz.trace(str(file)) == trace_design(example("lenet5"))
    assert cnnviz.trace(str(file), batch_size=4).macs == 416520
    with pytest.raises(cnnviz.CnnvizError, match="options are for networks"):
        cnnviz.trace(str(file), options={"num_classes": 10})
