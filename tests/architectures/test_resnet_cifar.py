"""CIFAR ResNets against the arithmetic of He et al. 2015, section 4.2, and the figures of table 6."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnviz.architectures.resnet import ZeroPadding
from cnnviz.architectures.resnet_cifar import CifarResNet
from tests.architectures.measure import build, macs, parameters

DEPTHS = (20, 32, 44, 56, 110)


def counted_by_hand(n: int) -> tuple[int, int]:
    """Parameters and MACs from section 4.2: 2n convolutions of 3x3 on 32, 16, 8 with 16, 32, 64 channels.

    Every convolution is followed by batch norm (two numbers a channel) and has no bias.
    """
    weights, macs_ = 3 * 9 * 16 + 2 * 16, 32 * 32 * 3 * 9 * 16
    C_in = 16
    for C, side in ((16, 32), (32, 16), (64, 8)):
        first, others = 9 * C_in * C, (2 * n - 1) * 9 * C * C
        weights += first + others + 2 * n * 2 * C
        macs_ += side * side * (first + others)
        C_in = C
    return weights + 64 * 10 + 10, macs_ + 64 * 10


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("kind", ["resnet", "plain"])
def test_parameters_and_macs_by_arithmetic(kind: str, depth: int) -> None:
    """Shortcuts of option A cost nothing, so that the twins agree (section 4.2)."""
    model = build(f"{kind}{depth}")
    assert (parameters(model), macs(model, (3, 32, 32))) == counted_by_hand((depth - 2) // 6)


@pytest.mark.parametrize(
    ("depth", "millions", "digits"),
    [(20, 0.27, 2), (32, 0.46, 2), (44, 0.66, 2), (56, 0.85, 2), (110, 1.7, 1), (1202, 19.4, 1)],
)
def test_parameters_are_table_6s(depth: int, millions: float, digits: int) -> None:
    """Table 6, which also has the 1202 layers that are too many for a drawing."""
    with torch.device("meta"):
        assert round(parameters(CifarResNet(depth=depth)) / 1e6, digits) == millions


@pytest.mark.parametrize("depth", DEPTHS)
def test_stages_and_weight_layers_are_section_4_2s(depth: int) -> None:
    """Maps of 32, 16, 8 with 16, 32, 64 filters; 6n + 2 weight layers."""
    model = build(f"resnet{depth}")
    x = torch.empty(1, 16, 32, 32, device="meta")
    for stage, shape in (
        (model.conv2_x, (1, 16, 32, 32)),
        (model.conv3_x, (1, 32, 16, 16)),
        (model.conv4_x, (1, 64, 8, 8)),
    ):
        x = stage(x)
        assert x.shape == shape
    assert sum(isinstance(module, nn.Conv2d | nn.Linear) for module in model.modules()) == depth


def test_option_a_keeps_every_second_pixel_and_pads_with_zeros() -> None:
    """Section 3.3 A, against slicing and concatenating by hand."""
    x = torch.randn(2, 3, 7, 8)
    by_hand = torch.cat([x[:, :, ::2, ::2], torch.zeros(2, 2, 4, 4)], dim=1)
    assert torch.equal(ZeroPadding(3, 5, stride=2)(x), by_hand)


def test_convolutions_start_with_hes_variance() -> None:
    """Section 4.2 initialises as He et al. 2015 (PReLU): variance 2 / (k * k * C_in)."""
    torch.manual_seed(0)
    weight = CifarResNet(depth=8, width=64).conv4_x[0].residual.conv2.weight
    assert weight.var().item() == pytest.approx(2 / (9 * 256), rel=0.02)


def test_options_change_what_they_say() -> None:
    """Depth 32 is ResNet-32; option B adds two 1x1 convolutions with batch norm; width 32 is wider."""
    twenty = counted_by_hand(3)[0]
    assert parameters(build("resnet20", depth=32)) == counted_by_hand(5)[0]
    projections = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64
    assert parameters(build("resnet20", projection="B")) == twenty + projections
    assert parameters(build("resnet20", shortcut="off")) == twenty
    # batch norm's scale goes: 7 convolutions of 16, 6 of 32, 6 of 64
    assert parameters(build("resnet20", batch_norm=False)) == twenty - (7 * 16 + 6 * 32 + 6 * 64)
    assert build("resnet20", width=32).conv4_x[0].residual.conv1.out_channels == 128
    assert any(isinstance(module, nn.Tanh) for module in build("plain20", activation="tanh").modules())


def test_plain_and_residual_networks_differ_by_the_addition_only() -> None:
    """With the same weights the outputs differ, and a plain block is the residual function alone."""
    torch.manual_seed(0)
    residual, plain = CifarResNet(depth=8).eval(), CifarResNet(depth=8, shortcut=False).eval()
    plain.load_state_dict(residual.state_dict())
    x = torch.rand(1, 16, 8, 8)
    block, plain_block = residual.conv2_x[0], plain.conv2_x[0]
    assert torch.equal(plain_block(x), torch.relu(plain_block.residual(x)))
    assert torch.equal(block(x), torch.relu(plain_block.residual(x) + x))
