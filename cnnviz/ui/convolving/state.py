"""The scene on the page: five texts in the link, checked, and what the browser changes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st

from cnnviz.errors import CnnvizError, OptionError, in_link
from cnnviz.picture import square_numbers
from cnnviz.ui import heard, links, widgets
from cnnviz.windows import EXAMPLES, KINDS, Numbers, Place, Scene, scene
from cnnviz.windows.numbers import MOST_OWN, read_input, read_weights, settled
from cnnviz.windows.scene import (
    first_input,
    first_weights,
    fitted,
    read_place,
    read_values,
    written_values,
)
from cnnviz.windows.setting import APART

TEXTS = (links.OP, links.GRID, links.CELLS, links.WEIGHTS, links.AT)
FIRST = "conv"
LEAST_PICTURE = 28  # rows that an image is given at least
_TURN = "convolving_turn"  # the last thing that the browser said
_PROBLEM = "convolving_problem"  # why that was not taken
_IMAGE = "convolving_image"  # an image of the visitor's own, small, and the text of the numbers made of it


class Current(NamedTuple):
    """The scene, and what of the link could not be."""

    scene: Scene
    problems: tuple[str, ...]


def current() -> Current:
    """The scene of the link; what it cannot say is as its kind begins."""
    problems: list[str] = []
    kind = _text(links.OP) or FIRST
    if kind not in KINDS:
        problems.append(f"{in_link('operation', links.OP)} is one of {', '.join(KINDS)}, got {kind:.30}")
        kind = FIRST
    made = _whole(kind, problems)
    try:
        place = read_place(_text(links.AT))
    except CnnvizError as error:
        problems.append(f"{in_link('place of the window', links.AT)}: {error}")
        place = Place()
    made = fitted(made.replace(place=place))
    return Current(made, tuple(widgets.sentence(problem) for problem in problems))


def _whole(kind: str, problems: list[str]) -> Scene:
    try:
        made = scene(kind, read_values(kind, _text(links.GRID)))
    except CnnvizError as error:
        problems.append(f"{in_link('sizes', links.GRID)}: {error}")
        made = scene(kind, {})
    for name, field, read in ((links.CELLS, "input", read_input), (links.WEIGHTS, "weights", read_weights)):
        if text := _text(name):
            try:
                made = made.replace(**{field: read(text)})
            except CnnvizError as error:
                problems.append(f"{in_link(field, name)}: {error}")
    return fitted(made)


def show(made: Scene) -> None:
    """Puts a scene into the link. Only callbacks may."""
    of = made.setting
    cells, weights = made.input.text, made.weights.text
    texts = (
        of.kind if of.kind != FIRST else "",
        written_values(of),
        cells if cells != first_input(of.kind) else "",
        weights if weights != first_weights(of.kind) else "",
        made.place.text if made.place != Place() else "",
    )
    for name, text in zip(TEXTS, texts, strict=True):
        st.session_state[name] = text


def take(said: Mapping[str, Any]) -> None:
    """Takes what the browser says; what cannot be leaves the scene as it was, with a sentence."""
    st.session_state[_TURN] = heard.whole(said.get("turn")) or 0
    what = said.get("what")
    if what != "place":  # a step leaves what was typed and could not be
        st.session_state.pop(_PROBLEM, None)
    try:
        if what == "example":
            begin(str(said.get("name")))
        elif what == "place":
            show(fitted(current().scene.replace(place=read_place(str(said.get("place", ""))))))
        else:
            show(_said(said))
    except CnnvizError as error:
        st.session_state[_PROBLEM] = (str(said.get("field", "")), widgets.sentence(str(error)))


def begin(name: str) -> None:
    """Begins an example."""
    if name not in EXAMPLES:
        raise OptionError(f"there is no example {name:.30}")
    example = EXAMPLES[name]
    values = read_values(example.kind, example.values)
    show(scene(example.kind, values, example.input, example.weights))


def _said(said: Mapping[str, Any]) -> Scene:
    """The scene after a change. Another kind begins as it does; another size keeps the numbers."""
    before = current().scene
    kind = str(said.get("kind", FIRST))
    given = said.get("values")
    made = scene(
        kind,
        given if isinstance(given, Mapping) else {},
        str(said.get("input", "")),
        str(said.get("weights", "")),
        most_edits=MOST_OWN,  # what a mouse has drawn over
    )
    made = made.replace(place=read_place(str(said.get("place", ""))))
    if made.setting != before.setting:
        made = _image_again(before, made)
        place = Place(out=made.place.out, channel=made.place.channel)
        made = made.replace(place=place)
    if made.setting.kind in APART:
        made = made.replace(place=made.place.replace(out=made.place.channel))
    made = made.replace(
        input=settled(made.input, lambda: made.x), weights=settled(made.weights, lambda: made.w)
    )
    return fitted(made)


def picture(jpeg: bytes) -> None:
    """Makes an image of the visitor's own the input."""
    before = current().scene
    of = before.setting
    made = before
    if of.n < LEAST_PICTURE:
        made = scene(of.kind, {**of.changed, "n": LEAST_PICTURE}, weights_text=before.weights.text)
    show(_pictured(jpeg, made))


def _pictured(jpeg: bytes, made: Scene) -> Scene:
    planes = square_numbers(jpeg, made.setting.n, colours=made.setting.C == 3)
    numbers = Numbers(own=planes)
    st.session_state[_IMAGE] = (jpeg, numbers.text)
    return fitted(made.replace(input=numbers))


def _image_again(before: Scene, made: Scene) -> Scene:
    """The image in the new size, where the input is the image as it was."""
    jpeg, text = st.session_state.get(_IMAGE, (b"", ""))
    changed = (before.setting.n, before.setting.C == 3) != (made.setting.n, made.setting.C == 3)
    return _pictured(jpeg, made) if jpeg and changed and made.input.text == text else made


def turn() -> int:
    return int(st.session_state.get(_TURN, 0))


def problem() -> tuple[str, str]:
    """The number that could not be, and why; "" where all is well."""
    field, message = st.session_state.get(_PROBLEM, ("", ""))
    return field, message


def _text(name: str) -> str:
    return str(st.session_state.get(name) or "").strip()
