"""The layer card: quantities and neighbours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import cnnviz
from cnnviz.card import card_of
from cnnviz.card.operations import operation_words
from cnnviz.programs import names
from tests.cards import find, told

NOTES = json.loads((Path(__file__).parent / "oracle" / "worked_examples.json").read_text())


def test_the_first_layer_of_alexnet_is_told_as_in_the_course() -> None:
    """Oracle: worked_examples.json and the course's arithmetic, (11*11*3 + 1) * 96 = 34,944."""
    card = told("alexnet@course", "conv1")
    assert card.words == "96 filters of 11 × 11 × 3, stride 4, no padding, with a bias each."
    assert card.operation == "convolution"
    assert [card.quantity(n).value for n in ("n_H", "n_W", "n_C")] == NOTES["alexnet_course"]["rows"][0][1]
    assert card.quantity("parameters").latex == r"(11 \cdot 11 \cdot 3 + 1) \cdot 96 = 34{,}944"
    assert card.quantity("parameters").general == r"(f_H \cdot f_W \cdot n_C^{[l-1]} + 1) \cdot n_C"
    assert [n.name for n in card.sources] == ["the input"]
    assert card.sources[0].shape == "227 × 227 × 3"
    assert [n.name for n in card.targets] == ["act1"]


def test_an_inception_module_takes_from_four_branches_and_feeds_the_next_module() -> None:
    """Oracle: table 1 of the paper, inception (3a): 64 + 128 + 32 + 32 = 256."""
    card = told("googlenet", "inception_3a", "cat")
    assert [n.shape for n in card.sources] == [f"28 × 28 × {n}" for n in (64, 128, 32, 32)]
    assert {n.name.split(".")[0] for n in card.targets} == {"inception_3b"}
    assert len(card.targets) == 4
    assert card.quantity("n_C").latex == "64 + 128 + 32 + 32 = 256"


def test_the_last_layer_goes_to_the_output() -> None:
    trace = cnnviz.trace("resnet18")
    assert [n.name for n in card_of(trace, len(trace.layers) - 1).targets] == ["the output"]


@pytest.mark.parametrize("name", names())
def test_neighbours_name_each_other(name: str) -> None:
    """Oracle: every way has two ends; whatever a layer names as source names it as target."""
    trace = cnnviz.trace(name)
    cards = [card_of(trace, layer.index) for layer in trace.layers]
    down = {(card.index, n.index) for card in cards for n in card.targets if n.index is not None}
    up = {(n.index, card.index) for card in cards for n in card.sources if n.index is not None}
    assert up == down
    assert all(card.sources and card.targets and card.title for card in cards)


class Head(nn.Module):
    """What no catalogue network has at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.norm = nn.BatchNorm2d(8)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.drop = nn.Dropout(0.4)
        self.fc = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.norm(self.conv(x)))
        return torch.softmax(self.fc(self.drop(torch.flatten(x, 1))), 1)


def test_every_kind_of_layer_has_its_words_and_equation() -> None:
    """Oracle: definitions of the operations, written out; 2 numbers for each of 8 channels are 16."""
    trace = cnnviz.trace(Head(), (3, 16, 16))
    cards = {layer.op: card_of(trace, layer.index) for layer in trace.layers}
    assert cards["softmax"].equation == r"p_i = \dfrac{e^{z_i}}{\sum_j e^{z_j}}"
    assert cards["batch_norm"].equation.startswith(r"y = \gamma")
    assert cards["batch_norm"].quantity("parameters").latex == r"2 \cdot 8 = 16"
    assert cards["batch_norm"].quantity("parameters").why == "γ and β for each channel"
    assert cards["adaptive_avg_pool2d"].operation == "global average pooling"
    assert r"\dfrac{1}{196}" in cards["adaptive_avg_pool2d"].equation  # 14 * 14 positions
    assert cards["flatten"].quantity("n_C").latex == r"8 \cdot 1 \cdot 1 = 8"
    assert cards["dropout"].quantity("activation_bytes").value == 0
    assert cards["linear"].quantity("parameters").latex == r"(8 + 1) \cdot 10 = 90"
    assert all(card.words for card in cards.values())


def test_groups_are_told() -> None:
    """Oracle: AlexNet's paper, conv2: kernels of 5 x 5 x 48 on 96 maps."""
    trace = cnnviz.trace("alexnet@paper")
    layer = trace.layers[find(trace, "conv2")]
    assert "5 × 5 × 48" in operation_words(layer)
    assert "in 2 groups: each filter sees 48 of 96 channels" in operation_words(layer)
    depthwise = cnnviz.trace("mobilenet_v1")
    card = card_of(depthwise, find(depthwise, "features.conv2.depthwise"))
    assert card.operation == "depthwise convolution"
    assert r"\text{groups}" in card.quantity("parameters").general
