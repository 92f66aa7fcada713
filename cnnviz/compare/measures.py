"""What each layer of a network adds to it: the one place that comparisons take their numbers from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from cnnviz.formulas import RULES
from cnnviz.layer import Layer
from cnnviz.tables import LayerRow, layer_rows
from cnnviz.trace import Trace

if TYPE_CHECKING:
    from cnnviz.conventions import Convention

# "counted" is what the convention counts: the MACs where none is chosen.
Measure = Literal["parameters", "macs", "counted", "activation_bytes"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
WORDS: dict[Measure, str] = {
    "parameters": "parameters",
    "macs": "MACs",
    "counted": "MACs",
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
    counted: int  # what the convention counts of it
    activation_bytes: int


def macs(trace: Trace) -> int:
    """All multiplications of a network for one image."""
    return trace.macs


def words(measure: Measure, convention: Convention | None = None) -> str:
    """What a measure is called: `parameters`, `MACs`, `FLOPs`, `MACs as fvcore`."""
    if measure != "counted" or convention is None:
        return WORDS[measure]
    return convention.quantity


def costs(trace: Trace, convention: Convention | None = None) -> tuple[Cost, ...]:
    """Every layer in the order of execution; `counted` is what the convention counts."""
    return tuple(
        Cost(row, layer_type(layer), depth, row.parameters, row.macs, row.counted, row.activation_bytes)
        for layer, row, depth in zip(trace.layers, layer_rows(trace, convention), depths(trace), strict=True)
    )


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
