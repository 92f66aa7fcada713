"""Pictures of what is inside for slides and papers: PNG files in the colours of the page, on white."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cnnviz.inside.fields import Box

Values = NDArray[np.float32]
Levels = NDArray[np.uint8]
# van der Walt, Smith 2015: five of viridis' colours
VIRIDIS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
SIGNED = ((33, 102, 172), (247, 247, 247), (216, 96, 21))  # below zero, zero, above
HOT = ((0, 0, 0), (120, 28, 110), (222, 73, 60), (252, 180, 60), (252, 255, 164))
MAP_SIDE, WIDEST = 96, 1600  # pixels of a map on a sheet, and of a sheet
PICTURE_SIDE = 448
GAP, TEXT = 4, 13  # pixels between maps, and below each for its number
STRENGTH = 0.72  # of heat over the image
DARKER = 0.55  # is left of an image around what is looked at
ORANGE, WHITE, BLACK = (255, 150, 30), (255, 255, 255), (0, 0, 0)


def sheet(maps: Values, numbers: Sequence[int]) -> bytes:
    """Maps, count x height x width, side by side, each with its own scale and its number below.

    Blue is negative and orange positive where there are negative values; otherwise the brighter the larger.
    """
    signed = float(maps.min()) < 0
    return _tiled([_of_map(one, signed) for one in maps], numbers)


def colour_sheet(images: Values, numbers: Sequence[int]) -> bytes:
    """Filters in colour from 0 to 1, count x 3 x height x width, side by side with their numbers."""
    return _tiled([_levels(one.transpose(1, 2, 0)) for one in images], numbers)


def picture(image: Values) -> bytes:
    """An image from 0 to 1, channels x height x width."""
    return _png(_larger(_rgb(image)))


def heat(image: Values, values: Values, *, turned: bool = False) -> bytes:
    """Heat over the image in grey: hot where the values are large, or where they are small."""
    grey = Image.fromarray(_rgb(image)).convert("L").convert("RGB")
    least, most = float(values.min()), float(values.max())
    base = least if turned else max(least, 0.0)
    shares = (values - base) / (most - base or 1.0)
    shares = 1 - shares if turned else shares
    small = Image.fromarray(_mixed(HOT, shares if most > least else np.zeros_like(values)))
    over = small.resize(grey.size, Image.Resampling.BILINEAR)
    return _png(_larger(np.asarray(Image.blend(grey, over, STRENGTH))))


def field(image: Values, gradient: Values, box: Box) -> bytes:
    """Where a pixel looks: the theoretical field as a frame, and in orange what moves its value."""
    shares = np.sqrt(gradient / (float(gradient.max()) or 1.0))[..., None] * 0.85
    shown = _rgb(image) * DARKER * (1 - shares) + np.array(ORANGE) * shares
    large = Image.fromarray(_larger(shown.round().astype(np.uint8)))
    cell = large.width / image.shape[2]
    height, width = image.shape[1:]
    top, left = max(box.top, 0), max(box.left, 0)
    bottom, right = min(box.bottom + 1, height), min(box.right + 1, width)
    brush = ImageDraw.Draw(large)
    frame = [left * cell, top * cell, max(right * cell, left * cell + 2) - 1, max(bottom * cell, 2) - 1]
    brush.rectangle(frame, outline=BLACK, width=5)
    brush.rectangle([frame[0] + 1, frame[1] + 1, frame[2] - 1, frame[3] - 1], outline=WHITE, width=3)
    return _png(np.asarray(large))


def _of_map(values: Values, signed: bool) -> Levels:
    low, high = float(values.min()), float(values.max())
    end = max(-low, high) or 1.0
    if signed:
        return _mixed(SIGNED, (values + end) / (2 * end))
    return _mixed(VIRIDIS, values / (high or 1.0))


def _mixed(stops: Sequence[tuple[int, int, int]], shares: Values) -> Levels:
    """Colours between the stops, for shares from 0 to 1."""
    at = np.clip(shares, 0, 1) * (len(stops) - 1)
    known = np.arange(len(stops))
    return np.stack(
        [np.interp(at, known, [stop[i] for stop in stops]).round().astype(np.uint8) for i in range(3)], -1
    )


def _tiled(tiles: Sequence[Levels], numbers: Sequence[int]) -> bytes:
    """Pictures side by side, enlarged alike, each with its number below."""
    height, width = tiles[0].shape[:2]
    columns = max(1, min(len(tiles), round((len(tiles) * height / width) ** 0.5 * 1.4)))
    largest = max(height, width)
    zoom = max(1, min(MAP_SIDE // largest, (WIDEST // columns - GAP) // width))
    wide, high = max(width * zoom, 2 * TEXT) + GAP, height * zoom + TEXT + GAP
    rows = -(-len(tiles) // columns)
    whole = Image.new("RGB", (columns * wide + GAP, rows * high + GAP), WHITE)
    brush, font = ImageDraw.Draw(whole), ImageFont.load_default()
    for i, (tile, number) in enumerate(zip(tiles, numbers, strict=True)):
        left, top = GAP + i % columns * wide, GAP + i // columns * high
        whole.paste(Image.fromarray(tile.repeat(zoom, 0).repeat(zoom, 1)), (left, top))
        brush.text((left, top + height * zoom), str(number), fill=BLACK, font=font)
    return _png(np.asarray(whole))


def _rgb(image: Values) -> Levels:
    """An image from 0 to 1, channels x height x width, as height x width x 3 levels."""
    channels = image if len(image) == 3 else image[:1].repeat(3, 0)
    return _levels(channels.transpose(1, 2, 0))


def _levels(values: Values) -> Levels:
    return (values.clip(0, 1) * 255).round().astype(np.uint8)


def _larger(levels: Levels) -> Levels:
    """The picture in a size for slides, its pixels as squares."""
    zoom = -(-PICTURE_SIDE // max(levels.shape[:2]))
    return levels.repeat(zoom, 0).repeat(zoom, 1)


def _png(levels: Levels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(levels).save(out, "PNG")
    return out.getvalue()
