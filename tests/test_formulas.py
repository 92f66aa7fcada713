"""The rules' arithmetic against the notes' worked examples and against counting one by one."""

from __future__ import annotations

import itertools
import json
from math import prod
from pathlib import Path

import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.errors import ShapeError
from cnnviz.formulas import RULES, Formula, Term
from cnnviz.formulas.convolution import ConvArguments, TransposedArguments
from cnnviz.formulas.elementwise import NormArguments
from cnnviz.formulas.linear import EinsumArguments, LinearArguments, RecurrentArguments
from cnnviz.formulas.pooling import AdaptiveArguments, PoolArguments
from tests.formula_text import equations, worked_out

NOTES = json.loads((Path(__file__).parent / "oracle" / "worked_examples.json").read_text())


def conv(
    channels: int, in_channels: int, kernel: int, *, stride: int = 1, padding: int = 0, bias: bool = True
) -> ConvArguments:
    return ConvArguments(channels, in_channels, *((n, n) for n in (kernel, stride, padding, 1)), 1, bias)


# ---- formulas as texts


def test_the_texts_of_alexnets_first_layer_are_those_of_the_course() -> None:
    """Oracle: the arithmetic as the course writes it on the board, character by character."""
    first = cnnviz.trace("alexnet@course").layers[0].formulas
    assert first.shape.startswith("n_H = floor((227 + 2*0 - 11) / 4) + 1 = 55; ")
    assert first.parameters == "parameters = (11*11*3 + 1) * 96 = 34,944"
    assert first.macs == "MACs = 55*55*96 * (11*11*3) = 105,415,200"


def test_a_formula_is_the_same_as_number_and_as_text() -> None:
    """Oracle: the notes' output size, floor((n + 2p - f) / s) + 1, worked out by hand: 216 / 4 + 1 = 55."""
    size = Formula(NOTES["output_size"].replace("2p", "2*p"))
    assert size(227, 0, 11, 4) == 55
    assert size.fill(227, 0, 11, 4) == "floor((227 + 2*0 - 11) / 4) + 1"


@pytest.mark.parametrize("numerator", range(-7, 8))
@pytest.mark.parametrize("name", ["floor", "ceil"])
def test_divisions_are_exact_below_zero_too(name: str, numerator: int) -> None:
    """Oracle: the same text read back with exact fractions."""
    formula = Formula(f"{name}((a - b) / c) + 1")
    assert formula(numerator, 0, 3) == worked_out(formula.fill(numerator, 0, 3))


def test_tuples_are_shown_as_the_products_and_sums_that_they_stand_for() -> None:
    """Oracle: 11*11*3 = 363 and 64 + 128 = 192 by hand."""
    assert Term(Formula("f*c", products="f"), ((11, 11), 3)).text == "11*11*3 = 363"
    assert Term(Formula("c", sums="c"), ((64, 128),)).text == "64 + 128 = 192"
    assert Term(Formula("n"), (5,)).text == "5"


@pytest.mark.parametrize("n", [*range(50), 10**30 - 1, 10**30])
def test_square_roots_are_exact_and_rounded_down(n: int) -> None:
    """Oracle: the definition: the largest whole number whose square is not more than n."""
    root = Formula("isqrt(n)")(n)
    assert root * root <= n < (root + 1) ** 2


def test_only_divisions_may_be_rounded() -> None:
    """Oracle: the class's own promise that floor and ceil are exact."""
    for text in ("floor(a * b)", "ceil(a)", "floor(a + b / c)", "ceil(a / b*c)", "floor(a / b / c)"):
        with pytest.raises(ValueError, match="takes one division, as in"):
            Formula(text)(*(2, 3, 4)[: len(Formula(text).symbols)])


def test_divisions_may_stand_inside_of_others() -> None:
    """Oracle: the same text read back with exact fractions."""
    text = "ceil((a - floor(b / 2)) / c) - max(ceil(a / (c + 1)), floor((c + 1) / 2))*2"
    formula = Formula(text)
    for values in itertools.product(range(5), range(-3, 4), range(1, 4)):
        assert formula(*values) == worked_out(formula.fill(*values))


# ---- worked examples


def test_the_bottleneck_of_the_course_costs_what_the_notes_say() -> None:
    """Oracle: worked_examples.json: 120.4 million products directly, 12.4 million by way of 16 maps."""
    given = NOTES["bottleneck_course"]
    n_H, n_W, n_C = given["input"]
    rule, x, narrow = RULES["convolution"], (1, n_C, n_H, n_W), given["bottleneck_channels"]
    direct = conv(given["filters"], n_C, given["kernel"], padding=2)
    reduce, expand = conv(narrow, n_C, 1), conv(given["filters"], narrow, given["kernel"], padding=2)
    (y,) = rule.outputs(direct, [x])
    (middle,) = rule.outputs(reduce, [x])
    assert y == (1, given["filters"], n_H, n_W)
    assert rule.macs(direct, [x], [y]).number == given["direct_macs"]
    assert rule.macs(reduce, [x], [middle]).number == given["reduce_macs"]
    assert rule.macs(expand, [middle], [y]).number == given["expand_macs"]
    assert given["reduce_macs"] + given["expand_macs"] == given["total_macs"]


