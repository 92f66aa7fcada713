"""Fields that a person types numbers into: what is predicted of a layer, what a lab works with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypedDict

from cnnviz.ui import heard
from cnnviz.ui.block_graph import draw_part

OnAnswer = Callable[[int, str, str], None]  # a layer, a quantity of it, and what was typed
OnShow = Callable[[int, str], None]  # a layer, a quantity of it


class Field(TypedDict):
    """A number that is to be predicted, with what was last said to it."""

    name: str
    label: str
    typed: str
    message: str  # what went wrong; "" before the first answer


def answers(
    fields: Sequence[Field],
    *,
    key: str,
    of: str,
    layer: int,
    end: bool,
    note: str,
    score: str,
    on_answer: OnAnswer,
    on_show: OnShow,
    large: bool = False,
) -> None:
    """Asks for numbers of one layer, each in a small field.

    Args:
        fields: what is still open, in order.
        key: Streamlit's.
        of: which network it is; while that and the layer stay, what is being typed stays.
        layer: its index.
        end: whether it is the last one.
        note: a sentence for above the fields, or in their place.
        score: how it has gone so far.
        on_answer: gets a quantity of a layer and what was typed for it.
        on_show: gets a quantity of a layer that a person gives up.
        large: can be read from the back of a room.
    """

    def answered() -> None:
        said = heard.fields(heard.said(key, "answered"), of)
        place, name, typed = heard.whole(said.get("layer")), heard.text(said.get("name")), said.get("typed")
        if place is not None and name is not None and isinstance(typed, str):
            on_answer(place, name, typed)

    def shown() -> None:
        said = heard.fields(heard.said(key, "shown"), of)  # of a network that has gone: nothing
        place, name = heard.whole(said.get("layer")), heard.text(said.get("name"))
        if place is not None and name is not None:
            on_show(place, name)

    draw_part(
        "answers",
        key=key,
        fields=fields,
        of=of,
        layer=layer,
        end=end,
        note=note,
        score=score,
        large=large,
        on_answered_change=answered,
        on_shown_change=shown,
    )


class Control(TypedDict):
    """A number that can be slid and typed, or a switch."""

    name: str
    label: str
    help: str
    value: int
    typed: str  # what stands in the field; another text than the value where that is not possible
    message: str  # why not; "" where all is well
    switch: bool
    steps: Sequence[int]  # the only values that there are; empty: all from `least` to `most` by `step`
    least: int
    most: int
    step: int
    fixed: bool  # follows from another one


def controls(rows: Sequence[Control], *, key: str, of: str, on_changed: Callable[[str, str], None]) -> None:
    """Draws a slider with a field for each number; a move and an entry call `on_changed` alike.

    Args:
        rows: the numbers, in order.
        key: Streamlit's.
        of: what they are about; while that stays, what is being typed stays.
        on_changed: gets the name of a number and what was typed for it.
    """
    names = {row["name"] for row in rows}

    def changed() -> None:
        said = heard.fields(heard.said(key, "changed"), of).get("typed")
        for pair in said[-len(names) :] if isinstance(said, list) else []:
            name, typed = pair if isinstance(pair, list) and len(pair) == 2 else (None, None)
            name, typed = heard.word(name, names), heard.text(typed)
            if name is not None and typed is not None:
                on_changed(name, typed)

    draw_part("controls", key=key, short=True, rows=rows, of=of, on_changed_change=changed)
