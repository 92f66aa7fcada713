"""Counting conventions against the tools that they are named after."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import cnnviz
from cnnviz import conventions, peers
from cnnviz.architectures import CATALOGUE, find
from cnnviz.conventions import (
    DEFAULT,
    FLOPS,
    PRESETS,
    beyond,
    by_part,
    counted,
    differences,
    items,
    per_layer,
)
from cnnviz.errors import OptionError
from cnnviz.trace import Trace

ORACLE = Path(__file__).parent / "oracle" / "conventions.csv"
PUBLISHED = {row["model"]: row for row in csv.DictReader(ORACLE.open())}
NAMES = [f"{a.name}@{v.name}" for a in CATALOGUE for v in a.variants]
# A spread of the catalogue, small where that makes it quick; 100 pixels leave adaptive windows uneven.
SPREAD = {
    "lenet5@paper": (1, 32, 32),
    "alexnet@paper": (3, 67, 67),
    "alexnet@torchvision": (3, 100, 100),
    "nin@d2l": (1, 67, 67),
    "vgg11@bn": (3, 64, 64),
    "googlenet@paper": (3, 64, 64),
    "inception_v3@torchvision": (3, 107, 107),
    "resnet20@paper": (3, 32, 32),
    "resnet50@paper": (3, 64, 64),
    "resnext50_32x4d@torchvision": (3, 64, 64),
    "squeezenet1_1@torchvision": (3, 64, 64),
    "densenet121@torchvision": (3, 64, 64),
    "mobilenet_v2@torchvision": (3, 64, 64),
    "efficientnet_b0@torchvision": (3, 64, 64),
    "convnext_tiny@torchvision": (3, 64, 64),
}


class Fire(nn.Module):
    """SqueezeNet's module (Iandola et al. 2016, figure 2)."""

    def __init__(self, channels: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Sequential(nn.Conv2d(channels, squeeze, 1), nn.ReLU())
        self.small = nn.Sequential(nn.Conv2d(squeeze, expand, 1), nn.ReLU())
        self.large = nn.Sequential(nn.Conv2d(squeeze, expand, 3, padding=1), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x)
        return torch.cat([self.small(x), self.large(x)], 1)


def squeezenet1_0() -> nn.Module:
    """SqueezeNet 1.0 by the paper's table 1, with the ceil mode that gives its sizes at 224."""

    def pool() -> nn.Module:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    fires = (
        (96, 16),
        (128, 16),
        (128, 32),
        None,
        (256, 32),
        (256, 48),
        (384, 48),
        (384, 64),
        None,
        (512, 64),
    )
    body = [pool() if fire is None else Fire(fire[0], fire[1], 4 * fire[1]) for fire in fires]
    stem = [nn.Conv2d(3, 96, 7, 2), nn.ReLU(), pool()]
    head = [nn.Dropout(), nn.Conv2d(512, 1000, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*stem, *body, *head)


def vgg16() -> nn.Module:
    """The paper's VGG-16 with torchvision's pooling to 7x7, which does nothing at 224 pixels."""
    model = find("vgg16@paper").build()
    model.block5 = nn.Sequential(model.block5, nn.AdaptiveAvgPool2d(7))
    return model


def traced(model: str) -> Trace:
    own = {"squeezenet1_0": squeezenet1_0, "vgg16": vgg16}
    if model in own:
        return cnnviz.trace(own[model](), (3, 224, 224))
    return cnnviz.trace(f"{model}@torchvision")


@pytest.mark.parametrize("model", PUBLISHED)
def test_each_tool_is_reproduced_to_the_last_digit(model: str) -> None:
    """Oracle: what the tools themselves counted of torchvision's networks (tests/oracle/SOURCES.md)."""
    trace, row = traced(model), PUBLISHED[model]
    expected = {name: int(figure) for name, figure in row.items() if name != "model"}
    if model == "densenet121":
        # torchvision's calls its last ReLU and pooling, on 1024 maps of 7x7, as functions: thop sees no
        # pooling there (one for each number in, one for each out), ptflops counts them once and not twice.
        expected["thop"] += 7 * 7 * 1024 + 1024
        expected["ptflops"] += 2 * 7 * 7 * 1024
    assert {name: counted(trace, PRESETS[name]) for name in expected} == expected


@pytest.mark.parametrize("name", SPREAD)
@pytest.mark.parametrize("peer", peers.PEERS)
def test_each_tool_says_the_same_here_and_now(name: str, peer: str) -> None:
    """Oracle: the tool itself, run on the network; those that are not installed are skipped."""
    tool = peers.PEERS[peer]
    if not tool.installed:
        pytest.skip(f"{tool.package} is not installed: {peers.INSTALL}")
    answer = peers.opinion(tool, find(name).build, SPREAD[name])
    assert answer.number == counted(cnnviz.trace(name, SPREAD[name]), PRESETS[peer]), answer.problem


@pytest.mark.parametrize("activation", ["leaky_relu", "elu", "gelu", "silu", "sigmoid"])
@pytest.mark.parametrize("peer", peers.PEERS)
def test_each_tool_treats_activations_its_own_way(activation: str, peer: str) -> None:
    """Oracle: the tool itself on ResNet-18 with another activation."""
    tool = peers.PEERS[peer]
    if not tool.installed:
        pytest.skip(f"{tool.package} is not installed: {peers.INSTALL}")
    options = {"activation": activation}
    answer = peers.opinion(tool, find("resnet18", options=options).build, (3, 64, 64))
    trace = cnnviz.trace("resnet18", (3, 64, 64), options=options)
    assert answer.number == counted(trace, PRESETS[peer]), answer.problem


def test_transposed_convolutions_show_the_classic_mistake() -> None:
    """Oracle: 5x5 positions of the input, 8 channels, 2x2x4 products each: 3,200; torchinfo and thop count
    the 10x10 positions of the output, 4 times as many, and torchinfo 10*10*4 biases on top."""
    trace = cnnviz.trace(nn.ConvTranspose2d(8, 4, 2, stride=2), (8, 5, 5))
    assert counted(trace, DEFAULT) == 3200
    assert counted(trace, PRESETS["thop"]) == 4 * 3200
    assert counted(trace, PRESETS["torchinfo"]) == 4 * 3200 + 400
    assert counted(trace, PRESETS["fvcore"]) == 3200
    (line,) = differences(trace, PRESETS["thop"])
    assert (line.operation, line.difference) == ("transposed convolution", 3 * 3200)
    assert line.why.startswith("a mistake")
    answer = peers.opinion(peers.PEERS["torchinfo"], lambda: nn.ConvTranspose2d(8, 4, 2, stride=2), (8, 5, 5))
    assert answer.number == counted(trace, PRESETS["torchinfo"])


@pytest.mark.parametrize("name", NAMES)
def test_layers_parts_and_differences_add_up(name: str) -> None:
    """Oracle: arithmetic: layers, parts, and plain MACs with the differences, all make the same total."""
    trace = cnnviz.trace(name)
    every = conventions.find("flops," + ",".join(conventions.ADDED))
    for convention in (*PRESETS.values(), every):
        total = counted(trace, convention)
        assert sum(per_layer(trace, convention)) == total
        assert sum(by_part(trace, convention).values()) == total
        assert trace.macs + sum(line.difference for line in differences(trace, convention)) == total
        plain = trace.macs * (2 if convention.flops else 1)
        assert plain + sum(beyond(trace, convention).values()) == total


@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize("how", ["module", "function"])
def test_local_response_norms_take_their_own_size(
    how: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: what torch itself averages: squares, scales and shifts of every number, and the padded map."""
    averaged: list[int] = []
    average = nn.functional.avg_pool3d

    def spy(x: Tensor, *rest: object, **more: object) -> Tensor:
        averaged.append(x.numel())
        return average(x, *rest, **more)  # type: ignore[arg-type]

    class Function(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return nn.functional.local_response_norm(x, size)

    network = nn.LocalResponseNorm(size) if how == "module" else Function()
    monkeypatch.setattr(nn.functional, "avg_pool3d", spy)
    network(torch.zeros(1, 6, 4, 4))
    monkeypatch.undo()
    trace = cnnviz.trace(network, (6, 4, 4))
    assert counted(trace, PRESETS["calflops"]) == counted(trace, PRESETS["ptflops"]) == 3 * 96 + averaged[0]


def test_plain_macs_are_what_a_trace_says() -> None:
    trace = cnnviz.trace("googlenet")
    assert per_layer(trace, DEFAULT) == tuple(layer.macs for layer in trace.layers)
    assert counted(trace, FLOPS) == 2 * trace.macs
    assert differences(trace, DEFAULT) == ()


def test_a_batch_is_counted_for_one_image() -> None:
    """Oracle: the same network with a batch of one."""
    one, four = cnnviz.trace("resnet18"), cnnviz.trace("resnet18", batch_size=4)
    for convention in PRESETS.values():
        assert counted(four, convention) == counted(one, convention)


def test_a_convention_of_ones_own_counts_what_it_names() -> None:
    """Oracle: LeNet-5 by hand: 416,520 MACs; biases at 28x28x6 + 10x10x16 + 120 + 84 + 10 outputs; tanh at
    28x28x6 + 10x10x16 + 120 + 84 elements; pooling reads 28x28x6 + 10x10x16 numbers."""
    trace = cnnviz.trace("lenet5@course")
    assert counted(trace, conventions.find("macs,bias")) == 416_520 + 6_518
    assert counted(trace, conventions.find("flops+bias")) == 2 * 416_520 + 6_518
    assert counted(trace, conventions.find("macs activation pooling")) == 416_520 + 6_508 + 6_304


def test_folded_norms_cost_one_multiply_add_an_element() -> None:
    """Oracle: torchprofile's published figure counts just that, and 512 for the last pooling."""
    trace = cnnviz.trace("resnet18@torchvision")
    elements = int(PUBLISHED["resnet18"]["torchprofile"]) - 512 - trace.macs
    assert counted(trace, conventions.find("macs,norm")) == trace.macs + elements
    assert counted(trace, conventions.find("flops,norm")) == 2 * (trace.macs + elements)


def test_names_are_found_however_they_are_written() -> None:
    assert conventions.find("FvCore") is PRESETS["fvcore"]
    assert conventions.find("torchvision") is conventions.find("") is DEFAULT
    assert conventions.find("flops bias,norm").name == "flops,bias,norm"
    assert conventions.find("flops+norm+bias") is conventions.find("flops,bias,norm")
    assert conventions.chosen("macs") is conventions.chosen(None) is None
    for wrong in ("fvcor", "flops,soup", "bias", "flops,__class__"):
        with pytest.raises(OptionError, match="there are macs, flops, torchinfo"):
            conventions.find(wrong)


@pytest.mark.parametrize("convention", PRESETS.values(), ids=lambda convention: convention.name)
def test_every_line_of_a_layer_ends_in_its_number(convention: conventions.Convention) -> None:
    """Oracle: the number that the table shows for the layer."""
    trace = cnnviz.trace("resnet18")
    for layer, number in zip(trace.layers, per_layer(trace, convention), strict=True):
        said = conventions.sentence(trace, layer, convention)
        assert said.partition(", because")[0].split(" = ")[-1] == f"{number:,}"
        assert all(item.why or item.part == "macs" for item in items(trace, layer, convention))


def test_a_norm_says_why_it_counts() -> None:
    """Oracle: by hand: bn1 of ResNet-18 has 112 * 112 * 64 = 802,816 elements."""
    trace = cnnviz.trace("resnet18")
    said = conventions.sentence(trace, trace.layers[1], PRESETS["fvcore"])
    assert said == "2 x 802,816 = 1,605,632, because batch norm counts 2 for each element"
