"""The story of a block: what its branches do and how they become one tensor, with the real shapes."""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.card.blocks import INPUT, Block, Branch, weight_layers
from cnnviz.card.latex import number_latex, shape_latex, sum_latex
from cnnviz.card.operations import activation_latex, arrow_words
from cnnviz.formulas import Shape
from cnnviz.trace import Trace

MOST_LINES = 6  # branches told one by one; a dense block of 48 layers tells the first and the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A block as a person tells it."""

    title: str  # "Identity block"
    latex: str  # the equation, with shapes
    text: str  # one or two sentences
    lines: tuple[str, ...] = ()  # one for each branch


def story_of(trace: Trace, block: Block) -> Story:
    """The story of a block of this trace."""
    return _STORIES[block.kind](trace, block)


def volume_text(shape: Shape) -> str:
    """`56 × 56 × 256`: height, width, channels of a shape that includes the batch."""
    return " × ".join(f"{n:,}" for n in _hwc(shape))


def _residual(trace: Trace, block: Block) -> Story:
    main, other = block.branches[block.main], block.branches[1 - block.main]
    before, after = _fork_shape(trace, block), trace.layers[block.join].output_shapes[0]
    k = f"[l+{block.depth}]"
    identity, projection = block.shortcut == "identity", block.shortcut == "projection"
    carried = {"identity": "a^{[l]}", "projection": r"W_s\,a^{[l]}", "padding": r"\mathrm{pad}(a^{[l]})"}
    total = f"{_under(f'z^{{{k}}}', main.shape)} + {_under(carried[block.shortcut], other.shape)}"
    act = trace.layers[block.activation] if block.activation is not None else None
    latex = f"{_under(f'a^{{{k}}}', after)} = " + (rf"g\Big({total}\Big)" if act else total)
    if act:
        latex += rf",\quad g = {activation_latex(act)}"
    if identity:
        title = "Residual block: identity block"
        text = (
            f"a[l] and z{k} have the same shape, {volume_text(after)}, so the shortcut carries a[l] as it "
            "is: no parameters, no multiplications."
        )
    elif projection:
        title = "Residual block: convolutional block"
        same = before[1:] == after[1:]
        why = (
            f"The shapes agree ({volume_text(after)}), and this network projects all the same."
            if same
            else f"a[l] is {volume_text(before)} and z{k} is {volume_text(main.shape)}: they cannot be added."
        )
        text = f"{why} {_projection_words(trace, other)}"
    else:
        title = "Residual block: shortcut padded with zeros"
        missing = after[1] - before[1]
        text = (
            f"a[l] is {volume_text(before)} and z{k} is {volume_text(main.shape)}: they cannot be added. "
            f"The shortcut keeps every {_stride(before, after)} and appends {missing:,} channels of zeros: "
            "no parameters."
        )
    if not act:
        text += " No activation follows the addition."
    return Story(title=title, latex=latex, text=text, lines=(f"z{k}: {_way(trace, main)}",))


def _projection_words(trace: Trace, branch: Branch) -> str:
    conv = next(
        layer for layer in (trace.layers[i] for i in branch.layers) if layer.rule.depth(layer.arguments)
    )
    stride = max(getattr(conv.arguments, "stride", (1,)))
    halves = f" and, with stride {stride}, n_H and n_W" if stride > 1 else ""
    _, channels, *_ = branch.shape
    return (
        f"The shortcut is a convolution W_s ({arrow_words(conv)}) that changes n_C to {channels:,}{halves}; "
        f"it has {conv.parameters:,} parameters."
    )


def _stride(before: Shape, after: Shape) -> str:
    if before[2:] == after[2:] or not after[2:]:
        return "pixel"
    step = before[2] // after[2]
    return "second pixel of every second line" if step == 2 else f"{step}th pixel of every {step}th line"


def _branched(trace: Trace, block: Block) -> Story:
    channels = [branch.shape[1] for branch in block.branches]
    after = trace.layers[block.join].output_shapes[0]
    latex = _added_up(channels)
    size = volume_text((1, 0, *after[2:])).rpartition(" × ")[0]
    same = f" All have n_H × n_W = {size};" if size else ""
    text = (
        f"{len(block.branches)} branches start from the same tensor ({_fork_text(trace, block)}) and stand "
        f"side by side along the channels.{same} their channels add up to {sum(channels):,}."
    )
    lines = [f"{_way(trace, branch)}: **{branch.shape[1]:,}** channels" for branch in block.branches]
    return Story(
        title=f"{len(block.branches)} branches, concatenated", latex=latex, text=text, lines=_few(lines)
    )


