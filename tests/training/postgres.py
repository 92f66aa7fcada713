"""A PostgreSQL of the tests' own: made with the system's programs, in a folder, on a free port."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)  # where Debian has them


class Cluster:
    """A server that can be stopped and started in the middle of anything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.url = f"postgresql+psycopg://cnnviz@127.0.0.1:{self.port}/postgres"
        self.user = _somebody()
        if self.user:
            shutil.chown(folder, self.user.pw_uid, self.user.pw_gid)
        self._run("initdb", "-A", "trust", "-U", "cnnviz", "--no-sync")
        self.start()

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """At once, as when the machine loses its power."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def _run(self, name: str, *words: str) -> None:
        command = [program(name) or name, "-D", str(self.folder / "data"), *words]
        user = {} if self.user is None else {"user": self.user.pw_uid, "group": self.user.pw_gid}
        extra = {} if self.user is None else {"extra_groups": []}
        subprocess.run(
            command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, timeout=120, **user, **extra
        )


def program(name: str) -> str | None:
    """Where the system has a program of PostgreSQL's."""
    return shutil.which(name, path=os.pathsep.join([*map(str, PROGRAMS), os.environ.get("PATH", "")]))


def _somebody() -> pwd.struct_passwd | None:
    """A user that is not root, which PostgreSQL refuses to run as; None where the tests are not root's."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    return None
