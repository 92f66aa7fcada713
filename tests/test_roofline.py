"""Bytes moved, the roof, and what bounds a layer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import cnnviz
from cnnviz.roofline import Machine, Memory, Point, Report, figures, points, shares, written

MACHINE = Machine(
    device="cpu",
    name="a slate",
    dtype="float32",
    threads=1,
    torch="2",
    macs_per_second=1e9,
    bytes_per_second=1e8,
    overhead_ms=0.5,
)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(8 * 4 * 4, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu_(self.bn(self.conv(x)))
        x = x + self.depthwise(x)
        return self.fc(self.pool(x).flatten(1))


def point(*, macs: int, bytes_moved: int, latency_ms: float = 1.0, kind: str = "conv") -> Point:
    return Point(
        index=0,
        name="x",
        op="conv2d",
        kind=kind,
        macs=macs,
        bytes_moved=bytes_moved,
        latency_ms=latency_ms,
        memory_bytes=0,
    )


def report(*made: Point) -> Report:
    memory = Memory(
        parameters=0,
        inference_predicted=1,
        inference_measured=2,
        training_predicted=3,
        training_measured=None,
    )
    return Report(
        model="m",
        input_shape=(3, 8, 8),
        batch_size=2,
        machine=MACHINE,
        whole_ms=4.0,
        memory=memory,
        points=made,
    )


def test_bytes_moved_are_those_of_the_tensors() -> None:
    """Oracle: nbytes of the tensors that torch's hooks see go in and out, and of the parameters."""
    net, x = Net().eval(), torch.rand(2, 3, 8, 8)
    seen: dict[str, int] = {}

    def note(name: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            own = sum(p.nbytes for p in module.parameters())
            seen[name] = inputs[0].nbytes + own + output.nbytes

        return hook

    for name, part in net.named_children():
        part.register_forward_hook(note(name))
    net(x)
    trace = cnnviz.trace(net, (3, 8, 8), batch_size=2, device="cpu")
    moved = {p.name: p.bytes_moved for p in points(trace)}
    assert {name: moved[name] for name in seen} == seen
    ops = {p.op: p for p in points(trace)}
    activation = 2 * 8 * 8 * 8 * 4
    assert ops["add"].bytes_moved == 3 * activation  # two read, one written
    assert ops["relu"].bytes_moved == 2 * activation  # in place: read and written
    assert ops["flatten"].bytes_moved == 0  # a view
    assert ops["add"].kind == "join"
    assert moved["depthwise"] == 2 * activation + 8 * 9 * 4
    assert [p.kind for p in points(trace) if p.op == "conv2d"] == ["conv", "grouped"]


def test_half_as_many_bytes_in_half_precision() -> None:
    """Oracle: torch.bfloat16 has two bytes, float32 four; the MACs stay."""
    full, half = (cnnviz.trace("lenet5", device="cpu", dtype=kind) for kind in ("float32", "bfloat16"))
    assert [p.bytes_moved for p in points(full)] == [2 * p.bytes_moved for p in points(half)]
    assert full.macs == half.macs
    assert full.activation_bytes == 2 * half.activation_bytes


@pytest.mark.parametrize(
    ("macs", "moved", "predicted", "bound"),
    [
        (10_000_000, 100_000, 10.5, "compute"),  # 10 ms of multiplying, 1 ms of moving, half a ms to start
        (10_000, 1_000_000, 10.5, "memory"),
        (100, 100, 0.501, "overhead"),
        (0, 0, 0.0, ""),
    ],
)
def test_the_slowest_part_bounds_a_layer(macs: int, moved: int, predicted: float, bound: str) -> None:
    """Oracle: the divisions, done by hand, for a machine of 1e9 MACs/s, 1e8 bytes/s and 0.5 ms."""
    made = point(macs=macs, bytes_moved=moved)
    assert made.predicted_ms(MACHINE) == pytest.approx(predicted, abs=1e-3)
    assert made.bound(MACHINE) == bound


def test_the_roof_bends_at_the_ridge() -> None:
    """Oracle: below the ridge the bandwidth decides, above it the multiplications."""
    assert MACHINE.ridge == 10
    assert MACHINE.roof(5) == 5e8
    assert MACHINE.roof(10) == MACHINE.roof(1000) == 1e9


def test_shares_add_up() -> None:
    """Invariant: each column of shares is of one whole."""
    rows = shares(points(cnnviz.trace("googlenet", (3, 64, 64), device="cpu")))
    for column in (1, 2, 3):
        assert sum(row[column] for row in rows) == pytest.approx(1)


def test_a_report_survives_json() -> None:
    """Oracle: equality after json.dumps and json.loads."""
    made = report(point(macs=10_000, bytes_moved=500), point(macs=0, bytes_moved=0, kind="shape"))
    assert Report.from_dict(json.loads(json.dumps(made.as_dict()))) == made
    assert json.loads(written.written(made, "json"))["points"][0]["intensity"] == 20


def test_whole_numbers_of_a_report() -> None:
    """Oracle: divisions by hand: 2 images in 4 ms; 4 M MACs in 4 ms of 1e9 per second are the peak."""
    made = report(point(macs=4_000_000, bytes_moved=500, latency_ms=3), point(macs=0, bytes_moved=0))
    assert made.images_per_second == 500
    assert made.of_peak == 1
    assert made.layers_ms == 4


def dots(figure: Any) -> Iterator[tuple[float, float]]:
    for trace in figure.data[1:]:
        yield from zip(trace.x, trace.y, strict=True)


def test_the_figure_has_a_dot_for_each_layer_that_multiplies() -> None:
    """Oracle: intensity and rate from the point's own numbers, by hand."""
    made = report(point(macs=1000, bytes_moved=500, latency_ms=2), point(macs=0, bytes_moved=9))
    figure = figures.roofline_figure(made)
    assert list(dots(figure)) == [(2.0, 500_000.0)]
    roof = figure.data[0]
    assert list(roof.y) == [min(1e9, x * 1e8) for x in roof.x]


@pytest.mark.parametrize("form", written.FORMATS)
def test_written_lines_have_every_layer(form: str) -> None:
    """Oracle: the names of the trace; the table stays within 80 columns."""
    trace = cnnviz.trace("alexnet", (3, 67, 67), device="cpu")
    text = written.written(report(*points(trace)), form)
    assert all((layer.name or layer.op) in text for layer in trace.layers)
    if form == "table":
        assert max(map(len, text.splitlines())) <= 80
