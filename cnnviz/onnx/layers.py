"""Operations with windows and weights: convolutions, pooling, fully connected layers, normalisation."""

from __future__ import annotations

from math import prod

from cnnviz.errors import ModelFileError, ShapeError
from cnnviz.formulas import Shape, size_text
from cnnviz.formulas.convolution import ConvArguments, TransposedArguments
from cnnviz.formulas.elementwise import NormArguments, PreluArguments, ResponseNormArguments
from cnnviz.formulas.linear import EinsumArguments, LinearArguments
from cnnviz.formulas.pooling import AdaptiveArguments, PoolArguments
from cnnviz.formulas.rule import Nothing
from cnnviz.formulas.shapes import AxesArguments
from cnnviz.formulas.tensors import EmbeddingArguments, PadArguments
from cnnviz.onnx.context import PREVIOUS, Context, Made, axis_in, given, integer, integers, need, word
from cnnviz.onnx.model import Node

NOTHING = Nothing()
Pads = tuple[Shape, Shape]  # before and after, an entry for each spatial axis


def conv(context: Context, node: Node) -> list[Made]:
    x, filters, axes, groups = _filters(context, node)
    kernel, stride, dilation = _window(context, node, x, filters[2:])
    before, after = _pads(context, node, x, kernel, stride, dilation)
    if groups < 1 or filters[0] % groups:
        raise ModelFileError(f"has {filters[0]} filters in {groups} groups: the file is broken")
    bias = bool(given(node, 2))
    arguments = ConvArguments(
        filters[0],
        filters[1] * groups,
        kernel,
        stride,
        before,
        dilation,
        groups,
        bias,
        None if before == after else after,
    )
    return [Made(f"conv{axes}d", "convolution", arguments, (x,), _weights(node))]


def conv_transpose(context: Context, node: Node) -> list[Made]:
    x, filters, axes, groups = _filters(context, node)
    kernel, stride, dilation = _window(context, node, x, filters[2:])
    extra = integers(node, "output_padding", (0,) * axes, least=0)
    if node.attributes.get("output_shape") or word(node, "auto_pad", "NOTSET").startswith("SAME"):
        context.sized |= bool(node.attributes.get("output_shape"))
        wanted = node.attributes.get("output_shape") or [
            n * s for n, s in zip(context.shape(x)[2:], stride, strict=True)
        ]
        before, after = _pads_for(context.shape(x)[2:], tuple(wanted), kernel, stride, dilation, extra)
    else:
        before, after = _pads(context, node, x, kernel, stride, dilation)
    # The rule pads evenly; what is uneven is made up for at the end, where torch has its output_padding.
    padding = tuple(map(max, before, after))
    extra = tuple(e + 2 * p - b - a for e, p, b, a in zip(extra, padding, before, after, strict=True))
    bias = bool(given(node, 2))
    arguments = TransposedArguments(
        filters[1] * groups, filters[0], kernel, stride, padding, dilation, groups, bias, extra
    )
    return [Made(f"conv_transpose{axes}d", "transposed_convolution", arguments, (x,), _weights(node))]


def pool(context: Context, node: Node) -> list[Made]:
    (x,) = need(node, 1)
    axes = _spatial(context, x)
    op = f"{'max' if node.op == 'MaxPool' else 'avg'}_pool{axes}d"
    kernel, stride, dilation = _window(context, node, x, None)
    before, after = _pads(context, node, x, kernel, stride, dilation)
    ceil_mode = bool(integer(node, "ceil_mode", 0))
    if ceil_mode and before != after:
        after, ceil_mode = _hanging_over(context, x, kernel, stride, dilation, (before, after)), False
    if before == after:
        arguments = PoolArguments(kernel, stride, before, dilation, ceil_mode)
        return [Made(op, "pooling", arguments, (x,))]
    pads = tuple(n for pair in zip(reversed(before), reversed(after), strict=True) for n in pair)
    return [
        Made("pad", "pad", PadArguments(pads), (x,)),
        Made(op, "pooling", PoolArguments(kernel, stride, (0,) * axes, dilation, ceil_mode), (PREVIOUS,)),
    ]


def global_pool(context: Context, node: Node) -> list[Made]:
    (x,) = need(node, 1)
    axes = _spatial(context, x)
    kind = "max" if node.op == "GlobalMaxPool" else "avg"
    return [Made(f"adaptive_{kind}_pool{axes}d", "adaptive_pool", AdaptiveArguments((1,) * axes), (x,))]


