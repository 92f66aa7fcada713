"""What a page draws in the visitor's browser: the graph, the layer table, and the selection they share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

import streamlit as st

from cnnviz.graph import Drawing
from cnnviz.ui import heard
from cnnviz.ui.addresses import below_base
from cnnviz.ui.block_graph.editor import kinds_js
from cnnviz.ui.block_graph.packing import packed
from cnnviz.ui.block_graph.told import Told

# Where they come from, by what stands before their names: the ideas load theirs when one is opened.
_FOLDERS = {"": Path(__file__).parent / "assets", "ideas/": Path(__file__).parents[1] / "ideas" / "assets"}
ASSETS: dict[str, bytes] = {
    before + file.name: file.read_bytes()
    for before, folder in _FOLDERS.items()
    for file in sorted(folder.glob("*"))
    if file.suffix in {".js", ".css", ".svg"}
} | {"kinds.js": kinds_js()}
# The address changes with the contents, so browsers may keep the files for good, and every worker process
# of a server computes the same one.
DIGEST = hashlib.sha256(b"".join(name.encode() + body for name, body in ASSETS.items())).hexdigest()[:16]
ADDRESS = f"/block-graph/{DIGEST}/"

# Streamlit sends a component's own JavaScript through the websocket at every rerun: this much and no more.
_LOADER = """
let parts;
export default c => {
  const d = c.data, e = c.parentElement;
  (parts ??= import(new URL(d.source, document.baseURI))).then(
    p => p.draw(c),
    () => { parts = null; e.textContent = "This part did not load. Reload the page to try again." });
  return () => parts?.then(p => p.forget(d.part, e))
}
"""
_SHORT = "\n".join(map(str.strip, _LOADER.splitlines()))
_component = st.components.v2.component("cnnviz_block_graph", js=_SHORT)

OnLayer = Callable[[int], None]
OnGroup = Callable[[str], None]
OnView = Callable[[str], None]
HIDDEN = "?"  # in a column: a number that is to be predicted


class Column(TypedDict):
    """A column of the layer table."""

    name: str
    values: Sequence[str | int | None]
    help: NotRequired[str]
    bar: NotRequired[bool]  # compares each number with the largest
    unit: NotRequired[str]  # "bytes"


def block_graph(
    drawing: Drawing,
    *,
    key: str,
    of: str,
    label: str,
    name: str,
    title: str,
    height: int,
    on_group: OnGroup,
    told: Told,
    large: bool = False,
    limit_s: float = 10,
) -> None:
    """Draws a graph and marks the selected layer in it.

    Args:
        drawing: what to lay out. The theme colours its nodes by their classes.
        key: Streamlit's.
        of: which network it is; while that stays, a new drawing keeps the scale of the one before.
        label: what the graph shows, in words, for people who cannot see it.
        name: of files that it is saved as.
        title: of the legend.
        height: in pixels, without the legend.
        on_group: gets the scope of a group to open or close.
        told: is written into the boxes, without a new layout.
        large: begins at a scale that can be read from the back of a room.
        limit_s: a layout that takes longer is stopped, and a sentence says so in its place.
    """

    def toggled() -> None:
        path = heard.text(heard.said(key, "toggled"))
        if path is not None:
            on_group(path)

    draw_part(
        "graph",
        key=key,
        short=True,
        of=of,
        dot=drawing.dot,
        boxes=[(id_, _runs(layers)) for id_, layers in drawing.boxes],
        legend=drawing.legend,
        label=label,
        name=name,
        title=title,
        height=height,
        limit=limit_s,
        told=told.data,
        large=large,
        on_toggled_change=toggled,
    )


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Rising numbers as (first, how many)."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        first, count = runs[-1] if runs else (-1, 0)
        if runs and number == first + count:
            runs[-1] = first, count + 1
        else:
            runs.append((number, 1))
    return runs


def layer_table(columns: Sequence[Column], *, key: str, label: str, height: int, told: Told) -> None:
    """Draws the layer table, one row for each layer, and marks the selected one."""
    draw_part("table", key=key, columns=columns, label=label, height=height, of=told.of, told=told.cells)


def stepper(
    index: int,
    last: int,
    *,
    key: str,
    of: str,
    on_layer: OnLayer,
    told: Told,
    views: Sequence[str] = (),
    view: str = "",
    on_view: OnView,
) -> None:
    """Marks one of the layers 0 to `last` in graph and table, without sending these again, and steps through.

    `on_layer` gets the index of a layer that was clicked in either or stepped to, and what runs again is the
    fragment that this is called in. `of` says which network it is; `told` is added to what the table shows.
    Beside the steps stand `views` to choose from; `view` is the one that is shown, `on_view` gets another.
    """

    def picked() -> None:
        found = heard.index(heard.said(key, "picked"), last)
        if found is not None:
            on_layer(found)

    def viewed() -> None:
        found = heard.word(heard.said(key, "viewed"), views)
        if found is not None:
            on_view(found)

    draw_part(
        "stepper",
        key=key,
        narrow=True,
        selected=index,
        last=last,
        of=of,
        told=told.data,
        views=views,
        view=view,
        on_picked_change=picked,
        on_viewed_change=viewed,
    )


def draw_part(part: str, *, key: str, narrow: bool = False, short: bool = False, **given: Any) -> None:
    """One component: callbacks have Streamlit's names, everything else is sent to the browser.

    A narrow one is as wide as what is in it; others take the width that there is. What changes all the time
    is sent `short`.
    """
    source = below_base(f"{ADDRESS}parts.js")
    callbacks = {name: call for name, call in given.items() if name.startswith("on_")}
    data = {name: value for name, value in given.items() if name not in callbacks}
    data = packed(data) if short else data
    width: Literal["content", "stretch"] = "content" if narrow else "stretch"
    _component(key=key, data={"source": source, "part": part, **data}, width=width, **callbacks)
