"""What a layer could take on a machine, by its multiplications and the bytes it moves. Needs no torch.

The roofline model (Williams, Waterman and Patterson, "Roofline", CACM 52(4), 2009): a layer runs no faster
than the machine multiplies, and no faster than it moves bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from math import prod
from typing import Any, Literal

from cnnviz.layer import Layer
from cnnviz.trace import Trace

Bound = Literal["compute", "memory", "overhead", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a short probe measured of a device; nothing of it is read off a data sheet."""

    device: str  # "cpu", "cuda"
    name: str  # "AMD EPYC 7B13", as the machine calls it
    dtype: str  # "float32"
    threads: int  # of torch; 0 on a GPU
    torch: str  # its version
    macs_per_second: float  # of a large matrix product
    bytes_per_second: float  # read and written, of a copy much larger than the caches
    overhead_ms: float  # of an operation on one number

    @property
    def ridge(self) -> float:
        """MACs per byte from which on a layer is bound by multiplying rather than by moving."""
        return self.macs_per_second / self.bytes_per_second

    def roof(self, intensity: float) -> float:
        """The most MACs per second at this many MACs per byte."""
        return min(self.macs_per_second, intensity * self.bytes_per_second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One operation on the roofline. Counts are for the whole batch."""

    index: int
    name: str
    op: str
    kind: str  # as a layer's, with grouped and depthwise convolutions apart
    macs: int
    bytes_moved: int
    latency_ms: float
    memory_bytes: int  # newly allocated for its outputs

    @property
    def intensity(self) -> float:
        """MACs per byte moved."""
        return self.macs / self.bytes_moved if self.bytes_moved else 0.0

    @property
    def macs_per_second(self) -> float:
        return self.macs / self.latency_ms * 1e3 if self.latency_ms > 0 else 0.0

    def compute_ms(self, machine: Machine) -> float:
        return self.macs / machine.macs_per_second * 1e3

    def memory_ms(self, machine: Machine) -> float:
        return self.bytes_moved / machine.bytes_per_second * 1e3

    def predicted_ms(self, machine: Machine) -> float:
        """The roofline's time and the overhead of starting an operation; 0 for a view, which runs nothing."""
        if not self.bytes_moved:
            return 0.0
        return max(self.compute_ms(machine), self.memory_ms(machine)) + machine.overhead_ms

    def bound(self, machine: Machine) -> Bound:
        """The largest of the three parts of the prediction; "" for a view."""
        if not self.bytes_moved:
            return ""
        parts: dict[Bound, float] = {
            "compute": self.compute_ms(machine),
            "memory": self.memory_ms(machine),
            "overhead": machine.overhead_ms,
        }
        return max(parts, key=lambda part: parts[part])


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Most bytes at once, parameters included; each worked out from shapes and measured."""

    parameters: int
    inference_predicted: int
    inference_measured: int
    training_predicted: int
    training_measured: int | None  # None where the network could not take a step of training


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A network measured on a machine."""

    model: str
    input_shape: tuple[int, ...]
    batch_size: int
    machine: Machine
    whole_ms: float  # of the undisturbed forward pass, from first to last operation
    memory: Memory
    points: tuple[Point, ...]

    @property
    def layers_ms(self) -> float:
        """The sum over the operations, each timed by itself."""
        return sum(point.latency_ms for point in self.points)

    @property
    def predicted_ms(self) -> float:
        return sum(point.predicted_ms(self.machine) for point in self.points)

    @property
    def macs(self) -> int:
        return sum(point.macs for point in self.points)

    @property
    def images_per_second(self) -> float:
        return self.batch_size / self.whole_ms * 1e3

    @property
    def of_peak(self) -> float:
        """The share of the machine's multiplications per second that the whole pass reaches."""
        return self.macs / self.whole_ms * 1e3 / self.machine.macs_per_second

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it: what is measured, and beside each layer what was predicted."""
        layers = [
            asdict(point)
            | {
                "intensity": point.intensity,
                "predicted_ms": point.predicted_ms(self.machine),
                "bound": point.bound(self.machine),
            }
            for point in self.points
        ]
        return {**asdict(self), "points": layers, "predicted_ms": self.predicted_ms}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Report:
        """The inverse of `as_dict`."""
        fields = Point.__dataclass_fields__
        points = ({name: point[name] for name in fields} for point in record["points"])
        return cls(
            model=record["model"],
            input_shape=tuple(record["input_shape"]),
            batch_size=record["batch_size"],
            machine=Machine(**record["machine"]),
            whole_ms=record["whole_ms"],
            memory=Memory(**record["memory"]),
            points=tuple(Point(**point) for point in points),
        )


def points(trace: Trace) -> tuple[Point, ...]:
    """The operations of a measured trace, in order."""
    return tuple(
        Point(
            index=layer.index,
            name=layer.name or layer.op,
            op=layer.op,
            kind="grouped"
            if layer.kind == "conv" and getattr(layer.arguments, "groups", 1) > 1
            else layer.kind,
            macs=layer.macs_term.number,
            bytes_moved=bytes_moved(trace, layer),
            latency_ms=layer.measured.latency_ms if layer.measured else 0.0,
            memory_bytes=layer.measured.memory_bytes if layer.measured else 0,
        )
        for layer in trace.layers
    )


def bytes_moved(trace: Trace, layer: Layer) -> int:
    """Bytes that an operation must move: inputs and parameters read once, outputs written once.

    A kernel may move more where its data does not fit the caches. A view moves nothing.
    """
    operation = layer.operation
    if operation.alias:
        return 0
    read = sum(map(prod, layer.input_shapes)) + sum(
        trace.program.parameters[i].numbers for i in operation.parameters
    )
    return (read + sum(map(prod, layer.output_shapes))) * operation.itemsize


def shares(points: Iterable[Point]) -> list[tuple[str, float, float, float]]:
    """(kind of operation, share of MACs, of bytes moved, of time), each adding up to 1, by time."""
    found = list(points)
    totals = [max(sum(p.macs for p in found), 1), max(sum(p.bytes_moved for p in found), 1)]
    time = sum(p.latency_ms for p in found) or 1.0
    rows = []
    for kind in dict.fromkeys(p.kind for p in found):
        of = [p for p in found if p.kind == kind]
        macs, moved = sum(p.macs for p in of), sum(p.bytes_moved for p in of)
        rows.append((kind, macs / totals[0], moved / totals[1], sum(p.latency_ms for p in of) / time))
    return sorted(rows, key=lambda row: -row[3])