def gemm(context: Context, node: Node) -> list[Made]:
    a, b = need(node, 2)
    left, right = bool(integer(node, "transA", 0)), bool(integer(node, "transB", 0))
    shape, bias = context.shape(b), given(node, 2)
    if len(shape) != 2 or len(context.shape(a)) != 2:
        raise ShapeError(f"cannot multiply {size_text(context.shape(a))} with {size_text(shape)}")
    if context.is_weight(b) and not left:
        n_out, n_in = shape if right else shape[::-1]
        return [Made("linear", "linear", LinearArguments(n_out, n_in, bool(bias)), (a,), _weights(node))]
    if left and right:
        raise ModelFileError("multiplies two computed matrices, both transposed, which is not read")
    steps = []
    if left or right:
        steps.append(Made("transpose", "permute", AxesArguments((1, 0)), (a if left else b,), alias=True))
    operands = (PREVIOUS if left else a, PREVIOUS if right else b)
    steps.append(Made("matmul", "matrix_product", NOTHING, operands))
    if bias:
        steps.append(Made("add", "arithmetic", NOTHING, (PREVIOUS, bias)))
    return steps


def matmul(context: Context, node: Node) -> list[Made]:
    a, b = need(node, 2)
    shape = context.shape(b)
    if context.is_weight(b) and len(shape) == 2 and not context.is_weight(a):
        return [Made("linear", "linear", LinearArguments(shape[1], shape[0], False), (a,), (b,))]
    return [Made("matmul", "matrix_product", NOTHING, (a, b))]


def einsum(context: Context, node: Node) -> list[Made] | None:
    left, arrow, out = word(node, "equation", "").replace(" ", "").partition("->")
    terms = left.split(",")
    fits = arrow and len(terms) == len(node.inputs) == 2 and all(t.isalpha() for t in terms)
    if not fits or not set(out) <= set("".join(terms)) or any(len(set(t)) < len(t) for t in terms):
        return None
    return [Made("einsum", "einsum", EinsumArguments(terms[0], terms[1], out), need(node, 2))]


def batch_norm(context: Context, node: Node) -> list[Made]:
    x, scale = need(node, 2)
    arguments = NormArguments((prod(context.shape(scale)),), True, bool(given(node, 2)), 1)
    op = "batch_norm" if node.op == "BatchNormalization" else "instance_norm"
    return [Made(op, "normalisation", arguments, (x,), tuple(filter(None, node.inputs[1:3])))]


def layer_norm(context: Context, node: Node) -> list[Made]:
    x, scale = need(node, 2)
    shape = context.shape(x)
    axis = axis_in(integer(node, "axis", -1), len(shape))
    op = "rms_norm" if node.op == "RMSNormalization" else "layer_norm"
    own = context.shape(scale)
    if len(own) > len(shape) - axis or any(
        n not in (1, m) for n, m in zip(own[::-1], shape[::-1], strict=False)
    ):
        raise ShapeError(f"normalises {size_text(shape[axis:])}, and its scale is for {size_text(own)}")
    context.sized = True
    arguments = NormArguments(shape[axis:], True, bool(given(node, 2)), -1)
    return [Made(op, "normalisation", arguments, (x,), tuple(filter(None, (scale, given(node, 2)))))]


def group_norm(context: Context, node: Node) -> list[Made]:
    x = need(node, 2)[0]
    arguments = NormArguments((context.shape(x)[1],), True, bool(given(node, 2)), 1)
    return [Made("group_norm", "normalisation", arguments, (x,), tuple(filter(None, node.inputs[1:3])))]


def response_norm(_context: Context, node: Node) -> list[Made]:
    size = integer(node, "size", 0)
    if size < 1:
        raise ModelFileError(f"its size must be at least 1, got {size}")
    return [Made("local_response_norm", "response_norm", ResponseNormArguments(size), need(node, 1))]


def normalize(_context: Context, node: Node) -> list[Made]:
    return [Made("normalize", "normalisation", NormArguments((), False, False, 1), need(node, 1))]


def prelu(context: Context, node: Node) -> list[Made]:
    x, slope = need(node, 2)
    return [Made("prelu", "prelu", PreluArguments(prod(context.shape(slope))), (x,), (slope,))]


