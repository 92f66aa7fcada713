"""A Jupyter notebook that reproduces a view of a network: every cell runs from top to bottom.

In a notebook, `graph` and `formulas` show themselves: the block graph as a picture, formulas in mathematical
type. Neither needs Graphviz.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cnnviz.architectures.architecture import Value
from cnnviz.errors import ExportError
from cnnviz.export import layer_latex
from cnnviz.formulas import Shape, size_text
from cnnviz.graph.folding import Folding
from cnnviz.handout.graph import graph_html
from cnnviz.trace import Trace

if TYPE_CHECKING:
    from cnnviz.conventions import Convention

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


def graph(trace: Trace, folding: Folding | None = None, convention: Convention | None = None) -> Html:
    """The block graph, drawn without Graphviz; its boxes tell what the convention counts."""
    style = (
        "<style>.graph{display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start;background:#fff}</style>"
    )
    return Html(style + graph_html(trace, folding, links=False, legend=False, convention=convention))


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
    convention: Convention | None = None,
) -> str:
    """The notebook as JSON, in the format that Jupyter calls nbformat 4.5.

    Args:
        trace: what the notebook is to make again, of `target` with these `options`.
        target: "alexnet@course" or "package.module:callable".
        options: those that are not at their defaults.
        layer: the selected one.
        folding: which groups of the graph stand open; None: as deep as stays readable.
        convention: what totals, graph and curves count; None for MACs.

    Raises ExportError for a network with several inputs.
    """
    if len(trace.input_shapes) != 1:
        raise ExportError(f"a notebook is for networks with one input; {trace.model} has several")
    cells = _cells(trace, target, dict(options or {}), layer, folding or Folding(), convention)
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
    trace: Trace,
    target: str,
    options: dict[str, Value],
    layer: int,
    folding: Folding,
    convention: Convention | None,
) -> Iterator[tuple[str, str]]:
    yield from _beginning(trace, target, options, convention)
    counting = ", convention" if convention else ""  # what most calls take besides
    yield "markdown", "## Totals"
    yield "code", f'for what, how in tables.totals(trace{counting}):\n    print(f"{{what:<18}} {{how}}")'
    plain = " Their cost is in plain MACs, whatever is counted elsewhere." if convention else ""
    yield (
        "markdown",
        f"## One layer\n\nEvery number with the formula that gives it; `trace.layers` has them all.{plain}",
    )
    yield "code", f"formulas(trace, {layer})"
    yield "markdown", "## Graph"
    yield "code", f"graph(trace, {_folding(folding)}{counting})"
    yield "markdown", "## Through the depth"
    yield (
        "code",
        (
            f"rows = tables.layer_rows(trace{counting})\n"
            "plots.shape_figure(plots.shape_curves(rows, trace.edges))"
        ),
    )
    label = ", tables.label(convention)" if convention else ""
    yield "code", f"plots.cost_figure(plots.cost_curves(rows{label}))"
    yield from _numbers(trace.input_shapes[0], convention)


def _beginning(
    trace: Trace, target: str, options: dict[str, Value], convention: Convention | None
) -> Iterator[tuple[str, str]]:
    """What the notebook is about, and the trace that all other cells are about."""
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
    named = "conventions, " if convention else ""
    yield (
        "code",
        (
            f"import cnnviz\nfrom cnnviz import {named}plots, tables\n"
            "from cnnviz.graph.folding import Folding\nfrom cnnviz.notebook import formulas, graph"
        ),
    )
    yield "code", f"trace = cnnviz.trace({target!r}, {shape!r}{given}{batch})\ntrace"
    if convention:
        yield "markdown", f"Below, cost is counted as {convention.quantity}: {convention.words}."
        yield "code", f"convention = conventions.find({convention.name!r})"


def _numbers(shape: Shape, convention: Convention | None) -> Iterator[tuple[str, str]]:
    """The numbers as a data frame, and at another size."""
    column = more = ""
    larger = (shape[0], *(n + 32 for n in shape[1:]))
    grown = f"trace.at({larger!r}).macs / trace.macs"
    if convention:
        column = f', "{convention.column}"'
        more = f'frame["{convention.column}"] = conventions.per_layer(trace, convention)\n'
        grown = f"counted = conventions.counted\ncounted(trace.at({larger!r}), convention)"
        grown += " / counted(trace, convention)"
    yield "markdown", "## Numbers to work with"
    yield (
        "code",
        (
            f"frame = trace.to_dataframe()\n{more}"
            f'frame[["name", "op", "n_H", "n_W", "n_C", "parameters", "macs"{column}, "activation_bytes"]]'
        ),
    )
    if len(shape) == 3:
        yield "markdown", "Another size takes about a millisecond."
        yield "code", grown


def _folding(folding: Folding) -> str:
    """The call that makes it again, without what is as by default."""
    usual = Folding()
    names = ("level", "opened", "closed", "fold")
    said = {name: getattr(folding, name) for name in names if getattr(folding, name) != getattr(usual, name)}
    return f"Folding({', '.join(f'{name}={value!r}' for name, value in said.items())})"
