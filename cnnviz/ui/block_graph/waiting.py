"""What a visitor sees while the server measures: the place in the queue, and a way out."""

from __future__ import annotations

from collections.abc import Callable

from cnnviz.ui import heard
from cnnviz.ui.addresses import below_base
from cnnviz.ui.block_graph import draw_part


def waiting(
    number: int, *, key: str, title: str, on_cancelled: Callable[[int], None], on_ended: Callable[[], None]
) -> None:
    """Tells how the measurement of that number goes; the browser asks for it by itself.

    Args:
        number: of the measurement.
        key: Streamlit's.
        title: what is measured, in words.
        on_cancelled: gets the number where the visitor presses Cancel.
        on_ended: is called before the page runs again, once it is over.
    """

    def cancelled() -> None:
        if said := heard.whole(heard.said(key, "cancelled")):
            on_cancelled(said)

    draw_part(
        "waiting",
        key=key,
        number=number,
        title=title,
        address=below_base(f"/api/measurements/{number}"),
        on_cancelled_change=cancelled,
        on_ended_change=on_ended,
    )
