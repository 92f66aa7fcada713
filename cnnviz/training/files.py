"""Images read from the files they are published in: MNIST's IDX, CIFAR-10's binary and Python versions.

Every size is checked before memory is taken for it. Raises DataError: what, in which file, and the way out.
"""

from __future__ import annotations

import gzip
import io
import math
import pickle
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import DataError
from cnnviz.training.datasets import FOLDER_VARIABLE, DataSet, data_folder

Bytes = NDArray[np.uint8]
MOST_BYTES = 200_000_000  # of one file's pixels; CIFAR-10's largest has 31 million, MNIST's 47
CIFAR_ROW = 1 + 3 * 32 * 32  # a label and its image, in the binary version
CIFAR_PLACES = (
    "cifar-10-batches-bin",
    "cifar-10-batches-py",
    "cifar-10-binary.tar.gz",
    "cifar-10-python.tar.gz",
    "test_batch.bin",
    "test_batch",
)
BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pixels:
    """Grey values from 0 to 255, N x C x H x W, and labels, as the files have them."""

    train: Bytes
    train_labels: Bytes
    test: Bytes
    test_labels: Bytes


def read(data: DataSet) -> Pixels:
    """The images of MNIST, Fashion-MNIST or CIFAR-10 from the data folder."""
    return _read_cifar(data) if data.name == "cifar10" else _read_idx_files(data)


def is_here(data: DataSet) -> bool:
    """Whether a data set's files lie in the data folder, broken or not."""
    if not data.files:
        return True
    if data.name == "cifar10":
        places = [data_folder() / inner / name for inner in data.folders for name in CIFAR_PLACES]
        return any(place.exists() for place in places)
    try:
        return all(_idx_file(data, file.name.removesuffix(".gz")) for file in data.files)
    except DataError:
        return False


def missing(data: DataSet, what: str) -> DataError:
    """What to say of a data set whose files are not there."""
    places = " or ".join(str(data_folder() / folder) for folder in data.folders)
    names = ", ".join(file.name for file in data.files)
    return DataError(
        f"{data.name} is not on this machine: there is no {what} in {places}. "
        f"`cnnviz data {data.name} --download` gets it ({data.megabytes} MB), or put {names} there, "
        f"from {data.page}; {FOLDER_VARIABLE} names another folder"
    )


# ---- MNIST and Fashion-MNIST


def _read_idx_files(data: DataSet) -> Pixels:
    parts = []
    for part in ("train", "t10k"):
        images = read_idx(_idx_file(data, f"{part}-images-idx3-ubyte"), axes=3)
        file = _idx_file(data, f"{part}-labels-idx1-ubyte")
        labels = read_idx(file, axes=1)
        if images.shape[1:] != data.shape[1:]:
            raise DataError(
                f"{data.name}: images are {_sizes(images.shape[1:])}, needs {_sizes(data.shape[1:])}"
            )
        if len(labels) != len(images):
            raise _broken(file, f"it has {len(labels):,} labels for {len(images):,} images")
        _checked_labels(file, labels, len(data.classes))
        parts += [images[:, None], labels]
    return Pixels(train=parts[0], train_labels=parts[1], test=parts[2], test_labels=parts[3])


def _idx_file(data: DataSet, name: str) -> Path:
    for folder in data.folders:
        for ending in ("", ".gz"):
            path = data_folder() / folder / f"{name}{ending}"
            if path.is_file():
                return path
    raise missing(data, f"{name}.gz")


def read_idx(path: Path, *, axes: int) -> Bytes:
    """An IDX file of bytes, zipped or not: 0, 0, 8, the number of axes, their sizes, the values."""
    with _told(path), gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        head = file.read(4 + 4 * axes)
        if len(head) < 4 + 4 * axes or head[:4] != bytes((0, 0, 8, axes)):
            raise _broken(path, f"it does not begin as an IDX file of bytes with {axes} axes does")
        shape = tuple(int.from_bytes(head[4 + 4 * i : 8 + 4 * i], "big") for i in range(axes))
        count = math.prod(shape)
        if not 1 <= count <= MOST_BYTES:
            raise _broken(path, f"it says that it has {_sizes(shape)} values, and {MOST_BYTES:,} is the most")
        values = file.read(count + 1)
        if len(values) != count:
            more = "more" if len(values) > count else f"only {len(values):,}"
            raise _broken(path, f"it says that it has {_sizes(shape)} values, and has {more}")
    return np.frombuffer(values, np.uint8).reshape(shape)


# ---- CIFAR-10


