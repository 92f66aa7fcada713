"""What visitors share while they look into networks: forward passes and answers, each worked out once.

Everything has a bound in entries and in bytes; what was asked for longest ago goes first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from cnnviz import inside
from cnnviz.errors import CnnvizError, PictureError
from cnnviz.inside import networks
from cnnviz.inside.hooks import Change
from cnnviz.inside.imagenet import IMAGENET, check_file
from cnnviz.inside.looking import Seen, look
from cnnviz.inside.networks import RUN, Trained
from cnnviz.inside.pictures import Picture, of_small, sample
from cnnviz.picture import small_picture
from cnnviz.ui.training import shared

OWN = "own:"  # begins the names of visitors' images; their digest follows
MOST_OWN_BYTES = 300_000  # of an image that was made small before
_Kept = TypeVar("_Kept")


class MissingImageError(CnnvizError):
    """An image of a visitor's own that this server does not have, or not any more: the browser sends it."""


class Bounded(Generic[_Kept]):
    """Results by key. What several ask for at once is worked out by one of them, the others wait."""

    def __init__(self, entries: int, most_bytes: int, size: Callable[[_Kept], int]) -> None:
        self._entries, self._most, self._size = entries, most_bytes, size
        self._found: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}

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
        with self._lock:
            turn = self._making.setdefault(key, threading.Lock())
        try:
            with turn:
                found = self.get(key)
                if found is None:
                    found = make()
                    self.put(key, found)
                return found
        finally:
            with self._lock:
                self._making.pop(key, None)


_images: Bounded[bytes] = Bounded(256, 16_000_000, len)
_passes: Bounded[Seen] = Bounded(64, 96_000_000, lambda seen: seen.bytes)
answers: Bounded[bytes] = Bounded(1024, 48_000_000, len)


def network(name: str) -> Trained:
    """Raises CnnvizError."""
    if name.startswith(IMAGENET):
        check_file(name)
    return inside.trained(name, shared.store() if name.startswith(RUN) else None)


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
    small_picture(contents)  # says what is wrong
    return keep_image(contents)


def picture(of: Trained, name: str) -> Picture:
    """An image by its name. Raises MissingImageError, OptionError."""
    if not name.startswith(OWN):
        return sample(of, name)
    jpeg = _images.get(name)
    if jpeg is None:
        raise MissingImageError("this image is not here any more: choose it again")
    return of_small(jpeg, of)


def seen(of: Trained, name: str, change: Change | None = None) -> Seen:
    """The pass of an image through a network; changed ones are not kept, for they are many."""
    if change:
        return look(of, picture(of, name), change)
    return _passes.once((of.key, name), lambda: look(of, picture(of, name)))
