"""A layer in words: all that a person needs to work its numbers out by hand."""

from __future__ import annotations

from cnnviz.exercises.mistake import numbered
from cnnviz.formulas import Field, Shape, size_text
from cnnviz.formulas.convolution import ConvArguments, TransposedArguments
from cnnviz.formulas.elementwise import NormArguments
from cnnviz.formulas.linear import LinearArguments
from cnnviz.formulas.pooling import AdaptiveArguments, PoolArguments
from cnnviz.layer import Layer, named_sizes


def name_of(layer: Layer) -> str:
    """The module path, or the layer's number where the network itself runs an operation."""
    return layer.name or f"layer {layer.index}"


def in_words(layer: Layer) -> str:
    """`a convolution with 96 filters of 11x11, stride 4, padding 0, with bias`; "" for what is not asked."""
    a = layer.arguments
    if isinstance(a, ConvArguments | TransposedArguments):
        return _convolution(a)
    if isinstance(a, PoolArguments):
        kind = "max" if layer.op.startswith("max") else "average"
        ceiled = ", sizes rounded up" if a.ceil_mode else ""
        return f"{kind} pooling with a window of {size_text(a.kernel)}, {_moves(a)}{ceiled}"
    if isinstance(a, AdaptiveArguments) and None not in a.size:
        return f"pooling to {size_text([m for m in a.size if m])}, whatever comes in"
    if isinstance(a, LinearArguments):
        bias = "with bias" if a.bias else "without bias"
        return f"a fully connected layer with {numbered(a.out_features, 'output')}, {bias}"
    if isinstance(a, NormArguments) and a.axis == 1 and layer.op == "batch_norm":
        return "batch normalisation, with a scale and a shift" if a.scale and a.shift else ""
    return _without_numbers(layer)


def _convolution(a: ConvArguments | TransposedArguments) -> str:
    kind = "a transposed convolution" if isinstance(a, TransposedArguments) else "a convolution"
    groups = f", {a.groups} groups" if a.groups > 1 else ""
    bias = "with bias" if a.bias else "without bias"
    filters = numbered(a.channels, "filter")
    return f"{kind} with {filters} of {size_text(a.kernel)}, {_moves(a)}{groups}, {bias}"


def _without_numbers(layer: Layer) -> str:
    """Operations that have no numbers of their own."""
    several = len(layer.input_shapes) > 1 and len(layer.inputs) == len(layer.input_shapes)
    if layer.op == "relu":
        return "a ReLU"
    if layer.operation.rule == "flatten" and len(layer.output_shapes[0]) == 2:
        return "the flattening of a map to one row of numbers"
    if layer.operation.rule == "concatenate" and several and layer.arguments.axis in (1, -3):
        return f"the concatenation of {len(layer.inputs)} tensors along the channels"
    if layer.op == "add" and several:
        return f"the sum of {len(layer.inputs)} tensors, element by element"
    return ""


def _moves(a: ConvArguments | TransposedArguments | PoolArguments) -> str:
    padding = _same(a.padding)
    if isinstance(a, ConvArguments) and a.padding_after not in (None, a.padding):
        padding = f"{padding} before and {_same(a.padding_after or ())} after"
    dilation = f", dilation {_same(a.dilation)}" if max(a.dilation) > 1 else ""
    output = ""
    if isinstance(a, TransposedArguments) and any(a.output_padding):
        output = f", output padding {_same(a.output_padding)}"
    return f"stride {_same(a.stride)}, padding {padding}{output}{dilation}"


def _same(values: Shape) -> str:
    return str(values[0]) if len(set(values)) == 1 else size_text(values)


def comes_in(layer: Layer) -> str:
    """What a layer gets, as n_H x n_W x n_C: `227x227x3`; "" where these are not known."""
    fields = layer.fields or (None,) * len(layer.input_shapes)
    texts = [_as_course(shape, field) for shape, field in zip(layer.input_shapes, fields, strict=True)]
    return "" if "" in texts else " and ".join(texts)


def _as_course(shape: Shape, field: Field | None) -> str:
    high, wide, channels = named_sizes(shape, field)
    if channels is None or (high is None and len(shape) > 2):
        return ""
    return size_text([n for n in (high, wide, channels) if n is not None])


def described(layer: Layer) -> str:
    """`conv1, a convolution ..., gets 227x227x3`; "" for what is not asked."""
    words, given = in_words(layer), comes_in(layer)
    name = name_of(layer)
    return f"{name} is {words}. It gets {given}." if words and given else ""


def listed(layers: tuple[Layer, ...]) -> tuple[tuple[str, str], ...]:
    """Layers by name, and what each of them is."""
    return tuple((name_of(layer), in_words(layer)) for layer in layers)
