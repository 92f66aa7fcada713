"""The rows of every catalogue network."""

from __future__ import annotations

import pytest

import cnnviz
from cnnviz import programs
from cnnviz.design import built, dumps, loads, packed, unpacked
from cnnviz.design.derive import derived
from cnnviz.errors import DesignError

# What has parts that no kind of row is like, and the layer that is named.
NO_ROWS = {
    "convnext_tiny@torchvision": "LayerNorm2d",
    "inception_v3@torchvision": "mixed_5b.branch_pool",
    "lenet5@paper": "ScaledTanh",
}
TABLES = {  # blocks of each stage as the papers' tables have them
    "resnet50@paper": ("bottleneck", [3, 4, 6, 3]),
    "resnet101@torchvision": ("bottleneck", [3, 4, 23, 3]),
    "resnet152@paper": ("bottleneck", [3, 8, 36, 3]),
    "resnet34@paper": ("residual", [3, 4, 6, 3]),
    "resnet110@paper": ("residual", [18, 18, 18]),
    "vgg16@paper": ("conv", [2, 2, 3, 3, 3]),
    "mobilenet_v2@torchvision": ("inverted", [1, 2, 3, 4, 3, 3, 1]),
}


@pytest.mark.parametrize("name", [name for name in programs.names() if name not in NO_ROWS])
def test_rows_cost_what_the_network_costs(name: str) -> None:
    """Oracle: the captured program's own totals, and the shape of every block's output in order."""
    network = cnnviz.trace(name)
    made = built(derived(network))
    assert made.problem is None
    assert made.macs == network.macs
    assert made.parameters == network.parameters - network.unused_parameters
    assert made.trace.weight_layers == network.weight_layers
    assert made.output_shape == network.layers[-1].output_shape
    assert sorted((x.op, x.output_shape, x.macs) for x in made.trace.layers if x.op != "cat") == sorted(
        (x.op, x.output_shape, x.macs) for x in network.layers if x.op != "cat"
    )
    assert len(made.design.rows) <= 23
    assert loads(dumps(made.design)) == made.design == unpacked(packed(made.design))


@pytest.mark.parametrize("name", TABLES)
def test_rows_read_like_the_papers_table(name: str) -> None:
    """Oracle: the repeats in the papers' tables: ResNet 1 and 6, VGG 1 (D), MobileNetV2 2."""
    kind, repeats = TABLES[name]
    rows = [made for made in derived(cnnviz.trace(name)).rows if made.kind == kind]
    assert [made.repeat for made in rows][: len(repeats)] == repeats


@pytest.mark.parametrize("name", NO_ROWS)
def test_a_part_that_no_row_is_like_is_named(name: str) -> None:
    """Oracle: what these networks alone have: layer norm, pooling with 1x1 behind, a scaled tanh."""
    with pytest.raises(DesignError, match=f"no kind of row is like .*{NO_ROWS[name]}"):
        derived(cnnviz.trace(name))


def test_changed_options_are_in_the_rows() -> None:
    """Oracle: 100 classes where there were 1,000: 512 weights and a bias fewer for each of 900."""
    usual, fewer = (cnnviz.trace("resnet18", options=o) for o in ({}, {"num_classes": 100}))
    difference = built(derived(usual)).parameters - built(derived(fewer)).parameters
    assert difference == 900 * (512 + 1)


def test_a_network_that_makes_nothing_is_no_chain_of_rows() -> None:
    """Oracle: an ONNX file may name an output that none of its operations makes."""
    trace = cnnviz.trace("lenet5")
    with pytest.raises(DesignError, match="no chain of rows"):
        derived(trace.replace(program=trace.program.replace(outputs=())))
