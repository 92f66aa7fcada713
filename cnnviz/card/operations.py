"""What an operation does, in words with this layer's numbers and as the equation of one output element."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from cnnviz.card.latex import number_latex, shape_latex, words_latex
from cnnviz.layer import Layer, named_sizes

NAMES = {
    "add": "addition",
    "batch_norm": "batch normalisation",
    "cat": "concatenation",
    "elu": "ELU",
    "gelu": "GELU",
    "layer_norm": "layer normalisation",
    "leaky_relu": "leaky ReLU",
    "linear": "fully connected",
    "local_response_norm": "local response normalisation",
    "mul": "multiplication",
    "permute": "axes in another order",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "silu": "SiLU",
    "sub": "subtraction",
}
CHANNELS_BEFORE = "n_C^{[l-1]}"


def operation_name(layer: Layer) -> str:
    """`convolution`, `depthwise convolution`, `1 × 1 convolution`, `global average pooling`."""
    rule, op = layer.operation.rule, layer.op
    if rule in ("convolution", "transposed_convolution"):
        a = layer.arguments
        what = "transposed convolution" if rule == "transposed_convolution" else "convolution"
        if a.groups > 1:
            depthwise = a.groups == a.in_channels
            return f"depthwise {what}" if depthwise else f"{what} in {a.groups} groups"
        return f"1 × 1 {what}" if set(a.kernel) == {1} else what
    if rule == "adaptive_pool":
        whole = set(layer.arguments.size) == {1}
        return f"{'global' if whole else 'adaptive'} {_pool(op)} pooling"
    if rule == "pooling":
        return f"{_pool(op)} pooling"
    return NAMES.get(op, op.replace("_", " ").removesuffix("1d").removesuffix("2d").removesuffix("3d"))


def arrow_words(layer: Layer) -> str:
    """The operation in a few words: `conv 11×11 / 4`, `max pool 3×3 / 2`, `ReLU`."""
    kernel, stride = getattr(layer.arguments, "kernel", ()), getattr(layer.arguments, "stride", ())
    name = operation_name(layer).replace("convolution", "conv").replace("pooling", "pool")
    name = name.replace("1 × 1 ", "").replace("normalisation", "norm")
    if not kernel:
        return name
    step = f" / {_sizes(stride)}" if max(stride) > 1 else ""
    return f"{name} {_sizes(kernel, whole=True)}{step}"


def operation_words(layer: Layer) -> str:
    """One sentence with this layer's numbers."""
    rule = layer.operation.rule
    a = layer.arguments
    if rule == "convolution":
        depth = a.in_channels // a.groups
        filters = f"{a.channels:,} filters" if a.channels > 1 else "one filter"
        each = f"{filters} of {_sizes((*a.kernel, depth), whole=True, apart=True)}"
        bias = "with a bias each" if a.bias else "without bias"
        apart = f", in {a.groups:,} groups: each filter sees {depth:,} of {a.in_channels:,} channels"
        return f"{each}, {_moves(a)}, {bias}{apart if a.groups > 1 else ''}."
    if rule == "pooling":
        how = "largest" if _pool(layer.op) == "max" else "average"
        ceil = ", keeping an incomplete last window" if a.ceil_mode else ""
        return (
            f"The {how} value of each {_sizes(a.kernel, apart=True, whole=True)} window, {_moves(a)}{ceil}."
        )
    if rule == "adaptive_pool":
        how = "largest" if _pool(layer.op) == "max" else "average"
        before = _sizes(layer.input_shapes[0][-len(a.size) :], apart=True, whole=True)
        after = _sizes(layer.output_shapes[0][-len(a.size) :], apart=True, whole=True)
        if set(a.size) == {1}:
            return f"The {how} of all {before} positions of each channel: one number a channel."
        return f"{before} positions as {after} windows of nearly equal size, the {how} of each."
    if rule == "linear":
        bias = "with" if a.bias else "without"
        return f"Each of {a.out_features:,} outputs is a weighted sum of all inputs, {bias} a bias."
    return _sentences(layer)


def _sentences(layer: Layer) -> str:
    """The sentence for operations that have no window and no weights of their own."""
    rule, shapes = layer.operation.rule, layer.input_shapes
    if rule == "response_norm":
        return (
            f"Each value is divided by what the {layer.arguments.size} channels around it have at the same "
            "position."
        )
    if rule in ("normalisation", "batch_statistics"):
        if layer.op == "batch_norm":
            return "Each channel is shifted and scaled to mean 0 and variance 1, then by a learned β and γ."
        return "Values are shifted and scaled to mean 0 and variance 1, then by a learned scale and shift."
    if rule == "concatenate":
        if len(shapes) == 1:
            return "One tensor alone, so far: there is nothing yet to join it to."
        return f"{len(shapes)} tensors one after the other along the channels; nothing is added up."
    if rule == "flatten":
        return "The same numbers in one row; nothing is computed."
    if rule == "softmax":
        return "Each number becomes a share of the whole; together they are 1."
    if layer.op == "dropout":
        return "In training some values are set to 0 at random; otherwise nothing changes."
    if rule in ("activation", "prelu"):
        return "The same function for each number; the shape stays."
    if rule == "arithmetic":
        return "Element by element; the shapes must agree."
    return ""


