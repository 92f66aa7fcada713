"""The block graph: a trace's operations grouped by module, folded, and written as DOT.

Nodes are operations or closed groups; edges are the real dataflow. Ids are `node:<layer index>` and
`block:<module path>`, classes the kinds of operation: a page styles and clicks by them.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnviz.errors import ExportError
from cnnviz.formulas import size_text
from cnnviz.layer import Layer
from cnnviz.tables import output_text
from cnnviz.trace import Trace

if TYPE_CHECKING:
    import graphviz

MOST_NODES, MOST_EDGES = 64, 140  # what a default view may show; layouts of dense graphs never end
LIMIT_EDGES = 1200  # what any view may hand to a layout

# Fill and outline of each kind: Okabe and Ito's colour-blind safe hues, lightened under dark text.
COLOURS = {
    "conv": ("#cfe3f5", "#0072b2"),
    "linear": ("#ffe1b8", "#c27400"),
    "pool": ("#cdeee3", "#007a5a"),
    "norm": ("#eeeeee", "#6b6b6b"),
    "act": ("#fbf3b5", "#8a7d00"),
    "join": ("#f3d3e6", "#a3457a"),
    "shape": ("#f4f4f4", "#8a8a8a"),
    "other": ("#f4f4f4", "#8a8a8a"),
    "input": ("#ffffff", "#333333"),
    "block": ("#e4e9f2", "#46577a"),
}


@dataclass(slots=True)
class Group:
    """A module of the hierarchy with what ran inside it, in order."""

    path: str  # scope: module path with call marks
    members: list[Group | int] = field(default_factory=list)  # groups and layer indexes
    level: int = 0

    @property
    def label(self) -> str:
        return self.path.rpartition(".")[2]

    def layers(self) -> Iterator[int]:
        """Indexes of all layers inside, in order."""
        for member in self.members:
            if isinstance(member, Group):
                yield from member.layers()
            else:
                yield member


def groups(trace: Trace) -> Group:
    """The module hierarchy of a trace; leaf modules are layers, not groups."""
    scopes = [layer.operation.scope for layer in trace.layers]
    inner = {scope.rpartition(".")[0] for scope in scopes} | {""}
    often: dict[str, int] = {}
    for scope in scopes:
        often[scope] = often.get(scope, 0) + 1
    root = Group("")
    open_groups = {"": root}
    for index, scope in enumerate(scopes):
        home = scope if scope in inner or often[scope] > 1 else scope.rpartition(".")[0]
        _open(home, open_groups).members.append(index)
    return root


def _open(path: str, known: dict[str, Group]) -> Group:
    if path in known:
        return known[path]
    parent = _open(path.rpartition(".")[0], known)
    group = known[path] = Group(path, level=parent.level + 1)
    parent.members.append(group)
    return group


@dataclass(frozen=True, slots=True)
class Box:
    """What is drawn as one node: a layer, a closed group, or a run of equal groups."""

    id: str
    layers: tuple[int, ...]
    groups: tuple[Group, ...] = ()


def dot(
    trace: Trace,
    *,
    level: int | None = None,
    opened: Collection[str] = (),
    closed: Collection[str] = (),
    fold: bool = True,
) -> str:
    """The graph as DOT.

    Args:
        level: open groups down to this depth; None: as deep as stays readable.
        opened: groups, by scope, that are open whatever the level.
        closed: groups that are closed whatever the level.
        fold: draw a run of equal consecutive groups as one box "x N".

    Raises ExportError where the graph would have so many edges that no layout ends.

    """
    root = groups(trace)
    if level is None:
        level = readable_level(trace, root, opened=opened, closed=closed, fold=fold)
    drawing = _Drawing(trace, level, frozenset(opened), frozenset(closed), fold)
    text = drawing.text(root)
    if drawing.edge_count > LIMIT_EDGES:
        raise ExportError(
            f"the graph of {trace.model} opened to level {level} has {drawing.edge_count:,} edges, more than "
            f"any layout can draw ({LIMIT_EDGES:,}): close some blocks or choose a lower level"
        )
    return text


def readable_level(
    trace: Trace,
    root: Group,
    *,
    opened: Collection[str] = (),
    closed: Collection[str] = (),
    fold: bool = True,
) -> int:
    """The deepest level at which the graph is still small enough to read and to lay out."""
    deepest = _depth(root)
    for level in range(deepest, 0, -1):
        drawing = _Drawing(trace, level, frozenset(opened), frozenset(closed), fold)
        drawing.text(root)
        if len(drawing.boxes) <= MOST_NODES and drawing.edge_count <= MOST_EDGES:
            return level
    return 0


def graph_source(trace: Trace, **folding: Any) -> graphviz.Source:
    """The graph for a notebook or `graphviz` to draw."""
    import graphviz

    return graphviz.Source(dot(trace, **folding))


def write_graph(trace: Trace, path: Path, **folding: Any) -> None:
    """Write the graph as .dot, .svg, .png or .pdf. Raises ExportError where that cannot be done."""
    kind = path.suffix.lower().lstrip(".")
    if kind not in ("dot", "gv", "svg", "png", "pdf"):
        raise ExportError(f"cannot write {path.name}: the file must end in .dot, .svg, .png or .pdf")
    text = dot(trace, **folding)
    try:
        if kind in ("dot", "gv"):
            path.write_text(text + "\n", encoding="utf-8")
            return
        if shutil.which("dot") is None:
            raise ExportError(
                f"drawing a .{kind} needs Graphviz, whose program `dot` is not on this machine: install it "
                "(apt install graphviz, brew install graphviz, winget install graphviz), or write a .dot file"
            )
        import graphviz

        path.write_bytes(graphviz.Source(text).pipe(format=kind))
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror or error}") from None


class _Drawing:
    """One view of a trace's graph, being written."""

    def __init__(
        self, trace: Trace, level: int, opened: frozenset[str], closed: frozenset[str], fold: bool
    ) -> None:
        self.trace, self.level, self.fold = trace, level, fold
        self.opened, self.closed = opened, closed
        self.boxes: list[Box] = []
        self.box_of: dict[int, str] = {}
        self.edge_count = 0
        self.signature = cache(self._signature)

    def text(self, root: Group) -> str:
        lines = [
            f"digraph {_quoted(self.trace.model)} {{",
            'graph [rankdir=TB, bgcolor="transparent", nodesep=0.25, ranksep=0.3, fontname="Helvetica", '
            'fontsize=11, fontcolor="#46577a", color="#b9c3d3", labeljust=l]',
            'node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11, margin="0.12,0.06", '
            'fontcolor="#16202e"]',
            'edge [color="#7a8699", arrowsize=0.6]',
            *self._inputs(),
            *self._members(root),
            *self._edges(),
            "}",
        ]
        return "\n".join(lines)

    def _inputs(self) -> Iterator[str]:
        for number, shape in enumerate(self.trace._input_shapes):
            channels, *sizes = shape[1:]
            label = f"input\\n{size_text((*sizes, channels))}"
            yield self._node(f"input:{number}", label, "input")

    def _members(self, group: Group) -> Iterator[str]:
        run: list[Group] = []
        for member in group.members:
            if isinstance(member, Group):
                if run and not (self.fold and self._same(run[0], member)):
                    yield from self._run(run)
                    run = []
                run.append(member)
                continue
            yield from self._run(run)
            run = []
            yield self._layer(member)
        yield from self._run(run)

    def _run(self, run: list[Group]) -> Iterator[str]:
        """Equal consecutive groups as one box, unless one of them is to be open."""
        wanted = [group for group in run if group.path in self.opened]
        if len(run) > 1 and not wanted:
            yield self._closed(tuple(run))
            return
        for group in run:
            yield from self._group(group)

    def _group(self, group: Group) -> Iterator[str]:
        is_open = group.path in self.opened or (group.level <= self.level and group.path not in self.closed)
        if not is_open:
            yield self._closed((group,))
            return
        yield f"subgraph {_quoted('cluster_' + group.path)} {{"
        yield f'id={_quoted("block:" + group.path)}; label={_quoted(group.label)}; style="rounded"'
        yield from self._members(group)
        yield "}"

    def _closed(self, run: tuple[Group, ...]) -> str:
        layers = [self.trace.layers[i] for group in run for i in group.layers()]
        name = run[0].label if len(run) == 1 else f"{run[0].label} ... {run[-1].label}  x {len(run)}"
        costs = [f"{n:,} {what}" for n, what in self._costs(layers) if n]
        label = "\\n".join([name, output_text(layers[-1]), *costs])
        prefix = "block:" if len(run) == 1 else "fold:"
        self._add(Box(prefix + run[0].path, tuple(layer.index for layer in layers), run))
        return self._node(prefix + run[0].path, label, "block", peripheries=2 if len(run) > 1 else 1)

    def _costs(self, layers: list[Layer]) -> list[tuple[int, str]]:
        return [
            (sum(layer.parameters for layer in layers), "parameters"),
            (sum(layer.macs for layer in layers), "MACs"),
        ]

    def _layer(self, index: int) -> str:
        layer = self.trace.layers[index]
        name = layer.operation.scope.rpartition(".")[2].partition("#")[0]
        own = layer.operation.scope and not self._is_group(layer)
        first = f"{name}: {_what(layer)}" if own else _what(layer)
        self._add(Box(f"node:{index}", (index,)))
        return self._node(f"node:{index}", f"{first}\\n{output_text(layer)}", layer.kind)

    def _is_group(self, layer: Layer) -> bool:
        return layer.module not in ("", self.trace.model) and not layer.operation.scope.endswith(layer.name)

    def _add(self, box: Box) -> None:
        self.boxes.append(box)
        self.box_of.update(dict.fromkeys(box.layers, box.id))

    def _node(self, id_: str, label: str, kind: str, peripheries: int = 1) -> str:
        fill, line = COLOURS[kind]
        double = ", peripheries=2" if peripheries > 1 else ""
        label = label.replace('"', '\\"')
        return (
            f'{_quoted(id_)} [id={_quoted(id_)}, class="{kind}", label="{label}", fillcolor="{fill}", '
            f'color="{line}"{double}]'
        )

    def _edges(self) -> Iterator[str]:
        drawn: dict[tuple[str, str], None] = {}
        for source, target in self.trace.edges:
            a = self.box_of[source] if source >= 0 else f"input:{-1 - source}"
            b = self.box_of[target]
            if a != b:
                drawn[a, b] = None
        self.edge_count = len(drawn)
        for a, b in drawn:
            yield f"{_quoted(a)} -> {_quoted(b)}"

    def _same(self, a: Group, b: Group) -> bool:
        """Whether two groups do the same on tensors of the same size."""
        return self.signature(tuple(a.layers()), a.path) == self.signature(tuple(b.layers()), b.path)

    def _signature(self, indexes: tuple[int, ...], path: str) -> tuple[Any, ...]:
        layers = [self.trace.layers[i] for i in indexes]
        first = indexes[0]
        return tuple(
            (
                layer.operation.scope.removeprefix(path),
                layer.op,
                layer.arguments,
                layer.output_shapes,
                tuple(i - first if i >= first else "outside" for i in layer.inputs),
            )
            for layer in layers
        )


def _what(layer: Layer) -> str:
    """`conv 3x3 / 2`, `max pool 3x3 / 2`, `add`."""
    names = {"conv1d": "conv", "conv2d": "conv", "conv3d": "conv", "batch_norm": "batch norm"}
    name = names.get(
        layer.op, layer.op.replace("_", " ").removesuffix("1d").removesuffix("2d").removesuffix("3d")
    )
    kernel = getattr(layer.arguments, "kernel", None)
    if not kernel:
        return name
    stride = layer.arguments.stride
    step = f" / {size_text(stride) if len(set(stride)) > 1 else stride[0]}" if max(stride) > 1 else ""
    groups_ = getattr(layer.arguments, "groups", 1)
    apart = f", {groups_} groups" if groups_ > 1 else ""
    return f"{name} {size_text(kernel)}{step}{apart}"


def _depth(group: Group) -> int:
    return max((_depth(m) for m in group.members if isinstance(m, Group)), default=group.level)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
