"""The numbers as files: each product of one step, and the grids."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np

from cnnviz.errors import OptionError
from cnnviz.windows.arithmetic import Product, outputs, products
from cnnviz.windows.numbers import Array, shown
from cnnviz.windows.scene import Scene
from cnnviz.windows.setting import POOLS
from cnnviz.windows.told import heading, remarks

MOST_NUMBERS = 250_000  # of a file


def products_csv(of: Scene) -> str:
    """One line for each product of the step where the window stands, and their sum, maximum or mean."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["channel", "row", "column", "value", "weight", "product"])
    for p in _products(of):
        lines.writerow([p.channel + 1, p.row + 1, p.column + 1, *map(_plain, (p.value, p.weight, p.product))])
    name, value = result(of)
    lines.writerow([name, "", "", "", "", _plain(value)])
    return out.getvalue()


def grids_csv(of: Scene) -> str:
    """Every number that comes in, every weight, and every number that comes out."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["grid", "filter", "channel", "row", "column", "value"])
    made = of.setting
    if of.x.size + of.w.size + made.maps * made.out**2 > MOST_NUMBERS:
        raise OptionError(f"a file has at most {MOST_NUMBERS:,} numbers: take fewer channels")
    grids = [("input", of.x[None]), *_weights(of), ("output", outputs(made, of.x, of.w)[None])]
    for name, grid in grids:
        for (k, c, i, j), value in np.ndenumerate(grid):
            lines.writerow([name, k + 1 if name == "weight" else "", c + 1, i + 1, j + 1, _plain(value)])
    return out.getvalue()


def scene_markdown(of: Scene) -> str:
    """The grids of what is looked at, and the products of the step, as Markdown."""
    made, place = of.setting, of.place
    y = outputs(made, of.x, of.w)
    name, value = result(of)
    parts = [f"# {heading(made)}", *remarks(made)]
    parts += [f"**Input, channel {place.channel + 1}**", _grid(of.x[place.channel])]
    if made.kind not in POOLS:
        channel = 0 if made.kind == "depthwise" else place.channel
        parts += [f"**Filter {place.out + 1}, channel {channel + 1}**", _grid(of.w[place.out, channel])]
    parts += [f"**Output {place.out + 1}**", _grid(y[place.out])]
    parts += [f"**Step {place.step + 1} of {made.steps:,}**: {name} {_plain(value)}"]
    rows = [
        [str(p.channel + 1), str(p.row + 1), str(p.column + 1), *map(_plain, (p.value, p.weight, p.product))]
        for p in _products(of)
    ]
    parts.append(_table(["channel", "row", "column", "value", "weight", "product"], rows))
    return "\n\n".join(parts)


def result(of: Scene) -> tuple[str, float]:
    """What the step makes of its products, and how."""
    made = of.setting
    values = [p.product for p in _products(of)]
    if made.kind == "max":
        return "maximum", max(values)
    if made.kind == "average":
        return "mean", sum(values) / len(values)
    return "sum", sum(values)


def _products(of: Scene) -> tuple[Product, ...]:
    return products(of.setting, of.x, of.w, step=of.place.step, out=of.place.out)


def _weights(of: Scene) -> Iterator[tuple[str, Array]]:
    if of.setting.kind not in POOLS:
        yield "weight", of.w


def _grid(plane: Array) -> str:
    columns = [str(j + 1) for j in range(plane.shape[1])]
    return _table(["", *columns], [[str(i + 1), *map(_plain, row)] for i, row in enumerate(plane)])


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["--:"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(value: float) -> str:
    return shown(value) if np.isfinite(value) else "-inf"
