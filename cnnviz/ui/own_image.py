"""An image of the visitor's own under the receptive field: kept for the session, never written to a disk."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from cnnviz.errors import PictureError
from cnnviz.picture import ENDINGS, MOST_BYTES, small_picture
from cnnviz.ui import widgets
from cnnviz.ui.block_graph.pictures import field_picture

PLACE = "own:"  # where the image goes in a picture; the browser has it
_KEPT = "own_image"
_PROBLEM = "own_image_problem"  # what was wrong with the last file
_TRIES = "own_image_tries"  # numbers the uploader: a new one forgets the file that the last one had


@dataclass(slots=True)
class _Own:
    """The image, small, and whether the browser has it."""

    jpeg: bytes
    digest: str
    sent: bool = False


def place() -> str:
    """Where the visitor's image goes in a picture; "" where there is none."""
    return PLACE if _KEPT in st.session_state else ""


def kept() -> bytes | None:
    """The visitor's image, small, where there is one."""
    own: _Own | None = st.session_state.get(_KEPT)
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
    if _PROBLEM in st.session_state:
        widgets.error(st.session_state[_PROBLEM], icon=":material/broken_image:")
    key = f"own_image_file_{st.session_state.get(_TRIES, 0)}"
    st.file_uploader(
        label,
        ENDINGS,
        key=key,
        max_upload_size=MOST_BYTES // 1_000_000,
        help="PNG, JPEG or WebP. It is cut to the input's shape around its middle, scaled down, kept in "
        "memory for this visit and never written to a disk",
        on_change=_take,
        args=(key, there, taken),
    )
    if _KEPT in st.session_state:
        st.button(back, icon=":material/delete:", on_click=_forget, args=(gone,))


def _take(key: str, there: str, taken: Callable[[], None]) -> None:
    """Keeps the file that was given to the uploader of that key, made small."""
    given = st.session_state[key]
    st.session_state.pop(_PROBLEM, None)
    if given is None:
        return
    try:
        jpeg = small_picture(given.getvalue())
    except PictureError as error:
        st.session_state[_PROBLEM] = f"{given.name}: {error}."
        return
    st.session_state[_KEPT] = _Own(jpeg, hashlib.sha256(jpeg).hexdigest()[:16])
    st.session_state[_TRIES] = st.session_state.get(_TRIES, 0) + 1
    st.toast(f"{widgets.plain(given.name)} is {there}", icon=":material/check:")
    taken()


def _forget(gone: Callable[[], None]) -> None:
    st.session_state.pop(_KEPT, None)
    gone()


def show_field(svg: str, *, words: str, width: int) -> None:
    """Draws the receptive field with the visitor's image where `svg` says so."""
    own: _Own = st.session_state[_KEPT]
    address = "" if own.sent else f"data:image/jpeg;base64,{base64.b64encode(own.jpeg).decode()}"
    own.sent = True
    field_picture(
        svg,
        key="own_image_field",
        words=words,
        width=width,
        digest=own.digest,
        address=address,
        on_missing=_send_again,
    )


def _send_again() -> None:
    own: _Own | None = st.session_state.get(_KEPT)
    if own is not None:
        own.sent = False
