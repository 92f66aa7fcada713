"""GoogLeNet against the paper's table 1, torchvision's published figures and the course notes."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.architectures.googlenet import ConvUnit, Inception
from tests.architectures.measure import build, macs, parameters, shapes

# Table 1: output (n_C, n_H, n_W), and operations in millions of multiply-adds.
TABLE_1 = {
    "conv2": ((192, 56, 56), None),  # the row gives 360 for both of its convolutions, tested apart
    "inception_3a": ((256, 28, 28), 128),
    "inception_3b": ((480, 28, 28), 304),
    "inception_4a": ((512, 14, 14), 73),
    "inception_4b": ((512, 14, 14), 88),
    "inception_4c": ((512, 14, 14), 100),
    "inception_4d": ((528, 14, 14), 119),
    "inception_4e": ((832, 14, 14), 170),
    # 54 is printed, but the row's own channels give 49 * 1,042,432 = 51.1
    "inception_5a": ((832, 7, 7), None),
    "inception_5b": ((1024, 7, 7), 71),
    "fc": ((1000,), 1),
}


def test_stages_have_the_shapes_and_operations_of_table_1() -> None:
    """Oracle: table 1, whose millions are rounded or truncated."""
    model = build("googlenet")
    assert shapes(model, (3, 224, 224), " ".join(TABLE_1)) == [shape for shape, _ in TABLE_1.values()]
    with FlopCounterMode(display=False) as counter:
        model(torch.empty(1, 3, 224, 224, device="meta"))
    ours = {name: sum(ops.values()) / 2e6 for name, ops in counter.get_flop_counts().items()}
    for name, (_, millions) in TABLE_1.items():
        assert millions is None or abs(ours[f"GoogLeNet.{name}"] - millions) < 1, name
    assert abs(ours["GoogLeNet.conv2_reduce"] + ours["GoogLeNet.conv2"] - 360) < 1


def test_parameters_are_those_of_the_columns_of_table_1() -> None:
    """Oracle: the columns of table 1 by hand, with a bias for each output channel."""
    rows = [
        (192, 64, 96, 128, 16, 32, 32),
        (256, 128, 128, 192, 32, 96, 64),
        (480, 192, 96, 208, 16, 48, 64),
        (512, 160, 112, 224, 24, 64, 64),
        (512, 128, 128, 256, 24, 64, 64),
        (512, 112, 144, 288, 32, 64, 64),
        (528, 256, 160, 320, 32, 128, 128),
        (832, 256, 160, 320, 32, 128, 128),
        (832, 384, 192, 384, 48, 128, 128),
    ]
    stem = 7 * 7 * 3 * 64 + 64 * 64 + 3 * 3 * 64 * 192 + 64 + 64 + 192
    modules = sum(
        n * (a + b + d + f) + 9 * b * c + 25 * d * e + a + b + c + d + e + f for n, a, b, c, d, e, f in rows
    )
    assert parameters(build("googlenet")) == stem + modules + 1025 * 1000


def test_auxiliary_heads_are_counted_when_they_are_on() -> None:
    """Oracle: section 5 by hand: 4x4 of 512 and 528 channels, 1x1 to 128, 2048 to 1024, 1024 to 1000."""

    def head(n: int) -> tuple[int, int]:
        return (n + 1) * 128 + 2049 * 1024 + 1025 * 1000, 16 * n * 128 + 2048 * 1024 + 1024 * 1000

    plain, heads = build("googlenet"), build("googlenet", aux_heads=True)
    more = macs(heads, (3, 224, 224)) - macs(plain, (3, 224, 224))
    assert more == head(512)[1] + head(528)[1]
    assert parameters(heads) - parameters(plain) == head(512)[0] + head(528)[0]


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("variant", ["paper", "torchvision"])
def test_auxiliary_heads_are_computed_in_both_modes(variant: str, training: bool) -> None:
    outputs = build("googlenet", variant, aux_heads=True).train(training)(
        torch.empty(2, 3, 224, 224, device="meta")
    )
    assert [tuple(output.shape) for output in outputs] == [(2, 1000)] * 3


def test_torchvision_has_torchvisions_figures() -> None:
    """Oracle: torchvision's num_params, FlopCounterMode / 2 of its network, and 13,004,888 with its heads."""
    model = build("googlenet", "torchvision")
    assert (parameters(model), macs(model, (3, 224, 224))) == (6_624_904, 1_498_376_192)
    assert parameters(build("googlenet", "torchvision", aux_heads=True)) == 13_004_888


def test_d2l_has_the_shapes_of_the_book_and_the_papers_modules() -> None:
    """Oracle: section 8.4 of the book; parameters are the paper's less two input channels and 990 classes."""
    model = build("googlenet", "d2l")
    assert shapes(model, (1, 96, 96), "pool1 pool2 pool3 pool4 inception_5b") == [
        (64, 24, 24),
        (192, 12, 12),
        (480, 6, 6),
        (832, 3, 3),
        (1024, 3, 3),
    ]
    assert parameters(build("googlenet")) - parameters(model) == 2 * 49 * 64 + 990 * 1025
    # maps of 96 have (96 / 224)^2 = 9/49 of the pixels; at 224 the convolutions are the paper's
    paper_convs = macs(build("googlenet"), (3, 224, 224)) - 1_024_000 - 112 * 112 * 64 * 49 * 2
    assert macs(model, (1, 96, 96)) == paper_convs * 9 // 49 + 10_240


def test_the_module_of_the_course_notes_joins_its_branches() -> None:
    """Oracle: the worked example: 28x28x192 becomes 64 + 128 + 32 + 32 = 256 channels."""
    conv = partial(ConvUnit, activation="relu", batch_norm=False)
    with torch.device("meta"):
        module = Inception(192, 64, 96, 128, 16, 32, 32, conv=conv, kernel5x5=5, reduction=True)
        assert module(torch.empty(1, 192, 28, 28)).shape == (1, 256, 28, 28)


def test_the_naive_module_keeps_every_input_channel_behind_its_pool() -> None:
    """Oracle: figure 2a by hand: 3a has 64 + 128 + 32 + 192 channels, 3b 128 + 192 + 96 + 416."""
    naive = build("googlenet", reduction=False)
    assert shapes(naive, (3, 224, 224), "inception_3a inception_3b") == [(416, 28, 28), (832, 28, 28)]
    assert macs(naive, (3, 224, 224)) > 5 * macs(build("googlenet"), (3, 224, 224))


def test_options_change_what_they_say() -> None:
    """57 convolutions: 3 in the stem and 6 in each of 9 modules."""
    normed = build("googlenet", batch_norm=True, activation="silu")
    convs = [module for module in normed.modules() if isinstance(module, nn.Conv2d)]
    kinds = [type(module) for module in normed.modules()]
    assert len(convs) == kinds.count(nn.BatchNorm2d) == kinds.count(nn.SiLU) == 57
    assert all(conv.bias is None for conv in convs)
    assert kinds.count(nn.LocalResponseNorm) == 2
    assert nn.LocalResponseNorm not in [type(m) for m in build("googlenet", normalise=False).modules()]
    assert build("googlenet", dropout=0.1).get_submodule("drop").p == 0.1
