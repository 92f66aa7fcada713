"""How torchprofile and calflops count.

Sources: torchprofile 0.1.0, `handlers.py`, https://github.com/zhijian-liu/torchprofile; calflops 0.3.2,
`pytorch_ops.py`, https://github.com/MrYxJ/calculate-flops.pytorch.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnnviz.conventions.convention import (
    ACTIVATION,
    BIAS,
    ELEMENTWISE,
    FLOP,
    MACS,
    NORMALISATION,
    POOLING,
    Convention,
    Item,
    affine,
    biases,
    each,
    multiplications,
    multiplies,
    normalised,
    over_outputs,
)
from cnnviz.conventions.response_norm import response_norm
from cnnviz.formulas.convolution import Convolution, TransposedConvolution
from cnnviz.layer import Layer
from cnnviz.trace import Trace

_AVERAGES = ("avg_pool", "adaptive_avg_pool", "mean")
_NORMS = ("batch_norm", "layer_norm", "group_norm", "instance_norm")
_REPLACED = frozenset("relu prelu elu leaky_relu silu gelu softmax".split())


def _graph(trace: Trace, layer: Layer) -> Iterator[Item]:
    outputs = prod(layer.output_shapes[0])
    if isinstance(layer.rule, TransposedConvolution):
        yield over_outputs(layer)
    elif multiplies(layer):
        yield Item(MACS, multiplications(layer), "")
    elif layer.op == "local_response_norm":
        yield Item(NORMALISATION, 3 * outputs, "two multiplications and an average for each element")
    elif layer.op in _NORMS and affine(layer):
        yield each(NORMALISATION, 1, outputs, "element")
    elif layer.op.startswith(_AVERAGES):
        yield each(POOLING, 1, outputs, "number that comes out")
    elif layer.op == "mul":
        yield each(ELEMENTWISE, 1, outputs, "element")
    elif layer.op == "leaky_relu":
        yield each(ACTIVATION, 1, outputs, "element")


def _functions(trace: Trace, layer: Layer) -> Iterator[Item]:
    inputs = prod(layer.input_shapes[0]) if layer.input_shapes else 0
    if multiplies(layer):
        yield Item(MACS, 2 * multiplications(layer), FLOP, 2)
        if isinstance(layer.rule, Convolution):
            yield each(BIAS, 1, biases(layer), "output of a convolution that gets a bias")
    elif layer.op == "local_response_norm":
        count, why = response_norm(layer)
        yield Item(NORMALISATION, count, why)
    elif layer.op in _NORMS:
        folded = layer.op == "batch_norm" and layer.operation.rule != "batch_statistics"
        factor = (2 if folded else 5) - (not affine(layer))
        yield each(NORMALISATION, factor, normalised(layer), "element")
    elif layer.op in _REPLACED or (layer.op == "relu6" and layer.module != "ReLU6"):
        yield each(ACTIVATION, 1, inputs, "element")
    elif layer.operation.rule in ("pooling", "adaptive_pool"):
        yield each(POOLING, 1, inputs, "number that comes in")


TORCHPROFILE = Convention(
    name="torchprofile",
    title="as torchprofile",
    heading="as torchprofile",
    words="MACs, batch norm, average pooling, products",
    count=_graph,
    package="torchprofile",
    version="0.1.0",
    says="MACs",
    notes=(
        "A batch norm counts one multiply-add for each element, as it costs when it is folded.",
        "x * y counts, x + y does not.",
    ),
)
CALFLOPS = Convention(
    name="calflops",
    title="as calflops",
    heading="as calflops",
    words="FLOPs (2 a MAC), bias, norm, act, pooling",
    count=_functions,
    flops=True,
    package="calflops",
    version="0.3.2",
    says="FLOPs",
    notes=(
        "It tells FLOPs and MACs; this is the former. Its MACs are the plain multiplications.",
        "The bias of a convolution counts, the bias of a linear layer does not.",
        "ReLU counts, ReLU6, sigmoid and + do not.",
    ),
)
