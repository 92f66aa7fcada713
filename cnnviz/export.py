"""A trace as JSON, CSV, Markdown, LaTeX, HTML or a data frame."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cnnviz.card import card_of
from cnnviz.errors import ExportError
from cnnviz.formulas import Shape
from cnnviz.layer import Layer
from cnnviz.tables import counts_of, label, layer_rows, text_table, title, totals
from cnnviz.trace import Trace

if TYPE_CHECKING:
    import pandas as pd

    from cnnviz.conventions import Convention

COLUMNS = ("layer", "operation", "output", "parameters", "MACs", "activation bytes", "receptive field")


class Writer(Protocol):
    """What writes a trace in one format; with a convention, what that counts is in it too."""

    def __call__(self, trace: Trace, /, *, convention: Convention | None = None) -> str: ...


def trace_json(trace: Trace, *, convention: Convention | None = None) -> str:
    """The stable contract: shapes without the batch axis, null where a quantity does not apply.

    A convention adds fields of its own; `macs` stays what it is.
    """
    return json.dumps(_as_dict(trace) | _counts_dict(trace, convention), indent=1)


def trace_csv(trace: Trace, *, convention: Convention | None = None) -> str:
    """One line for each layer, one column for each quantity; a convention's column is named after it."""
    lines = [_record(layer) for layer in trace.layers]
    if convention:
        for line, count in zip(lines, counts_of(trace, convention), strict=True):
            line[convention.column] = count
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(lines[0]) if lines else ["index"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().rstrip("\n")


def trace_markdown(trace: Trace, *, convention: Convention | None = None) -> str:
    """The layer table and the totals for a README."""
    head = "| # | " + " | ".join(_columns(convention)) + " |"
    rule = "|--:|:--|:--|--:|--:|--:|--:|--:|"
    rows = ["| " + " | ".join(cells) + " |" for cells in _cells(trace, convention)]
    sums = [f"- {what or 'and'}: {how}" for what, how in totals(trace, convention)]
    return "\n".join([f"**{title(trace)}**", "", head, rule, *rows, "", *sums])


def trace_latex(trace: Trace, *, convention: Convention | None = None) -> str:
    """The layer table as a `tabular` for the package booktabs."""
    head = " & ".join(("\\#", *_columns(convention))) + r" \\"
    rows = [" & ".join(_latex(cell) for cell in cells) + r" \\" for cells in _cells(trace, convention)]
    counted = sum(counts_of(trace, convention))
    total = f" & total & & & {trace.parameters:,} & {counted:,} & {trace.activation_bytes:,} & " + r"\\"
    return "\n".join(
        [
            f"% {title(trace)}",
            r"\begin{tabular}{rllrrrrr}",
            r"\toprule",
            head,
            r"\midrule",
            *rows,
            r"\midrule",
            total,
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def layer_latex(trace: Trace, index: int) -> str:
    """Every number of one layer with its formula, as an `aligned` block for the package amsmath."""
    card = card_of(trace, index)
    told = card.story.latex if card.story and card.joins else card.equation  # the story has a better one
    lines = [told] if told else []
    for quantity in card.quantities:
        unit = rf"\;\text{{{quantity.unit}}}" if quantity.unit else ""
        lines.append(f"{quantity.symbol} = {quantity.latex}{unit}")
    aligned = (line.replace(" = ", " &= ", 1) for line in lines)
    return "\n".join([r"\begin{aligned}", " \\\\\n".join(aligned), r"\end{aligned}"])


def write_text(path: Path, text: str, suffix: str) -> None:
    """Write a text as a file. Raises ExportError for another ending than `suffix`, and where that fails."""
    if path.suffix.lower() != suffix:
        raise ExportError(f"cannot write {path.name}: the file must end in {suffix}")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExportError(f"cannot write {path}: {error.strerror or error}") from None


def trace_html(trace: Trace) -> str:
    """The layer table for a notebook; each number's formula shows when the pointer rests on it."""
    import html  # its table of names takes longer to import than a terminal's table to print

    head = "".join(f"<th>{html.escape(name)}</th>" for name in ("#", *COLUMNS))
    rows = []
    for layer, cells in zip(trace.layers, _cells(trace), strict=True):
        f = layer.formulas
        hints = ("", "", "", f.shape, f.parameters, f.macs, f.activation_bytes, f.receptive_field)
        tds = (
            f"<td style='text-align:{'left' if i in (1, 2) else 'right'}' title='{html.escape(hint)}'>"
            f"{html.escape(cell)}</td>"
            for i, (cell, hint) in enumerate(zip(cells, hints, strict=True))
        )
        rows.append("<tr>" + "".join(tds) + "</tr>")
    sums = "".join(f"<li>{html.escape(what)} {html.escape(how)}</li>" for what, how in totals(trace))
    return (
        f"<p><b>{html.escape(title(trace))}</b></p><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table><ul>{sums}</ul>"
    )


def dataframe(trace: Trace) -> pd.DataFrame:
    """One row for each layer; whole numbers stay whole where a quantity does not apply."""
    import pandas as pd

    frame = pd.DataFrame([_record(layer) for layer in trace.layers])
    for name in ("n_H", "n_W", "n_C", "receptive_field_H", "receptive_field_W"):
        if name in frame:
            frame[name] = frame[name].astype("Int64")
    return frame.set_index("index") if len(frame) else frame


def _as_dict(trace: Trace) -> dict[str, Any]:
    names = (
        "parameters trainable_parameters macs activation_bytes peak_activation_bytes weight_layers"
    ).split()
    data: dict[str, Any] = {
        "model": trace.model,
        "input_shape": trace.input_shape,
        "batch_size": trace.batch_size,
        "device": trace.device,
        "totals": {name: getattr(trace, name) for name in names},
        "unused_parameters": trace.unused_parameters,
        "uncounted": trace.uncounted,
        "remarks": trace.remarks,
        "layers": [_layer_dict(layer) for layer in trace.layers],
    }
    if trace.latency_ms is not None:
        data["latency_ms"] = trace.latency_ms
    return data


def _layer_dict(layer: Layer) -> dict[str, Any]:
    data: dict[str, Any] = {
        "index": layer.index,
        "name": layer.name,
        "module": layer.module,
        "op": layer.op,
        "inputs": layer.inputs,
        "output_shape": layer.output_shape,
        "n_H": layer.n_H,
        "n_W": layer.n_W,
        "n_C": layer.n_C,
        "parameters": layer.parameters,
        "trainable_parameters": layer.trainable_parameters,
        "macs": layer.macs,
        "other_operations": layer.extra._asdict(),
        "activation_bytes": layer.activation_bytes,
        "receptive_field": layer.receptive_field,
        "jump": layer.jump,
        "formulas": layer.formulas.as_dict(),
    }
    if layer.measured:
        data["latency_ms"] = layer.measured.latency_ms
        data["memory_bytes"] = layer.measured.memory_bytes
    return data


def _record(layer: Layer) -> dict[str, Any]:
    field, jump = layer.receptive_field, layer.jump
    record: dict[str, Any] = {
        "index": layer.index,
        "name": layer.name,
        "module": layer.module,
        "op": layer.op,
        "inputs": " ".join(str(i) for i in layer.inputs),
        "output_shape": "x".join(str(n) for n in layer.output_shape),
        "n_H": layer.n_H,
        "n_W": layer.n_W,
        "n_C": layer.n_C,
        "parameters": layer.parameters,
        "trainable_parameters": layer.trainable_parameters,
        "macs": layer.macs,
        **{f"{name}_operations": count for name, count in layer.extra._asdict().items()},
        "activation_bytes": layer.activation_bytes,
        "receptive_field_H": _axis(field, -2),
        "receptive_field_W": _axis(field, -1),
        "jump_H": _axis(jump, -2),
        "jump_W": _axis(jump, -1),
    }
    if layer.measured:
        record["latency_ms"] = layer.measured.latency_ms
        record["memory_bytes"] = layer.measured.memory_bytes
    return record | {f"{name}_formula": text for name, text in layer.formulas.as_dict().items()}


def _axis(values: Sequence[Any] | None, axis: int) -> Any:
    return values[axis] if values is not None and len(values) >= -axis else None


def _counts_dict(trace: Trace, convention: Convention | None) -> dict[str, Any]:
    """What a convention adds to the JSON: its name, the total, and the count of each layer in order."""
    if convention is None:
        return {}
    counts = tuple(counts_of(trace, convention))
    told = {"name": convention.name, "counts": convention.words, "total": sum(counts), "layers": counts}
    return {"convention": told}


def _columns(convention: Convention | None) -> tuple[str, ...]:
    return tuple(label(convention) if name == "MACs" else name for name in COLUMNS)


def _cells(trace: Trace, convention: Convention | None = None) -> list[tuple[str, ...]]:
    return [
        (
            str(row.index),
            row.name,
            row.op,
            row.output,
            f"{row.parameters:,}",
            f"{row.counted:,}",
            f"{row.activation_bytes:,}",
            _field(row.receptive_field),
        )
        for row in layer_rows(trace, convention)
    ]


def _field(field: Shape | None) -> str:
    return "" if field is None else "x".join(str(n) for n in field)


def _latex(text: str) -> str:
    for character in "&%$#_{}":
        text = text.replace(character, "\\" + character)
    return text


FORMATS: dict[str, Writer] = {
    "table": text_table,
    "json": trace_json,
    "csv": trace_csv,
    "markdown": trace_markdown,
    "latex": trace_latex,
}
