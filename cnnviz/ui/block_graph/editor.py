"""The editor of a design: its rows as a list that is edited in the browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from cnnviz.design.design import LARGEST_SIDE, MOST_INPUT_CHANNELS, MOST_NAME, MOST_ROWS
from cnnviz.design.kinds import KINDS, MOST_REPEATS, Kind
from cnnviz.ui import heard


class RowTold(TypedDict):
    """What stands beside a row."""

    text: str  # the row in a few words
    size: str  # of what comes out; "" where it is not known
    parameters: int
    macs: int  # or what the switch counts


class Told(TypedDict):
    """What is known of a design."""

    rows: Sequence[RowTold]  # one for each row
    cost: str  # what their cost is called: "MACs", "FLOPs"
    totals: str
    wrong: int | None  # the first row that does not fit
    problem: str
    fix: str
    undo: bool
    redo: bool
    error: str  # why the last edit was not taken; mostly ""


def kinds_js() -> bytes:
    """What rows there are, as a script: sent to a browser once, and not with every edit."""
    limits = {
        "rows": MOST_ROWS,
        "name": MOST_NAME,
        "repeat": MOST_REPEATS,
        "side": LARGEST_SIDE,
        "channels": MOST_INPUT_CHANNELS,
    }
    kinds = json.dumps([_declared(kind) for kind in KINDS])
    return f"export const kinds = {kinds}\nexport const limits = {json.dumps(limits)}\n".encode()


def design_editor(
    data: Mapping[str, object],
    told: Told,
    *,
    key: str,
    turn: int,
    on_edit: Callable[[int, object], None],
    on_step: Callable[[int, str], None],
) -> None:
    """Draws the rows with what they cost.

    Args:
        data: the design, as its text has it.
        told: what is known of it.
        key: Streamlit's.
        turn: the last thing that the browser said; while it has said more, what comes is old to it.
        on_edit: gets the turn and the design after an edit, unchecked; once for each that is new.
        on_step: gets the turn and "undo" or "redo".

    """
    from cnnviz.ui.block_graph import draw_part

    def edited() -> None:
        edits = heard.said(key, "edited")
        for said in map(heard.fields, edits if isinstance(edits, list) else []):
            number = heard.whole(said.get("turn"))
            if number is not None and number > turn:
                on_edit(number, said.get("design"))

    def stepped() -> None:
        said = heard.fields(heard.said(key, "stepped"))
        number, way = heard.whole(said.get("turn")), heard.word(said.get("way"), ("undo", "redo"))
        if number is not None and way is not None:
            on_step(number, way)

    draw_part(
        "editor",
        key=key,
        short=True,
        design=data,
        told=told,
        turn=turn,
        on_edited_change=edited,
        on_stepped_change=stepped,
    )


def _declared(kind: Kind) -> dict[str, Any]:
    options = [{**option.as_dict(), "rule": option.rule} for option in kind.options]
    return {
        "name": kind.name,
        "title": kind.title,
        "group": kind.group,
        "help": kind.help,
        "options": options,
    }
