"""What is made of a comparison: links, real layers, files, pictures."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import cnnviz
from cnnviz.errors import CnnvizError
from cnnviz.savings import TRICKS, Trick, compared, cost_curve, trick
from cnnviz.savings.curve import break_even_width
from cnnviz.savings.curve_picture import curve_svg, curve_words
from cnnviz.savings.export import FORMATS, curve_csv
from cnnviz.savings.link import read, written
from cnnviz.savings.picture import picture_svg, picture_words
from cnnviz.savings.real import numbers_of, on_layer, real_convolutions, why_not
from tests.torch_paths import counted

by_name = pytest.mark.parametrize("of", TRICKS, ids=lambda of: of.name)
SVG = "{http://www.w3.org/2000/svg}"


@by_name
def test_a_link_says_the_values_and_brings_them_back(of: Trick) -> None:
    """Invariant: read undoes written; the defaults are no text at all."""
    assert written(of, of.defaults) == ""
    values = of.values({"n_H": 40, "bias": 0})
    text = written(of, values)
    assert sorted(text.split(",")) == ["bias=0", "n_H=40"]
    assert read(of, text) == (values, ())


@given(st.text(max_size=60))
def test_any_text_gives_values_that_work_and_says_what_it_cannot(text: str) -> None:
    of = trick("bottleneck")
    said = read(of, text)
    compared(of, said.values)
    if any("=" not in part for part in text.split(",") if part.strip()):
        assert said.problems
    if not said.problems:
        assert read(of, written(of, said.values)).values == said.values


def test_one_bad_value_of_a_link_leaves_the_others() -> None:
    said = read(trick("bottleneck"), "width=24,channels=0")
    assert said.values["width"] == 24
    assert said.values["channels"] == 192
    assert "channels must be a whole number from 1 to 1024, got 0" in said.problems[0]


class Bottleneck(nn.Sequential):
    """The course's two convolutions in the place of a layer."""

    def __init__(self, layer: nn.Conv2d, width: int) -> None:
        super().__init__(
            nn.Conv2d(layer.in_channels, width, 1),
            nn.Conv2d(width, layer.out_channels, layer.kernel_size, layer.stride, layer.padding),
        )


class Separable(nn.Sequential):
    """A depthwise and a pointwise convolution in the place of a layer."""

    def __init__(self, layer: nn.Conv2d, width: int) -> None:
        C = layer.in_channels
        super().__init__(
            nn.Conv2d(C, C, layer.kernel_size, layer.stride, layer.padding, groups=C),
            nn.Conv2d(C, layer.out_channels, 1),
        )


@pytest.mark.parametrize(("name", "replaced"), [("bottleneck", Bottleneck), ("separable", Separable)])
@pytest.mark.parametrize("where", ["conv1", "conv2"])
def test_a_layer_of_a_real_network_is_replaced(name: str, replaced: type, where: str) -> None:
    """Oracle: LeNet-5 with that module put in, counted by FlopCounterMode and by its own parameters."""
    trace = cnnviz.trace("lenet5")
    of = trick(name)
    values = of.values({"width": 3} if name == "bottleneck" else {})
    layer = next(layer for layer in real_convolutions(trace) if layer.name == where)
    effect = on_layer(of, trace, layer, values)
    network = cnnviz.find("lenet5").build()
    setattr(network, where, replaced(getattr(network, where), 3))
    macs, parameters, _ = counted(network, trace.input_shape)
    assert effect.network_after[:2] == (macs, parameters)
    assert effect.network_before[:2] == (trace.macs, trace.parameters)
    assert cnnviz.trace(network, trace.input_shape).activation_bytes == effect.network_after.activation_bytes


def test_where_a_trick_does_not_fit_a_word_says_why() -> None:
    """ResNet-50's conv1 of a block is 1x1, its conv2 3x3 (He et al. 2015, table 1)."""
    layers = {layer.name: layer for layer in real_convolutions(cnnviz.trace("resnet50"))}
    one, three = (layers[f"conv2_x.block_1.residual.conv{i}"] for i in (1, 2))
    for of in TRICKS:
        for layer in (one, three):
            reason = why_not(of, layer, of.defaults)
            assert not reason or (reason.endswith(".") and len(reason) > 30)
    assert "1x1 convolution" in why_not(trick("bottleneck"), one, trick("bottleneck").defaults)
    assert why_not(trick("separable"), three, trick("separable").defaults) == ""
    assert "whole block" in why_not(trick("resnet"), three, trick("resnet").defaults)
    depthwise = next(
        layer for layer in real_convolutions(cnnviz.trace("mobilenet_v1")) if layer.arguments.groups > 1
    )
    for name in ("stacked", "separable", "grouped", "bottleneck"):
        assert "groups" in why_not(trick(name), depthwise, trick(name).defaults)


@pytest.mark.parametrize("name", ["alexnet", "inception_v3", "mobilenet_v1", "resnet50", "convnext_tiny"])
def test_every_layer_of_real_networks_is_replaced_or_refused(name: str) -> None:
    """Invariant: what takes a layer's place makes the same volume."""
    trace = cnnviz.trace(name)
    replaced = 0
    for of in TRICKS:
        for layer in real_convolutions(trace):
            if why_not(of, layer, of.defaults):
                with pytest.raises(CnnvizError):
                    on_layer(of, trace, layer, of.defaults)
                continue
            effect = on_layer(of, trace, layer, of.defaults)
            assert effect.path.trace().layers[-1].output_shape == layer.output_shape
            replaced += 1
    assert replaced