def operation_latex(layer: Layer) -> str:
    """The equation of what comes out, in the course's notation; "" where there is none worth writing."""
    rule, op = layer.operation.rule, layer.op
    if rule == "convolution":
        return r"z^{[l]} = W^{[l]} * a^{[l-1]}" + (" + b^{[l]}" if layer.arguments.bias else "")
    if rule == "linear":
        return r"z^{[l]} = W^{[l]}\, a^{[l-1]}" + (" + b^{[l]}" if layer.arguments.bias else "")
    if rule in ("pooling", "adaptive_pool"):
        if _pool(op) == "max":
            return r"a_{ijc} = \max_{(u, v)\,\in\,\text{window}} a^{[l-1]}_{uvc}"
        count = _window_size(layer)
        mean = rf"\dfrac{{1}}{{{number_latex(count)}}}" if count else r"\dfrac{1}{\text{window}}"
        return rf"a_{{ijc}} = {mean} \sum_{{(u, v)\,\in\,\text{{window}}}} a^{{[l-1]}}_{{uvc}}"
    if rule == "arithmetic" and op in ("add", "sub", "mul"):
        sign = {"add": "+", "sub": "-", "mul": r"\odot"}[op]
        return rf" {sign} ".join(_operands(layer))
    return EQUATIONS.get(op, "")


EQUATIONS = {
    "batch_norm": r"y = \gamma\,\dfrac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta",
    "layer_norm": r"y = \gamma\,\dfrac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta",
    "local_response_norm": r"b_c = a_c \Big/ \Big(k + \dfrac{\alpha}{n} \sum_{c'} a_{c'}^2\Big)^{\beta}",
    "relu": r"g(z) = \max(0, z)",
    "relu6": r"g(z) = \min(\max(0, z), 6)",
    "leaky_relu": r"g(z) = \max(0, z) + \alpha \min(0, z)",
    "tanh": r"g(z) = \tanh z",
    "sigmoid": r"g(z) = \dfrac{1}{1 + e^{-z}}",
    "silu": r"g(z) = \dfrac{z}{1 + e^{-z}}",
    "gelu": r"g(z) = z\,\Phi(z)",
    "elu": r"g(z) = z \text{ for } z > 0,\; \alpha (e^z - 1) \text{ otherwise}",
    "softmax": r"p_i = \dfrac{e^{z_i}}{\sum_j e^{z_j}}",
    "log_softmax": r"\ln p_i = z_i - \ln \sum_j e^{z_j}",
}


def activation_latex(layer: Layer) -> str:
    r"""The name of an activation inside a formula: `\text{ReLU}`."""
    return words_latex(NAMES.get(layer.op, layer.op))


def _operands(layer: Layer) -> list[str]:
    """Each operand with its sizes below it; a constant, such as a learned factor, as w."""
    operands = []
    number = 0
    for tensor, shape, field in zip(layer.operation.inputs, layer.input_shapes, layer.fields, strict=True):
        number += tensor >= 0
        if tensor < 0:
            operands.append("w")
            continue
        sizes = [n for n in named_sizes(shape, field) if n is not None]
        operands.append(rf"\underbrace{{x_{number}}}_{{{shape_latex(sizes or shape[1:])}}}")
    return operands


def _window_size(layer: Layer) -> int:
    """Values in one window, where all windows have as many."""
    kernel = getattr(layer.arguments, "kernel", ())
    if kernel:
        return prod(kernel)
    steps = layer.rule.field_steps(layer.arguments, layer.input_shapes)
    return prod(steps[0]) if steps else 0


def _moves(a: object) -> str:
    """`stride 4, no padding`, `stride 1, padding 2 ("same")`."""
    stride, padding = getattr(a, "stride", (1,)), getattr(a, "padding", (0,))
    dilation = getattr(a, "dilation", (1,))
    spread = f", dilation {_sizes(dilation)}" if max(dilation) > 1 else ""
    pads = f"padding {_sizes(padding)}" if max(padding) else "no padding"
    return f"stride {_sizes(stride)}, {pads}{spread}"


def _sizes(sizes: Sequence[int], *, whole: bool = False, apart: bool = False) -> str:
    """`3`, or `3×1`; with `whole` always every side."""
    if not whole and len(set(sizes)) == 1:
        return f"{sizes[0]:,}"
    return (" × " if apart else "×").join(f"{n:,}" for n in sizes)


def _pool(op: str) -> str:
    return "max" if "max" in op else "average"
