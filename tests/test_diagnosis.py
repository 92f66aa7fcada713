"""Wrong answers and what is said to them. Every wrong number is worked out here, as a student would have."""

from __future__ import annotations

import itertools
import re

import pytest
import torch
from torch import nn

import cnnviz
from cnnviz import programs
from cnnviz.errors import CnnvizError, UnknownNameError
from cnnviz.exercises import QUANTITIES, check, right_answers
from cnnviz.exercises.diagnosis import hint, mistakes
from cnnviz.layer import Layer
from cnnviz.trace import Trace
from tests.formula_text import worked_out


class Side(nn.Module):
    """Two convolutions of the same input, side by side or added."""

    def __init__(self, left: int, right: int, *, added: bool) -> None:
        super().__init__()
        self.left, self.right, self.added = nn.Conv2d(3, left, 1), nn.Conv2d(3, right, 1), added

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a, b = self.left(x), self.right(x)
        return a + b if self.added else torch.cat([a, b], 1)


class Twice(nn.Module):
    """One layer used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.conv(x))


def last(module: nn.Module, *shape: int, batch: int = 1) -> Layer:
    return cnnviz.trace(module, shape, batch_size=batch).layers[-1]


ALEXNET = last(nn.Conv2d(3, 96, 11, stride=4), 3, 227, 227)
GROUPED = last(nn.Conv2d(96, 256, 5, padding=2, groups=2), 96, 27, 27)
STRIDED = last(nn.Conv2d(8, 16, 3, stride=2, padding=1), 8, 28, 28)  # 14 x 14
DILATED = last(nn.Conv2d(4, 6, 3, dilation=2), 4, 20, 20)  # 20 - 5 + 1 = 16
BARE = last(nn.Conv2d(4, 6, 3, bias=False), 4, 10, 10)
WIDE = last(nn.Conv2d(4, 8, (3, 5)), 4, 20, 30)  # 18 x 26
POOL = last(nn.MaxPool2d(3, 2), 96, 56, 56)  # floor(53 / 2) + 1 = 27
CEILED = last(nn.MaxPool2d(3, 2, ceil_mode=True), 8, 56, 56)  # ceil(53 / 2) + 1 = 28
ADAPTIVE = last(nn.AdaptiveAvgPool2d(7), 8, 28, 28)
DENSE = last(nn.Linear(120, 84), 120)
DENSE_BARE = last(nn.Linear(120, 84, bias=False), 120)
ROWS = last(nn.Linear(5, 6), 9, 9, 5)  # the same layer at 9 x 9 positions
NORM = last(nn.BatchNorm2d(64), 64, 8, 8)
FLAT = last(nn.Flatten(), 16, 5, 5)
CAT = last(Side(64, 32, added=False), 3, 8, 8)
SAME_CAT = last(Side(64, 64, added=False), 3, 8, 8)
SUM = last(Side(64, 64, added=True), 3, 8, 8)
UP = last(nn.ConvTranspose2d(4, 8, 4, stride=2, padding=1), 4, 7, 7)  # 6*2 - 2 + 4 = 14
UP_FAR = last(nn.ConvTranspose2d(4, 8, 3, stride=3), 4, 7, 7)  # 6*3 + 3 = 21
UP_ODD = last(nn.ConvTranspose2d(4, 8, 3, stride=2, padding=1, output_padding=1), 4, 7, 7)
DEEP = last(nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, 2)), 3, 32, 32)
SHARED = last(Twice(), 4, 8, 8)
IN_PLACE = last(nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(inplace=True)), 3, 8, 8)
BATCH = last(nn.Conv2d(3, 4, 3), 3, 10, 10, batch=8)

CASES = [
    (ALEXNET, "n_H", (227 - 11) // 4, r"the \+ 1"),
    (STRIDED, "n_H", -(-(28 + 2 - 3) // 2) + 1, "rounded down, not up"),
    (STRIDED, "n_W", (28 - 3) // 2 + 1, r"the \+ 1"),
    (GROUPED, "n_H", 27 + 2 - 5 + 1, "both sides"),
    (GROUPED, "n_H", 27 - 5 + 1, "the padding is missing"),
    (ALEXNET, "n_H", 227 - 11 + 1, "4 steps at a time"),
    (DILATED, "n_H", 20 - 3 + 1, r"2\*\(3 - 1\) \+ 1 = 5"),
    (ALEXNET, "n_H", 227 // 4, "dividing by the stride alone"),
    (ALEXNET, "n_H", 96, "96 is n_C"),
    (ALEXNET, "n_H", 227, "what comes in"),
    (WIDE, "n_H", 26, "26 is n_W"),
    (CEILED, "n_H", (56 - 3) // 2 + 1, "rounds up"),
    (POOL, "n_H", -(-(56 - 3) // 2) + 1, "rounded down"),
    (ADAPTIVE, "n_H", 28 // 7, "size of one window|comes in"),
    (UP, "n_H", (7 + 2 - 4) // 2 + 1, "ordinary convolution"),
    (UP_FAR, "n_H", 7 * 3 + 3, "6 steps"),
    (UP_ODD, "n_H", 6 * 2 - 2 + 3, "output padding of 1"),
    (ALEXNET, "n_C", 3, "come in"),
    (ALEXNET, "n_C", 3 * 96, "adds up over all the channels"),
    (ALEXNET, "n_C", 55, "n_H, the height"),
    (GROUPED, "n_C", 256 // 2, "one of the 2 groups"),
    (POOL, "n_C", 96 // 2, "each channel alone"),
    (POOL, "n_C", 1, "one map for all channels"),
    (CAT, "n_C", 64, "32 channels is left out"),
    (SAME_CAT, "n_C", 64, "as if they were added"),
    (SUM, "n_C", 64 + 64, "element by element"),
    (FLAT, "n_C", 16 * 5, "a factor 5 is missing"),
    (FLAT, "n_C", 16 + 5 + 5, "a product and not a sum"),
    (DENSE, "n_C", 120, "come in"),
    (ALEXNET, "parameters", 11 * 11 * 3 * 96, "each of the 96 filters also has a bias"),
    (ALEXNET, "parameters", (11 * 11 + 1) * 96, "through all 3 channels"),
    (ALEXNET, "parameters", (11 * 3 + 1) * 96, r"11\*11 weights, not 11"),
    (ALEXNET, "parameters", (11 * 11 * 96 + 1) * 3, "not the reverse"),
    (ALEXNET, "parameters", 11 * 11 * 3 * 96 + 1, "a bias of its own"),
    (ALEXNET, "parameters", 11 * 11 * 3 + 1, "one filter"),
    (ALEXNET, "parameters", 11 * 11 * 96, "through all 3 channels .*; the bias is missing too"),
    (ALEXNET, "parameters", 55 * 55 * 96 * 11 * 11 * 3, "multiplications it takes"),
    (ALEXNET, "parameters", 55 * 55 * 96, "outputs"),
    (ALEXNET, "parameters", 35, "about the number in thousands"),
    (ALEXNET, "parameters", 34944 * 1000, "factor of 1,000"),
    (GROUPED, "parameters", (5 * 5 * 96 + 1) * 256, "with 2 groups a filter sees 48 of the 96 channels"),
    (GROUPED, "parameters", 5 * 5 * 96 * 256, "48 of the 96 channels; the bias is missing too"),
    (BARE, "parameters", (3 * 3 * 4 + 1) * 6, "built without a bias"),
    (POOL, "parameters", 3 * 3 * 96, "nothing to learn"),
    (POOL, "parameters", (3 * 3 * 96 + 1) * 96, "nothing to learn"),
    (DENSE, "parameters", 120 * 84, "each of the 84 outputs also has a bias"),
    (DENSE, "parameters", (84 + 1) * 120, "belongs to the 84 outputs"),
    (DENSE, "parameters", 120 + 84, "a product, not a sum"),
    (DENSE_BARE, "parameters", (120 + 1) * 84, "without a bias"),
    (NORM, "parameters", 64, "a scale and a shift"),
    (NORM, "parameters", 4 * 64, "running mean and variance"),
    (UP, "parameters", 4 * 4 * 4 * 8, "also has a bias"),
    (SHARED, "parameters", (3 * 3 * 4 + 1) * 4, "belong to an earlier layer too"),
    (ALEXNET, "macs", (11 * 11 * 3 + 1) * 96, r"the number of parameters, .* 55\*55 positions"),
    (ALEXNET, "macs", 11 * 11 * 3 * 96, r"one position of the output, and there are 55\*55"),
    (ALEXNET, "macs", 55 * 55 * 11 * 11 * 3, "one filter, and there are 96"),
    (ALEXNET, "macs", 55 * 55 * 96 * (11 * 11 * 3 + 1), "a bias is added and not multiplied"),
    (ALEXNET, "macs", 2 * 55 * 55 * 96 * 11 * 11 * 3, "FLOPs"),
    (ALEXNET, "macs", 227 * 227 * 96 * 11 * 11 * 3, "output's positions"),
    (ALEXNET, "macs", 55 * 55 * 96 * 11 * 11, "through all 3 channels"),
    (ALEXNET, "macs", 55 * 55 * 96 * 11 * 3, r"11\*11 weights, not 11"),
    (ALEXNET, "macs", 105, "in millions"),
    (GROUPED, "macs", 27 * 27 * 256 * 5 * 5 * 96, "48 of the 96"),
    (POOL, "macs", 27 * 27 * 96 * 3 * 3, "compared, and none is multiplied"),
    (DENSE, "macs", 120 * 84 + 84, "a bias is added"),
    (DENSE, "macs", 2 * 120 * 84, "FLOPs"),
    (ROWS, "macs", 5 * 6, r"one position, and there are 9\*9"),
    (ROWS, "macs", 2 * 9 * 9 * 5 * 6, "FLOPs"),
    (NORM, "macs", 64 * 8 * 8, "a column of its own"),
    (UP, "macs", 14 * 14 * 8 * 4 * 4 * 4, r"every \*input\* value"),
    (BATCH, "macs", 8 * 8 * 8 * 4 * 3 * 3 * 3, "batch of 8"),
    # behind conv 3x3 (r 3, j 1) and pool 2x2 (r 4, j 2); the last one has f 3, s 2: 4 + (3 - 1)*2 = 8
    (DEEP, "receptive_field", 4 + (3 - 1), "2 input pixels apart"),
    (DEEP, "receptive_field", 4 + 3 * 2, "f - 1 steps"),
    (DEEP, "receptive_field", 4 + (3 - 1) * 4, "not the one after it"),
    (DEEP, "receptive_field", 3, "own window"),
    (DEEP, "receptive_field", 4, "the field before|the jump"),
    (ALEXNET, "receptive_field", 1 + (11 - 1) * 4, "own stride"),
    (DILATED, "receptive_field", 1 + (3 - 1), "dilation 2"),
    (ALEXNET, "activation_bytes", 55 * 55 * 96, "4 bytes"),
    (ALEXNET, "activation_bytes", 55 * 55 * 96 * 32, "bits"),
    (ALEXNET, "activation_bytes", 55 * 55 * 96 * 8, "not 8"),
    (ALEXNET, "activation_bytes", 227 * 227 * 3 * 4, "the input"),
    (ALEXNET, "activation_bytes", 34944 * 4, "the parameters"),
    (ALEXNET, "activation_bytes", 55 * 55 * 4, "one channel, and there are 96"),
    (IN_PLACE, "activation_bytes", 8 * 8 * 4 * 4, "in place"),
    (FLAT, "activation_bytes", 16 * 5 * 5 * 4, "a view"),
    (BATCH, "activation_bytes", 8 * 8 * 4 * 4, "the batch has 8"),
]


@pytest.mark.parametrize(("layer", "quantity", "wrong", "says"), CASES)
def test_a_wrong_answer_is_explained(layer: Layer, quantity: str, wrong: int, says: str) -> None:
    verdict = check(layer, quantity, wrong)
    assert not verdict.correct
    assert re.search(says, verdict.diagnosis), verdict.diagnosis
    assert verdict.message == verdict.diagnosis
    assert verdict.diagnosis.endswith(".")
    assert f"{wrong:,}" in verdict.diagnosis


def test_the_issue_s_own_sentence() -> None:
    """(11*11*3) * 96, without 96 biases."""
    assert check(ALEXNET, "parameters", 34848).diagnosis == (
        "That is (11*11*3) * 96 = 34,848: each of the 96 filters also has a bias."
    )


def test_right_answers_turn_into_the_formula() -> None:
    """The formulas as the course writes them, the numbers of AlexNet's first layer."""
    right = {
        "n_H": (55, "n_H = floor((227 + 2*0 - 11) / 4) + 1 = 55"),
        "n_C": (96, "n_C = 96"),
        "parameters": (34944, "parameters = (11*11*3 + 1) * 96 = 34,944"),
        "macs": (105415200, "MACs = 55*55*96 * (11*11*3) = 105,415,200"),
        "activation_bytes": (1161600, "activation bytes = 96*55*55 * 4 = 1,161,600"),
    }
    for quantity, (value, text) in right.items():
        verdict = check(ALEXNET, quantity, value)
        assert verdict.correct
        assert (verdict.message, verdict.diagnosis, verdict.hint) == (text, "", "")
    assert check(POOL, "parameters", 0).message == "parameters = 0 (nothing is learned here)"
    assert "in place" in check(IN_PLACE, "activation_bytes", 0).message


