"""Wrong ways to the receptive field and to the bytes of a layer's output, the most likely first."""

from __future__ import annotations

from collections.abc import Iterator

from cnnviz.exercises.mistake import Mistake, mistake, numbered, plain
from cnnviz.exercises.windows import Window, window
from cnnviz.exercises.wrong_parameters import TIMES
from cnnviz.exercises.wrong_sizes import PRODUCT, SUM, outputs_of
from cnnviz.formulas import Formula, Term
from cnnviz.formulas.receptive_field import FIELD_SIZE
from cnnviz.layer import Layer

GROWN_ALONE = Formula("r + (f - 1)")
GROWN_WHOLE = Formula("r + f*j")
GROWN_WHOLE_ALONE = Formula("r + f")
GROWN_LATE = Formula("r + (f - 1)*(j*s)")
BYTES = Formula("n * b", products="n")


def field_ways(step: Window, r: int, j: int) -> Iterator[tuple[str, Term, str]]:
    """Each wrong way to let the field grow: a short name, the arithmetic, what went wrong."""
    f, s = step.w, step.s
    apart = f"neighbours are {numbered(j, 'input pixel')} apart here (the jump before this layer)"
    yield "without the jump", Term(GROWN_ALONE, (r, f)), apart
    if s > 1:
        earlier = f"this layer's own stride counts only for the layers after it; {apart}"
        yield "with this layer's stride", Term(FIELD_SIZE, (r, f, s)), earlier
        late = "the jump before this layer counts, not the one after it"
        yield "with the jump after the layer", Term(GROWN_LATE, (r, f, j, s)), late
    first = "a window of f adds f - 1 steps, because its first element is there already"
    yield "with f instead of f - 1", Term(GROWN_WHOLE, (r, f, j)), first
    yield "with f alone", Term(GROWN_WHOLE_ALONE, (r, f)), f"{first}; {apart}"
    if step.d > 1:
        covers = f"with dilation {step.d} the window covers {step.d}*({step.f} - 1) + 1 = {step.w}"
        yield "without dilation", Term(FIELD_SIZE, (r, step.f, j)), covers


def wrong_field(layer: Layer) -> Iterator[Mistake]:
    """Wrong ways to the receptive field of a layer."""
    before = layer.fields[0] if layer.fields else None
    for reach in before or ():
        step = window(layer, reach.axis) if reach.axis is not None else None
        if step and isinstance(reach.jump, int):
            ways = field_ways(step, reach.size, reach.jump)
            yield from (Mistake(t.number, f"That is {t.text}: {why}.") for _, t, why in ways)
        if step:
            yield plain(step.f, "this layer's own window; the layers before it have seen more already")
            yield plain(reach.size, "the field before this layer, and the window makes it larger")
        else:
            yield plain(reach.size, "the field before this layer")
    for jump in layer.jump or ():
        if isinstance(jump, int):
            yield plain(jump, "the jump: how far neighbours are apart, not how much one of them sees")
    if layer.n_H is not None:
        yield plain(layer.n_H, "n_H of the output; the field is measured in pixels of the network's input")


def wrong_bytes(layer: Layer) -> Iterator[Mistake]:
    """Wrong ways to the bytes of what a layer makes, for the whole batch."""
    size, batch = layer.operation.itemsize, layer.output_shapes[0][0] if layer.output_shapes[0] else 1
    shape = layer.output_shape if batch == 1 else layer.output_shapes[0]
    if layer.operation.in_place:
        yield mistake(BYTES, (shape, size), "it is done in place, and written over the input")
    elif layer.operation.alias:
        yield mistake(BYTES, (shape, size), "the output is a view, and shares the memory of its input")
    takes = f"each of them takes {size} bytes" if size > 1 else "each of them takes one byte"
    yield mistake(PRODUCT, (shape,), f"how many numbers there are, and {takes}")
    yield mistake(BYTES, (shape, 8 * size), "in bits, and a byte has 8")
    for other in (width for width in (8, 2, 1, 4) if width != size):
        yield mistake(BYTES, (shape, other), f"a number takes {size} bytes here, not {other}")
    if batch > 1:
        yield mistake(BYTES, (layer.output_shape, size), f"one image, and the batch has {batch}")
    if layer.input_shapes:
        came = layer.input_shapes[0] if batch > 1 else layer.input_shapes[0][1:]
        yield mistake(BYTES, (came, size), "the input; what the layer makes is asked")
    if layer.parameters:
        yield mistake(TIMES, (size, (layer.parameters,)), "the parameters; the output is asked")
    if layer.n_C and len(layer.output_shape) > 1:
        one = tuple(n for n in (layer.n_H, layer.n_W) if n is not None)
        yield mistake(BYTES, (one, size), f"one channel, and there are {layer.n_C:,}")
    if layer.inputs and layer.input_shapes:
        both = (outputs_of(layer) * size, _elements(layer.input_shapes[0][1:]) * size)
        yield mistake(SUM, (both,), "the output and the input; only the output is new")


def _elements(shape: tuple[int, ...]) -> int:
    return PRODUCT(shape)
