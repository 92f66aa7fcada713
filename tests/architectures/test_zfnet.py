"""ZFNet against the paper's figure 3."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.architectures.measure import build, macs, parameters, shapes


@pytest.mark.parametrize(("variant", "c3", "c4", "c5"), [("paper", 384, 384, 256), ("wide", 512, 1024, 512)])
def test_parameters_and_macs_follow_figure_3(variant: str, c3: int, c4: int, c5: int) -> None:
    """Oracle: figure 3 by hand; the wide one has the maps that tables 2 and 3 name."""
    c1, c2 = 7 * 7 * 3 * 96, 5 * 5 * 96 * 256
    inner = 3 * 3 * (256 * c3 + c3 * c4 + c4 * c5)
    fc = 6 * 6 * c5 * 4096 + 4096 * 4096 + 4096 * 1000
    biases = 96 + 256 + c3 + c4 + c5 + 4096 + 4096 + 1000
    model = build("zfnet", variant)
    assert macs(model, (3, 224, 224)) == 110 * 110 * c1 + 26 * 26 * c2 + 13 * 13 * inner + fc
    assert parameters(model) == c1 + c2 + inner + fc + biases


def test_maps_have_the_sizes_of_figure_3() -> None:
    """Oracle: the numbers printed below the maps of figure 3."""
    assert shapes(build("zfnet"), (3, 224, 224), "conv1 pool1 conv2 pool2 conv3 conv4 conv5 pool5 fc7") == [
        (96, 110, 110),
        (96, 55, 55),
        (256, 26, 26),
        (256, 13, 13),
        (384, 13, 13),
        (384, 13, 13),
        (256, 13, 13),
        (256, 6, 6),
        (4096,),
    ]


def test_options_change_what_they_say() -> None:
    kinds = [type(module) for module in build("zfnet", activation="elu").modules()]
    assert (kinds.count(nn.LocalResponseNorm), kinds.count(nn.ELU)) == (2, 7)
    plain = [type(module) for module in build("zfnet", normalise=False).modules()]
    assert nn.LocalResponseNorm not in plain
    with pytest.raises(RuntimeError):
        build("zfnet", fit_input=False)(torch.empty(1, 3, 160, 160, device="meta"))
