"""What a layer's middle element sees of the input image: its receptive field as a rectangle on a picture."""

from __future__ import annotations

import html
from dataclasses import dataclass
from math import ceil, floor

from cnnviz.layer import Layer

SIDE = 240.0  # px of the image's longer side
MARGIN = 26.0  # px around it, where a field that reaches into the padding is drawn dashed


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The pixels that one element sees along one axis of an image of `size` pixels; the last one included."""

    size: int
    low: int  # may lie before the image, in the padding
    high: int
    middle: bool = (
        True  # of the element in the middle; otherwise of the first, or of any where all see as much
    )

    @property
    def field(self) -> int:
        """Pixels seen, padding included: the receptive field."""
        return self.high - self.low + 1

    @property
    def inside(self) -> int:
        """Pixels of the image among them."""
        return max(0, min(self.high, self.size - 1) - max(self.low, 0) + 1)


def seen_by_the_middle(layer: Layer, image: tuple[int, ...]) -> tuple[Seen, ...]:
    """What the middle element of the output sees, for each axis of the image; () where that is not known."""
    if not layer.field or len(layer.field) != len(image):
        return ()
    seen = []
    for reach, size in zip(layer.field, image, strict=True):
        low, high = reach.low, reach.high
        scattered = reach.axis is not None and reach.jump is None
        if reach.axis is not None and reach.jump is not None:
            middle = layer.output_shapes[0][reach.axis] // 2
            low, high = low + middle * reach.jump, high + middle * reach.jump
        if reach.fixed:
            low, high = min(low, reach.fixed[0]), max(high, reach.fixed[1])
        seen.append(Seen(size=size, low=floor(low), high=ceil(high), middle=not scattered))
    return tuple(seen)


def field_words(seen: tuple[Seen, ...]) -> str:
    """`The middle element sees 11 × 11 pixels of 227 × 227.`, and where it sees more than there is."""
    element = "The middle element" if all(s.middle for s in seen) else "The first element"
    field = " × ".join(f"{s.field:,}" for s in seen)
    image = " × ".join(f"{s.size:,}" for s in seen)
    if all(s.inside == s.size for s in seen):
        larger = any(s.field > s.size for s in seen)
        more = f": its field of {field} is larger than that" if larger else ""
        return f"{element} sees the whole image of {image}{more}."
    outside = any(s.inside < s.field for s in seen)
    beyond = ", some of them in the padding" if outside else ""
    return f"{element} sees {field} pixels of {image}{beyond}."


def field_svg(seen: tuple[Seen, ...], *, dark: bool = False, image: str = "") -> str:
    """The picture: the field's rectangle on `image` (a data address of a picture), or on a drawn one."""
    rows, columns = (seen[0], seen[1]) if len(seen) == 2 else (Seen(size=1, low=0, high=0), seen[-1])
    unit = SIDE / max(rows.size, columns.size)
    wide, high = columns.size * unit, rows.size * unit
    accent, text = ("#ffb454", "#f1f5f9") if dark else ("#c2410c", "#0b1622")
    whole = (columns.low * unit, rows.low * unit, columns.field * unit, rows.field * unit)
    left, top = max(whole[0], 0), max(whole[1], 0)
    right = min(whole[0] + whole[2], wide)
    bottom = min(whole[1] + whole[3], high)
    shade = (
        f'<path d="M0 0H{wide:.1f}V{high:.1f}H0ZM{left:.1f} {top:.1f}V{bottom:.1f}H{right:.1f}V{top:.1f}Z" '
        'fill="#0b1622" fill-opacity="0.5"/>'
    )
    dashed = (
        f'<rect x="{whole[0]:.1f}" y="{whole[1]:.1f}" width="{whole[2]:.1f}" height="{whole[3]:.1f}" '
        f'fill="none" stroke="{accent}" stroke-width="2.5" stroke-dasharray="7 5"/>'
        if (left, top) != whole[:2] or right < whole[0] + whole[2] or bottom < whole[1] + whole[3]
        else ""
    )
    clear = (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{max(right - left, 3):.1f}" '
        f'height="{max(bottom - top, 3):.1f}" fill="none" stroke="{accent}" stroke-width="4"/>'
    )
    box = f"{-MARGIN:.0f} {-MARGIN:.0f} {wide + 2 * MARGIN:.1f} {high + 2 * MARGIN:.1f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{_picture(wide, high, image)}{shade}'
        f'<rect width="{wide:.1f}" height="{high:.1f}" fill="none" stroke="{text}" stroke-width="1.5"/>'
        f"{dashed}{clear}</svg>"
    )


def _picture(wide: float, high: float, image: str) -> str:
    """The image in a frame of that size: a person's own, or a house by the sea, drawn here."""
    if image:
        source = html.escape(image, quote=True)
        return (
            f'<image href="{source}" width="{wide:.1f}" height="{high:.1f}" '
            'preserveAspectRatio="xMidYMid slice"/>'  # cut to the input's shape around its middle
        )
    return (
        f'<svg width="{wide:.1f}" height="{high:.1f}" viewBox="0 0 24 24" preserveAspectRatio="none">'
        '<path fill="#a8d4f0" d="M0 0h24v15H0z"/><circle cx="19" cy="5" r="2.5" fill="#ffd34d"/>'
        '<path fill="#3f88b8" d="M0 13h24v4H0z"/><path fill="#fff" d="M3 12.5l2-5v5zM5.3 12.5V6l3 6.5z"/>'
        '<path fill="#7a4a2b" d="M2.3 13h6.4l-1 1.4H3.3z"/><path fill="#79a84a" d="M0 17q12-4 24-1v8H0z"/>'
        '<path fill="#f3ead7" d="M10 12h7v7h-7z"/><path fill="#b5442e" d="M9 12.3L13.5 8l4.5 4.3z"/>'
        '<path fill="#6b4a35" d="M12.5 15.5h2V19h-2z"/>'
        '<path fill="#5d9fcb" d="M10.8 13.3h1.3v1.4h-1.3zM15 13.3h1.3v1.4H15z"/>'
        '<path fill="#6b4a35" d="M20.6 15h.8v5h-.8z"/><circle cx="21" cy="13.6" r="2.2" '
        'fill="#3f7d3a"/></svg>'
    )
