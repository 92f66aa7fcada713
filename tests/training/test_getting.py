"""What runs need and is not here, downloaded from the page: a server of the test's own, no browser."""

from __future__ import annotations

import errno
import hashlib
import http.server
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.training import datasets, imagenet
from cnnviz.training.datasets import FASHION, Published
from cnnviz.training.store import URL
from cnnviz.ui.training import getting, shared
from cnnviz.ui.training.getting import Part
from tests.pages import page

pytest.importorskip("pooch", reason="downloads need the extra: pip install 'cnnviz[data]'")
FILE = b"x" * 300_000


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, inner in (("CNNVIZ_DATA", "data"), ("TORCH_HOME", "torch")):
        monkeypatch.setenv(name, str(tmp_path / inner))
    monkeypatch.setenv(URL, f"sqlite:///{tmp_path / 'runs.sqlite'}")
    getting._downloads.clear()
    shared.forget()
    yield tmp_path
    shared.close()
    shared.forget()


@pytest.fixture
def gate() -> threading.Event:
    return threading.Event()


@pytest.fixture
def address(gate: threading.Event) -> Iterator[str]:
    """A server that sends half of a file, and the rest when the gate is opened."""

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(FILE)))
            self.end_headers()
            self.wfile.write(FILE[: len(FILE) // 2])
            self.wfile.flush()
            gate.wait(60)
            self.wfile.write(FILE[len(FILE) // 2 :])

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_address[1]}/"
        gate.set()
        listening.shutdown()


opened = partial(page, "training")


def texts(app: AppTest) -> str:
    """What the page says, as it is read: without the backslashes of Markdown."""
    return "\n".join(element.value for element in (*app.markdown, *app.error)).replace("\\", "")


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_a_data_set_is_downloaded_from_the_page_with_a_bar(
    address: str, gate: threading.Event, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: the server's file, of which half has come while the gate is closed."""
    md5 = hashlib.md5(FILE).hexdigest()
    files = tuple(Published(url=address + file.name, md5=md5) for file in FASHION.files[:1])
    monkeypatch.setattr(datasets, "DATASETS", (replace(FASHION, files=files),))
    app = opened(preset="free", train="data=fashion-mnist,epochs=1")
    assert "must be downloaded first" in texts(app)
    app.button(key="training_get_fashion-mnist").click().run()
    job = getting._downloads["fashion-mnist"]
    until(lambda: job.done >= 131_072)  # two whole pieces of the first half
    app.run()
    (bar,) = app.get("progress")
    assert 40 <= bar.proto.value < 100
    assert "0.3 MB" in bar.proto.text
    gate.set()
    until(lambda: not job.running)
    app.run()
    assert not app.get("progress")
    assert "must be downloaded first" not in texts(app)
    (found,) = (folders / "data" / "fashion-mnist").iterdir()
    assert found.read_bytes() == FILE


def test_missing_weights_are_told_before_a_run_with_their_file_address_and_folder(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: torchvision's file name; nobody listens at port 9."""
    monkeypatch.setattr(imagenet, "PLACE", "http://127.0.0.1:9/")
    app = opened(preset="free", train="network=above,pretrained=imagenet", net="resnet18@torchvision")
    said = texts(app)
    assert "resnet18-f37072fd.pth" in said
    assert str(folders / "torch" / "hub" / "checkpoints") in said
    app.button(key="training_get_resnet18-f37072fd.pth").click().run()
    until(lambda: not getting._downloads["resnet18-f37072fd.pth"].running)
    app.run()
    assert "the server cannot be reached" in texts(app)
    assert app.button(key="training_get_resnet18-f37072fd.pth"), "one may try again"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left on device"),
        (RuntimeError("the server spoke in riddles"), "the server spoke in riddles"),
        (KeyError(), "KeyError"),
    ],
)
def test_whatever_ends_a_download_is_told(error: Exception, says: str) -> None:
    """Oracle: errors that are none of ours: the system's words, the library's, or the error's name."""

    def get(_: object) -> None:
        raise error

    part = Part(name="mnist", title="MNIST", said="its files come from somewhere", megabytes=1, get=get)
    job = getting.Download(part)
    job.thread.join(10)
    assert not job.running
    assert says in job.error
    assert "its files come from somewhere" in job.error


def test_what_is_larger_than_the_limit_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_TRAINING_LIMITS", "download_megabytes=20")
    app = opened(preset="free", train="data=fashion-mnist")
    assert "must be downloaded first" in texts(app)
    assert not [b for b in app.button if b.key == "training_get_fashion-mnist"]


def test_a_network_without_published_weights_is_told() -> None:
    app = opened(preset="free", train="pretrained=imagenet")
    assert "there are no ImageNet weights for plain_convolutions" in texts(app)
