"""A design in a file as a target: `cnnviz trace design.toml`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from cnnviz.design.built import trace_design
from cnnviz.design.design import Design
from cnnviz.design.text import read
from cnnviz.errors import ShapeError
from cnnviz.formulas import Shape
from cnnviz.trace import Trace


def trace_file(path: str, input_shapes: Sequence[Shape] | None = None, batch_size: int = 1) -> Trace:
    """The trace of the design, at its own input or another. Raises CnnvizError."""
    made = trace_design(read(Path(path)))
    if input_shapes is None:
        return made.at(made.input_shapes[0], batch_size=batch_size)
    if len(input_shapes) != 1 or len(input_shapes[0]) != 3:
        raise ShapeError(f"{made.model} takes one input, channels x height x width, such as 3x224x224")
    return made.at(tuple(input_shapes[0]), batch_size=batch_size)


def file_stem(made: Design) -> str:
    """What a file that holds the design is called, without an ending."""
    return re.sub(r"\W+", "-", made.name).strip("-").lower() or "design"


def channels_of_file(path: str) -> int:
    return read(Path(path)).input_shape[0]
