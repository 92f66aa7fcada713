"""Stories of blocks on the layer card: residual, inception, dense, gates."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import cnnviz
from cnnviz.card import card_of
from cnnviz.card.blocks import block_around, block_at
from tests.cards import find, joins, told

NOTES = json.loads((Path(__file__).parent / "oracle" / "worked_examples.json").read_text())


@pytest.mark.parametrize(
    ("name", "identity", "projection", "depth"),
    [
        ("resnet18", 5, 3, 2),  # table 1: 2 blocks a stage, the first of conv3_x, conv4_x, conv5_x changes
        ("resnet34", 13, 3, 2),  # 3 + 4 + 6 + 3 blocks
        ("resnet50", 12, 4, 3),  # conv2_x too goes from 64 to 256 channels
        ("resnet152", 46, 4, 3),  # 3 + 8 + 36 + 3 blocks
        ("resnext50_32x4d", 12, 4, 3),
        ("mobilenet_v2", 10, 0, 3),  # table 2: repeats but the first, 1 + 2 + 3 + 2 + 2
        ("convnext_tiny", 18, 0, 3),  # 3 + 3 + 9 + 3 blocks
    ],
)
def test_residual_blocks_are_found_with_their_shortcuts(
    name: str, identity: int, projection: int, depth: int
) -> None:
    """Oracle: the papers' tables."""
    blocks = [b for b in joins(cnnviz.trace(name), "add") if b.kind == "residual"]
    shortcuts = [block.shortcut for block in blocks]
    assert (shortcuts.count("identity"), shortcuts.count("projection")) == (identity, projection)
    assert {block.depth for block in blocks} == {depth}


def test_an_identity_block_tells_the_notes_equation() -> None:
    """Oracle: worked_examples.json, a[l+2] = g(z[l+2] + a[l]); shapes of table 1."""
    story = told("resnet18", "conv2_x.block_2", "add").story
    plain = re.sub(r"\\underbrace\{([^{}]*(?:\{[^{}]*\})?)\}_\{([^{}]*)\}", r"\1", story.latex)
    equation = plain.replace("^{", "").replace("}", "").replace(r"\Big", "")
    assert equation.startswith(NOTES["residual_block"]["equations"][-1])
    assert story.latex.count(r"56 \times 56 \times 64") == 3
    assert story.title == "Residual block: identity block"
    assert "same shape, 56 × 56 × 64" in story.text
    assert r"g = \text{ReLU}" in story.latex


def test_a_convolutional_block_says_why() -> None:
    """Oracle: table 1: conv3_1 of ResNet-50 takes 56x56x256 and makes 28x28x512; 256*512 = 131,072."""
    story = told("resnet50", "conv3_x.block_1", "add").story
    assert story.title == "Residual block: convolutional block"
    assert "a[l] is 56 × 56 × 256 and z[l+3] is 28 × 28 × 512: they cannot be added" in story.text
    assert "with stride 2, n_H and n_W" in story.text
    assert "131,072 parameters" in story.text
    assert r"W_s\,a^{[l]}" in story.latex


def test_a_padded_shortcut_has_no_parameters() -> None:
    """Oracle: section 4.2: option A on CIFAR-10, 16 to 32 channels while the map halves."""
    story = told("resnet20", "conv3_x.block_1", "add").story
    assert "second pixel of every second line and appends 16 channels of zeros" in story.text


def test_projection_on_equal_shapes_is_not_explained_by_the_shapes() -> None:
    """Oracle: option C of section 3.3: all shortcuts are projections."""
    trace = cnnviz.trace("resnet18", options={"projection": "C"})
    story = card_of(trace, find(trace, "conv2_x.block_2", "add")).story
    assert "The shapes agree" in story.text


def test_every_layer_of_a_block_tells_its_block() -> None:
    trace = cnnviz.trace("resnet50")
    inside = [layer for layer in trace.layers if layer.name.startswith("conv2_x.block_2")]
    assert len(inside) > 8
    assert len({card_of(trace, layer.index).story for layer in inside}) == 1
    assert [card_of(trace, layer.index).joins for layer in inside].count(True) == 1
    assert card_of(trace, 0).story is None


def test_plain_networks_have_no_story() -> None:
    for name in ("vgg16", "alexnet", "lenet5@course", "plain34@paper"):
        trace = cnnviz.trace(name)
        assert not any(block_around(trace, layer.index) for layer in trace.layers)


