"""Pictures of the layer card: tensors to scale, the receptive field."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.card.field_picture import Seen, field_svg, field_words, seen_by_the_middle
from cnnviz.card.operations import arrow_words, operation_latex
from cnnviz.card.volumes import volumes_svg, volumes_words
from cnnviz.programs import names
from tests.cards import find


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
