"""What the bottleneck lab says of a comparison, worked out once for everybody who looks at the same one."""

from __future__ import annotations

import html
from functools import lru_cache
from typing import NamedTuple

import plotly.graph_objects as go

from cnnviz.card.latex import filled_latex, number_latex, symbols_latex, term_latex
from cnnviz.formulas import Formula, Term
from cnnviz.layer import Layer
from cnnviz.savings import BreakEven, Comparison, Curve, Trick, compared, cost_curve, trick
from cnnviz.savings.comparison import times, verdict
from cnnviz.savings.curve import break_even_width
from cnnviz.savings.picture import picture_svg, picture_width, picture_words, titled
from cnnviz.savings_plot import curve_figure, curve_words
from cnnviz.tables import bytes_text
from cnnviz.ui.card_pictures import svg_address

Plain = tuple[tuple[str, int], ...]  # values as caches know them
_ENTRIES = 1000  # of about 20 kB
LABELS = {
    "channels": "n_C that comes in",
    "filters": "Filters (n_C out)",
    "kernel": "Window",
    "same": "'same' padding",
    "padding": "Padding",
    "stride": "Stride",
    "groups": "Groups",
    "bias": "Biases",
}
# How the symbols of the break-even's formulas are written.
_NAMES = {
    "P": "P",
    "Q": "P'",
    "C": r"n_C^{\text{in}}",
    "K": r"n_C^{\text{out}}",
    "f": "f^2",
    "h": "h^2",
    "g": "g",
}


class LabTexts(NamedTuple):
    """A comparison as Markdown, and its pictures as HTML."""

    heading: str
    above: str  # the picture and the numbers, as HTML
    formulas: tuple[str, ...]  # of each path
    break_even: str
    words: str  # the picture in words, which is also how it is found on the page


def label(of: Trick, name: str) -> str:
    """What an option is called for people."""
    return of.labels.get(name) or LABELS.get(name, name)


@lru_cache(maxsize=_ENTRIES)
def comparison(name: str, values: Plain) -> Comparison:
    return compared(trick(name), dict(values))


@lru_cache(maxsize=_ENTRIES)
def curve(name: str, values: Plain) -> Curve:
    return cost_curve(comparison(name, values))


@lru_cache(maxsize=_ENTRIES)
def figure(name: str, values: Plain) -> tuple[go.Figure, str]:
    """The curve, and the same in words."""
    made, drawn = comparison(name, values), curve(name, values)
    names = tuple(titled(path) if i == 0 else _unnumbered(made.trick, i) for i, path in enumerate(made.paths))
    along = label(made.trick, made.trick.main)
    return curve_figure(drawn, along, names), curve_words(drawn, along, names)


def _unnumbered(of: Trick, index: int) -> str:
    """A path's name along the whole curve, where its width is none in particular."""
    return ("the plain one", of.title, "averaged first")[index]


@lru_cache(maxsize=_ENTRIES)
def texts(name: str, values: Plain, *, dark: bool) -> LabTexts:
    made = comparison(name, values)
    words = picture_words(made)
    return LabTexts(
        heading=f"#### {verdict(made)[0].upper()}{verdict(made)[1:]}",
        above=_above(made, words, dark=dark),
        formulas=tuple(_formulas(made, i) for i in range(len(made.paths))),
        break_even=_break_even(made),
        words=words,
    )


def _above(made: Comparison, words: str, *, dark: bool) -> str:
    """The picture, and the numbers beside it where there is room."""
    width = picture_width(made)
    address = svg_address(picture_svg(made, dark=dark))
    # On a phone the picture keeps readable type and is moved sideways.
    style = f"width:{width}px;max-width:none;min-width:{min(width, 520)}px;display:block"
    image = f'<img src="{address}" alt="{html.escape(words)}" style="{style}">'
    frame = f"overflow-x:auto;max-width:100%;flex:0 1 {width}px"
    row = "display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 2rem"
    return f'<div style="{row}"><div style="{frame}">{image}</div>{_numbers(made)}</div>'


