"""The layer card: neighbours, stories of blocks, pictures."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import Tensor, nn

import cnnviz
from cnnviz.card import Card, card_of
from cnnviz.card.blocks import Block, block_around, block_at
from cnnviz.card.field_picture import Seen, field_svg, field_words, seen_by_the_middle
from cnnviz.card.operations import arrow_words, operation_latex, operation_words
from cnnviz.card.volumes import volumes_svg, volumes_words
from cnnviz.programs import names
from cnnviz.trace import Trace

NOTES = json.loads((Path(__file__).parent / "oracle" / "worked_examples.json").read_text())


def find(trace: Trace, name: str, op: str = "") -> int:
    return next(la.index for la in trace.layers if la.name == name and op in ("", la.op))


def joins(trace: Trace, op: str) -> list[Block]:
    found = (block_at(trace, layer.index) for layer in trace.layers if layer.op == op)
    return [block for block in found if block]


def told(name: str, layer: str, op: str = "") -> Card:
    trace = cnnviz.trace(name)
    return card_of(trace, find(trace, layer, op))


# ---- quantities and neighbours


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


# ---- stories


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


# ---- pictures


def texts(svg: str) -> list[str]:
    """What a picture says; it must be well formed for that."""
    root = ElementTree.fromstring(svg)
    return ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]


def front(svg: str, which: int) -> tuple[float, float]:
    """Width and height of a front face in pixels."""
    paths = re.findall(r'class="f" d="M[\d.-]+ [\d.-]+h([\d.]+)v([\d.]+)', svg)
    return float(paths[which][0]), float(paths[which][1])


def test_boxes_are_to_scale_and_labelled() -> None:
    """Oracle: 227 to 55 is the ratio of the sides."""
    layer = cnnviz.trace("alexnet@course").layers[0]
    svg = volumes_svg(layer, words=arrow_words(layer))
    assert {"nH227", "nW227", "nC3", "nH55", "nW55", "nC96", "conv 11×11", "stride 4"} == set(texts(svg))
    (w, h), (w2, h2) = front(svg, 0), front(svg, 1)
    assert w == h
    assert w / w2 == pytest.approx(227 / 55, rel=0.01)
    assert h / h2 == pytest.approx(227 / 55, rel=0.01)
    assert volumes_words(layer) == "227 × 227 × 3 goes in, 55 × 55 × 96 comes out"


def test_joins_show_every_branch_and_long_ones_how_many_more() -> None:
    trace = cnnviz.trace("googlenet")
    layer = trace.layers[find(trace, "inception_3a", "cat")]
    said = texts(volumes_svg(layer, words="cat", names=["a", "b", "<c>", "d"]))
    assert {"28 × 28 × 64", "28 × 28 × 128", "28 × 28 × 32", "a", "b", "<c>", "d"} <= set(said)
    dense = cnnviz.trace("densenet201")
    last = dense.layers[find(dense, "dense_block_4", "cat")]  # the block's input and 32 layers: 33 tensors
    assert "… 30 more …" in texts(volumes_svg(last, words="cat"))


@pytest.mark.parametrize("name", names())
def test_every_layer_can_be_drawn(name: str) -> None:
    """Oracle: an XML parser, and a size that a step through a network can afford."""
    trace = cnnviz.trace(name)
    for layer in trace.layers:
        svg = volumes_svg(layer, words=arrow_words(layer), dark=layer.index % 2 == 1)
        assert texts(svg)
        assert len(svg) < 4000
        seen = seen_by_the_middle(layer, trace.input_shapes[0][1:])
        if seen:
            ElementTree.fromstring(field_svg(seen))
        assert operation_latex(layer).count("{") == operation_latex(layer).count("}")


def test_the_field_of_the_middle_is_what_a_gradient_finds() -> None:
    """Oracle: torch: the pixels with a gradient behind the middle element of LeNet-5's second pool."""
    trace = cnnviz.trace("lenet5@course")
    layer = trace.layers[find(trace, "pool2")]
    seen = seen_by_the_middle(layer, (32, 32))
    conv1, conv2, pool = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5), nn.AvgPool2d(2, 2)
    x = torch.rand(1, 1, 32, 32, requires_grad=True)
    y = pool(conv2(pool(conv1(x))))
    y[0, 0, y.shape[2] // 2, y.shape[3] // 2].backward()
    rows = x.grad[0, 0].abs().sum(1).nonzero().flatten()
    assert (seen[0].low, seen[0].high) == (int(rows[0]), int(rows[-1]))
    assert field_words(seen) == "The middle element sees 16 × 16 pixels of 32 × 32."


def test_a_field_larger_than_the_image_is_clipped_and_said() -> None:
    """Oracle: the layer's receptive field, and the image's 224 pixels."""
    trace = cnnviz.trace("resnet50")
    layer = trace.layers[find(trace, "conv5_x.block_3", "add")]
    seen = seen_by_the_middle(layer, (224, 224))
    assert seen[0].field == layer.receptive_field[0] > 224
    assert "whole image of 224 × 224: its field of" in field_words(seen)
    assert "stroke-dasharray" in field_svg(seen)
    assert seen[0].inside == 224


def test_a_field_in_the_padding_is_said() -> None:
    """Oracle: pixels 0 to 8 of -2 to 8 are in the image: nine of eleven."""
    seen = (Seen(size=32, low=-2, high=8),) * 2
    assert (seen[0].field, seen[0].inside) == (11, 9)
    assert field_words(seen).endswith("11 × 11 pixels of 32 × 32, some of them in the padding.")


def test_an_image_of_ones_own_cannot_break_out_of_the_picture() -> None:
    svg = field_svg((Seen(size=8, low=0, high=3),) * 2, image='data:image/png;base64,"/><script>')
    assert "<script" not in svg
    ElementTree.fromstring(svg)


# ---- on a page


def page(network: str, index: int, hidden: tuple[str, ...] = (), large: bool = False) -> AppTest:
    def script(network: str, index: int, hidden: tuple[str, ...], large: bool) -> None:
        import cnnviz
        from cnnviz.architectures import find
        from cnnviz.exercises.predictions import Predictions
        from cnnviz.ui.card import card_texts, layer_card

        trace = cnnviz.trace(network)
        texts = card_texts(trace, index, Predictions(trace=trace, chosen=hidden), large=large)
        layer_card(trace, find(network), index, texts, large=large)

    app = AppTest.from_function(script, args=(network, index, hidden, large), default_timeout=60).run()
    assert not app.exception
    return app


def words_of(app: AppTest) -> str:
    return "\n".join(markdown.value for markdown in app.markdown)


@pytest.mark.parametrize("large", [False, True])
def test_a_page_shows_the_card_with_few_elements(large: bool) -> None:
    """Oracle: the course's numbers; every element of a page costs about 0.2 ms a step."""
    app = page("alexnet@course", 0, large=large)
    assert r"\mathbf{34{,}944}" in words_of(app)
    assert r"n_H = n_W = \left\lfloor" in words_of(app)
    assert len(app.main) < 10


def test_a_join_tells_its_story_on_the_page() -> None:
    trace = cnnviz.trace("googlenet")
    said = words_of(page("googlenet", find(trace, "inception_3a", "cat")))
    assert "4 branches, concatenated" in said
    assert "64 + 128 + 32 + 32 = 256" in said


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(
    ("hidden", "secrets"),
    [
        (("n_H",), ("55", "1{,}161{,}600", "105{,}415{,}200")),
        (("n_W",), ("55", "1{,}161{,}600", "105{,}415{,}200")),
        (("parameters",), ("34{,}944", "105{,}415{,}200")),
        (("macs",), ("105{,}415{,}200",)),
    ],
)
def test_what_is_to_be_predicted_is_nowhere_on_the_card(
    hidden: tuple[str, ...], secrets: tuple[str, ...], large: bool
) -> None:
    """Oracle: the course's numbers of AlexNet's first layer; all of them are shown otherwise.

    Memory is 55*55*96*4 bytes and has n_H in it; MACs are the weights times 55*55.
    """
    said = words_of(page("alexnet@course", 0, hidden, large))
    shown = words_of(page("alexnet@course", 0, large=large))
    for secret in secrets:
        assert secret not in said
        assert secret in shown


def test_a_hidden_receptive_field_is_not_drawn_either() -> None:
    said = words_of(page("alexnet@course", 0, ("receptive_field",)))
    assert "r_H" not in said
    assert "j_H" in said


def test_a_filters_depth_is_not_told_where_channels_are_to_be_predicted() -> None:
    """Oracle: GoogLeNet's first module makes 256 channels, which the next one's filters are deep."""
    trace = cnnviz.trace("googlenet")
    after = next(
        layer.index for layer in trace.layers if layer.name.startswith("inception_3b.") and layer.parameters
    )
    assert "256" in words_of(page("googlenet", after))
    assert "256" not in words_of(page("googlenet", after, ("n_C",)))


def test_a_card_needs_no_torch() -> None:
    """Oracle: a process in which importing torch fails."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import cnnviz, cnnviz.source; from cnnviz.card import card_of\n"
        "print(card_of(cnnviz.trace('alexnet@course'), 0).quantity('parameters').value)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "34944", done.stderr
