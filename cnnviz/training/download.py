"""Gets a data set from where its authors publish it: only when asked, never at import."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cnnviz.errors import DataError
from cnnviz.training.datasets import DataSet, data_folder, described

CHUNK = 65_536  # bytes between two signs of progress
PATIENCE = (5, 30)  # seconds to reach a server, and without a word from it

Progress = Callable[
    [str, int, int], None
]  # the file, bytes so far, bytes in all (0: the server does not say)


def download(name: str, progress: Progress | None = None) -> Path:
    """Downloads the files of a data set into the data folder, checks them, and gives the folder.

    Files that are there and whole are not got again. Raises DataError with what failed and the way out.
    """
    data = described(name)
    if not data.files:
        raise DataError(f"{name} need not be downloaded: it is on this machine already")
    folder = data_folder() / data.folders[0]
    try:
        pooch = _pooch()
    except ImportError:
        raise DataError(
            f"downloading needs pooch: pip install 'cnnviz[data]'. Or put the files into {folder} yourself: "
            + ", ".join(file.url for file in data.files)
        ) from None
    for file in data.files:
        try:
            pooch.retrieve(
                file.url,
                known_hash=f"md5:{file.md5}",
                fname=file.name,
                path=folder,
                downloader=_downloader(pooch, _Bar(file.name, progress)),
            )
        except (OSError, ValueError) as error:  # of the net or the disk; a wrong checksum
            raise _failed(data, file.url, folder, error) from None
    return folder


def fetched(
    url: str,
    path: Path,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Progress | None = None,
) -> bool:
    """Downloads one file, whole or not at all; False where that was cancelled. Raises DataError."""
    try:
        pooch = _pooch()
    except ImportError:
        raise DataError("downloading needs pooch: pip install 'cnnviz[data]'") from None
    beside = path.with_suffix(f".{os.getpid()}")
    try:
        _downloader(pooch, _Bar(path.name, progress, cancelled))(url, str(beside), None)
        beside.replace(path)
    except (OSError, ValueError) as error:
        raise DataError(_said(error, path.parent)) from None
    except _CancelledError:
        return False
    finally:
        beside.unlink(missing_ok=True)
    return True


def _pooch() -> Any:
    import pooch

    pooch.get_logger().setLevel("ERROR")  # it would write on the page's terminal
    return pooch


def _downloader(pooch: Any, bar: _Bar) -> Any:
    return pooch.HTTPDownloader(progressbar=bar, chunk_size=CHUNK, timeout=PATIENCE)


def _failed(data: DataSet, url: str, folder: Path, error: Exception) -> DataError:
    return DataError(
        f"{data.name} could not be downloaded from {url}: {_said(error, folder)}. Try again later, or get "
        f"the file from {data.page} and put it into {folder}"
    )


def _said(error: Exception, folder: Path) -> str:
    """What went wrong, in a few words."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    names = {kind.__name__ for kind in type(error).__mro__}
    if isinstance(error, ValueError) and "hash" in line.lower():
        return "what came is not the file that its authors published (another checksum)"
    if "HTTPError" in names:
        return line.partition(" for url")[0]
    if names & {"ConnectTimeout", "ReadTimeout"}:
        return "the server did not answer in time"
    if names & {"ChunkedEncodingError", "ContentDecodingError"}:
        return "the connection was cut before the file was whole"
    if "ConnectionError" in names:
        cut = "IncompleteRead" in line or "Connection broken" in line
        return "the connection was cut before the file was whole" if cut else "the server cannot be reached"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk with {folder} is full"
    if isinstance(error, PermissionError):
        return f"{folder} cannot be written: {os.strerror(error.errno or 0)}"
    return line


class _CancelledError(Exception):
    """The download is not wanted any more."""


class _Bar:
    """What pooch takes for a progress bar: https://www.fatiando.org/pooch/latest/progressbars.html."""

    def __init__(
        self, name: str, progress: Progress | None, cancelled: Callable[[], bool] = lambda: False
    ) -> None:
        self.name, self.progress, self.cancelled = name, progress, cancelled
        self.total = self.done = 0

    def update(self, count: int) -> None:
        if self.cancelled():
            raise _CancelledError
        self.done += count
        if self.progress is not None:
            self.progress(self.name, min(self.done, self.total) if self.total else self.done, self.total)

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        pass