def brute_force(layer: Layer) -> tuple[int, int]:
    """Parameters and multiplications of a convolution, counted one by one."""
    a, (height, width) = layer.arguments, layer.output_shape[1:]
    learned, multiplied = set(), 0
    for c, y, x in itertools.product(range(a.channels), range(height), range(width)):
        group = c // (a.channels // a.groups)
        depth = a.in_channels // a.groups
        for z, i, j in itertools.product(range(depth), range(a.kernel[0]), range(a.kernel[1])):
            learned.add((c, group * depth + z, i, j))
            multiplied += 1
        if a.bias:
            learned.add((c, y * 0, x * 0, -1))
    return len(learned), multiplied


@pytest.mark.parametrize("layer", [STRIDED, DILATED, BARE, WIDE])
def test_counting_one_by_one_is_right(layer: Layer) -> None:
    learned, multiplied = brute_force(layer)
    assert check(layer, "parameters", learned).correct
    assert check(layer, "macs", multiplied).correct


@pytest.mark.parametrize("name", programs.names())
def test_no_diagnosis_ever_calls_a_right_answer_wrong(name: str) -> None:
    """Every layer of every network, every quantity; and each sentence's arithmetic gives its number."""
    program = programs.load(name)
    assert program is not None
    seen: set[str] = set()
    for layer in Trace(model=name, program=program, input_shape=program.inputs[0].shape[1:]).layers:
        for quantity in QUANTITIES:
            right = right_answers(layer, quantity)
            for value in right:
                verdict = check(layer, quantity, value)
                assert verdict.correct
                assert verdict.diagnosis == ""
                assert f"{value:,}" in verdict.formula
            for found in mistakes(layer, quantity) if right else ():
                assert found.value not in right
                assert found.value >= 0
                if found.sentence not in seen:
                    seen.add(found.sentence)
                    check_sentence(found.value, found.sentence)


