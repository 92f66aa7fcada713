"""What a layer is part of: residual blocks, branches side by side, dense blocks, gates.

Recognised from the dataflow alone, so that a model of one's own is read as well as the catalogue's: where
branches meet, the fork is the last tensor that everything there is made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cnnviz.formulas import Shape
from cnnviz.layer import Layer
from cnnviz.trace import Trace

NEARBY = 12  # how many joins after a layer are looked at for the one that it leads to
INPUT = -1  # stands for the network's input where a layer's index is expected

Kind = Literal["residual", "gate", "sum", "branches", "dense", "skip"]
Shortcut = Literal["identity", "projection", "padding", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One way from the fork to the join; `layers` are in order, () for the fork's own tensor."""

    layers: tuple[int, ...]
    shape: Shape  # of what arrives at the join, the batch included
    last: int  # the layer whose output arrives


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Branches that leave one tensor and meet again."""

    kind: Kind
    fork: int  # the layer whose output every branch starts from; INPUT for the network's input
    join: int  # where they meet
    branches: tuple[Branch, ...]  # in the order of the join's operands
    main: int = 0  # residual, gate: which branch does the work
    shortcut: Shortcut = ""  # residual: how the other one gets the shape
    depth: int = 0  # residual: weight layers in a row on the main branch
    activation: int | None = None  # residual: the activation right after the addition

    @property
    def layers(self) -> frozenset[int]:
        """Everything between fork and join, the join included."""
        return frozenset(i for branch in self.branches for i in branch.layers) | {self.join}


def block_at(trace: Trace, index: int) -> Block | None:
    """The block whose branches meet in this layer; None where none do."""
    # Every layer of a block asks for it. Kept beside what the trace has worked out, it goes with the trace.
    known: dict[int, Block | None] = vars(trace).setdefault("_blocks", {})
    if index not in known:
        known[index] = _block(trace, index)
    return known[index]


def _block(trace: Trace, index: int) -> Block | None:
    layer = trace.layers[index]
    if layer.operation.rule == "concatenate":
        return _concatenation(trace, index)
    if layer.op in ("add", "mul") and layer.operation.rule == "arithmetic":
        return _arithmetic(trace, index)
    return None


def block_around(trace: Trace, index: int) -> Block | None:
    """The innermost block that this layer lies in, with what it ends in; None where it lies in none."""
    own = block_at(trace, index)
    if own:
        return own
    seen = 0
    for layer in trace.layers[index + 1 :]:
        if layer.kind != "join":
            continue
        block = block_at(trace, layer.index)
        if block and index in block.layers:
            return block
        seen += 1
        if seen > NEARBY:
            break
    return _ended_by(trace, index)


def _ended_by(trace: Trace, index: int) -> Block | None:
    """The residual block whose last activation this layer is."""
    before = trace.layers[index].inputs
    block = block_at(trace, before[0]) if len(before) == 1 else None
    return block if block and block.activation == index else None


def sources(trace: Trace, index: int) -> tuple[int, ...]:
    """Where each operand of a layer comes from: layers, or INPUT; constants are left out."""
    made, operation = trace.program.producers, trace.program.operations[index]
    return tuple(made[tensor] for tensor in operation.inputs if tensor >= 0)


def readers(trace: Trace, index: int) -> tuple[int, ...]:
    """The layers that read this layer's output, in order."""
    return tuple(dict.fromkeys(to for source, to in trace.edges if source == index))


def fork_of(trace: Trace, index: int) -> int:
    """The last layer (or input) that every way to this one leads through."""
    waiting = set(sources(trace, index))
    while len(waiting) > 1:
        newest = max(waiting)
        if newest < 0:
            break  # several inputs of the network meet here
        waiting.remove(newest)
        waiting.update(sources(trace, newest))
    return next(iter(waiting), INPUT)


def _branches(trace: Trace, index: int, fork: int) -> tuple[Branch, ...]:
    made = trace.program.producers
    operands = zip(trace.program.operations[index].inputs, trace.layers[index].input_shapes, strict=True)
    return tuple(
        Branch(layers=_between(trace, fork, made[tensor]), shape=shape, last=made[tensor])
        for tensor, shape in operands
        if tensor >= 0
    )


def _between(trace: Trace, fork: int, last: int) -> tuple[int, ...]:
    """Every layer on a way from the fork to `last`, the latter included."""
    found: set[int] = set()
    waiting = {last}
    while waiting:
        newest = waiting.pop()
        if newest > fork:
            found.add(newest)
            waiting.update(sources(trace, newest))
    return tuple(sorted(found))


def _arithmetic(trace: Trace, index: int) -> Block | None:
    fork = fork_of(trace, index)
    branches = _branches(trace, index, fork)
    if len(branches) != 2 or branches[0].last == branches[1].last:
        return None
    depths = [_depth(trace, branch) for branch in branches]
    main = 0 if len(branches[0].layers) >= len(branches[1].layers) else 1
    other = branches[1 - main]
    if trace.layers[index].op == "mul":
        gated = not other.layers and branches[0].shape != branches[1].shape
        return Block(kind="gate", fork=fork, join=index, branches=branches, main=main) if gated else None
    shortcut = _shortcut(trace, other)
    if not shortcut or not depths[main]:
        return Block(kind="sum", fork=fork, join=index, branches=branches)
    after = readers(trace, index)
    acts = len(after) == 1 and trace.layers[after[0]].kind == "act"
    return Block(
        kind="residual",
        fork=fork,
        join=index,
        branches=branches,
        main=main,
        shortcut=shortcut,
        depth=depths[main],
        activation=after[0] if acts else None,
    )


