"""What each layer of a network adds to it: the one place that comparisons take their numbers from."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

from cnnviz.formulas import RULES
from cnnviz.layer import Layer
from cnnviz.tables import LayerRow, layer_row
from cnnviz.trace import Trace

Measure = Literal["parameters", "macs", "activation_bytes"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
WORDS: dict[Measure, str] = {
    "parameters": "parameters",
    "macs": "MACs",
    "activation_bytes": "activation memory",
}
TYPES = (
    "1x1 convolution",
    "3x3 convolution",
    "other convolution",
    "grouped convolution",
    "depthwise convolution",
    "linear at each position",
    "fully connected",
    "normalisation",
    "activation",
    "pooling",
    "add or join",
    "other",
    "not run",
)
_TYPE_OF_KIND = {
    "linear": "fully connected",
    "norm": "normalisation",
    "act": "activation",
    "pool": "pooling",
    "join": "add or join",
}


class Cost(NamedTuple):
    """One layer: where it is, what it is, what it costs."""

    row: LayerRow
    type: str  # one of TYPES
    depth: int  # layers with weights on the longest way up to it, itself included
    parameters: int
    macs: int
    activation_bytes: int


def macs(trace: Trace) -> int:
    """All multiplications of a network for one image."""
    return trace.macs


def layer_macs(layer: Layer | LayerRow) -> int:
    """The multiplications of one layer for one image; over all layers they add up to `macs`."""
    return layer.macs


def costs(trace: Trace) -> tuple[Cost, ...]:
    """Every layer in the order of execution."""
    found = []
    for layer, depth in zip(trace.layers, depths(trace), strict=True):
        row = layer_row(layer)
        found.append(
            Cost(row, layer_type(layer), depth, row.parameters, layer_macs(row), row.activation_bytes)
        )
    return tuple(found)


def depths(trace: Trace) -> list[int]:
    """How deep each layer lies, counted as papers count: convolutional and fully connected layers."""
    tensors = [0] * len(trace.program.inputs)
    found = []
    for operation in trace.program.operations:
        before = max((tensors[i] for i in operation.inputs if i >= 0), default=0)
        found.append(before + RULES[operation.rule].depth(operation.arguments))
        tensors += [found[-1]] * operation.outputs
    return found


def layer_type(layer: Layer) -> str:
    """What sort of operation it is, as finely as costs differ."""
    if layer.kind == "linear" and layer.n_W is not None:
        return "linear at each position"  # a 1x1 convolution in all but name
    if layer.kind != "conv":
        return _TYPE_OF_KIND.get(layer.kind, "other")
    arguments: Any = layer.arguments
    if arguments.groups > 1:
        return "depthwise convolution" if arguments.groups == arguments.in_channels else "grouped convolution"
    sides = set(arguments.kernel)
    return "1x1 convolution" if sides == {1} else "3x3 convolution" if sides == {3} else "other convolution"
