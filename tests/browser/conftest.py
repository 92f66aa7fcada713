"""A real server and a real browser. Needs a Chromium on this machine; without one these tests skip."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Debian's shell first: the same engine without a browser's own windows, a fifth cheaper.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
FLAGS = (
    "--no-sandbox",  # tests also run as root, in containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--in-process-gpu",
    "--font-render-hinting=none",  # letters as wide as in a window
    "--js-flags=--no-opt --no-maglev",  # pages are gone before optimised code would pay
)

LAPTOP = {"width": 1440, "height": 900}
PATIENCE_MS = 20_000  # of every expectation: two workers on two busy cores


def chromium() -> str | None:
    return os.environ.get("CNNVIZ_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def running_server() -> Iterator[str]:
    """The address of a server that has just started, and has answered nobody but its health check."""
    with started_server() as (address, _):
        yield address


@contextmanager
def started_server(port: int = 0) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The same with its process, which may be killed; on this port, or on a free one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = port or probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]
    settings = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    server = subprocess.Popen(
        [*command, *settings], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        _wait_until_healthy(address, server)
        yield address, server
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_until_healthy(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            pytest.fail(f"the server ended: {server.stdout.read().decode() if server.stdout else ''}")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the server did not answer within a minute")


@pytest.fixture(scope="module")  # no longer: an event loop that is left running breaks other tests
def browser():
    executable = chromium()
    if executable is None:
        pytest.skip("no Chromium found; set CNNVIZ_CHROMIUM to the path of one")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    api.expect.set_options(timeout=PATIENCE_MS)
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    """One server for all files of a worker: a start and cold caches cost more than most tests."""
    with running_server() as address:
        yield address


@pytest.fixture(scope="module")
def address(browser, request) -> str:
    return request.getfixturevalue("served")  # not as an argument: without a browser none is started


@pytest.fixture
def cold_address(browser) -> Iterator[str]:
    """A server of one's own, for the first request after a start."""
    with running_server() as address:
        yield address


@pytest.fixture(scope="module")
def profile(browser):
    """A browser profile for all tests of a file: the app's scripts come from its cache."""
    context = browser.new_context(viewport=LAPTOP)
    yield context
    context.close()


@pytest.fixture
def page(profile):
    """A page at the size of a laptop that remembers nothing; fails where the console showed an error."""
    page = profile.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    _forget(profile)
    # On `/explore` Streamlit first asks whether the app lives under that path, and is told that it does not.
    assert [error for error in errors if "404 (Not Found)" not in error] == []


def _forget(profile) -> None:
    """Close what the test opened, without what it left in the browser."""
    profile.clear_cookies()
    for page in profile.pages:
        if page.url.startswith("http"):
            page.evaluate("() => localStorage.clear()")
        page.close()
