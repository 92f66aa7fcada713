"""The numbers in the grids, and how a link says them.

A text names a pattern or kernels (`edge`, `sobel+blur`), random whole numbers (`seed:3`), or gives the
numbers themselves, row by row (`1,0,-1;2,0,-2;1,0,-1`) or packed into one word; after `~` come single cells
that are something else: `edge~0.2.3=7` has a 7 in plane 0, row 2, column 3. An input has a plane for each
channel, weights have one for each channel of each filter. Where there are fewer planes, they come in turn.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import OptionError
from cnnviz.record import Record
from cnnviz.windows.kernels import CLASSIC, KERNELS, LEARNED, Plane, fits, kernel
from cnnviz.windows.patterns import PATTERNS
from cnnviz.windows.setting import POOLS, Setting

MOST_NUMBER, DIGITS = 9999, 4  # no number is larger, none has more digits after the point
MOST_SEED = 999_999
MOST_EDITS = 24  # more single cells than that become numbers of one's own
MOST_OWN = 3072  # of those: three channels of 32 x 32
_SHORT = 49  # so many are written out, more are packed
_PACKED = "z"
MOST_LINK = 8000
_EDIT = re.compile(r"(\d{1,5})\.(\d{1,2})\.(\d{1,2})=(-?\d{1,4}(?:\.\d{1,4})?)")
_NUMBER = re.compile(r"-?\d{1,4}(?:\.\d{1,4})?")
_BROKEN = "the numbers in the link are not whole: it may have been cut off; ask for it once more"

Array = NDArray[np.float64]
Edit = tuple[int, int, int, float]  # plane, row, column, and what stands there


class Numbers(Record):
    """Where the numbers of a grid come from."""

    names: tuple[str, ...] = ()
    seed: int | None = None
    own: tuple[Plane, ...] = ()
    edits: tuple[Edit, ...] = ()

    @cached_property
    def text(self) -> str:
        """What a link says; `read` reads it."""
        if self.seed is not None:
            base = f"seed:{self.seed}"
        elif self.names:
            base = "+".join(self.names)
        else:
            base = _written(self.own)
        return "~".join([base, *(f"{c}.{i}.{j}={shown(value)}" for c, i, j, value in self.edits)])


def read(text: str, known: Iterable[str], most_edits: int = MOST_EDITS, there_is: str = "") -> Numbers:
    """The numbers that a text says. Raises OptionError for any other text, with the names there are.

    `there_is`: what to say of the names where they are too many to be listed.
    """
    if len(text) > MOST_LINK + 24 * most_edits:
        raise OptionError(_BROKEN)
    base, *edits = text.strip().split("~")
    found = Numbers(edits=_edits(edits, most_edits))
    if base.startswith("seed:"):
        seed = base.removeprefix("seed:")
        if not (seed.isascii() and seed.isdigit() and len(seed) <= len(str(MOST_SEED))):
            raise OptionError(f"a seed is a whole number from 0 to {MOST_SEED:,}, got {seed:.20}")
        return found.replace(seed=int(seed))
    names = tuple(base.split("+"))
    if set(names) <= set(known) and len(names) <= 64:
        return found.replace(names=names)
    if base[:1] in "-0123456789" and base:
        return found.replace(own=(_plane(base),))
    if base.startswith(_PACKED):
        return found.replace(own=_unpacked(base))
    there_is = there_is or ", ".join(known)
    raise OptionError(f"there is {there_is}, seed:NUMBER, or numbers such as 1,0;0,1; got {base:.30}")


def read_input(text: str, most_edits: int = MOST_EDITS) -> Numbers:
    return read(text, PATTERNS, most_edits)


def read_weights(text: str, most_edits: int = MOST_EDITS) -> Numbers:
    learned = [f"a filter of a trained network such as {one.name}" for one in LEARNED[:1]]
    return read(text, KERNELS, most_edits, ", ".join([*(one.name for one in CLASSIC), *learned]))


def fitting_weights(numbers: Numbers, f: int) -> Numbers:
    """The same, or random ones where a named kernel is larger than the window."""
    if all(fits(name, f) for name in numbers.names):
        return numbers
    return Numbers(seed=1)


def input_planes(numbers: Numbers, of: Setting) -> tuple[Plane, ...]:
    """The planes that differ, without single cells; () where all are random."""
    if numbers.seed is not None:
        return ()
    if numbers.names:
        return tuple(PATTERNS[name].made(of.n) for name in numbers.names)
    return numbers.own


def weight_planes(numbers: Numbers, of: Setting) -> tuple[Plane, ...]:
    """The same of the weights: one plane for each filter where kernels have names."""
    if numbers.seed is not None:
        return ()
    if numbers.names:
        return tuple(kernel(name, of.f) for name in numbers.names)
    return numbers.own


def input_array(numbers: Numbers, of: Setting) -> Array:
    """All numbers of the input: C x n x n."""
    if numbers.seed is not None:
        made = hashed(numbers.seed, of.C, of.n) % 10
        array = made.astype(np.float64)
    else:
        planes = [_sized(plane, of.n) for plane in input_planes(numbers, of)]
        array = np.stack([planes[c % len(planes)] for c in range(of.C)])
    return _edited(array, numbers.edits)


def weight_array(numbers: Numbers, of: Setting) -> Array:
    """All weights: filters x channels of each x f x f. A depthwise filter has one channel."""
    filters, channels = weight_sizes(of)
    if not filters:
        return np.zeros((0, 0, of.f, of.f))
    if numbers.seed is not None:
        array = (hashed(numbers.seed, filters * channels, of.f) % 5).astype(np.float64) - 2
    else:
        planes = [_sized(plane, of.f) for plane in weight_planes(numbers, of)]
        each = channels if numbers.names else 1  # a named kernel is the same in all channels of its filter
        array = np.stack([planes[(i // each) % len(planes)] for i in range(filters * channels)])
    return _edited(array, numbers.edits).reshape(filters, channels, of.f, of.f)


def weight_sizes(of: Setting) -> tuple[int, int]:
    """Filters, and channels of each."""
    if of.kind in POOLS:
        return 0, 0
    return (of.C, 1) if of.kind == "depthwise" else (of.m, of.C)


def hashed(seed: int, planes: int, side: int) -> NDArray[np.uint64]:
    """Random whole numbers below 2**32, each a function of the seed and its place: planes x side x side.

    The same as in the browser, which works in 32 bits: the finalizer of MurmurHash3 over plane, row, column.
    """
    places = np.meshgrid(*(np.arange(size, dtype=np.uint64) for size in (planes, side, side)), indexing="ij")
    made = np.full((planes, side, side), seed, dtype=np.uint64)
    for place in places:
        made = _mixed(((made + np.uint64(0x9E3779B9)) ^ place) & np.uint64(0xFFFFFFFF))
    return made


def _mixed(h: NDArray[np.uint64]) -> NDArray[np.uint64]:
    low = np.uint64(0xFFFFFFFF)
    h = (h ^ (h >> np.uint64(16))) * np.uint64(0x85EBCA6B) & low
    h = (h ^ (h >> np.uint64(13))) * np.uint64(0xC2B2AE35) & low
    mixed: NDArray[np.uint64] = h ^ (h >> np.uint64(16))
    return mixed


def settled(numbers: Numbers, all_of_them: Callable[[], Array]) -> Numbers:
    """The same numbers, with many single cells made numbers of one's own."""
    if len(numbers.edits) <= MOST_EDITS:
        return numbers
    array = all_of_them()
    if array.size > MOST_OWN:
        raise OptionError(
            f"in so many numbers at most {MOST_EDITS} cells can be changed one by one: take fewer channels"
        )
    flat = array.reshape(-1, *array.shape[-2:])
    return Numbers(own=tuple(tuple(tuple(float(v) for v in row) for row in plane) for plane in flat))


