"""Exported code is run: it must be the network that the design said it is."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from torch import nn

import cnnviz
from cnnviz import conventions
from cnnviz.capture import on_meta
from cnnviz.design import Design, built, row
from cnnviz.design.code import class_name, torch_code
from cnnviz.design.examples import NAMES, example
from cnnviz.errors import DesignError
from cnnviz.layer import Layer
from tests.architectures.measure import macs
from tests.design.nets import working_designs


def module(design: Design) -> nn.Module:
    """What the exported code makes, on torch's meta device."""
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(torch_code(design), "exported.py", "exec"), space)
    return on_meta(space[class_name(design.name)]).eval()


def told(layer: Layer) -> tuple[Any, ...]:
    return layer.name, layer.module, layer.op, layer.inputs, layer.output_shape, layer.parameters, layer.macs


def check(design: Design) -> None:
    network = module(design)
    ours = built(design).trace
    theirs = cnnviz.trace(network, design.input_shape)
    assert [told(layer) for layer in ours.layers] == [told(layer) for layer in theirs.layers]
    assert ours.parameters == sum(p.numel() for p in network.parameters())
    assert ours.macs == macs(network, design.input_shape)
    assert ours.activation_bytes == theirs.activation_bytes
    for convention in conventions.PRESETS.values():
        assert conventions.per_layer(ours, convention) == conventions.per_layer(theirs, convention)


@settings(max_examples=80)
@given(working_designs())
def test_the_code_is_the_design(design: Design) -> None:
    """Oracle: torch runs the code; the captured layers, its own parameters, FlopCounterMode / 2."""
    check(design)


@pytest.mark.parametrize("name", NAMES)
def test_the_code_of_an_example_runs(name: str) -> None:
    """Oracle: torch, with real numbers, and its own count."""
    design = example(name)
    check(design)
    space: dict[str, Any] = {"__name__": "exported"}
    exec(torch_code(design), space)
    with torch.no_grad():
        answer = space[class_name(design.name)]().eval()(torch.randn(2, *design.input_shape))
    assert answer.shape == (2, 10)
    assert answer.isfinite().all()


def test_the_code_imports_torch_and_nothing_else() -> None:
    """Oracle: its lines."""
    every = "\n".join(torch_code(example(name)) for name in NAMES)
    lines = {line for line in every.splitlines() if "import" in line}
    assert lines == {"import torch", "from torch import Tensor, nn"}


def test_blocks_that_are_not_used_are_not_in_the_code() -> None:
    """Oracle: classes by name."""
    text = torch_code(example("residual"))
    assert "class Residual(" in text
    assert "class Inception(" not in text
    plain = torch_code(Design(rows=(row("conv"), row("pool"))))
    assert plain.count("class ") == 1


@pytest.mark.parametrize(("name", "expected"), [
    ("LeNet-5", "LeNet5"),
    ("my network", "MyNetwork"),
    ("resnet50@torchvision", "Resnet50Torchvision"),
    ("3 blocks", "Net3Blocks"),
    ("residual", "NetResidual"),
    ("ConvUnit", "NetConvUnit"),
    ("tensor", "NetTensor"),
    ("none", "NetNone"),
    ("é", "Net"),
])  # fmt: skip
def test_a_name_becomes_that_of_a_class(name: str, expected: str) -> None:
    """Oracle: by hand; no name is one that the code already has."""
    assert class_name(name) == expected


def test_a_design_that_does_not_fit_has_no_code() -> None:
    with pytest.raises(DesignError, match="row 1"):
        torch_code(Design(rows=(row("linear"),)))
    with pytest.raises(DesignError, match="no rows yet"):
        torch_code(Design())
