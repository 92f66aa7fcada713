"""The paths of a comparison one below the other, their volumes to one scale. SVG as text."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cnnviz.card.operations import arrow_words
from cnnviz.card.volumes import DARK, LIGHT, Palette, Volume, volume
from cnnviz.layer import Layer
from cnnviz.savings.comparison import Comparison
from cnnviz.savings.path import Path
from cnnviz.trace import Trace

FRONT, DEEP_X, DEEP_Y = 74.0, 48.0, 27.0  # px of the longest side, and right and up for the most channels
THINNEST = 3.0  # px: what is smaller is drawn so, to be seen
COLUMN, LEFT, RIGHT = 240.0, 14.0, 130.0  # px of a volume with its arrow, before the first, for the last
TITLE, ROW, LANE, LABEL = 36.0, 116.0, 88.0, 24.0  # px from one line to the next
LANE_SHARE = 0.55  # of the size where paths have lanes
LETTERS = 15  # of a line over an arrow
LETTER = 7.2  # px of one


@dataclass(frozen=True, slots=True)
class _Scale:
    """Pixels for each side, the same for every volume of the picture."""

    side: float
    depth_x: float

    def box(self, v: Volume) -> tuple[float, float, float, float]:
        """Width, height, and the run into depth; what is no map is a bar of no scale."""
        if v.n_H is None or v.n_W is None:
            return 9.0, FRONT * 0.6, 0.0, 0.0
        dx = max(THINNEST, (v.n_C or 1) * self.depth_x)
        return max(THINNEST, v.n_W * self.side), max(THINNEST, v.n_H * self.side), dx, dx * DEEP_Y / DEEP_X


def picture_svg(comparison: Comparison, *, dark: bool = False) -> str:
    """All paths, each volume with its sizes, each arrow with its layer and its multiplications."""
    pairs = list(zip(comparison.paths, comparison.traces, strict=True))
    scale = _scale(comparison)
    parts, y = [], 0.0
    for path, trace in pairs:
        drawn, high = _path(path, trace, scale, y)
        parts += drawn
        y += high
    wide = LEFT + RIGHT + COLUMN * max(_columns(path) for path, _ in pairs)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {y:.0f}">'
        f"{_style(DARK if dark else LIGHT)}{''.join(parts)}</svg>"
    )


def picture_width(comparison: Comparison) -> int:
    """Pixels at which its type has the size of the page's."""
    return round(LEFT + RIGHT + COLUMN * max(_columns(path) for path in comparison.paths))


def picture_words(comparison: Comparison) -> str:
    """The picture in words, for people who cannot see it."""
    told = []
    for path, trace in zip(comparison.paths, comparison.traces, strict=True):
        made = [_made(layer).text for layer in trace.layers]
        first = volume((1, *path.input_shape)).text
        told.append(f"{titled(path)}: {' to '.join([first, *made])}, {trace.macs:,} multiplications")
    return "; ".join(told)


def titled(path: Path) -> str:
    """What a path is, for people: `3×3`, not `3x3`."""
    return re.sub(r"(?<=\d)x(?=\d)", "×", path.title)


def _columns(path: Path) -> int:
    lanes = max((len(lane.steps) for lane in path.lanes), default=0)
    return len(path.stem) + (lanes + 1 if path.lanes else 0)


def _scale(comparison: Comparison) -> _Scale:
    volumes = [volume((1, *path.input_shape)) for path in comparison.paths]
    volumes += [_made(layer) for trace in comparison.traces for layer in trace.layers]
    maps = [v for v in volumes if v.n_H is not None and v.n_W is not None]
    longest = max(max(v.n_H or 1, v.n_W or 1) for v in maps)
    most = max(v.n_C or 1 for v in maps)
    share = LANE_SHARE if any(len(path.lanes) > 1 for path in comparison.paths) else 1.0
    return _Scale(min(FRONT / longest, 12.0) * share, DEEP_X / most * share)


def _path(path: Path, trace: Trace, scale: _Scale, top: float) -> tuple[list[str], float]:
    """One path from `top` on, and the height that it takes."""
    row = LANE if path.lanes else ROW
    high = TITLE + row * max(1, len(path.lanes)) + 2
    middle = top + TITLE + row * max(1, len(path.lanes)) / 2
    title = f"{titled(path)}: {trace.macs:,}"
    parts = [_text(LEFT, top + 26, title, "b")]
    stem, lanes = trace.layers[: len(path.stem)], path.layers_of_lanes(trace)
    before = volume((1, *path.input_shape))
    parts += _volume(before, scale, 0, middle)
    for column, layer in enumerate(stem, 1):
        parts += _arrow(before, scale, (column - 1, column), middle, layer)
        before = _made(layer)
        parts += _volume(before, scale, column, middle)
    if lanes:
        end, first = _columns(path), len(stem)
        for number, layers in enumerate(lanes):
            y = top + TITLE + row * (number + 0.5)
            parts += _lane(before, layers, scale, (first, end), (middle, y))
        joined = trace.layers[-1]
        parts += _volume(_made(joined), scale, end, middle)
        sign = "add" if path.join == "add" else "concat"
        parts.append(_text(_x(end) - 38, middle + 5, sign, "s m"))
    return parts, high