def within(numbers: Numbers, planes: int, side: int) -> Numbers:
    """The same without single cells that lie outside."""
    edits = tuple(edit for edit in numbers.edits if edit[0] < planes and max(edit[1:3]) < side)
    return numbers.replace(edits=edits)


def edit(plane: object, row: object, column: object, value: object) -> Edit:
    """A cell with what a person typed for it."""
    text = str(value).strip().replace("−", "-").replace(",", ".").removeprefix("+")
    text = f"-0{text[1:]}" if text.startswith("-.") else f"0{text}" if text.startswith(".") else text
    if not _NUMBER.fullmatch(text):
        raise OptionError(
            f"a cell takes a number from −{MOST_NUMBER:,} to {MOST_NUMBER:,} with at most {DIGITS} digits "
            f"after the point, got {text:.20}"
        )
    places = [int(str(place)) for place in (plane, row, column)]
    if min(places) < 0 or places[0] > 16384 or max(places[1:]) >= 32:
        raise OptionError("there is no such cell")
    return places[0], places[1], places[2], float(text)


def shown(value: float) -> str:
    """`3`, `-0.5`, `0.0625`."""
    rounded = round(float(value), DIGITS)
    return str(int(rounded)) if rounded == int(rounded) else f"{rounded:.{DIGITS}f}".rstrip("0")


