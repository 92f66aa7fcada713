"""What is known by now of what was to be predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Cell = tuple[int, int, str | int]  # row, column, and what stands there


@dataclass(frozen=True, slots=True)
class Told:
    """What was hidden and is known by now: cells of the table, shapes in the graph."""

    of: str  # of which table and graph: the network, and what is hidden of it
    cells: tuple[Cell, ...] = ()
    shapes: tuple[tuple[int, str], ...] = ()  # of layers, as their boxes say them

    @property
    def data(self) -> dict[str, Any]:
        return {"of": self.of, "cells": self.cells, "shapes": self.shapes}
