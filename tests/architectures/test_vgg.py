"""The VGG networks against torchvision's published figures and the paper's table 1."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.architectures.measure import build, macs, parameters, shapes

# torchvision's num_params without and with batch normalisation, and FlopCounterMode / 2 of its networks
TORCHVISION = {
    "vgg11": (132_863_336, 132_868_840, 7_609_090_048),
    "vgg13": (133_047_848, 133_053_736, 11_308_466_176),
    "vgg16": (138_357_544, 138_365_992, 15_470_264_320),
    "vgg19": (143_667_240, 143_678_248, 19_632_062_464),
}


@pytest.mark.parametrize("name", TORCHVISION)
def test_parameters_and_macs_are_torchvisions(name: str) -> None:
    plain, bn = build(name, "paper"), build(name, "bn")
    assert (macs(plain, (3, 224, 224)), macs(bn, (3, 224, 224))) == (TORCHVISION[name][2],) * 2
    assert (parameters(plain), parameters(bn)) == TORCHVISION[name][:2]


@pytest.mark.parametrize("name", TORCHVISION)
def test_the_name_is_the_number_of_weight_layers(name: str) -> None:
    """Oracle: table 1, first row, which counts convolutions and fully connected layers."""
    layers = [module for module in build(name).modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    assert f"vgg{len(layers)}" == name


def test_d2l_is_vgg11_for_one_channel_and_ten_classes() -> None:
    """Oracle: torchvision's VGG-11 less two of three input channels and 990 of 1000 classes."""
    plain_parameters, _, plain_macs = TORCHVISION["vgg11"]
    model = build("vgg11", "d2l")
    assert macs(model, (1, 224, 224)) == plain_macs - 224 * 224 * 64 * 9 * 2 - 4096 * 990
    assert parameters(model) == plain_parameters - 64 * 9 * 2 - 4097 * 990


def test_blocks_halve_the_map_and_double_the_channels() -> None:
    """Oracle: the worked example of the course notes."""
    assert shapes(build("vgg16"), (3, 224, 224), "block1 block2 block3 block4 block5 fc6 fc7 fc8") == [
        (64, 112, 112),
        (128, 56, 56),
        (256, 28, 28),
        (512, 14, 14),
        (512, 7, 7),
        (4096,),
        (4096,),
        (1000,),
    ]


def test_a_quarter_of_the_width_is_the_network_the_book_trains() -> None:
    """Oracle: section 8.2 of the book: 16, 32, 64, 128, 128 channels."""
    narrow = build("vgg11", "d2l", width_multiplier=0.25)
    convs = [module.out_channels for module in narrow.modules() if isinstance(module, nn.Conv2d)]
    assert convs == [16, 32, 64, 64, 128, 128, 128, 128]


def test_options_change_what_they_say() -> None:
    kinds = [type(module) for module in build("vgg11", activation="silu").modules()]
    assert (kinds.count(nn.SiLU), kinds.count(nn.ReLU)) == (10, 0)
    assert build("vgg11", dropout=0.1).get_submodule("drop7").p == 0.1
    with pytest.raises(RuntimeError):
        build("vgg11", fit_input=False)(torch.empty(1, 3, 192, 192, device="meta"))