def test_the_inception_module_of_the_course() -> None:
    """Oracle: worked_examples.json: branches of 64, 128, 32 and 32 channels make 28x28x256."""
    given = NOTES["inception_module_course"]
    story = told("googlenet", "inception_3a", "cat").story
    assert story.latex == "n_C = 64 + 128 + 32 + 32 = 256"
    assert story.lines == (
        "conv 1×1: **64** channels",
        "conv 1×1 → conv 3×3: **128** channels",
        "conv 1×1 → conv 5×5: **32** channels",
        "max pool 3×3 → conv 1×1: **32** channels",
    )
    assert list(given["branches"].values()) == [64, 128, 32, 32]
    assert "28 × 28 × 192" in story.text


@pytest.mark.parametrize("name", ["googlenet", "inception_v3", "squeezenet1_1"])
def test_channels_of_branches_add_up(name: str) -> None:
    """Oracle: the sum, added up here; nine modules in GoogLeNet, eleven in Inception-v3, eight fires."""
    trace = cnnviz.trace(name)
    blocks = joins(trace, "cat")
    assert len(blocks) == {"googlenet": 9, "inception_v3": 11, "squeezenet1_1": 8}[name]
    for block in blocks:
        assert block.kind == "branches"
        assert sum(b.shape[1] for b in block.branches) == trace.layers[block.join].n_C


@pytest.mark.parametrize(
    ("name", "layers", "first", "growth"),
    [("densenet121", (6, 12, 24, 16), 64, 32), ("densenet161", (6, 12, 36, 24), 96, 48)],
)
def test_dense_blocks_grow_by_their_growth_rate(
    name: str, layers: tuple[int, ...], first: int, growth: int
) -> None:
    """Oracle: table 1 of the paper: after m layers C_0 + m k channels, then half of them go on."""
    trace = cnnviz.trace(name)
    channels = first
    for number, count in enumerate(layers, start=1):
        block = block_at(trace, find(trace, f"dense_block_{number}", "cat"))
        assert block.kind == "dense"
        assert [b.shape[1] for b in block.branches] == [channels, *[growth] * count]
        channels = (channels + count * growth) // 2
    story = told(name, "dense_block_1.layer_3", "cat").story
    assert story.latex == f"n_C = {first} + {growth} + {growth} = {first + 2 * growth}"


def test_the_books_dense_block_is_one_too() -> None:
    """Oracle: section 8.7: four layers of 32 channels on 64 make 192; two tensors are joined at a time."""
    trace = cnnviz.trace("densenet@d2l")
    ends = [b for b in joins(trace, "cat") if len(b.branches) == 5]
    assert len(ends) == 4
    assert [b.shape[1] for b in ends[0].branches] == [64, 32, 32, 32, 32]


class SkipNet(nn.Module):
    """A U-Net in small: the map before the pool is joined to what comes back up."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3, padding=1)
        self.deep = nn.Conv2d(8, 16, 3, padding=1)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        skip = self.down(x)
        return torch.cat([skip, self.up(self.deep(torch.max_pool2d(skip, 2)))], 1)


def test_a_skip_connection_is_not_a_dense_block() -> None:
    """Oracle: the module's own forward."""
    trace = cnnviz.trace(SkipNet(), (3, 16, 16))
    (block,) = joins(trace, "cat")
    assert block.kind == "skip"
    assert "n_C = 8 + 8 = 16" in card_of(trace, block.join).story.latex


def test_names_do_not_matter() -> None:
    """Oracle: a residual block whose modules are called anything at all."""

    class Q(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inception, self.dense = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            return torch.tanh(x + self.dense(torch.relu(self.inception(x))))

    trace = cnnviz.trace(Q(), (4, 8, 8))
    (block,) = joins(trace, "add")
    assert (block.kind, block.shortcut, block.depth, block.fork) == ("residual", "identity", 2, -1)
    assert r"g = \text{tanh}" in card_of(trace, block.join).story.latex


def test_a_gate_is_told_as_one() -> None:
    """Oracle: Hu et al. 2018: one factor for each channel, from the channel's average."""
    trace = cnnviz.trace("efficientnet_b0")
    gates = [b for b in joins(trace, "mul") if b.kind == "gate"]
    assert len(gates) == 16  # one for each MBConv of table 1: 1 + 2 + 2 + 3 + 3 + 4 + 1
    assert "factor s for each of 32 channels" in card_of(trace, gates[0].join).story.text
