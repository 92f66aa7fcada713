"""Traces: values, other sizes and batches, memory, and what a row says."""

from __future__ import annotations

import pickle
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

import cnnviz
from cnnviz.capture import capture, on_meta
from cnnviz.errors import ReplayError, ShapeError
from cnnviz.program import Input

NAMES = [
    "lenet5",
    "alexnet",
    "vgg16@bn",
    "googlenet",
    "resnet50",
    "densenet121",
    "mobilenet_v2",
    "efficientnet_b0",
]


@pytest.mark.parametrize("name", NAMES)
def test_another_size_is_what_a_fresh_capture_gives(name: str) -> None:
    """Oracle: a capture at that size: every shape, every count, and which sizes do not work."""
    network, trace = cnnviz.find(name), cnnviz.trace(name)
    channels = network.input_shape[0]
    for side in (1, 17, 31, 64, 96, 111, 224, 250):
        for height, width in ((side, side), (side, side + 13)):
            shape = (channels, height, width)
            try:
                program = capture(on_meta(network.build), [Input(name="", shape=(1, *shape))])
            except ShapeError:
                with pytest.raises(ShapeError):
                    trace.at(shape)
                continue
            fresh = cnnviz.Trace(model=trace.model, program=program, input_shape=shape)
            moved = trace.at(shape)
            assert moved.macs == fresh.macs
            assert moved.parameters == fresh.parameters
            assert moved.peak_activation_bytes == fresh.peak_activation_bytes
            assert [row.output_shapes for row in moved.layers] == [row.output_shapes for row in fresh.layers]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("batch", [2, 7])
def test_a_batch_costs_memory_and_no_more_macs_per_image(name: str, batch: int) -> None:
    """Oracle: the trace of one image, times the batch."""
    one, several = cnnviz.trace(name), cnnviz.trace(name, batch_size=batch)
    assert several.macs == one.macs
    assert several.parameters == one.parameters
    assert several.activation_bytes == batch * one.activation_bytes
    assert several.peak_activation_bytes == batch * one.peak_activation_bytes
    assert [row.macs for row in several.layers] == [row.macs for row in one.layers]
    assert [row.extra for row in several.layers] == [row.extra for row in one.layers]
    assert several == one.at(one.input_shape, batch_size=batch)


def test_a_trace_is_a_value() -> None:
    """Oracle: equality, hash and pickle; numbers already worked out neither travel nor matter."""
    trace, other = cnnviz.trace("resnet18"), cnnviz.trace("resnet18")
    small = len(pickle.dumps(trace))
    assert trace.macs
    assert trace.layers
    again = pickle.loads(pickle.dumps(trace))
    assert trace == other == again
    assert len({trace, other, again}) == 1
    assert len(pickle.dumps(trace)) == small < 30_000
    assert again.layers == trace.layers
    assert trace != trace.at((3, 64, 64))
    with pytest.raises(AttributeError):
        trace.model = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        trace.layers[0].parameters = 0  # type: ignore[misc]


# ---- memory


