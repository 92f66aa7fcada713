"""DenseNets against torchvision's published figures, table 1 and arithmetic."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnviz.architectures.densenet import DenseBlock
from tests.architectures.measure import build, counted

# torchvision's num_params and its _ops in 10^9 MACs (three digits)
TORCHVISION = {
    121: (7_978_856, 2.834),
    161: (28_681_000, 7.728),
    169: (14_149_480, 3.36),
    201: (20_013_928, 4.291),
}


@pytest.mark.parametrize("depth", TORCHVISION)
def test_parameters_and_macs_are_torchvisions(depth: int) -> None:
    measured_parameters, measured_macs = counted(f"densenet{depth}")
    assert (measured_parameters, round(measured_macs / 1e9, 3)) == TORCHVISION[depth]


@pytest.mark.parametrize(("depth", "exact"), [(121, 2_834_161_664), (169, 3_359_843_328)])
def test_macs_are_those_of_torchvisions_own_network(depth: int, exact: int) -> None:
    """FlopCounterMode / 2 of torchvision's densenet121 and densenet169."""
    assert counted(f"densenet{depth}")[1] == exact


def test_d2l_parameters_and_macs_by_arithmetic() -> None:
    """Dive into Deep Learning 8.7: 64 channels, four blocks of four layers that add 32 each.

    Every convolution has a bias, every batch norm two numbers a channel; at 96x96 the blocks see maps of
    24, 12, 6 and 3.
    """
    expected, expected_macs, C = (49 + 1) * 64 + 2 * 64, 48 * 48 * 49 * 64, 64
    for side in (24, 12, 6, 3):
        for _ in range(4):
            expected += 2 * C + (9 * C + 1) * 32
            expected_macs += side * side * 9 * C * 32
            C += 32
        if side > 3:
            expected += 2 * C + (C + 1) * (C // 2)
            expected_macs += side * side * C * (C // 2)
            C //= 2
    assert C == 248
    assert counted("densenet") == (expected + 2 * C + (C + 1) * 10, expected_macs + C * 10)


@pytest.mark.parametrize("depth", TORCHVISION)
def test_stage_outputs_are_table_1s(depth: int) -> None:
    """Table 1: 56, 28, 14, 7; transitions halve; a block of n layers adds n times the growth rate."""
    layers = {121: (6, 12, 24, 16), 161: (6, 12, 36, 24), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)}[depth]
    k = 48 if depth == 161 else 32
    model = build(f"densenet{depth}")
    x = model.pool1(model.conv1(torch.empty(1, 3, 224, 224, device="meta")))
    C, side = 2 * k, 56
    for number, n in enumerate(layers, start=1):
        x = model.get_submodule(f"dense_block_{number}")(x)
        C += n * k
        assert x.shape == (1, C, side, side)
        if number < 4:
            x = model.get_submodule(f"transition_{number}")(x)
            C, side = C // 2, side // 2
            assert x.shape == (1, C, side, side)


@pytest.mark.parametrize("depth", TORCHVISION)
def test_the_name_is_the_number_of_weight_layers(depth: int) -> None:
    """Table 1: 121 = 1 + 2 * (6 + 12 + 24 + 16) + 3 transitions + 1 fully connected."""
    layers = [m for m in build(f"densenet{depth}").modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == depth


def test_a_layer_sees_all_earlier_outputs_unchanged() -> None:
    """Equation 2: the block's output begins with its input, and cutting a layer changes only later ones."""
    torch.manual_seed(0)
    block = DenseBlock(3, 4, 2, bottleneck=True, activation="relu").eval()
    x = torch.rand(1, 3, 6, 6)
    before = block(x)
    assert torch.equal(before[:, :3], x)
    nn.init.zeros_(block.get_submodule("layer_2.conv2").weight)
    after = block(x)
    assert torch.equal(before[:, :5], after[:, :5])
    assert not after[:, 5:7].any()
    assert not torch.equal(before[:, 7:9], after[:, 7:9])


def test_options_change_what_they_say() -> None:
    """Growth rate 48 with 161's layers is given; here: channels of the last block by arithmetic."""
    # growth 16: 32 + 6*16 = 128 -> 64; + 12*16 = 256 -> 128; + 24*16 = 512 -> 256; + 16*16 = 512
    assert build("densenet121", growth_rate=16).classifier.in_features == 512
    # nothing compressed: 64 + 32 * (6 + 12 + 24 + 16)
    assert build("densenet121", compression=1.0).classifier.in_features == 64 + 32 * 58
    # theta = 0.7: 256 -> 179; 563 -> 394; 1162 -> 813; + 512
    assert build("densenet121", compression=0.7).classifier.in_features == 1325
    plain = build("densenet121", bottleneck=False)
    assert plain.get_submodule("dense_block_1.layer_1.conv2").in_channels == 64
    assert sum(isinstance(m, nn.Conv2d) for m in plain.modules()) == 1 + 58 + 3
    assert any(isinstance(m, nn.ELU) for m in build("densenet121", activation="elu").modules())
