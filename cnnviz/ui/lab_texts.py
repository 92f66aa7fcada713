"""What the bottleneck lab says of a comparison, worked out once for everybody who looks at the same one."""

from __future__ import annotations

import html
from functools import lru_cache
from typing import NamedTuple

from cnnviz.card.latex import filled_latex, number_latex, symbols_latex, term_latex
from cnnviz.formulas import Formula
from cnnviz.layer import Layer
from cnnviz.savings import BreakEven, Comparison, Curve, Trick, compared, cost_curve, trick
from cnnviz.savings.comparison import branches, times, verdict
from cnnviz.savings.curve import break_even_width
from cnnviz.savings.curve_picture import WIDE, curve_svg, curve_words
from cnnviz.savings.picture import picture_svg, picture_width, picture_words, titled
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
    "n": "n",
    "v": "n_H n_W n_C",
    "a": r"n_{1 \times 1}",
    "b": r"n_{3 \times 3}",
}
_POSITIONS = {"P": "$P$: positions, rows times columns, before the window", "P'": "$P'$: those behind it"}


class LabTexts(NamedTuple):
    """A comparison as HTML and Markdown."""

    picture: str  # as HTML
    width: int  # pixels at which its type has the size of the page's
    numbers: str  # and the curve, as HTML
    formulas: tuple[str, ...]  # of each path
    below: str  # the break-even, when the trick pays, where it comes from
    picture_words: str  # which is also how a picture is found on the page
    curve_words: str


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
def texts(name: str, values: Plain, *, dark: bool, large: bool = False) -> LabTexts:
    """All of it; `large` for a projector, where the curve's type is never smaller than it was drawn."""
    made, drawn = comparison(name, values), curve(name, values)
    of = made.trick
    along = label(of, of.main).partition(" (")[0]
    told = curve_words(drawn, along, of.lines)
    curved = _image(curve_svg(drawn, along, of.lines, dark=dark), told, WIDE + 50, WIDE if large else 300)
    width = picture_width(made)
    # On a phone the picture keeps readable type and is moved sideways.
    paths = _image(picture_svg(made, dark=dark), picture_words(made), width, min(width, 560))
    row = "display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 1.5rem;margin-top:.5rem"
    below = _beside(_numbers(made), 120 * len(made.paths) + 130) + _beside(curved, WIDE if large else 330)
    return LabTexts(
        picture=_scrolled(paths),
        width=width,
        numbers=f'<div style="{row}">{below}</div>',
        formulas=tuple(_formulas(made, i) for i in range(len(made.paths))),
        below="\n\n".join(filter(None, (_break_even(made), _derived(made), _sources(of), _branches(made)))),
        picture_words=picture_words(made),
        curve_words=told,
    )


def heading(name: str, values: Plain) -> str:
    """What the trick does to the multiplications, as one sentence without its full stop."""
    said = verdict(comparison(name, values))
    return f"{said[0].upper()}{said[1:]}"


def _image(svg: str, words: str, most: int, least: int) -> str:
    style = f"width:100%;max-width:{most}px;min-width:{least}px;display:block"
    return f'<img src="{svg_address(svg)}" alt="{html.escape(words)}" style="{style}">'


def _beside(inside: str, width: int) -> str:
    return f'<div style="flex:1 1 {width}px;overflow-x:auto" tabindex="0">{inside}</div>'


def _scrolled(inside: str) -> str:
    return f'<div style="overflow-x:auto;max-width:100%" tabindex="0">{inside}</div>'


