"""What a convention is: which operations it counts, how much each of them, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from cnnviz.formulas import Extra
from cnnviz.formulas.convolution import Convolution, TransposedConvolution
from cnnviz.formulas.linear import Linear
from cnnviz.layer import Layer
from cnnviz.trace import Trace

FLOP = "2 for each multiply-add (a multiplication and an addition)"

OVER_OUTPUTS = "a mistake: the kernel slides over the input, it counts the positions of the output"

MACS = "macs"
BIAS = "bias"
NORMALISATION = "normalisation"
ACTIVATION = "activation"
POOLING = "pooling"
ELEMENTWISE = "elementwise"

# What counts are made of, in the order of every table and bar.
PARTS = {
    MACS: "multiplications",
    BIAS: "biases",
    NORMALISATION: "normalisation",
    ACTIVATION: "activations",
    POOLING: "pooling",
    ELEMENTWISE: "elementwise",
}


class Item(NamedTuple):
    """What a convention counts of one operation, for the whole batch."""

    part: str  # one of PARTS
    number: int
    why: str  # "2 for each element"; "" where it is the multiplications as they are
    factor: int = 1  # how much one of them counts


# What is counted of one layer; the trace tells what lies around it.
Count = Callable[[Trace, Layer], Iterable[Item]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """One way to count the operations of a network."""

    name: str  # what `--convention` and the link say
    title: str  # for a person: "as fvcore"
    heading: str  # of a table's column, at most 15 letters
    words: str  # what is counted, in few words: "MACs and biases"
    count: Count
    flops: bool = False  # a multiply-add counts 2
    package: str = ""  # the tool's name on PyPI; "" for our own
    version: str = ""  # whose source the rule was read from
    by_modules: bool = False  # it knows operations by torch's classes, or by their parameters' names
    says: str = ""  # what the tool itself calls its figure: "flops", "mult-adds"
    notes: tuple[str, ...] = ()  # what surprises, one sentence each

    @property
    def unit(self) -> str:
        return "FLOPs" if self.flops else "MACs"

    @property
    def label(self) -> str:
        """Its unit and name in few words, for boxes and columns: `MACs as fvcore`, `FLOPs + 2 parts`."""
        return f"{self.unit} {self.heading}" if self.package else self.heading

    @property
    def quantity(self) -> str:
        """Its unit and whole name: `MACs as ptflops (pytorch)`, `FLOPs + bias + norm`."""
        return f"{self.unit} {self.title}" if self.package else self.title

    @property
    def column(self) -> str:
        """What heads a column of CSV, one word: `as_fvcore`, `flops_bias`."""
        words = self.heading if self.package else self.name
        return "_".join("".join(c if c.isalnum() else " " for c in words.lower()).split())


def multiplications(layer: Layer) -> int:
    """Those of convolutions, linear layers and matrix products, for the whole batch."""
    return layer.macs_term.number


def biases(layer: Layer) -> int:
    """Elements that get a bias, for the whole batch."""
    return _extra(layer).bias


def normalised(layer: Layer) -> int:
    return _extra(layer).normalisation


def multiplies(layer: Layer) -> bool:
    """Whether it is a convolution, a linear layer or a product of matrices: what every tool counts."""
    rule = layer.rule
    if isinstance(rule, Convolution | TransposedConvolution | Linear):
        return True
    return layer.operation.rule in ("matrix_product", "added_product", "einsum")


def weights(layer: Layer) -> int:
    """Numbers in the weight of a convolution or a linear layer, without the bias."""
    a = layer.arguments
    if isinstance(layer.rule, Linear):
        return int(layer.input_shapes[0][-1] * a.out_features)
    kernel = 1
    for size in a.kernel:
        kernel *= size
    return int(a.channels * (a.in_channels // a.groups) * kernel)


def over_outputs(layer: Layer) -> Item:
    """A transposed convolution as those count it that take its output for its input."""
    a = layer.arguments
    number = prod(layer.output_shapes[0]) * (a.in_channels // a.groups) * prod(a.kernel)
    return Item(MACS, number, OVER_OUTPUTS)


def affine(layer: Layer) -> bool:
    """Whether a normalisation has a scale of its own."""
    return bool(layer.arguments.scale)


def each(part: str, factor: int, elements: int, what: str) -> Item:
    """`2 for each element`."""
    return Item(part, factor * elements, f"{factor} for each {what}", factor)


def _extra(layer: Layer) -> Extra:
    return layer.rule.extra(layer.arguments, layer.input_shapes, layer.output_shapes)
