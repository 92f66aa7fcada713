"""A measured network as text: a table for the terminal, JSON, CSV, Markdown."""

from __future__ import annotations

import csv
import io
import json
from typing import NamedTuple

from cnnviz.formulas import size_text
from cnnviz.roofline import Point, Report
from cnnviz.tables import bytes_text

FORMATS = ("table", "json", "csv", "markdown")
_HEAD = ("#", "layer", "operation", "MACs", "bytes moved", "MACs/byte", "ms", "roofline ms", "bound by")


class Line(NamedTuple):
    """What is said of one layer."""

    layer: int
    name: str
    op: str
    macs: int
    bytes_moved: int
    intensity: float
    latency_ms: float
    predicted_ms: float
    bound: str


def lines(report: Report) -> list[Line]:
    return [_line(point, report) for point in report.points]


def written(report: Report, form: str) -> str:
    """The report in one of `FORMATS`."""
    if form == "json":
        return json.dumps(report.as_dict(), indent=1)
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(Line._fields)
        writer.writerows(lines(report))
        return out.getvalue().rstrip("\n")
    return _markdown(report) if form == "markdown" else _table(report)


def title(report: Report) -> str:
    """`alexnet@course, input 3x227x227, batch of 1, float32 on Xeon, 2 threads`."""
    machine = report.machine
    threads = f", {machine.threads} thread{'s' * (machine.threads != 1)}" if machine.threads else ""
    return (
        f"{report.model}, input {size_text(report.input_shape)}, batch of {report.batch_size}, "
        f"{machine.dtype} on {machine.name}{threads}"
    )


def totals(report: Report) -> list[tuple[str, str]]:
    """(what, how much), for every place that prints them."""
    machine, memory = report.machine, report.memory
    return [
        ("whole pass", f"{report.whole_ms:.2f} ms, {report.images_per_second:,.0f} images per second"),
        ("", f"{100 * report.of_peak:.1f} % of the multiplications per second of this machine"),
        ("sum over the layers", f"{report.layers_ms:.2f} ms, each timed by itself"),
        ("by the roofline", f"{report.predicted_ms:.2f} ms"),
        ("memory, inference", _compared(memory.inference_measured, memory.inference_predicted)),
        ("memory, training", _compared(memory.training_measured, memory.training_predicted)),
        ("this machine", f"{machine.macs_per_second / 1e9:,.1f} G MACs/s, measured"),
        (
            "",
            f"{machine.bytes_per_second / 1e9:,.1f} GB/s: the ridge is at {machine.ridge:.1f} MACs per byte",
        ),
        ("", f"{machine.overhead_ms * 1e3:.1f} µs to start an operation"),
    ]


def _compared(measured: int | None, predicted: int) -> str:
    found = "could not be measured" if measured is None else f"{bytes_text(measured)} measured"
    return f"{found}, {bytes_text(predicted)} predicted"


HOW = (
    "Each layer: median of three passes after one to warm up, timed around torch's call (CUDA events on a "
    "GPU). Whole pass: the fastest of several. Peak: large matrix products; bandwidth: a copy far larger "
    "than the caches; both were measured on this machine and are remembered. A layer can lie above the roof: "
    "small tensors stay in the caches, and some kernels (Winograd, FFT) multiply less often than is counted. "
    "Memory is what torch's allocator had handed out at most; predicted are weights and activations without "
    "what kernels need besides, and in training every activation is taken as kept."
)


def _line(point: Point, report: Report) -> Line:
    machine = report.machine
    return Line(
        layer=point.index,
        name=point.name,
        op=point.op,
        macs=point.macs,
        bytes_moved=point.bytes_moved,
        intensity=point.intensity,
        latency_ms=point.latency_ms,
        predicted_ms=point.predicted_ms(machine),
        bound=point.bound(machine),
    )


def _cells(line: Line) -> tuple[str, ...]:
    """Zeros are left out, so that what costs something stands out."""
    return (
        str(line.layer),
        line.name,
        line.op,
        f"{line.macs:,}" if line.macs else "",
        f"{line.bytes_moved:,}" if line.bytes_moved else "",
        f"{line.intensity:.1f}" if line.macs else "",
        f"{line.latency_ms:.3f}",
        f"{line.predicted_ms:.3f}" if line.bytes_moved else "",
        line.bound,
    )


def _markdown(report: Report) -> str:
    rows = ["| " + " | ".join(_cells(line)) + " |" for line in lines(report)]
    sums = [f"- {what}: {how}" for what, how in totals(report)]
    head = "| " + " | ".join(_HEAD) + " |"
    return "\n".join(
        [f"**{title(report)}**", "", head, "|--:|:--|:--|--:|--:|--:|--:|--:|:--|", *rows, "", *sums]
    )


def _table(report: Report) -> str:
    """At most 80 columns: the layer's name gives way."""
    head = f"{'#':>3} {'layer':<17} {'MACs':>13} {'MB moved':>9} {'MACs/B':>7} {'ms':>8} {'roof ms':>8} bound"
    body = []
    for line in lines(report):
        name = line.name if len(line.name) <= 17 else "~" + line.name[-16:]
        macs = f"{line.macs:,}" if line.macs else ""
        moved = f"{line.bytes_moved / 1e6:.2f}" if line.bytes_moved else ""
        intensity = f"{line.intensity:.1f}" if line.macs else ""
        roof = f"{line.predicted_ms:.3f}" if line.bytes_moved else ""
        body.append(
            f"{line.layer:>3} {name:<17} {macs:>13} {moved:>9} {intensity:>7} {line.latency_ms:>8.3f} "
            f"{roof:>8} {line.bound}".rstrip()
        )
    rule = "-" * 80
    sums = [f"{what:<20} {how}" for what, how in totals(report)]
    return "\n".join([title(report), "", head, rule, *body, rule, *sums])
