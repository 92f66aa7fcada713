"""How fvcore counts: the graph that torch traces, one handler for each operator.

Source: fvcore 0.1.5.post20221221, `fvcore/nn/jit_handles.py` and `flop_count.py`,
https://github.com/facebookresearch/fvcore. Its "flops" are multiply-adds, as its documentation says.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnnviz.conventions.convention import (
    MACS,
    NORMALISATION,
    POOLING,
    Convention,
    Item,
    affine,
    each,
    multiplications,
    multiplies,
    normalised,
)
from cnnviz.layer import Layer
from cnnviz.trace import Trace


def _count(trace: Trace, layer: Layer) -> Iterator[Item]:
    if multiplies(layer):
        yield Item(MACS, multiplications(layer), "")
    elif layer.op == "batch_norm":
        training = layer.operation.rule == "batch_statistics"
        factor = (5 if training else 2) - (not affine(layer))
        yield each(NORMALISATION, factor, normalised(layer), "element")
    elif layer.op in ("layer_norm", "group_norm", "instance_norm"):
        factor = 5 if affine(layer) else 4  # "5 is just a rough estimate", says its source
        yield each(NORMALISATION, factor, normalised(layer), "element, a rough estimate")
    elif layer.op == "adaptive_avg_pool2d":
        yield each(POOLING, 1, prod(layer.input_shapes[0]), "number that comes in")


CONVENTION = Convention(
    name="fvcore",
    title="as fvcore",
    heading="as fvcore",
    words="MACs, batch norm x2, adaptive pooling",
    count=_count,
    package="fvcore",
    version="0.1.5.post20221221",
    says="flops",
    notes=(
        "Its “flops” are multiply-adds: one multiplication and one addition count 1.",
        "Adaptive average pooling counts, average and max pooling do not; neither does an activation.",
        "timm's benchmark tables follow it.",
    ),
)
