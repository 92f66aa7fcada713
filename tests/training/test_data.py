"""Data sets: read from the formats they are published in; what is missing or broken is told."""

from __future__ import annotations

import gzip
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest

from cnnviz.errors import DataError
from cnnviz.training import data as data_module
from cnnviz.training.data import loaded
from cnnviz.training.datasets import DATASETS, described
from cnnviz.training.files import is_here
from tests.training.data_files import CIFAR, idx, write_cifar, write_mnist

pytestmark = pytest.mark.usefixtures("folder")


def test_digits_are_those_of_scikit_learn() -> None:
    """Oracle: scikit-learn's own reader, and the file that it reads found by us."""
    from sklearn.datasets import load_digits

    known = load_digits()
    rows = data_module._digit_rows()
    assert (rows[:, :-1] == known.data).all()
    assert (rows[:, -1] == known.target).all()


@pytest.mark.parametrize(
    ("name", "inner", "zipped"),
    [
        ("mnist", "mnist", True),
        ("mnist", "MNIST/raw", False),
        ("fashion-mnist", "fashion-mnist", False),
        ("fashion-mnist", "FashionMNIST/raw", True),
    ],
)
def test_idx_files_are_read_where_torchvision_puts_them_too(
    folder: Path, name: str, inner: str, zipped: bool
) -> None:
    """Oracle: the pixels that were written; mean 0 and deviation 1 over the training images."""
    files = write_mnist(folder / inner, zipped=zipped)
    found = loaded(name)
    assert (found.shape, len(found.train), len(found.test)) == ((1, 28, 28), 40, 20)
    assert found.test_labels.tolist() == files["t10k-labels-idx1-ubyte"].tolist()
    pixels = files["train-images-idx3-ubyte"]
    again = found.train[:, 0].numpy() * pixels.std() + pixels.mean()
    assert np.allclose(again, pixels, atol=1e-3)
    assert found.train.mean().item() == pytest.approx(0, abs=1e-5)
    assert found.train.std(correction=0).item() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("packed", [False, True], ids=["unpacked", "archive"])
@pytest.mark.parametrize(("version", "protocol"), [("binary", 2), ("python", 2), ("python", 5)])
def test_cifar10_is_read_in_both_versions(folder: Path, version: str, protocol: int, packed: bool) -> None:
    """Oracle: the rows that were written: a label, then 1,024 red, green and blue values each."""
    inner = write_cifar(folder / "cifar10", version, protocol=protocol)
    if packed:
        with tarfile.open(folder / "cifar10" / f"cifar-10-{version}.tar.gz", "w:gz") as archive:
            archive.add(inner, inner.name)
        for file in inner.iterdir():
            file.unlink()
    found = loaded("cifar10")
    rows = CIFAR[:5].reshape(20, 3073)
    assert (found.shape, len(found.test)) == ((3, 32, 32), 4)
    assert found.train_labels.tolist() == rows[:, 0].tolist()
    red = rows[:, 1:1025].astype(float)
    assert np.allclose(found.train[:, 0].numpy().reshape(20, 1024), (red - red.mean()) / red.std(), atol=1e-4)


def test_a_pickle_that_calls_something_else_is_not_obeyed(folder: Path) -> None:
    """Oracle: the file that the pickle would make."""
    inner = write_cifar(folder / "cifar10", "python")
    made = folder / "made"

    class Evil:
        def __reduce__(self) -> object:
            return (Path.touch, (made,))

    (inner / "data_batch_1").write_bytes(pickle.dumps({b"data": Evil(), b"labels": [0]}))
    with pytest.raises(DataError, match="data_batch_1 is broken: it wants to call"):
        loaded("cifar10")
    assert not made.exists()


