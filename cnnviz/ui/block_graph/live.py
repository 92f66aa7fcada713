"""The curves of training runs: the browser asks by itself how they go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypedDict

from cnnviz.ui import heard
from cnnviz.ui.addresses import below_base
from cnnviz.ui.block_graph import draw_part


class Shown(TypedDict):
    """What is drawn."""

    ids: Sequence[int]  # the runs, by number
    view: Mapping[str, Any]  # the picture, as `cnnviz.ui.training.views.View` has it
    x: str  # epoch, step or seconds
    smooth: float  # the weight of what came before
    log: bool  # whether the vertical axis is logarithmic
    large: bool  # can be read from the back of a room
    name: str  # of files that it is saved as
    expected: float | None  # seconds of one run, where they are known
    slots: int  # runs that are trained at a time
    labels: Mapping[str, str]  # of curves that have other names than those that they were trained under
    places: Mapping[str, Mapping[str, Any]]  # of points: where each curve stands across, and on which line
    mine: Sequence[int]  # runs that this visitor may cancel
    hidden: Sequence[str]  # the keys of curves that are not drawn at first
    empty: str  # what is said where there are no runs
    visitor: str  # who this is, as far as the server knows


def live_curves(
    shown: Shown,
    *,
    key: str,
    on_hidden: Callable[[list[str]], None],
    on_cancelled: Callable[[list[int]], None],
    on_visitor: Callable[[str], None],
) -> None:
    """Draws the curves, with what a legend, a progress bar and buttons say of the runs.

    Args:
        shown: what of them.
        key: Streamlit's.
        on_hidden: gets the keys of curves that are not drawn.
        on_cancelled: gets the runs that are to be cancelled.
        on_visitor: gets the name by which the browser knows its visitor.
    """
    draw_part(
        "curves",
        key=key,
        **shown,
        address=below_base("/api/runs"),
        on_cancelled_change=partial(_cancelled, key, on_cancelled),
        on_met_change=partial(_met, key, on_visitor),
        on_hid_change=partial(_hid, key, on_hidden),
    )


def _cancelled(key: str, call: Callable[[list[int]], None]) -> None:
    said = heard.said(key, "cancelled")
    numbers = map(heard.whole, said if isinstance(said, list) else [])
    if found := [run for run in numbers if run is not None]:
        call(found)


def _met(key: str, call: Callable[[str], None]) -> None:
    if said := heard.text(heard.said(key, "met")):
        call(said)


def _hid(key: str, call: Callable[[list[str]], None]) -> None:
    said = heard.said(key, "hid")
    if isinstance(said, list):
        call([curve for curve in map(heard.text, said) if curve is not None])
