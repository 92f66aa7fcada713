"""ONNX files for tests, made by the onnx package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from cnnviz.onnx import Network, network
from cnnviz.trace import Trace

Weights = dict[str, Sequence[int] | np.ndarray[Any, Any]]


def model(
    nodes: Sequence[onnx.NodeProto],
    shape: Sequence[int | str | None],
    weights: Weights | None = None,
    *,
    opset: int = 20,
    domains: Sequence[str] = (),
    ir: int = 9,
) -> onnx.ModelProto:
    """A network from input `x` to output `y`; weights by shape (then they are zeros) or by value."""
    held = [
        numpy_helper.from_array(
            value if isinstance(value, np.ndarray) else np.zeros(tuple(value), np.float32), name
        )
        for name, value in (weights or {}).items()
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    y = onnx.ValueInfoProto(name="y")
    graph = helper.make_graph(list(nodes), "net", [x], [y], held)
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(name, 1) for name in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir)


def of(made: onnx.ModelProto) -> Network:
    return network(made.SerializeToString(), "net.onnx")


def traced(made: onnx.ModelProto, *shapes: tuple[int, ...]) -> Trace:
    return of(made).trace(shapes or None)


def inferred(made: onnx.ModelProto, name: str = "y") -> tuple[int, ...]:
    """The shape that onnx itself works out."""
    graph = onnx.shape_inference.infer_shapes(made, strict_mode=True, data_prop=True).graph
    for value in (*graph.output, *graph.value_info):
        if value.name == name:
            return tuple(axis.dim_value for axis in value.type.tensor_type.shape.dim)
    raise AssertionError(name)


def node(op: str, *inputs: str, to: str | Sequence[str] = "y", **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op, inputs, [to] if isinstance(to, str) else list(to), **attributes)


def whole(*numbers: int) -> np.ndarray[Any, Any]:
    return np.array(numbers, np.int64)


def small_network() -> bytes:
    """A file of some 1.5 kB with convolution, pooling, shape arithmetic and a classifier."""
    nodes = [
        node("Conv", "x", "conv.weight", "conv.bias", to="a", kernel_shape=[3, 3], strides=[2, 2]),
        node("Relu", "a", to="b"),
        node("MaxPool", "b", to="c", kernel_shape=[2, 2], strides=[2, 2]),
        node("Shape", "c", to="s"),
        node("Gather", "s", "first", to="n"),
        node("Concat", "n", "rest", to="shape", axis=0),
        node("Reshape", "c", "shape", to="d"),
        node("Gemm", "d", "fc.weight", "fc.bias", transB=1),
    ]
    weights: Weights = {
        "conv.weight": (4, 3, 3, 3),
        "conv.bias": (4,),
        "first": whole(0),
        "rest": whole(-1),
        "fc.weight": (5, 36),
        "fc.bias": (5,),
    }
    return model(nodes, ["batch", 3, 15, 15], weights).SerializeToString()
