"""A table that a visitor sorts, of whatever is compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from cnnviz.ui.block_graph import draw_part


class SheetColumn(TypedDict):
    """A column: what stands there, and what it is sorted by."""

    name: str
    texts: Sequence[str]
    values: Sequence[int | float | str | None]
    numeric: bool
    bars: bool  # below each number a bar, which compares it with the largest


def sheet_table(
    columns: Sequence[SheetColumn], *, key: str, label: str, total: bool = False, large: bool = False
) -> None:
    """Draws the table; with `total` its last row stays last, `large` is for a projector."""
    draw_part("sheet", key=key, columns=columns, label=label, total=total, large=large)
