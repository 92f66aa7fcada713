"""ResNets for ImageNet against torchvision's published figures and the paper's table 1."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnviz.architectures.architecture import Architecture
from cnnviz.architectures.entries.resnet import ARCHITECTURES
from cnnviz.architectures.resnet import ResNet
from tests.architectures.measure import build, counted, macs, parameters

EVERY = [(entry, variant.name) for entry in ARCHITECTURES for variant in entry.variants]
IDS = [f"{entry.name}@{variant}" for entry, variant in EVERY]

# torchvision's num_params, and FlopCounterMode / 2 of torchvision's own networks
TORCHVISION = {
    18: (11_689_512, 1_814_073_344),
    34: (21_797_672, 3_663_761_408),
    50: (25_557_032, 4_089_184_256),
    101: (44_549_160, 7_801_405_440),
    152: (60_192_808, 11_513_626_624),
}
# Table 1, multiply-adds of one 224x224 image, in units of 10^9
TABLE_1 = {18: 1.8, 34: 3.6, 50: 3.8, 101: 7.6, 152: 11.3}


@pytest.mark.parametrize("depth", TORCHVISION)
def test_parameters_and_macs_are_torchvisions(depth: int) -> None:
    assert counted(f"resnet{depth}", "torchvision") == TORCHVISION[depth]


@pytest.mark.parametrize("depth", TABLE_1)
def test_macs_of_the_paper_variant_are_table_1s(depth: int) -> None:
    """He et al. 2015, table 1, to one digit, sometimes truncated: 3.66 is printed as 3.6, 7.57 as 7.6."""
    _, measured = counted(f"resnet{depth}", "paper")
    assert abs(measured / 1e9 - TABLE_1[depth]) < 0.1


def test_the_stride_in_the_first_1x1_saves_what_arithmetic_says() -> None:
    """The first 1x1 and the 3x3 swap who sees the larger map; parameters stay.

    In the first block of conv3_x (C = 128, from 256 channels at 56x56 to 28x28), torchvision's 1x1 runs at
    56x56 instead of 28x28: (56*56 - 28*28) * 256 * 128 more. conv4_x and conv5_x double the channels and
    halve the map, twice: the same number. The 3x3 writes 28x28 either way.
    """
    more = (56 * 56 - 28 * 28) * 256 * 128
    assert counted("resnet50", "paper") == (25_557_032, 4_089_184_256 - 3 * more)


@pytest.mark.parametrize("depth", [18, 34])
def test_blocks_of_two_layers_are_the_same_in_the_paper_and_in_torchvision(depth: int) -> None:
    """The paper's 1x1 first convolution exists in bottlenecks only."""
    assert repr(build(f"resnet{depth}", "paper")) == repr(build(f"resnet{depth}", "torchvision"))


def test_d2l_parameters_by_arithmetic() -> None:
    """Dive into Deep Learning 8.6: convolutions with bias, batch norm with 2 numbers a channel."""

    def conv(k: int, C_in: int, C_out: int) -> int:
        return (k * k * C_in + 1) * C_out

    def block(C_in: int, C_out: int) -> int:
        return conv(3, C_in, C_out) + conv(3, C_out, C_out) + 2 * 2 * C_out

    expected = conv(7, 1, 64) + 2 * 64 + 2 * block(64, 64)
    for C in (64, 128, 256):
        expected += block(C, 2 * C) + conv(1, C, 2 * C) + block(2 * C, 2 * C)
    expected += (512 + 1) * 10
    # 1x96x96: every layer after conv1 sees (96/224)^2 = 9/49 of the pixels it sees at 224
    convolutions = TORCHVISION[18][1] - 512 * 1000 - 112 * 112 * 64 * 49 * 3
    expected_macs = convolutions * 9 // 49 + 48 * 48 * 64 * 49 + 512 * 10
    assert counted("resnet18", "d2l") == (expected, expected_macs)


@pytest.mark.parametrize("depth", [18, 34])
def test_plain_networks_are_the_residual_ones_without_projections(depth: int) -> None:
    """Figure 3: the same layers; option B's 1x1 convolutions (with batch norm) are all that goes."""
    pairs = ((64, 128), (128, 256), (256, 512))
    projections = sum(C_in * C_out + 2 * C_out for C_in, C_out in pairs)
    projection_macs = 28 * 28 * 64 * 128 + 14 * 14 * 128 * 256 + 7 * 7 * 256 * 512
    with_shortcuts, with_shortcuts_macs = TORCHVISION[depth]
    assert counted(f"plain{depth}") == (with_shortcuts - projections, with_shortcuts_macs - projection_macs)


