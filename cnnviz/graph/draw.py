"""The block graph as DOT: boxes for layers and closed groups, edges for the real dataflow.

Ids are `node:<layer index>`, `block:<module path>`, `fold:<path of the first of equal groups>` and
`input:<number>`, classes the kinds of operation or the steps of a colour: a page styles and clicks by them.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnviz.errors import ExportError
from cnnviz.formulas import size_text
from cnnviz.graph.colouring import (
    COST,
    KIND,
    NAMES,
    RAMP,
    Shades,
    colours,
    quantities,
    shade_name,
    shades,
    value,
)
from cnnviz.graph.folding import Box, Folding, Group, View
from cnnviz.layer import Layer, named_sizes
from cnnviz.tables import output_text
from cnnviz.trace import Trace

if TYPE_CHECKING:
    import graphviz

    from cnnviz.conventions import Convention

LIMIT_EDGES = 1200  # what any view may hand to a layout
ROOM = 1.3  # inches: what is hidden of a shape is written into its box later, whatever it is
_SIZES = frozenset({"n_H", "n_W", "n_C"})

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
KINDS = {
    "conv": "convolution",
    "linear": "fully connected",
    "pool": "pooling",
    "norm": "norm",
    "act": "activation",
    "join": "add, concat",
    "shape": "reshape",
    "other": "other",
    "block": "group",
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graph to lay out, with what a page needs to know of it."""

    dot: str
    boxes: tuple[tuple[str, tuple[int, ...]], ...]  # ids in the order of execution, and the layers in each
    legend: tuple[tuple[str, str], ...]  # classes of nodes, and what their colour says
    level: int  # groups down to this depth are open


def drawing(
    trace: Trace,
    folding: Folding,
    *,
    colour: str = KIND,
    hidden: Sequence[frozenset[str]] = (),
    convention: Convention | None = None,
) -> Drawing:
    """The graph under this folding, coloured by the kind of operation or by a quantity.

    `hidden` are the quantities of each layer that neither text nor size nor colour may tell; `convention` is
    what counts in the place of MACs. Raises
    ExportError where the graph would have so many edges that no layout ends, and for an unknown colour.
    """
    possible = colours(trace, frozenset().union(*hidden))
    if colour not in possible:
        raise ExportError(f"cannot colour by {colour!r}: choose one of {', '.join(possible)}")
    view = folding.view(trace)
    if len(view.edges) > LIMIT_EDGES:
        raise ExportError(
            f"the graph of {trace.model} opened to level {view.level} has {len(view.edges):,} edges, more "
            f"than any layout can draw ({LIMIT_EDGES:,}): close some blocks or choose a lower level"
        )
    painter = _Painter(trace, view, colour, hidden, convention)
    text = "\n".join(painter.text())
    return Drawing(text, tuple((box.id, box.layers) for box in view.boxes), painter.legend, view.level)


def dot(
    trace: Trace,
    *,
    level: int | None = None,
    opened: Collection[str] = (),
    closed: Collection[str] = (),
    fold: bool = True,
    colour: str = KIND,
    convention: Convention | None = None,
) -> str:
    """The graph as DOT.

    Args:
        level: open groups down to this depth; None: as deep as stays readable.
        opened: groups, by scope, that are open whatever the level.
        closed: groups that are closed whatever the level.
        fold: draw a run of equal consecutive groups as one box "x N".
        colour: "kind", "parameters", "MACs", "memory", "receptive field" or, where it was measured, "time".
        convention: what is counted in the place of MACs, in boxes and colours; None for MACs.

    Raises ExportError where the graph would have so many edges that no layout ends.
    """
    folding = Folding(level=level, opened=tuple(opened), closed=tuple(closed), fold=fold)
    return drawing(trace, folding, colour=colour, convention=convention).dot


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
        path.write_bytes(rendered(text, kind))
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror or error}") from None


def rendered(text: str, kind: str) -> bytes:
    """A DOT text drawn as "svg", "png" or "pdf". Raises ExportError without Graphviz on this machine."""
    if shutil.which("dot") is None:
        raise ExportError(
            f"drawing a .{kind} needs Graphviz, whose program `dot` is not on this machine: install it "
            "(apt install graphviz, brew install graphviz, winget install graphviz), or write a .dot file"
        )
    import graphviz

    return bytes(graphviz.Source(text).pipe(format=kind))


def told(
    trace: Trace, view: View, convention: Convention | None = None
) -> dict[str, tuple[tuple[str, ...], str]]:
    """What each box of a view says, line by line, and its kind."""
    painter = _Painter(trace, view, KIND, convention=convention)
    return {box.id: painter.words(box) for box in view.boxes}