def _dense(trace: Trace, block: Block) -> Story:
    channels = [branch.shape[1] for branch in block.branches]
    added = channels[1:]
    latex = _added_up(channels)
    if not added:
        text = (
            f"The first layer of a dense block: it has just the block's input, {channels[0]:,} channels. "
            "Each layer appends its maps to all that came before."
        )
    else:
        each = f"{added[0]:,} each" if len(set(added)) == 1 else ", ".join(f"{n:,}" for n in added)
        layers = "one layer" if len(added) == 1 else f"{len(added)} layers"
        text = (
            f"Nothing is overwritten: the block's input with {channels[0]:,} channels, and the maps of "
            f"{layers} so far ({each}), which all later layers see."
        )
    lines = [f"the block's input: **{channels[0]:,}** channels"]
    total = channels[0]
    for number, branch in enumerate(block.branches[1:], start=1):
        total += branch.shape[1]
        lines.append(f"layer {number} appends {branch.shape[1]:,}: **{total:,}**")
    return Story(title="Dense block: the concatenation grows", latex=latex, text=text, lines=_few(lines))


def _skip(trace: Trace, block: Block) -> Story:
    channels = [branch.shape[1] for branch in block.branches]
    latex = _added_up(channels)
    text = (
        f"A skip connection: {_fork_text(trace, block)} goes past the layers in between and is joined, "
        "unchanged, to what they make."
    )
    lines = [f"{_way(trace, branch)}: **{branch.shape[1]:,}** channels" for branch in block.branches]
    return Story(title="Skip connection, concatenated", latex=latex, text=text, lines=_few(lines))


def _gate(trace: Trace, block: Block) -> Story:
    main, other = block.branches[block.main], block.branches[1 - block.main]
    latex = f"{_under('y', other.shape)} = {_under('x', other.shape)} \\odot {_under('s', main.shape)}"
    text = (
        f"A gate: from x itself one factor s for each of {main.shape[1]:,} channels is worked out, "
        "and the whole channel is multiplied by it."
    )
    return Story(title="Gate", latex=latex, text=text, lines=(f"s: {_way(trace, main)}",))


def _sum(trace: Trace, block: Block) -> Story:
    terms = " + ".join(_under(f"x_{i}", b.shape) for i, b in enumerate(block.branches, start=1))
    lines = tuple(f"x{i}: {_way(trace, branch)}" for i, branch in enumerate(block.branches, start=1))
    text = f"Branches that start from the same tensor ({_fork_text(trace, block)}) are added up."
    return Story(title="Branches, added", latex=f"y = {terms}", text=text, lines=lines)


_STORIES = {
    "residual": _residual,
    "branches": _branched,
    "dense": _dense,
    "skip": _skip,
    "gate": _gate,
    "sum": _sum,
}


def _way(trace: Trace, branch: Branch) -> str:
    """`conv 1×1 → conv 3×3`: what a branch does, activations and norms left out."""
    steps = [arrow_words(layer) for layer in weight_layers(trace, branch)]
    if steps:
        return " → ".join(steps)
    return " → ".join(arrow_words(trace.layers[i]) for i in branch.layers) or "as it is"


def _added_up(channels: list[int]) -> str:
    total = number_latex(sum(channels))
    return f"n_C = {sum_latex(channels)} = {total}" if len(channels) > 1 else f"n_C = {total}"


def _few(lines: list[str]) -> tuple[str, ...]:
    if len(lines) <= MOST_LINES:
        return tuple(lines)
    left_out = len(lines) - MOST_LINES + 1
    return (*lines[: MOST_LINES - 2], f"… {left_out} more …", lines[-1])


def _fork_shape(trace: Trace, block: Block) -> Shape:
    if block.fork == INPUT:
        return (1, *trace.input_shapes[0])
    return trace.layers[block.fork].output_shapes[0]


def _fork_text(trace: Trace, block: Block) -> str:
    return volume_text(_fork_shape(trace, block))


def _hwc(shape: Shape) -> tuple[int, ...]:
    rest = shape[1:]
    return (*rest[1:], rest[0]) if len(rest) > 1 else rest


def _under(symbol: str, shape: Shape) -> str:
    return rf"\underbrace{{{symbol}}}_{{{shape_latex(_hwc(shape))}}}"