def test_one_by_one_convolutions_change_the_channels_alone() -> None:
    """Oracle: worked_examples.json, 28x28x192 with 32 filters."""
    given = NOTES["one_by_one_course"]
    n_H, n_W, n_C = given["input"]
    (y,) = RULES["convolution"].outputs(conv(given["filters"], n_C, 1), [(1, n_C, n_H, n_W)])
    assert [*y[2:], y[1]] == given["output"]


# ---- counted one by one

CONVOLUTIONS = [
    # channels, in_channels, kernel, stride, padding, dilation, groups, size
    (2, 3, (3, 3), (1, 1), (0, 0), (1, 1), 1, (5, 6)),
    (4, 2, (3, 2), (2, 1), (1, 0), (1, 1), 1, (6, 5)),
    (4, 4, (2, 3), (1, 2), (1, 1), (2, 1), 2, (5, 7)),
    (6, 3, (1, 3), (3, 1), (0, 1), (1, 1), 3, (4, 4)),
    (3, 2, (3,), (2,), (2,), (2,), 1, (8,)),
    (2, 2, (2, 1, 3), (1, 2, 1), (0, 0, 1), (1, 1, 1), 2, (3, 4, 3)),
]


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolution_macs_are_the_multiplications_of_nested_loops(case: tuple) -> None:
    """Oracle: brute force, one count for each product that a loop over outputs and kernel forms.

    Products with padding are counted, as everyone's formula does.
    """
    channels, in_channels, kernel, stride, padding, dilation, groups, size = case
    a = ConvArguments(*case[:7], bias=False)
    x = (1, in_channels, *size)
    (y,) = RULES["convolution"].outputs(a, [x])
    multiplications = 0
    corners = [
        list(range(-p, n + p - d * (f - 1), s))
        for n, f, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True)
    ]
    for _filter, _corner in itertools.product(range(channels), itertools.product(*corners)):
        for _channel in range(in_channels // groups):
            for _tap in itertools.product(*map(range, kernel)):
                multiplications += 1
    assert y == (1, channels, *map(len, corners))
    assert RULES["convolution"].macs(a, [x], [y]).number == multiplications


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_transposed_convolution_macs_are_those_of_scattering_each_input(case: tuple) -> None:
    """Oracle: brute force, every input value times every kernel value of its group."""
    channels, in_channels, kernel, stride, padding, dilation, groups, size = case
    a = TransposedArguments(*case[:7], bias=False, output_padding=(0,) * len(kernel))
    x = (2, in_channels, *size)
    reached: list[set[int]] = [set() for _ in size]
    multiplications = 0
    for _image, _channel, at in itertools.product(
        range(2), range(in_channels), itertools.product(*map(range, size))
    ):
        for tap in itertools.product(*map(range, kernel)):
            for axis, (i, k) in enumerate(zip(at, tap, strict=True)):
                reached[axis].add(i * stride[axis] + k * dilation[axis])
            multiplications += channels // groups
    sizes = tuple(max(r) + 1 - 2 * p for r, p in zip(reached, padding, strict=True))
    (y,) = RULES["transposed_convolution"].outputs(a, [x])
    assert y == (2, channels, *sizes)
    assert RULES["transposed_convolution"].macs(a, [x], [y]).number == multiplications


@pytest.mark.parametrize(("n", "m"), [(7, 3), (6, 3), (5, 1), (4, 6), (13, 6), (3, 3)])
def test_adaptive_pooling_reads_what_its_windows_hold(n: int, m: int) -> None:
    """Oracle: torch's own windows, seen through the gradient: how many outputs each input feeds."""
    x = torch.zeros(1, 1, n, dtype=torch.float64, requires_grad=True)
    reads = 0
    for value in nn.AdaptiveAvgPool1d(m)(x).flatten():
        (gradient,) = torch.autograd.grad(value, x, retain_graph=True)
        reads += int((gradient != 0).sum())
    rule, a = RULES["adaptive_pool"], AdaptiveArguments((m,))
    assert rule.extra(a, [(1, 1, n)], [(1, 1, m)]).pooling == reads


def test_ceil_mode_drops_a_window_that_would_start_in_the_padding() -> None:
    """Oracle: torch on 1x1, kernel 1, stride 2, padding 0 and neighbours."""
    for n, f, s, p in itertools.product(range(1, 9), (1, 2, 3), (1, 2, 3), (0, 1)):
        if 2 * p > f or n + 2 * p < f:
            continue
        real = nn.MaxPool1d(f, s, p, ceil_mode=True)(torch.zeros(1, 1, n)).shape[-1]
        (y,) = RULES["pooling"].outputs(PoolArguments((f,), (s,), (p,), (1,), True), [(1, 1, n)])
        assert y[-1] == real, (n, f, s, p)


def test_einsum_counts_the_products_that_it_sums() -> None:
    """Oracle: brute force for bid,bjd->bij: b*i*j sums of d products; an outer product sums none."""
    rule = RULES["einsum"]
    a = EinsumArguments("bid", "bjd", "bij")
    shapes = [(2, 3, 5), (2, 4, 5)]
    (y,) = rule.outputs(a, shapes)
    assert y == (2, 3, 4)
    assert rule.macs(a, shapes, [y]).number == sum(5 for _ in itertools.product(range(2), range(3), range(4)))
    outer = EinsumArguments("i", "j", "ij")
    assert rule.macs(outer, [(3,), (4,)], rule.outputs(outer, [(3,), (4,)])).number == 0


@pytest.mark.parametrize("projection", [0, 3])
@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
def test_a_recurrent_layer_uses_each_weight_once_a_step(kind: type, gates: int, projection: int) -> None:
    """Oracle: torch's own weight matrices; each multiplies one vector at each of 7 steps, 2 images."""
    if projection and kind is not nn.LSTM:
        pytest.skip("only the LSTM projects")
    more = {"proj_size": projection} if projection else {}
    layer = kind(4, 6, num_layers=2, bidirectional=True, batch_first=True, **more)
    weights = sum(w.numel() for name, w in layer.named_parameters() if name.startswith("weight"))
    a = RecurrentArguments(gates, 4, 6, 2, True, True, 2, projection)
    rule, x = RULES["recurrent"], (2, 7, 4)
    assert rule.macs(a, [x], rule.outputs(a, [x])).number == 2 * 7 * weights
    assert rule.parameters(a, [x]).number == sum(w.numel() for w in layer.parameters())


def test_what_else_multiplies_is_counted_in_columns_of_its_own() -> None:
    """Oracle: by hand for 2 images of 4x6x6: 144 outputs a image; a 2x2 window reads 4 values for each."""
    y = (2, 4, 6, 6)
    assert RULES["convolution"].extra(conv(4, 3, 3), [(2, 3, 8, 8)], [y]).bias == prod(y)
    assert RULES["convolution"].extra(conv(4, 3, 3, bias=False), [(2, 3, 8, 8)], [y]).bias == 0
    assert RULES["normalisation"].extra(NormArguments((4,), True, True, 1), [y], [y]).normalisation == prod(y)
    assert RULES["activation"].extra((), [y], [y]).activation == prod(y)
    assert RULES["arithmetic"].extra((), [y, y], [y]).elementwise == prod(y)
    pool = PoolArguments((2, 2), (2, 2), (0, 0), (1, 1), False)
    assert RULES["pooling"].extra(pool, [y], [(2, 4, 3, 3)]).pooling == 2 * 4 * 3 * 3 * 4


@pytest.mark.parametrize(
    ("rule", "arguments", "shapes", "says"),
    [
        ("convolution", conv(4, 3, 3), [(1, 5, 8, 8)], "got 5 input channels, needs 3"),
        ("convolution", conv(4, 3, 7), [(1, 3, 6, 9)], "got 6x9, needs at least 7x7"),
        ("convolution", conv(4, 1, 3), [(1, 1, 9)], "a 2-d convolution needs a tensor with 4 axes"),
        (
            "pooling",
            PoolArguments((3, 3), (2, 2), (0, 0), (1, 1), False),
            [(1, 4, 2, 2)],
            "needs at least 3x3",
        ),
        ("linear", LinearArguments(10, 400, True), [(1, 256)], "got 256 values, needs 400"),
        ("arithmetic", (), [(1, 4, 8, 8), (1, 4, 7, 7)], "needs equal sizes"),
        ("matrix_product", (), [(2, 3, 4), (2, 5, 6)], "cannot multiply 2x3x4 with 2x5x6"),
        ("normalisation", NormArguments((8,), True, True, 1), [(1, 4, 2, 2)], "got 4 channels, needs 8"),
    ],
)
def test_a_rule_says_what_it_got_and_what_it_needs(
    rule: str, arguments: tuple, shapes: list, says: str
) -> None:
    """Oracle: the sentence a person needs."""
    with pytest.raises(ShapeError, match=says):
        RULES[rule].outputs(arguments, shapes)


@pytest.mark.parametrize("padding", [0, 1, (1, 2)])
@pytest.mark.parametrize("module", [nn.Conv2d, nn.ConvTranspose2d])
def test_the_texts_of_uneven_layers_work_out_too(module: type, padding: int | tuple[int, int]) -> None:
    """Oracle: the text read back with exact fractions, against the layer's own numbers."""
    layer = module(4, 6, (3, 5), stride=(2, 1), padding=padding, dilation=(1, 2), groups=2)
    row = cnnviz.trace(layer, (4, 20, 21)).layers[0]
    for text in (row.formulas.shape, row.formulas.parameters, row.formulas.macs):
        assert text
        for name, value, number in equations(text):
            assert value == number == {
                "n_H": row.n_H, "n_W": row.n_W, "n_C": row.n_C, "parameters": row.parameters, "MACs": row.macs
            }[name]  # fmt: skip