class _Painter:
    """Writes one view as DOT."""

    def __init__(
        self,
        trace: Trace,
        view: View,
        colour: str,
        hidden: Sequence[frozenset[str]] = (),
        convention: Convention | None = None,
    ) -> None:
        self.trace, self.view, self.hidden = trace, view, hidden
        self.quantities = quantities(trace, convention)
        self.layers = {box.id: [trace.layers[i] for i in box.layers] for box in view.boxes}
        self.shades: Shades | None = None
        if colour in self.quantities:
            quantity = self.quantities[colour]
            self.shades = shades(quantity, (value(quantity, layers) for layers in self.layers.values()))

    @property
    def legend(self) -> tuple[tuple[str, str], ...]:
        if self.shades:
            return self.shades.legend
        shown = {"block" if box.groups else self.layers[box.id][0].kind for box in self.view.boxes}
        return tuple((kind, words) for kind, words in KINDS.items() if kind in shown)

    def text(self) -> Iterator[str]:
        yield f"digraph {_quoted(self.trace.model)} {{"
        yield (
            'graph [rankdir=TB, bgcolor="transparent", nodesep=0.25, ranksep=0.3, fontname="Helvetica", '
            'fontsize=11, fontcolor="#46577a", color="#b9c3d3", labeljust=l]'
        )
        yield (
            'node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11, '
            'margin="0.12,0.06", fontcolor="#16202e"]'
        )
        yield 'edge [color="#7a8699", arrowsize=0.6]'
        for number, shape in enumerate(self.trace.input_shapes):
            channels, *sizes = shape
            size = _size(named_sizes((1, *shape), None))
            yield _node(f"input:{number}", f"input\\n{size_text((*sizes, channels))}", "input", size=size)
        for item in self.view.items:
            if item is None:
                yield "}"
            elif isinstance(item, Group):
                yield f"subgraph {_quoted('cluster_' + item.path)} {{"
                yield f'id={_quoted("block:" + item.path)}; label={_quoted(item.label)}; style="rounded"'
            else:
                yield self._box(item)
        for a, b in self.view.edges:
            yield f"{_quoted(a)} -> {_quoted(b)}"
        yield "}"

    def words(self, box: Box) -> tuple[tuple[str, ...], str]:
        """What a box says, line by line, and its kind."""
        layers = self.layers[box.id]
        last = layers[-1]
        if box.groups:
            name, kind = _run_name(box.groups), "block"
        else:
            kind, what = last.kind, _what(last)
            name = f"{box.module}: {what}" if box.module else what
        shape = shape_line(last, self._hidden(last))
        return (name, *[shape] * bool(shape), *self._costs(layers, closed=bool(box.groups))), kind

    def _box(self, box: Box) -> str:
        layers = self.layers[box.id]
        (name, *lines), kind = self.words(box)
        label, size = "\\n".join([_escaped(name), *lines]), _size(self._sizes(layers[-1]))
        if _SIZES & self._hidden(layers[-1]):
            size = max(size[0], ROOM), size[1]
        folded = len(box.groups) > 1
        if self.shades is None:
            return _node(box.id, label, kind, size=size, folded=folded)
        step = self.shades.step(value(self.shades.quantity, layers))
        shade = shade_name(step, len(self.shades.bounds))
        return _node(box.id, label, kind, size=size, folded=folded, shade=shade)

    def _costs(self, layers: list[Layer], *, closed: bool) -> list[str]:
        """What a closed group costs, and the number behind the colour of any box."""
        if self.shades:
            number = value(self.shades.quantity, layers)
            return [self.shades.quantity.text(number)] if number else []
        if not closed:
            return []
        kept_back = frozenset().union(*map(self._hidden, layers))
        names = (name for name in ("parameters", COST) if NAMES[name] not in kept_back)
        sums = ((self.quantities[name], value(self.quantities[name], layers)) for name in names)
        return [quantity.text(number) for quantity, number in sums if number]

    def _hidden(self, layer: Layer) -> frozenset[str]:
        return self.hidden[layer.index] if self.hidden else frozenset()

    def _sizes(self, layer: Layer) -> tuple[int | None, int | None, int | None]:
        """The sizes that a box may hint at."""
        named = zip(("n_H", "n_W", "n_C"), layer.sizes, strict=True)
        n_H, n_W, n_C = (None if name in self._hidden(layer) else n for name, n in named)
        return n_H, n_W, n_C


def shape_line(layer: Layer, hidden: frozenset[str] = frozenset()) -> str:
    """The shape that comes out, as a box says it: `?x?x?` where no size is to be seen."""
    covered = "x".join("?" for n in layer.sizes if n is not None) if hidden & _SIZES else ""
    return output_text(layer, hidden) or covered


def _run_name(groups: tuple[Group, ...]) -> str:
    first, last = groups[0].label, groups[-1].label
    return first if len(groups) == 1 else f"{first} ... {last}  x {len(groups)}"


def _size(sizes: tuple[int | None, int | None, int | None]) -> tuple[float, float]:
    """Least width and height of a box in inches: it grows with channels in width, with n_H in height.

    By logarithms, as maps go from hundreds of rows to one while channels go from 3 to thousands.
    """
    n_H, n_W, n_C = sizes
    rows = n_H or n_W or 1
    return 0.7 + 0.12 * math.log2(max(n_C or 1, 1)), 0.36 + 0.08 * math.log2(rows)


def _node(
    id_: str, label: str, kind: str, *, size: tuple[float, float], folded: bool = False, shade: str = ""
) -> str:
    fill, line = COLOURS[kind]
    if shade:
        fill = RAMP[int(shade[1:])] if shade != "none" else "#ffffff"
        line, kind = COLOURS["block"][1], f"{'block' if kind == 'block' else 'layer'} {shade}"
    double = ", peripheries=2" if folded else ""
    return (
        f'{_quoted(id_)} [id={_quoted(id_)}, class="{kind}", label="{label}", fillcolor="{fill}", '
        f'color="{line}", width={size[0]:.2f}, height={size[1]:.2f}{double}]'
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


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'
