"""EfficientNets against torchvision's figures of B0 to B7 and table 1."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from tests.architectures import measure
from tests.architectures.measure import macs, parameters

build = partial(measure.build, "efficientnet_b0")


def test_parameters_and_macs_are_torchvisions() -> None:
    """torchvision's num_params and _ops (10^9 MACs, three digits)."""
    model = build()
    assert (parameters(model), round(macs(model, (3, 224, 224)) / 1e9, 3)) == (5_288_548, 0.386)


# torchvision: width, depth, num_params, crop and _ops of its first weights
@pytest.mark.parametrize(
    ("width", "depth", "expected", "crop", "giga_macs"),
    [
        (1.0, 1.1, 7_794_184, 240, 0.687),
        (1.1, 1.2, 9_109_994, 288, 1.088),
        (1.2, 1.4, 12_233_232, 300, 1.827),
        (2.0, 3.1, 66_347_960, 600, 37.746),
    ],
    ids=["b1", "b2", "b3", "b7"],
)
def test_larger_sisters_come_from_the_multipliers(
    width: float, depth: float, expected: int, crop: int, giga_macs: float
) -> None:
    model = build(width_multiplier=width, depth_multiplier=depth)
    assert parameters(model) == expected
    assert round(macs(model, (3, crop, crop)) / 1e9, 3) == giga_macs


def test_stages_are_table_1s() -> None:
    """Table 1 prints the input size of each stage; these are the outputs."""
    model = build()
    x = model.stage_1(torch.empty(1, 3, 224, 224, device="meta"))
    assert x.shape == (1, 32, 112, 112)
    shapes = []
    for stage in model.stages:
        x = stage(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == [
        (16, 112, 112),
        (24, 56, 56),
        (40, 28, 28),
        (80, 14, 14),
        (112, 14, 14),
        (192, 7, 7),
        (320, 7, 7),
    ]
    assert [len(stage) for stage in model.stages] == [1, 2, 2, 3, 3, 4, 1]
    assert model.stage_9(x).shape == (1, 1280, 7, 7)


def test_squeeze_and_excitation_is_what_goes_when_it_is_off() -> None:
    """Two 1x1 convolutions with biases a block, squeezed to a quarter of the block's input.

    Blocks of table 1 as (input, expanded) channels; a stage's first block has the input of the stage before.
    """
    blocks = [(32, 32), (16, 96), (24, 144), (24, 144), (40, 240), (40, 240), *[(80, 480)] * 3]
    blocks += [(112, 672)] * 3 + [(192, 1152)] * 4
    assert len(blocks) == 16
    weights = sum((C + 1) * (C_in // 4) + (C_in // 4 + 1) * C for C_in, C in blocks)
    assert parameters(build(squeeze_excitation=False)) == 5_288_548 - weights


def test_options_change_what_they_say() -> None:
    model = build(expansion=3, activation="relu", dropout=0.4)
    assert model.stages[1][0].residual.depthwise.conv.in_channels == 3 * 16
    assert not any(isinstance(module, nn.SiLU) for module in model.modules())
    assert model.drop.p == 0.4
