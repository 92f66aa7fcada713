"""What visitors share while they look into networks: forward passes and answers, each worked out once.

Everything has a bound in entries and in bytes; what was asked for longest ago goes first.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from cnnviz import inside
from cnnviz.errors import CnnvizError, PictureError
from cnnviz.inside import networks
from cnnviz.inside.imagenet import IMAGENET, check_file
from cnnviz.inside.looking import Seen, look
from cnnviz.inside.networks import RUN, Trained
from cnnviz.inside.pictures import Picture, of_small, sample
from cnnviz.picture import check_small
from cnnviz.ui.training import shared

OWN = "own:"  # begins the names of visitors' images; their digest follows
MOST_OWN_BYTES = 300_000  # of an image that was made small before
_Kept = TypeVar("_Kept")


class MissingImageError(CnnvizError):
    """An image of a visitor's own that this server does not have, or not any more: the browser sends it."""


class Turns:
    """One at a time for each key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[Hashable, threading.Lock] = {}
        self._wanted: Counter[Hashable] = Counter()

    @contextmanager
    def of(self, key: Hashable) -> Iterator[None]:
        with self._lock:
            turn = self._locks.setdefault(key, threading.Lock())
            self._wanted[key] += 1
        try:
            with turn:
                yield
        finally:
            with self._lock:
                self._wanted[key] -= 1
                if not self._wanted[key]:
                    del self._wanted[key], self._locks[key]


class Bounded(Generic[_Kept]):
    """Results by key. What several ask for at once is worked out by one of them, the others wait."""

    def __init__(self, entries: int, most_bytes: int, size: Callable[[_Kept], int]) -> None:
        self._entries, self._most, self._size = entries, most_bytes, size
        self._found: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._turns = Turns()

    def get(self, key: Hashable) -> _Kept | None:
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
            return self._found.get(key)

    def put(self, key: Hashable, value: _Kept) -> None:
        with self._lock:
            if key in self._found:
                return
            self._found[key] = value
            self._bytes += self._size(value)
            while len(self._found) > self._entries or self._bytes > self._most:
                _, gone = self._found.popitem(last=False)
                self._bytes -= self._size(gone)

    def once(self, key: Hashable, make: Callable[[], _Kept]) -> _Kept:
        found = self.get(key)
        if found is not None:
            return found
        with self._turns.of(key):
            found = self.get(key)
            if found is None:
                found = make()
                self.put(key, found)
            return found


_images: Bounded[bytes] = Bounded(256, 16_000_000, len)
_passes: Bounded[Seen] = Bounded(64, 96_000_000, lambda seen: seen.bytes)
answers: Bounded[bytes] = Bounded(1024, 48_000_000, len)
_opening = Turns()


def network(name: str) -> Trained:
    """Raises CnnvizError."""
    if name.startswith(IMAGENET):
        check_file(name)
    store = shared.store() if name.startswith(RUN) else None
    with _opening.of(name):  # a class arrives at once: one of them reads the file, which may be large
        found = inside.trained(name, store)
        _ = found.layers  # traced now, while nobody else has it
    return found


def offered() -> list[tuple[str, str]]:
    """Name and title of what can be looked into here."""
    try:
        store = shared.store()
    except CnnvizError:  # without a store there are no runs to look into
        store = None
    return networks.offered(store)


def keep_image(jpeg: bytes) -> str:
    """The name of a visitor's image, which is already small, and stays here for a while."""
    name = f"{OWN}{of_small(jpeg).name}"
    _images.put(name, jpeg)
    return name


def taken_back(contents: bytes) -> str:
    """The same for what a browser sends again, and may be anything. Raises PictureError."""
    if len(contents) > MOST_OWN_BYTES:
        raise PictureError("the image is too large: choose it anew")
    check_small(contents)
    return keep_image(contents)


def picture(of: Trained, name: str) -> Picture:
    """An image by its name. Raises MissingImageError, OptionError."""
    if not name.startswith(OWN):
        return sample(of, name)
    jpeg = _images.get(name)
    if jpeg is None:
        raise MissingImageError("this image is not here any more: choose it again")
    return of_small(jpeg, of)


def seen(of: Trained, name: str) -> Seen:
    """The pass of an image through a network."""
    return _passes.once((of.key, name), lambda: look(of, picture(of, name)))
