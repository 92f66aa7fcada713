"""The block graph as SVG, in columns: side by side on a page, one below the other on a phone.

Graphviz may be absent where a handout is made, and its one tall drawing would not fit a sheet of paper.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from cnnviz.formulas import size_text
from cnnviz.graph.draw import COLOURS, KINDS, LIMIT_EDGES, told
from cnnviz.graph.folding import Folding, Group, View
from cnnviz.handout.layout import Layout, Name, laid_out
from cnnviz.trace import Trace

if TYPE_CHECKING:
    from cnnviz.conventions import Convention

LINE, PAD = 15.0, 7.0  # px of a line of text, above and below the lines
LETTER = 6.4  # px of a letter of 12 px, on average
BELOW = 24.0  # px between rows
FRAME, TITLE = 9.0, 17.0  # px around an open group for each level of groups, of its title
TALLEST = 600.0  # px of a column, about: three stand beside each other on a page
STUB = 20.0  # px of the arrow from one column to the next


@dataclass(frozen=True, slots=True)
class _Node:
    """A box with its words."""

    lines: tuple[str, ...]
    kind: str
    width: float
    height: float
    layer: int | None  # the first one in it
    many: bool = False  # a run of equal groups


def graph_html(
    trace: Trace,
    folding: Folding | None = None,
    *,
    links: bool = True,
    legend: bool = True,
    convention: Convention | None = None,
) -> str:
    """The graph under this folding: one SVG for each column, with a legend of its colours.

    With `links` a click on a box leads to `#layer-<index>`. A folding with more edges than anybody could
    follow is drawn closed.
    """
    view = (folding or Folding()).view(trace)
    if len(view.edges) > LIMIT_EDGES // 4:
        view = Folding().view(trace)
    nodes = dict(_nodes(trace, view, convention))
    layout = laid_out(view.edges, {name: node.width for name, node in nodes.items()})
    columns = "".join(
        _Column(view, nodes, layout, rows, links=links).svg() for rows in _columns(layout, nodes, view)
    )
    shown = {node.kind for node in nodes.values()}
    entries = "".join(
        f'<li><span class="{kind}" style="background:{COLOURS[kind][0]};border-color:{COLOURS[kind][1]}">'
        f"</span>{words}</li>"
        for kind, words in KINDS.items()
        if kind in shown
    )
    colours = f'<ul class="legend">{entries}</ul>' if legend else ""
    side_by_side = "display:flex;flex-wrap:wrap;align-items:flex-start;gap:1.2em"
    return f'<div class="graph" style="{side_by_side}">{columns}</div>{colours}'


def _nodes(trace: Trace, view: View, convention: Convention | None) -> Iterator[tuple[str, _Node]]:
    for number, shape in enumerate(trace.input_shapes):
        size = (*shape[1:], shape[0]) if len(shape) == 3 else shape
        yield f"input:{number}", _node(("input", size_text(size)), "input", None)
    words = told(trace, view, convention)
    for box in view.boxes:
        lines, kind = words[box.id]
        yield box.id, _node(lines, kind, box.layers[0], many=len(box.groups) > 1)


def _node(lines: tuple[str, ...], kind: str, layer: int | None, *, many: bool = False) -> _Node:
    width = max(len(line) for line in lines) * LETTER + 22
    return _Node(lines, kind, max(width, 64.0), len(lines) * LINE + 2 * PAD, layer, many)


def _heights(layout: Layout, nodes: Mapping[str, _Node]) -> list[float]:
    return [max((nodes[n].height for n in row if isinstance(n, str)), default=0.0) for row in layout.rows]


def _columns(layout: Layout, nodes: Mapping[str, _Node], view: View) -> list[range]:
    """Rows of each column: of about equal height, and rather between groups than inside one."""
    above = _above(view, layout)
    tall = [h + above[i] for i, h in enumerate(_heights(layout, nodes))]
    around = _around(view)
    apart = {cut: _cut_through(layout, around, cut) for cut in layout.cuts()}
    each = sum(tall) / max(1, round(sum(tall) / TALLEST))
    columns, start = [], 0
    while sum(tall[start:]) > 1.4 * each:
        heights = {cut: sum(tall[start : cut + 1]) for cut in apart if start <= cut < len(tall) - 1}
        near = [cut for cut, height in heights.items() if 0.35 * each < height < 2 * each]
        near = near or [cut for cut, height in heights.items() if height >= 2 * each][:1]
        if not near:
            break
        best = min(near, key=lambda cut: apart[cut] + _unlike(heights[cut], each))
        columns.append(range(start, best + 1))
        start = best + 1
    return [*columns, range(start, len(tall))]


def _unlike(height: float, wanted: float) -> float:
    """How far a column is from the height it should have; too tall is worse than too short."""
    ratio = math.log(height / wanted)
    return 4 * ratio if ratio > 0 else -3 * ratio


def _cut_through(layout: Layout, around: Mapping[str, tuple[Group, ...]], cut: int) -> int:
    """How many groups a cut after this row goes through."""
    before, after = (
        {group.path for name in layout.rows[row] if isinstance(name, str) for group in around.get(name, ())}
        for row in (cut, cut + 1)
    )
    return len(before & after)


def _above(view: View, layout: Layout) -> list[float]:
    """The room above each row: for the ways that bend there, and for the titles of groups that open."""
    row_of = {name: i for i, row in enumerate(layout.rows) for name in row}
    above = [BELOW] * len(layout.rows)
    for way in layout.ways:
        for a, b in pairwise(way):
            bend = abs(layout.x[a] - layout.x[b])
            above[row_of[b]] = max(above[row_of[b]], BELOW + min(bend / 7, BELOW))
    for _, boxes, _ in _groups(view):
        above[min(row_of[box] for box in boxes)] += TITLE
    return above


def _groups(view: View) -> Iterator[tuple[Group, list[str], int]]:
    """Each open group with the boxes in it and how many groups lie in it, one in the other."""
    around = _around(view)
    for group in view.items:
        if isinstance(group, Group):
            within = {box: groups for box, groups in around.items() if group in groups}
            inner = max(len(groups) - groups.index(group) - 1 for groups in within.values())
            yield group, list(within), inner


def _around(view: View) -> dict[str, tuple[Group, ...]]:
    """The open groups around each box, the outermost first."""
    around: dict[str, tuple[Group, ...]] = {}
    groups: tuple[Group, ...] = ()
    for item in view.items:
        if isinstance(item, Group):
            groups = (*groups, item)
        elif item is None:
            groups = groups[:-1]
        else:
            around[item.id] = groups
    return around


class _Column:
    """Some rows of the layout as one SVG."""

    def __init__(
        self, view: View, nodes: Mapping[str, _Node], layout: Layout, rows: range, *, links: bool
    ) -> None:
        self.view, self.nodes, self.layout, self.rows, self.links = view, nodes, layout, rows, links
        above, self.heights = _above(view, layout), _heights(layout, nodes)
        self.begins, self.ends = rows.start == 0, rows.stop == len(layout.rows)
        self.middle: dict[int, float] = {}
        # A group that goes on from the column before has its title here again.
        y = FRAME - BELOW if self.begins else TITLE * _cut_through(layout, _around(view), rows.start - 1)
        for row in rows:
            y += above[row]
            self.middle[row] = y + self.heights[row] / 2
            y += self.heights[row]
        self.bottom = y + (FRAME if self.ends else STUB)
        self.row_of = {name: row for row in rows for name in layout.rows[row]}
        self.shown = [name for name in self.row_of if isinstance(name, str)]

    def svg(self) -> str:
        frames = list(self._frames())
        left, right = self._sides(frames)
        drawn = (*(frame for _, frame, _ in frames), *self._edges(), *map(self._box, self.shown))
        parts = (*drawn, *self._stub(), *(title for _, _, title in frames))
        wide = right - left
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{self.bottom:.0f}" '
            f'viewBox="{left:.0f} 0 {wide:.0f} {self.bottom:.0f}" role="group" style="max-width:100%" '
            'font-family="Segoe UI,Helvetica,Arial,sans-serif" font-size="12" text-anchor="middle">'
            f"{''.join(parts)}</svg>"
        )

    def _sides(self, frames: Iterable[tuple[tuple[float, float], str, str]]) -> tuple[float, float]:
        spans = [span for span, _, _ in frames]
        spans += [self._span(name) for name in self.row_of]
        return min(low for low, _ in spans) - 4, max(high for _, high in spans) + 4

    def _span(self, name: Name) -> tuple[float, float]:
        half = self.nodes[name].width / 2 if isinstance(name, str) else 3.0
        return self.layout.x[name] - half, self.layout.x[name] + half

    def _frames(self) -> Iterator[tuple[tuple[float, float], str, str]]:
        """Open groups, as long as a frame holds nothing but what is in the group."""
        for group, boxes, inner in _groups(self.view):
            inside = [name for name in boxes if name in self.row_of]
            if not inside:
                continue
            rows = [self.row_of[name] for name in inside]
            within = [n for n in self.row_of if min(rows) <= self.row_of[n] <= max(rows)]
            own = [n for n in within if n in boxes or (isinstance(n, tuple) and {n[0], n[1]} & set(boxes))]
            margin = FRAME * (inner + 1)
            left = min(self._span(n)[0] for n in own) - margin
            right = max(self._span(n)[1] for n in own) + margin
            name = html.escape(group.label)
            right = max(right, left + len(name) * LETTER + 20)
            strangers = (n for n in within if n not in own)
            if any(self._span(n)[1] > left and self._span(n)[0] < right for n in strangers):
                continue
            top = min(self.middle[self.row_of[n]] - self.nodes[n].height / 2 for n in inside)
            end = max(self.middle[self.row_of[n]] + self.nodes[n].height / 2 for n in inside)
            top, end = top - 4 - (inner + 1) * TITLE, end + 3 + 3 * (inner + 1)
            more = "" if boxes[0] in self.row_of else " …"
            yield (
                (left, right),
                f'<rect class="frame" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
                f'height="{end - top:.1f}" rx="5" fill="none" stroke="#9aa7b8"/>',
                f'<text class="title" x="{left + 7:.1f}" y="{top + 13:.1f}" text-anchor="start" '
                f'fill="#46577a" stroke="#fff" stroke-width="4" paint-order="stroke">{name}{more}</text>',
            )

    def _edges(self) -> Iterator[str]:
        """Every way that ends here; one that comes from the column before begins at the upper edge."""
        for way in self.layout.ways:
            start, end = way[0], way[-1]
            if not isinstance(end, str) or end not in self.row_of:
                continue
            x, y, path = self.layout.x[start], 2.0, f"M{self.layout.x[start]:.1f} 2"
            if isinstance(start, str) and start in self.row_of:
                y = self._edge(start, 1)
                path = f"M{x:.1f} {self._side(start, 1):.1f}V{y:.1f}"
            for place in way[1:]:
                to = self.layout.x[place]
                path += _bend(x, y, to, self._edge(place, -1))
                x, y = to, self._edge(place, 1)
                if place != end:
                    path += f"V{y:.1f}"
            tip = self._side(end, -1)
            yield (
                f'<path class="edge" d="{path}V{tip - 5:.1f}" fill="none" stroke="#6b7788"/>'
                f'<path class="tip" d="M{x:.1f} {tip:.1f}l-3.5 -6h7z" fill="#6b7788"/>'
            )

    def _stub(self) -> Iterator[str]:
        """What goes on in the next column."""
        for name in {w[0] for w in self.layout.ways if w[0] in self.row_of and w[-1] not in self.row_of}:
            assert isinstance(name, str)
            down = f"M{self.layout.x[name]:.1f} {self._side(name, 1):.1f}V{self.bottom - 2:.1f}"
            yield f'<path class="edge" d="{down}" fill="none" stroke="#6b7788"/>'

    def _edge(self, name: Name, down: int) -> float:
        """The upper or lower edge of the row that a place is in: ways bend between the rows only."""
        row = self.row_of[name]
        return self.middle[row] + down * self.heights[row] / 2 - (5 if down < 0 else 0)

    def _side(self, name: str, down: int) -> float:
        return self.middle[self.row_of[name]] + down * self.nodes[name].height / 2

    def _box(self, name: str) -> str:
        node = self.nodes[name]
        x, y = self._span(name)[0], self._side(name, -1)
        fill, line = COLOURS[node.kind]
        rect = (
            f'x="{{:.1f}}" y="{{:.1f}}" width="{node.width:.1f}" height="{node.height:.0f}" rx="5" '
            f'fill="{fill}" stroke="{line}"'
        )
        drawn = f"<rect {rect.format(x + 4, y - 4)}/>" if node.many else ""
        drawn += f"<rect {rect.format(x, y)}/>"
        for i, words in enumerate(node.lines):
            strong = ' font-weight="600"' if i == 0 else ""
            at = y + PAD + LINE * (i + 0.76)
            drawn += f'<text x="{self.layout.x[name]:.1f}" y="{at:.1f}"{strong}>{html.escape(words)}</text>'
        group = f'<g class="{node.kind}" fill="#16202e">{drawn}</g>'
        return (
            f'<a href="#layer-{node.layer}">{group}</a>' if self.links and node.layer is not None else group
        )


def _bend(x: float, y: float, to: float, down: float) -> str:
    """A line that leaves and arrives vertically."""
    if abs(to - x) < 0.5:
        return f"V{down:.1f}"
    half = (y + down) / 2
    return f"C{x:.1f} {half:.1f} {to:.1f} {half:.1f} {to:.1f} {down:.1f}"
