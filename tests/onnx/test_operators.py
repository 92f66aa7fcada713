"""Operations one by one: shapes as onnx works them out, multiplications as torch counts them."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.errors import CnnvizError, ModelFileError, ReplayError, ShapeError

onnx = pytest.importorskip("onnx")
from tests.onnx.files import inferred, model, node, of, traced, whole  # noqa: E402

IMAGE = (2, 6, 12, 10)


@pytest.mark.parametrize("pads", [[1, 1, 1, 1], [0, 1, 2, 1], "SAME_UPPER", "SAME_LOWER", "VALID"])
@given(data=st.data())
def test_windows_are_as_large_as_onnx_says(pads: Any, data: st.DataObject) -> None:
    """Oracle: onnx.shape_inference."""
    sizes = st.integers(1, 4)
    kernel, strides = data.draw(st.tuples(sizes, sizes)), data.draw(st.tuples(sizes, sizes))
    dilations = data.draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    how: dict[str, Any] = {"auto_pad": pads} if isinstance(pads, str) else {"pads": pads}
    how |= {"kernel_shape": list(kernel), "strides": list(strides)}
    if not isinstance(pads, str):
        how["dilations"] = list(dilations)
    groups = data.draw(st.sampled_from([1, 2, 3]))
    nodes = [
        node("Conv", "x", "w", to="a", group=groups, **how),
        node("MaxPool", "x", to="b", **how),
        node("AveragePool", "x", to="c", **{k: v for k, v in how.items() if k != "dilations"}),
        node("Relu", "a"),
    ]
    made = model(nodes, IMAGE, {"w": (6, 6 // groups, *kernel)})
    found = {layer.op: layer.output_shapes[0] for layer in traced(made).layers}
    assert found["conv2d"] == inferred(made)
    assert found["max_pool2d"] == inferred(made, "b")
    assert found["avg_pool2d"] == inferred(made, "c")


@given(data=st.data())
def test_windows_that_hang_over_the_edge(data: st.DataObject) -> None:
    """Oracle: onnx.shape_inference of the operator set that says which windows are left out."""
    pairs, edges = st.tuples(*[st.integers(1, 4)] * 2), st.tuples(*[st.integers(0, 3)] * 4)
    kernel, pads = data.draw(pairs), data.draw(edges)
    pads = tuple(min(n, kernel[i % 2] - 1) for i, n in enumerate(pads))
    how = {"kernel_shape": kernel, "strides": data.draw(pairs), "pads": pads, "ceil_mode": 1}
    made = model([node("MaxPool", "x", to="a", **how), node("AveragePool", "x", **how)], IMAGE, opset=22)
    found = {layer.op: layer.output_shapes[0] for layer in traced(made).layers}
    assert found["max_pool2d"] == inferred(made, "a")
    assert found["avg_pool2d"] == inferred(made)


def test_a_window_that_hangs_over_a_map_that_is_too_small() -> None:
    with pytest.raises(ShapeError, match="needs"):
        traced(
            model([node("MaxPool", "x", kernel_shape=[6, 6], pads=[0, 0, 1, 1], ceil_mode=1)], (1, 3, 4, 4))
        )


@given(
    groups=st.sampled_from([1, 2]),
    stride=st.integers(1, 3),
    pads=st.tuples(*[st.integers(0, 1)] * 4),
    extra=st.integers(0, 1),
)
def test_transposed_convolutions(groups: int, stride: int, pads: tuple[int, ...], extra: int) -> None:
    """Oracle: onnx.shape_inference for the size, FlopCounterMode / 2 for the multiplications."""
    extra = min(extra, stride - 1)
    how = {"group": groups, "strides": [stride] * 2, "pads": list(pads), "output_padding": [extra] * 2}
    made = model([node("ConvTranspose", "x", "w", **how)], IMAGE, {"w": (6, 4, 3, 3)})
    layer = traced(made).layers[-1]
    assert layer.output_shapes[0] == inferred(made)
    with FlopCounterMode(display=False) as counter:
        F.conv_transpose2d(torch.zeros(IMAGE), torch.zeros(6, 4, 3, 3), stride=stride, groups=groups)
    assert layer.macs * 2 == counter.get_total_flops() // 2


CASES: dict[str, tuple[Any, ...]] = {
    "flatten": ([node("Flatten", "x", axis=2)],),
    "flatten from the front": ([node("Flatten", "x", axis=0)],),
    "transpose": ([node("Transpose", "x", perm=[0, 2, 3, 1])],),
    "transpose without an order": ([node("Transpose", "x")],),
    "reshape that keeps axes": ([node("Reshape", "x", "s")], {"s": whole(0, 3, 2, -1)}),
    "squeeze": ([node("Unsqueeze", "x", "s", to="a"), node("Squeeze", "a", "s")], {"s": whole(1, -1)}),
    "slice": (
        [node("Slice", "x", "b", "e", "a", "s")],
        {"b": whole(-1, 2), "e": whole(-9999, 2**40), "a": whole(3, 2), "s": whole(-2, 3)},
    ),
    "pad": ([node("Pad", "x", "p", mode="reflect")], {"p": whole(0, 0, 1, 2, 0, 0, 3, 0)}),
    "pad of named axes": ([node("Pad", "x", "p", "", "a")], {"p": whole(1, 2), "a": whole(-1)}),
    "resize by sizes": ([node("Resize", "x", "", "", "s")], {"s": whole(2, 6, 7, 33)}),
    "resize by scales": (
        [node("Resize", "x", "", "s", mode="linear")],
        {"s": np.array([1, 1, 2, 1.5], np.float32)},
    ),
    "expand": ([node("Expand", "x", "s")], {"s": whole(3, 1, 1, 1, 1)}),
    "tile": ([node("Tile", "x", "s")], {"s": whole(1, 2, 1, 3)}),
    "space to depth": ([node("SpaceToDepth", "x", blocksize=2)],),
    "depth to space": ([node("Concat", "x", "x", to="a", axis=1), node("DepthToSpace", "a", blocksize=2)],),
    "concat": ([node("Concat", "x", "x", "x", axis=-3)],),
    "split": ([node("Split", "x", "s", to=["y", "b"], axis=1)], {"s": whole(2, 4)}),
    "split evenly": ([node("Split", "x", to=["y", "b"], axis=3, num_outputs=2)],),
    "gather one": ([node("Gather", "x", "i", axis=2)], {"i": np.array(3)}),
    "gather some": ([node("Gather", "x", "i", axis=1)], {"i": whole(0, 2, 5)}),
    "gather a table": ([node("Gather", "x", "i", axis=1)], {"i": np.array([[0, 1], [2, 3]])}),
    "mean": ([node("ReduceMean", "x", "a", keepdims=0)], {"a": whole(-2, -1)}),
    "sum of all": ([node("ReduceSum", "x")],),
    "largest": ([node("ArgMax", "x", axis=1, keepdims=0)],),
    "softmax": ([node("Softmax", "x", axis=1)],),
    "clip": ([node("Clip", "x")],),
    "where": ([node("Greater", "x", "x", to="a"), node("Where", "a", "x", "x")],),
    "batch norm": ([node("BatchNormalization", "x", "g", "g", "g", "g")], {"g": (6,)}),
    "layer norm": ([node("LayerNormalization", "x", "g", axis=-1)], {"g": (10,)}),
    "global pool": ([node("GlobalMaxPool", "x")],),
    "prelu": ([node("PRelu", "x", "g")], {"g": (6, 1, 1)}),
    "einsum": ([node("Einsum", "x", "g", equation="nchw,dc->ndhw")], {"g": (5, 6)}),
    "matmul": ([node("MatMul", "x", "g")], {"g": (10, 4)}),
    "sizes": (
        [
            node("Shape", "x", to="s", start=2),
            node("Mul", "s", "two", to="t"),
            node("Concat", "front", "t", to="v", axis=0),
            node("Resize", "x", "", "", "v"),
        ],
        {"two": whole(2), "front": whole(2, 6)},
    ),
}


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_shapes_are_as_onnx_says(case: str) -> None:
    """Oracle: onnx.shape_inference."""
    nodes, *weights = CASES[case]
    made = model(nodes, IMAGE, weights[0] if weights else None)
    trace = traced(made)
    number = trace.program.outputs[0]
    assert trace.program.shapes([IMAGE])[number] == inferred(made)
    assert not trace.uncounted


SIZED: dict[str, tuple[Any, ...]] = {
    "flatten": ([node("Flatten", "x", axis=2)],),
    "split": ([node("Split", "x", to=["y", "b"], axis=3, num_outputs=2)],),
    "gather": ([node("Gather", "x", "i", axis=1)], {"i": np.array([[0, 1], [2, 3]])}),
    "expand": ([node("Expand", "x", "s")], {"s": whole(3, 1, 1, 1, 1)}),
    "transposed": (
        [node("ConvTranspose", "x", "w", strides=[2, 2], output_shape=[24, 20])],
        {"w": (6, 4, 3, 3)},
    ),
    "window": ([node("MaxPool", "x", kernel_shape=[3, 3], strides=[4, 4], pads=[0, 0, 1, 1], ceil_mode=1)],),
    "batch": (
        [
            node("Shape", "x", to="s"),
            node("Gather", "s", "z", to="n"),
            node("Concat", "n", "r", to="v", axis=0),
            node("Reshape", "x", "v"),
        ],
        {"z": whole(0), "r": whole(6, -1)},
    ),
}


@pytest.mark.parametrize("other", [(1, 6, 13, 10), (1, 6, 24, 20), (4, 6, 12, 10)])
@pytest.mark.parametrize("case", SIZED, ids=list(SIZED))
def test_a_trace_at_another_size_is_that_of_the_file_or_none(case: str, other: tuple[int, ...]) -> None:
    """Oracle: the file read at that size and batch."""
    nodes, *weights = SIZED[case]
    read = of(model(nodes, ("batch", *IMAGE[1:]), weights[0] if weights else None))
    first = read.trace([IMAGE[1:]])
    try:
        expected = read.trace([other[1:]], batch_size=other[0])
    except ShapeError:
        return
    with contextlib.suppress(ReplayError):
        again = first.at(other[1:], batch_size=other[0])
        assert [layer.output_shapes for layer in again.layers] == [
            layer.output_shapes for layer in expected.layers
        ]


def test_the_scale_of_a_layer_norm_says_what_it_normalises() -> None:
    """Oracle: onnx: a scale must be broadcast to the axes that are normalised."""
    made = model([node("LayerNormalization", "x", "g", axis=-1)], (1, 6, 12, 10), {"g": (10,)})
    with pytest.raises(ShapeError, match="normalises 20, and its scale is for 10"):
        traced(made, (6, 12, 20))


@pytest.mark.parametrize(("left", "right"), [(False, False), (False, True), (True, False)])
def test_matrix_products(left: bool, right: bool) -> None:
    """Oracle: 7*5 outputs of 6 products each; a weight is counted once, and shared weights too."""
    shape, weight = ((6, 7) if left else (7, 6)), ((5, 6) if right else (6, 5))
    nodes = [node("Gemm", "x", "w", "b", to="a", transA=int(left), transB=int(right)), node("Relu", "a")]
    trace = traced(model(nodes, shape, {"w": weight, "b": (5,)}))
    assert trace.program.shapes([shape])[trace.program.outputs[0]] == (7, 5)
    assert sum(layer.macs for layer in trace.layers) in (7 * 6 * 5, 6 * 5)
    twice = [node("MatMul", "x", "w", to="a"), node("MatMul", "a", "w")]
    assert traced(model(twice, (1, 6), {"w": (6, 6)})).parameters == 36


def test_an_operation_without_a_rule_is_listed_with_the_shape_that_the_file_gives() -> None:
    """Oracle: the file: what it declares is the shape, what it does not declare is asked for."""
    nodes = [node("TopK", "x", "k", to=["v", "i"], axis=3), node("Relu", "v")]
    bare = model(nodes, IMAGE, {"k": whole(3)})
    with pytest.raises(ModelFileError, match=r"no rule knows.*onnx.shape_inference.infer_shapes"):
        traced(bare)
    trace = traced(onnx.shape_inference.infer_shapes(bare))
    assert trace.uncounted == ("TopK (1x)",)
    assert trace.layers[-1].output_shapes[0] == (2, 6, 12, 3)


def test_an_operation_of_another_domain_is_named() -> None:
    made = model([onnx.helper.make_node("Magic", ["x"], ["y"], domain="com.example")], IMAGE)
    with pytest.raises(ModelFileError, match=r"Magic.* of the domain 'com.example' that no rule knows"):
        traced(made)


def test_loops_and_branches_are_refused_by_name() -> None:
    body = onnx.helper.make_graph([node("Relu", "x", to="z")], "b", [], [onnx.ValueInfoProto(name="z")])
    branch = node("If", "c", then_branch=body, else_branch=body)
    with pytest.raises(ModelFileError, match=r"\(If\) holds graphs of its own"):
        traced(model([branch], IMAGE, {"c": np.array(True)}))


def test_what_does_not_fit_names_the_layer_and_the_smallest_size_that_works() -> None:
    """Oracle: by hand: 3x3, stride 2, then 3x3: 7x7 -> 3x3 -> 1x1."""
    nodes = [node("Conv", "x", "a.weight", to="a", strides=[2, 2]), node("Conv", "a", "b.weight")]
    made = model(nodes, (1, 3, 32, 32), {"a.weight": (4, 3, 3, 3), "b.weight": (4, 4, 3, 3)})
    with pytest.raises(ShapeError, match=r"net.onnx needs an input of at least 7x7, got 6x6: b \(conv2d\)"):
        traced(made, (3, 6, 6))
    with pytest.raises(ShapeError, match=r"net.onnx needs an input with 3 channels, got 1x32x32"):
        traced(made, (1, 32, 32))
    assert traced(made, (3, 7, 7)).layers[-1].output_shape == (4, 1, 1)


def test_sizes_of_inputs_are_bounded() -> None:
    made = model([node("Relu", "x")], (1, 3, 8, 8))
    with pytest.raises(ShapeError, match="heights and widths up to 4096"):
        traced(made, (3, 8, 5000))
    with pytest.raises(ShapeError, match="has 1 inputs, got 2"):
        of(made).trace([(3, 8, 8), (3, 8, 8)])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"opset": 99}, "opset.* 99, and .* is the newest that is read"),
        ({"opset": 6}, "opset.* 6, where operations mean something else"),
        ({"ir": 99}, "ONNX format 99"),
    ],
)
def test_versions_that_nobody_knows_yet_and_very_old_ones(change: dict[str, int], says: str) -> None:
    with pytest.raises(ModelFileError, match=says):
        traced(model([node("Relu", "x")], IMAGE, **change))


def test_a_node_that_reads_what_nobody_makes() -> None:
    with pytest.raises(CnnvizError, match="reads 'nothing', which nothing before it makes"):
        traced(model([node("Relu", "nothing")], IMAGE))
