"""Forward passes that change their own modules: the trace follows them, and the modules are put back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import cnnviz

Stored = dict[str, tuple[dict[str, Any], dict[str, Any]]]


def stored(model: nn.Module) -> Stored:
    """All attributes and children of all modules."""
    return {path: (dict(vars(m)), dict(m._modules)) for path, m in model.named_modules()}


def same(before: Stored, after: Stored) -> bool:
    """By identity; children in the same order."""
    return list(before) == list(after) and all(
        old.keys() == new.keys() and all(old[key] is new[key] for key in old)
        for path in before
        for old, new in zip(before[path], after[path], strict=True)
    )


def ops(trace: cnnviz.Trace) -> list[tuple[str, tuple[int, ...]]]:
    return [(layer.op, layer.output_shape) for layer in trace.layers]


HEAD = nn.Linear(12, 5)


class Parts(nn.Module):
    """Three leaves, and a forward that each test gives."""

    def __init__(self, does: Callable[[Any, Tensor], Tensor]) -> None:
        super().__init__()
        self.conv, self.norm, self.pool = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.AvgPool2d(2)
        self.does = does

    def forward(self, x: Tensor) -> Tensor:
        return self.does(self, x)


def pools_twice(self: Any, x: Tensor) -> Tensor:
    self.pool.kernel_size = 3
    x = self.pool(x)
    self.pool.kernel_size, self.pool.stride = 2, (1, 1)
    out: Tensor = self.pool(x)
    return out


def strides(self: Any, x: Tensor) -> Tensor:
    self.conv.stride, self.conv.padding = 2, "same" if self.conv.stride == 2 else [1, 1]
    out: Tensor = self.conv(x)
    return out


def adds_and_deletes(self: Any, x: Tensor) -> Tensor:
    self.pool.note = "seen"
    self.norm.momentum = 0.5
    del self.conv.output_padding
    self.norm.table = torch.linspace(0, 1, 4)
    out: Tensor = self.pool(self.norm(self.conv(x)))
    return out


def changes_the_mode(self: Any, x: Tensor) -> Tensor:
    self.norm.train(not self.norm.training)
    out: Tensor = self.norm(self.conv(x))
    return out


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("does", [pools_twice, strides, adds_and_deletes, changes_the_mode])
def test_attributes_that_a_forward_sets_on_a_layer_count_and_are_put_back(
    does: Callable[[Any, Tensor], Tensor], training: bool
) -> None:
    """Oracle: the shape that the model's own forward gives, and the modules before."""
    expected = does(Parts(does), torch.rand(2, 3, 12, 12)).shape[1:]
    model = Parts(does)
    before = stored(model)
    for _ in range(2):
        trace = cnnviz.trace(model, (3, 12, 12), batch_size=2, training=training)
        assert trace.layers[-1].output_shape == expected
        assert same(before, stored(model))


def test_a_window_set_from_the_size_of_its_input_follows_the_input() -> None:
    """Oracle: by hand: a window over the whole map leaves 1x1, whatever the map."""

    def whole_map(self: Any, x: Tensor) -> Tensor:
        self.pool.kernel_size = x.shape[-1]
        out: Tensor = self.pool(x)
        return out

    model = Parts(whole_map)
    trace = cnnviz.trace(model, (3, 12, 12))
    assert trace.layers[-1].output_shape == (3, 1, 1)
    assert trace.at((3, 20, 20)).layers[-1].output_shape == (3, 1, 1)
    assert model.pool.kernel_size == 2


def removes(self: Any, x: Tensor) -> Tensor:
    x = self.conv(x)
    self.norm = None
    return x if self.norm is None else self.norm(x)


def deletes(self: Any, x: Tensor) -> Tensor:
    x = self.conv(x)
    del self.norm
    return self.norm(x) if hasattr(self, "norm") else x


def replaces(self: Any, x: Tensor) -> Tensor:
    self._modules["norm"] = nn.Identity()
    self.pool = nn.MaxPool2d(3)
    out: Tensor = self.pool(self.norm(x))
    return out


def adds(self: Any, x: Tensor) -> Tensor:
    self.head = HEAD
    out: Tensor = self.head(self.conv(x))
    return out


def fails_without(self: Any, x: Tensor) -> Tensor:
    self._modules["pool"] = None
    if self.pool is not None:
        raise RuntimeError("a child that is gone")
    out: Tensor = self.conv(x)
    return out


@pytest.mark.parametrize(
    ("does", "expected"),
    [
        (removes, ["conv2d"]),
        (deletes, ["conv2d"]),
        (replaces, ["max_pool2d"]),
        (adds, ["conv2d", "linear"]),
        (fails_without, ["conv2d"]),
    ],
)
def test_children_that_a_forward_replaces_are_the_ones_called_and_are_put_back(
    does: Callable[[Any, Tensor], Tensor], expected: list[str]
) -> None:
    """Oracle: by hand, the shape that the model's own forward gives, and the modules before."""
    shape = Parts(does)(torch.rand(1, 3, 12, 12)).shape[1:]
    model = Parts(does)
    before = stored(model)
    for _ in range(2):
        trace = cnnviz.trace(model, (3, 12, 12))
        assert [layer.op for layer in trace.layers] == expected
        assert trace.layers[-1].output_shape == shape
        assert same(before, stored(model))


def test_a_child_that_python_does_not_find_by_its_name_is_not_found() -> None:
    """Oracle: by hand, as Python looks attributes up: a class's own comes before torch's children."""

    class Hidden(nn.Module):
        norm = None

        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 1)
            self._modules["norm"] = nn.BatchNorm2d(4)

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            return x if self.norm is None else self.norm(x)

    assert ops(cnnviz.trace(Hidden(), (3, 8, 8))) == [("conv2d", (4, 8, 8))]


def test_a_module_with_a_lookup_of_its_own_is_asked() -> None:
    """Oracle: by hand: every child is found twice over, as the lookup says."""

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3)

        def __getattr__(self, name: str) -> Any:
            found = super().__getattr__(name)
            return (lambda x: found(found(x))) if isinstance(found, nn.Module) else found

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = self.conv(x)
            return out

    assert ops(cnnviz.trace(Twice(), (3, 8, 8))) == [("conv2d", (3, 6, 6)), ("conv2d", (3, 4, 4))]


def test_another_thread_runs_a_model_while_its_children_are_at_hand() -> None:
    """Oracle: the network's own answer before, and the trace made alone."""

    def calls_all(self: Any, x: Tensor) -> Tensor:
        out: Tensor = self.pool(self.norm(self.conv(x)))
        return out

    model = Parts(calls_all).eval()
    x = torch.rand(1, 3, 8, 8)
    before, want, trace = stored(model), model(x), cnnviz.trace(model, (3, 8, 8))
    wrong: list[str] = []

    def runs() -> None:
        with torch.no_grad():
            for _ in range(200):
                if not torch.equal(model(x), want):
                    wrong.append("run")

    thread = threading.Thread(target=runs)
    thread.start()
    for _ in range(50):
        if cnnviz.trace(model, (3, 8, 8)) != trace:
            wrong.append("trace")
    thread.join()
    assert not wrong
    assert same(before, stored(model))