def broken_mnist(folder: Path, how: str) -> None:
    inner = folder / "mnist"
    files = write_mnist(inner, zipped=False)
    images, labels = inner / "train-images-idx3-ubyte", inner / "train-labels-idx1-ubyte"
    whole = images.read_bytes()
    if how == "cut short":
        images.write_bytes(whole[:-1])
    elif how == "too long":
        images.write_bytes(whole + b"x")
    elif how == "huge":
        images.write_bytes(whole[:4] + b"\xff\xff\xff\xff" + whole[8:])
    elif how == "a web page":
        images.write_bytes(b"<html>404</html>" * 100)
    elif how == "empty":
        images.write_bytes(b"")
    elif how == "label":
        labels.write_bytes(idx(np.full(40, 10)))
    elif how == "count":
        labels.write_bytes(idx(np.zeros(39)))
    elif how == "size":
        images.write_bytes(idx(np.zeros((40, 14, 14))))
    elif how == "gzip":
        images.unlink()
        (inner / "train-images-idx3-ubyte.gz").write_bytes(
            gzip.compress(idx(files["train-images-idx3-ubyte"]))[:200]
        )
    elif how == "no gzip":
        images.unlink()
        (inner / "train-images-idx3-ubyte.gz").write_bytes(b"<html>404</html>")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("cut short", "train-images-idx3-ubyte is broken: .*40 x 28 x 28 values, and has only 31,359"),
        ("too long", "has more"),
        ("huge", "4,294,967,295 x 28 x 28 values, and 200,000,000 is the most"),
        ("a web page", "does not begin as an IDX file"),
        ("empty", "does not begin as an IDX file"),
        ("label", "has the label 10, and classes are 0 to 9"),
        ("count", "39 labels for 40 images"),
        ("size", "images are 14 x 14, needs 28 x 28"),
        ("gzip", "train-images-idx3-ubyte.gz is broken: it cannot be unpacked"),
        ("no gzip", "train-images-idx3-ubyte.gz is broken: it cannot be unpacked"),
    ],
)
def test_broken_files_are_named(folder: Path, how: str, said: str) -> None:
    broken_mnist(folder, how)
    with pytest.raises(DataError, match=said):
        loaded("mnist")


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar10"])
def test_what_is_missing_is_told_with_where_to_get_it(folder: Path, name: str) -> None:
    with pytest.raises(DataError) as error:
        loaded(name)
    said = str(error.value)
    assert str(folder / name) in said
    assert f"cnnviz data {name} --download" in said
    assert described(name).page in said
    assert "CNNVIZ_DATA" in said


def test_the_list_says_what_the_files_have(folder: Path) -> None:
    """Oracle: the files themselves: digits from scikit-learn, the others as written above."""
    write_mnist(folder / "mnist")
    write_cifar(folder / "cifar10", "binary")
    for name in ("digits", "mnist", "cifar10"):
        found, known = loaded(name), described(name)
        assert (found.shape, found.classes) == (known.shape, known.classes)


def test_files_that_are_there_are_seen_without_reading_them(folder: Path) -> None:
    """Oracle: the folder before and after."""
    for name in ("mnist", "cifar10"):
        assert not is_here(described(name))
    write_mnist(folder / "MNIST" / "raw", zipped=False)
    (folder / "cifar-10-python.tar.gz").write_bytes(b"")
    for name in ("mnist", "cifar10", "digits"):
        assert is_here(described(name))
    assert not is_here(described("fashion-mnist"))


def test_checksums_are_md5_sums() -> None:
    """Oracle: 32 hexadecimal digits, each of its own file."""
    sums = [file.md5 for data in DATASETS for file in data.files]
    assert len(set(sums)) == len(sums) == 9
    assert all(len(md5) == 32 and int(md5, 16) for md5 in sums)


def test_the_command_lists_and_checks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Oracle: the files of the test's own folder."""
    from cnnviz.cli import main

    main(["data"])
    listed = capsys.readouterr().out
    assert all(data.name in listed for data in DATASETS)
    assert str(folder) in listed
    write_mnist(folder / "mnist")
    main(["data", "mnist"])
    assert capsys.readouterr().out == ("mnist: 40 images to train on, 20 to test with, 1x28x28, 10 classes\n")
    with pytest.raises(SystemExit):
        main(["data", "cifar10"])
    assert "cifar10 is not on this machine" in capsys.readouterr().err
