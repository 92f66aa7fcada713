"""ConvNeXt-T against torchvision, table 9 and arithmetic."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnviz.architectures.architecture import Architecture, network
from cnnviz.architectures.entries.convnext import ARCHITECTURES
from tests.architectures.measure import macs, parameters

ENTRIES = {entry.name: entry for entry in ARCHITECTURES}


def build(name: str = "convnext_tiny", **options: object) -> nn.Module:
    with torch.device("meta"):
        return network(ENTRIES[name], "", options).build()


PARAMETERS, MACS = (
    28_589_128,
    4_455_531_264,
)  # torchvision's num_params, FlopCounterMode / 2 of its own network
BLOCKS = ((96, 3, 56), (192, 3, 28), (384, 9, 14), (768, 3, 7))  # table 9: channels, blocks, side of the map


def test_parameters_and_macs_are_torchvisions() -> None:
    model = build()
    assert (parameters(model), macs(model, (3, 224, 224))) == (PARAMETERS, MACS)


def test_stages_are_table_9s() -> None:
    model = build()
    shapes: dict[str, tuple[int, ...]] = {}
    for name in ("res2", "res3", "res4", "res5"):
        model.get_submodule(name).register_forward_hook(
            lambda _, __, output, name=name: shapes.update({name: tuple(output.shape[1:])})
        )
    model(torch.empty(1, 3, 224, 224, device="meta"))
    for (name, shape), (C, blocks, side) in zip(shapes.items(), BLOCKS, strict=True):
        assert shape == (C, side, side)
        assert len(model.get_submodule(name)) == blocks


def test_kernel_size_changes_depthwise_filters_only() -> None:
    """(49 - 9) weights a channel and block, and as many MACs a pixel."""
    fewer = sum(40 * C * blocks for C, blocks, _ in BLOCKS)
    fewer_macs = sum(40 * C * blocks * side * side for C, blocks, side in BLOCKS)
    model = build(kernel_size=3)
    assert (parameters(model), macs(model, (3, 224, 224))) == (PARAMETERS - fewer, MACS - fewer_macs)


def test_layer_scale_is_one_number_a_channel_that_starts_near_zero() -> None:
    """Appendix A.1: 1e-6; without it one number a channel and block goes."""
    assert parameters(build(layer_scale=False)) == PARAMETERS - sum(C * blocks for C, blocks, _ in BLOCKS)
    block = network(ENTRIES["convnext_tiny"], "", {"width": 16}).build().res2[0]
    assert torch.equal(block.layer_scale, torch.full((16, 1, 1), 1e-6))
    x = torch.rand(1, 16, 5, 5)
    assert torch.allclose(block(x), x, atol=1e-4)


def test_expansion_width_and_activation_change_what_they_say() -> None:
    """Each of a block's two linear layers loses 2C * C weights when 4 becomes 2, and 2C biases go."""
    fewer = sum((2 * 2 * C * C + 2 * C) * blocks for C, blocks, _ in BLOCKS)
    assert parameters(build(expansion=2)) == PARAMETERS - fewer
    assert build(width=48).fc.in_features == 384
    assert not any(isinstance(module, nn.GELU) for module in build(activation="relu").modules())


@pytest.mark.parametrize("entry", ARCHITECTURES, ids=lambda entry: entry.name)
def test_published_figures_that_apply_match(entry: Architecture) -> None:
    model = build(entry.name)
    measured = {"parameters": parameters(model), "macs": macs(model, entry.variants[0].input_shape)}
    for figure in entry.variants[0].published:
        if figure.applies and figure.quantity in measured:
            assert figure.matches(measured[figure.quantity]), figure


@pytest.mark.parametrize("entry", ARCHITECTURES, ids=lambda entry: entry.name)
def test_every_option_works_at_its_bounds(entry: Architecture) -> None:
    for option in entry.options_of(entry.variants[0]):
        values = {"bool": (True, False), "choice": option.choices}.get(
            option.kind, (option.minimum, option.maximum)
        )
        for value in values:
            made = network(entry, "", {option.name: value})
            with torch.device("meta"):
                output = made.build()(torch.empty(1, *made.input_shape))
            logits = output[0] if isinstance(output, tuple) else output
            assert logits.ndim == 2


@pytest.mark.parametrize("entry", ARCHITECTURES, ids=lambda entry: entry.name)
def test_every_parameter_receives_a_gradient(entry: Architecture) -> None:
    model = build(entry.name).train()
    model(torch.empty(2, *entry.variants[0].input_shape, device="meta")).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
