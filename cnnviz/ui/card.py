"""The layer card on a page: few elements, because every step through a network sends them anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

import streamlit as st

from cnnviz import source
from cnnviz.architectures import Network
from cnnviz.card import Card, Neighbour, Quantity, card_of, field_picture, volumes
from cnnviz.card.operations import arrow_words
from cnnviz.card.story import Story
from cnnviz.tables import bytes_text
from cnnviz.trace import Trace
from cnnviz.ui import own_image

MOST_TARGETS = 4  # neighbours named one by one
UNBROKEN = 110  # characters of LaTeX: a longer formula may break between its terms
SIZES = frozenset({"n_H", "n_W", "n_C"})
# What a quantity can be read off: its formula has it in it.
TOLD_BY = {
    "n_H": frozenset({"macs", "activation_bytes"}),
    "n_W": frozenset({"macs", "activation_bytes"}),
    "n_C": frozenset({"parameters", "macs", "activation_bytes"}),
}


def layer_card(
    trace: Trace,
    network: Network,
    index: int,
    *,
    large: bool = False,
    hidden: frozenset[str] = frozenset(),
    image: str = "",
    key: str = "card",
) -> None:
    """Draws the card of one layer.

    Args:
        large: type that can be read from the back of a room.
        hidden: quantities that are to be predicted: "n_H", "n_W", "n_C", "parameters", "macs",
            "activation_bytes", "receptive_field", "jump"; nothing that would tell them is shown either.
        image: the picture under the receptive field, as `own_image.place()` says; "" for the drawn one.
        key: of the card's one widget, where a page has several cards.

    """
    told = card_of(trace, index)
    sizes = not hidden & SIZES
    kept_back = hidden.union(*(TOLD_BY[name] for name in hidden & TOLD_BY.keys()))
    st.markdown(_heading(told, large=large, sizes=sizes))
    story = _story(told.story, joins=told.joins, large=large) if told.story and sizes else ""
    if story and told.joins:
        st.markdown(story)
    drawn = _Pictures(trace, told, large=large, image=image)
    field = "receptive_field" not in hidden
    if large:  # what the class reads first comes first
        drawn.volumes(shown=sizes)
        st.markdown(" &emsp; ".join(_lines(told, kept_back, large=True)))
        drawn.field(shown=field)
    else:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            drawn.volumes(shown=sizes)
            drawn.field(shown=field)
        st.markdown("\n\n".join(_lines(told, kept_back, large=False)))
    if story and not told.joins:
        st.markdown(story)
    _code(trace, network, index, key=key, sizes=sizes)


def _heading(told: Card, *, large: bool, sizes: bool) -> str:
    sources, targets = (_neighbours(told, found, sizes) for found in (told.sources, told.targets))
    ways = f"From {sources} → to {targets}"
    words = told.words if sizes or not told.joins else ""
    macs = told.quantity("macs")
    if large:  # the equation only where no formula below says more
        equation = rf" ${{\large {told.equation}}}$" if _told(told) and macs and not macs.value else ""
        return f"## `{told.title}` {told.operation}\n\n##### {words}{equation} {ways}"
    equation = f" &ensp; ${told.equation}$" if _told(told) else ""
    lines = (f"#### `{told.title}` {told.operation}", f"{words}{equation}", ways)
    return "\n\n".join(line for line in lines if line)


def _told(told: Card) -> bool:
    """Whether the layer's own equation is worth telling: the story of a join has a better one."""
    return bool(told.equation) and not (told.joins and told.story)


def _neighbours(told: Card, found: tuple[Neighbour, ...], sizes: bool) -> str:
    if not found:
        return "nowhere"
    named = [
        near_name(told, n) if n.index is None else f"`{near_name(told, n)}`" for n in found[:MOST_TARGETS]
    ]
    if len(found) > MOST_TARGETS:
        named[-1] = f"… {len(found) - MOST_TARGETS + 1} more"
    shapes = {n.shape for n in found}
    size = f" ({found[0].shape})" if len(shapes) == 1 and sizes else ""
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

    def __init__(self, trace: Trace, told: Card, *, large: bool, image: str) -> None:
        self.layer, self.told, self.large, self.image = trace.layers[told.index], told, large, image
        self.seen = field_picture.seen_by_the_middle(self.layer, trace.input_shapes[0][1:])
        self.dark = st.context.theme.type == "dark"

    def volumes(self, *, shown: bool) -> None:
        if shown:
            names = [near_name(self.told, neighbour) for neighbour in self.told.sources]
            drawn = volumes.volumes_svg(
                self.layer, words=arrow_words(self.layer), names=names, dark=self.dark
            )
            words = volumes.volumes_words(self.layer)
            st.image(own_image.svg_address(drawn), width=640 if self.large else 520, alt=words)

    def field(self, *, shown: bool) -> None:
        if shown and self.seen:
            words = field_picture.field_words(self.seen)
            drawn = field_picture.field_svg(self.seen, dark=self.dark, image=self.image)
            own_image.show_field(drawn, words=words, width=260 if self.large else 190)


def _lines(told: Card, hidden: frozenset[str], *, large: bool) -> Iterator[str]:
    """Each number with its formula; quantities of two axes with the same formula in one line."""
    size = r"\Large " if large else ""
    shown = (q for q in told.quantities if q.name not in hidden and q.name.rpartition("_")[0] not in hidden)
    for _, same in groupby(shown, key=lambda q: (q.latex, q.general, q.why, q.words.split()[-1])):
        quantities = list(same)
        first = quantities[0]
        symbols = " = ".join(q.symbol for q in quantities)
        unit = rf"\;\text{{{first.unit}}}" if first.unit else ""
        latex = f"{symbols} = {_strong(first.latex)}{unit}"
        if large:  # braces: a short formula goes to the next line as a whole
            yield f"${size}{{{latex}}}$" if len(latex) < UNBROKEN else f"${size}{latex}$"
        else:
            yield f"${latex}$ {_note(first, quantities)}"


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


def _code(trace: Trace, network: Network, index: int, *, key: str, sizes: bool) -> None:
    """The code, worked out and sent only while it is open."""
    told = st.expander("Show me the code", key=f"{key}_code", on_change="rerun", icon=":material/code:")
    if not told.open:
        return
    code = source.code_of(trace, network, index)
    with told:
        if code.values:
            st.markdown(f"`{code.block or network.name}` with its values:")
            values = code.values if sizes else re.sub(r"  # [\dx]+", "  #", code.values)
            st.code(values, language="python")
        for listing in code.listings:
            st.markdown(f"`{listing.file}`, line {listing.line}:")
            st.code(listing.text, language="python")