@pytest.mark.parametrize(("entry", "variant"), EVERY, ids=IDS)
def test_stage_outputs_are_table_1s(entry: Architecture, variant: str) -> None:
    """Table 1: 112, 56, 28, 14, 7, and 4 times the channels in networks of bottlenecks; d2l: 48 to 3."""
    model = build(entry.name, variant)
    shapes: dict[str, tuple[int, ...]] = {}
    for name in ("conv1", "conv2_x", "conv3_x", "conv4_x", "conv5_x"):
        model.get_submodule(name).register_forward_hook(
            lambda _, __, output, name=name: shapes.update({name: tuple(output.shape[1:])})
        )
    shape = entry.variant(variant).input_shape
    logits = model(torch.empty(2, *shape, device="meta"))
    times = 4 if entry.name in ("resnet50", "resnet101", "resnet152") else 1
    n = shape[1] // 2
    assert shapes["conv1"] == (64, n, n)
    for number, name in enumerate(("conv2_x", "conv3_x", "conv4_x", "conv5_x"), start=1):
        side = n // 2**number
        assert shapes[name] == (32 * 2**number * times, side, side)
    assert logits.shape == (2, 10 if variant == "d2l" else 1000)


@pytest.mark.parametrize("depth", TORCHVISION)
def test_the_name_is_the_number_of_weight_layers(depth: int) -> None:
    """Table 1: convolutions and the fully connected layer, without the shortcuts' 1x1."""
    layers = [
        name
        for name, module in build(f"resnet{depth}").named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and ".shortcut." not in name
    ]
    assert len(layers) == depth


def test_the_largest_network_that_the_options_allow_can_still_be_counted() -> None:
    """Bounds of the options: below two thousand million parameters at worst."""
    assert parameters(build("resnet152", width=96, reduction=1, projection="C")) < 2e9


def test_reduction_2_is_torchvisions_wide_resnet_50() -> None:
    """torchvision's wide_resnet50_2 has twice as wide 3x3 convolutions: 68,883,240 parameters, 11.398 G."""
    model = build("resnet50", reduction=2)
    assert parameters(model) == 68_883_240
    assert round(macs(model, (3, 224, 224)) / 1e9, 3) == 11.398


def test_shortcuts_of_option_a_have_no_parameters_and_option_c_projects_everywhere() -> None:
    """Section 4.1: A has as many parameters as the plain network; C adds 1x1s where the shape stays."""
    plain = parameters(build("plain34"))
    assert parameters(build("resnet34", projection="A")) == plain
    blocks = {64: 3, 128: 3, 256: 5, 512: 2}  # blocks that keep the shape: 3, 4 - 1, 6 - 1, 3 - 1
    more = sum(count * (C * C + 2 * C) for C, count in blocks.items())
    assert parameters(build("resnet34", projection="C")) == TORCHVISION[34][0] + more


def test_a_block_whose_last_scale_is_zero_hands_its_input_on() -> None:
    """The course's identity: with W[l+2] = 0 and b[l+2] = 0, and g = ReLU, a[l+2] = a[l]."""
    block = ResNet(depth=18, width=8).eval().conv2_x[1]
    nn.init.zeros_(block.residual.bn2.weight)
    a = torch.rand(1, 8, 5, 5)
    assert torch.equal(block(a), a)


def test_without_batch_norm_convolutions_have_a_bias() -> None:
    """One bias instead of a scale and a shift: half of batch norm's 2 x 4800 numbers go.

    Channels with batch norm in ResNet-18: 64 + 4*64 + 5*128 + 5*256 + 5*512 = 4800.
    """
    model = build("resnet18", batch_norm=False)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in model.modules())
    assert parameters(model) == TORCHVISION[18][0] - 4800


def test_activation_and_channels_and_classes_are_what_is_asked_for() -> None:
    model = build("resnet50", activation="gelu", in_channels=1, num_classes=7)
    assert sum(isinstance(module, nn.GELU) for module in model.modules()) == 1 + 3 * 16
    assert model(torch.empty(1, 1, 64, 64, device="meta")).shape == (1, 7)
