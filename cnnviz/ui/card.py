"""The layer card on a page: few elements, because every step through a network sends them anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import streamlit as st

from cnnviz import source
from cnnviz.architectures import Network
from cnnviz.card import Card, Neighbour, Quantity, card_of
from cnnviz.card.latex import number_latex, quantity_latex, with_symbols
from cnnviz.card.story import Story
from cnnviz.conventions import Convention, sentence
from cnnviz.exercises.predictions import Predictions
from cnnviz.ideas.leading import behind_operation
from cnnviz.layer import Layer
from cnnviz.tables import bytes_text
from cnnviz.trace import Trace
from cnnviz.ui import links, own_models
from cnnviz.ui.card_pictures import Pictures, draw_with_own_image, side_by_side
from cnnviz.ui.veil import Veil, axisless
from cnnviz.ui.widgets import Lid

MOST_TARGETS = {False: 4, True: 2}  # neighbours named one by one, on a page for one reader and on a projector
UNBROKEN = 110  # characters of LaTeX: a longer formula may break between its terms


class CardTexts(NamedTuple):
    """What a card says, as Markdown, and its pictures, as HTML; "" for what it has not."""

    heading: str
    above: str  # a story that comes before the numbers
    formulas: str
    below: str
    tensors: str
    field: str  # the receptive field; with a visitor's own image, the SVG alone
    field_words: str
    code: bool  # whether the code may be seen


def card_texts(
    trace: Trace,
    index: int,
    predictions: Predictions,
    *,
    large: bool = False,
    dark: bool = False,
    image: str = "",
    convention: Convention | None = None,
) -> CardTexts:
    """The card of one layer, worked out.

    Args:
        predictions: what is to be predicted; neither that nor what would tell it is in the texts.
        large: type that can be read from the back of a room.
        dark: pictures for a dark page.
        convention: what else is counted of it, and why, below the MACs.
        image: the picture under the receptive field, as `own_image.place()` says; "" for the drawn one.

    """
    told = card_of(trace, index)
    veil = Veil(trace, told, predictions)
    tells = told.story and veil.shows_story and (told.joins or not large)  # a projector has no room for both
    story = _story(told.story, joins=told.joins, large=large) if told.story and tells else ""
    names = [near_name(told, n) for n in told.sources]
    counted = _counted(trace, index, convention, large=large) if convention else ""
    drawn = Pictures(trace.layers[index], trace.input_shapes[0][1:], names, large=large, dark=dark)
    seen = "receptive_field" not in veil.hidden
    return CardTexts(
        heading=_heading(told, veil, large=large),
        above=story if told.joins else "",
        formulas=(" &emsp; " if large else "\n\n").join(_lines(told, veil, large=large)) + counted,
        below="" if told.joins else story,
        tensors="" if veil.sizes else drawn.tensors(),
        field=drawn.field(image) if seen and not (large and story) else "",
        field_words=drawn.field_words,
        code=veil.shows_code,
    )


def layer_card(
    trace: Trace,
    network: Network | None,
    index: int,
    texts: CardTexts,
    *,
    large: bool = False,
    ask: Callable[[], None] | None = None,
    own: bool = False,
    key: str = "card",
) -> None:
    """Draws the card of one layer.

    Args:
        texts: what it says.
        large: pictures for a projector.
        ask: draws the fields for what is to be predicted, right below the heading.
        network: for its code; None for what has none here.
        own: whether the receptive field lies on an image of the visitor's own.
        key: of the card's one widget, where a page has several cards.

    """
    heading, above, formulas, below = texts.heading, texts.above, texts.formulas, texts.below
    if ask:  # pictures come and go with the answers: above the fields they would move these
        st.markdown(heading)
        ask()
        _drawn(texts, [above, formulas], [below], own=own, large=large)
    else:
        _drawn(texts, [heading, above], [formulas, below], own=own, large=large)
    if texts.code and network and has_code(network) and not large:
        draw_code(code_lid(st.expander, key=key), trace, network, index)


def has_code(network: Network) -> bool:
    """Whether there is code to show: that of the catalogue."""
    return not own_models.is_own(network)


def _drawn(texts: CardTexts, before: Sequence[str], after: Sequence[str], *, own: bool, large: bool) -> None:
    """Texts with the pictures between them: one element, but where the visitor's own image is among them."""
    if not (own and texts.field):
        _markdown(*before, side_by_side(texts.tensors, texts.field), *after)
        return
    _markdown(*before)
    draw_with_own_image(texts.tensors, texts.field, words=texts.field_words, large=large)
    _markdown(*after)


def _markdown(*parts: str) -> None:
    """One element for several texts, which may be our own HTML; none for none."""
    text = "\n\n".join(part for part in parts if part)
    if text:
        st.markdown(text, unsafe_allow_html=True)


