"""The handout: title, sources, totals, graph, layer table, and every layer's formulas."""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cnnviz.architectures.architecture import Network, Published
from cnnviz.card import Card
from cnnviz.formulas import Shape, size_text
from cnnviz.graph.folding import Folding
from cnnviz.handout.formulas import cards_of, layers_html, rules_html, sentence
from cnnviz.handout.graph import graph_html
from cnnviz.tables import LayerRow, bytes_text, label, layer_rows, totals
from cnnviz.trace import Trace

if TYPE_CHECKING:
    from cnnviz.conventions import Convention

_STYLE = Path(__file__).with_name("handout.css")
_NUMBER = re.compile(r"((?:[\d.,]+(?: [kMG]?B\b| ms\b)?)?) ?(.*)")  # what of a total stands in bold
_COUNTS = {"parameters": "parameters", "MACs": "macs", "weight layers": "weight_layers"}

_COSTS = ("parameters", "counted")


def handout(
    trace: Trace,
    network: Network | None = None,
    *,
    folding: Folding | None = None,
    target: str = "",
    convention: Convention | None = None,
) -> str:
    """One HTML text with everything there is to say of a network at one size.

    Args:
        trace: the network at that size.
        network: of the catalogue, for its sources and published figures; None for a model of one's own.
        folding: which groups of the graph stand open; None: as deep as stays readable.
        target: what names the network on the command line; "" for the trace's own name.
        convention: what totals, graph and table count; None for plain MACs, which the formulas always are.

    """
    cards = cards_of(trace)
    size = size_text(trace.input_shapes[0])
    name = f"{network.architecture.title} ({network.name})" if network else trace.model
    body = "\n".join(
        [
            _head(trace, network),
            f'<h2 id="totals">Totals</h2>{_totals(trace, network, convention)}',
            f'<h2 id="graph">Graph</h2>{graph_html(trace, folding, convention=convention)}',
            f'<h2 id="layers">Layers</h2>{_table(trace, convention)}',
            f'<h2 id="formulas">Formulas</h2>{_formulas(cards, convention)}',
            _foot(trace, network, target, convention),
        ]
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(name)}, input {size}</title>"
        f"<style>{_STYLE.read_text(encoding='utf-8')}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _head(trace: Trace, network: Network | None) -> str:
    size = " and ".join(map(_size, trace.input_shapes))
    contents = "".join(
        f'<a href="#{name.lower()}">{name}</a> ' for name in ("Totals", "Graph", "Layers", "Formulas")
    )
    nav = f"<nav>{contents}</nav>"
    if network is None:
        return f"<header><h1>{html.escape(trace.model)}</h1><p>Input {size}.</p>{nav}</header>"
    architecture, variant = network.architecture, network.variant
    options = {option.name: option for option in network.options}
    changed = ", ".join(f"{name} = {options[name].text(value)}" for name, value in network.changed.items())
    lines = [
        f"<p>{html.escape(architecture.authors)}, {architecture.year}: "
        f"{_link(architecture.paper, architecture.link)}</p>",
        f"<p>{html.escape(architecture.idea)}</p>",
        f"<p><b>{html.escape(network.name)}</b> follows {_link(variant.source, variant.link)}.</p>",
    ]
    if variant.differences:
        items = "".join(f"<li>{html.escape(text)}</li>" for text in variant.differences)
        lines.append(f"<p>Differences from the paper:</p><ul>{items}</ul>")
    if changed:
        lines.append(f"<p>Changed options: <b>{html.escape(changed)}</b>.</p>")
    return (
        f"<header><h1>{html.escape(architecture.title)}</h1>"
        f'<p class="size">{html.escape(network.name)}, input {size}</p>'
        f"{''.join(lines)}{nav}</header>"
    )


def _size(shape: Shape) -> str:
    """`227 × 227 × 3 (n_H × n_W × n_C)`; in torch's order where it is no image."""
    if len(shape) != 3:
        return " × ".join(f"{n:,}" for n in shape)
    channels, height, width = shape
    return f"{height:,} × {width:,} × {channels:,} <small>(n_H × n_W × n_C)</small>"


def _totals(trace: Trace, network: Network | None, convention: Convention | None) -> str:
    """The totals, each beside what was published for it."""
    rows = []
    for what, how in totals(trace, convention):
        if what == "remark":
            continue
        number, words = _NUMBER.fullmatch(how).groups()  # type: ignore[union-attr]  # matches every text
        said = "".join(_published(trace, network, _COUNTS[what])) if network and what in _COUNTS else ""
        name = what.strip()
        head = html.escape(name[:1].upper() + name[1:])
        rows.append(
            f'<tr><th scope="row">{head}</th><td><b>{html.escape(number)}</b> {html.escape(words)}</td>'
            f"<td>{said}</td></tr>"
        )
    errors = [f for f in network.variant.published if f.quantity.endswith("error")] if network else []
    for figure in errors:
        name = figure.quantity.replace("top1_", "Top-1 ").replace("top5_", "Top-5 ")
        rows.append(f'<tr><th scope="row">{name}</th><td></td><td>{_figure(figure)}</td></tr>')
    remarks = "".join(f"<p>{sentence(remark)}.</p>" for remark in trace.remarks)
    head = "<thead><tr><th></th><th>Counted here</th><th>Published</th></tr></thead>" if network else ""
    return f'<div class="wide"><table class="totals">{head}{"".join(rows)}</table></div>{remarks}'


