"""AlexNet and its namesakes against the paper, the course notes, torchvision and the d2l book."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.architectures.measure import build, macs, parameters, shapes

FC = 9216 * 4096 + 4096 * 4096 + 4096 * 1000  # fc6, fc7, fc8; the same in three of the variants
FC_BIASES = 4096 + 4096 + 1000


def test_paper_has_the_parameters_of_the_two_towers() -> None:
    """Oracle: section 3.5 by hand. conv2, conv4 and conv5 see one GPU's half: 48, 192 and 192 channels."""
    convs = 11 * 11 * 3 * 96 + 5 * 5 * 48 * 256 + 3 * 3 * 256 * 384 + 3 * 3 * 192 * 384 + 3 * 3 * 192 * 256
    biases = 96 + 256 + 384 + 384 + 256
    model = build("alexnet", "paper")
    assert macs(model, (3, 227, 227)) == (
        # each kernel once for every pixel of its output: 55x55, 27x27 and 13x13
        55 * 55 * 96 * 363 + 27 * 27 * 256 * 1200 + 13 * 13 * (384 * 2304 + 384 * 1728 + 256 * 1728) + FC
    )
    assert parameters(model) == convs + biases + FC + FC_BIASES == 60_965_224


def test_course_is_one_tower() -> None:
    """Oracle: the same arithmetic with all 96, 384 and 384 input channels."""
    convs = 11 * 11 * 3 * 96 + 5 * 5 * 96 * 256 + 3 * 3 * 256 * 384 + 3 * 3 * 384 * 384 + 3 * 3 * 384 * 256
    model = build("alexnet")
    assert macs(model, (3, 227, 227)) == (
        55 * 55 * 96 * 363 + 27 * 27 * 256 * 2400 + 13 * 13 * (384 * 2304 + 384 * 3456 + 256 * 3456) + FC
    )
    assert parameters(model) == convs + 96 + 256 + 384 + 384 + 256 + FC + FC_BIASES == 62_378_344


def test_torchvision_has_torchvisions_figures() -> None:
    """Oracle: torchvision's num_params, and FlopCounterMode / 2 of torchvision's own network."""
    model = build("alexnet", "torchvision")
    assert macs(model, (3, 224, 224)) == 714_188_480
    assert parameters(model) == 61_100_840


def test_d2l_has_the_books_matrices() -> None:
    """Oracle: section 8.1 of the book: 6400 x 4096 and 4096 x 4096, and 54x54 after conv1."""
    convs = 11 * 11 * 96 + 5 * 5 * 96 * 256 + 3 * 3 * (256 * 384 + 384 * 384 + 384 * 256)
    fc = 6400 * 4096 + 4096 * 4096 + 4096 * 10
    model = build("alexnet", "d2l")
    assert shapes(model, (1, 224, 224), "conv1 pool1 pool2 pool5 fc6") == [
        (96, 54, 54),
        (96, 26, 26),
        (256, 12, 12),
        (256, 5, 5),
        (4096,),
    ]
    assert parameters(model) == convs + 96 + 256 + 384 + 384 + 256 + fc + 4096 + 4096 + 10
    assert macs(model, (1, 224, 224)) == (
        54 * 54 * 96 * 121 + 26 * 26 * 256 * 2400 + 12 * 12 * (384 * 2304 + 384 * 3456 + 256 * 3456) + fc
    )


@pytest.mark.parametrize("variant", ["course", "paper"])
def test_maps_have_the_sizes_of_the_course_notes(variant: str) -> None:
    """Oracle: the worked example of the course, which has the sizes of the paper's figure 2."""
    names = "conv1 pool1 conv2 pool2 conv3 conv4 conv5 pool5 fc6 fc7 fc8"
    assert shapes(build("alexnet", variant), (3, 227, 227), names) == [
        (96, 55, 55),
        (96, 27, 27),
        (256, 27, 27),
        (256, 13, 13),
        (384, 13, 13),
        (384, 13, 13),
        (256, 13, 13),
        (256, 6, 6),
        (4096,),
        (4096,),
        (1000,),
    ]


def test_options_change_what_they_say() -> None:
    assert build("alexnet", groups=2).get_submodule("conv4").groups == 2
    kinds = [type(module) for module in build("alexnet", normalise=True, activation="tanh").modules()]
    assert (kinds.count(nn.LocalResponseNorm), kinds.count(nn.Tanh), kinds.count(nn.ReLU)) == (2, 7, 0)
    assert build("alexnet", dropout=0.25).get_submodule("drop6").p == 0.25
    assert build("alexnet", in_channels=1).get_submodule("conv1").in_channels == 1


def test_only_a_fitted_network_takes_another_size() -> None:
    """fc6 sees 256 * 5 * 5 at 200x200: 48, 23, 11, 5 after conv1 and the pools."""
    fitted = build("alexnet")
    fitted(torch.empty(1, 3, 200, 200, device="meta"))
    assert fitted.get_submodule("fc6").in_features == 6400
    with pytest.raises(RuntimeError):
        build("alexnet", fit_input=False)(torch.empty(1, 3, 200, 200, device="meta"))
