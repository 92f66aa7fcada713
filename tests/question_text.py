"""Questions read back as a person would: the layers that a text describes are built and run by torch."""

from __future__ import annotations

import re

import torch
from torch import nn

from cnnviz.exercises import Question

CONV = re.compile(
    r"a convolution with (?P<n>[\d,]+) filters? of (?P<f>\d+)x(?P=f), stride (?P<s>\d+), padding (?P<p>\d+)"
    r"(?:, dilation (?P<d>\d+))?(?:, (?P<g>\d+) groups)?, (?P<bias>with|without) bias"
)
POOL = re.compile(
    r"(?P<kind>max|average) pooling with a window of (?P<f>\d+)x(?P=f), stride (?P<s>\d+), padding (?P<p>\d+)"
)
DENSE = re.compile(r"a fully connected layer with (?P<n>[\d,]+) outputs?, (?P<bias>with|without) bias")


def module(words: str, channels: int) -> nn.Module:
    """The torch layer that a question describes."""
    if found := CONV.fullmatch(words):
        n, f, s, p = (int(found[name].replace(",", "")) for name in ("n", "f", "s", "p"))
        d, groups = int(found["d"] or 1), int(found["g"] or 1)
        bias = found["bias"] == "with"
        return nn.Conv2d(channels, n, f, s, p, dilation=d, groups=groups, bias=bias)
    if found := POOL.fullmatch(words):
        kind = nn.MaxPool2d if found["kind"] == "max" else nn.AvgPool2d
        return kind(int(found["f"]), int(found["s"]), int(found["p"]))
    found = DENSE.fullmatch(words)
    assert found, words
    return nn.Linear(channels, int(found["n"].replace(",", "")), bias=found["bias"] == "with")


def chain(text: str, channels: int) -> nn.Sequential:
    """`conv1 (a convolution ...), then pool1 (...)` as torch layers."""
    layers: list[nn.Module] = []
    for words in re.findall(r"\w+ \((.*?)\)(?:, then|\.)", text):
        layers.append(module(words, channels))
        channels = getattr(layers[-1], "out_channels", channels)
    assert layers
    return nn.Sequential(*layers)


def shape(sizes: str) -> tuple[int, ...]:
    """n_H x n_W x n_C as torch has it: 1 x n_C x n_H x n_W."""
    *around, channels = (int(n) for n in sizes.split("x"))
    return (1, channels, *around)


def run(layer: nn.Module, sizes: str) -> torch.Size:
    return layer.to("meta")(torch.empty(shape(sizes), device="meta")).shape


def parameters(layer: nn.Module) -> int:
    return sum(p.numel() for p in layer.parameters())


def multiplications(layer: nn.Module, sizes: str) -> int:
    """By torch's own counter, which counts two for each."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        run(layer, sizes)
    return counter.get_total_flops() // 2


def by_torch(question: Question) -> int | None:
    """The answer worked out by torch, from nothing but the question's text; None for kinds without."""
    kind, text = question.kind, question.text
    if takes := re.match(r"A network takes ([\dx]+): ", text):
        net = chain(text, shape(takes[1])[1])
        return run(net, takes[1])[2] if kind == "n_H" else seen_pixels(net, shape(takes[1])[1])
    if one := re.match(r"(\w+) is (.*?)\. It gets ([\dx]+)\.", text):
        if "flattening" in one[2]:
            return int(torch.empty(shape(one[3]), device="meta").flatten(1).shape[1])
        layer = module(one[2], shape(one[3])[1])
        out = run(layer, one[3])
        answers = {"n_H": lambda: out[2], "n_C": lambda: out[1], "parameters": lambda: parameters(layer)}
        answers |= {
            "macs": lambda: multiplications(layer, one[3]),
            "activation_bytes": lambda: out.numel() * 4,
        }
        return answers[kind]() if kind in answers else None
    if kind in ("total_parameters", "most_parameters", "most_macs"):
        return of_several(kind, text)
    return None


def of_several(kind: str, text: str) -> int:
    """The total, or the number of the layer with most."""
    found = re.findall(r"(?:layer (\d+): )?(\w+)[:,] (a .*?), gets ([\dx]+)", text)
    assert len(found) >= 2
    layers = [(number, module(words, shape(sizes)[1]), sizes) for number, _, words, sizes in found]
    if kind == "total_parameters":
        return sum(parameters(layer) for _, layer, _ in layers)
    counts = {
        int(number): parameters(layer) if kind == "most_parameters" else multiplications(layer, sizes)
        for number, layer, sizes in layers
    }
    return max(counts, key=lambda number: (counts[number], -number))


def seen_pixels(net: nn.Sequential, channels: int) -> int:
    """How many rows of the input change an output, by gradients through the windows alone."""
    side, x = 4, None
    for step in reversed(net):  # an input that is large enough for an output far from every edge
        f, s = _one(step.kernel_size), _one(step.stride)
        side = (side - 1) * s + _one(getattr(step, "dilation", 1)) * (f - 1) + 1 + 2 * _one(step.padding)
    x = torch.zeros(1, 1, side, 1, dtype=torch.float64, requires_grad=True)
    y: torch.Tensor = x
    for step in net:
        f, s, p = _one(step.kernel_size), _one(step.stride), _one(step.padding)
        d = _one(getattr(step, "dilation", 1))
        weight = torch.ones(1, 1, f, 1, dtype=torch.float64)
        y = nn.functional.conv2d(y, weight, stride=(s, 1), padding=(p, 0), dilation=(d, 1))
    most = 0
    for row in range(y.shape[2]):
        (gradient,) = torch.autograd.grad(y[0, 0, row, 0], x, retain_graph=True)
        rows = gradient[0, 0, :, 0].nonzero()
        most = max(most, int(rows.max() - rows.min()) + 1)
    return most


def _one(value: object) -> int:
    return int(value[0] if isinstance(value, tuple) else value)  # type: ignore[call-overload]
