"""A layer's tensors as boxes drawn to scale: what goes in, what is done, what comes out. SVG as text."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from cnnviz.formulas import Shape
from cnnviz.formulas.receptive_field import Field
from cnnviz.layer import Layer, named_sizes

FRONT = 118.0  # px of the longest side of a front face; height and width share one scale
DEEP_X, DEEP_Y = 84.0, 46.0  # px right and up for the most channels; channels have a scale of their own
THINNEST = 4.0  # px: what is smaller is drawn so, to be seen
CELL, ARROW = 296.0, 120.0  # px of one box with its labels, of the arrow
MOST_INPUTS = 4  # a join of more shows the first two, how many more, and the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """One tensor: its sizes, or its shape in torch's order where height and width mean nothing."""

    n_H: int | None  # noqa: N815 - the course's names
    n_W: int | None  # noqa: N815
    n_C: int | None  # noqa: N815
    shape: Shape  # without the batch axis
    name: str = ""  # where it comes from

    @property
    def text(self) -> str:
        """`55 × 55 × 96`."""
        known = [n for n in (self.n_H, self.n_W, self.n_C) if n is not None]
        plain = self.n_C is None or (self.n_W is None and len(self.shape) > 1)
        return " × ".join(f"{n:,}" for n in (self.shape if plain else known)) or "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours on one background; text has at least 4.5:1, lines at least 3:1."""

    text: str
    line: str
    front: str
    top: str
    side: str
    accent: str
    accent_fill: str


LIGHT = Palette(
    text="#0b1622",
    line="#31506f",
    front="#cfe3f5",
    top="#e4effa",
    side="#a9cbe9",
    accent="#b34700",
    accent_fill="#ffb877",
)
DARK = Palette(
    text="#f1f5f9",
    line="#9cc3ee",
    front="#20415f",
    top="#2d5577",
    side="#172f46",
    accent="#f5a04a",
    accent_fill="#8a4a10",
)


def volume(shape: Shape, field: Field | None = None, name: str = "") -> Volume:
    """The box of a tensor whose shape includes the batch."""
    n_H, n_W, n_C = named_sizes(shape, field)
    return Volume(n_H=n_H, n_W=n_W, n_C=n_C, shape=shape[1:], name=name)


def layer_volumes(layer: Layer, names: Sequence[str] = ()) -> tuple[tuple[Volume, ...], tuple[Volume, ...]]:
    """What goes in and what comes out; constants, such as a learned factor, are left out."""
    taken = [i for i, tensor in enumerate(layer.operation.inputs) if tensor >= 0]
    given = tuple(
        volume(layer.input_shapes[i], layer.fields[i], names[n] if n < len(names) else "")
        for n, i in enumerate(taken)
    )
    return given, tuple(volume(shape, layer.field) for shape in layer.output_shapes)


def volumes_words(layer: Layer) -> str:
    """The picture in words, for people who cannot see it."""
    given, made = layer_volumes(layer)
    return f"{' and '.join(v.text for v in given) or 'nothing'} goes in, {made[0].text} comes out"


def volumes_svg(layer: Layer, *, words: str, names: Sequence[str] = (), dark: bool = False) -> str:
    """The picture: inputs left, `words` of the operation on the arrow, the output right.

    Height and width have one scale on both sides, channels another. A window that moves over the input is
    drawn on it, with the output element that it makes. Several inputs stand one above the other, smaller,
    with their `names`.
    """
    given, made = layer_volumes(layer, names)
    given, left_out = _shown(given)
    scale = _Scale((*given, *made[:1]), inputs=len(given))
    rows = [scale.rise + scale.height(v) + (34.0 if len(given) == 1 else 14.0) for v in given]
    rows = [*rows[:-1], rows[-1] + 22.0 * bool(left_out)] if rows else [0.0]
    out = scale.rise + scale.height(made[0]) + 34.0
    high = max(sum(rows), out, 120.0)
    kernel = getattr(layer.arguments, "kernel", ())[-2:]
    windows = (kernel, (1, 1)) if len(kernel) == 2 else ((), ())
    parts, y = [], (high - sum(rows)) / 2
    for number, (box, row) in enumerate(zip(given, rows, strict=False)):
        last = number == len(given) - 1
        if left_out and last:
            parts.append(_text(24, y + 16, f"… {left_out} more …", "s"))
            y += 22.0
        x, front = (54.0, windows[0]) if len(given) == 1 else (6.0, ())
        parts.append(_box(box, scale, x, y + scale.rise, front, beside=len(given) > 1))
        y += row
    parts.append(_arrow(CELL, CELL + ARROW - 12, high / 2, words))
    parts.append(_box(made[0], scale, CELL + ARROW + 46, (high - out) / 2 + scale.rise, windows[1]))
    wide = 2 * CELL + ARROW
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}">'
        f"{_style(DARK if dark else LIGHT)}{''.join(parts)}</svg>"
    )


def _style(colours: Palette) -> str:
    return (
        f"<style>text{{font:21px Source Sans,Segoe UI,Helvetica,Arial,sans-serif;fill:{colours.text}}}"
        ".s{font-size:18px}.m{text-anchor:middle}.e{text-anchor:end}.b{font-weight:600}"
        ".i{font-style:italic}.h{font-style:italic;font-size:14px}"
        f"path{{stroke:{colours.line};stroke-width:1.5}}.f{{fill:{colours.front}}}.t{{fill:{colours.top}}}"
        f".r{{fill:{colours.side}}}.a{{fill:none;stroke:{colours.text};stroke-width:2.5}}"
        f".w{{fill:{colours.accent_fill};stroke:{colours.accent};stroke-width:2.5}}</style>"
    )