def check_sentence(value: int, sentence: str) -> None:
    arithmetic = re.match(r"That is (.+?) = ([\d,]+): ", sentence)
    if arithmetic:
        assert worked_out(arithmetic[1]) == value, sentence
        assert int(arithmetic[2].replace(",", "")) == value
    else:
        assert re.match(rf"(That is )?{value:,}(:| is) ", sentence), sentence


def test_what_fits_nothing_gets_a_hint_without_numbers_of_the_answer() -> None:
    for quantity in QUANTITIES:
        verdict = check(ALEXNET, quantity, 7777777)
        assert verdict.diagnosis == ""
        assert verdict.message == verdict.hint == hint(ALEXNET, quantity)
        for right in right_answers(ALEXNET, quantity):
            assert not re.search(rf"\b({right}|{right:,})\b", verdict.hint)


def test_negative_numbers_get_a_hint() -> None:
    """3 - 11 windows do not fit; nobody is told that -1 was meant."""
    assert check(ALEXNET, "n_H", -1).diagnosis == ""


def test_a_field_that_is_not_square_has_two_right_answers() -> None:
    """A 3x5 window on the input sees 3 rows and 5 columns."""
    assert check(WIDE, "receptive_field", 3).correct
    assert check(WIDE, "receptive_field", 5).correct
    assert not check(WIDE, "receptive_field", 4).correct


def test_what_a_layer_does_not_have_is_said() -> None:
    with pytest.raises(CnnvizError, match="has no n_H to check"):
        check(DENSE, "n_H", 1)
    with pytest.raises(UnknownNameError, match="did you mean parameters"):
        check(DENSE, "parameter", 1)
