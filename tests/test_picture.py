"""An image of one's own: what is read, what is refused, and what is left of it."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from cnnviz.errors import PictureError
from cnnviz.picture import MOST_BYTES, MOST_PIXELS, SIDE, small_picture


def image(mode: str = "RGB", size: tuple[int, int] = (640, 480), colour: Any = "red") -> Image.Image:
    return Image.new(mode, size, colour)


def written(picture: Image.Image, form: str, **how: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **how)
    return out.getvalue()


def read(contents: bytes) -> Image.Image:
    return Image.open(io.BytesIO(small_picture(contents)))


def png_that_says(width: int, height: int) -> bytes:
    """A few bytes that claim to be a large image: header and end, written as the PNG standard has them."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b""))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_each_format_is_read_and_made_small(form: str) -> None:
    """Oracle: 640x480 with a longest side of 256 is 256x192."""
    small = read(written(image(), form))
    assert (small.format, small.mode, small.size) == ("JPEG", "RGB", (256, 192))
    red, green, blue = small.getpixel((128, 96))  # type: ignore[misc]
    assert red > 200
    assert green < 60
    assert blue < 60


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1", "I;16"])
def test_every_kind_of_pixel_is_read(mode: str) -> None:
    assert read(written(image(mode, (300, 300), 0), "PNG")).size == (SIDE, SIDE)


def test_a_printers_jpeg_is_read() -> None:
    assert read(written(image("CMYK", (300, 100), 0), "JPEG")).size == (256, 85)


def test_a_small_image_is_not_blown_up() -> None:
    assert read(written(image(size=(20, 10)), "PNG")).size == (20, 10)


def test_what_is_transparent_is_white() -> None:
    small = read(written(image("RGBA", (64, 64), (255, 0, 0, 0)), "PNG"))
    assert min(small.getpixel((32, 32))) > 250  # type: ignore[type-var,arg-type]


def test_a_photograph_stands_upright_and_says_nothing_of_its_place() -> None:
    """Oracle: EXIF 2.3: orientation 6 means that the first row is the right side; tag 0x8825 is GPS."""
    photo = image(size=(400, 200), colour="white")
    photo.paste("black", (0, 0, 400, 40))  # the first rows: they end up on the right
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "at home"
    exif.get_ifd(0x8825)[1] = "N"
    contents = written(photo, "JPEG", exif=exif)
    assert b"at home" in contents
    small = read(contents)
    assert small.size == (128, 256)
    assert max(small.getpixel((124, 128))) < 80  # type: ignore[type-var,arg-type]
    assert min(small.getpixel((20, 128))) > 180  # type: ignore[type-var,arg-type]
    assert not small.getexif()
    assert b"at home" not in small_picture(contents)


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"hello, I am holiday.png",
        b"%PDF-1.7 ...",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\x00" * 4096,
        written(image(), "GIF"),
        written(image(), "BMP"),
        written(image(), "TIFF"),
    ],
    ids="empty text pdf svg zeros gif bmp tiff".split(),
)
def test_a_renamed_file_is_refused_whatever_its_name(contents: bytes) -> None:
    with pytest.raises(PictureError, match="not an image in PNG, JPEG or WebP format"):
        small_picture(contents)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_half_of_an_image_is_told(form: str) -> None:
    contents = written(Image.effect_noise((300, 300), 80).convert("RGB"), form)
    with pytest.raises(PictureError, match="broken or incomplete"):
        small_picture(contents[: len(contents) // 2])


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("start", [12, 30, 60, 200])
def test_a_scrambled_image_ends_in_no_other_exception(form: str, start: int) -> None:
    """A decoder may make something of it; what it makes is small, as all are."""
    contents = written(Image.effect_noise((300, 300), 80).convert("RGB"), form)
    scrambled = contents[:start] + bytes(b ^ 0xA5 for b in contents[start:])
    with contextlib.suppress(PictureError):
        assert max(read(scrambled).size) <= SIDE


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_a_camera_wrote_may_be_broken() -> None:
    """Each byte of a description with the orientation in turn becomes 0: the image is read all the same."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a holiday"
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "teal").save(out, "JPEG", exif=exif)
    contents = out.getvalue()
    begin = contents.index(b"Exif")
    assert read(contents).size == (20, 40)  # turned by the orientation
    end = begin - 2 + int.from_bytes(contents[begin - 2 : begin], "big")  # its length stands before it
    for at in range(begin + 6, end):
        scrambled = contents[:at] + b"\0" + contents[at + 1 :]
        assert sorted(read(scrambled).size) == [20, 40]


@pytest.mark.parametrize("size", [(6000, 5000), (20_000, 20_000), (60_000, 60_000), (2_000_000_000, 1)])
def test_a_bomb_is_not_opened(size: tuple[int, int]) -> None:
    """A hundred bytes that claim 30 million pixels and more are refused from their header alone."""
    contents = png_that_says(*size)
    assert len(contents) < 100
    with pytest.raises(PictureError, match="pixels"):
        small_picture(contents)


def test_just_few_enough_pixels_are_read() -> None:
    side = int(MOST_PIXELS**0.5)
    assert read(written(image("1", (side, side), 0), "PNG")).size == (SIDE, SIDE)


def test_a_file_of_many_bytes_is_refused_unread() -> None:
    with pytest.raises(PictureError, match=r"10\.0 MB"):
        small_picture(b"\x89PNG\r\n\x1a\n" + b"\0" * MOST_BYTES)
