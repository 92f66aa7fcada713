"""LeNet-5 against the paper's section II-B and the course notes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnviz.architectures.lenet import ConnectionTable, LeNet5Paper, RadialBasis, ScaledTanh, Subsampling
from tests.architectures.measure import build, macs, parameters, shapes

# Table I of the paper: rows are the maps of S2, columns the maps of C3.
TABLE_I = (
    "X...XXX..XXXX.XX",
    "XX...XXX..XXXX.X",
    "XXX...XXX..X.XXX",
    ".XXX..XXXX..X.XX",
    "..XXX..XXXX.XX.X",
    "...XXX..XXXX.XXX",
)


@pytest.mark.parametrize(
    ("layer", "count"),
    # section II-B names each of these
    [("c1", 156), ("s2", 12), ("c3", 1_516), ("s4", 32), ("c5", 48_120), ("f6", 10_164), ("output", 0)],
)
def test_each_layer_of_the_paper_has_the_parameters_it_names(layer: str, count: int) -> None:
    model = build("lenet5", "paper", fit_input=False)
    assert parameters(model.get_submodule(layer)) == count


def test_paper_has_60_000_parameters_and_the_multiplications_of_its_wiring() -> None:
    """Oracle: section II-B; C3 has 60 connections of 5x5 in table I, at each of 10x10 pixels."""
    assert sum(row.count("X") for row in TABLE_I) == 60
    model = build("lenet5", "paper")
    assert macs(model, (1, 32, 32)) == (
        28 * 28 * 6 * 25 + 10 * 10 * 60 * 25 + 1 * 1 * 120 * 400 + 120 * 84  # C1, C3, C5, F6
    )
    assert parameters(model) == 60_000


@pytest.mark.parametrize("source", range(6))
def test_each_map_of_s2_reaches_the_maps_of_c3_that_table_1_says(source: int) -> None:
    """Oracle: table I, by switching on one map of S2 and looking which maps of C3 change."""
    torch.manual_seed(0)
    c3 = ConnectionTable()
    x = torch.zeros(1, 6, 14, 14)
    x[0, source] = 1
    changed = (c3(x) - c3(torch.zeros_like(x))).abs().amax((0, 2, 3)) > 1e-6
    assert "".join(".X"[int(map_changed)] for map_changed in changed) == TABLE_I[source]


def test_subsampling_adds_four_and_scales_each_map() -> None:
    """Oracle: section II-B by hand: 1 + 2 + 3 + 4 = 10, times a weight of 2, plus a bias of 5."""
    layer = Subsampling(1)
    nn.init.constant_(layer.weight, 2.0)
    nn.init.constant_(layer.bias, 5.0)
    assert layer(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])).item() == 25.0


def test_the_squashing_function_keeps_one_where_it_is() -> None:
    """Oracle: appendix A, which picks A and S such that f(1) = 1 and f(-1) = -1."""
    torch.testing.assert_close(
        ScaledTanh()(torch.tensor([1.0, -1.0])), torch.tensor([1.0, -1.0]), atol=1e-4, rtol=0
    )


def test_the_nearest_code_word_has_the_largest_output() -> None:
    """Oracle: equation 7: the distance from a code word to itself is 0, to another 4 for each sign."""
    torch.manual_seed(0)
    output = RadialBasis(84, 10)
    distances = -output(output.codes)
    assert torch.equal(distances.diagonal(), torch.zeros(10))
    assert torch.equal(distances[0, 1], 4 * (output.codes[0] != output.codes[1]).sum())


@pytest.mark.parametrize(("variant", "size"), [("course", 32), ("d2l", 28)])
def test_course_and_book_have_the_same_dense_layers(variant: str, size: int) -> None:
    """Oracle: the worked example of the course notes; the book pads 28 to 32, so nothing else changes."""
    model = build("lenet5", variant)
    names = "conv1 pool1 conv2 pool2 fc3 fc4 fc5"
    assert shapes(model, (1, size, size), names) == [
        (6, 28, 28),
        (6, 14, 14),
        (16, 10, 10),
        (16, 5, 5),
        (120,),
        (84,),
        (10,),
    ]
    assert model.get_submodule("fc3").in_features == 400
    # 26 * 6, 151 * 16, 401 * 120, 121 * 84, 85 * 10
    assert parameters(model) == 156 + 2_416 + 48_120 + 10_164 + 850
    assert macs(model, (1, size, size)) == 784 * 150 + 100 * 2_400 + 48_000 + 10_080 + 840


def test_paper_maps_have_the_sizes_of_figure_2() -> None:
    assert shapes(build("lenet5", "paper"), (1, 32, 32), "c1 s2 c3 s4 c5 f6 output") == [
        (6, 28, 28),
        (6, 14, 14),
        (16, 10, 10),
        (16, 5, 5),
        (120, 1, 1),
        (84,),
        (10,),
    ]


def test_options_change_what_they_say() -> None:
    kinds = [type(module) for module in build("lenet5", activation="relu", pooling="max").modules()]
    assert (kinds.count(nn.ReLU), kinds.count(nn.MaxPool2d), kinds.count(nn.AvgPool2d)) == (4, 2, 0)
    assert nn.Sigmoid in [type(module) for module in build("lenet5", "d2l").modules()]
    with pytest.raises(RuntimeError):
        build("lenet5", fit_input=False)(torch.empty(1, 1, 40, 40, device="meta"))


def test_code_words_are_signs_that_are_not_trained() -> None:
    model = LeNet5Paper()
    assert set(model.output.codes.flatten().tolist()) == {-1.0, 1.0}
    assert "output.codes" in model.state_dict()
