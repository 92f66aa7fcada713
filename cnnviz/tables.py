"""A trace as rows for people: the layer table, and the same as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from cnnviz.formulas import size_text
from cnnviz.layer import Layer
from cnnviz.trace import Trace

if TYPE_CHECKING:
    from cnnviz.conventions import Convention

Sizes = tuple[int | None, int | None, int | None]  # n_H, n_W, n_C


class LayerRow(NamedTuple):
    """One line of the layer table: plain numbers, None where a quantity does not apply."""

    index: int  # type: ignore[assignment]  # not the method of tuples
    name: str  # module path, or the operation where the network itself ran it
    op: str
    module: str
    kind: str  # conv, pool, norm, act, linear, join, shape, other
    output: str  # "55x55x96": n_H x n_W x n_C, or torch's order where these are not known
    n_H: int | None  # noqa: N815 - the course's names
    n_W: int | None  # noqa: N815
    n_C: int | None  # noqa: N815
    parameters: int
    macs: int
    counted: int  # what the chosen convention counts: the MACs where none is chosen
    activation_bytes: int
    receptive_field: tuple[int, ...] | None
    latency_ms: float | None


def layer_rows(trace: Trace, convention: Convention | None = None) -> list[LayerRow]:
    """One row for each layer, in the order of execution; `counted` is what the convention counts."""
    if convention is None:
        return [layer_row(layer) for layer in trace.layers]
    counts = counts_of(trace, convention)
    return [layer_row(layer, count) for layer, count in zip(trace.layers, counts, strict=True)]


def counts_of(trace: Trace, convention: Convention | None) -> Iterable[int]:
    """What each layer costs for one image: its MACs, or what the convention counts of it."""
    if convention is None:
        return (layer.macs for layer in trace.layers)
    from cnnviz.conventions import per_layer  # what most commands never ask for is not imported

    return per_layer(trace, convention)


def heading(convention: Convention | None) -> str:
    """What stands over a column of `counted`, in at most 15 letters."""
    return convention.heading if convention else "MACs"


def label(convention: Convention | None) -> str:
    """What is counted, with its unit: `MACs`, `MACs as fvcore`."""
    return convention.label if convention else "MACs"


def layer_row(layer: Layer, counted: int | None = None) -> LayerRow:
    macs = layer.macs
    n_H, n_W, n_C = sizes = layer.sizes
    return LayerRow(
        index=layer.index,
        name=layer.name or layer.op,
        op=layer.op,
        module=layer.module,
        kind=layer.kind,
        output=_output(layer, sizes),
        n_H=n_H,
        n_W=n_W,
        n_C=n_C,
        parameters=layer.parameters,
        macs=macs,
        counted=macs if counted is None else counted,
        activation_bytes=layer.activation_bytes,
        receptive_field=layer.receptive_field,
        latency_ms=layer.measured.latency_ms if layer.measured else None,
    )


def main_line(rows: Sequence[LayerRow], edges: Sequence[tuple[int, int]]) -> list[LayerRow]:
    """The operations that every way through the network passes, so that no edge jumps over them.

    Inside a dense block none is: there the concatenations are, each at least as wide as what came before.
    """
    farthest = [0] * len(rows)  # where the edges that leave an operation reach
    for source, target in edges:
        if source >= 0:
            farthest[source] = max(farthest[source], target)
    line: list[LayerRow] = []
    reached = 0
    for i, row in enumerate(rows):
        widest = line[-1].n_C or 0 if line else 0
        if reached <= i or (row.kind == "join" and (row.n_C or 0) >= widest):
            line.append(row)
        reached = max(reached, farthest[i])
    return line


def output_text(layer: Layer, hidden: frozenset[str] = frozenset()) -> str:
    """`55x55x96`: height, width, channels; torch's order where these are not known.

    Sizes in `hidden` become `?x?x96`, and the text is "" where no size would be left.
    """
    sizes = layer.sizes
    covered = [name in hidden for name in ("n_H", "n_W", "n_C")]
    if not any(covered):
        return _output(layer, sizes)
    if not _is_known(layer, sizes):
        return ""
    shown = ["?" if cover else str(n) for n, cover in zip(sizes, covered, strict=True) if n is not None]
    return "" if set(shown) == {"?"} else "x".join(shown)


def _output(layer: Layer, sizes: Sizes) -> str:
    return size_text([n for n in sizes if n is not None] if _is_known(layer, sizes) else layer.output_shape)


def _is_known(layer: Layer, sizes: Sizes) -> bool:
    """Whether the sizes say the whole shape."""
    _, n_W, n_C = sizes
    return n_C is not None and (n_W is not None or len(layer.output_shape) <= 1)


def bytes_text(count: int) -> str:
    """`5.5 MB`: decimal units, three significant digits."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB", "PB", "EB"):
        if size < 999.5 or unit == "EB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.3g} {unit}"
        size /= 1000
    raise AssertionError("the loop returns")


