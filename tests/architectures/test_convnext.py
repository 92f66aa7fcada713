"""ConvNeXt-T against torchvision, table 9 and arithmetic."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from cnnviz.architectures import find
from tests.architectures import measure
from tests.architectures.measure import macs, parameters, shapes

build = partial(measure.build, "convnext_tiny")
PARAMETERS, MACS = (
    28_589_128,
    4_455_531_264,
)  # torchvision's num_params, FlopCounterMode / 2 of its own network
BLOCKS = ((96, 3, 56), (192, 3, 28), (384, 9, 14), (768, 3, 7))  # table 9: channels, blocks, side of the map


def test_parameters_and_macs_are_torchvisions() -> None:
    model = build()
    assert (parameters(model), macs(model, (3, 224, 224))) == (PARAMETERS, MACS)


def test_stages_are_table_9s() -> None:
    model, names = build(), "res2 res3 res4 res5"
    assert shapes(model, (3, 224, 224), names) == [(C, side, side) for C, _, side in BLOCKS]
    assert [len(model.get_submodule(name)) for name in names.split()] == [blocks for _, blocks, _ in BLOCKS]


def test_kernel_size_changes_depthwise_filters_only() -> None:
    """(49 - 9) weights a channel and block, and as many MACs a pixel."""
    fewer = sum(40 * C * blocks for C, blocks, _ in BLOCKS)
    fewer_macs = sum(40 * C * blocks * side * side for C, blocks, side in BLOCKS)
    model = build(kernel_size=3)
    assert (parameters(model), macs(model, (3, 224, 224))) == (PARAMETERS - fewer, MACS - fewer_macs)


def test_layer_scale_is_one_number_a_channel_that_starts_near_zero() -> None:
    """Appendix A.1: 1e-6; without it one number a channel and block goes."""
    assert parameters(build(layer_scale=False)) == PARAMETERS - sum(C * blocks for C, blocks, _ in BLOCKS)
    block = find("convnext_tiny", {"width": 16}).build().res2[0]
    assert torch.equal(block.layer_scale, torch.full((16, 1, 1), 1e-6))
    x = torch.rand(1, 16, 5, 5)
    assert torch.allclose(block(x), x, atol=1e-4)


def test_expansion_width_and_activation_change_what_they_say() -> None:
    """Each of a block's two linear layers loses 2C * C weights when 4 becomes 2, and 2C biases go."""
    fewer = sum((2 * 2 * C * C + 2 * C) * blocks for C, blocks, _ in BLOCKS)
    assert parameters(build(expansion=2)) == PARAMETERS - fewer
    assert build(width=48).fc.in_features == 384
    assert not any(isinstance(module, nn.GELU) for module in build(activation="relu").modules())
