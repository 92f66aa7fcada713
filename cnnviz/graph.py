"""The block graph: a trace's operations grouped by module, folded, and written as DOT.

Nodes are operations or closed groups; edges are the real dataflow. Ids are `node:<layer index>` and
`block:<module path>`, classes the kinds of operation: a page styles and clicks by them.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
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
    module: str = ""  # the name of a leaf module; "" for what a module's own forward does


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
    view = view_of(trace, level=level, opened=opened, closed=closed, fold=fold)
    if len(view.edges) > LIMIT_EDGES:
        raise ExportError(
            f"the graph of {trace.model} opened to level {view.level} has {len(view.edges):,} edges, more "
            f"than any layout can draw ({LIMIT_EDGES:,}): close some blocks or choose a lower level"
        )
    return "\n".join(_text(trace, view))


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn of a trace: boxes, the groups that stand open around them, and edges between boxes."""

    level: int
    items: tuple[Box | Group | None, ...]  # boxes in order; a group opens, None closes the last one open
    edges: tuple[tuple[str, str], ...]

    @property
    def boxes(self) -> tuple[Box, ...]:
        return tuple(item for item in self.items if isinstance(item, Box))


def view_of(
    trace: Trace,
    *,
    level: int | None = None,
    opened: Collection[str] = (),
    closed: Collection[str] = (),
    fold: bool = True,
) -> View:
    """The view at this level; with None at the deepest level that is small enough to read and to lay out."""
    root = groups(trace)
    signatures: dict[str, object] = {}
    for depth in range(_depth(root) if level is None else level, -1, -1):
        chooser = _Chooser(trace, depth, frozenset(opened), frozenset(closed), fold, signatures)
        view = chooser.view(root)
        if level is not None or (len(view.boxes) <= MOST_NODES and len(view.edges) <= MOST_EDGES):
            break
    return view


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


class _Chooser:
    """Decides what one view shows: which groups stand open, which are boxes, which runs are folded."""

    def __init__(
        self,
        trace: Trace,
        level: int,
        opened: frozenset[str],
        closed: frozenset[str],
        fold: bool,
        signatures: dict[str, object],
    ) -> None:
        self.trace, self.level, self.fold, self.signatures = trace, level, fold, signatures
        self.opened, self.closed = opened, closed
        self.items: list[Box | Group | None] = []

    def view(self, root: Group) -> View:
        self._members(root)
        box_of = {i: item.id for item in self.items if isinstance(item, Box) for i in item.layers}
        box_of.update({-1 - number: f"input:{number}" for number in range(len(self.trace.program.inputs))})
        pairs = ((box_of[a], box_of[b]) for a, b in self.trace.edges)
        edges = dict.fromkeys((a, b) for a, b in pairs if a != b)
        return View(self.level, tuple(self.items), tuple(edges))

    def _members(self, group: Group) -> None:
        run: list[Group] = []
        for member in group.members:
            if isinstance(member, Group):
                if run and not (self.fold and self._signature(run[0]) == self._signature(member)):
                    self._run(run)
                    run = []
                run.append(member)
                continue
            self._run(run)
            run = []
            scope = self.trace.program.operations[member].scope
            leaf = scope.rpartition(".")[2].partition("#")[0] if scope != group.path else ""
            self.items.append(Box(f"node:{member}", (member,), module=leaf))
        self._run(run)

    def _run(self, run: list[Group]) -> None:
        """Equal consecutive groups as one box, unless one of them is to be open."""
        if len(run) > 1 and not any(group.path in self.opened for group in run):
            layers = tuple(i for group in run for i in group.layers())
            self.items.append(Box(f"fold:{run[0].path}", layers, tuple(run)))
            return
        for group in run:
            is_open = group.level <= self.level and group.path not in self.closed
            if is_open or group.path in self.opened:
                self.items.append(group)
                self._members(group)
                self.items.append(None)
            else:
                self.items.append(Box(f"block:{group.path}", tuple(group.layers()), (group,)))

    def _signature(self, group: Group) -> object:
        """What a group does, and on tensors of which size: equal for equal groups."""
        known = self.signatures.get(group.path)
        if known is None:
            indexes = tuple(group.layers())
            first = indexes[0]
            layers = [self.trace.layers[i] for i in indexes]
            known = self.signatures[group.path] = tuple(
                (
                    layer.operation.scope.removeprefix(group.path),
                    layer.op,
                    layer.arguments,
                    layer.output_shapes,
                    tuple(i - first if i >= first else "outside" for i in layer.inputs),
                )
                for layer in layers
            )
        return known


def _text(trace: Trace, view: View) -> Iterator[str]:
    yield f"digraph {_quoted(trace.model)} {{"
    yield (
        'graph [rankdir=TB, bgcolor="transparent", nodesep=0.25, ranksep=0.3, fontname="Helvetica", '
        'fontsize=11, fontcolor="#46577a", color="#b9c3d3", labeljust=l]'
    )
    yield (
        'node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11, margin="0.12,0.06", '
        'fontcolor="#16202e"]'
    )
    yield 'edge [color="#7a8699", arrowsize=0.6]'
    for number, shape in enumerate(trace.input_shapes):
        channels, *sizes = shape
        yield _node(f"input:{number}", f"input\\n{size_text((*sizes, channels))}", "input")
    for item in view.items:
        if item is None:
            yield "}"
        elif isinstance(item, Group):
            yield f"subgraph {_quoted('cluster_' + item.path)} {{"
            yield f'id={_quoted("block:" + item.path)}; label={_quoted(item.label)}; style="rounded"'
        else:
            yield _box(trace, item)
    for a, b in view.edges:
        yield f"{_quoted(a)} -> {_quoted(b)}"
    yield "}"


def _box(trace: Trace, box: Box) -> str:
    layers = [trace.layers[i] for i in box.layers]
    if not box.groups:
        (layer,) = layers
        first = f"{box.module}: {_what(layer)}" if box.module else _what(layer)
        return _node(box.id, f"{_escaped(first)}\\n{output_text(layer)}", layer.kind)
    first, last = box.groups[0].label, box.groups[-1].label
    name = first if len(box.groups) == 1 else f"{first} ... {last}  x {len(box.groups)}"
    parameters, macs = sum(la.parameters for la in layers), sum(la.macs for la in layers)
    costs = [f"{n:,} {what}" for n, what in ((parameters, "parameters"), (macs, "MACs")) if n]
    label = "\\n".join([_escaped(name), output_text(layers[-1]), *costs])
    return _node(box.id, label, "block", folded=len(box.groups) > 1)


def _node(id_: str, label: str, kind: str, *, folded: bool = False) -> str:
    fill, line = COLOURS[kind]
    double = ", peripheries=2" if folded else ""
    return (
        f'{_quoted(id_)} [id={_quoted(id_)}, class="{kind}", label="{label}", fillcolor="{fill}", '
        f'color="{line}"{double}]'
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


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'
