"""Gets a data set from where its authors publish it: only when asked, never at import."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cnnviz.errors import DataError
from cnnviz.training.datasets import DataSet, data_folder, described

CHUNK = 65_536  # bytes between two signs of progress
PATIENCE = 30  # seconds without an answer

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
        import pooch
    except ImportError:
        raise DataError(
            f"downloading needs pooch: pip install 'cnnviz[data]'. Or put the files into {folder} yourself: "
            + ", ".join(file.url for file in data.files)
        ) from None
    pooch.get_logger().setLevel("ERROR")  # it would write on the page's terminal
    for file in data.files:
        bar = _Bar(file.name, progress)
        try:
            pooch.retrieve(
                file.url,
                known_hash=f"md5:{file.md5}",
                fname=file.name,
                path=folder,
                downloader=pooch.HTTPDownloader(progressbar=bar, chunk_size=CHUNK, timeout=PATIENCE),
            )
        except (OSError, ValueError) as error:  # of the net or the disk; a wrong checksum
            raise _failed(data, file.url, folder, error) from None
    return folder


def _failed(data: DataSet, url: str, folder: Path, error: Exception) -> DataError:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if isinstance(error, ValueError) and "hash" in line.lower():
        line = "what came is not the file that its authors published (another checksum)"
    elif isinstance(error, PermissionError):
        line = f"{folder} cannot be written: {os.strerror(error.errno or 0)}"
    return DataError(
        f"{data.name} could not be downloaded from {url}: {line}. Try again later, or get the file from "
        f"{data.page} and put it into {folder}"
    )


class _Bar:
    """What pooch takes for a progress bar: https://www.fatiando.org/pooch/latest/progressbars.html."""

    def __init__(self, name: str, progress: Progress | None) -> None:
        self.name, self.progress = name, progress
        self.total = self.done = 0

    def update(self, count: int) -> None:
        self.done += count
        if self.progress is not None:
            self.progress(self.name, min(self.done, self.total) if self.total else self.done, self.total)

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        pass
