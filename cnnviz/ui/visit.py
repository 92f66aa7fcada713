"""What belongs to one visit: results on a visitor's own files and designs, kept in the session, gone with it.

Results on networks of the catalogue are for everybody and lie in caches of their own, so that no visitor's
edits or files can push them out.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, wraps
from itertools import islice
from types import FunctionType, MethodType, ModuleType
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from cnnviz.trace import Trace

DESIGNED = "design:"  # begins the names of designs, which the rest of is a word of a link
FILE_MARK = "#"  # in the key of an uploaded file: what follows tells its contents
MOST_ENTRIES = 256
MOST_BYTES = 16_000_000  # of one visit: a file of 2,500 operations is weighed as about 8 MB
_LAYER = 2000  # bytes of a trace for each operation
_SAMPLED = 32  # things of a long list that are looked at
_KEY = "visit_results"
_KINDS_OF_CODE = (type, ModuleType, FunctionType, MethodType)

_Asked = ParamSpec("_Asked")
_Result = TypeVar("_Result")


class Results:
    """The results of one visit, the least recently used of which go first."""

    def __init__(self, *, most_entries: int = MOST_ENTRIES, most_bytes: int = MOST_BYTES) -> None:
        self.most_entries, self.most_bytes = most_entries, most_bytes
        self.weight = 0  # bytes, about
        self.turn = threading.Lock()  # for what this visitor may have the server do once at a time
        self._found: OrderedDict[object, tuple[Any, int]] = OrderedDict()
        self._changing = threading.Lock()

    def __len__(self) -> int:
        return len(self._found)

    def get(self, key: object, made: Callable[[], _Result]) -> _Result:
        """What is kept under the key, made now where nothing is. An error is raised, and not kept."""
        with self._changing:
            if key in self._found:
                self._found.move_to_end(key)
                known: _Result = self._found[key][0]
                return known
        result = made()
        self._keep(key, result, weighed(result))
        return result

    def _keep(self, key: object, result: object, weight: int) -> None:
        with self._changing:
            self.weight += weight - self._found.pop(key, (None, 0))[1]
            self._found[key] = result, weight
            while len(self._found) > 1 and (
                len(self._found) > self.most_entries or self.weight > self.most_bytes
            ):
                _, (_, freed) = self._found.popitem(last=False)
                self.weight -= freed


def results() -> Results:
    """Those of this visit."""
    found: Results | None = st.session_state.get(_KEY)
    if found is None:
        found = st.session_state[_KEY] = Results()
    return found


def owned(asked: object) -> bool:
    """Whether the name of a network, or one of several, is that of a visitor's own file or design."""
    if isinstance(asked, str):
        return FILE_MARK in asked or asked.startswith(DESIGNED)
    return isinstance(asked, tuple) and any(map(owned, asked))


def apart(
    shared: Callable[[Callable[_Asked, _Result]], Callable[_Asked, _Result]],
) -> Callable[[Callable[_Asked, _Result]], Callable[_Asked, _Result]]:
    """Keeps results as the cache `shared` does, but those on what belongs to a visit with that visit."""

    def kept(function: Callable[_Asked, _Result]) -> Callable[_Asked, _Result]:
        everybodys = shared(function)
        name = f"{function.__module__}.{function.__qualname__}"

        @wraps(function)
        def found(*asked: _Asked.args, **how: _Asked.kwargs) -> _Result:
            if not any(map(owned, (*asked, *how.values()))):
                return everybodys(*asked, **how)
            key = (name, asked, tuple(sorted(how.items())))
            return results().get(key, lambda: function(*asked, **how))

        found.everybodys = everybodys  # type: ignore[attr-defined]
        return found

    return kept


def plainly(entries: int) -> Callable[[Callable[_Asked, _Result]], Callable[_Asked, _Result]]:
    """A plain cache for everybody, to be kept apart from."""
    return lru_cache(maxsize=entries)  # type: ignore[return-value]


def weighed(value: object) -> int:
    """About how many bytes a result holds; of what is long, from some of its parts."""
    return _weighed(value, set())


def _weighed(value: object, seen: set[int]) -> int:
    if value is None or isinstance(value, _KINDS_OF_CODE) or id(value) in seen:
        return 0
    seen.add(id(value))
    if isinstance(value, Trace):  # its layers are worked out later
        return _LAYER * len(value.program.operations)
    own = sys.getsizeof(value)
    if isinstance(value, str | bytes | int | float):
        return own
    if isinstance(value, Mapping):
        return own + _sampled(list(value.keys()), seen) + _sampled(list(value.values()), seen)
    if isinstance(value, list | tuple | set | frozenset):
        return own + _sampled(value, seen)
    return own + _sampled(list(_attributes(value)), seen)


def _sampled(parts: list[Any] | tuple[Any, ...] | set[Any] | frozenset[Any], seen: set[int]) -> int:
    every = max(1, len(parts) // _SAMPLED)
    return every * sum(_weighed(part, seen) for part in islice(parts, 0, None, every))


def _attributes(value: object) -> Iterable[object]:
    yield from getattr(value, "__dict__", {}).values()
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            yield getattr(value, name, None)
