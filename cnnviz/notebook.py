"""A Jupyter notebook that reproduces a view of a network: every cell runs from top to bottom.

In a notebook, `graph` and `formulas` show themselves: the block graph as a picture, formulas in mathematical
type. Neither needs Graphviz.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cnnviz.architectures.architecture import Value
from cnnviz.errors import ExportError
from cnnviz.export import layer_latex
from cnnviz.formulas import size_text
from cnnviz.graph.folding import Folding
from cnnviz.handout.graph import graph_html
from cnnviz.trace import Trace

FORMAT, MINOR = 4, 5  # nbformat: cells have ids since 4.5


class Html(str):
    """HTML that a notebook shows."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return str(self)


class Latex(str):
    """LaTeX that a notebook shows in mathematical type."""

    __slots__ = ()

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self}$"


def graph(trace: Trace, folding: Folding | None = None) -> Html:
    """The block graph, drawn without Graphviz."""
    style = (
        "<style>.graph{display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start;background:#fff}</style>"
    )
    return Html(style + graph_html(trace, folding, links=False, legend=False))


def formulas(trace: Trace, index: int) -> Latex:
    """Every number of one layer with the formula that gives it."""
    return Latex(layer_latex(trace, index))


def notebook(
    trace: Trace,
    target: str,
    options: Mapping[str, Value] | None = None,
    *,
    layer: int = 0,
    folding: Folding | None = None,
) -> str:
    """The notebook as JSON, in the format that Jupyter calls nbformat 4.5.

    Args:
        trace: what the notebook is to make again, of `target` with these `options`.
        target: "alexnet@course" or "package.module:callable".
        options: those that are not at their defaults.
        layer: the selected one.
        folding: which groups of the graph stand open; None: as deep as stays readable.

    Raises ExportError for a network with several inputs.
    """
    if len(trace.input_shapes) != 1:
        raise ExportError(f"a notebook is for networks with one input; {trace.model} has several")
    cells = _cells(trace, target, dict(options or {}), layer, folding or Folding())
    document = {
        "cells": [_cell(number, kind, text) for number, (kind, text) in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": FORMAT,
        "nbformat_minor": MINOR,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _cell(number: int, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": f"cell-{number}",
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell


def _cells(
    trace: Trace, target: str, options: dict[str, Value], layer: int, folding: Folding
) -> Iterator[tuple[str, str]]:
    shape = trace.input_shapes[0]
    given = f", options={options!r}" if options else ""
    batch = f", batch_size={trace.batch_size}" if trace.batch_size != 1 else ""
    yield (
        "markdown",
        f"# {target}, input {size_text(shape)}\n\nMade by cnnviz. Run the cells from top to bottom.",
    )
    yield (
        "markdown",
        (
            "This needs cnnviz in the notebook's Python: `pip install .` in a clone of its repository. A "
            "network of the catalogue at its published options needs no torch."
        ),
    )
    yield (
        "code",
        (
            "import cnnviz\nfrom cnnviz import plots, tables\nfrom cnnviz.graph.folding import Folding\n"
            "from cnnviz.notebook import formulas, graph"
        ),
    )
    yield "code", f"trace = cnnviz.trace({target!r}, {shape!r}{given}{batch})\ntrace"
    yield "markdown", "## Totals"
    yield "code", 'for what, how in tables.totals(trace):\n    print(f"{what:<18} {how}")'
    yield (
        "markdown",
        "## One layer\n\nEvery number with the formula that gives it; `trace.layers` has them all.",
    )
    yield "code", f"formulas(trace, {layer})"
    yield "markdown", "## Graph"
    yield "code", f"graph(trace, {_folding(folding)})"
    yield "markdown", "## Through the depth"
    yield (
        "code",
        ("rows = tables.layer_rows(trace)\nplots.shape_figure(plots.shape_curves(rows, trace.edges))"),
    )
    yield "code", "plots.cost_figure(plots.cost_curves(rows))"
    yield "markdown", "## Numbers to work with"
    yield (
        "code",
        (
            "frame = trace.to_dataframe()\n"
            'frame[["name", "op", "n_H", "n_W", "n_C", "parameters", "macs", "activation_bytes"]]'
        ),
    )
    if len(shape) == 3:
        yield "markdown", "Another size takes about a millisecond."
        larger = (shape[0], *(n + 32 for n in shape[1:]))
        yield "code", f"trace.at({larger!r}).macs / trace.macs"


def _folding(folding: Folding) -> str:
    """The call that makes it again, without what is as by default."""
    usual = Folding()
    names = ("level", "opened", "closed", "fold")
    said = {name: getattr(folding, name) for name in names if getattr(folding, name) != getattr(usual, name)}
    return f"Folding({', '.join(f'{name}={value!r}' for name, value in said.items())})"
