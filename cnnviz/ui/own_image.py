"""An image of the visitor's own under the receptive field: kept for the session, never written to a disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

import streamlit as st

from cnnviz.picture import small_picture
from cnnviz.ui import image_file
from cnnviz.ui.block_graph.pictures import field_picture
from cnnviz.ui.image_file import OwnImage

PLACE = "own:"  # where the image goes in a picture; the browser has it
_KEPT = "own_image"


def place() -> str:
    """Where the visitor's image goes in a picture; "" where there is none."""
    return PLACE if _KEPT in st.session_state else ""


def kept() -> bytes | None:
    """The visitor's image, small, where there is one."""
    own = _own()
    return own.jpeg if own else None


def _nothing() -> None: ...


def image_chooser(
    label: str = "Your own image under the receptive field",
    *,
    there: str = "under the receptive field",
    back: str = "Back to the drawn image",
    taken: Callable[[], None] = _nothing,
    gone: Callable[[], None] = _nothing,
) -> None:
    """Takes an image, and lets go of it again; `taken` and `gone` hear of it.

    Where it is under the receptive field the frame draws it: a step would send it anew.
    """
    image_file.tell_problem(_KEPT)
    image_file.file_field(
        _KEPT,
        label,
        partial(_take, taken),
        note="It is cut to the input's shape around its middle, scaled down, kept in memory for this visit "
        "and never written to a disk",
        there=there,
    )
    if _KEPT in st.session_state:
        st.button(back, icon=":material/delete:", on_click=_forget, args=(gone,))


def _take(taken: Callable[[], None], contents: bytes) -> None:
    """Keeps an image, made small."""
    jpeg = small_picture(contents)
    st.session_state[_KEPT] = OwnImage(hashlib.sha256(jpeg).hexdigest()[:16], jpeg)
    taken()


def _forget(gone: Callable[[], None]) -> None:
    st.session_state.pop(_KEPT, None)
    gone()


def show_field(svg: str, *, words: str, width: int) -> None:
    """Draws the receptive field with the visitor's image where `svg` says so."""
    own: OwnImage = st.session_state[_KEPT]
    field_picture(
        svg,
        key="own_image_field",
        words=words,
        width=width,
        digest=own.name,
        address=own.address_once(),
        on_missing=_send_again,
    )


def _own() -> OwnImage | None:
    return st.session_state.get(_KEPT)


def _send_again() -> None:
    own = _own()
    if own is not None:
        own.sent = False
