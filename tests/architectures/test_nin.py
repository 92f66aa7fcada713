"""Network in Network against its author's ImageNet model and the d2l book."""

from __future__ import annotations

import pytest
from torch import nn

from tests.architectures.measure import build, macs, parameters, shapes


def test_paper_has_the_parameters_of_the_authors_model() -> None:
    """Oracle: the layer sizes of the Caffe model by hand; its file of 29 MB holds four bytes for each."""
    spatial = 11 * 11 * 3 * 96 + 5 * 5 * 96 * 256 + 3 * 3 * 256 * 384 + 3 * 3 * 384 * 1024
    cccp = 2 * 96 * 96 + 2 * 256 * 256 + 2 * 384 * 384 + 1024 * 1024 + 1024 * 1000
    biases = 3 * 96 + 3 * 256 + 3 * 384 + 2 * 1024 + 1000
    model = build("nin")
    assert parameters(model) == spatial + cccp + biases
    assert round(4 * parameters(model) / 2**20) == 29
    assert macs(model, (3, 224, 224)) == (
        54 * 54 * (363 * 96 + 2 * 96 * 96)
        + 27 * 27 * (2400 * 256 + 2 * 256 * 256)
        + 13 * 13 * (2304 * 384 + 2 * 384 * 384)
        + 6 * 6 * (3456 * 1024 + 1024 * 1024 + 1024 * 1000)
    )


def test_paper_ends_in_the_6x6_that_the_authors_model_averages() -> None:
    """Oracle: the Caffe model averages with a kernel of 6 and pools with incomplete last windows."""
    assert shapes(build("nin"), (3, 224, 224), "mlpconv1 pool1 mlpconv2 pool2 pool3 mlpconv4 avgpool") == [
        (96, 54, 54),
        (96, 27, 27),
        (256, 27, 27),
        (256, 13, 13),
        (384, 6, 6),
        (1000, 6, 6),
        (1000, 1, 1),
    ]


def test_d2l_has_the_shapes_of_the_book() -> None:
    """Oracle: section 8.3 of the book: 384 x 5 x 5 is reduced to 10 x 5 x 5 in one step."""
    model = build("nin", "d2l")
    assert shapes(model, (1, 224, 224), "mlpconv1 pool1 pool2 pool3 mlpconv4") == [
        (96, 54, 54),
        (96, 26, 26),
        (256, 12, 12),
        (384, 5, 5),
        (10, 5, 5),
    ]
    spatial = 11 * 11 * 96 + 5 * 5 * 96 * 256 + 3 * 3 * 256 * 384 + 3 * 3 * 384 * 10
    cccp = 2 * (96 * 96 + 256 * 256 + 384 * 384 + 10 * 10)
    assert parameters(model) == spatial + cccp + 3 * (96 + 256 + 384 + 10)
    assert macs(model, (1, 224, 224)) == (
        54 * 54 * (121 * 96 + 2 * 96 * 96)
        + 26 * 26 * (2400 * 256 + 2 * 256 * 256)
        + 12 * 12 * (2304 * 384 + 2 * 384 * 384)
        + 5 * 5 * (3456 * 10 + 2 * 10 * 10)
    )


@pytest.mark.parametrize("one_by_one", [0, 1, 3])
def test_the_network_in_the_network_is_as_deep_as_asked(one_by_one: int) -> None:
    convs = [m for m in build("nin", one_by_one=one_by_one).modules() if isinstance(m, nn.Conv2d)]
    assert len(convs) == 4 * (1 + one_by_one)
    assert convs[-1].out_channels == 1000


def test_options_change_what_they_say() -> None:
    kinds = [type(module) for module in build("nin", activation="gelu").modules()]
    assert (kinds.count(nn.GELU), kinds.count(nn.ReLU)) == (12, 0)
    assert build("nin", dropout=0.2).get_submodule("drop3").p == 0.2
