"""SqueezeNet 1.1 against torchvision, the authors' description and arithmetic."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from cnnviz.architectures import find
from tests.architectures import measure
from tests.architectures.measure import macs, parameters

build = partial(measure.build, "squeezenet1_1")


def test_parameters_and_macs_are_torchvisions() -> None:
    """torchvision's num_params, and FlopCounterMode / 2 of its own squeezenet1_1."""
    model = build()
    assert (parameters(model), macs(model, (3, 224, 224))) == (1_235_496, 349_151_936)


def fire(C_in: int, C_out: int, squeezed: int, C_3x3: int) -> int:
    """Parameters of a fire module by figure 1: three convolutions with biases."""
    C_1x1 = C_out - C_3x3
    return (C_in + 1) * squeezed + (squeezed + 1) * C_1x1 + (9 * squeezed + 1) * C_3x3


FIRES = ((64, 128), (128, 128), (128, 256), (256, 256), (256, 384), (384, 384), (384, 512), (512, 512))


@pytest.mark.parametrize(("ratio", "share"), [(0.125, 0.5), (0.75, 0.5), (0.125, 0.25)])
def test_metaparameters_change_the_parameters_as_arithmetic_says(ratio: float, share: float) -> None:
    """Section 5: squeezed = SR * expanded, 3x3 filters = pct_3x3 * expanded."""
    fires = sum(fire(C_in, C, int(C * ratio), int(C * share)) for C_in, C in FIRES)
    expected = (27 + 1) * 64 + fires + (512 + 1) * 1000
    assert parameters(build(squeeze_ratio=ratio, share_3x3=share)) == expected


def test_stage_outputs_are_version_1_1s() -> None:
    """conv1 of 3x3 stride 2 at 224: 111; pools of 3x3 stride 2 that keep the last window: 55, 27, 13."""
    model = build()
    shapes: dict[str, tuple[int, ...]] = {}
    for name in ("conv1", "pool1", "fire3", "pool3", "fire5", "pool5", "fire9", "conv10"):
        model.get_submodule(name).register_forward_hook(
            lambda _, __, output, name=name: shapes.update({name: tuple(output.shape[1:])})
        )
    model(torch.empty(1, 3, 224, 224, device="meta"))
    assert shapes == {
        "conv1": (64, 111, 111),
        "pool1": (64, 55, 55),
        "fire3": (128, 55, 55),
        "pool3": (128, 27, 27),
        "fire5": (256, 27, 27),
        "pool5": (256, 13, 13),
        "fire9": (512, 13, 13),
        "conv10": (1000, 13, 13),
    }


def test_bypass_adds_the_input_and_costs_nothing() -> None:
    """Section 6, simple bypass: around fire3, 5, 7 and 9, no extra parameters."""
    model = build(bypass=True)
    assert [name for name, m in model.named_children() if getattr(m, "bypass", False)] == [
        "fire3",
        "fire5",
        "fire7",
        "fire9",
    ]
    assert parameters(model) == 1_235_496
    module = find("squeezenet1_1", {"bypass": True}).build().fire3
    x = torch.rand(1, 128, 3, 3)
    with_bypass = module(x)
    module.bypass = False
    assert torch.equal(with_bypass, x + module(x))
