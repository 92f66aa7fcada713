"""What pages draw: totals with their published figures, the table's columns, what a network is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeAlias

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer
from streamlit.elements.lib.mutable_popover_container import PopoverContainer

from cnnviz import tables
from cnnviz.architectures.architecture import Network, Published, Quantity
from cnnviz.conventions import Convention
from cnnviz.tables import LayerRow, bytes_text
from cnnviz.targets import program_of
from cnnviz.trace import Trace
from cnnviz.ui import captures
from cnnviz.ui.block_graph import HIDDEN, Column
from cnnviz.ui.block_graph.told import Cell

Lid: TypeAlias = PopoverContainer | ExpanderContainer  # `open` says whether one sees what is in it
_HELP = {
    "#": "Order of execution",
    "Layer": "Where it is in the network",
    "Operation": "What it does",
    "n_H": "Height of the output",
    "n_W": "Width of the output",
    "n_C": "Channels of the output, or numbers of a vector",
    "Parameters": "Weights and biases of this layer, each counted where it is used first",
    "MACs": "Multiplications for one image: convolutions, linear layers, matrix products",
    "Memory": "Bytes of the output, 32-bit numbers, one image",
    "Rec. field": "Receptive field: rows and columns of the input that one output number sees",
}
# The quantity in a column, where that can be hidden.
_QUANTITIES = {
    "n_H": "n_H",
    "n_W": "n_W",
    "n_C": "n_C",
    "Parameters": "parameters",
    "MACs": "macs",
    "Memory": "activation_bytes",
    "Rec. field": "receptive_field",
}
_WORDS: dict[str, str] = {
    "parameters": "Parameters",
    "macs": "MACs",
    "weight_layers": "Weight layers",
    "top1_error": "Top-1 error",
    "top5_error": "Top-5 error",
}


# What stands before a published figure, in words.
_SIGNS = {
    "✓": ". ✓ says that it is the published figure, as precisely as that was printed; About names the source",
    "≠": ". ≠ says that another figure was published; About names the source",
}


def totals(
    trace: Trace,
    published: tuple[Published, ...],
    *,
    as_published: bool,
    hidden: Collection[str] = (),
    convention: Convention | None = None,
    counted: int = 0,
) -> None:
    """One cell for each total, with what was published for it and whether that is the same.

    Where another convention counts, `counted` stands in the place of the MACs, with these below it.

    The totals of `hidden` quantities would tell the last layer to whoever has the others.
    """
    cells = st.grid(5, min_column_width=165)
    sums: tuple[tuple[Quantity, int, str], ...] = (
        ("parameters", trace.parameters, "Weights and biases, each counted once"),
        ("macs", trace.macs, "Multiplications of convolutions and linear layers, for one image"),
        ("weight_layers", trace.weight_layers, "Layers with weights on the longest way through the network"),
    )
    for quantity, value, explained in sums:
        if quantity == "macs" and convention:
            _counted_cell(cells, convention, counted, macs=value)
            continue
        if quantity in hidden:
            cells.metric(_WORDS[quantity], HIDDEN, help=f"{explained}; hidden while it is to be predicted")
            continue
        figure = _said(quantity, published)
        verdict = _verdict(figure, value, as_published=as_published) if figure else {}
        told = next((words for sign, words in _SIGNS.items() if sign in verdict.get("delta", "")), "")
        cells.metric(_WORDS[quantity], f"{value:,}", help=explained + told, delta_arrow="off", **verdict)
    for label, count, explained in (
        ("Memory, inference", trace.peak_activation_bytes, "Most bytes of activations alive at once"),
        ("Memory, training", trace.activation_bytes, "All activations, kept for the backward pass"),
    ):
        said = HIDDEN if "activation_bytes" in hidden else bytes_text(count)
        cells.metric(label, said, help=f"{explained}; 32-bit numbers, one image")


def _counted_cell(cells: DeltaGenerator, convention: Convention, counted: int, *, macs: int) -> None:
    cells.metric(
        convention.label,
        f"{counted:,}",
        delta=f"MACs: {macs:,}",
        delta_color="gray",
        delta_arrow="off",
        help=f"{convention.quantity}: {convention.words}",
    )


def layer_columns(rows: Sequence[LayerRow], convention: Convention | None = None) -> list[Column]:
    """The layer table, column by column; the bar of a number compares it with the largest of its column."""
    cost = tables.label(convention)
    fields = [max(row.receptive_field) if row.receptive_field else None for row in rows]
    columns: list[Column] = [
        {"name": "#", "values": [row.index for row in rows]},
        {"name": "Layer", "values": [row.name for row in rows]},
        {"name": "Operation", "values": [row.op for row in rows]},
        {"name": "n_H", "values": [row.n_H for row in rows], "bar": True},
        {"name": "n_W", "values": [row.n_W for row in rows], "bar": True},
        {"name": "n_C", "values": [row.n_C for row in rows], "bar": True},
        {"name": "Parameters", "values": [row.parameters for row in rows], "bar": True},
        {"name": cost, "values": [row.counted for row in rows], "bar": True},
        {"name": "Memory", "values": [row.activation_bytes for row in rows], "bar": True, "unit": "bytes"},
        {"name": "Rec. field", "values": fields, "bar": True},
    ]
    for column in columns:
        column["help"] = _HELP.get(column["name"]) or (convention.words if convention else "")
    return columns


def hidden_columns(columns: Sequence[Column], hidden: Sequence[frozenset[str]]) -> list[Column]:
    """The layer table without the quantities that are hidden of each layer."""
    after = []
    for column in columns:
        quantity = _QUANTITIES.get(column["name"])
        values = [
            HIDDEN if quantity in names and value is not None else value
            for value, names in zip(column["values"], hidden, strict=True)
        ]
        after.append(Column(**{**column, "values": values}))
    return after


def cells(
    columns: Sequence[Column], index: int, before: frozenset[str], after: frozenset[str]
) -> Iterator[Cell]:
    """The cells of one layer that were hidden and are not any more."""
    told = before - after
    for number, column in enumerate(columns):
        value = column["values"][index]
        if _QUANTITIES.get(column["name"]) in told and value is not None:
            yield index, number, value


def network_details(network: Network) -> str:
    """What the network is, where its numbers come from, and how it differs from the paper, as Markdown."""
    architecture, variant = network.architecture, network.variant
    source = f"[{variant.source}]({variant.link})" if variant.link else variant.source
    parts = [
        f"**{architecture.title}** ({architecture.year}), {architecture.authors}",
        f"[{architecture.paper}]({architecture.link})",
        architecture.idea,
        f"**{network.name}** follows {source}.",
    ]
    with captures.turn_for(network):
        smallest = program_of(network).smallest
    if smallest:
        parts.append(f"Smallest input that works, found by tracing: {smallest}x{smallest}.")
    if variant.differences:
        parts.append("Differences from the paper:\n" + "\n".join(f"- {line}" for line in variant.differences))
    if variant.published:
        parts.append("Published:\n" + "\n".join(f"- {_figure(figure)}" for figure in variant.published))
    return "\n\n".join(parts)


def sentence(text: str) -> str:
    """A message as a sentence; the name of a network at its beginning stays as it is."""
    begun = text if "@" in text.partition(" ")[0] else f"{text[0].upper()}{text[1:]}"
    return begun if begun.endswith((".", "?")) else f"{begun}."


def error(message: str, *, icon: str) -> None:
    """An error in its place. What a link or a person typed is shown as it is, never read as Markdown."""
    st.error(plain(message), icon=icon)


def plain(text: str) -> str:
    """Text as it is, for Markdown: nothing in it is read as a sign."""
    return re.sub(r"([\\`*_\[\](){}#$:<>~|])", r"\\\1", text)


def typeset(text: str) -> str:
    """Text as it is, but sizes with a multiplication sign and symbols in mathematical type."""
    sized = re.sub(r"(?<=\d)x(?=\d)", "×", plain(text))
    return (
        re.sub(r"\bn\\_([HWC])\b", r"$n_\1$", sized)
        .replace("n of n x n", r"$n$ of n x n")
        .replace("n x n", r"$n \times n$")
    )


def remarks(trace: Trace) -> None:
    """What could not be counted, and what a person should know of the trace; often nothing."""
    if trace.uncounted:
        st.warning("Not counted: " + ", ".join(trace.uncounted), icon=":material/receipt_long:")
    if trace.unused_parameters:
        st.caption(f"{trace.unused_parameters:,} parameters are in parts that this pass does not run.")
    for remark in trace.remarks:
        st.caption(remark)


def _said(quantity: Quantity, published: tuple[Published, ...]) -> Published | None:
    """What was published for it: the first figure that applies, otherwise the first."""
    figures = [figure for figure in published if figure.quantity == quantity]
    return next((figure for figure in figures if figure.applies), figures[0] if figures else None)


def _verdict(figure: Published, value: int, *, as_published: bool) -> dict[str, Any]:
    """Whether the total is the published figure, as keywords of `st.metric`; About has the source."""
    said = f"published: {figure.text}"
    if not (figure.applies and as_published):
        return {"delta": said, "delta_color": "gray"}
    if figure.matches(value):
        return {"delta": f"✓ {said}", "delta_color": "green"}
    return {"delta": f"≠ {said}", "delta_color": "orange"}


def _figure(figure: Published) -> str:
    source = f"[{figure.source}]({figure.link})" if figure.link else figure.source
    note = f" ({figure.note})" if figure.note else ""
    return f"{_WORDS[figure.quantity]}: {figure.text}, {source}{note}"
