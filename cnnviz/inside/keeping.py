"""Results that several people share: each worked out once, kept within a bound in entries and in bytes.

What was asked for longest ago goes first.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from torch import Tensor

_Kept = TypeVar("_Kept")


def tensor_bytes(tensors: Iterable[Tensor]) -> int:
    """What the tensors take in memory: those that share their numbers are counted once."""
    storages = (tensor.untyped_storage() for tensor in tensors)
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


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

    def __init__(
        self, entries: int, most_bytes: float | Callable[[], float], size: Callable[[_Kept], int]
    ) -> None:
        self.bytes = 0
        self._entries, self._most, self._size = entries, most_bytes, size
        self._found: OrderedDict[Hashable, tuple[_Kept, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._turns = Turns()

    def get(self, key: Hashable) -> _Kept | None:
        with self._lock:
            if key not in self._found:
                return None
            self._found.move_to_end(key)
            return self._found[key][0]

    def put(self, key: Hashable, value: _Kept) -> None:
        """Keeps it; what alone is larger than the bound is not kept, and drives nothing away."""
        size, most = self._size(value), self._most() if callable(self._most) else self._most
        with self._lock:
            if key in self._found or size > most:
                return
            self._found[key] = value, size
            self.bytes += size
            while len(self._found) > self._entries or self.bytes > most:
                _, (_, gone) = self._found.popitem(last=False)
                self.bytes -= gone

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
