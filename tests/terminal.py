"""Commands as a person runs them, in this process: what they print, and how they end."""

from __future__ import annotations

import contextlib
import io
import signal
from typing import NamedTuple
from unittest import mock

from cnnviz.cli import main


class Result(NamedTuple):
    """What a command printed, and its exit status."""

    status: int
    stdout: str
    stderr: str


def run(*words: str, typed: str = "") -> Result:
    """The result of `cnnviz WORDS`, with `typed` on standard input."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch("sys.stdin", io.StringIO(typed)),
    ):
        try:
            main(words)
        except SystemExit as ended:
            status = int(ended.code or 0)
    return Result(status, out.getvalue(), err.getvalue())


def succeeded(*arguments: str) -> str:
    result = run(*arguments)
    assert result.status == 0, result.stderr
    return result.stdout


def fails(*arguments: str) -> str:
    """One line on stderr, nothing on stdout, exit status 2."""
    result = run(*arguments)
    assert result.status == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("cnnviz: ")
    return result.stderr


def interruptible() -> None:
    """For `preexec_fn`: takes Ctrl-C also where tests run in the background, as shells ignore it there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