def _shown(given: tuple[Volume, ...]) -> tuple[tuple[Volume, ...], int]:
    if len(given) <= MOST_INPUTS:
        return given, 0
    return (*given[:2], given[-1]), len(given) - 3


class _Scale:
    """Pixels for each side of a box, the same for all boxes of one picture."""

    def __init__(self, boxes: Sequence[Volume], *, inputs: int) -> None:
        sides = [n for box in boxes for n in (box.n_H, box.n_W) if n is not None]
        share = {0: 1.0, 1: 1.0, 2: 0.76, 3: 0.56}.get(inputs, 0.44)
        # one position alone is a small square, not the largest one
        self.side = min(FRONT / max(sides, default=1), 16.0) * share
        self.most = max((box.n_C or 1 for box in boxes), default=1)
        self.deep_x, self.deep_y = DEEP_X * share, DEEP_Y * share
        self.rise = max(self.depth(box)[1] for box in boxes) + 8.0

    def height(self, box: Volume) -> float:
        return self.length(box.n_H if box.n_H is not None else 1)

    def width(self, box: Volume) -> float:
        return self.length(box.n_W if box.n_W is not None else 1)

    def length(self, n: float) -> float:
        return max(THINNEST, n * self.side)

    def depth(self, box: Volume) -> tuple[float, float]:
        share = max((box.n_C or 1) / self.most, THINNEST / self.deep_x)
        return self.deep_x * share, self.deep_y * share


def _box(
    box: Volume, scale: _Scale, x: float, y: float, window: Sequence[int], *, beside: bool = False
) -> str:
    """A box whose front face has its upper left corner at (x, y), with its labels and a window on it."""
    w, h = scale.width(box), scale.height(box)
    dx, dy = scale.depth(box)
    parts = [
        f'<path class="t" d="M{x:.0f} {y:.1f}l{dx:.1f} {-dy:.1f}h{w:.1f}l{-dx:.1f} {dy:.1f}z"/>',
        f'<path class="r" d="M{x + w:.1f} {y:.1f}l{dx:.1f} {-dy:.1f}v{h:.1f}l{-dx:.1f} {dy:.1f}z"/>',
        f'<path class="f" d="M{x:.0f} {y:.1f}h{w:.1f}v{h:.1f}h{-w:.1f}z"/>',
    ]
    if window:  # where it stands first, in the upper left corner
        high, wide = (min(scale.length(n), most) for n, most in zip(window, (h, w), strict=True))
        parts.append(f'<path class="w" d="M{x:.0f} {y:.1f}h{wide:.1f}v{high:.1f}h{-wide:.1f}z"/>')
    if beside:
        start = x + w + dx + 10
        middle = y + (h - dy) / 2
        parts.append(_text(start, middle + (0 if box.name else 6), box.text, "b"))
        parts.append(_text(start, middle + 20, _tail(box.name, 17), "s") if box.name else "")
    else:
        parts += _labels(box, x, y, (w, h), (dx, dy))
    return "".join(parts)


def _labels(
    box: Volume, x: float, y: float, size: tuple[float, float], depth: tuple[float, float]
) -> list[str]:
    (w, h), (dx, dy) = size, depth
    if box.n_C is None or (box.n_W is None and len(box.shape) > 1):
        return [_text(x, y + h + 24, box.text, "b")]
    parts = []
    if box.n_H is not None:
        at = f'x="{x - 8:.0f}" y="{y + h / 2 - 6:.0f}" class="e"'
        number = f'<tspan x="{x - 8:.0f}" dy="19" class="b">{box.n_H:,}</tspan>'
        parts.append(f"<text {at}>{_axis('H')}{number}</text>")
    if box.n_W is not None:
        # never further left than the label of the height
        parts.append(_named("W", box.n_W, max(x + w / 2, x + 22), y + h + 24, ' class="m"'))
    # beside the edge that runs into depth, below it so that it never meets the box
    parts.append(_named("C", box.n_C, x + w + dx / 2 + 10, y + h - dy / 2 + 12, ""))
    return parts


def _named(axis: str, n: int, x: float, y: float, anchor: str) -> str:
    number = f'<tspan dy="-5" dx="6" class="b">{n:,}</tspan>'
    return f'<text x="{x:.0f}" y="{y:.0f}"{anchor}>{_axis(axis)}{number}</text>'


def _axis(axis: str) -> str:
    """`n_H` with the H lowered."""
    return f'<tspan class="i">n</tspan><tspan class="h" dy="5">{axis}</tspan>'


def _arrow(start: float, end: float, y: float, words: str) -> str:
    """An arrow with the operation above it and, after a slash, its stride below."""
    above, _, stride = words.partition(" / ")
    lines, middle = _lines(above), (start + end) / 2
    parts = [f'<path class="a" d="M{start:.0f} {y:.0f}H{end:.0f}m-11 -7l11 7l-11 7"/>']
    for i, line in enumerate(lines):
        parts.append(_text(middle, y - 12 - 20 * (len(lines) - 1 - i), line, "s m"))
    if stride:
        parts.append(_text(middle, y + 26, f"stride {stride}", "s m"))
    return "".join(parts)


def _lines(words: str, most: int = 13) -> list[str]:
    """The words in lines that fit over the arrow."""
    lines: list[str] = []
    for word in words.split():
        if lines and len(lines[-1]) + 1 + len(word) <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(_tail(word, most + 2))
    return lines


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{style}">{html.escape(text)}</text>'


def _tail(text: str, width: int) -> str:
    return text if len(text) <= width else "…" + text[1 - width :]
