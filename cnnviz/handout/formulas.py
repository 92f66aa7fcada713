"""Every layer with its formulas, the numbers put in: what the card tells, for reading on paper."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import groupby

from cnnviz.card import Card, Quantity, card_of
from cnnviz.card.latex import quantity_latex, with_symbols
from cnnviz.card.story import Story
from cnnviz.handout.mathml import math
from cnnviz.tables import bytes_text
from cnnviz.trace import Trace

UNBROKEN = 90  # characters of LaTeX that fit a column
USUAL = "4 bytes a number"  # said once, below all layers


def layers_html(cards: list[Card]) -> str:
    """One section for each layer, `id="layer-<index>"`."""
    return "\n".join(map(_layer, cards))


def rules_html(cards: list[Card]) -> str:
    """The general formulas that the layers' are made from, each once."""
    found = {(quantity.symbol, quantity.general): quantity for card in cards for quantity in card.quantities}
    rules: dict[str, Quantity] = {}
    for (_, general), quantity in found.items():
        if general:
            rules.setdefault(general, quantity)
    return "".join(
        f"<li>{math(f'{_general_symbol(quantity)} = {general}')} "
        f"<small>{html.escape(_general_words(quantity))}</small></li>"
        for general, quantity in rules.items()
    )


def cards_of(trace: Trace) -> list[Card]:
    return [card_of(trace, layer.index) for layer in trace.layers]


def _general_symbol(quantity: Quantity) -> str:
    """`n_H` stands for both axes where a rule is the same for both."""
    return re.sub(r"^([nrj])_[HWD]$", r"\1", quantity.symbol)


def _general_words(quantity: Quantity) -> str:
    return re.sub(r"^(height|width|depth) of", "height or width of", quantity.words)


def _layer(card: Card) -> str:
    equation = f" {math(card.equation)}" if card.equation and not (card.joins and card.story) else ""
    story = _story(card.story) if card.story and card.joins else ""
    lines = "".join(f"<li>{line}</li>" for line in _lines(card))
    nothing = _nothing(card)
    return (
        f'<section id="layer-{card.index}"><h3><a href="#row-{card.index}">{card.index}</a> '
        f"<code>{html.escape(card.title)}</code> {html.escape(card.operation)}</h3>"
        f"<p>{sentence(card.words)}{equation}</p>{story}<ul>{lines}</ul>{nothing}</section>"
    )


def _story(story: Story) -> str:
    lines = "".join(f"<li>{sentence(line)}</li>" for line in story.lines)
    return (
        f'<div class="story"><h4>{html.escape(story.title)}</h4><p>{math(story.latex)}</p>'
        f"<p>{sentence(story.text)}</p><ul>{lines}</ul></div>"
    )


def _lines(card: Card) -> Iterator[str]:
    """Each number with its formula; what is the same, or stays for the same reason, in one line."""
    told = (quantity for quantity in card.quantities if not _is_nothing(quantity))
    entries = [list(same) for _, same in groupby(told, key=lambda q: (q.latex, q.why, q.words.split()[-1]))]
    for (_, note), alike in groupby(entries, key=lambda same: (_kept_apart(same[0]), _note(same[0]))):
        yield f"{', '.join(map(_equation, alike))} <small>{note}</small>"


def _kept_apart(quantity: Quantity) -> str:
    """What makes a quantity worth a line of its own: a formula."""
    return quantity.name if " = " in quantity.latex else ""


def _equation(same: list[Quantity]) -> str:
    """Quantities of several axes that share one formula, with the result in bold."""
    latex = quantity_latex([quantity.symbol for quantity in same], same[0].latex, same[0].unit)
    return " ".join(map(math, _pieces(latex)))


def _pieces(latex: str) -> list[str]:
    """A long formula cut where a line may end, before `=` and `+`: browsers break no formula themselves."""
    if len(latex) < UNBROKEN:
        return [latex]
    pieces, inside = [""], 0
    for token in re.split(r"( (?=[=+] )|[{}()])", latex):
        inside += (token in ("{", "(")) - (token in ("}", ")"))
        if token == " " and not inside:
            pieces.append("")
        else:
            pieces[-1] += token
    return pieces


def _note(quantity: Quantity) -> str:
    """Why a number is that."""
    parts = [quantity.why] if quantity.why and quantity.why != USUAL else []
    if quantity.unit == "B" and quantity.value >= 1000:
        parts.insert(0, bytes_text(int(quantity.value)))
    return sentence("; ".join(parts))


def _is_nothing(quantity: Quantity) -> bool:
    return not quantity.value and quantity.name in ("parameters", "macs", "activation_bytes")


def _nothing(card: Card) -> str:
    """What the layer has none of, in one line."""
    words = {"parameters": "parameters", "macs": "MACs", "activation_bytes": "memory"}
    none = [quantity for quantity in card.quantities if _is_nothing(quantity)]
    if not none:
        return ""
    said = ", ".join(
        f"no {words[quantity.name]}{f' ({quantity.why})' if quantity.name == 'activation_bytes' else ''}"
        for quantity in none
    )
    return f'<p class="none">{sentence(said[0].upper() + said[1:])}.</p>'


def sentence(text: str) -> str:
    """Words as HTML: `**256**` in bold, symbols such as n_C and a[l+2] in mathematical type."""
    marked = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html.escape(text, quote=False))
    return with_symbols(marked, math)
