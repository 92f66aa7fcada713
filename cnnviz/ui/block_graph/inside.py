"""The inside of a trained network: the browser draws it, and asks `/api/inside` for what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from cnnviz.ui.addresses import below_base
from cnnviz.ui.block_graph import draw_part


def inside_view(
    state: Mapping[str, Any],
    *,
    key: str,
    net: str,
    turn: int,
    own: Mapping[str, str],
    large: bool,
    on_chosen: Callable[[object], None],
    on_missing: Callable[[], None],
) -> None:
    """Draws image, layer and predictions.

    Args:
        state: what is looked at, as `cnnviz.ui.looking.state.State` has it.
        key: Streamlit's.
        net: the network's name.
        turn: the last thing that the browser said; while it has said more, what comes is old to it.
        own: the visitor's own image: its name, and once its data address.
        large: can be read from the back of a room.
        on_chosen: gets what a person chose, unchecked.
        on_missing: the browser does not have the visitor's image.

    """
    draw_part(
        "inside",
        key=key,
        state=state,
        net=net,
        turn=turn,
        own=own,
        large=large,
        address=below_base("/api/inside"),
        on_chosen_change=lambda: on_chosen(st.session_state[key].chosen),
        on_missing_change=on_missing,
    )
