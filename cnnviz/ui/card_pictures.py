"""What is drawn of a layer, in the colours of the visitor's theme, as one element of the page."""

from __future__ import annotations

import html
import re
from functools import lru_cache, partial
from urllib.parse import quote

import streamlit as st

from cnnviz.card import field_picture, volumes
from cnnviz.card.operations import arrow_words
from cnnviz.formulas import Shape
from cnnviz.layer import Layer
from cnnviz.ui import own_image

# Pixels, on a page for one reader and on a projector, where all of a card has to be seen at once.
TENSORS_WIDTH = {False: 520, True: 430}
FIELD_WIDTH = {False: 190, True: 120}
TALLEST = {False: 150, True: 175}  # of the tensors on a projector; more where several meet
# What ends an address, begins an escape or ends an attribute, control characters, and letters beyond ASCII.
_UNSAFE = re.compile(r"[#%\"\\\x00-\x1f\x7f-\U0010ffff]+")


class Pictures:
    """The tensors of a layer to scale, and its receptive field on an image, as HTML."""

    def __init__(self, layer: Layer, image_size: Shape, names: list[str], *, large: bool, dark: bool) -> None:
        self.layer, self.names, self.large, self.dark = layer, names, large, dark
        self.seen = field_picture.seen_by_the_middle(layer, image_size)

    @property
    def field_words(self) -> str:
        return field_picture.field_words(self.seen) if self.seen else ""

    def tensors(self) -> str:
        words = arrow_words(self.layer)
        drawn = volumes.volumes_svg(self.layer, words=words, names=self.names, dark=self.dark)
        words = volumes.volumes_words(self.layer)
        most = TALLEST[len(self.layer.inputs) > 1] if self.large else None
        return _image(drawn, words, TENSORS_WIDTH[self.large], tallest=most)

    def field(self, image: str) -> str:
        """The receptive field; "" where it is not on an image. With `image`, the bare SVG."""
        if not self.seen:
            return ""
        drawn = field_picture.field_svg(self.seen, dark=self.dark, image=image)
        if image:
            return drawn
        width, words = FIELD_WIDTH[self.large], self.field_words
        if self.large:  # the formulas beside it say the same
            return _image(drawn, words, width)
        caption = f'<figcaption style="font-size:.875rem;opacity:.8">{html.escape(words)}</figcaption>'
        return f'<figure style="margin:0;width:{width}px">{_image(drawn, words, width)}{caption}</figure>'


def side_by_side(*parts: str) -> str:
    """Pictures in a row, as HTML; "" for none."""
    row = "display:flex;flex-wrap:wrap;align-items:center;gap:1rem 2rem;margin-bottom:1rem"
    inside = "".join(parts)
    return f'<div style="{row}">{inside}</div>' if inside else ""


def draw_with_own_image(tensors: str, field: str, *, words: str, large: bool) -> None:
    """Draws the tensors and, beside them, the receptive field on the visitor's image, in those words."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if tensors:
            st.html(tensors)
        own_image.show_field(field, words=words, width=FIELD_WIDTH[large])


def _image(svg: str, words: str, width: int, *, tallest: int | None = None) -> str:
    style = f"width:{width}px;max-width:100%;display:block"
    if tallest:
        style += f";max-height:{tallest}px;object-fit:contain;object-position:left"
    return f'<img src="{svg_address(svg)}" alt="{html.escape(words)}" style="{style}">'


_quote = lru_cache(maxsize=500)(partial(quote, safe=""))  # few signs, each many times


def _quoted(found: re.Match[str]) -> str:
    return _quote(found[0])


def svg_address(svg: str) -> str:
    """A picture as a data address that can stand in an attribute, a quarter shorter than in base64."""
    plain = svg.replace('"', "'") if "'" not in svg else svg
    address = _UNSAFE.sub(_quoted, plain)
    # Streamlit lets no attribute pass that has an end tag of a style in it.
    return "data:image/svg+xml," + address.replace("</", "%3C/").replace("&", "&amp;")
