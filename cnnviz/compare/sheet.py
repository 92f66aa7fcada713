"""A table of a comparison, whatever is in it: plain values, and the forms that people and programs read."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Callable, Sequence
from typing import NamedTuple

Cell = int | float | str | None
WIDTH = 80


class Sheet(NamedTuple):
    """A table with its caption. The first column names the rows."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    texts: tuple[tuple[str, ...], ...] = ()  # the cells for people, where that is more than the value
    notes: tuple[str, ...] = ()  # what a reader should know, a sentence each

    @property
    def read(self) -> tuple[tuple[str, ...], ...]:
        """The cells as people read them."""
        return self.texts or tuple(tuple(map(cell_text, row)) for row in self.rows)

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold numbers."""
        return tuple(
            any(isinstance(row[i], int | float) for row in self.rows) for i in range(len(self.columns))
        )


def cell_text(value: Cell) -> str:
    """`4,089,184,256`; nothing for what does not apply."""
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:,}"


def as_text(sheet: Sheet, width: int = WIDTH) -> str:
    """The table in plain characters; a name that is too long has a line of its own."""
    cells = sheet.read
    wide = [
        max([len(word) for word in sheet.columns[i].split("\n")] + [len(row[i]) for row in cells])
        for i in range(1, len(sheet.columns))
    ]
    longest = max(map(len, [row[0] for row in cells] + sheet.columns[0].split("\n")))
    gap = " " * (2 if longest + sum(wide) + 2 * len(wide) <= width else 1)
    first = max(4, min(longest, width - sum(wide) - len(gap) * len(wide)))
    heads = _head(sheet, first, wide, gap)
    lines = [sheet.caption, "", *heads, "-" * max(map(len, heads))]
    for row in cells:
        numbers = _line(row[1:], wide, sheet, gap)
        if len(row[0]) > first:
            lines += [row[0], " " * first + numbers]
        else:
            lines.append(f"{row[0]:<{first}}{numbers}")
    notes = [textwrap.fill(note, min(width, 100), subsequent_indent="  ") for note in sheet.notes]
    return "\n".join(line.rstrip() for line in [*lines, *([""] if notes else []), *notes])


def as_csv(sheet: Sheet) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_one_line(name) for name in sheet.columns])
    writer.writerows([["" if cell is None else cell for cell in row] for row in sheet.rows])
    return out.getvalue().rstrip("\n")


def as_markdown(sheet: Sheet, *, caption: bool = True) -> str:
    rule = "|".join("--:" if number else ":--" for number in sheet.numeric)
    head = " | ".join(_one_line(name) for name in sheet.columns)
    rows = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in sheet.read]
    notes = ["", *(f"- {note}" for note in sheet.notes)] if sheet.notes else []
    return "\n".join(
        [*([f"**{sheet.caption}**", ""] if caption else []), f"| {head} |", f"|{rule}|", *rows, *notes]
    )


def as_latex(sheet: Sheet) -> str:
    """A `tabular` for the package booktabs."""
    form = "".join("r" if number else "l" for number in sheet.numeric)
    head = " & ".join(_latex(_one_line(name)) for name in sheet.columns)
    rows = [" & ".join(map(_latex, row)) + r" \\" for row in sheet.read]
    return "\n".join(
        [
            *(f"% {_one_line(line)}" for line in (sheet.caption, *sheet.notes)),
            rf"\begin{{tabular}}{{{form}}}",
            r"\toprule",
            head + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def as_records(sheet: Sheet) -> list[dict[str, Cell]]:
    """One object for each row, by column, for JSON."""
    names = [_one_line(name) for name in sheet.columns]
    return [dict(zip(names, row, strict=True)) for row in sheet.rows]


def together(sheets: Sequence[Sheet], written: Callable[[Sheet], str]) -> str:
    """Several tables, one below the other."""
    return "\n\n".join(map(written, sheets))


def _head(sheet: Sheet, first: int, wide: Sequence[int], gap: str) -> list[str]:
    """The columns' names, which may take several lines and stand on the last."""
    words = [name.split("\n") for name in sheet.columns]
    height = max(map(len, words))
    lines = []
    for n in range(height):
        cells = [([""] * (height - len(word)) + word)[n] for word in words]
        lines.append(f"{cells[0]:<{first}}{_line(cells[1:], wide, sheet, gap)}")
    return lines


def _line(cells: Sequence[str], wide: Sequence[int], sheet: Sheet, gap: str) -> str:
    """All cells but the first, numbers to the right."""
    aligned = (
        f"{cell:>{w}}" if n else f"{cell:<{w}}"
        for cell, w, n in zip(cells, wide, sheet.numeric[1:], strict=True)
    )
    return "".join(gap + cell for cell in aligned)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _latex(text: str) -> str:
    for sign, written in (("\\", "/"), *((sign, f"\\{sign}") for sign in "&%$#_{}")):
        text = text.replace(sign, written)
    for sign, written in (
        ("−", "$-$"),
        ("±", r"$\pm$"),
        ("→", r"$\to$"),
        ("~", r"\textasciitilde{}"),
        ("^", r"\^{}"),
    ):
        text = text.replace(sign, written)
    return text
