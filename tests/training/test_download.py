"""Downloads of data sets, from a server of the test's own."""

from __future__ import annotations

import errno
import hashlib
import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnnviz.errors import DataError
from cnnviz.training import datasets
from cnnviz.training.data import loaded
from cnnviz.training.datasets import FASHION
from cnnviz.training.download import download, fetched
from tests.training.data_files import write_mnist

pytestmark = pytest.mark.usefixtures("folder")


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


def test_without_pooch_a_download_says_where_the_files_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(DataError, match=r"cnnviz\[data\].*train-images-idx3-ubyte.gz"):
        download("mnist")


def test_what_comes_with_cnnviz_is_not_downloaded() -> None:
    with pytest.raises(DataError, match="need not be downloaded"):
        download("digits")