def _shortcut(trace: Trace, branch: Branch) -> Shortcut:
    """How a branch that does next to nothing gets its shape; "" for one that does more."""
    layers = [trace.layers[i] for i in branch.layers]
    if not layers:
        return "identity"
    if any(layer.kind == "act" for layer in layers):
        return ""
    weighty = [layer for layer in layers if layer.rule.depth(layer.arguments)]
    if len(weighty) == 1 and all(layer.kind in ("conv", "norm", "pool") for layer in layers):
        return "projection"
    plain = all(layer.kind in ("pool", "shape") for layer in layers)
    return "padding" if plain and not weighty else ""


def _depth(trace: Trace, branch: Branch) -> int:
    """Layers with weights on the longest way through a branch."""
    deep: dict[int, int] = {}
    for i in branch.layers:
        layer = trace.layers[i]
        before = max((deep.get(source, 0) for source in sources(trace, i)), default=0)
        deep[i] = before + layer.rule.depth(layer.arguments)
    return max(deep.values(), default=0)


def _concatenation(trace: Trace, index: int) -> Block | None:
    layer = trace.layers[index]
    if layer.arguments.axis % len(layer.output_shapes[0]) != 1:
        return None
    pieces = _grown(trace, index)
    if pieces:
        return Block(kind="dense", fork=pieces[0].last, join=index, branches=pieces)
    fork = fork_of(trace, index)
    branches = _branches(trace, index, fork)
    if len(branches) < 2:
        return None
    kind: Kind = "skip" if any(not branch.layers for branch in branches) else "branches"
    return Block(kind=kind, fork=fork, join=index, branches=branches)


def _grown(trace: Trace, index: int) -> tuple[Branch, ...]:
    """The pieces of a concatenation that grows: each after the first is made from all before it.

    () for any other concatenation. The first piece is what the dense block was given.
    """
    inputs = sources(trace, index)
    shapes = trace.layers[index].input_shapes
    if len(inputs) == 1:  # the first layer of a dense block joins just its input
        follows = any(_made_from(trace, new, inputs) for new in _later_pieces(trace, index, inputs))
        return (Branch(layers=(), shape=shapes[0], last=inputs[0]),) if follows else ()
    if len(inputs) == 2 and inputs[0] >= 0:  # x with what was made from x: x itself may have grown so
        earlier = trace.layers[inputs[0]].operation.rule == "concatenate" and _grown(trace, inputs[0])
        if earlier and _chain_to(trace, inputs[1], inputs[0]):
            chain = _between(trace, inputs[0], inputs[1])
            return (*earlier, Branch(layers=chain, shape=shapes[1], last=inputs[1]))
    pieces = [Branch(layers=(), shape=shapes[0], last=inputs[0])]
    for number, new in enumerate(inputs[1:], start=1):
        if not _made_from(trace, new, inputs[:number]):
            return ()
        pieces.append(Branch(layers=_own(trace, new), shape=shapes[number], last=new))
    return tuple(pieces)


def _later_pieces(trace: Trace, index: int, inputs: tuple[int, ...]) -> Iterator[int]:
    """Second operands of the concatenations that start with the same tensor."""
    for reader in readers(trace, inputs[0]):
        later = sources(trace, reader)
        if reader > index and trace.layers[reader].operation.rule == "concatenate" and len(later) > 1:
            yield later[1]


def _own(trace: Trace, last: int) -> tuple[int, ...]:
    """The layers that make one piece, from its own concatenation on."""
    return tuple(reversed(list(_chain(trace, last))))


def _chain(trace: Trace, last: int) -> Iterator[int]:
    """A layer and those before it as long as each reads one tensor; ends with a concatenation."""
    while last >= 0:
        yield last
        before = sources(trace, last)
        if len(before) != 1 or trace.layers[last].operation.rule == "concatenate":
            return
        last = before[0]


def _chain_to(trace: Trace, last: int, start: int) -> bool:
    """Whether a plain chain that keeps height and width leads from `start` to `last`."""
    before = last
    for i in _chain(trace, last):
        if i == start:
            return before != last or last != start
        if trace.layers[i].output_shapes[0][2:] != trace.layers[last].output_shapes[0][2:]:
            return False
        before = i
    return start == INPUT or sources(trace, before) == (start,)


def _made_from(trace: Trace, new: int, pieces: tuple[int, ...]) -> bool:
    """Whether a plain chain makes this tensor of just these pieces, joined, and keeps height and width."""
    if new < 0:
        return False
    if len(pieces) == 1 and _chain_to(trace, new, pieces[0]):
        return True
    *_, first = _chain(trace, new)
    size = trace.layers[new].output_shapes[0][2:]
    keeps = all(trace.layers[i].output_shapes[0][2:] == size for i in _chain(trace, new))
    joins = trace.layers[first].operation.rule == "concatenate" and first != new
    return keeps and joins and sources(trace, first) == pieces


def weight_layers(trace: Trace, branch: Branch) -> tuple[Layer, ...]:
    """The layers of a branch that a figure would show: those with weights, and pools."""
    shown = (trace.layers[i] for i in branch.layers)
    return tuple(layer for layer in shown if layer.kind in ("conv", "linear", "pool"))
