"""A comparison as CSV, Markdown, LaTeX and JSON, and its curve as CSV: every number, with its formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

from cnnviz.export import trace_csv, trace_json, trace_latex, trace_markdown
from cnnviz.savings.comparison import Comparison, times
from cnnviz.savings.curve import Curve, break_even_width

ROWS = (("multiplications", "macs"), ("parameters", "parameters"), ("activation bytes", "activation_bytes"))


def comparison_csv(comparison: Comparison) -> str:
    """One line for each layer of each path, with the path in the first column."""
    lines: list[str] = []
    for path, trace in zip(comparison.paths, comparison.traces, strict=True):
        head, *rows = trace_csv(trace).splitlines()
        lines += [f"path,{head}"] if not lines else []
        lines += [f"{_cell(path.title)},{row}" for row in rows]
    return "\n".join(lines)


def comparison_markdown(comparison: Comparison) -> str:
    """What each path costs, and under it the layers of each."""
    titles = [path.title for path in comparison.paths]
    table = [f"| | {' | '.join(titles)} | |", f"|:--|{'--:|' * len(titles)}:--|"]
    for label, name in ROWS:
        counts = getattr(comparison, name)
        table.append(f"| {label} | {' | '.join(f'{n:,}' for n in counts)} | {times(*counts[:2])} |")
    layers = [trace_markdown(trace) for trace in comparison.traces]
    return "\n\n".join([f"**{_title(comparison)}**", "\n".join(table), _even(comparison), *layers])


def comparison_latex(comparison: Comparison) -> str:
    """What each path costs as a `tabular` for booktabs, and under it the layers of each."""
    titles = [path.title for path in comparison.paths]
    rows = [
        f"{label} & {' & '.join(f'{n:,}' for n in getattr(comparison, name))} & "
        rf"{times(*getattr(comparison, name)[:2])} \\"
        for label, name in ROWS
    ]
    table = [
        f"% {_title(comparison)}. {_even(comparison)}",
        rf"\begin{{tabular}}{{l{'r' * len(titles)}l}}",
        r"\toprule",
        rf" & {' & '.join(titles)} & \\",
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n\n".join(["\n".join(table), *(trace_latex(trace) for trace in comparison.traces)])


def comparison_json(comparison: Comparison) -> str:
    """The values, the break-even, and the paths as `cnnviz trace --format json` has traces."""
    even = comparison.break_even
    return json.dumps(
        {
            "trick": comparison.trick.name,
            "values": comparison.values,
            "ratio": comparison.ratio,
            "break_even": {
                "option": comparison.trick.main,
                "width": break_even_width(comparison),
                "formula": even.term.text if even.term else None,
                "words": even.words,
            },
            "paths": [json.loads(trace_json(trace)) for trace in comparison.traces],
        },
        indent=1,
    )


def curve_csv(curve: Curve) -> str:
    """One line for each width: the multiplications of each path."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([curve.name, *curve.titles])
    writer.writerows(zip(curve.widths, *curve.macs, strict=True))
    return out.getvalue().rstrip("\n")


FORMATS: dict[str, Callable[[Comparison], str]] = {
    "csv": comparison_csv,
    "markdown": comparison_markdown,
    "latex": comparison_latex,
    "json": comparison_json,
}


def _title(comparison: Comparison) -> str:
    values = ", ".join(f"{name} = {value}" for name, value in comparison.values.items())
    return f"{comparison.trick.title}: {values}"


def _even(comparison: Comparison) -> str:
    term = comparison.break_even.term
    return f"{comparison.break_even.words}{f': {term.text}' if term else ''}."


def _cell(text: str) -> str:
    return f'"{text}"' if "," in text else text