def _numbers(made: Comparison) -> str:
    counted = (
        ("MACs", [f"{n:,}" for n in made.macs], made.macs),
        ("Parameters", [f"{n:,}" for n in made.parameters], made.parameters),
        ("Memory", [bytes_text(n) for n in made.activation_bytes], made.activation_bytes),
    )
    rows = [(what, shown, times(*counts[:2]).replace(" times", "×")) for what, shown, counts in counted]
    rows[-1] = (*rows[-1][:2], rows[-1][2].replace("fewer", "less"))  # bytes are many, memory is much
    fields = ["×".join(str(n) for n in field or ()) for field in made.fields]
    rows.append(("Rec. field", fields, "the same" if fields[0] == fields[1] else ""))
    head = "".join(f'<th align="right">{html.escape(titled(path))}</th>' for path in made.paths)
    body = "".join(_row(what, shown, saved) for what, shown, saved in rows)
    whose = html.escape(made.trick.lines[1]) if len(made.paths) > 2 else ""
    style = "font-size:.95rem;font-variant-numeric:tabular-nums"
    return (
        f'<table cellpadding="3" style="{style}"><thead><tr><th></th>{head}'
        f'<th align="left">{whose}</th></tr></thead>'
        f'<tbody style="white-space:nowrap">{body}</tbody></table>'
    )


def _row(what: str, shown: list[str], saved: str) -> str:
    cells = "".join(f'<td align="right">{text}</td>' for text in shown)
    return f'<tr><th scope="row" align="left">{what}</th>{cells}<td>{saved}</td></tr>'


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
    parts = " + ".join(filled_latex(term) for term in terms if term)
    return rf"${parts} = {number_latex(total)}$"


def _break_even(made: Comparison) -> str:
    even, width = made.break_even, break_even_width(made)
    if even.term is None:
        return f"**Break-even.** {even.words}."
    if width is None:
        return "**Break-even.** There is none: the narrowest already takes more than the plain one."
    return f"**Break-even: {width:,}.** {even.words}."


def _derived(made: Comparison) -> str:
    """How the break-even is worked out; "" where there is none."""
    even = made.break_even
    if even.term is None:
        return ""
    if even.linear is None:
        return f"${symbols_latex(even.term.formula, {'f': 'f^2'})} = {term_latex(even.term)}$"
    return f"{_equation(even)}\n\n" + rf"$w \le {term_latex(even.term)}$"


def _sources(of: Trick) -> str:
    named = "; ".join(f"[{source.text}]({source.link})" for source in of.sources)
    return f"{of.pays} :small[{named}]"


def _equation(even: BreakEven) -> str:
    """`a w^2 + b w + c = d`, with what each letter is."""
    letters = [("a", "w^2", even.square), ("b", "w", even.linear), ("c", "", even.fixed)]
    left = " + ".join(f"{letter}{unknown}" for letter, unknown, term in letters if term)
    known = [(letter, term) for letter, _, term in letters if term]
    told = [rf"{letter} = {_symbols(term.formula)}{term_latex(term)}" for letter, term in known]
    told.append(f"d = {number_latex(even.against.number) if even.against else ''}")
    solved = f"The width $w$ solves ${left} = d$ with " + ", ".join(f"${text}$" for text in told)
    used = [words for symbol, words in _POSITIONS.items() if any(f"{symbol} " in text for text in told)]
    return f"{solved}. :small[{'; '.join(used)}]" if used else f"{solved}."


def _branches(made: Comparison) -> str:
    """Branch by branch, as a table; "" where there are none to compare."""
    found = branches(made)
    if not found:
        return ""
    lines = ["| branch | without | with | | break-even |", "|:--|--:|--:|:--|:--|"]
    for branch in found:
        even = f"${term_latex(branch.break_even)}$" if branch.break_even else ""
        counts = " | ".join(f"{n:,}" for n in branch.macs)
        name = branch.name.replace("x", "×")
        lines.append(f"| {name} | {counts} | {times(*branch.macs)} | {even} |")
    return "\n".join(lines)


def _symbols(formula: Formula) -> str:
    """The formula with its symbols and an equals sign; "" for a bare number or sum."""
    return f"{symbols_latex(formula, _NAMES)} = " if len(formula.symbols) > 1 else ""
