"""Networks that no exporter writes, and that a visitor may open: every view of them is drawn or refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from cnnviz import conventions, exercises, handout
from cnnviz.errors import CnnvizError
from cnnviz.graph.folding import Folding
from cnnviz.trace import Trace

onnx = pytest.importorskip("onnx")
from tests.onnx.files import model, node, traced, whole  # noqa: E402

ODD: dict[str, tuple[Any, ...]] = {
    "a norm of no channels": (
        [node("Split", "x", "s", to=["a", "b"], axis=1), node("LRN", "a", size=5)],
        {"s": whole(0, 3)},
    ),
    "a norm of a list": ([node("Reshape", "x", "s", to="a"), node("LRN", "a", size=5)], {"s": whole(-1)}),
    "a layer that reads nothing": (
        [
            node("MaxPool", "x", to="a", kernel_shape=[2, 2]),
            node("ConstantOfShape", "s", to="b"),
            node("Relu", "b"),
        ],
        {"s": whole(1, 3, 8, 8)},
    ),
    "a sum with a single number": (
        [node("ReduceMean", "x", to="a", keepdims=0), node("Add", "a", "x", to="b"), node("Relu", "b")],
    ),
    "a number as a table": (
        [
            node("Gather", "table", "i", to="a"),
            node("ReduceMax", "a", to="b", keepdims=0),
            node("Flatten", "b"),
        ],
        {"i": np.array(0), "table": (7, 5)},
    ),
    "a scalar": (
        [node("Gather", "x", "i", to="a", axis=1), node("ReduceMax", "a", keepdims=0)],
        {"i": np.array(0)},
    ),
}


@pytest.mark.parametrize("case", ODD, ids=list(ODD))
def test_every_view_of_an_odd_network_is_drawn_or_refused(case: str) -> None:
    """Oracle: no error but ours; what a convention counts of the layers adds up to what it counts of all."""
    nodes, *weights = ODD[case]
    trace: Trace = traced(model(nodes, (1, 3, 8, 8), weights[0] if weights else None))
    for convention in conventions.PRESETS.values():
        if conventions.unfit(trace, convention):
            continue
        told = [conventions.sentence(trace, layer, convention) for layer in trace.layers]
        assert all(told)
        assert sum(conventions.per_layer(trace, convention)) == conventions.counted(trace, convention)
    with suppress(CnnvizError):
        assert handout.handout(trace, None, folding=Folding.of("", level=None, fold=True))
    with suppress(CnnvizError):
        assert exercises.from_trace(trace, 1, 10)
