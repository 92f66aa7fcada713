"""The photograph that an idea works on: one that ships, or the reader's own."""

from __future__ import annotations

import base64
from functools import lru_cache, partial

import streamlit as st

from cnnviz.ideas.idea import Idea
from cnnviz.ideas.photos import OWN, SAMPLES, sample, square
from cnnviz.ideas.values import Given, read, written
from cnnviz.ui import links, own_image, visit


def chosen(now: dict[str, Given]) -> bytes:
    """The image that the values name, as a JPEG; a button takes the reader's own."""
    own = own_image.kept()
    if now["of"] == OWN and own is None:
        now["of"] = "cat"
        st.info(
            "This link asks for an image of one's own, and those are kept for a visit alone: here is "
            "the cat. Take an image of yours below the picture.",
            icon=":material/photo_camera:",
        )
    return own if now["of"] == OWN and own is not None else sample(str(now["of"]))


def own_button(idea: Idea) -> None:
    """Takes an image of the reader's own, and lets go of it again."""
    with st.popover("Your own image", icon=":material/photo_camera:", width=420):
        own_image.image_chooser(
            "An image to work on",
            there="what this page works on now",
            back="Back to the cat",
            taken=partial(_take, idea, OWN),
            gone=partial(_take, idea, "cat"),
        )


def address(jpeg: bytes, side: int) -> str:
    """The middle of the image."""
    if jpeg == own_image.kept():  # with its visit: it pushes nobody's out
        return visit.results().get(("photo", jpeg, side), lambda: _written(jpeg, side))
    return _shipped(jpeg, side)


@lru_cache(maxsize=16)
def _shipped(jpeg: bytes, side: int) -> str:
    return _written(jpeg, side)


def _written(jpeg: bytes, side: int) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(square(jpeg, side)).decode()}"


def choices() -> tuple[str, ...]:
    """What there is to choose from now."""
    return (*SAMPLES, OWN) if own_image.kept() is not None else tuple(SAMPLES)


def _take(idea: Idea, of: str) -> None:
    now = read(idea.values, st.session_state.get(links.IDEA_VALUES) or "").values
    st.session_state[links.IDEA_VALUES] = written(idea.values, {**now, "of": of})
