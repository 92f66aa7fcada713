"""Data sets: read from the formats they are published in; what is missing or broken is told.

The files are written here byte by byte as their authors describe the formats.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import http.server
import os
import pickle
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cnnviz.errors import CnnvizError, DataError
from cnnviz.training import data as data_module
from cnnviz.training import datasets
from cnnviz.training.cost import traced
from cnnviz.training.data import loaded
from cnnviz.training.datasets import DATASETS, FASHION, described
from cnnviz.training.download import download, fetched
from cnnviz.training.files import is_here
from cnnviz.training.loop import train
from cnnviz.training.records import End
from cnnviz.training.settings import settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of the test's own."""
    monkeypatch.setenv("CNNVIZ_DATA", str(tmp_path))
    data_module._published.cache_clear()
    yield tmp_path
    data_module._published.cache_clear()


def test_digits_are_those_of_scikit_learn() -> None:
    """Oracle: scikit-learn's own reader, and the file that it reads found by us."""
    from sklearn.datasets import load_digits

    known = load_digits()
    rows = data_module._digit_rows()
    assert (rows[:, :-1] == known.data).all()
    assert (rows[:, -1] == known.target).all()


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


def own_images(folder: Path, *, each: int = 10, split: bool = False) -> Path:
    """Red and blue squares, which any network can tell apart."""
    for part in ("train", "test") if split else ("",):
        for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
            inner = folder / "mine" / part / name
            inner.mkdir(parents=True)
            for number in range(each):
                Image.new("RGB", (40 + number, 30), colour).save(inner / f"{number:02}.png")
    return folder / "mine"


@pytest.mark.parametrize("split", [False, True])
def test_images_of_ones_own(folder: Path, split: bool) -> None:
    """Oracle: the colours that were painted; one fifth is for the test where no folder says which."""
    own_images(folder, split=split)
    found = loaded("folder:mine")
    assert found.classes == ("blue", "red")
    assert (len(found.train), len(found.test)) == ((20, 20) if split else (16, 4))
    reds = found.train[found.train_labels == 1]
    assert found.shape == (3, 64, 64)
    assert torch.all(reds[:, 0] > 0.9)
    assert torch.all(reds[:, 2] < -0.9)


def test_a_run_on_images_of_ones_own(folder: Path) -> None:
    """Oracle: it ends, with two classes in its last layer: 4 * 4 features * 2 + 2 parameters."""
    own_images(folder)
    network = {"depth": 2, "width": 4}
    wanted = settings(
        "plain_convolutions", network_options=network, data="folder:mine", epochs=1, image_size=8
    )
    assert isinstance(list(train(wanted))[-1], End)
    assert traced(wanted).layers[-1].parameters == 4 * 4 * 2 + 2


def test_broken_images_are_named(folder: Path) -> None:
    inner = own_images(folder)
    (inner / "red" / "00.png").write_bytes(b"no image")
    whole = (inner / "red" / "01.png").read_bytes()
    (inner / "red" / "01.png").write_bytes(whole[:60])
    Image.new("L", (6000, 5000)).save(inner / "blue" / "03.png")
    with pytest.raises(DataError) as error:
        loaded("folder:mine")
    said = str(error.value)
    assert "3 of 20 images" in said
    assert all(name in said for name in ("red/00.png", "red/01.png", "blue/03.png (6000x5000 pixels"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder:nowhere", "there is no folder .*nowhere: put images into"),
        ("folder:../secret", "must be folder:NAME"),
        ("folder:..", "must be folder:NAME"),
        ("folder:/etc", "must be folder:NAME"),
        ("folder:", "must be folder:NAME"),
        ("folder:one", "has 1 folders, and needs one for each of 2 to 100"),
        ("folder:hollow", "a has no images"),
        ("folder:lopsided", "there is no folder .*test.b"),
        ("fashion-mnits", "did you mean fashion-mnist"),
    ],
)
def test_folders_that_will_not_do_are_told(folder: Path, name: str, said: str) -> None:
    (folder / "one" / "a").mkdir(parents=True)
    (folder / "hollow" / "a").mkdir(parents=True)
    (folder / "hollow" / "b").mkdir()
    own_images(folder, split=True).rename(folder / "lopsided")
    (folder / "lopsided" / "test" / "blue").rename(folder / "lopsided" / "test" / "b")
    (folder / "lopsided" / "train" / "blue").rename(folder / "lopsided" / "train" / "b")
    for file in (folder / "lopsided" / "test" / "b").iterdir():
        file.unlink()
    (folder / "lopsided" / "test" / "b").rmdir()
    with pytest.raises(CnnvizError, match=said):
        loaded(name)


def test_too_many_images_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnviz.training.own_images.MOST_IMAGES", 19)
    own_images(folder)
    with pytest.raises(DataError, match="has 20 images, and 19 is the most"):
        loaded("folder:mine")


def test_the_list_says_what_the_files_have(folder: Path) -> None:
    """Oracle: the files themselves: digits from scikit-learn, the others as written above."""
    write_mnist(folder / "mnist")
    write_cifar(folder / "cifar10", "binary")
    for name in ("digits", "mnist", "cifar10"):
        found, known = loaded(name), described(name)
        assert (found.shape, found.classes) == (known.shape, known.classes)


