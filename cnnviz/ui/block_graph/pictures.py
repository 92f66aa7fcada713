"""Pictures of the page: saved as files, and the one that a visitor's own image lies in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypedDict

from cnnviz.ui.block_graph import draw_part


class Picture(TypedDict):
    """A picture that stands on the page, and can be saved as SVG or PNG."""

    label: str
    of: str  # CSS: where it is
    nth: int  # which one of those
    name: str  # of the file, without its ending


def picture_menu(pictures: Sequence[Picture], *, key: str) -> None:
    """Draws two buttons for each picture; the browser makes the files from what it shows."""
    draw_part("pictures", key=key, pictures=pictures)


def field_picture(
    svg: str, *, key: str, words: str, width: int, digest: str, address: str, on_missing: Callable[[], None]
) -> None:
    """Draws an SVG with a person's own image in the place that says `own:`.

    The browser keeps the image: `address` (a data address) is sent once, later `digest` says which it is. A
    browser that does not have it asks, and `on_missing` is called.
    """
    draw_part(
        "field",
        key=key,
        svg=svg,
        words=words,
        width=width,
        digest=digest,
        address=address,
        on_missing_change=on_missing,
    )
