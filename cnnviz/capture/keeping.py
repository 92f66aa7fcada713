"""Modules left as they were found: their mode, and whatever a forward pass sets on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from operator import is_, itemgetter
from typing import Any

from torch import nn

from cnnviz.capture.modules import LEAVES
from cnnviz.capture.paths import Modules, State
from cnnviz.capture.recorder import Recorder

INHERITED = frozenset(vars(nn.Module())) - {"training"}  # what torch keeps for itself in any module


@contextmanager
def as_found(modules: Modules, recorder: Recorder, *, training: bool) -> Iterator[None]:
    """The modules in that mode; then everything as it was, but what is in tensors and who is whose child."""
    alike = [_Alike(kind, [state for _, _, state in found]) for kind, found in modules.by_class.items()]
    switched = [state for group in alike for state in group.states if state["training"] is not training]
    for state in switched:
        state["training"] = training
    try:
        yield
    finally:
        for state in switched:
            state["training"] = not training
        for group in alike:
            group.put_back(exactly=recorder.sizes_read)


def put_back(state: State, before: State) -> None:
    """Undo what a forward pass stored; key by key, as other threads may be reading."""
    if len(state) == len(before) and all(map(is_, state.values(), before.values())):
        return
    for key in [key for key in state if key not in before]:
        state.pop(key, None)
    for key, value in before.items():
        if state.get(key) is not value:
            state[key] = value


class _Alike:
    """What the modules of one class store.

    Copies of all of it would take a tenth of a capture. Modules of one class have the same few attributes
    besides those that torch keeps for itself, and these are read and compared for all of them at once.
    """

    def __init__(self, kind: Any, states: list[State]) -> None:
        self.states, self.leaf = states, kind in LEAVES
        names = [name for name in states[0] if name not in INHERITED]
        self.names = ("training", *names)  # twice: a single one would not be read as a tuple
        self.read = itemgetter(*self.names)
        self.counts = list(map(len, states))
        self.copies: list[State] = []
        self.buffers: list[tuple[State, State]] = []
        if not self.leaf:
            self.buffers = [(state["_buffers"], state["_buffers"].copy()) for state in states]
        try:
            self.values = list(map(self.read, states))
        except KeyError:
            self.counts.append(-1)
        if len({*self.counts}) > 1:  # some have attributes of their own
            self.copies = [state.copy() for state in states]

    def put_back(self, *, exactly: bool) -> None:
        """Undo what was set. `exactly`: to compare a number that was read off a size would note a guard."""
        for buffers, before in self.buffers:
            if buffers or before:
                put_back(buffers, before)
        for state, copy in zip(self.states, self.copies, strict=False):
            put_back(state, copy)
        if self.copies or self._unchanged(exactly=exactly or not self.leaf):
            return
        for state, values in zip(self.states, self.values, strict=True):
            before = dict(zip(self.names, values, strict=True))
            for name in [name for name in state if name not in INHERITED and name not in before]:
                state.pop(name, None)
            for name, value in before.items():
                if state.get(name) is not value:
                    state[name] = value

    def _unchanged(self, *, exactly: bool) -> bool:
        try:
            if list(map(len, self.states)) != self.counts:
                return False
            now = list(map(self.read, self.states))
            if exactly:
                return all(map(is_, chain.from_iterable(now), chain.from_iterable(self.values)))
            return now == self.values
        except Exception:  # one is missing, or cannot be compared, as a tensor
            return False
