"""All conventions beside each other for one network, as rows, CSV and Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from cnnviz.conventions.convention import PARTS, Convention
from cnnviz.conventions.counting import Line, beyond, by_part, differences, unfit
from cnnviz.formulas import size_text
from cnnviz.trace import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """One convention's count of one network, for one image."""

    convention: Convention
    total: int
    difference: int  # from plain MACs
    percent: float  # the same, in percent of the MACs
    parts: dict[str, int]  # what each part adds up to
    beyond: dict[str, int]  # what each adds to the plain multiplications
    problem: str = ""  # why there is no number; the others are zero then


def overview(trace: Trace, conventions: Sequence[Convention]) -> list[Overview]:
    """A row for each convention, in the order given."""
    rows = []
    for convention in conventions:
        if problem := unfit(trace, convention):
            nothing = dict.fromkeys(PARTS, 0)
            rows.append(
                Overview(
                    convention=convention,
                    total=0,
                    difference=0,
                    percent=0.0,
                    parts=nothing,
                    beyond=nothing,
                    problem=problem,
                )
            )
            continue
        parts = by_part(trace, convention)
        difference = sum(parts.values()) - trace.macs
        rows.append(
            Overview(
                convention=convention,
                total=sum(parts.values()),
                difference=difference,
                percent=100 * difference / trace.macs if trace.macs else 0.0,
                parts=parts,
                beyond=beyond(trace, convention),
            )
        )
    return rows


def overview_csv(rows: Sequence[Overview]) -> str:
    """One line for each convention, one column for each part."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["convention", "counts", "total", "difference", *PARTS])
    for row in rows:
        told = (row.convention.name, row.convention.words)
        numbers = () if row.problem else (row.total, row.difference, *row.parts.values())
        writer.writerow([*told, *numbers])
    return out.getvalue().rstrip("\n")


def overview_text(trace: Trace, rows: Sequence[Overview], convention: Convention | None = None) -> str:
    """The table for a terminal, and what makes one convention differ, line by line."""
    lines = [_title(trace), "", f"{'':<25} {'total':>18} {'difference':>18}", "-" * 63]
    for row in rows:
        more = f"{row.difference:+,}" if row.difference else ""
        numbers = row.problem or f"{row.total:>18,} {more:>18}"
        lines.append(f"{row.convention.quantity:<25} {numbers}".rstrip())
    if convention and not unfit(trace, convention):
        lines += ["", f"{convention.quantity}: {convention.words}"]
        for line in differences(trace, convention):
            told = f"{line.layers} x {line.operation}, {PARTS[line.part]}"
            lines.append(f"{line.difference:>+18,} {told}: {line.why}")
        lines += [f"- {note}" for note in convention.notes]
    return "\n".join(lines)


def overview_markdown(rows: Sequence[Overview]) -> str:
    """The table of all conventions."""
    lines = ["| Counted | Total | Difference | in percent |", "|:--|--:|--:|--:|"]
    for row in rows:
        more = f"{row.difference:+,}" if row.difference else ""
        percent = percent_text(row.percent) if row.difference else ""
        if row.problem:
            lines.append(f"| {row.convention.quantity} | not counted: {row.problem} | | |")
            continue
        lines.append(f"| {row.convention.quantity} | {row.total:,} | {more} | {percent} |")
    return "\n".join(lines)


def difference_markdown(trace: Trace, convention: Convention) -> str:
    """Line by line, what makes the convention's count differ from plain MACs; the lines add up."""
    lines = differences(trace, convention)
    if not lines:
        return "Nothing: it counts the same."
    table = ["| Operation | Layers | Counted | Difference | Why |", "|:--|--:|:--|--:|:--|"]
    table += [_line(line) for line in lines]
    total = sum(line.difference for line in lines)
    table.append(f"| **All** | | | **{total:+,}** | |")
    return "\n".join(table)


def report(trace: Trace, rows: Sequence[Overview]) -> str:
    """Everything as one Markdown text: the table, and for each convention its differences line by line."""
    parts = [f"# {_title(trace)}"]
    parts.append(overview_markdown(rows))
    for row in rows:
        if row.difference:
            parts += [
                f"## {row.convention.quantity}",
                f"{row.convention.words}:",
                difference_markdown(trace, row.convention),
            ]
            parts += [f"- {note}" for note in row.convention.notes]
    return "\n\n".join(parts)


def percent_text(percent: float) -> str:
    """`+0.55 %`, with a blank that does not break."""
    return f"{percent:+.2f}\xa0%" if abs(percent) >= 0.005 else "below\xa00.01\xa0%"


def _title(trace: Trace) -> str:
    return f"Ways to count {trace.model}, input {size_text(trace.input_shapes[0][1:])}"


def _line(line: Line) -> str:
    counted = PARTS[line.part]
    return f"| {line.operation} | {line.layers} | {counted} | {line.difference:+,} | {line.why} |"