def _published(trace: Trace, network: Network, quantity: str) -> Iterator[str]:
    same = not network.changed and trace.input_shape == network.input_shape
    for figure in network.variant.published:
        if figure.quantity != quantity:
            continue
        mark = ""
        if figure.applies and same:
            mark = "✓ " if figure.matches(getattr(trace, quantity)) else "≠ "
        yield f"<p>{mark}{_figure(figure)}</p>"


def _figure(figure: Published) -> str:
    note = f" <small>({html.escape(figure.note)})</small>" if figure.note else ""
    return f"<b>{figure.text}</b>, {_link(figure.source, figure.link)}{note}"


def _table(trace: Trace, convention: Convention | None) -> str:
    rows = layer_rows(trace, convention)
    most = {name: max((getattr(row, name) for row in rows), default=0) for name in _COSTS}
    cost = label(convention)
    heads = ("#", "Layer", "Operation", "n_H", "n_W", "n_C", "Parameters", cost, "Memory", "Field")
    head = "".join(f'<th scope="col">{sentence(name)}</th>' for name in heads)
    body = "\n".join(_row(row, most) for row in rows)
    total = sum(row.counted for row in rows)
    foot = (
        f'<tr><th></th><th scope="row" colspan="5">Total</th><td>{trace.parameters:,}</td>'
        f"<td>{total:,}</td><td>{bytes_text(trace.activation_bytes)}</td><td></td></tr>"
    )
    return (
        f'<div class="wide"><table class="layers"><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        f"<tfoot>{foot}</tfoot></table></div>"
    )


def _row(row: LayerRow, most: dict[str, int]) -> str:
    numbers = [_number(row.n_H), _number(row.n_W), _number(row.n_C)]
    if row.n_C is None:
        numbers = [f'<td colspan="3">{row.output}</td>']
    for name in _COSTS:
        count = getattr(row, name)
        share = f' style="--share:{100 * count / most[name]:.1f}%"' if count else ""
        numbers.append(f"<td{share}>{count:,}</td>" if count else "<td></td>")
    field = "×".join(str(n) for n in dict.fromkeys(row.receptive_field or ()))
    return (
        f'<tr id="row-{row.index}"><td>{row.index}</td>'
        f'<td><a href="#layer-{row.index}">{html.escape(row.name)}</a></td><td>{html.escape(row.op)}</td>'
        f"{''.join(numbers)}<td>{bytes_text(row.activation_bytes)}</td><td>{field}</td></tr>"
    )


def _number(size: int | None) -> str:
    return f"<td>{size:,}</td>" if size is not None else "<td></td>"


def _formulas(cards: list[Card], convention: Convention | None) -> str:
    said = f"The formulas are those of plain MACs; totals, graph and table count {_counted(convention)}."
    return (
        f"{f'<p>{said}</p>' if convention else ''}"
        f'<section class="rules"><h3>The rules</h3><ul>{rules_html(cards)}</ul></section>'
        f'<div class="cards">{layers_html(cards)}</div>'
    )


def command_line(
    trace: Trace, network: Network | None = None, target: str = "", convention: Convention | None = None
) -> str:
    """The command that writes this handout."""
    options = {option.name: option for option in network.options} if network else {}
    changed = network.changed.items() if network else ()
    words = ["cnnviz", "handout", target or trace.model, "--input", size_text(trace.input_shapes[0])]
    for name, value in changed:
        words += ["--set", f"{name}={options[name].text(value)}"]
    if convention:
        words += ["--convention", convention.name]
    return shlex.join([*words, "-o", "handout.html"])


def _foot(trace: Trace, network: Network | None, target: str, convention: Convention | None) -> str:
    """What is counted, and the command that makes this file again."""
    command = command_line(trace, network, target, convention)
    made = f"<p>Made by <code>{html.escape(command)}</code></p>" if network or target else ""
    counted = f"<p>Cost is counted as {_counted(convention)}.</p>" if convention else ""
    return (
        f"<footer>{counted}<p>MACs are the multiplications of convolutions, fully connected layers and "
        "matrix products, for one image: no bias, no batch norm. Memory is that of the outputs, 4 bytes a "
        "number and for one image unless a layer says otherwise. Receptive fields include padding.</p>"
        f"{made}</footer>"
    )


def _counted(convention: Convention | None) -> str:
    """`MACs as fvcore (MACs, batch norm x2, adaptive pooling)`."""
    return html.escape(f"{convention.quantity} ({convention.words})") if convention else "MACs"


def _link(words: str, address: str) -> str:
    said = html.escape(words)
    return f'<a href="{html.escape(address)}">{said}</a>' if address else said
