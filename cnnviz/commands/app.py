"""`cnnviz app`."""

from __future__ import annotations

import argparse
import os
import sys

from cnnviz.commands.common import add_switch, whole
from cnnviz.errors import CnnvizError

HELP = "Serve the app in the browser."
DESCRIPTION = (
    "With models of your own in it: package.module:callable, timm:NAME, torchvision:NAME, FILE.onnx."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="Address to listen on; 0.0.0.0 for all [default: %(default)s].",
    )
    parser.add_argument(
        "--port",
        type=whole(1, 65535),
        metavar="N",
        help="Port to listen on [default: 8501, or the next free].",
    )
    add_switch(parser, "--browser", "Open a browser.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="A model of your own; may be repeated.")


def run(arguments: argparse.Namespace) -> None:
    import subprocess
    from pathlib import Path

    package = Path(__file__).parents[1]
    installed = package / "_app"  # where a wheel carries the launcher and the pages
    launcher = (installed if installed.is_dir() else package.parent) / "app.py"
    if not launcher.is_file():
        raise CnnvizError(f"this installation of cnnviz lacks {launcher}: install it again with pip")
    environment = dict(os.environ)
    if arguments.targets:
        from cnnviz.targets.offered import environment as handing_on

        environment |= handing_on(arguments.targets)
    host, headless = arguments.host, not arguments.browser
    port = free_port(host, arguments.port)
    flags = [f"--server.address={host}", f"--server.port={port}", f"--server.headless={headless}".lower()]
    command = [sys.executable, "-m", "streamlit", "run", str(launcher), *flags]
    try:
        sys.exit(subprocess.call(command, env=environment))
    except KeyboardInterrupt:
        sys.exit(0)


def free_port(host: str, port: int | None) -> int:
    """The port asked for, or the first free one from 8501 on."""
    import socket

    for tried in range(8501, 8521) if port is None else (port,):
        try:
            with socket.create_server((host, tried)):
                return tried
        except OSError as error:
            reason = error.strerror or str(error)
    taken = "ports 8501 to 8520" if port is None else f"port {port}"
    raise CnnvizError(f"cannot listen on {taken} of {host} ({reason}): choose another with --port")
