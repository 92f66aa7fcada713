"""Why one output element has its value: the inputs and weights that made it, down to the products."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import torch
from torch import Tensor, nn

from cnnviz.inside.fields import Element, checked
from cnnviz.inside.looking import Seen
from cnnviz.inside.networks import kind

Rows = tuple[tuple[float, ...], ...]
MOST_PARTS = 8  # input channels that are told one by one; the others are added up
MOST_TERMS = 12  # inputs of a fully connected layer that are told one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one input channel adds: a window of inputs, times weights where there are any."""

    channel: int
    top: int  # of the window in the input map; it may begin in the padding
    left: int
    inputs: Rows
    weights: Rows = ()
    sum: float  # of the products; without weights, what the window comes to


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A value and what it is made of: the parts, what is left of them, and the bias add up to it."""

    kind: str
    value: float  # as the forward pass had it
    parts: tuple[Part, ...]  # those that add most first
    others: int = 0  # parts that are not told
    rest: float = 0.0  # their sum
    bias: float | None = None
    words: str = ""  # the rule with the numbers in, where it is not a sum of products

    @property
    def total(self) -> float:
        """What parts, rest and bias come to; the value, but for the last digits."""
        return sum(part.sum for part in self.parts) + self.rest + (self.bias or 0.0)


def explained(seen: Seen, element: Element) -> Explained:
    """Why the element has its value. Raises OptionError where there is no such element."""
    element = checked(seen, element)
    module = seen.network.module(element.layer)
    given = seen.inputs[element.layer]
    value = float(seen.maps(element.layer)[element[1:]])
    if isinstance(module, nn.Conv2d):
        return _convolution(module, given, element, value)
    if isinstance(module, nn.Linear):
        return _linear(module, given, element, value)
    if isinstance(module, nn.BatchNorm2d):
        return _norm(module, given, element, value)
    if given.dim() == 3 and kind(module).endswith("pooling"):
        return _pooling(module, given, element, value)
    return _activation(seen, module, given, element, value)


def _convolution(module: nn.Conv2d, given: Tensor, element: Element, value: float) -> Explained:
    per_group = module.in_channels // module.groups
    first = element.channel // (module.out_channels // module.groups) * per_group
    weight = module.weight[element.channel]
    before = _padding(module)
    (top, left), (high, wide) = _corner(module, before, element), weight.shape[1:]
    window = _window(given[first : first + per_group], top, left, high, wide, module.dilation)
    sums = (window * weight).sum((1, 2))
    order = sums.abs().argsort(descending=True, stable=True).tolist()
    parts = tuple(
        Part(
            channel=first + i,
            top=top,
            left=left,
            inputs=_rows(window[i]),
            weights=_rows(weight[i]),
            sum=float(sums[i]),
        )
        for i in order[:MOST_PARTS]
    )
    return Explained(
        kind="convolution",
        value=value,
        parts=parts,
        others=len(order) - len(parts),
        rest=float(sums[order[MOST_PARTS:]].sum()),
        bias=float(module.bias[element.channel]) if module.bias is not None else 0.0,
    )


def _padding(module: nn.Conv2d) -> tuple[int, int]:
    """Rows above and columns to the left."""
    if isinstance(module.padding, str):
        if module.padding == "valid":
            return 0, 0
        top, left = (d * (k - 1) // 2 for d, k in zip(module.dilation, module.kernel_size, strict=True))
        return top, left
    return module.padding[0], module.padding[1]


def _corner(module: nn.Conv2d, before: tuple[int, int], element: Element) -> tuple[int, int]:
    return element.row * module.stride[0] - before[0], element.column * module.stride[1] - before[1]


def _window(
    given: Tensor, top: int, left: int, high: int, wide: int, dilation: tuple[int, ...] = (1, 1)
) -> Tensor:
    """The inputs under a window, zeros where it lies in the padding: channels x high x wide."""
    rows = top + torch.arange(high) * dilation[0]
    columns = left + torch.arange(wide) * dilation[1]
    height, width = given.shape[1:]
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))[None]
    found = given[:, rows.clamp(0, height - 1)][:, :, columns.clamp(0, width - 1)]
    return torch.where(inside, found, torch.zeros(()))


def _linear(module: nn.Linear, given: Tensor, element: Element, value: float) -> Explained:
    products = given.flatten() * module.weight[element.channel]
    order = products.abs().argsort(descending=True, stable=True).tolist()
    told = order[:MOST_TERMS]
    parts = tuple(
        Part(
            channel=i,
            top=0,
            left=0,
            inputs=((float(given.flatten()[i]),),),
            weights=((float(module.weight[element.channel, i]),),),
            sum=float(products[i]),
        )
        for i in told
    )
    return Explained(
        kind="fully connected",
        value=value,
        parts=parts,
        others=len(order) - len(told),
        rest=float(products[order[MOST_TERMS:]].sum()),
        bias=float(module.bias[element.channel]) if module.bias is not None else 0.0,
    )


def _norm(module: nn.BatchNorm2d, given: Tensor, element: Element, value: float) -> Explained:
    channel = element.channel
    x = float(given[element[1:]])
    mean = float(module.running_mean[channel]) if module.running_mean is not None else 0.0
    variance = float(module.running_var[channel]) if module.running_var is not None else 1.0
    gamma = float(module.weight[channel]) if module.weight is not None else 1.0
    beta = float(module.bias[channel]) if module.bias is not None else 0.0
    words = (
        f"({number(x)} − {_put(mean)}) / √({number(variance)} + {module.eps:g}) × {_put(gamma)} + "
        f"{_put(beta)} = {number(value)}: minus the mean, "
        "over the deviation, both kept from training, times gamma, plus beta"
    )
    return Explained(kind="batch normalisation", value=value, parts=_single(element, x), words=words)


def _pooling(module: nn.Module, given: Tensor, element: Element, value: float) -> Explained:
    top, left, high, wide = _pool_window(module, given, element)
    largest = kind(module) == "max pooling"
    height, width = given.shape[1:]
    rows = range(max(top, 0), min(top + high, height))
    columns = range(max(left, 0), min(left + wide, width))
    window = given[element.channel, rows.start : rows.stop, columns.start : columns.stop]
    count = window.numel() if largest else _averaged(module, given, (top, left, high, wide), window.numel())
    total = float(window.sum())
    came = float(window.max()) if largest else total / count
    part = Part(channel=element.channel, top=rows.start, left=columns.start, inputs=_rows(window), sum=came)
    zeros = count - window.numel()
    words = (
        f"the largest of {count} values is {number(value)}"
        if largest
        else f"{number(total)} / {count} = {number(value)}: the mean of {count} values"
        + (f", {zeros} of them zeros of the padding" if zeros > 0 else "")
    )
    return Explained(kind=kind(module), value=value, parts=(part,), words=words)


def _averaged(module: nn.Module, given: Tensor, window: tuple[int, int, int, int], inside: int) -> int:
    """What the sum of a window is divided by: torch counts the zeros of the padding unless told otherwise."""
    if not isinstance(module, nn.AvgPool2d):
        return inside
    if module.divisor_override:
        return module.divisor_override
    if not module.count_include_pad:
        return inside
    top, left, high, wide = window
    ends = zip((top, left), (high, wide), given.shape[1:], _pair(module.padding), strict=True)
    rows, columns = (min(start + size, n + padding) - start for start, size, n, padding in ends)
    return rows * columns


def _pool_window(module: nn.Module, given: Tensor, element: Element) -> tuple[int, int, int, int]:
    """Top, left, height and width of the window in the input map."""
    if isinstance(module, nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d):
        size = module.output_size
        out = size if isinstance(size, tuple) else (size, size)
        ends = []
        for position, n, wanted in zip(element[2:], given.shape[1:], out, strict=True):
            made = wanted or n
            start = floor(position * n / made)
            ends.append((start, ceil((position + 1) * n / made) - start))
        return ends[0][0], ends[1][0], ends[0][1], ends[1][1]
    assert isinstance(module, nn.MaxPool2d | nn.AvgPool2d)
    (high, wide), (down, across), (top, left) = (
        _pair(value) for value in (module.kernel_size, module.stride, module.padding)
    )
    return element.row * down - top, element.column * across - left, high, wide


def _pair(value: int | tuple[int, ...]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _activation(seen: Seen, module: nn.Module, given: Tensor, element: Element, value: float) -> Explained:
    x = float(given.reshape(seen.maps(element.layer).shape)[element[1:]])
    name = type(module).__name__
    rule = (
        f"max(0, {number(x)}) = {number(value)}"
        if name == "ReLU"
        else f"{name}({number(x)}) = {number(value)}"
    )
    block = element.layer.rpartition(".")[0]
    if element.layer == f"{block}.act" and f"{block}.residual" in seen.outputs:
        f = float(seen.outputs[f"{block}.residual"][element[1:]])
        shortcut = x - f
        off = block in seen.change.without_shortcut
        came = "the shortcut is off" if off else f"f(x) + the shortcut: {number(f)} + {number(shortcut)}"
        rule = f"{rule}; {number(x)} is {came}"
    return Explained(kind="activation", value=value, parts=_single(element, x), words=rule)


def _single(element: Element, x: float) -> tuple[Part, ...]:
    return (Part(channel=element.channel, top=element.row, left=element.column, inputs=((x,),), sum=x),)


def number(value: float) -> str:
    """A number with four significant digits, and a real minus."""
    text = f"{value:.4g}"
    return text.replace("-", "−")


def _put(value: float) -> str:
    """The same, to be put behind a sign."""
    return number(value) if value >= 0 else f"({number(value)})"


def _rows(values: Tensor) -> Rows:
    return tuple(tuple(row) for row in values.tolist())
