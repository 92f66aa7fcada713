"""Sums beside the Taylor series, and DenseNet's concatenations with their growing channels."""

from __future__ import annotations

from math import cos, exp, factorial, log1p, sin

from cnnviz.ideas.idea import Idea, Paper, Place, Use, Value

FUNCTIONS = ("exp(x)", "sin(x)", "cos(x)", "ln(1 + x)")
_F = {"exp(x)": exp, "sin(x)": sin, "cos(x)": cos, "ln(1 + x)": log1p}
MOST_TERMS, MOST_LAYERS = 8, 24


def value(name: str, x: float) -> float:
    """The function itself."""
    return _F[name](x)


def coefficient(name: str, power: int) -> float:
    """What stands before x to this power in the Taylor series around 0."""
    if name == "exp(x)":
        return 1 / factorial(power)
    if name == "ln(1 + x)":
        return (-1.0) ** (power + 1) / power if power else 0.0
    odd = name == "sin(x)"
    if power % 2 != odd:
        return 0.0
    return (-1.0) ** (power // 2) / factorial(power)


def partial(name: str, x: float, terms: int) -> float:
    """The series up to the term with this power of x."""
    return sum(coefficient(name, power) * x**power for power in range(terms + 1))


def channels(first: int, growth: int, layers: int) -> int:
    """Of a dense block's output: what came in, and what every layer has added."""
    return first + layers * growth


def dense_weights(first: int, growth: int, layers: int) -> int:
    """Weights of the block's 3x3 convolutions: each sees all channels before it and adds `growth`."""
    return sum(9 * (first + layer * growth) * growth for layer in range(layers))


def residual_weights(width: int, layers: int) -> int:
    """Weights of as many 3x3 convolutions that keep the channels, as sums must."""
    return 9 * width * width * layers


IDEA = Idea(
    name="series",
    title="Sums, series and DenseNet",
    group="From layers to blocks",
    sentence="f(x) = x + g(x) beside the Taylor series; DenseNet keeps every term: its channels grow.",
    words=r"""
The Taylor series takes a function apart into terms of growing order,

$$f(x) = f(0) + x \left( f'(0) + x \left( \frac{f''(0)}{2!} + \ldots \right) \right).$$

ResNet takes it apart into a simple term and one that corrects it, $f(x) = x + g(x)$. To go on beyond two
terms one need not add them up: DenseNet *concatenates*,

$$x \to [x, f_1(x), f_2([x, f_1(x)]), f_3([x, f_1(x), f_2([x, f_1(x)])]), \ldots].$$

Each layer sees everything before it and adds a few channels, the **growth rate** $k$: behind $l$ layers
there are $k_0 + l \cdot k$. So a layer can be narrow ($k = 32$ in DenseNet-121), since nothing that was
computed is lost. The number of inputs grows, though: a $1 \times 1$ convolution to $4k$ channels in
each layer (the bottleneck), and transition layers that halve the channels between blocks, keep it in bounds.
""",
    uses=(
        Use(network="densenet121", layer="dense_block_1.layer_2", words="64 + 32 channels, side by side"),
        Use(network="densenet121", layer="dense_block_1.layer_6", words="and four layers further"),
        Use(network="resnet50", layer="conv2_x.block_2", words="a sum in its place: the channels stay"),
    ),
    papers=(
        Paper(text="Huang et al. 2016, DenseNet", link="https://arxiv.org/abs/1608.06993"),
        Paper(
            text="Zhang et al., Dive into Deep Learning, 8.7",
            link="https://d2l.ai/chapter_convolutional-modern/densenet.html",
        ),
    ),
    places=(
        Place(
            page="compare",
            query=(("nets", "densenet121 resnet50"),),
            words="DenseNet beside ResNet: parameters, MACs, memory",
        ),
    ),
    values=(
        Value(name="of", label="function", default="exp(x)", choices=FUNCTIONS),
        Value(name="terms", label="highest power", default=1, least=0, most=MOST_TERMS),
        Value(name="x", label="place on the axis", default=1.0, least=-3, most=3, step=0.05),
        Value(name="first", label="number of channels in", default=64, least=1, most=256),
        Value(name="growth", label="growth rate", default=32, least=1, most=64),
        Value(name="layers", label="number of layers", default=6, least=1, most=MOST_LAYERS),
    ),
)