def test_a_real_layer_on_the_sliders_is_that_layer() -> None:
    """Oracle: the layer's own trace: the plain path of the comparison costs what the layer does."""
    for layer in real_convolutions(cnnviz.trace("alexnet"))[1:]:
        of = trick("bottleneck")
        made = compared(of, of.defaults | numbers_of(of, layer))
        assert (made.macs[0], made.parameters[0]) == (layer.macs, layer.parameters)
    rows = [
        layer for layer in real_convolutions(cnnviz.trace("inception_v3")) if layer.arguments.kernel == (1, 7)
    ]
    with pytest.raises(CnnvizError, match="1x7 directly"):
        numbers_of(trick("bottleneck"), rows[0])


@by_name
def test_files_hold_the_numbers(of: Trick) -> None:
    """Oracle: the comparison, whose numbers other tests hold."""
    made = compared(of, {})
    told = {name: write(made) for name, write in FORMATS.items()}
    rows = list(csv.DictReader(io.StringIO(told["csv"])))
    for path, macs, parameters in zip(made.paths, made.macs, made.parameters, strict=True):
        own = [row for row in rows if row["path"] == path.title]
        assert sum(int(row["macs"]) for row in own) == macs
        assert sum(int(row["parameters"]) for row in own) == parameters
        assert f"{macs:,}" in told["markdown"]
        assert f"{macs:,}" in told["latex"]
    data = json.loads(told["json"])
    assert [path["totals"]["macs"] for path in data["paths"]] == list(made.macs)
    assert data["break_even"]["width"] == break_even_width(made)
    assert (
        told["latex"].count(r"\begin{tabular}")
        == told["latex"].count(r"\end{tabular}")
        == 1 + len(made.paths)
    )


@by_name
def test_the_curve_as_csv(of: Trick) -> None:
    curve = cost_curve(compared(of, {}))
    head, *lines = csv.reader(io.StringIO(curve_csv(curve)))
    assert head[0] == of.main
    assert [tuple(map(int, line)) for line in lines] == list(zip(curve.widths, *curve.macs, strict=True))


@by_name
@pytest.mark.parametrize("dark", [False, True])
def test_pictures_are_drawings_with_every_number(of: Trick, dark: bool) -> None:
    """Oracle: an XML parser, and the layers' multiplications as text in the picture."""
    made = compared(of, {})
    drawn = ElementTree.fromstring(picture_svg(made, dark=dark))
    said = " ".join(text.text or "" for text in drawn.iter(f"{SVG}text"))
    for trace in made.traces:
        assert all(f"{layer.macs:,}" in said for layer in trace.layers if layer.macs)
    wide, high = map(float, drawn.attrib["viewBox"].split()[2:])
    for text in drawn.iter(f"{SVG}text"):
        assert 0 <= float(text.attrib["x"]) <= wide
        assert 0 <= float(text.attrib["y"]) <= high
    assert f"{made.macs[0]:,} multiplications" in picture_words(made)
    curve = cost_curve(made)
    ElementTree.fromstring(curve_svg(curve, "width", of.lines, dark=dark))
    assert len(of.lines) == len(made.paths)
    assert f"{made.macs[1]:,}" in curve_words(curve, "width", of.lines)


@by_name
def test_no_word_of_a_curve_is_cut_off_or_struck_through(of: Trick) -> None:
    """Oracle: Helvetica, whose letters are half as wide as high on the average; a letter of 14 px is 7 px."""
    drawn = ElementTree.fromstring(curve_svg(cost_curve(compared(of, {})), "width", of.lines))
    edge = float(drawn.attrib["viewBox"].split()[2])
    texts = {text.text or "": text for text in drawn.iter(f"{SVG}text")}
    for name in of.lines:
        assert float(texts[name].attrib["x"]) + 7 * len(name) <= edge
    for words, text in texts.items():
        if words.startswith("break-even"):
            x, y, wide = float(text.attrib["x"]), float(text.attrib["y"]), 7 * len(words)
            left = x - wide if text.attrib["class"] == "e" else x
            assert not any(
                y - 10 < height < y
                for line in drawn.iter(f"{SVG}polyline")
                for height in _heights(line.attrib["points"], left, left + wide)
            )


def _heights(points: str, left: float, right: float) -> list[float]:
    """Where a line runs at the pixels from left to right."""
    bends = [tuple(map(float, point.split(","))) for point in points.split()]
    return [
        y + (v - y) * (at - x) / (u - x)
        for (x, y), (u, v) in itertools.pairwise(bends)
        for at in range(round(left), round(right))
        if x <= at <= u and u > x
    ]


def test_volumes_are_to_scale() -> None:
    """Oracle: the course's sizes: 28 positions are one length in all volumes, 192 channels 6 times 32."""
    drawn = picture_svg(compared(trick("bottleneck"), {}))
    fronts = re.findall(r'class="f" d="M[\d.]+ [\d.]+h([\d.]+)v([\d.]+)', drawn)
    assert len(fronts) == 5
    assert len(set(fronts)) == 1
    depths = [float(x) for x in re.findall(r'class="t" d="M[\d.]+ [\d.]+l([\d.]+)', drawn)]
    assert depths == [48.0, 8.0, 48.0, 4.0, 8.0]  # 192, 32, 192, 16, 32
