"""Operations that work element by element: activations, arithmetic, softmax."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cnnviz.formulas.elementwise import SoftmaxArguments
from cnnviz.formulas.rule import Nothing
from cnnviz.onnx.context import Context, Made, axis_in, given, integer, need
from cnnviz.onnx.model import Node

NOTHING = Nothing()
Operator = Callable[[Context, Node], list[Made] | None]

ACTIVATIONS = {
    "Relu": "relu",
    "LeakyRelu": "leaky_relu",
    "Elu": "elu",
    "Celu": "celu",
    "Selu": "selu",
    "Gelu": "gelu",
    "Swish": "silu",
    "Mish": "mish",
    "Sigmoid": "sigmoid",
    "HardSigmoid": "hardsigmoid",
    "HardSwish": "hardswish",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Tanh": "tanh",
    "ThresholdedRelu": "threshold",
    "Shrink": "hardshrink",
}
ARITHMETIC = {
    "Add": "add",
    "Sub": "sub",
    "Mul": "mul",
    "Div": "div",
    "Pow": "pow",
    "Mod": "remainder",
    "Max": "maximum",
    "Min": "minimum",
    "Sum": "add",
    "Mean": "mean",
    "Where": "where",
    "Abs": "abs",
    "Neg": "neg",
    "Exp": "exp",
    "Log": "log",
    "Sqrt": "sqrt",
    "Sin": "sin",
    "Cos": "cos",
    "Erf": "erf",
    "Floor": "floor",
    "Ceil": "ceil",
    "Round": "round",
    "Sign": "sign",
    "Reciprocal": "reciprocal",
}
COMPARISONS = {
    "Equal": "eq",
    "Less": "lt",
    "LessOrEqual": "le",
    "Greater": "gt",
    "GreaterOrEqual": "ge",
    "And": "and",
    "Or": "or",
    "Xor": "xor",
    "Not": "not",
    "IsNaN": "isnan",
}
REARRANGED = {"CumSum": "cumsum", "Trilu": "triu", "QuantizeLinear": "quantize", "Hardmax": "hardmax"}


def _activation(op: str, _context: Context, node: Node) -> list[Made]:
    return [Made(op, "activation", NOTHING, need(node, 1))]


def _arithmetic(op: str, itemsize: int, _context: Context, node: Node) -> list[Made]:
    names = need(node, max(1, len(node.inputs)))
    return [Made(op, "arithmetic", NOTHING, names, itemsize=itemsize)]


def _rearranged(op: str, _context: Context, node: Node) -> list[Made]:
    return [Made(op, "same", NOTHING, need(node, 1))]


def clip(context: Context, node: Node) -> list[Made]:
    """A clip to 0 ... 6 is a ReLU6, and one to 0 and more a ReLU; both go by that name in the papers."""
    x = need(node, 1)[0]
    bounds = _bound(context, node, 1, "min"), _bound(context, node, 2, "max")
    op = "relu6" if bounds == (0, 6) else "relu" if bounds == (0, None) else "hardtanh"
    return [Made(op, "activation", NOTHING, (x,))]


def _bound(context: Context, node: Node, index: int, name: str) -> float | None:
    known = context.known.get(given(node, index))
    if known and known.values:
        return known.values[0]
    value = node.attributes.get(name)
    return value if isinstance(value, int | float) and abs(value) < 1e38 else None


def softmax(context: Context, node: Node) -> list[Made]:
    (x,) = need(node, 1)
    default = -1 if context.model.opset >= 13 else 1
    axis = axis_in(integer(node, "axis", default), len(context.shape(x)))
    return [
        Made("softmax" if node.op == "Softmax" else "log_softmax", "softmax", SoftmaxArguments(axis), (x,))
    ]


OPERATORS: dict[str, Operator] = {
    **{name: partial(_activation, op) for name, op in ACTIVATIONS.items()},
    **{name: partial(_arithmetic, op, 0) for name, op in ARITHMETIC.items()},
    **{name: partial(_arithmetic, op, 1) for name, op in COMPARISONS.items()},
    **{name: partial(_rearranged, op) for name, op in REARRANGED.items()},
    "Clip": clip,
    "Softmax": softmax,
    "LogSoftmax": softmax,
}
