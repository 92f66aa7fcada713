"""Shape arithmetic of an ONNX graph, done while it is read: sizes taken off tensors and worked with."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from cnnviz.errors import ModelFileError
from cnnviz.onnx.context import LIMIT, Context, Known, axis_in, given
from cnnviz.onnx.model import MOST_VALUES, Node, Tensor

MOST_FOLDED = 200_000  # numbers that shapes are worked out from, all together; networks have some thousands
Folder = Callable[[Context, Node, list[Known]], Known | None]


def constant(node: Node) -> Tensor | Known | None:
    """What a Constant node holds."""
    for name, value in node.attributes.items():
        if isinstance(value, Tensor):
            return value
        if name in ("value_int", "value_float") and isinstance(value, int | float):
            return Known((), (value,))
        if name in ("value_ints", "value_floats") and isinstance(value, tuple):
            return Known((len(value),), value)
    return None


def folded(context: Context, node: Node) -> Known | None:
    """The values that a node makes, where they are known from sizes and constants alone."""
    if node.domain or len(node.outputs) != 1:
        return None
    if node.op in ("Shape", "Size"):
        return _sizes(context, node)
    fold = FOLDED.get(node.op)
    if fold is None or not node.inputs:
        return None
    known = []
    for name in node.inputs:
        if not name:
            continue
        if name not in context.known:
            return None
        known.append(context.known[name])
    context.folded += sum(len(one.values) for one in known)
    if context.folded > MOST_FOLDED:
        raise ModelFileError(
            f"works with more than {MOST_FOLDED:,} numbers for shapes, which no network needs"
        )
    try:
        made = fold(context, node, known)
    except (ValueError, TypeError, IndexError, ArithmeticError):  # too few operands, a fraction for a size
        return None
    if made is None or len(made.shape) > 2 or any(not abs(value) < LIMIT for value in made.values):
        return None
    context.folded += len(made.values)
    return made


def _sizes(context: Context, node: Node) -> Known:
    shape = context.shape(given(node, 0))
    if not context.is_weight(given(node, 0)):
        context.sized = True
    if node.op == "Size":
        return Known((), (math.prod(shape),))
    start, end = node.attributes.get("start", 0), node.attributes.get("end")
    if not isinstance(start, int) or not isinstance(end, int | None):
        raise ModelFileError("its start and end must be whole numbers")
    part = shape[start:end]
    return Known((len(part),), part)


def _elementwise(function: Callable[..., Any]) -> Folder:
    def fold(_context: Context, _node: Node, known: list[Known]) -> Known | None:
        length = max((len(k.values) for k in known if k.shape), default=1)
        if any(len(k.shape) > 1 for k in known):
            return None
        rows = []
        for k in known:
            if len(k.values) not in (1, length):
                return None
            rows.append(k.values * length if len(k.values) == 1 else k.values)
        values = tuple(function(*row) for row in zip(*rows, strict=True))
        return Known((length,) if any(k.shape for k in known) else (), values)

    return fold


def _divided(a: float, b: float) -> float:
    """Whole numbers are divided towards zero, as ONNX does."""
    if isinstance(a, int) and isinstance(b, int):
        quotient = abs(a) // abs(b)
        return quotient if (a < 0) == (b < 0) else -quotient
    return a / b


def _power(a: float, b: float) -> float:
    if abs(b) > 64:
        raise ValueError(b)
    return float(a**b) if isinstance(a, float) else a ** int(b)


def _gather(_context: Context, node: Node, known: list[Known]) -> Known | None:
    data, index = known
    if len(data.shape) != 1 or node.attributes.get("axis", 0) not in (0, -1):
        return None
    return Known(index.shape, tuple(data.values[int(i)] for i in index.values))


def _slice(_context: Context, node: Node, known: list[Known]) -> Known | None:
    """A part of a list, or some rows of a table."""
    data = known[0]
    if len(known) > 1:
        bounds = [k.integers[0] for k in known[1:] if len(k.values) == 1]
        if len(bounds) < len(known) - 1 or len(bounds) < 2:
            return None
    else:
        starts, ends = node.attributes.get("starts"), node.attributes.get("ends")
        if not (isinstance(starts, tuple) and isinstance(ends, tuple) and len(starts) == len(ends) == 1):
            return None
        bounds = [starts[0], ends[0], *(node.attributes.get("axes") or ())]
    start, end, axis, step = (*bounds, *(0, 1)[len(bounds) - 2 :])
    if axis not in (0, -len(data.shape)) or not data.shape:
        return None
    width = data.shape[1] if len(data.shape) == 2 else 1
    rows = range(data.shape[0])[start:end:step]
    values = tuple(value for row in rows for value in data.values[row * width : (row + 1) * width])
    return Known((len(rows), *data.shape[1:]), values)


def _concat(_context: Context, _node: Node, known: list[Known]) -> Known | None:
    if any(len(k.shape) != 1 for k in known):
        return None
    values = tuple(value for k in known for value in k.values)
    return Known((len(values),), values) if len(values) <= MOST_VALUES else None


def _squeeze(_context: Context, _node: Node, known: list[Known]) -> Known | None:
    return Known((), known[0].values) if len(known[0].values) == 1 else None


def _unsqueeze(_context: Context, _node: Node, known: list[Known]) -> Known | None:
    return None if known[0].shape else Known((1,), known[0].values)


def _cast(_context: Context, node: Node, known: list[Known]) -> Known | None:
    to = node.attributes.get("to")
    if to in (6, 7):
        return Known(known[0].shape, tuple(int(value) for value in known[0].values))
    if to in (1, 10, 11):
        return Known(known[0].shape, tuple(float(value) for value in known[0].values))
    return known[0] if to == 9 else None


def _reshape(_context: Context, _node: Node, known: list[Known]) -> Known | None:
    wanted = known[1].integers
    count = len(known[0].values)
    rest = math.prod(n for n in wanted if n != -1)
    if -1 in wanted and rest:
        wanted = tuple(count // rest if n == -1 else n for n in wanted)
    return (
        Known(wanted, known[0].values) if math.prod(wanted) == count and min(wanted, default=1) >= 0 else None
    )


def _transpose(_context: Context, _node: Node, known: list[Known]) -> Known | None:
    data = known[0]
    if len(data.shape) < 2:
        return data
    rows, columns = data.shape
    values = tuple(data.values[row * columns + column] for column in range(columns) for row in range(rows))
    return Known((columns, rows), values)


def _filled(_context: Context, node: Node, known: list[Known]) -> Known | None:
    sizes = known[0].integers
    value = node.attributes.get("value")
    number = value.values[0] if isinstance(value, Tensor) and value.values else 0.0
    if len(sizes) > 1 or (sizes and not 0 <= sizes[0] <= MOST_VALUES):
        return None
    return Known(sizes, (number,) * math.prod(sizes))


def _range(_context: Context, _node: Node, known: list[Known]) -> Known | None:
    if len(known) != 3 or any(not isinstance(k.values[0], int) for k in known if k.values):
        return None
    start, limit, delta = (k.integers[0] for k in known)
    if delta == 0 or abs(limit - start) > MOST_VALUES * abs(delta):
        return None
    values = tuple(range(start, limit, delta))
    return Known((len(values),), values)


def _reduced(function: Callable[..., Any]) -> Folder:
    def fold(_context: Context, node: Node, known: list[Known]) -> Known | None:
        keep = node.attributes.get("keepdims", 1) and bool(known[0].shape)
        if len(known[0].shape) > 1:
            return None
        for axis in known[1].values if len(known) > 1 else ():
            axis_in(int(axis), 1)
        return Known((1,) if keep else (), (function(known[0].values),))

    return fold


FOLDED: dict[str, Folder] = {
    "Add": _elementwise(operator.add),
    "Sub": _elementwise(operator.sub),
    "Mul": _elementwise(operator.mul),
    "Div": _elementwise(_divided),
    "Mod": _elementwise(operator.mod),
    "Pow": _elementwise(_power),
    "Min": _elementwise(min),
    "Max": _elementwise(max),
    "Neg": _elementwise(operator.neg),
    "Abs": _elementwise(abs),
    "Floor": _elementwise(math.floor),
    "Ceil": _elementwise(math.ceil),
    "Sqrt": _elementwise(math.sqrt),
    "Equal": _elementwise(operator.eq),
    "Less": _elementwise(operator.lt),
    "Greater": _elementwise(operator.gt),
    "Not": _elementwise(operator.not_),
    "And": _elementwise(lambda a, b: bool(a and b)),
    "Or": _elementwise(lambda a, b: bool(a or b)),
    "Where": _elementwise(lambda condition, a, b: a if condition else b),
    "Gather": _gather,
    "Slice": _slice,
    "Concat": _concat,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Cast": _cast,
    "Identity": lambda _context, _node, known: known[0],
    "Reshape": _reshape,
    "Transpose": _transpose,
    "ConstantOfShape": _filled,
    "Range": _range,
    "ReduceProd": _reduced(math.prod),
    "ReduceSum": _reduced(sum),
    "ReduceMax": _reduced(max),
    "ReduceMin": _reduced(min),
}