def _heading(told: Card, veil: Veil, *, large: bool) -> str:
    most = MOST_TARGETS[large]
    sources = _neighbours(told, told.sources, veil, comes_in=True, most=most)
    targets = _neighbours(told, told.targets, veil, comes_in=False, most=most)
    ways = f"From {sources} → to {targets}"
    words = veil.words(told)
    macs = told.quantity("macs")
    telling = _told(told) and veil.shows_equation
    if large:  # the equation only where no formula below says more
        equation = rf" ${{\large {told.equation}}}$" if telling and macs and not macs.value else ""
        return f"## `{told.title}` {told.operation}\n\n##### {words}{equation} {ways}"
    ways += "" if veil.hidden else _idea(veil.layer)
    equation = f" &ensp; ${told.equation}$" if telling else ""
    lines = (f"#### `{told.title}` {told.operation}", f"{words}{equation}", ways)
    return "\n\n".join(line for line in lines if line)


def _idea(layer: Layer) -> str:
    """A link to the idea behind the operation; "" where there is none."""
    lead = behind_operation(layer.op, getattr(layer.arguments, "kernel", ()), layer.output_shape)
    return f" · Idea: {links.idea_link(lead.idea.title, lead.query)}" if lead else ""


def _told(told: Card) -> bool:
    """Whether the layer's own equation is worth telling: the story of a join has a better one."""
    return bool(told.equation) and not (told.joins and told.story)


def _neighbours(told: Card, found: tuple[Neighbour, ...], veil: Veil, *, comes_in: bool, most: int) -> str:
    if not found:
        return "nowhere"
    named = [near_name(told, n) if n.index is None else f"`{near_name(told, n)}`" for n in found[:most]]
    if len(found) > most:
        named[-1] = f"… {len(found) - most + 1} more"
    shapes = {veil.shape(n, comes_in=comes_in) for n in found}
    size = f" ({''.join(shapes)})" if len(shapes) == 1 and shapes != {""} else ""
    return ", ".join(named) + size


def near_name(told: Card, neighbour: Neighbour) -> str:
    """A neighbour's name, without the modules that both lie in."""
    own, path = (name.partition(": ")[0].split(".") for name in (told.title, neighbour.name))
    if ": " not in told.title:
        own = own[:-1]
    if neighbour.index is None:
        return neighbour.name
    shared = 0
    while shared < min(len(own), len(path) - 1) and own[shared] == path[shared]:
        shared += 1
    return neighbour.name.removeprefix("".join(f"{part}." for part in path[:shared]))


def _lines(told: Card, veil: Veil, *, large: bool) -> Iterator[str]:
    """Each number with its formula; quantities of two axes with the same formula in one line."""
    size = r"\large " if large else ""
    shown = (q for q in told.quantities if veil.shows(q) and not (large and q.name.startswith("jump")))
    for _, same in groupby(shown, key=lambda q: (q.latex, q.general, q.why, q.words.split()[-1])):
        quantities = list(same)
        first = quantities[0]
        formula = first.latex if veil.shows_formula(first) else number_latex(first.value)
        latex = quantity_latex([q.symbol for q in quantities], formula, first.unit)
        mark = ":green[**✓**] " if axisless(first.name) in veil.right else ""
        if large:  # braces: a short formula goes to the next line as a whole
            yield mark + (f"${size}{{{latex}}}$" if len(latex) < UNBROKEN else f"${size}{latex}$")
        else:
            yield f"{mark}${latex}$ {_note(first, quantities)}"


def _counted(trace: Trace, index: int, convention: Convention, *, large: bool) -> str:
    """`MACs as fvcore: 2 × 802,816 = 1,605,632, because batch norm counts 2 for each element`."""
    said = sentence(trace, trace.layers[index], convention).replace(" x ", " × ")
    return f"\n\n{'#### ' if large else ''}**{convention.quantity}**: {said}"


def _note(first: Quantity, quantities: list[Quantity]) -> str:
    """What the number is, in small type: the general formula, or why there is none."""
    words = first.words if len(quantities) == 1 else first.words.replace("height of", "height and width of")
    if first.unit == "B" and first.value >= 1000:
        words += f", {bytes_text(int(first.value))}"
    parts = [words, _mathed(first.why)] if first.why else [words]
    if first.general:
        parts.append(f"${first.general}$")
    return f":small[{'; '.join(parts)}]"


def _story(story: Story, *, joins: bool, large: bool) -> str:
    """What the block does; a projector has room for its equation, and the picture says the rest."""
    if large:
        return f"#### {story.title}\n\n$\\large {story.latex}$"
    part = "" if joins else " (this layer is a part of it)"
    lines = "\n".join(f"- {_mathed(line)}" for line in story.lines)
    return f"##### {story.title}{part}\n\n${story.latex}$\n\n{_mathed(story.text)}\n\n{lines}"


def _mathed(text: str) -> str:
    """Symbols of a sentence in mathematical type."""
    return with_symbols(text, lambda latex: f"${latex}$")


def code_lid(kind: Callable[..., Lid], *, key: str = "card") -> Lid:
    """What the code is under: an expander, or on a projector a popover beside the steps."""
    return kind("Show me the code", key=f"{key}_code", on_change="rerun", icon=":material/code:")


def draw_code(told: Lid, trace: Trace, network: Network, index: int) -> None:
    """The code, worked out and sent only while it is open."""
    if not told.open:
        return
    code = source.code_of(trace, network, index)
    with told:
        if code.values:
            st.markdown(f"`{code.block or network.name}` with its values:")
            st.code(code.values, language="python")
        for listing in code.listings:
            st.markdown(f"`{listing.file}`, line {listing.line}:")
            st.code(listing.text, language="python")