def totals(trace: Trace, convention: Convention | None = None) -> list[tuple[str, str]]:
    """The totals as (what, how much), for every place that prints them."""
    lines = [
        ("parameters", f"{trace.parameters:,}"),
        ("MACs", f"{trace.macs:,} multiplications per image, no bias, no norm"),
        ("weight layers", f"{trace.weight_layers} on the longest way from input to output"),
        ("activation memory", f"{bytes_text(trace.activation_bytes)} kept for training"),
        ("", f"{bytes_text(trace.peak_activation_bytes)} at most at once in inference"),
    ]
    if trace.trainable_parameters != trace.parameters:
        lines.insert(1, ("  trainable", f"{trace.trainable_parameters:,}"))
    if convention:
        counted = sum(counts_of(trace, convention))
        at = [what for what, _ in lines].index("MACs") + 1
        lines.insert(at, (convention.heading, f"{counted:,} ({convention.words})"))
    if trace.unused_parameters:
        lines.insert(1, ("  not run", f"{trace.unused_parameters:,} in parts that this pass does not use"))
    if trace.latency_ms is not None:
        lines.append(("latency", f"{trace.latency_ms:.2f} ms on {trace.device}, the sum over the layers"))
    if trace.uncounted:
        lines.append(("not counted", ", ".join(trace.uncounted)))
    lines.extend(("remark", remark) for remark in trace.remarks)
    return lines


def text_table(trace: Trace, width: int = 80, *, convention: Convention | None = None) -> str:
    """The layer table in plain characters, no wider than `width` columns (at least 80)."""
    timed = trace.measured is not None
    cost = heading(convention)
    costs = max(13, len(cost))  # columns for the number of operations
    wide = max(width, 80) - 49 - costs - (9 if timed else 0)  # what is left for the layer's name
    head = f"{'#':>3} {'layer':<{wide}} {'operation':<11} {'n_HxW':>7} {'n_C':>5} "
    head += f"{'parameters':>11} {cost:>{costs}} {'field':>5}" + (f" {'ms':>8}" if timed else "")
    rule = "-" * len(head)
    lines = [_text_line(row, wide, costs) for row in layer_rows(trace, convention)]
    sums = [f"{what:<18} {how}" for what, how in totals(trace, convention)]
    return "\n".join([title(trace), "", head, rule, *lines, rule, *sums])


def _text_line(row: LayerRow, wide: int, costs: int) -> str:
    """Zeros are left out, so that what costs something stands out."""
    size = row.output if row.n_C is None else size_text([n for n in (row.n_H, row.n_W) if n is not None])
    if row.n_C is not None and row.n_W is None:
        size = ""
    channels = "" if row.n_C is None else str(row.n_C)
    parameters = f"{row.parameters:,}" if row.parameters else ""
    counted = f"{row.counted:,}" if row.counted else ""
    field = str(max(row.receptive_field)) if row.receptive_field else ""
    milliseconds = "" if row.latency_ms is None else f" {row.latency_ms:>8.3f}"
    line = f"{row.index:>3} {_tail(row.name, wide):<{wide}} {_short(row.op):<11} {size:>7} {channels:>5} "
    return f"{line}{parameters:>11} {counted:>{costs}} {field:>5}{milliseconds}".rstrip()


def title(trace: Trace) -> str:
    """`alexnet@course, input 3x227x227, batch of 1`."""
    shapes = trace.input_shape if trace.input_shape and isinstance(trace.input_shape[0], tuple) else None
    size = " and ".join(size_text(s) for s in shapes) if shapes else size_text(trace.input_shape)  # type: ignore[arg-type]
    return f"{trace.model}, input {size}, batch of {trace.batch_size}, device {trace.device}"


def _short(op: str) -> str:
    """An operation's name in eleven characters."""
    return _tail(op.replace("adaptive_", "ada_").replace("scaled_dot_product_", ""), 11)


def _tail(text: str, width: int) -> str:
    """The end of a text that is too long: the end of a module path is what tells layers apart."""
    return text if len(text) <= width else "~" + text[1 - width :]
