"""Show me the code: real lines of the catalogue, and values as PyTorch has them."""

from __future__ import annotations

import ast
import inspect
from importlib import import_module
from pathlib import Path

import pytest
from torch import nn

import cnnviz
from cnnviz.architectures import CATALOGUE, Architecture, find
from cnnviz.capture import on_meta
from cnnviz.source import Code, code_of

ROOT = Path(__file__).resolve().parents[1]


def shown(name: str, layer: str, op: str = "", **options: object) -> Code:
    trace, network = cnnviz.trace(name, options=options), find(name, options)
    index = next(la.index for la in trace.layers if la.name == layer and op in ("", la.op))
    return code_of(trace, network, index)


def test_an_inception_layer_shows_its_module_and_its_unit() -> None:
    """Oracle: table 1 of the paper: inception (3a), #3x3 reduce: 96 filters of 1x1 on 192 channels."""
    code = shown("googlenet", "inception_3a.reduce3x3.conv")
    assert [listing.name for listing in code.listings] == ["Inception", "ConvUnit"]
    assert code.block == "inception_3a"
    (line,) = [line for line in code.values.splitlines() if line.endswith("<- this layer")]
    assert line.startswith("reduce3x3.conv = nn.Conv2d(192, 96, kernel_size=(1, 1))  # 28x28x96")
    assert len(code.values.splitlines()) == 13  # six convolutions with their activations, and a pool


def test_the_values_follow_the_options() -> None:
    """Oracle: the option itself: ten classes."""
    assert "Linear(in_features=2048, out_features=10)" in shown("resnet50", "fc", num_classes=10).values


def test_the_block_of_a_residual_layer_comes_with_its_base_class_and_maker() -> None:
    code = shown("resnet50", "conv2_x.block_1.residual.conv2")
    assert [listing.name for listing in code.listings] == [
        "Bottleneck",
        "ResidualBlock",
        "residual_function",
    ]
    assert "y = y + (x if self.shortcut is None else self.shortcut(x))" in code.listings[1].text


def test_a_functions_layers_are_shown_by_the_function() -> None:
    code = shown("vgg16", "block3.conv3_1")
    assert "vgg_block" in [listing.name for listing in code.listings]
    assert code.block == "block3"
    assert code.values.splitlines()[0].startswith("conv3_1 = nn.Conv2d(128, 256, kernel_size=(3, 3), padding")


def test_a_long_network_is_shown_by_the_lines_that_matter() -> None:
    (listing,) = shown("alexnet", "conv2").listings
    assert "self.conv2 = nn.Conv2d(96, 256, kernel_size=5, padding=2, groups=groups)" in listing.text
    assert "self.conv3 =" not in listing.text
    assert "def forward(self, x: Tensor) -> Tensor:" in listing.text


@pytest.mark.parametrize("architecture", CATALOGUE, ids=lambda architecture: architecture.name)
def test_every_line_is_a_line_of_the_file_it_names(architecture: Architecture) -> None:
    """Oracle: the files themselves, and inspect for where a class begins."""
    trace, network = cnnviz.trace(architecture.name), find(architecture.name)
    seen = set()
    for layer in trace.layers[::7]:
        code = code_of(trace, network, layer.index)
        assert code.listings
        for listing in code.listings:
            if (listing.file, listing.text) in seen:
                continue
            seen.add((listing.file, listing.text))
            lines = set((ROOT / listing.file).read_text(encoding="utf-8").splitlines())
            added = {"    def __init__(self, ...) -> None:", "        ...", ""}
            for line in listing.text.splitlines():
                assert line in lines | added or line.startswith('    """')
            module = import_module(listing.file.removesuffix(".py").replace("/", "."))
            assert inspect.getsourcelines(getattr(module, listing.name))[1] == listing.line


@pytest.mark.parametrize("name", ["googlenet", "resnet50", "densenet121", "mobilenet_v2", "lenet5@course"])
def test_the_values_are_what_the_built_network_has(name: str) -> None:
    """Oracle: each printed constructor, called, makes a module that prints as the network's own does."""
    trace, network = cnnviz.trace(name), find(name)
    built = dict(on_meta(network.build).named_modules())
    for layer in trace.layers[:: max(1, len(trace.layers) // 12)]:
        code = code_of(trace, network, layer.index)
        for line in code.values.splitlines():
            path, _, rest = line.partition(" = ")
            call = rest.partition("  #")[0]
            ast.parse(call)
            made = eval(call, {"nn": nn})
            own = built[".".join(filter(None, (code.block, path.strip())))]
            assert repr(made) == repr(own) or isinstance(own, nn.LazyLinear)