def _edits(texts: Sequence[str], most: int) -> tuple[Edit, ...]:
    if len(texts) > most:
        raise OptionError(f"at most {most:,} single cells can be changed")
    found = {}
    for text in texts:
        match = _EDIT.fullmatch(text)
        if not match:
            raise OptionError(f"a changed cell is written as 0.2.3=7 (plane, row, column), got {text:.30}")
        made = edit(*match.groups())
        found[made[:3]] = made
    return tuple(found.values())


def _sized(plane: Plane, side: int) -> Array:
    """The plane, cut or filled up with zeros on the right and below."""
    array = np.zeros((side, side))
    for i, row in enumerate(plane[:side]):
        array[i, : len(row[:side])] = row[:side]
    return array


def _edited(array: Array, edits: Sequence[Edit]) -> Array:
    for c, i, j, value in edits:
        if c < array.shape[0] and i < array.shape[1] and j < array.shape[2]:
            array[c, i, j] = value
    return array


def _plane(text: str) -> Plane:
    rows = [row.split(",") for row in text.split(";")]
    if len(rows) > 32 or max(map(len, rows)) > 32:
        raise OptionError("a grid has at most 32 rows and columns")
    for row in rows:
        for part in row:
            if not _NUMBER.fullmatch(part):
                raise OptionError(f"a grid is written as numbers such as 1,0,-1;2,0.5,-2, got {part:.20}")
    return tuple(tuple(float(part) for part in row) for row in rows)


def _written(planes: Sequence[Plane]) -> str:
    texts = [";".join(",".join(shown(value) for value in row) for row in plane) for plane in planes]
    if len(planes) == 1 and sum(len(row) for row in planes[0]) <= _SHORT:
        return texts[0]
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = squeeze.compress("/".join(texts).encode()) + squeeze.flush()
    return _PACKED + base64.urlsafe_b64encode(body).decode().rstrip("=")


def _unpacked(word: str) -> tuple[Plane, ...]:
    try:
        body = base64.b64decode(word[1:] + "=" * (-(len(word) - 1) % 4), altchars=b"-_", validate=True)
        stretch = zlib.decompressobj(-15)
        text = stretch.decompress(body, 12 * MOST_OWN).decode("ascii")
    except (binascii.Error, ValueError, zlib.error):
        raise OptionError(_BROKEN) from None
    if not stretch.eof:
        raise OptionError(_BROKEN)
    planes = tuple(_plane(part) for part in text.split("/"))
    if sum(len(row) for plane in planes for row in plane) > MOST_OWN:
        raise OptionError(_BROKEN)
    return planes