def _read_cifar(data: DataSet) -> Pixels:
    train = [_cifar_batch(data, name) for name in BATCHES]
    test, test_labels = _cifar_batch(data, "test_batch")
    return Pixels(
        train=np.concatenate([images for images, _ in train]),
        train_labels=np.concatenate([labels for _, labels in train]),
        test=test,
        test_labels=test_labels,
    )


def _cifar_batch(data: DataSet, name: str) -> tuple[Bytes, Bytes]:
    """One of the six files, unpacked or inside the archive, of the binary or the Python version."""
    for folder in (data_folder() / inner for inner in data.folders):
        for inner, archive, ending, rows in (
            ("cifar-10-batches-bin", "cifar-10-binary.tar.gz", ".bin", _binary_rows),
            ("cifar-10-batches-py", "cifar-10-python.tar.gz", "", _python_rows),
        ):
            for path in (folder / inner / f"{name}{ending}", folder / f"{name}{ending}"):
                if path.is_file():
                    with _told(path):
                        return _checked_rows(path, rows(path, path.read_bytes()))
            packed = folder / archive
            if packed.is_file():
                with _told(packed):
                    contents = _unpacked(packed, f"{inner}/{name}{ending}")
                return _checked_rows(packed, rows(packed, contents))
    raise missing(data, f"{name} or cifar-10-binary.tar.gz")


def _unpacked(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as packed:
        try:
            member = packed.getmember(name)
        except KeyError:
            raise _broken(archive, f"it does not contain {name}") from None
        file = packed.extractfile(member)
        if file is None or member.size > MOST_BYTES:
            raise _broken(archive, f"{name} in it is no file of at most {MOST_BYTES:,} bytes")
        return file.read()


def _binary_rows(path: Path, contents: bytes) -> tuple[Bytes, Bytes]:
    if not contents or len(contents) % CIFAR_ROW:
        raise _broken(path, f"{len(contents):,} bytes are not a whole number of rows of {CIFAR_ROW:,}")
    rows = np.frombuffer(contents, np.uint8).reshape(-1, CIFAR_ROW)
    return rows[:, 1:], rows[:, 0].copy()


def _python_rows(path: Path, contents: bytes) -> tuple[Bytes, Bytes]:
    try:
        found = _ArraysOnly(io.BytesIO(contents), encoding="bytes").load()
        pixels, labels = found[b"data"], np.asarray(found[b"labels"])
    except DataError as error:
        raise _broken(path, str(error)) from None
    except Exception as error:  # a broken pickle may raise anything
        raise _broken(path, f"it cannot be unpickled ({type(error).__name__})") from None
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.ndim != 2:
        raise _broken(path, "its data are not a table of bytes")
    if (
        labels.shape != (len(pixels),)
        or labels.dtype.kind not in "iu"
        or not 0 <= labels.min() <= labels.max() < 256
    ):
        raise _broken(path, "its labels are not one small whole number for each image")
    return pixels, labels.astype(np.uint8)


class _ArraysOnly(pickle.Unpickler):
    """A pickle may call any function of Python; a table of bytes needs only NumPy's."""

    ALLOWED = frozenset(("_reconstruct", "ndarray", "dtype", "_frombuffer"))

    def find_class(self, module: str, name: str) -> Any:
        if module == "_codecs" and name == "encode":  # how Python 3 writes bytes in the old protocol
            return super().find_class(module, name)
        if module.partition(".")[0] == "numpy" and name in self.ALLOWED:
            return super().find_class(module.replace("numpy.core", "numpy._core"), name)
        raise DataError(f"it wants to call {module}.{name}, which a table of pixels has no use for")


def _checked_rows(path: Path, found: tuple[Bytes, Bytes]) -> tuple[Bytes, Bytes]:
    pixels, labels = found
    if pixels.shape[1] != CIFAR_ROW - 1:
        raise _broken(path, f"its images have {pixels.shape[1]:,} values, needs 3x32x32")
    _checked_labels(path, labels, 10)
    return pixels.reshape(-1, 3, 32, 32), labels


# ---- for all


def _checked_labels(path: Path, labels: Bytes, classes: int) -> None:
    if labels.max() >= classes:
        raise _broken(path, f"it has the label {labels.max()}, and classes are 0 to {classes - 1}")


def _broken(path: Path, what: str) -> DataError:
    return DataError(f"{path} is broken: {what}. Delete it and get it again")


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{n:,}" for n in shape)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the system says of a file, in a sentence."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError) as error:
        raise _broken(path, f"it cannot be unpacked ({error})") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
