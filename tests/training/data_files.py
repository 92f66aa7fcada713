"""Data files as their authors publish them, written byte by byte, and images of one's own."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import numpy as np
from PIL import Image


def idx(values: np.ndarray) -> bytes:
    """As http://yann.lecun.com/exdb/mnist/ describes it: magic number, sizes (big endian), bytes."""
    sizes = b"".join(n.to_bytes(4, "big") for n in values.shape)
    return bytes((0, 0, 8, values.ndim)) + sizes + values.astype(np.uint8).tobytes()


def mnist_files(seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {
        "train-images-idx3-ubyte": random.integers(0, 256, (40, 28, 28)),
        "train-labels-idx1-ubyte": np.arange(40) % 10,
        "t10k-images-idx3-ubyte": random.integers(0, 256, (20, 28, 28)),
        "t10k-labels-idx1-ubyte": np.arange(20) % 10,
    }


def write_mnist(folder: Path, *, zipped: bool = True) -> dict[str, np.ndarray]:
    folder.mkdir(parents=True, exist_ok=True)
    files = mnist_files()
    for name, values in files.items():
        contents = idx(values)
        if zipped:
            (folder / f"{name}.gz").write_bytes(gzip.compress(contents))
        else:
            (folder / name).write_bytes(contents)
    return files


CIFAR = np.random.default_rng(1).integers(0, 256, (6, 4, 3073), dtype=np.uint8)  # six files of four rows
CIFAR[:, :, 0] %= 10
CIFAR_NAMES = [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]


def write_cifar(folder: Path, version: str, *, protocol: int = 2) -> Path:
    inner = folder / ("cifar-10-batches-bin" if version == "binary" else "cifar-10-batches-py")
    inner.mkdir(parents=True)
    for name, rows in zip(CIFAR_NAMES, CIFAR, strict=True):
        if version == "binary":
            (inner / f"{name}.bin").write_bytes(rows.tobytes())
        else:
            batch = {b"data": rows[:, 1:].copy(), b"labels": rows[:, 0].tolist(), b"batch_label": b"x"}
            (inner / name).write_bytes(pickle.dumps(batch, protocol=protocol))
    return inner


def own_images(folder: Path, *, each: int = 10, split: bool = False) -> Path:
    """Red and blue squares, which any network can tell apart."""
    for part in ("train", "test") if split else ("",):
        for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
            inner = folder / "mine" / part / name
            inner.mkdir(parents=True)
            for number in range(each):
                Image.new("RGB", (40 + number, 30), colour).save(inner / f"{number:02}.png")
    return folder / "mine"
