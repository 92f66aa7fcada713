"""Programs: sizes that follow the input, guards, and the smallest input."""

from __future__ import annotations

import pickle

import pytest
import torch
from torch import Tensor, nn

import cnnviz
from cnnviz.capture import capture
from cnnviz.errors import ReplayError, ShapeError
from cnnviz.program import Guard, Input, Size, resolved


class Written(nn.Module):
    def __init__(self, function) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def test_sizes_are_worked_out_from_the_tensors() -> None:
    """Oracle: by hand: (8 * 8) // 2 + 1 = 33, wherever it stands in nested tuples."""
    pixels = Size("*", Size("dim", 0, 2), Size("dim", 0, 3))
    half = Size("+", Size("//", pixels, 2), 1)
    assert resolved(half, [(1, 3, 8, 8)]) == 33
    assert resolved(((half, -1), "x"), [(1, 3, 8, 8)]) == ((33, -1), "x")


@pytest.mark.parametrize(
    ("forward", "rows"),
    [
        (lambda x: x.view(x.size(0), -1), 1),
        (lambda x: x.view(x.shape[0], x.shape[1], x.shape[2] * x.shape[3]), 1),
        (lambda x: x.reshape(x.size(0) * x.size(1), 1, *x.shape[2:]), 1),
        (lambda x: x[:, :, : x.size(2) // 2, 1 - x.size(3) :], 1),
        (lambda x: x.expand(-1, -1, -1, x.size(-1)), 1),
        (lambda x: torch.zeros(x.numel() % 7 + 1, x.size(-1)) + 1, 2),
    ],
)
def test_arguments_that_come_from_sizes_follow_them(forward, rows: int) -> None:  # type: ignore[no-untyped-def]
    """Oracle: real torch at each other size."""
    trace = cnnviz.trace(Written(forward), (3, 8, 8), batch_size=2)
    assert len(trace.layers) == rows
    assert trace.program.sized
    for batch, shape in ((2, (3, 9, 12)), (5, (3, 16, 4)), (1, (4, 8, 8))):
        real = forward(torch.zeros(batch, *shape))
        assert trace.at(shape, batch_size=batch).layers[-1].output_shapes[0] == tuple(real.shape)


@pytest.mark.parametrize(
    ("forward", "same", "other"),
    [
        (lambda x: x + 1 if x.size(2) > 7 else x * 2, (3, 9, 2), (3, 7, 9)),
        (lambda x: x + 1 if x.size(2) == x.size(3) else x * 2, (3, 5, 5), (3, 5, 6)),
        (lambda x: x + 1 if x.size(3) % 2 == 0 else x * 2, (3, 3, 10), (3, 3, 11)),
        (lambda x: x * (1 / x.size(3) ** 0.5), (3, 9, 8), (3, 8, 9)),
        (lambda x: x * {8: 2.0}.get(x.size(3), 1.0), (3, 9, 8), (3, 8, 9)),
    ],
)
def test_a_decision_on_a_size_is_guarded(forward, same, other) -> None:  # type: ignore[no-untyped-def]
    """Oracle: by hand: which sizes take the branch, or give the number, of 8x8."""
    program = cnnviz.trace(Written(forward), (3, 8, 8)).program
    assert program.guards
    assert all(isinstance(guard, Guard) for guard in program.guards)
    assert program.shapes([(1, *same)])[1] == (1, *same)
    with pytest.raises(ReplayError):
        program.shapes([(1, *other)])


def test_the_smallest_input_is_the_smallest_that_torch_takes() -> None:
    """Oracle: real torch, one side after the other."""
    model = nn.Sequential(nn.Conv2d(1, 1, 5, 2), nn.MaxPool2d(3, 2), nn.Conv2d(1, 1, 3))
    program = capture(model, [Input(name="", shape=(1, 1, 64, 64))])
    works = []
    for side in range(1, 40):
        try:
            model(torch.zeros(1, 1, side, side))
            works.append(side)
        except RuntimeError:
            continue
    assert program.smallest == works[0]
    with pytest.raises(ShapeError):
        program.shapes([(1, 1, works[0] - 1, works[0] - 1)])


def test_programs_are_values() -> None:
    """Oracle: equality and hash after a round through pickle; nothing that was worked out travels along."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    program = capture(model, [Input(name="", shape=(1, 3, 8, 8))])
    size = len(pickle.dumps(program))
    assert program.smallest == 3
    again = pickle.loads(pickle.dumps(program))
    assert again == program
    assert hash(again) == hash(program)
    assert len(pickle.dumps(program)) == size
    with pytest.raises(AttributeError):
        program.operations = ()  # type: ignore[misc]


def test_outputs_and_producers_fit_together() -> None:
    """Oracle: by hand: one input, then three pieces of a chunk, then their sum."""
    program = cnnviz.trace(Written(lambda x: sum(x.chunk(3, 1))), (3, 8, 8)).program
    assert program.first_outputs == (1, 4, 5, 6)
    assert program.producers == (-1, 0, 0, 0, 1, 2, 3)
