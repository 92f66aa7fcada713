"""Random layers: shape, error or not, and multiplications equal to torch's on tiny tensors."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import cnnviz
from cnnviz.errors import ShapeError

CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
MAX_POOLS = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
AVG_POOLS = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
ADAPTIVE_AVG = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}
ADAPTIVE_MAX = {1: nn.AdaptiveMaxPool1d, 2: nn.AdaptiveMaxPool2d, 3: nn.AdaptiveMaxPool3d}


def sizes(draw: Any, axes: int, low: int, high: int) -> tuple[int, ...]:
    return tuple(draw(st.integers(low, high)) for _ in range(axes))


@st.composite
def convolutions(draw: Any) -> tuple[nn.Module, tuple[int, ...], int]:
    axes, groups = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    in_channels, channels = (groups * draw(st.integers(1, 2)) for _ in range(2))
    stride = sizes(draw, axes, 1, 3)
    padding: Any = sizes(draw, axes, 0, 3)
    if draw(st.booleans()):
        padding = draw(st.sampled_from(["same", "valid"]))
        stride = (1,) * axes if padding == "same" else stride
    module = CONVOLUTIONS[axes](
        in_channels,
        channels,
        sizes(draw, axes, 1, 4),
        stride=stride,
        padding=padding,
        dilation=sizes(draw, axes, 1, 3),
        groups=groups,
        bias=draw(st.booleans()),
        padding_mode=draw(st.sampled_from(["zeros", "zeros", "replicate", "circular"])),
    )
    wrong = draw(st.sampled_from([0, 0, 0, 0, 1]))
    return module, (in_channels + wrong, *sizes(draw, axes, 1, 9)), draw(st.integers(1, 3))


@st.composite
def transposed(draw: Any) -> tuple[nn.Module, tuple[int, ...], int]:
    axes, groups = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    in_channels, channels = (groups * draw(st.integers(1, 2)) for _ in range(2))
    stride, dilation = sizes(draw, axes, 1, 3), sizes(draw, axes, 1, 2)
    extra = tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True))
    module = TRANSPOSED[axes](
        in_channels,
        channels,
        sizes(draw, axes, 1, 4),
        stride=stride,
        padding=sizes(draw, axes, 0, 2),
        output_padding=extra,
        groups=groups,
        bias=draw(st.booleans()),
        dilation=dilation,
    )
    return module, (in_channels, *sizes(draw, axes, 1, 6)), draw(st.integers(1, 2))


@st.composite
def pools(draw: Any) -> tuple[nn.Module, tuple[int, ...], int]:
    axes = draw(st.integers(1, 3))
    kernel = sizes(draw, axes, 1, 4)
    padding = tuple(draw(st.integers(0, f // 2)) for f in kernel)
    ceil_mode = draw(st.booleans())
    module: nn.Module
    if draw(st.booleans()):
        module = MAX_POOLS[axes](
            kernel, sizes(draw, axes, 1, 4), padding, sizes(draw, axes, 1, 2), ceil_mode=ceil_mode
        )
    else:
        module = AVG_POOLS[axes](kernel, sizes(draw, axes, 1, 4), padding, ceil_mode=ceil_mode)
    return module, (draw(st.integers(1, 3)), *sizes(draw, axes, 1, 9)), draw(st.integers(1, 2))


@st.composite
def adaptive_pools(draw: Any) -> tuple[nn.Module, tuple[int, ...], int]:
    axes = draw(st.integers(1, 3))
    kinds = draw(st.sampled_from([ADAPTIVE_AVG, ADAPTIVE_MAX]))
    size: Any = sizes(draw, axes, 1, 6)
    if axes > 1:
        size = tuple(None if draw(st.integers(0, 4)) == 0 else n for n in size)
    return kinds[axes](size), (draw(st.integers(1, 3)), *sizes(draw, axes, 1, 9)), draw(st.integers(1, 2))


def agrees_with_torch(case: tuple[nn.Module, tuple[int, ...], int]) -> None:
    module, shape, batch = case
    if isinstance(module, nn.AvgPool3d):  # the one pool that wants more than its padded window to fit
        assume(all(n >= f for n, f in zip(shape[1:], module.kernel_size, strict=True)))
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            real = module(torch.zeros(batch, *shape))
    except (RuntimeError, ValueError) as error:
        try:
            trace = cnnviz.trace(module, shape, batch_size=batch)
        except cnnviz.CnnvizError:
            return
        raise AssertionError(f"{module} on {shape}: torch says {error}, we say {trace.layers}") from None
    if not real.numel():  # torch makes an empty map of it, we say that nothing is left
        with pytest.raises(ShapeError, match="leaves nothing"):
            cnnviz.trace(module, shape, batch_size=batch)
        return
    trace = cnnviz.trace(module, shape, batch_size=batch)
    assert trace.layers[-1].output_shapes[0] == tuple(real.shape)
    assert trace.macs * batch == counter.get_total_flops() // 2
    assert trace.parameters == sum(p.numel() for p in module.parameters())
    assert cnnviz.trace(module, shape, batch_size=batch, verify=True).program == trace.program


@given(convolutions())
def test_convolutions(case: tuple[nn.Module, tuple[int, ...], int]) -> None:
    """Oracle: torch on the CPU and FlopCounterMode / 2."""
    agrees_with_torch(case)


@given(transposed())
def test_transposed_convolutions(case: tuple[nn.Module, tuple[int, ...], int]) -> None:
    """Oracle: torch on the CPU and FlopCounterMode / 2."""
    agrees_with_torch(case)


@given(pools())
def test_pools(case: tuple[nn.Module, tuple[int, ...], int]) -> None:
    """Oracle: torch on the CPU."""
    agrees_with_torch(case)


@given(adaptive_pools())
def test_adaptive_pools(case: tuple[nn.Module, tuple[int, ...], int]) -> None:
    """Oracle: torch on the CPU."""
    agrees_with_torch(case)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.data())
def test_views_and_permutes(shape: list[int], data: Any) -> None:
    """Oracle: torch on the CPU: the shape, and whether the result is a view or a copy."""
    axes = data.draw(st.permutations(range(len(shape) + 1)))
    split = data.draw(st.integers(1, len(shape) + 1))

    class Rearranged(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = x.permute(*axes)
            return y.flatten(0, split - 1).reshape(-1, y.shape[-1])

    x = torch.zeros(2, *shape)
    real = Rearranged()(x)
    trace = cnnviz.trace(Rearranged(), tuple(shape), batch_size=2)
    assert trace.layers[-1].output_shapes[0] == tuple(real.shape)
    shares = real.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    assert all(layer.operation.alias for layer in trace.layers) == shares