def _numbers(made: Comparison) -> str:
    rows = [
        ("MACs", [f"{n:,}" for n in made.macs], made.macs),
        ("Parameters", [f"{n:,}" for n in made.parameters], made.parameters),
        ("Memory", [bytes_text(n) for n in made.activation_bytes], made.activation_bytes),
    ]
    cell = "padding:.15rem .6rem .15rem 0;text-align:right;font-variant-numeric:tabular-nums"
    head = "".join(f'<th style="{cell};max-width:9rem">{html.escape(titled(path))}</th>' for path in made.paths)
    body = ""
    for what, counts, numbers in rows:
        cells = "".join(f'<td style="{cell}">{count}</td>' for count in counts)
        saved = times(*numbers[:2])
        body += f'<tr><th scope="row" style="text-align:left;padding-right:.6rem">{what}</th>{cells}<td>{saved}</td></tr>'
    fields = ["×".join(str(n) for n in field or ()) or "none" for field in made.fields]
    body += '<tr><th scope="row" style="text-align:left;padding-right:.6rem">Receptive field</th>'
    body += "".join(f'<td style="{cell}">{field}</td>' for field in fields)
    body += f"<td>{'the same' if len(set(fields[:2])) == 1 else ''}</td></tr>"
    return (
        '<table style="border-collapse:collapse;font-size:.95rem">'
        f"<thead><tr><th></th>{head}<th></th></tr></thead><tbody>{body}</tbody></table>"
    )


def _formulas(made: Comparison, index: int) -> str:
    """One path's layers, each with its multiplications and its parameters as formulas."""
    path, trace = made.paths[index], made.traces[index]
    layers = [layer for layer in trace.layers if layer.macs]
    lines = [f"**{titled(path)}**"]
    for layer in layers:
        lines.append(f"`{layer.name}` ${term_latex(layer.macs_term)}$ MACs")
    if len(layers) > 1:
        parts = " + ".join(number_latex(layer.macs) for layer in layers)
        lines.append(rf"together ${parts} = \mathbf{{{number_latex(trace.macs)}}}$ MACs")
    lines.append(f":small[parameters {_parameters(layers, trace.parameters)}]")
    return "\n\n".join(lines)


def _parameters(layers: list[Layer], total: int) -> str:
    terms = [layer.parameters_term for layer in layers]
    parts = " + ".join(f"{_held(term)}" for term in terms if term)
    return rf"${parts} = {number_latex(total)}$"


def _held(term: Term) -> str:
    return filled_latex(term)


def _break_even(made: Comparison) -> str:
    even = made.break_even
    width = break_even_width(made)
    if even.term is None:
        return f"**Break-even.** {even.words}."
    if width is None:
        return "**Break-even.** There is none: even the narrowest takes more multiplications than the plain path."
    lines = [f"**Break-even: {width:,}.** {even.words}."]
    if even.linear is None:
        lines.append(f"${symbols_latex(even.term.formula, {'f': 'f^2'})} = {term_latex(even.term)}$")
        return "\n\n".join(lines)
    lines.append(_equation(even))
    lines.append(rf"$w \le {term_latex(even.term)}$")
    return "\n\n".join(lines)


def _equation(even: BreakEven) -> str:
    """`a w^2 + b w + c = d`, with what each letter is."""
    letters = [("a", "w^2", even.square), ("b", "w", even.linear), ("c", "", even.fixed)]
    left = " + ".join(f"{letter}{unknown}" for letter, unknown, term in letters if term)
    known = [(letter, term) for letter, _, term in letters if term]
    told = [rf"{letter} = {_symbols(term.formula)}{term_latex(term)}" for letter, term in known]
    told.append(f"d = {number_latex(even.against.number) if even.against else ''}")
    return f"The width $w$ solves ${left} = d$ with " + ", ".join(f"${text}$" for text in told)


def _symbols(formula: Formula) -> str:
    """The formula with its symbols and an equals sign; "" for a bare number or sum."""
    return f"{symbols_latex(formula, _NAMES)} = " if len(formula.symbols) > 1 else ""