class LiveBytes(TorchDispatchMode):
    """The most bytes of storages that living tensors held at once."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.weights = {p.untyped_storage().data_ptr() for p in model.parameters()}
        self.tensors: list[weakref.ref[Tensor]] = []
        self.peak = 0

    def watch(self, tensor: Tensor) -> Tensor:
        self.tensors.append(weakref.ref(tensor))
        return tensor

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        out = func(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, tuple | list) else [out]:
            self.watch(tensor)
        alive = [tensor for ref in self.tensors if (tensor := ref()) is not None]
        held = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in alive}
        self.peak = max(self.peak, sum(size for at, size in held.items() if at not in self.weights))
        return out


def chain(*parts: nn.Module) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
    model = nn.Sequential(*parts)

    def run(x: Tensor) -> Tensor:
        for part in model:
            x = part(x)
        return x

    return model, run


CHAINS = {
    "growing": chain(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.AvgPool2d(2)),
    "in place": chain(nn.Conv2d(3, 8, 3), nn.ReLU(inplace=True), nn.Conv2d(8, 4, 3), nn.ReLU(inplace=True)),
    "views": chain(
        nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(2 * 14 * 14, 900), nn.Identity(), nn.Sigmoid()
    ),
    "shrinking": chain(nn.AvgPool2d(4), nn.Conv2d(3, 2, 3), nn.Dropout(), nn.Flatten()),
    "large input": chain(nn.Conv2d(3, 1, 9), nn.Tanh()),
}


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("batch", [1, 3])
def test_peak_memory_of_a_chain_is_what_lives_at_once(name: str, batch: int) -> None:
    """Oracle: brute force: a real forward in which every living storage is added up after each kernel."""
    model, run = CHAINS[name]
    model.eval()
    tensors = [torch.rand(batch, 3, 16, 16)]
    with torch.no_grad(), LiveBytes(model) as live:
        live.watch(tensors[0])
        run(tensors.pop())
    assert cnnviz.trace(model, (3, 16, 16), batch_size=batch).peak_activation_bytes == live.peak


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 6, 1), nn.Conv2d(6, 3, 3, padding=1), nn.Conv2d(3, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.a(x)
        y = y.relu_()
        y = self.b(y)
        y = y + x
        return torch.cat([self.c(y), y], 1)


def test_peak_memory_of_branches() -> None:
    """Oracle: the same brute force on a shortcut and a concatenation; x lives until the shortcut has used it.

    By hand, in maps of 16x16 floats: x 3 and a 6 and b 3 are 12; in the end sum 3, c 5, cat 8 are 16.
    """
    assert cnnviz.trace(Branches(), (3, 16, 16)).peak_activation_bytes == 16 * 16 * 16 * 4


def test_training_keeps_every_tensor_that_is_made() -> None:
    """Oracle: by hand, in floats: conv and batch norm 8*14*14 each, in place 0, a view 0, linear 10."""
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Flatten())
    model.append(nn.Linear(8 * 14 * 14, 10))
    trace = cnnviz.trace(model, (3, 16, 16), batch_size=2)
    assert trace.activation_bytes == 2 * 4 * (2 * 8 * 14 * 14 + 10)
    assert [row.activation_bytes for row in trace.layers] == [2 * 4 * n for n in (1568, 1568, 0, 0, 10)]
    assert "in place" in trace.layers[2].formulas.activation_bytes
    assert "a view" in trace.layers[3].formulas.activation_bytes


# ---- rows


def test_sizes_are_named_where_there_are_any() -> None:
    """Oracle: by hand: maps have n_H and n_W, vectors do not; a permute does not confuse them."""

    class Permuted(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.permute(0, 2, 3, 1).flatten(1)

    rows = cnnviz.trace(Permuted(), (3, 8, 6)).layers
    assert [(r.n_H, r.n_W, r.n_C) for r in rows] == [(8, 6, 3), (None, None, 144)]
    row = cnnviz.trace(nn.Conv1d(2, 4, 3), (2, 9)).layers[0]
    assert (row.n_H, row.n_W, row.n_C) == (None, 7, 4)


def test_edges_show_skips_and_concatenations() -> None:
    """Oracle: by hand: -1 is the input; the sum reads the second convolution and the input."""
    trace = cnnviz.trace(Branches(), (3, 8, 8))
    ops = [row.op for row in trace.layers]
    assert ops == ["conv2d", "relu", "conv2d", "add", "conv2d", "cat"]
    assert trace.edges == ((-1, 0), (0, 1), (1, 2), (2, 3), (-1, 3), (3, 4), (4, 5), (3, 5))
    assert trace.layers[5].inputs == (4, 3)
    assert trace.weight_layers == 3


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ((3, 20, 20), r"alexnet@course needs an input of at least 63x63|alexnet@course .*at least"),
        ((1, 227, 227), r"needs an input with 3 channels, got 1x227x227"),
        ((3, 227), r"needs an input like 3x227x227 .*got 3x227"),
    ],
)
def test_a_size_that_does_not_work_is_explained(shape: tuple[int, ...], says: str) -> None:
    """Oracle: the sentence: the network, what it got, what it needs, and the layer that cannot take it."""
    with pytest.raises(ShapeError, match=says):
        cnnviz.trace("alexnet").at(shape)


def test_a_trace_that_cannot_be_moved_says_so() -> None:
    """Oracle: the sentence, with the way out."""

    class Sized(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return x + 1 if x.size(2) > 7 else x

    with pytest.raises(ReplayError, match=r"Sized cannot be moved to 3x4x4: .*; trace it again there"):
        cnnviz.trace(Sized(), (3, 8, 8)).at((3, 4, 4))
