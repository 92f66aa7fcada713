"""The wheel: what is installed works without a checkout."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean virtual environment with the wheel in it; its dependencies are borrowed from this one."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("cnnviz-*.whl")
    venv.create(folder / "env", with_pip=False, symlinks=True)
    python = folder / "env" / "bin" / "python"
    site = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
    )
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # A path line adds the folder itself and not the editable installs that lie in it.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def run(python: Path, *arguments: str, cwd: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [python, *arguments], capture_output=True, text=True, cwd=cwd, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_programs_and_the_app(installed: Path, tmp_path: Path) -> None:
    where = run(installed, "-c", "import cnnviz; print(cnnviz.__file__)", cwd=tmp_path).strip()
    package = Path(where).parent
    assert ROOT not in package.parents
    app = ("app.py", "pages/explore.py", "pages/exercises.py", ".streamlit/config.toml")
    for name in (*(f"_app/{name}" for name in app), "ui/answer_field/assets/answer.js"):
        assert (package / name).is_file(), name
    assert list((package / "programs").glob("*.json"))
    # ResNet-50's parameters as torchvision publishes them
    assert "25,557,032" in run(installed, "-m", "cnnviz", "trace", "resnet50", cwd=tmp_path)


def test_the_installed_command_serves_the_app(installed: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    command = [installed, "-m", "cnnviz", "app", "--no-browser", "--port", str(port)]
    server = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        assert _page(f"http://127.0.0.1:{port}/explore?net=resnet50", server).startswith("<!")
        assert _page(f"http://127.0.0.1:{port}/_stcore/health", server) == "ok"
    finally:
        os.killpg(server.pid, 15)
        server.wait(20)


def _page(address: str, server: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert server.poll() is None, server.stdout and server.stdout.read()
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return str(answer.read().decode()).strip()
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{address} did not answer within a minute")
