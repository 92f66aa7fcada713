"""Hands an idea, or the index of ideas, over to the browser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cnnviz.ui import heard
from cnnviz.ui.block_graph import draw_part


def idea(
    name: str,
    state: dict[str, float | str],
    given: dict[str, Any],
    *,
    key: str,
    large: bool,
    on_moved: Callable[[dict[str, object]], None],
    on_missing: Callable[[], object],
) -> None:
    """Draws an idea by its own script, `ideas/NAME.js`.

    Args:
        name: of the idea.
        state: what a reader may change, as it is now.
        given: what else the script needs.
        key: Streamlit's.
        large: can be read from the back of a room.
        on_moved: gets the state after something was moved, once that has come to rest.
        on_missing: the browser is without something that it was to keep.
    """

    def moved() -> None:
        said = heard.fields(heard.said(key, "moved"), name)
        if values := heard.fields(said.get("values")):
            on_moved(dict(values))

    draw_part(
        "idea",
        key=key,
        idea=name,
        state=state,
        large=large,
        on_moved_change=moved,
        on_missing_change=on_missing,
        **given,
    )


def files(name: str, title: str) -> None:
    """Draws what there is to save of an idea that is on the page; the browser makes the files."""
    draw_part("idea files", key=f"idea_files_{name}", idea=name, title=title)


def cards(
    groups: Sequence[dict[str, object]], *, key: str, large: bool, on_picked: Callable[[str], None]
) -> None:
    """Draws the index of ideas; `on_picked` gets the name of the one that was clicked."""

    def picked() -> None:
        if said := heard.text(heard.said(key, "picked")):
            on_picked(said)

    draw_part("cards", key=key, groups=groups, large=large, on_picked_change=picked)