# ---- downloads, from a server of the test's own


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Cut(Quiet):
    """Promises a whole file, and hangs up after half of it."""

    def do_GET(self) -> None:
        whole = Path(self.directory, self.path.lstrip("/")).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        self.wfile.write(whole[: len(whole) // 2])


@pytest.fixture(params=[Quiet])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """Its address and the folder that it serves."""
    pytest.importorskip("pooch", reason="downloads need the extra: pip install 'cnnviz[data]'")
    served = tmp_path_factory.mktemp("served")

    def handler(*arguments: object) -> Quiet:
        return request.param(*arguments, directory=str(served))  # type: ignore[arg-type]

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:  # type: ignore[arg-type]
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_address[1]}", served
        listening.shutdown()


def published(address: str, served: Path, *, md5: str = "") -> datasets.DataSet:
    """Fashion-MNIST as this server has it."""
    write_mnist(served)
    files = tuple(
        datasets.Published(
            url=f"{address}/{file.name}",
            md5=md5 or hashlib.md5((served / file.name).read_bytes()).hexdigest(),
        )
        for file in FASHION.files
    )
    fields = {
        name: getattr(FASHION, name) for name in ("name", "title", "shape", "classes", "page", "folders")
    }
    return datasets.DataSet(**fields, files=files, megabytes=1)


def test_a_download_is_checked_and_can_be_watched(
    server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: the files that the server has, and their lengths."""
    address, served = server
    monkeypatch.setattr(datasets, "DATASETS", (published(address, served),))
    seen: list[tuple[str, int, int]] = []
    where = download("fashion-mnist", lambda *what: seen.append(what))
    assert len(loaded("fashion-mnist").train) == 40
    for file in served.iterdir():
        assert (where / file.name).read_bytes() == file.read_bytes()
        size = file.stat().st_size
        assert (file.name, size, size) in seen
    seen.clear()
    download("fashion-mnist", lambda *what: seen.append(what))
    assert not seen, "what is there and whole is not got again"


@pytest.mark.parametrize(("md5", "gone", "said"), [("0" * 32, False, "another checksum"), ("", True, "404")])
def test_a_download_that_fails_is_told(
    server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, md5: str, gone: bool, said: str
) -> None:
    address, served = server
    monkeypatch.setattr(datasets, "DATASETS", (published(address, served, md5=md5),))
    if gone:
        for file in served.iterdir():
            file.unlink()
    with pytest.raises(DataError, match=said) as error:
        download("fashion-mnist")
    assert "Try again later" in str(error.value)
    with pytest.raises(DataError, match="is not on this machine"):
        loaded("fashion-mnist")


@pytest.mark.parametrize("server", [Cut], indirect=True)
def test_a_connection_that_is_cut_is_told_and_leaves_nothing(
    server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    """Oracle: a server that sends half of what it promised; the data folder has no file afterwards."""
    address, served = server
    monkeypatch.setattr(datasets, "DATASETS", (published(address, served),))
    with pytest.raises(DataError, match=r"the connection was cut before the file was whole. Try again later"):
        download("fashion-mnist")
    assert not [file for file in folder.rglob("*") if file.is_file()]
    with pytest.raises(DataError, match="the connection was cut"):
        fetched(f"{address}/{FASHION.files[0].name}", folder / "weights.pth")
    assert not [file for file in folder.rglob("*") if file.is_file()]


def test_a_full_disk_is_told(server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Oracle: the system's own error for it, raised between two pieces of the file."""
    address, served = server
    monkeypatch.setattr(datasets, "DATASETS", (published(address, served),))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(DataError, match=r"the disk with .*fashion-mnist is full. Try again later, or get"):
        download("fashion-mnist", full)
    assert not [file for file in folder.rglob("*") if file.is_file()]


def test_a_server_that_is_not_there_is_told(folder: Path) -> None:
    """Oracle: port 9 of this machine, where nobody listens."""
    pytest.importorskip("pooch", reason="downloads need the extra: pip install 'cnnviz[data]'")
    with pytest.raises(DataError, match="the server cannot be reached"):
        fetched("http://127.0.0.1:9/weights.pth", folder / "weights.pth")


def test_a_download_that_is_not_wanted_any_more_leaves_nothing(
    server: tuple[str, Path], folder: Path
) -> None:
    address, served = server
    write_mnist(served)
    name = FASHION.files[0].name
    assert not fetched(f"{address}/{name}", folder / name, cancelled=lambda: True)
    assert not list(folder.iterdir())
    assert fetched(f"{address}/{name}", folder / name)
    assert (folder / name).read_bytes() == (served / name).read_bytes()


def test_files_that_are_there_are_seen_without_reading_them(folder: Path) -> None:
    """Oracle: the folder before and after."""
    for name in ("mnist", "cifar10"):
        assert not is_here(described(name))
    write_mnist(folder / "MNIST" / "raw", zipped=False)
    (folder / "cifar-10-python.tar.gz").write_bytes(b"")
    for name in ("mnist", "cifar10", "digits"):
        assert is_here(described(name))
    assert not is_here(described("fashion-mnist"))


def test_without_pooch_a_download_says_where_the_files_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(DataError, match=r"cnnviz\[data\].*train-images-idx3-ubyte.gz"):
        download("mnist")


def test_what_comes_with_cnnviz_is_not_downloaded() -> None:
    with pytest.raises(DataError, match="need not be downloaded"):
        download("digits")


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
