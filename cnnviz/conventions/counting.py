"""A trace under a convention: totals, layers, what each part adds, and how it differs from plain MACs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnnviz.conventions.convention import BIAS, MACS, PARTS, Convention, Item
from cnnviz.errors import OptionError
from cnnviz.layer import Layer, per_image
from cnnviz.trace import Trace

_WORDS = {
    "conv1d": "convolution",
    "conv2d": "convolution",
    "conv3d": "convolution",
    "conv_transpose2d": "transposed convolution",
    "batch_norm": "batch norm",
    "layer_norm": "layer norm",
    "group_norm": "group norm",
    "local_response_norm": "local response norm",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "gelu": "GELU",
    "silu": "SiLU",
    "max_pool2d": "max pooling",
    "avg_pool2d": "average pooling",
    "adaptive_avg_pool2d": "adaptive average pooling",
    "add": "addition",
    "mul": "multiplication of tensors",
    "linear": "linear layer",
}
LEFT_OUT = "not counted"
WAY_OUT = "choose macs, flops, fvcore, ptflops-aten, torchprofile or calflops"
_PLAIN = "the multiplications as they are"


class Line(NamedTuple):
    """How a convention differs from plain MACs in one kind of operation."""

    operation: str  # "batch norm"
    part: str  # one of PARTS
    layers: int  # how many there are
    difference: int  # for one image; below zero where it counts less
    why: str


def counted(trace: Trace, convention: Convention) -> int:
    """What the convention counts of the network, for one image."""
    return sum(per_layer(trace, convention))


def per_layer(trace: Trace, convention: Convention) -> tuple[int, ...]:
    """What it counts of each layer, for one image; adds up to `counted`."""
    return tuple(sum(item.number for item in items(trace, layer, convention)) for layer in trace.layers)


def unfit(trace: Trace, convention: Convention) -> str:
    """Why the convention has no number for this trace; "" where it has one."""
    if trace.program.modules or not convention.by_modules:
        return ""
    return f"{convention.package} counts torch's modules, of which a file says nothing"


def items(trace: Trace, layer: Layer, convention: Convention) -> tuple[Item, ...]:
    """What it counts of one layer, for one image, each with its reason; nothing that is zero.

    Raises OptionError where the convention has no number for this trace.
    """
    if problem := unfit(trace, convention):
        raise OptionError(f"{trace.model}: {problem}: {WAY_OUT}")
    found = convention.count(trace, layer)
    batch = trace.batch_size
    return tuple(item._replace(number=per_image(item.number, batch)) for item in found if item.number)


def by_part(trace: Trace, convention: Convention) -> dict[str, int]:
    """What each part adds to the total, in the order of PARTS."""
    sums = dict.fromkeys(PARTS, 0)
    for layer in trace.layers:
        for item in items(trace, layer, convention):
            sums[item.part] += item.number
    return sums


def beyond(trace: Trace, convention: Convention) -> dict[str, int]:
    """What each part adds to the plain multiplications, in whatever unit these count.

    Of the multiplications themselves only mistakes remain: what a tool counts too much or too little.
    """
    parts = by_part(trace, convention)
    plain = trace.macs * (2 if convention.flops else 1)
    return parts | {MACS: parts[MACS] - plain}


def differences(trace: Trace, convention: Convention) -> tuple[Line, ...]:
    """Line by line, by kind of operation, what makes it differ from plain MACs; adds up to the difference."""
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for layer in trace.layers:
        for part, difference, why in _differences(trace, layer, convention):
            key = (operation_words(layer.op), part, why)
            layers, so_far = found.get(key, (0, 0))
            found[key] = (layers + 1, so_far + difference)
    order = list(PARTS)
    lines = (Line(operation, part, *sums, why) for (operation, part, why), sums in found.items())
    return tuple(sorted(lines, key=lambda line: (order.index(line.part), -abs(line.difference))))


def sentence(trace: Trace, layer: Layer, convention: Convention) -> str:
    """What it counts of one layer and why: `2 x 802,816 = 1,605,632, because batch norm counts ...`."""
    found = items(trace, layer, convention)
    what = operation_words(layer.op)
    if not found:
        return f"0, because it counts nothing of {what}"
    sums = " + ".join(_product(item) for item in found)
    total = sum(item.number for item in found)
    number = sums if sums == f"{total:,}" else f"{sums} = {total:,}"
    names = {MACS: "it", BIAS: "the bias"}
    reasons = [f"{names.get(item.part, what)} counts {item.why or _PLAIN}" for item in found]
    return f"{number}, because {' and '.join(reasons)}"


def operation_words(op: str) -> str:
    """`batch norm` for `batch_norm`."""
    return _WORDS.get(op, op.replace("_", " "))


def _product(item: Item) -> str:
    """`2 x 802,816`; the number alone where each counts 1."""
    return f"{item.factor} x {item.number // item.factor:,}" if item.factor > 1 else f"{item.number:,}"


def _differences(trace: Trace, layer: Layer, convention: Convention) -> Iterator[tuple[str, int, str]]:
    macs = layer.macs
    found = items(trace, layer, convention)
    for item in found:
        if item.part != MACS:
            yield item.part, item.number, item.why
        elif item.number != macs:
            yield MACS, item.number - macs, item.why
    if macs and not any(item.part == MACS for item in found):
        yield MACS, -macs, LEFT_OUT
