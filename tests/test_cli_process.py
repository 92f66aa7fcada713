"""The command line as a process: what it loads, pipes, full disks, interrupts, ports."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal import fails, interruptible


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["list"], ["show", "resnet152"], ["trace", "resnet152"], ["trace", "alexnet@paper"]],
)
def test_the_catalogue_is_read_without_torch(arguments: list[str]) -> None:
    """In a process where importing torch, pandas or streamlit fails."""
    code = (
        "import sys\n"
        "for name in ('torch', 'pandas', 'streamlit', 'plotly', 'numpy'): sys.modules[name] = None\n"
        f"sys.argv = ['cnnviz', *{arguments!r}]\n"
        "from cnnviz.cli import main\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["trace", "resnet152"]])
def test_what_takes_long_to_load_is_not_loaded(arguments: list[str]) -> None:
    """The libraries that took more than a millisecond each; a shell should answer before one looks up."""
    code = (
        "import sys; before = set(sys.modules)\n"
        f"sys.argv = ['cnnviz', *{arguments!r}]\n"
        "from cnnviz.cli import main\nmain()\n"
        "slow = 'dataclasses inspect ast fractions pathlib shutil html click cnnviz.export cnnviz.card'\n"
        "print(*(set(slow.split()) & set(sys.modules) - before), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr.strip() == ""


def test_python_dash_m_is_the_command_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cnnviz", "trace", "nothing"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("cnnviz: there is no network 'nothing'")


def test_a_closed_pipe_is_no_error() -> None:
    """`cnnviz trace resnet152 | head -1`"""
    code = f"{sys.executable} -m cnnviz trace resnet152 | head -1"
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.startswith("resnet152@torchvision")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's file that is always full")
@pytest.mark.parametrize("words", ["list", "trace resnet152", "--help"])
def test_a_full_disk_is_told_in_one_line(words: str) -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "cnnviz", *words.split()]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr == "cnnviz: stopped by the system: No space left on device\n"


def test_an_interrupt_is_quiet() -> None:
    """Ctrl-C while a question waits: status 130 as shells have it (128 + SIGINT), and no traceback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cnnviz", "exercise", "--ask"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=interruptible,
    )
    assert process.stdout is not None
    while not process.stdout.readline().startswith("1. "):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=20)
    assert process.returncode == 130
    assert complaint == ""


def test_a_port_that_is_taken_is_said_so() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = fails("app", "--no-browser", "--port", str(port))
    assert f"cannot listen on port {port}" in message
    assert "choose another with --port" in message


def test_the_next_free_port_is_taken_where_none_is_asked_for() -> None:
    """With 8501 in use, another of the twenty is chosen."""
    import contextlib
    import socket

    from cnnviz.commands.app import free_port

    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # somebody else has it: just as well
            stack.enter_context(socket.create_server(("127.0.0.1", 8501)))
        assert 8501 < free_port("127.0.0.1", None) <= 8520
