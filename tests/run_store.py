"""A store of training runs that a test file has to itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cnnviz.training.store import URL
from cnnviz.ui.training import shared


@contextmanager
def store_in(folder: Path) -> Iterator[None]:
    """The app keeps its runs in this folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(URL, f"sqlite:///{folder / 'runs.sqlite'}")
        shared.forget()
        yield
        shared.close()
        shared.forget()
