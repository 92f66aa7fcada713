"""Protocol buffers as they lie in a file: fields with numbers, read one by one, within bounds.

Weights are skipped without being looked at or copied, so a file of any size takes little memory, and a
hostile one can neither ask for memory by what it claims nor take more time than the bounds allow.
https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from cnnviz.errors import ModelFileError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MOST_FIELDS = 250_000  # a third of a second; DenseNet-201 has some 20,000
MOST_TEXT = 1000  # bytes of a name


class Field(NamedTuple):
    """One field of a message: a whole number, or the bytes of a text, a message or packed numbers."""

    number: int
    value: int  # of a varint or fixed one
    data: memoryview  # of one with a length; empty otherwise


EMPTY = memoryview(b"")


class Wire:
    """Reads the messages of one file, and counts what it has read."""

    def __init__(self) -> None:
        self.left = MOST_FIELDS

    def fields(self, message: memoryview) -> Iterator[Field]:
        """The fields of a message in their order. Raises ModelFileError where the bytes are none."""
        at, end = 0, len(message)
        while at < end:
            self.spend(1)
            key, at = varint(message, at)
            number, kind = key >> 3, key & 7
            if number == 0:
                raise broken()
            if kind == VARINT:
                value, at = varint(message, at)
                yield Field(number, value, EMPTY)
            elif kind == BYTES:
                length, at = varint(message, at)
                if length > end - at:
                    raise truncated(length)
                yield Field(number, 0, message[at : at + length])
                at += length
            elif kind in (FIXED32, FIXED64):
                size = 4 if kind == FIXED32 else 8
                if size > end - at:
                    raise truncated(size)
                yield Field(number, int.from_bytes(message[at : at + size], "little"), EMPTY)
                at += size
            else:
                raise broken()

    def integers(self, field: Field, most: int) -> list[int]:
        """The numbers of a repeated integer field, packed or not."""
        if not field.data:
            return [signed(field.value)]
        found, at = [], 0
        while at < len(field.data):
            value, at = varint(field.data, at)
            found.append(signed(value))
            if len(found) > most:
                raise ModelFileError(f"a list in it has more than {most:,} numbers")
        self.spend(len(found))
        return found

    def floats(self, field: Field, most: int) -> list[float]:
        """The numbers of a repeated 32-bit float field, packed or not."""
        if not field.data:
            return [real(field.value)]
        count, rest = divmod(len(field.data), 4)
        if rest:
            raise broken()
        if count > most:
            raise ModelFileError(f"a list in it has more than {most:,} numbers")
        self.spend(count)
        return list(struct.unpack(f"<{count}f", field.data))

    def spend(self, fields: int) -> None:
        self.left -= fields
        if self.left < 0:
            raise ModelFileError(f"it has more than {MOST_FIELDS:,} fields, which no network needs")


def varint(data: memoryview, at: int) -> tuple[int, int]:
    """A whole number of up to 64 bits, and where it ends."""
    value = shift = 0
    end = len(data)
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
        if shift > 63:
            raise broken()
    raise ModelFileError("the file ends in the middle of a number: it was cut off; download or save it again")


def signed(value: int) -> int:
    """The number that a varint stands for, as 64 bits with a sign."""
    return value - (1 << 64) if value >= 1 << 63 else value


def real(bits: int) -> float:
    value: float = struct.unpack("<f", (bits & 0xFFFF_FFFF).to_bytes(4, "little"))[0]
    return value


def text(data: memoryview) -> str:
    """A name, cut where it is too long; what is no UTF-8 is marked."""
    return bytes(data[:MOST_TEXT]).decode("utf-8", errors="replace")


def truncated(length: int) -> ModelFileError:
    return ModelFileError(
        f"a part of it claims {length:,} bytes, more than there are: the file was cut off or is no ONNX "
        "file; download or save it again"
    )


def broken() -> ModelFileError:
    return ModelFileError(
        "its bytes are not those of an ONNX file, whatever its name says: write one with torch.onnx.export"
    )
