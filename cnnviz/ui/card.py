"""The layer card on a page: few elements, because every step through a network sends them anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby

import streamlit as st

from cnnviz import source
from cnnviz.architectures import Network
from cnnviz.card import Card, Neighbour, Quantity, card_of, field_picture, volumes
from cnnviz.card.latex import number_latex
from cnnviz.card.operations import arrow_words
from cnnviz.card.story import Story
from cnnviz.exercises.predictions import Predictions
from cnnviz.tables import bytes_text
from cnnviz.trace import Trace
from cnnviz.ui import own_image
from cnnviz.ui.veil import Veil, axisless

MOST_TARGETS = 4  # neighbours named one by one
UNBROKEN = 110  # characters of LaTeX: a longer formula may break between its terms


def layer_card(
    trace: Trace,
    network: Network,
    index: int,
    *,
    large: bool = False,
    predictions: Predictions | None = None,
    ask: Callable[[], None] | None = None,
    image: str = "",
    key: str = "card",
) -> None:
    """Draws the card of one layer.

    Args:
        large: type that can be read from the back of a room.
        predictions: what is to be predicted; neither that nor what would tell it is shown.
        ask: draws the fields for it, right below the heading.
        image: the picture under the receptive field, as `own_image.place()` says; "" for the drawn one.
        key: of the card's one widget, where a page has several cards.

    """
    told = card_of(trace, index)
    veil = Veil(trace, told, predictions or Predictions(trace=trace, chosen=()))
    st.markdown(_heading(told, veil, large=large))
    if ask:
        ask()
    story = _story(told.story, joins=told.joins, large=large) if told.story and veil.shows_story else ""
    if story and told.joins:
        st.markdown(story)
    drawn = _Pictures(trace, told, veil, large=large, image=image)
    formulas = (" &emsp; " if large else "\n\n").join(_lines(told, veil, large=large))
    if ask:  # pictures come and go with the answers: above the fields they would move these
        st.markdown(formulas)
        drawn.side_by_side()
    elif large:  # what the class reads first comes first
        drawn.volumes()
        st.markdown(formulas)
        drawn.field()
    else:
        drawn.side_by_side()
        st.markdown(formulas)
    if story and not told.joins:
        st.markdown(story)
    if veil.shows_code:
        _code(trace, network, index, key=key)


def _heading(told: Card, veil: Veil, *, large: bool) -> str:
    sources = _neighbours(told, told.sources, veil, comes_in=True)
    targets = _neighbours(told, told.targets, veil, comes_in=False)
    ways = f"From {sources} → to {targets}"
    words = veil.words(told)
    macs = told.quantity("macs")
    telling = _told(told) and veil.shows_equation
    if large:  # the equation only where no formula below says more
        equation = rf" ${{\large {told.equation}}}$" if telling and macs and not macs.value else ""
        return f"## `{told.title}` {told.operation}\n\n##### {words}{equation} {ways}"
    equation = f" &ensp; ${told.equation}$" if telling else ""
    lines = (f"#### `{told.title}` {told.operation}", f"{words}{equation}", ways)
    return "\n\n".join(line for line in lines if line)


def _told(told: Card) -> bool:
    """Whether the layer's own equation is worth telling: the story of a join has a better one."""
    return bool(told.equation) and not (told.joins and told.story)


def _neighbours(told: Card, found: tuple[Neighbour, ...], veil: Veil, *, comes_in: bool) -> str:
    if not found:
        return "nowhere"
    named = [
        near_name(told, n) if n.index is None else f"`{near_name(told, n)}`" for n in found[:MOST_TARGETS]
    ]
    if len(found) > MOST_TARGETS:
        named[-1] = f"… {len(found) - MOST_TARGETS + 1} more"
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


class _Pictures:
    """What is drawn of a layer, in the colours of the visitor's theme."""

    def __init__(self, trace: Trace, told: Card, veil: Veil, *, large: bool, image: str) -> None:
        self.layer, self.told, self.veil = trace.layers[told.index], told, veil
        self.large, self.image = large, image
        self.seen = field_picture.seen_by_the_middle(self.layer, trace.input_shapes[0][1:])
        self.dark = st.context.theme.type == "dark"

    def side_by_side(self) -> None:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            self.volumes()
            self.field()

    def volumes(self) -> None:
        if not self.veil.sizes:
            names = [near_name(self.told, neighbour) for neighbour in self.told.sources]
            drawn = volumes.volumes_svg(
                self.layer, words=arrow_words(self.layer), names=names, dark=self.dark
            )
            words = volumes.volumes_words(self.layer)
            st.image(own_image.svg_address(drawn), width=640 if self.large else 520, alt=words)

    def field(self) -> None:
        if self.seen and "receptive_field" not in self.veil.hidden:
            words = field_picture.field_words(self.seen)
            drawn = field_picture.field_svg(self.seen, dark=self.dark, image=self.image)
            own_image.show_field(drawn, words=words, width=260 if self.large else 190)


def _lines(told: Card, veil: Veil, *, large: bool) -> Iterator[str]:
    """Each number with its formula; quantities of two axes with the same formula in one line."""
    size = r"\Large " if large else ""
    shown = filter(veil.shows, told.quantities)
    for _, same in groupby(shown, key=lambda q: (q.latex, q.general, q.why, q.words.split()[-1])):
        quantities = list(same)
        first = quantities[0]
        symbols = " = ".join(q.symbol for q in quantities)
        unit = rf"\;\text{{{first.unit}}}" if first.unit else ""
        formula = first.latex if veil.shows_formula(first) else number_latex(first.value)
        latex = f"{symbols} = {_strong(formula)}{unit}"
        mark = ":green[**✓**] " if axisless(first.name) in veil.right else ""
        if large:  # braces: a short formula goes to the next line as a whole
            yield mark + (f"${size}{{{latex}}}$" if len(latex) < UNBROKEN else f"${size}{latex}$")
        else:
            yield f"{mark}${latex}$ {_note(first, quantities)}"


def _strong(latex: str) -> str:
    """The result, after the last equals sign, in bold."""
    before, sign, result = latex.rpartition(" = ")
    return rf"{before}{sign}\mathbf{{{result}}}"


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
    level, size = ("###", r"\Large ") if large else ("#####", "")
    part = "" if joins else " (this layer is a part of it)"
    lines = "\n".join(f"- {_mathed(line)}" for line in story.lines)
    text = f"{'#### ' if large else ''}{_mathed(story.text)}"
    return f"{level} {story.title}{part}\n\n${size}{story.latex}$\n\n{text}\n\n{lines}"


def _mathed(text: str) -> str:
    """Symbols of a sentence in mathematical type: n_C, a[l], z[l+2], W_s."""
    text = re.sub(r"\b([az])\[(l(?:[+-]\d+)?)\]", r"$\1^{[\2]}$", text)
    return re.sub(r"\b(n_[HWC]|W_s)\b", r"$\1$", text)


def _code(trace: Trace, network: Network, index: int, *, key: str) -> None:
    """The code, worked out and sent only while it is open."""
    told = st.expander("Show me the code", key=f"{key}_code", on_change="rerun", icon=":material/code:")
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
