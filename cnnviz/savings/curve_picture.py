"""The curve of a comparison: what each path costs against one width. SVG as text.

Drawn here and not by plotly: a slider that moves sends it anew, and this is a tenth of the time and a quarter
of the bytes.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from cnnviz.card.volumes import DARK, LIGHT, Palette
from cnnviz.savings.curve import Curve

WIDE, HIGH = 420, 260  # px
LEFT, RIGHT, TOP, BOTTOM = 56, 26, 34, 46  # px around the plot
LETTER = 7.4  # px, wide on the average
LINE_AND_GAPS = 48  # px beside a name in the legend
TICKS = 5  # about so many on an axis
_DASHES = ("7 5", "", "2 4")  # tell the lines apart without their colours
_PREFIXES = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def curve_svg(curve: Curve, label: str, names: Sequence[str], *, dark: bool = False) -> str:
    """A line for each path, the chosen width as a point on each, the break-even as a line across.

    Args:
        curve: the numbers.
        label: what the width is called.
        names: what the paths are called, wherever the curve is.
        dark: for a dark page.

    """
    plot = _Plot(curve)
    colours = DARK if dark else LIGHT
    parts = [*plot.axes(label), *_legend(names), *plot.break_even()]
    for i, macs in enumerate(curve.macs):
        points = " ".join(plot.point(w, n) for w, n in _bends(curve.widths, macs))
        parts.append(f'<polyline class="p{i}" points="{points}"/>')
        if curve.single:
            parts += [plot.dot(w, n, 3, i) for w, n in zip(curve.widths, macs, strict=True)]
        parts.append(plot.dot(curve.chosen, curve.chosen_macs[i], 6, i))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}">'
        f"{_style(colours)}{''.join(parts)}</svg>"
    )


def curve_words(curve: Curve, label: str, names: Sequence[str]) -> str:
    """The curve in words, for people who cannot see it."""
    costs = ", ".join(f"{name} {macs:,}" for name, macs in zip(names, curve.chosen_macs, strict=True))
    even = f"; the break-even is at {curve.break_even:,}" if curve.break_even else ""
    return f"Multiplications against {label}. At {curve.chosen:,}: {costs}{even}"


class _Plot:
    """Where a width and a cost lie."""

    def __init__(self, curve: Curve) -> None:
        self.curve = curve
        self.most_width = max(curve.widths[-1], 1)
        self.most_macs = max(*(max(macs) for macs in curve.macs), 1)

    def x(self, width: float) -> float:
        return LEFT + (WIDE - LEFT - RIGHT) * width / self.most_width

    def y(self, macs: float) -> float:
        return HIGH - BOTTOM - (HIGH - TOP - BOTTOM) * macs / self.most_macs

    def point(self, width: int, macs: int) -> str:
        return f"{self.x(width):.1f},{self.y(macs):.1f}"

    def dot(self, width: int, macs: int, radius: int, line: int) -> str:
        return f'<circle class="d{line}" cx="{self.x(width):.1f}" cy="{self.y(macs):.1f}" r="{radius}"/>'

    def axes(self, label: str) -> list[str]:
        base = HIGH - BOTTOM
        parts = []
        for n in _ticks(self.most_macs):
            parts.append(f'<path class="g" d="M{LEFT} {self.y(n):.1f}H{WIDE - RIGHT}"/>')
            parts.append(_text(LEFT - 6, self.y(n) + 5, _short(n), "e"))
        parts += [_text(self.x(n), base + 18, f"{n:,}", "m") for n in _ticks(self.most_width)]
        parts.append(_text((LEFT + WIDE) / 2, HIGH - 8, f"{label}; chosen: {self.curve.chosen:,}", "m"))
        return parts

    def break_even(self) -> list[str]:
        """The break-even line with its number, on the side where there is room."""
        if not self.curve.break_even:
            return []
        x = self.x(self.curve.break_even)
        left = self.curve.break_even > 0.55 * self.most_width
        words = f"break-even: {self.curve.break_even:,}"
        start = x - 6 - LETTER * len(words) if left else x + 6
        return [
            f'<path class="v" d="M{x:.1f} {TOP}V{HIGH - BOTTOM}"/>',
            _text(x + (-6 if left else 6), self._free(start, len(words)), words, "e" if left else "s"),
        ]

    def _free(self, start: float, letters: int) -> float:
        """How high a text may stand that begins there, for no line to run through it."""
        end = start + LETTER * letters
        near = [
            self.y(n)
            for macs in self.curve.macs
            for w, n in zip(self.curve.widths, macs, strict=True)
            if start <= self.x(w) <= end
        ]
        heights = (TOP + 12, *range(HIGH - BOTTOM - 8, TOP + 12, -12))
        return next((y for y in heights if all(not y - 15 < n < y + 6 for n in near)), TOP + 12)


def _bends(widths: Sequence[int], macs: Sequence[int]) -> list[tuple[int, int]]:
    """The points of a line but for those that lie straight between their neighbours."""
    points = list(zip(widths, macs, strict=True))
    inner = zip(points, points[1:], points[2:], strict=False)
    kept = [b for a, b, c in inner if (b[1] - a[1]) * (c[0] - b[0]) != (c[1] - b[1]) * (b[0] - a[0])]
    return [points[0], *kept, points[-1]]


def _legend(names: Sequence[str]) -> list[str]:
    """The lines' names, from the axis on, or further left where they are long."""
    wide = sum(LINE_AND_GAPS + LETTER * len(name) for name in names)
    parts, x = [], max(4, min(LEFT, WIDE - wide))
    for i, name in enumerate(names):
        parts.append(f'<path class="p{i}" d="M{x:.0f} 14h24"/>')
        parts.append(_text(x + 30, 19, name, "s"))
        x += LINE_AND_GAPS + LETTER * len(name)
    return parts


def _ticks(most: int) -> range:
    """Round numbers from 0 to the most."""
    rough = max(1, most // TICKS)
    power = 10 ** (len(str(rough)) - 1)
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= rough)
    return range(0, most + 1, step)


def _short(n: int) -> str:
    """`150 M`."""
    for size, prefix in _PREFIXES:
        if n >= size:
            return f"{n / size:g} {prefix}"
    return str(n)


def _style(colours: Palette) -> str:
    lines = zip((colours.line, colours.accent, colours.text), _DASHES, strict=True)
    told = "".join(
        f".p{i}{{fill:none;stroke:{colour};stroke-width:2.5;stroke-dasharray:{dash or 'none'}}}"
        f".d{i}{{fill:{colour}}}"
        for i, (colour, dash) in enumerate(lines)
    )
    return (
        f"<style>text{{font:14px Source Sans,Segoe UI,Helvetica,Arial,sans-serif;fill:{colours.text}}}"
        f".m{{text-anchor:middle}}.e{{text-anchor:end}}.g{{stroke:{colours.text};opacity:.15}}"
        f".v{{stroke:{colours.text};stroke-dasharray:3 3;opacity:.7}}{told}</style>"
    )


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{style}">{html.escape(text)}</text>'
