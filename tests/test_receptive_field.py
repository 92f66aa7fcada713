"""Receptive fields against published ones and against what gradients reach in float64."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import cnnviz


def reached(model: nn.Module, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Pixels along each axis from the first to the last that any output element's gradient touches."""
    model = model.double().eval()
    for parameter in model.parameters():
        nn.init.uniform_(parameter, 0.5, 1.0)  # nothing cancels
    x = torch.rand(1, *shape, dtype=torch.float64, requires_grad=True)
    out = model(x)
    widest = [0] * (len(shape) - 1)
    for at in itertools.product(*(range(n) for n in out.shape[2:])):
        value = out[(0, slice(None), *at)].sum()
        (gradient,) = torch.autograd.grad(value, x, retain_graph=True)
        touched = gradient[0].abs().sum(0).nonzero()
        for axis in range(len(widest)):
            if len(touched):
                widest[axis] = max(widest[axis], int(touched[:, axis].max() - touched[:, axis].min()) + 1)
    return tuple(widest)


def traced_field(model: nn.Module, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    return cnnviz.trace(model, shape).layers[-1].receptive_field


@st.composite
def chains(draw: Any) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(draw(st.integers(1, 3))):
        kernel, stride = draw(st.integers(1, 3)), draw(st.integers(1, 2))
        if draw(st.booleans()):
            dilation = draw(st.integers(1, 2))
            layers.append(nn.Conv2d(1, 1, kernel, stride, draw(st.integers(0, 1)), dilation, bias=False))
        else:
            layers.append(nn.AvgPool2d(kernel, stride, draw(st.integers(0, kernel // 2))))
    return nn.Sequential(*layers)


@settings(max_examples=25)
@given(chains())
def test_a_chain_sees_what_its_gradient_reaches(model: nn.Sequential) -> None:
    """Oracle: the gradient in float64, the most of all output elements, on a map with room in its middle."""
    assert traced_field(model, (1, 33, 33)) == reached(model, (1, 33, 33))


class Written(nn.Module):
    def __init__(self, function: Callable[..., Tensor], *parts: nn.Module) -> None:
        super().__init__()
        self.function = function
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, *self.parts)


def conv(kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(1, 1, kernel, stride, padding, dilation, bias=False)


BRANCHED = {
    "a residual block": Written(lambda x, a, b: x + b(a(x)), conv(3, padding=1), conv(3, padding=1)),
    "two widths side by side": Written(
        lambda x, a, b: torch.cat([a(x), b(x)], 1), conv(1), conv(5, padding=2)
    ),
    "a strided shortcut": Written(lambda x, a, b: a(x) + b(x), conv(1, 2), conv(3, 2, 1)),
    "a slice beside the whole": Written(lambda x, a: a(x[:, :, 1:-1, 1:-1]), conv(3)),
    "padding by hand": Written(lambda x, a: a(F.pad(x, (2, 1, 1, 2))), conv(4)),
    "one row of windows": Written(lambda x, a: a(x.transpose(2, 3)).transpose(2, 3), conv(3, padding=1)),
    "a dilated stack": nn.Sequential(conv(3, padding=1), conv(3, padding=2, dilation=2), conv(3, 2, 4, 4)),
    "a permute to the end and back": Written(
        lambda x, a: a(x.permute(0, 2, 3, 1).permute(0, 3, 1, 2)), conv(3)
    ),
}


@pytest.mark.parametrize("name", BRANCHED)
def test_branches_see_the_union(name: str) -> None:
    """Oracle: the gradient in float64."""
    model = BRANCHED[name]
    assert traced_field(model, (1, 25, 25)) == reached(model, (1, 25, 25))


UPPER = {
    "up by nearest": Written(lambda x, a: a(F.interpolate(x, scale_factor=2)), conv(3, padding=1)),
    "up by bilinear": Written(
        lambda x, a: F.interpolate(a(x), scale_factor=2, mode="bilinear"), conv(3, padding=1)
    ),
    "transposed": nn.Sequential(conv(3, 2), nn.ConvTranspose2d(1, 1, 4, 2, 1, bias=False)),
    "pixel unshuffle": Written(lambda x, a: a(F.pixel_unshuffle(x, 2)[:, :1]), conv(3)),
    "uneven adaptive pool": nn.Sequential(conv(3), nn.AdaptiveAvgPool2d(5)),
}


@pytest.mark.parametrize("name", UPPER)
def test_where_elements_differ_the_field_is_not_too_small(name: str) -> None:
    """Oracle: the gradient in float64; neighbours see different numbers of pixels, the widest counts.

    An upper bound is what a trace promises here, at most one step of the map before wider than the gradient.
    """
    model = UPPER[name]
    field = traced_field(model, (1, 20, 20))
    assert field is not None
    for ours, real in zip(field, reached(model, (1, 20, 20)), strict=True):
        assert real <= ours <= real + 2


@pytest.mark.parametrize(
    "model",
    [
        nn.Sequential(conv(3), nn.AdaptiveAvgPool2d(1)),
        nn.Sequential(conv(3), nn.Flatten(), nn.Linear(18 * 18, 2)),
        Written(lambda x, a: a(x) * torch.sigmoid(a(x).mean((2, 3), keepdim=True)), conv(3)),
        Written(lambda x, a: a(x).mean((2, 3)), conv(3)),
    ],
    ids=["global pool", "fully connected", "gate", "mean"],
)
def test_what_mixes_the_whole_map_sees_the_whole_map(model: nn.Module) -> None:
    """Oracle: by hand: 18 positions of a 3-pixel window cover all 20 pixels."""
    assert traced_field(model, (1, 20, 20)) == (20, 20)


def test_one_and_three_dimensions() -> None:
    """Oracle: the gradient in float64."""
    for model, shape in (
        (nn.Sequential(nn.Conv1d(1, 1, 3, 2, bias=False), nn.Conv1d(1, 1, 5, bias=False)), (1, 31)),
        (nn.Sequential(nn.Conv3d(1, 1, (1, 3, 2), bias=False), nn.AvgPool3d(2)), (1, 6, 9, 8)),
    ):
        assert traced_field(model, shape) == reached(model, shape)


def last(trace: cnnviz.Trace, op: str) -> Any:
    return [layer for layer in trace.layers if layer.op == op][-1]


def test_published_receptive_fields() -> None:
    """Oracle: Araujo, Norris, Sim 2019: VGG-16 212, AlexNet-v2 195, MobileNet 315 pixels.

    https://distill.pub/2019/computing-receptive-fields. AlexNet-v2 is torchvision's (Krizhevsky 2014).
    """
    assert last(cnnviz.trace("vgg16"), "max_pool2d").receptive_field == (212, 212)
    assert last(cnnviz.trace("alexnet@torchvision"), "max_pool2d").receptive_field == (195, 195)
    assert last(cnnviz.trace("mobilenet_v1"), "conv2d").receptive_field == (315, 315)


def test_published_fields_of_networks_with_branches() -> None:
    """Oracle: the same table: Inception-v3 1311; ResNet-50 by hand.

    The table's ResNet-50 has its strides in the last unit of each stage and sees 483 pixels. With the stride
    in the first, r - 1 = sum of (f - 1) * jump = 6*1 + 2*2 + 3*2*4 + (2*4 + 3*2*8) + (2*8 + 5*2*16)
    + (2*16 + 2*2*32) = 426.
    """
    resnet = [x for x in cnnviz.trace("resnet50@torchvision").layers if x.op == "relu"][-1]
    assert resnet.receptive_field == (427, 427)
    inception = last(cnnviz.trace("inception_v3"), "cat")
    assert inception.receptive_field == (1311, 1311)


def test_field_and_jump_texts_are_equation_2_of_the_article() -> None:
    """Oracle: r + (f - 1) * j by hand for two 3x3 windows, the first with stride 2: 3, 3 + 2*2 = 7."""
    rows = cnnviz.trace(nn.Sequential(conv(3, 2), conv(3)), (1, 15, 15)).layers
    assert rows[0].formulas.receptive_field.startswith("r_H = 1 + (3 - 1)*1 = 3, j_H = 1*2 = 2")
    assert rows[1].formulas.receptive_field.startswith("r_H = 3 + (3 - 1)*2 = 7, j_H = 2*1 = 2")
