"""Takes an image of the visitor's own, from a file or a camera; what becomes of it each page knows."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from cnnviz.errors import PictureError
from cnnviz.picture import ENDINGS, MOST_BYTES
from cnnviz.ui import widgets

Take = Callable[[bytes], None]  # keeps the contents of a file; may raise PictureError


@dataclass(slots=True)
class OwnImage:
    """An image, small, and whether the browser has it."""

    name: str
    jpeg: bytes
    sent: bool = False

    def address_once(self) -> str:
        """Its data address, for the browser to keep; "" once that has been sent."""
        if self.sent:
            return ""
        self.sent = True
        return f"data:image/jpeg;base64,{base64.b64encode(self.jpeg).decode()}"


def file_field(place: str, label: str, take: Take, *, note: str, there: str = "") -> None:
    """Draws the field for a file.

    Args:
        place: what the field and what was wrong with its last file are kept under.
        label: the field's.
        take: gets what is in the file.
        note: what becomes of the image, for its help.
        there: a toast says that the file is that now; "" for none.
    """
    key = f"{place}_file_{_tries(place)}"
    st.file_uploader(
        label,
        ENDINGS,
        key=key,
        max_upload_size=MOST_BYTES // 1_000_000,
        help=f"PNG, JPEG or WebP. {note}",
        on_change=_taken,
        args=(key, place, take, there),
    )


def camera_field(place: str, label: str, take: Take) -> None:
    """Draws the field for a photograph that is taken now."""
    key = f"{place}_camera_{_tries(place)}"
    st.camera_input(label, key=key, on_change=_taken, args=(key, place, take, ""))


def tell_problem(place: str) -> None:
    """Says what was wrong with the last file, if anything was."""
    if problem := st.session_state.get(_problem(place)):
        widgets.error(problem, icon=":material/broken_image:")


def forget_problem(place: str) -> None:
    st.session_state.pop(_problem(place), None)


def _taken(key: str, place: str, take: Take, there: str) -> None:
    given = st.session_state[key]
    forget_problem(place)
    if given is None:
        return
    try:
        take(given.getvalue())
    except PictureError as error:
        st.session_state[_problem(place)] = f"{given.name}: {error}."
        return
    st.session_state[f"image_tries_{place}"] = _tries(place) + 1
    if there:
        st.toast(f"{widgets.plain(given.name)} is {there}", icon=":material/check:")


def _tries(place: str) -> int:
    """Numbers the field: a new one forgets the file that the last one had."""
    return int(st.session_state.get(f"image_tries_{place}", 0))


def _problem(place: str) -> str:
    return f"image_problem_{place}"