def _lane(
    before: Volume,
    layers: Sequence[Layer],
    scale: _Scale,
    columns: tuple[int, int],
    heights: tuple[float, float],
) -> list[str]:
    """The volumes of one lane, between the volume that it takes and the one where lanes join."""
    (first, end), (middle, y) = columns, heights
    w, _, dx, _ = scale.box(before)
    leave = _x(first) + max(w + dx, len(before.text) * LETTER) + 8
    bend = leave + 16
    parts = [f'<path class="l" d="M{leave:.0f} {middle:.0f}L{bend:.0f} {y:.0f}"/>']
    previous, column = None, first
    for layer in layers:
        parts += _arrow(previous, scale, (column, column + 1), y, layer, start=None if previous else bend)
        previous = _made(layer)
        column += 1
        parts += _volume(previous, scale, column, y)
    if previous is None:
        start = bend
    else:
        w, _, dx, _ = scale.box(previous)
        start = _x(column) + w + dx + 6
    stop = _x(end) - 72
    parts.append(
        f'<path class="l" d="M{start:.0f} {y:.0f}H{max(stop - 14, start):.0f}L{stop:.0f} {middle:.0f}"/>'
    )
    return parts


def _x(column: int) -> float:
    return LEFT + column * COLUMN


def _made(layer: Layer) -> Volume:
    return volume(layer.output_shapes[0], layer.field)


def _volume(v: Volume, scale: _Scale, column: int, middle: float) -> list[str]:
    """A box whose middle is at that height, its sizes below it."""
    w, h, dx, dy = scale.box(v)
    x, y = _x(column), middle - (h + dy + LABEL - 8) / 2 + dy
    face = f'<path class="f" d="M{x:.0f} {y:.1f}h{w:.1f}v{h:.1f}h{-w:.1f}z"/>'
    label = _text(x, y + h + 18, v.text, "s")
    if not dx:
        return [face, label]
    top = f'<path class="t" d="M{x:.0f} {y:.1f}l{dx:.1f} {-dy:.1f}h{w:.1f}l{-dx:.1f} {dy:.1f}z"/>'
    side = f'<path class="r" d="M{x + w:.1f} {y:.1f}l{dx:.1f} {-dy:.1f}v{h:.1f}l{-dx:.1f} {dy:.1f}z"/>'
    return [top, side, face, label]


def _arrow(
    before: Volume | None,
    scale: _Scale,
    columns: tuple[int, int],
    middle: float,
    layer: Layer,
    *,
    start: float | None = None,
) -> list[str]:
    """An arrow to the next column: the layer above it, its multiplications below."""
    if start is None:
        w, _, dx, _ = scale.box(before) if before else (0.0, 0.0, 0.0, 0.0)
        start = _x(columns[0]) + w + dx + 8
    end = _x(columns[1]) - 8
    at = max((start + end) / 2, end - 52)  # wide volumes leave a short arrow: the words stay beside it
    lines = _lines(layer)
    parts = [f'<path class="a" d="M{start:.0f} {middle:.0f}H{end:.0f}m-8 -5l8 5l-8 5"/>']
    for i, line in enumerate(lines):
        parts.append(_text(at, middle - 9 - 17 * (len(lines) - 1 - i), line, "s m"))
    if layer.macs:
        parts.append(_text(at, middle + 20, f"{layer.macs:,}", "s m c"))
    return parts


def _lines(layer: Layer) -> list[str]:
    """`conv 5×5 / 2` and `32 filters`, in lines that fit over an arrow."""
    lines: list[str] = []
    words = arrow_words(layer).replace(" / ", " stride ").split()
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= LETTERS:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _style(colours: Palette) -> str:
    return (
        f"<style>text{{font:16px Source Sans,Segoe UI,Helvetica,Arial,sans-serif;fill:{colours.text}}}"
        f".s{{font-size:15px}}.m{{text-anchor:middle}}.b{{font-weight:600;font-size:17px}}"
        f".c{{font-weight:600;font-size:14px;fill:{colours.accent}}}path{{stroke:{colours.line};stroke-width:1.2}}"
        f".f{{fill:{colours.front}}}.t{{fill:{colours.top}}}.r{{fill:{colours.side}}}"
        f".a,.l{{fill:none;stroke:{colours.text};stroke-width:1.8}}.l{{opacity:.6}}</style>"
    )


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{style}">{html.escape(text)}</text>'
