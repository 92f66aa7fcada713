"""MobileNets against the tables of the papers, the authors' pages and torchvision."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn

from tests.architectures import measure
from tests.architectures.measure import macs, parameters


def build(name: str = "mobilenet_v1", **options: object) -> nn.Module:
    return measure.build(name, **options)


# Tables 6 and 7 of the paper: width, input, millions of multiply-adds, millions of parameters
@pytest.mark.parametrize(
    ("width", "side", "million_macs", "million_parameters"),
    [
        (1.0, 224, 569, 4.2),
        (0.75, 224, 325, 2.6),
        (0.5, 224, 149, 1.3),
        (0.25, 224, 41, 0.5),
        (1.0, 192, 418, 4.2),
        (1.0, 160, 290, 4.2),
        (1.0, 128, 186, 4.2),
    ],
)
def test_v1_costs_are_tables_6_and_7s(
    width: float, side: int, million_macs: int, million_parameters: float
) -> None:
    model = build(width_multiplier=width)
    assert abs(macs(model, (3, side, side)) / 1e6 - million_macs) < 1
    assert round(parameters(model) / 1e6, 1) == million_parameters


def test_v1_parameters_by_arithmetic() -> None:
    """Table 1: 3x3 and 1x1 weights without bias, two numbers of batch norm a channel, 1000 classes."""
    channels = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
    expected = 27 * 32 + 2 * 32 + (1024 + 1) * 1000
    for C_in, C_out in itertools.pairwise(channels):
        expected += 9 * C_in + 2 * C_in + C_in * C_out + 2 * C_out
    assert parameters(build()) == expected


def test_v1_with_full_convolutions_is_the_first_line_of_table_4() -> None:
    """Table 4, Conv MobileNet: 29.3 million parameters and 4866 million multiply-adds.

    Table 1 with 3x3 convolutions gives 4,867.3 million; the paper does not say where its last digit is from.
    """
    model = build(separable=False)
    assert round(parameters(model) / 1e6, 1) == 29.3
    assert abs(macs(model, (3, 224, 224)) / 1e6 - 4866) < 2


def test_v1_layers_are_table_1s() -> None:
    """Table 1: maps of 112, 56, 28, 14 and 7; section 3.2 counts 28 layers."""
    model = build()
    x = model.conv1(torch.empty(1, 3, 224, 224, device="meta"))
    shapes = [tuple(x.shape[1:])]
    for layer in model.features:
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == [
        (32, 112, 112),
        (64, 112, 112),
        (128, 56, 56),
        (128, 56, 56),
        (256, 28, 28),
        (256, 28, 28),
        *[(512, 14, 14)] * 6,
        (1024, 7, 7),
        (1024, 7, 7),
    ]
    assert sum(isinstance(module, nn.Conv2d | nn.Linear) for module in model.modules()) == 28


def test_v2_parameters_and_macs_are_torchvisions() -> None:
    """torchvision's num_params, and FlopCounterMode / 2 of its own mobilenet_v2."""
    model = build("mobilenet_v2")
    assert (parameters(model), macs(model, (3, 224, 224))) == (3_504_872, 300_774_272)


# The authors' page of checkpoints: width, millions of MACs, millions of weights
# https://github.com/tensorflow/models/tree/master/research/slim/nets/mobilenet
@pytest.mark.parametrize(
    ("width", "million_macs", "million_weights"),
    [(1.4, 582, 6.06), (1.0, 300, 3.47), (0.75, 209, 2.61), (0.5, 97, 1.95), (0.35, 59, 1.66)],
)
def test_v2_costs_at_other_widths_are_the_authors(
    width: float, million_macs: int, million_weights: float
) -> None:
    """Weights only: batch norm and the last bias are left out there. 300.8 is printed as 300."""
    model = build("mobilenet_v2", width_multiplier=width)
    assert int(macs(model, (3, 224, 224)) / 1e6) == million_macs
    weights = sum(m.weight.numel() for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear))
    assert round(weights / 1e6, 2) == million_weights


def test_v2_stages_are_table_2s() -> None:
    model = build("mobilenet_v2")
    x = model.conv1(torch.empty(1, 3, 224, 224, device="meta"))
    shapes = []
    for stage in model.stages:
        x = stage(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == [
        (16, 112, 112),
        (24, 56, 56),
        (32, 28, 28),
        (64, 14, 14),
        (96, 14, 14),
        (160, 7, 7),
        (320, 7, 7),
    ]
    assert [len(stage) for stage in model.stages] == [1, 2, 3, 4, 3, 3, 1]


def test_v2_options_change_what_they_say() -> None:
    """Ten blocks keep their shape: 1 + 2 + 3 + 2 + 2 of table 2."""
    assert sum(getattr(module, "adds", False) for module in build("mobilenet_v2").modules()) == 10
    assert not any(getattr(m, "adds", False) for m in build("mobilenet_v2", shortcut=False).modules())
    linear, bent = build("mobilenet_v2"), build("mobilenet_v2", linear_bottleneck=False)
    activations = [sum(isinstance(m, nn.ReLU6) for m in model.modules()) for model in (linear, bent)]
    assert activations[1] - activations[0] == 17
    block = build("mobilenet_v2", expansion=3).stages[1][0]
    assert block.residual.depthwise.in_channels == 3 * 16
    assert build("mobilenet_v2", dropout=0.5).drop.p == 0.5
    assert any(isinstance(m, nn.GELU) for m in build(activation="gelu").modules())
