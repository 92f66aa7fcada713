"""The arithmetic of a moving window, held against torch and against worked examples of courses and books."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cnnviz.errors import OptionError
from cnnviz.windows import EXAMPLES, KINDS, NUMBERS, Scene, Setting, outputs, products, scene, setting
from cnnviz.windows.scene import read_values
from cnnviz.windows.setting import APART, POOLS, SAME
from cnnviz.windows.told import work

COURSE = json.loads((Path(__file__).parents[1] / "oracle" / "worked_examples.json").read_text())


def made(kind: str, values: str = "", cells: str = "", weights: str = "") -> Scene:
    return scene(kind, read_values(kind, values), cells, weights)


def result(of: Scene) -> list[Any]:
    found: list[Any] = outputs(of.setting, of.x, of.w).tolist()
    return found


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """A scene of any kind with random numbers; sizes are small, so that many are tried."""
    kind = draw(st.sampled_from(list(KINDS)))
    most = {"n": 9, "f": 4, "s": 4, "p": 3, "d": 3, "q": 2, "C": 4, "m": 3}
    values: dict[str, object] = {
        name: draw(st.integers(NUMBERS[name].least, most[name])) for name in KINDS[kind].changes
    }
    if kind != "transposed" and "p" in values and draw(st.booleans()):
        values["p"] = SAME
    try:
        return scene(kind, values, f"seed:{draw(st.integers(0, 99))}", f"seed:{draw(st.integers(0, 99))}")
    except OptionError:
        return made(kind)


def by_torch(of: Scene) -> torch.Tensor:
    """What torch makes of the same numbers."""
    s = of.setting
    x, w = torch.tensor(of.x)[None], torch.tensor(of.w)
    if s.kind == "transposed":
        return F.conv_transpose2d(
            x, w.transpose(0, 1), stride=s.s, padding=s.pads[0], output_padding=s.q, dilation=s.d
        )[0]
    if s.kind not in POOLS and s.p == SAME and s.s == 1:  # torch has a word of its own for it
        groups = s.C if s.kind in APART else 1
        return F.conv2d(x, w, padding="same", dilation=s.d, groups=groups)[0]
    before, after = s.pads
    padded = F.pad(x, (before, after) * 2, value=-torch.inf if s.kind == "max" else 0.0)
    if s.kind == "max":
        return F.max_pool2d(padded, s.f, s.s, dilation=s.d)[0]
    if s.kind == "average":
        return F.avg_pool2d(padded, s.f, s.s)[0]
    return F.conv2d(padded, w, stride=s.s, dilation=s.d, groups=s.C if s.kind in APART else 1)[0]


@given(scenes())
@hypothesis_settings(max_examples=400, deadline=None)
def test_every_number_is_torchs(of: Scene) -> None:
    """Oracle: torch.nn.functional, for sizes too."""
    expected = by_torch(of)
    found = outputs(of.setting, of.x, of.w)
    assert found.shape == tuple(expected.shape) == (of.setting.maps, of.setting.out, of.setting.out)
    assert np.array_equal(found, expected.numpy())  # whole numbers: exactly the same


@given(scenes(), st.data())
@hypothesis_settings(max_examples=200, deadline=None)
def test_the_products_of_a_step_make_its_number(of: Scene, data: st.DataObject) -> None:
    """Oracle: torch.nn.functional at that place."""
    s = of.setting
    if s.kind == "transposed":
        return
    step, out = data.draw(st.integers(0, s.steps - 1)), data.draw(st.integers(0, s.maps - 1))
    values = [p.product for p in products(s, of.x, of.w, step=step, out=out)]
    number = {"max": max, "average": lambda them: sum(them) / len(them)}.get(s.kind, sum)(values)
    assert number == float(by_torch(of)[out].flatten()[step])


@given(scenes())
@hypothesis_settings(max_examples=100, deadline=None)
def test_a_transposed_convolution_is_the_sum_of_its_steps(of: Scene) -> None:
    """Oracle: torch.nn.functional.conv_transpose2d of an input that is zero but for one number, added up."""
    s = of.setting
    if s.kind != "transposed":
        return
    total = torch.zeros(s.m, s.out, s.out, dtype=torch.float64)
    for step in range(s.steps):
        i, j = divmod(step, s.n)
        one = torch.zeros_like(torch.tensor(of.x))
        one[:, i, j] = torch.tensor(of.x[:, i, j])
        total += F.conv_transpose2d(
            one[None],
            torch.tensor(of.w).transpose(0, 1),
            stride=s.s,
            padding=s.pads[0],
            output_padding=s.q,
            dilation=s.d,
        )[0]
    assert np.array_equal(outputs(s, of.x, of.w), total.numpy())


@given(scenes())
@hypothesis_settings(max_examples=200, deadline=None)
def test_unread_rows_are_those_that_have_no_gradient(of: Scene) -> None:
    """Oracle: autograd: what no window reads has no influence on what comes out."""
    s = of.setting
    if s.kind == "transposed" or s.kind == "max":  # a maximum has no gradient at what is smaller
        return
    x = torch.zeros(1, s.C, s.n, s.n, requires_grad=True)
    ones = torch.ones(s.maps, 1 if s.kind in APART else s.C, s.f, s.f)
    padded = F.pad(x, s.pads * 2)
    F.conv2d(padded, ones, stride=s.s, dilation=s.d, groups=s.C if s.kind in APART else 1).sum().backward()
    assert x.grad is not None
    untouched = [row for row in range(s.n) if not x.grad[0, 0, row].any()]
    assert list(s.unread) == untouched


@given(scenes())
@hypothesis_settings(max_examples=100, deadline=None)
def test_what_is_counted_is_the_number_of_products(of: Scene) -> None:
    """Oracle: the products themselves, counted one by one."""
    s = of.setting
    each = sum(len(products(s, of.x, of.w, step=0, out=out)) for out in range(s.maps))
    assert s.macs.number == (0 if s.kind in POOLS else each * s.steps)
    assert work(s) == each
    assert s.parameters.number == of.w.size


def test_the_vertical_edge_of_the_course() -> None:
    """Oracle: Deep Learning Specialization, course 4, week 1: 6x6 by 3x3 is 0 30 30 0."""
    assert result(made("conv")) == [[[0, 30, 30, 0]] * 4]
    assert result(made("conv", cells="dark")) == [[[0, -30, -30, 0]] * 4]


def test_the_numbers_worked_out_by_hand_in_the_course() -> None:
    """Oracle: the same lecture, its first example."""
    example = EXAMPLES["by-hand"]
    found = result(made(example.kind, example.values, example.input))
    assert found == [[[-5, -4, 0, 8], [-10, -2, 2, 3], [0, -2, -4, -7], [-3, -2, -3, -16]]]


def test_the_examples_of_the_d2l_book() -> None:
    """Oracle: Dive into Deep Learning, sections 7.2, 7.5 and 14.10."""
    counted = "n=3,f=2"
    assert result(made("conv", counted, "count", "count")) == [[[19, 25], [37, 43]]]
    assert result(made("conv", counted + ",p=1", "count", "count")) == [
        [[0, 3, 8, 4], [9, 19, 25, 10], [21, 37, 43, 16], [6, 7, 8, 0]]
    ]
    assert result(made("max", "n=3,s=1", "count")) == [[[4, 5], [7, 8]]]
    assert result(made("average", "n=3,s=1", "count")) == [[[2, 3], [5, 6]]]
    assert result(made("transposed", "n=2,f=2,s=1", "count", "count")) == [[[0, 0, 1], [0, 4, 6], [4, 12, 9]]]
    assert result(made("transposed", "n=2,f=2,s=2", "count", "count")) == [
        [[0, 0, 0, 1], [0, 0, 2, 3], [0, 2, 0, 3], [4, 6, 6, 9]]
    ]


def test_one_by_one_filters_of_the_course() -> None:
    """Oracle: the course notes: 28x28x192 by 32 filters is 28x28x32; each number takes 192 products."""
    told = COURSE["one_by_one_course"]
    rows, _, channels = told["input"]
    of = setting("pointwise", {"n": rows, "C": channels, "m": told["filters"]})
    assert [of.out, of.out, of.maps] == told["output"]
    assert of.macs.number == 28 * 28 * 32 * 192
    assert of.parameters.number == 192 * 32


def test_the_bottleneck_of_the_course() -> None:
    """Oracle: the course notes: 5x5 'same' by 32 filters on 28x28x192 takes 120,422,400 multiplications."""
    told = COURSE["bottleneck_course"]
    of = setting("conv", {"n": 28, "f": told["kernel"], "p": "same", "C": 192, "m": told["filters"]})
    assert of.macs.number == told["direct_macs"]


def test_same_pooling_of_an_inception_module_keeps_the_size() -> None:
    """Oracle: the course's Inception module: 28x28x192 goes into the pooling branch, 28x28x192 comes out."""
    of = setting("max", {"n": 28, "f": 3, "s": 1, "p": "same", "C": 192})
    assert (of.out, of.maps, of.pads) == (28, 192, (1, 1))


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda example: example.name)
def test_an_example_is_what_its_title_says(example: Any) -> None:
    """Oracle: the sizes in the title."""
    of = made(example.kind, example.values, example.input, example.weights).setting
    if example.title[0].isdigit():
        assert example.title.startswith(f"{of.n} × {of.n}")
    if "becomes" in example.title:
        assert f"{of.n} × {of.n} becomes {of.out} × {of.out}" in example.title


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        ("conv", {"f": 7}, "a window of 7 x 7 does not fit on an input of 6 x 6: make the input"),
        (
            "conv",
            {"f": 4, "d": 2},
            "a window of 4 x 4 with holes covers 7 x 7 and does not fit on an input of 6 x 6",
        ),
        ("max", {"p": 2}, "a pooling window of 2 x 2 takes a padding of at most 1"),
        ("transposed", {"q": 2}, "output padding must be smaller than the stride"),
        ("transposed", {"p": "same"}, "takes its padding as a number"),
        ("transposed", {"n": 32, "s": 8}, "1 to 64 can be drawn"),
        ("conv", {"n": 33}, "input size must be a whole number from 1 to 32, got 33"),
        ("conv", {"p": "full"}, "from 0 to 10, or valid, or same, got full"),
        ("conv", {"s": "1e400"}, "stride must be a whole number from 1 to 8"),
        ("average", {"d": 2}, "average pool has no number called d"),
        ("fold", {}, "kinds are conv, pointwise"),
    ],
)
def test_what_cannot_be_is_said_with_the_rule(kind: str, values: dict[str, object], says: str) -> None:
    with pytest.raises(OptionError, match=says.replace("(", r"\(")):
        setting(kind, values)


def test_the_largest_window_of_a_link_takes_little_memory() -> None:
    """Oracle: tracemalloc: all windows of 256 channels at once would be 254 MB, the input is 2."""
    of = scene("conv", {"n": 32, "f": 11, "p": 5, "C": 256, "m": 64}, "seed:1", "seed:1")
    x, w = of.x, of.w
    tracemalloc.start()
    outputs(of.setting, x, w)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_setting_is_a_value() -> None:
    assert setting("conv", {"n": 7}) == setting("conv", {"n": "7"})
    assert isinstance(setting("conv"), Setting)
