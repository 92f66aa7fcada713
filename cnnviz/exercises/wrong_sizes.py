"""Wrong ways to n_H, n_W and n_C, the most likely first."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnnviz.exercises.mistake import Mistake, mistake, numbered, plain
from cnnviz.exercises.windows import SIZE, SIZE_CEILED, Window, window
from cnnviz.formulas import Formula, Term
from cnnviz.formulas.convolution import ConvArguments, TransposedArguments
from cnnviz.formulas.linear import LinearArguments
from cnnviz.formulas.pooling import AdaptiveArguments, PoolArguments
from cnnviz.layer import Layer, named_sizes

WITHOUT_ONE = Formula("floor((n + p - w) / s)", products="p")
WITHOUT_ONE_CEILED = Formula("ceil((n + p - w) / s)", products="p")
UNPADDED = Formula("floor((n - w) / s) + 1")
UNPADDED_CEILED = Formula("ceil((n - w) / s) + 1")
UNSTRIDED = Formula("n + p - w + 1", products="p")
ONE_INSIDE = Formula("floor((n + p - w + 1) / s)", products="p")
DIVIDED = Formula("floor(n / s)")
DIVIDED_UP = Formula("ceil(n / s)")
TRANSPOSED = Formula("(n - 1)*s - p + w + q", products="p")
TRANSPOSED_ALL = Formula("n*s - p + w + q", products="p")
TRANSPOSED_PLAIN = Formula("(n - 1)*s - p + w", products="p")
UPSAMPLED = Formula("n*s")
PRODUCT = Formula("n", products="n")
SUM = Formula("n", sums="n")
SIZE_NAMES = {"n_H": "the height", "n_W": "the width", "n_C": "the number of channels"}


def ways(step: Window, n: int) -> Iterator[tuple[str, Term, str]]:
    """Each wrong way with the window formula: a short name, the arithmetic, what went wrong."""
    p, w, s = step.padding, step.w, step.s
    ceiled = step.ceiled
    one = Term(WITHOUT_ONE_CEILED if ceiled else WITHOUT_ONE, (n, p, w, s))
    if ceiled:
        yield "rounded down", Term(SIZE, (n, p, w, s)), "this layer rounds up (ceil_mode), not down"
    yield "without + 1", one, "the + 1 for the first window is missing"
    if ceiled:
        hanging = "the last window would start in the padding, so that it is left out"
        yield "rounded up", Term(SIZE_CEILED, (n, p, w, s)), hanging
    else:
        up = "only whole windows count, so that the division is rounded down, not up"
        yield "rounded up", Term(SIZE_CEILED, (n, p, w, s)), up
    if step.total:
        whole = SIZE_CEILED if ceiled else SIZE
        yield "padding once", Term(whole, (n, (step.once,), w, s)), "padding lies on both sides"
        bare = UNPADDED_CEILED if ceiled else UNPADDED
        yield "without padding", Term(bare, (n, w, s)), "the padding is missing"
    if s > 1:
        strided = f"the window moves {s} steps at a time, not one"
        yield "without stride", Term(UNSTRIDED, (n, p, w)), strided
    if step.d > 1:
        dilated = f"with dilation {step.d} the window covers {step.d}*({step.f} - 1) + 1 = {w}"
        yield "without dilation", Term(SIZE, (n, p, step.f, s)), dilated
    if s > 1:
        inside = "the + 1 comes after the division and the rounding, not before"
        yield "+ 1 before dividing", Term(ONE_INSIDE, (n, p, w, s)), inside
        edges = "dividing by the stride alone leaves out the window and the padding"
        yield "divided by the stride", Term(DIVIDED, (n, s)), edges
        yield "divided by the stride", Term(DIVIDED_UP, (n, s)), edges


def wrong_size(layer: Layer, name: str) -> Iterator[Mistake]:
    """Wrong ways to n_H or n_W of a layer."""
    axis = -2 if name == "n_H" else -1
    n, a = size_in(layer, name), layer.arguments
    step = window(layer, axis)
    if step and n is not None:
        yield from (Mistake(t.number, f"That is {t.text}: {why}.") for _, t, why in ways(step, n))
    if isinstance(a, TransposedArguments) and n is not None and -axis <= len(a.kernel):
        yield from _wrong_transposed(a, axis, n)
    if isinstance(a, AdaptiveArguments) and n is not None and -axis <= len(a.size) and a.size[axis]:
        asked = "the output size is what was asked for, whatever comes in"
        yield mistake(DIVIDED, (n, a.size[axis] or n), f"the size of one window; {asked}")
        yield plain(n, f"the size that comes in; {asked}")
    yield from _mixed_up(layer, name)
    if n is not None:
        yield plain(n, f"{name} of what comes in, before this layer")


def _wrong_transposed(a: TransposedArguments, axis: int, n: int) -> Iterator[Mistake]:
    f, s, p, q = a.kernel[axis], a.stride[axis], a.padding[axis], a.output_padding[axis]
    w = a.dilation[axis] * (f - 1) + 1
    bigger = "an ordinary convolution; a transposed one goes the other way and makes the map bigger"
    yield mistake(SIZE, (n, (2, p), w, s), bigger)
    if q:
        yield mistake(TRANSPOSED_PLAIN, (n, s, (2, p), w), f"the output padding of {q} is missing")
    if p:
        both = "padding is taken away on both sides"
        yield mistake(TRANSPOSED, (n, s, (p,), w, q), both)
        yield mistake(TRANSPOSED, (n, s, (0,), w, q), "a transposed convolution takes the padding away")
    between = f"between {n} elements there are {n - 1} steps"
    yield mistake(TRANSPOSED_ALL, (n, s, (2, p), w, q), between)
    yield mistake(UPSAMPLED, (n, s), "the window and the padding count too")


def wrong_channels(layer: Layer, name: str = "n_C") -> Iterator[Mistake]:
    """Wrong ways to n_C of a layer."""
    a, come_in = layer.arguments, size_in(layer, "n_C")
    if isinstance(a, ConvArguments | TransposedArguments):
        yield from _wrong_filters(a)
    elif isinstance(a, PoolArguments) and come_in is not None:
        alone = "pooling works on each channel alone and keeps their number"
        s = max(a.stride)
        if s > 1:
            yield mistake(DIVIDED, (come_in, s), alone)
        yield plain(1, f"one map for all channels; {alone}")
    elif isinstance(a, LinearArguments):
        n_in = layer.input_shapes[0][-1]
        yield plain(n_in, "how many values come in; each neuron makes one that goes out")
        yield mistake(PRODUCT, ((n_in, a.out_features),), "the weights, not the values that go out")
    elif layer.operation.rule == "concatenate":
        yield from _wrong_concatenation(layer)
    elif layer.operation.rule == "arithmetic" and len(layer.input_shapes) > 1:
        channels = tuple(shape[1] for shape in layer.input_shapes if len(shape) > 1)
        side = "as if the tensors were put side by side; this is done element by element, and keeps n_C"
        yield mistake(SUM, (channels,), side)
    elif layer.kind == "shape" and len(layer.output_shapes[0]) == 2 and len(layer.input_shapes[0]) > 2:
        yield from _wrong_flatten(layer)
    yield from _mixed_up(layer, name)


def _wrong_filters(a: ConvArguments | TransposedArguments) -> Iterator[Mistake]:
    each = "each filter makes one channel of the output"
    yield plain(a.in_channels, f"how many channels come in; {each}")
    sums = "a filter adds up over all the channels that it sees, so that it makes one map, not one for each"
    yield mistake(PRODUCT, ((a.in_channels, a.channels),), sums)
    if a.groups > 1:
        yield mistake(DIVIDED, (a.channels, a.groups), f"one of the {a.groups} groups")
    yield mistake(SUM, ((a.in_channels, a.channels),), f"the output does not keep its input; {each}")


def _wrong_concatenation(layer: Layer) -> Iterator[Mistake]:
    channels = tuple(shape[1] for shape in layer.input_shapes if len(shape) > 1)
    if len(set(channels)) == 1 and len(channels) > 1:
        yield plain(
            channels[0], "one input's n_C, as if they were added; concatenation puts all side by side"
        )
    for i, left_out in enumerate(channels):
        rest = channels[:i] + channels[i + 1 :]
        if rest:
            yield mistake(SUM, (rest,), f"an input with {numbered(left_out, 'channel')} is left out")
    yield plain(max(channels), "n_C of the largest input; concatenation puts all of them side by side")


def _wrong_flatten(layer: Layer) -> Iterator[Mistake]:
    sizes = layer.input_shapes[0][1:]
    shown = "*".join(str(n) for n in sizes)
    for i, forgotten in enumerate(sizes):
        rest = sizes[:i] + sizes[i + 1 :]
        yield mistake(PRODUCT, (rest,), f"flatten keeps every number, and a factor {forgotten} is missing")
    yield mistake(SUM, (sizes,), f"there are {shown} numbers, a product and not a sum")
    yield plain(sizes[0], "the number of channels; flatten keeps every number of every channel")


def _mixed_up(layer: Layer, name: str) -> Iterator[Mistake]:
    for other, what in SIZE_NAMES.items():
        value = getattr(layer, other)
        if other != name and value is not None:
            yield plain(value, f"{other}, {what}; {name} is {SIZE_NAMES[name]}")


def size_in(layer: Layer, name: str) -> int | None:
    """n_H, n_W or n_C of what comes in (first)."""
    if not layer.input_shapes:
        return None
    field = layer.fields[0] if layer.fields else None
    return named_sizes(layer.input_shapes[0], field)[list(SIZE_NAMES).index(name)]


def outputs_of(layer: Layer) -> int:
    """How many numbers one image's output has."""
    return prod(layer.output_shape)
