"""Operations that rearrange, cut, join and resize tensors, or reduce their axes."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from cnnviz.errors import ModelFileError, ShapeError
from cnnviz.formulas import Shape, size_text
from cnnviz.formulas.linear import broadcast
from cnnviz.formulas.pooling import ReduceArguments
from cnnviz.formulas.rule import Nothing
from cnnviz.formulas.shapes import (
    AxesArguments,
    AxisArguments,
    FlattenArguments,
    IndexArguments,
    ViewArguments,
)
from cnnviz.formulas.tensors import (
    CreateArguments,
    PadArguments,
    RepeatArguments,
    ResizeArguments,
    ShuffleArguments,
    SplitArguments,
    TakeArguments,
)
from cnnviz.onnx.context import (
    PREVIOUS,
    Context,
    Made,
    axes_of,
    axis_in,
    given,
    integer,
    need,
    word,
)
from cnnviz.onnx.layers import embedding
from cnnviz.onnx.model import BYTES, Node

NOTHING = Nothing()
REDUCTIONS = {
    "ReduceMean": "mean",
    "ReduceSum": "sum",
    "ReduceMax": "amax",
    "ReduceMin": "amin",
    "ReduceProd": "prod",
    "ReduceL1": "norm",
    "ReduceL2": "norm",
    "ReduceLogSum": "logsum",
    "ReduceLogSumExp": "logsumexp",
    "ReduceSumSquare": "sum_square",
}
MOST_SPLITS = 512


def same(context: Context, node: Node) -> list[Made]:
    """Identity, and dropout as it is when nothing is learned."""
    return [Made(node.op.lower(), "alias", NOTHING, need(node, 1)[:1], alias=True)]


def cast(_context: Context, node: Node) -> list[Made]:
    size = BYTES.get(integer(node, "to", 1), 4)
    return [Made("to", "same", NOTHING, need(node, 1), itemsize=size)]


def flatten(context: Context, node: Node) -> list[Made]:
    (x,) = need(node, 1)
    shape, axis = context.shape(x), integer(node, "axis", 1)
    if axis == 1 and len(shape) > 1:
        return [Made("flatten", "flatten", FlattenArguments(1, -1), (x,), alias=True)]
    context.sized = True
    cut = axis % len(shape) if axis < 0 else axis
    return [_view("flatten", x, (prod(shape[:cut]), prod(shape[cut:])))]


def reshape(context: Context, node: Node) -> list[Made] | None:
    x = need(node, 1)[0]
    wanted = context.numbers(given(node, 1))
    if wanted is None:
        return None
    shape = context.shape(x)
    if 0 in wanted and not integer(node, "allowzero", 0):
        if any(n == 0 and i >= len(shape) for i, n in enumerate(wanted)):
            raise ModelFileError(f"keeps more axes than {size_text(shape)} has")
        context.sized = True
        wanted = tuple(n or shape[i] for i, n in enumerate(wanted))
    if wanted.count(-1) > 1 or any(n < -1 for n in wanted):
        raise ModelFileError(f"asks for the shape {wanted!s:.60}: the file is broken")
    if len(shape) > 2 and wanted == (shape[0], -1):
        return [Made("flatten", "flatten", FlattenArguments(1, -1), (x,), alias=True)]
    return [_view("view", x, wanted)]


def transpose(context: Context, node: Node) -> list[Made]:
    (x,) = need(node, 1)
    rank = len(context.shape(x))
    order = node.attributes.get("perm") or tuple(reversed(range(rank)))
    if sorted(order) != list(range(rank)):
        raise ModelFileError(f"puts {rank} axes in the order {order!s:.60}: the file is broken")
    return [Made("permute", "permute", AxesArguments(tuple(order)), (x,), alias=True)]


def squeeze(context: Context, node: Node) -> list[Made] | None:
    x = need(node, 1)[0]
    axes = axes_of(context, node, 1, len(context.shape(x)))
    return None if axes is None else [Made("squeeze", "squeeze", AxesArguments(axes), (x,), alias=True)]


def unsqueeze(context: Context, node: Node) -> list[Made] | None:
    x = need(node, 1)[0]
    named = context.numbers(given(node, 1)) if given(node, 1) else node.attributes.get("axes")
    if not isinstance(named, tuple):
        return None
    rank = len(context.shape(x)) + len(named)
    axes = sorted(axis_in(axis, rank) for axis in named)
    return [
        Made("unsqueeze", "unsqueeze", AxesArguments((axis,)), (PREVIOUS if i else x,), alias=True)
        for i, axis in enumerate(axes)
    ]


def cut(context: Context, node: Node) -> list[Made] | None:
    """Slice."""
    x = need(node, 1)[0]
    rank = len(context.shape(x))
    if len(node.inputs) > 1:
        starts, ends = context.numbers(given(node, 1)), context.numbers(given(node, 2))
        axes = context.numbers(given(node, 3)) if given(node, 3) else tuple(range(len(starts or ())))
        steps = context.numbers(given(node, 4)) if given(node, 4) else (1,) * len(starts or ())
    else:
        starts, ends = node.attributes.get("starts"), node.attributes.get("ends")
        axes = node.attributes.get("axes") or tuple(range(len(starts or ())))
        steps = (1,) * len(starts or ())
    if starts is None or ends is None or axes is None or steps is None:
        return None
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise ModelFileError("its starts, ends, axes and steps do not fit: the file is broken")
    whole: tuple[str | int | None, ...] = ("slice", None, None, None)
    entries = [whole] * rank
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        entries[axis_in(axis, rank)] = ("slice", start, end, step)
    while entries and entries[-1] == whole:
        entries.pop()
    return [Made("getitem", "index", IndexArguments(tuple(entries)), (x,), alias=True)]


def gather(context: Context, node: Node) -> list[Made] | None:
    x, index = need(node, 2)
    rank = len(context.shape(x))
    if context.is_weight(x):
        return embedding(context, node)
    axis = axis_in(integer(node, "axis", 0), rank)
    places, shape = context.numbers(index), context.shape(index)
    if shape == () and places:
        whole: tuple[str | int | None, ...] = ("slice", None, None, None)
        entries = (*[whole] * axis, ("int", places[0]))
        return [Made("select", "index", IndexArguments(entries), (x,), alias=True)]
    if not shape:
        return None
    took = Made("index_select", "take", TakeArguments(axis, prod(shape)), (x,))
    if len(shape) == 1:
        return [took]
    data = context.shape(x)
    context.sized = True
    return [took, _view("view", PREVIOUS, (*data[:axis], *shape, *data[axis + 1 :]))]


def concat(context: Context, node: Node) -> list[Made]:
    names = need(node, max(1, len(node.inputs)))
    axis = axis_in(integer(node, "axis", 1), len(context.shape(names[0])))
    if any(len(context.shape(name)) != len(context.shape(names[0])) for name in names):
        raise ShapeError("joins tensors with different numbers of axes")
    return [Made("cat", "concatenate", AxisArguments(axis), names)]


def split(context: Context, node: Node) -> list[Made] | None:
    x = need(node, 1)[0]
    axis = axis_in(integer(node, "axis", 0), len(context.shape(x)))
    size, pieces = context.shape(x)[axis], len(node.outputs)
    if pieces > MOST_SPLITS:
        raise ModelFileError(f"makes {pieces} pieces, and {MOST_SPLITS} are the most that are read")
    sizes = context.numbers(given(node, 1)) if given(node, 1) else node.attributes.get("split")
    if sizes is None and given(node, 1):
        return None
    if sizes is None:
        context.sized = True
        each = -(-size // pieces)
        sizes = tuple(min(each, size - i * each) for i in range(pieces))
    if len(sizes) != pieces or min(sizes) < 0:
        raise ModelFileError(f"cuts {size} into {sizes!s:.60}: the file is broken")
    return [Made("split", "split", SplitArguments(axis, tuple(sizes)), (x,), alias=True)]


def pad(context: Context, node: Node) -> list[Made] | None:
    x = need(node, 1)[0]
    rank = len(context.shape(x))
    pads = context.numbers(given(node, 1)) if given(node, 1) else node.attributes.get("pads")
    axes = axes_of(context, node, 3, rank) if given(node, 3) else tuple(range(rank))
    if pads is None or axes is None:
        return None
    if len(pads) != 2 * len(axes) or not all(isinstance(n, int) and abs(n) < 10**7 for n in pads):
        raise ModelFileError(f"pads {rank} axes by {pads!s:.60}: the file is broken")
    before, after = dict(zip(axes, pads, strict=False)), dict(zip(axes, pads[len(axes) :], strict=False))
    flat = [n for axis in reversed(range(rank)) for n in (before.get(axis, 0), after.get(axis, 0))]
    while len(flat) > 2 and flat[-2:] == [0, 0]:
        del flat[-2:]
    mode = {"edge": "replicate", "wrap": "circular"}.get(kind := word(node, "mode", "constant"), kind)
    return [Made("pad", "pad", PadArguments(tuple(flat), mode), (x,))]


def resize(context: Context, node: Node) -> list[Made] | None:
    x = need(node, 1)[0]
    shape = context.shape(x)
    mode = word(node, "mode", "nearest")
    taps = 4 if "cubic" in mode else 2 if "linear" in mode else 1
    upsample = node.op == "Upsample"
    sizes = None if upsample else context.numbers(given(node, 3))
    scales = context.known.get(given(node, 1 if upsample or len(node.inputs) == 2 else 2))
    factors = scales.values if scales else node.attributes.get("scales") or ()
    if sizes and len(sizes) == len(shape) and sizes[:2] == shape[:2] and min(sizes) > 0:
        return [Made("interpolate", "resize", ResizeArguments(sizes[2:], (), taps), (x,))]
    if len(factors) != len(shape) or not all(0 < f < 10**6 for f in factors) or tuple(factors[:2]) != (1, 1):
        return None
    exact = [Fraction(f).limit_denominator(1000) for f in factors[2:]]
    scale = tuple((f.numerator, f.denominator) for f in exact)
    return [Made("interpolate", "resize", ResizeArguments((), scale, taps), (x,))]


def expand(context: Context, node: Node) -> list[Made] | None:
    x = need(node, 1)[0]
    wanted = context.numbers(given(node, 1))
    if wanted is None:
        return None
    if any(n < 1 for n in wanted):
        raise ModelFileError(f"asks for the shape {wanted!s:.60}: the file is broken")
    shape: Shape = broadcast(context.shape(x), wanted)
    context.sized = True
    return [Made("expand", "expand", ViewArguments(shape), (x,), alias=True)]


def tile(context: Context, node: Node) -> list[Made] | None:
    x = need(node, 1)[0]
    times = context.numbers(given(node, 1))
    if times is None:
        return None
    if len(times) != len(context.shape(x)) or min(times, default=1) < 0:
        raise ModelFileError(f"repeats {size_text(context.shape(x))} by {times!s:.60}: the file is broken")
    return [Made("repeat", "repeat", RepeatArguments(times), (x,))]


def pixel_shuffle(context: Context, node: Node) -> list[Made]:
    (x,) = need(node, 1)
    block = integer(node, "blocksize", 1)
    if block < 1 or len(context.shape(x)) != 4:
        raise ModelFileError(f"moves blocks of {block} of {size_text(context.shape(x))}: the file is broken")
    up = node.op == "DepthToSpace"
    arguments = ShuffleArguments(block if up else -block)
    return [Made("pixel_shuffle" if up else "pixel_unshuffle", "pixel_shuffle", arguments, (x,))]


def reduce(context: Context, node: Node) -> list[Made] | None:
    x = need(node, 1)[0]
    axes = axes_of(context, node, 1, len(context.shape(x)))
    if axes is None:
        return None
    keep = bool(integer(node, "keepdims", 1))
    if not axes and integer(node, "noop_with_empty_axes", 0):
        return [Made("identity", "alias", NOTHING, (x,), alias=True)]
    return [Made(REDUCTIONS[node.op], "reduce", ReduceArguments(axes, keep), (x,))]


def place(context: Context, node: Node) -> list[Made]:
    """ArgMax and ArgMin."""
    (x,) = need(node, 1)
    axis = axis_in(integer(node, "axis", 0), len(context.shape(x)))
    arguments = ReduceArguments((axis,), bool(integer(node, "keepdims", 1)))
    return [Made(node.op.lower(), "reduce", arguments, (x,), itemsize=8)]


def created(context: Context, node: Node) -> list[Made] | None:
    """ConstantOfShape, where the shape is known."""
    sizes = context.numbers(given(node, 0))
    if sizes is None or any(n < 1 for n in sizes):
        return None
    return [Made("full", "create", CreateArguments(sizes), (), itemsize=4)]


def _view(op: str, x: str, shape: Shape) -> Made:
    return Made(op, "view", ViewArguments(shape), (x,), alias=True)
