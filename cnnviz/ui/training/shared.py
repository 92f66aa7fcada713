"""The run store and the engine of this server: one of each for a process, made when somebody needs them."""

from __future__ import annotations

import threading
from functools import lru_cache

from cnnviz.training.engine import Engine, engine
from cnnviz.training.store import Store
from cnnviz.ui.training.board import Board

_making = threading.RLock()  # a class arrives at once: one of them makes it


def store() -> Store:
    """Raises StoreError, with the way out; the next visitor tries again."""
    with _making:
        return _store()


def nudge() -> None:
    """Runs may be in the queue, or soon will be: a process gets ready."""
    with _making:
        _engine().nudge()


def slots() -> int:
    """How many runs are trained at a time: on this machine, or by the cluster that it is configured for."""
    with _making:
        return _engine().slots


def board() -> Board:
    """What watchers are told."""
    with _making:
        return _board()


def close() -> None:
    """No more runs are begun; those that are trained go on."""
    with _making:
        if _engine.cache_info().currsize:
            _engine().close()


def forget() -> None:
    """Store and engine are made anew where somebody needs them."""
    with _making:
        for made in (_store, _engine, _board):
            made.cache_clear()


@lru_cache(maxsize=1)
def _store() -> Store:
    return Store()


@lru_cache(maxsize=1)
def _engine() -> Engine:
    return engine(_store())


@lru_cache(maxsize=1)
def _board() -> Board:
    return Board(_store(), slots)
