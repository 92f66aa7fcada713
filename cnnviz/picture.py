"""A person's own image, read with care and made small."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PIL import Image, ImageOps, UnidentifiedImageError

from cnnviz.errors import PictureError

FORMATS = ("PNG", "JPEG", "WEBP")
ENDINGS = ("png", "jpg", "jpeg", "webp")
MOST_BYTES = 10_000_000
MOST_PIXELS = 25_000_000  # 75 MB once decoded
SIDE = 256  # pixels of the longer side of what is kept
_Made = TypeVar("_Made")
_one_at_a_time = threading.Lock()  # a class uploads at once: one image's pixels in memory, not two hundred's


def small_picture(contents: bytes, side: int = SIDE) -> bytes:
    """The image as a JPEG of at most 256 pixels a side, upright, without what the camera wrote beside it.

    What the file says of itself is checked before any pixel is decoded; its name does not matter.

    Args:
        contents: of the file.
        side: pixels of the longer side at most.

    Raises PictureError for what is not a PNG, JPEG or WebP image, for too large a one, and for a broken one.

    """
    return _with_care(contents, partial(_small, side=side))


def whole_picture(contents: bytes) -> Image.Image:
    """The image with all its pixels, upright and in colour. Raises PictureError as `small_picture` does."""
    return _with_care(contents, _whole)


def _with_care(contents: bytes, read: Callable[[bytes], _Made]) -> _Made:
    if len(contents) > MOST_BYTES:
        raise PictureError(
            f"the file has {len(contents) / 1e6:.1f} MB, and {MOST_BYTES / 1e6:.0f} MB is the most that is "
            "read: save it smaller"
        )
    with _one_at_a_time:
        try:
            return read(contents)
        except PictureError:
            raise
        except Image.DecompressionBombError:
            raise _too_many_pixels("far too many") from None
        except UnidentifiedImageError:
            raise PictureError(
                "the file is not an image in PNG, JPEG or WebP format, whatever its name says: "
                "open it in a program for images and save it as one of these"
            ) from None
        except Exception:  # a decoder's: there are as many kinds as ways to break a file
            raise PictureError(
                "the image is broken or incomplete: download or save it again, or take another"
            ) from None


def check_small(jpeg: bytes, side: int = SIDE) -> None:
    """Raises PictureError where this is not what `small_picture` gives: no other format, no more pixels."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
            if max(image.size) <= side:
                image.load()
                return
    except Exception as error:  # a decoder's, as above
        raise PictureError("the image is broken: choose it anew") from error
    raise PictureError("the image is too large: choose it anew")


def square_numbers(picture: bytes, side: int, *, colours: bool) -> tuple[tuple[tuple[int, ...], ...], ...]:
    """The middle of a small picture as side x side whole numbers from 0 to 255: grey, or red, green and blue.

    `picture` is what `small_picture` gives.
    """
    with Image.open(io.BytesIO(picture), formats=("JPEG",)) as image:
        square = ImageOps.fit(image.convert("RGB" if colours else "L"), (side, side), Image.Resampling.BOX)
    planes = square.split()
    rows = [list(plane.tobytes()) for plane in planes]
    return tuple(tuple(tuple(row[i * side : (i + 1) * side]) for i in range(side)) for row in rows)


def _small(contents: bytes, side: int) -> bytes:
    with Image.open(io.BytesIO(contents), formats=FORMATS) as image:
        _check_size(image)
        image.draft("RGB", (side, side))  # a JPEG can be decoded small at once
        image.load()
        upright = _upright(image)
        upright.thumbnail((side, side), reducing_gap=3.0)
        out = io.BytesIO()
        _on_white(upright).save(out, "JPEG", quality=85)
        return out.getvalue()


def _whole(contents: bytes) -> Image.Image:
    with Image.open(io.BytesIO(contents), formats=FORMATS) as image:
        _check_size(image)
        image.load()
        return _on_white(_upright(image))


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise _too_many_pixels(f"{width:,} x {height:,}")


def _on_white(image: Image.Image) -> Image.Image:
    """The image in red, green and blue, white where it is transparent."""
    if image.has_transparency_data:
        behind = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(behind, image.convert("RGBA"))
    return image.convert("RGB")


def _upright(image: Image.Image) -> Image.Image:
    """The image turned as the camera was held; as it is where what the camera wrote is broken."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _too_many_pixels(size: str) -> PictureError:
    return PictureError(
        f"the image has {size} pixels, and {MOST_PIXELS / 1e6:.0f} million is the most that is read: "
        "scale it down first"
    )
