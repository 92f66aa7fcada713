"""A whole comparison as one text: for a terminal, a paper, a spreadsheet, a program."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from cnnviz.architectures import Published
from cnnviz.compare import sheet, sheets
from cnnviz.compare.contestants import Contestant
from cnnviz.compare.difference import Difference, Sums, difference
from cnnviz.compare.findings import findings, named
from cnnviz.compare.measures import words
from cnnviz.compare.sheet import Sheet
from cnnviz.compare.totals import Part, stage_rows, totals, type_rows

if TYPE_CHECKING:
    from cnnviz.conventions import Convention


def as_table(compared: Sequence[Contestant], *, diff: bool = False, width: int = sheet.WIDTH) -> str:
    """For a terminal of 80 columns or more: totals, and where costs are; with `diff` what is different."""
    width = max(width, sheet.WIDTH)
    parts = [sheet.as_text(sheets.totals_sheet(compared), width)]
    if diff:
        parts.append(difference_text(difference(*compared), width))
    else:
        for made in (
            sheets.stages_sheet(compared, "counted", share=True),
            sheets.stages_sheet(compared, "parameters", share=True),
        ):
            parts.append(sheet.as_text(_short_heads(made), width))
    return "\n\n".join(parts)


def as_json(compared: Sequence[Contestant], *, diff: bool = False) -> str:
    """Everything, for a program. A convention adds fields of its own; `macs` stays what it is."""
    convention = sheets.convention_of(compared)
    data: dict[str, Any] = {
        "networks": [_network(of) for of in compared],
        "stages": [
            {
                "label": row.label,
                "networks": [
                    stage and {"sizes": stage.sizes, "n_C": stage.n_C, **_costs(stage.part, convention)}
                    for stage in row.stages
                ],
            }
            for row in stage_rows(compared)
        ],
        "operations": [
            {"type": row.type, "networks": [_costs(part, convention) for part in row.parts]}
            for row in type_rows(compared)
        ],
    }
    if convention:
        data["convention"] = {"name": convention.name, "counts": convention.words}
    if diff:
        data["difference"] = _difference(difference(*compared))
    return json.dumps(data, indent=1)


def as_csv(compared: Sequence[Contestant], *, diff: bool = False) -> str:
    """The totals, or with `diff` the difference: one table, as a spreadsheet wants it."""
    return sheet.as_csv(_one_sheet(compared, diff=diff))


def as_markdown(compared: Sequence[Contestant], *, diff: bool = False) -> str:
    return sheet.together(_sheets(compared, diff=diff), sheet.as_markdown)


def as_latex(compared: Sequence[Contestant], *, diff: bool = False) -> str:
    return sheet.together(_sheets(compared, diff=diff), sheet.as_latex)


FORMATS: dict[str, Callable[..., str]] = {
    "table": as_table,
    "json": as_json,
    "csv": as_csv,
    "markdown": as_markdown,
    "latex": as_latex,
}


def difference_text(found: Difference, width: int = sheet.WIDTH) -> str:
    """What is different in sentences, each with its exact sums below it."""
    made = sheets.difference_sheet(found)
    lines = [made.caption, "-" * len(made.caption)]
    told = findings(found)
    cost = words("counted", found.after.convention)
    if not told:
        return "\n".join([*lines, "Layer by layer they are the same."])
    for finding in told:
        said = f"{finding.sentence}{named(finding.places)}"
        lines += textwrap.wrap(said, width, subsequent_indent="  ", break_on_hyphens=False)
        lines.append(f"  {_sums_line(finding.sums, cost)}")
    return "\n".join([*lines, "together", f"  {_sums_line(found.total, cost)}", *made.notes])


def _sums_line(sums: Sums, cost: str) -> str:
    counted, parameters, memory = sheets.sum_texts(sums)
    said = [(counted, cost), (parameters, "parameters"), (memory, "activation bytes")]
    return ", ".join(f"{text} {what}" for text, what in said if text != "0") or "costs and saves nothing"


def _one_sheet(compared: Sequence[Contestant], *, diff: bool) -> Sheet:
    if diff:
        return sheets.difference_sheet(difference(*compared))
    return sheets.totals_sheet(compared, sources=True)


def _sheets(compared: Sequence[Contestant], *, diff: bool) -> list[Sheet]:
    made = [sheets.totals_sheet(compared)]
    return [*made, sheets.difference_sheet(difference(*compared))] if diff else made


def _short_heads(made: Sheet) -> Sheet:
    """`about 56x56` as `~56`, so that all stages fit into a terminal."""
    words = {"vector or 1x1": "1x1 or\nvector", "not run": "not\nrun", "below 5x5": "< 5"}
    heads = [words.get(name, name.replace("about ", "~").partition("x")[0]) for name in made.columns[1:]]
    return made._replace(columns=(made.columns[0], *heads))


def _network(of: Contestant) -> dict[str, Any]:
    t = totals(of)
    return {
        "network": t.label,
        "title": of.title,
        "input": list(of.trace.input_shapes),
        "parameters": t.parameters,
        "macs": t.macs,
        **({"counted": t.counted} if of.convention else {}),
        "activation_bytes": t.activation_bytes,
        "peak_activation_bytes": t.peak_activation_bytes,
        "weight_layers": t.weight_layers,
        "top1_error": _published(t.top1_error),
        "top5_error": _published(t.top5_error),
        "unused_parameters": of.trace.unused_parameters,
        "uncounted": of.trace.uncounted,
        "remarks": of.trace.remarks,
    }


def _costs(costs: Part | Sums, convention: Convention | None) -> dict[str, int]:
    """What something costs, by name; `counted` where that is not just the MACs."""
    found: dict[str, int] = costs._asdict()
    return found if convention else {name: n for name, n in found.items() if name != "counted"}


def _published(figure: Published | None) -> dict[str, Any] | None:
    if figure is None:
        return None
    return {"value": figure.value, "source": figure.source, "link": figure.link, "note": figure.note}


def _difference(found: Difference) -> dict[str, Any]:
    convention = found.after.convention
    return {
        "before": found.before.label,
        "after": found.after.label,
        "total": _costs(found.total, convention),
        "same_layers": found.same,
        "findings": [
            {"sentence": finding.sentence, "places": finding.places, **_costs(finding.sums, convention)}
            for finding in findings(found)
        ],
        "layers": [
            {
                "name": cause.name,
                "work": cause.work,
                "changes": [change._asdict() for change in cause.changes],
                **_costs(cause.sums, convention),
            }
            for cause in found.causes
        ],
    }
