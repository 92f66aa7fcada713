"""Where the boxes of a flow chart stand: rows from top to bottom, ways that pass a row beside its boxes.

Small graphs only: a folded view of a network is a chain with branches, and this needs no Graphviz. A drawing
is cut into columns where just one edge passes, so that a long network fits a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

SWEEPS = 6  # how often the boxes are put in order below and above their neighbours
BESIDE = 22.0  # px between neighbours of a row
PASSING = 14.0  # px that a way takes which passes a row

Name = str | tuple[str, str, int]  # a box, or the place where the edge (from, to) passes that row


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Boxes row by row, each with the x of its middle; edges as the places that they pass, row by row."""

    rows: tuple[tuple[Name, ...], ...]
    x: dict[Name, float]
    ways: tuple[tuple[Name, ...], ...]  # one for each edge, both ends included

    def cuts(self) -> list[int]:
        """Rows after which all that goes on comes from one box of that row, right to the next row."""
        crossing: list[set[Name]] = [set() for _ in self.rows]
        row_of = {name: i for i, row in enumerate(self.rows) for name in row}
        for way in self.ways:
            for i in range(row_of[way[0]], row_of[way[-1]]):
                crossing[i].update(way[:1] if len(way) == 2 else way)
        return [i for i, names in enumerate(crossing) if len(names) == 1]


def laid_out(edges: Sequence[tuple[str, str]], widths: Mapping[str, float]) -> Layout:
    """The layout of boxes with these widths; `widths` names every box, in the order of execution."""
    rank = _ranks(edges, widths)
    ways = tuple(_way(a, b, rank) for a, b in edges)
    rows: list[list[Name]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for name in widths:
        rows[rank[name]].append(name)
    for way in ways:
        for place in way[1:-1]:
            assert isinstance(place, tuple)
            rows[place[2]].append(place)
    before, after = _neighbours(ways)
    _order(rows, before, after)
    x = _places(rows, before, after, widths)
    return Layout(rows=tuple(tuple(row) for row in rows), x=x, ways=ways)


def _ranks(edges: Sequence[tuple[str, str]], names: Mapping[str, float]) -> dict[str, int]:
    """How many boxes are on the longest way to each."""
    rank = dict.fromkeys(names, 0)
    sources: dict[str, list[str]] = {}
    for a, b in edges:
        sources.setdefault(b, []).append(a)
    # Boxes come in the order of execution, but a fold may read what lies between its parts: twice settles it.
    for _ in range(2):
        for name in names:
            rank[name] = max((rank[a] + 1 for a in sources.get(name, ())), default=0)
    return rank


def _way(a: str, b: str, rank: Mapping[str, int]) -> tuple[Name, ...]:
    return (a, *((a, b, i) for i in range(rank[a] + 1, rank[b])), b)


Neighbours = dict[Name, list[Name]]


def _neighbours(ways: Sequence[tuple[Name, ...]]) -> tuple[Neighbours, Neighbours]:
    before: Neighbours = {}
    after: Neighbours = {}
    for way in ways:
        for a, b in pairwise(way):
            before.setdefault(b, []).append(a)
            after.setdefault(a, []).append(b)
    return before, after


def _order(rows: list[list[Name]], before: Neighbours, after: Neighbours) -> None:
    """Sorts each row by where its neighbours stand, down and up again: fewer ways cross."""
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        place = {name: i / max(len(row) - 1, 1) for row in rows for i, name in enumerate(row)}
        for row in rows if down else reversed(rows):
            near = before if down else after
            middle = {name: fmean(place[n] for n in near.get(name, [name])) for name in row}
            row.sort(key=middle.__getitem__)
            place.update({name: i / max(len(row) - 1, 1) for i, name in enumerate(row)})


def _places(
    rows: Sequence[Sequence[Name]], before: Neighbours, after: Neighbours, widths: Mapping[str, float]
) -> dict[Name, float]:
    x: dict[Name, float] = {}
    for row in rows:
        x.update(zip(row, _spread([0.0] * len(row), row, widths), strict=True))
    for sweep in range(SWEEPS):
        near = before if sweep % 2 == 0 else after
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [fmean(x[n] for n in near.get(name, [name])) for name in row]
            x.update(zip(row, _spread(wanted, row, widths), strict=True))
    return x


def _spread(wanted: Sequence[float], row: Sequence[Name], widths: Mapping[str, float]) -> list[float]:
    """The places nearest to those wanted, by least squares, that keep the order and the distances."""
    width = [widths[name] if isinstance(name, str) else PASSING for name in row]
    gaps = [0.0]
    for a, b in pairwise(width):
        gaps.append(gaps[-1] + (a + b) / 2 + BESIDE)
    pools: list[list[float]] = []  # what has to move together: neighbours that would overlap
    for place, gap in zip(wanted, gaps, strict=True):
        pools.append([place - gap])
        while len(pools) > 1 and fmean(pools[-2]) > fmean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    level = [fmean(pool) for pool in pools for _ in pool]
    return [a + gap for a, gap in zip(level, gaps, strict=True)]
