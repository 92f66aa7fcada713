"""ResNeXt-50 against torchvision, ResNet-50 and table 2."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from tests.architectures import measure
from tests.architectures.measure import macs, parameters

build = partial(measure.build, "resnext50_32x4d")


def test_parameters_and_macs_are_torchvisions() -> None:
    """torchvision's num_params and _ops (10^9 MACs, three digits)."""
    model = build()
    assert (parameters(model), round(macs(model, (3, 224, 224)) / 1e9, 3)) == (25_028_904, 4.23)


def test_one_path_of_64_channels_is_resnet_50() -> None:
    """Table 2, first line; torchvision's resnet50 has the numbers."""
    model = build(cardinality=1, bottleneck_width=64)
    assert (parameters(model), macs(model, (3, 224, 224))) == (25_557_032, 4_089_184_256)


@pytest.mark.parametrize(("cardinality", "width"), [(2, 40), (4, 24), (8, 14), (32, 4)])
def test_the_settings_of_table_2_preserve_the_complexity(cardinality: int, width: int) -> None:
    """Table 2: about as many parameters as ResNet-50 has; table 3 gives all of them 4.1 or 4.2 G."""
    model = build(cardinality=cardinality, bottleneck_width=width)
    assert abs(parameters(model) / 25e6 - 1) < 0.05
    assert abs(macs(model, (3, 224, 224)) / 4.15e9 - 1) < 0.05
    assert model.conv3_x[0].residual.conv2.groups == cardinality
    assert model.conv3_x[0].residual.conv2.out_channels == 2 * cardinality * width


def test_stage_outputs_and_depth_are_table_1s() -> None:
    model = build()
    x = model.pool1(model.conv1(torch.empty(1, 3, 224, 224, device="meta")))
    assert x.shape == (1, 64, 56, 56)
    for stage, C, side in (
        (model.conv2_x, 256, 56),
        (model.conv3_x, 512, 28),
        (model.conv4_x, 1024, 14),
        (model.conv5_x, 2048, 7),
    ):
        x = stage(x)
        assert x.shape == (1, C, side, side)
    layers = [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and ".shortcut." not in name
    ]
    assert len(layers) == 50


def test_the_largest_network_that_the_options_allow_can_still_be_counted() -> None:
    """Bounds of the options: below two thousand million parameters at worst."""
    assert parameters(build(cardinality=64, bottleneck_width=64)) < 2e9


def test_options_change_what_they_say() -> None:
    """Without shortcuts the four projections go: 1x1 and batch norm into 256, 512, 1024 and 2048."""
    pairs = ((64, 256), (256, 512), (512, 1024), (1024, 2048))
    projections = sum(C_in * C + 2 * C for C_in, C in pairs)
    assert parameters(build(shortcut=False)) == 25_028_904 - projections
    assert not any(isinstance(m, nn.BatchNorm2d) for m in build(batch_norm=False).modules())
    assert any(isinstance(m, nn.SiLU) for m in build(activation="silu").modules())