def embedding(context: Context, node: Node) -> list[Made] | None:
    """A Gather of rows of a table."""
    table, indices = need(node, 2)
    shape = context.shape(table)
    if not context.is_weight(table) or len(shape) != 2 or integer(node, "axis", 0) != 0:
        return None
    return [Made("embedding", "embedding", EmbeddingArguments(*shape), (indices,), (table,), itemsize=4)]


def _filters(context: Context, node: Node) -> tuple[str, Shape, int, int]:
    """What comes in, the shape of the filters, how many axes they slide along, in how many groups."""
    x, weight = need(node, 2)
    filters = context.shape(weight)
    axes = len(filters) - 2
    if axes not in (1, 2, 3):
        raise ModelFileError(
            f"has filters of {size_text(filters)}: convolutions have one to three dimensions"
        )
    return x, filters, axes, integer(node, "group", 1)


def _weights(node: Node) -> tuple[str, ...]:
    return tuple(filter(None, node.inputs[1:3]))


def _spatial(context: Context, x: str) -> int:
    axes = len(context.shape(x)) - 2
    if axes not in (1, 2, 3):
        raise ShapeError(f"got {size_text(context.shape(x))}, needs one to three axes after the channels")
    return axes


def _window(context: Context, node: Node, x: str, filters: Shape | None) -> tuple[Shape, Shape, Shape]:
    """Kernel, stride and dilation; the kernel is the filters' where there are such."""
    axes = len(filters) if filters is not None else _spatial(context, x)
    if len(context.shape(x)) != axes + 2:
        raise ShapeError(f"got {size_text(context.shape(x))}, needs a tensor with {axes + 2} axes")
    kernel = filters if filters is not None else integers(node, "kernel_shape", (1,) * axes)
    if min(kernel) < 1:
        raise ModelFileError(f"has a window of {size_text(kernel)}: the file is broken")
    return kernel, integers(node, "strides", (1,) * axes), integers(node, "dilations", (1,) * axes)


def _pads(context: Context, node: Node, x: str, kernel: Shape, stride: Shape, dilation: Shape) -> Pads:
    axes = len(kernel)
    mode = word(node, "auto_pad", "NOTSET")
    if not mode.startswith("SAME"):
        pads = integers(node, "pads", (0,) * (2 * axes), least=0)
        return ((0,) * axes, (0,) * axes) if mode == "VALID" else (pads[:axes], pads[axes:])
    if any(s > 1 for s in stride):
        context.sized = True
    totals = [
        max((-(-n // s) - 1) * s + d * (f - 1) + 1 - n, 0)
        for n, f, s, d in zip(context.shape(x)[2:], kernel, stride, dilation, strict=True)
    ]
    less = tuple(total // 2 for total in totals)
    more = tuple(total - total // 2 for total in totals)
    return (less, more) if mode == "SAME_UPPER" else (more, less)


def _hanging_over(
    context: Context, x: str, kernel: Shape, stride: Shape, dilation: Shape, pads: Pads
) -> Shape:
    """The padding behind the map that the last window reaches into, as ceil_mode lets it.

    A window that would start in the padding behind the map is left out, and that can only be told while it
    is known which padding that is. https://onnx.ai/onnx/operators/onnx__MaxPool.html
    """
    context.sized = True
    found = []
    for n, f, s, d, p, q in zip(context.shape(x)[2:], kernel, stride, dilation, *pads, strict=True):
        reach = d * (f - 1) + 1
        last = max(-(-(n + p + q - reach) // s), 0)
        last -= last * s >= n + p
        found.append(max(last * s + reach - n - p, 0) if n + p + q >= reach else q)
    return tuple(found)


def _pads_for(
    sizes: Shape, wanted: Shape, kernel: Shape, stride: Shape, dilation: Shape, extra: Shape
) -> Pads:
    """The padding with which a transposed convolution makes maps of the wanted sizes."""
    if len(wanted) != len(sizes) or not all(isinstance(n, int) and 1 <= n <= 10**7 for n in wanted):
        raise ModelFileError(f"its output_shape must be {len(sizes)} whole numbers")
    totals = [
        (n - 1) * s + d * (f - 1) + 1 + e - m
        for n, m, f, s, d, e in zip(sizes, wanted, kernel, stride, dilation, extra, strict=True)
    ]
    if min(totals) < 0:
        raise ModelFileError(f"cannot make {size_text(wanted)} of {size_text(sizes)}")
    return tuple(t // 2 for t in totals), tuple(t - t // 2 for t in totals)
