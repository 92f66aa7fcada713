"""How thop (pytorch-OpCounter) counts: hooks on modules of known classes.

Source: thop 0.1.1.post2209072238, `profile.py`, `vision/basic_hooks.py` and `vision/calc_func.py`,
https://github.com/Lyken17/pytorch-OpCounter. What a module's forward calls as a function is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnnviz.conventions.convention import (
    ACTIVATION,
    MACS,
    NORMALISATION,
    POOLING,
    Convention,
    Item,
    affine,
    each,
    multiplications,
    normalised,
    over_outputs,
)
from cnnviz.formulas.convolution import TransposedConvolution
from cnnviz.layer import Layer
from cnnviz.trace import Trace

_AXES = ("1d", "2d", "3d")
_CONVOLUTIONS = frozenset(f"Conv{axes}" for axes in _AXES)
_TRANSPOSED = frozenset(f"ConvTranspose{axes}" for axes in _AXES)
_NORMS = frozenset(f"{norm}{axes}" for axes in _AXES for norm in ("BatchNorm", "InstanceNorm"))
_AVERAGES = frozenset(f"AvgPool{axes}" for axes in _AXES)
_ADAPTIVE = frozenset(f"AdaptiveAvgPool{axes}" for axes in _AXES)


def _count(trace: Trace, layer: Layer) -> Iterator[Item]:
    module, outputs = layer.module, prod(layer.output_shapes[0])
    if module in _CONVOLUTIONS or module == "Linear":
        yield Item(MACS, multiplications(layer), "")
    elif module in _TRANSPOSED and isinstance(layer.rule, TransposedConvolution):
        yield over_outputs(layer)
    elif module in _NORMS or module in ("LayerNorm", "SyncBatchNorm"):
        factor = 4 if affine(layer) else 2
        yield each(NORMALISATION, factor, normalised(layer), "element")
    elif module in _AVERAGES:
        yield each(POOLING, 1, outputs, "number that comes out")
    elif module in _ADAPTIVE:
        yield Item(POOLING, _adaptive(layer), "1 for each number that comes in, 1 for each that comes out")
    elif module == "PReLU":
        yield each(ACTIVATION, 1, outputs, "element")
    elif module == "Softmax" and layer.operation.rule == "softmax":
        features = layer.input_shapes[0][layer.arguments.axis]
        rows = outputs // features
        yield Item(ACTIVATION, rows * (3 * features - 1), "an exponential, an addition, a division")


def _adaptive(layer: Layer) -> int:
    """Its numbers for a window are a fraction where sizes do not divide: computed as it does, and cut off."""
    window = 1.0
    for n, m in zip(layer.input_shapes[0][2:], layer.output_shapes[0][2:], strict=True):
        window *= n / m
    return int((window + 1) * prod(layer.output_shapes[0]))


CONVENTION = Convention(
    name="thop",
    title="as thop",
    heading="as thop",
    words="MACs, batch norm x4, average pooling",
    count=_count,
    by_modules=True,
    package="thop",
    version="0.1.1.post2209072238",
    says="MACs",
    notes=(
        "A batch norm counts 2 for each element, and twice that where it has a scale and a shift.",
        "It knows modules by their exact class: functions that a forward calls, and classes of one's own, "
        "count nothing. torchvision's own DenseNet calls its last pooling as a function, so its figure is a "
        "little lower than that of the network here, which has a module for it.",
        "A transposed convolution counts the positions of its output instead of its input.",
    ),
)
