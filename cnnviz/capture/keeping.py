"""Modules left as they were found: their mode, and whatever a forward pass sets on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import is_, itemgetter
from typing import Any

from torch import nn

from cnnviz.capture.modules import LEAVES
from cnnviz.capture.paths import Modules
from cnnviz.capture.recorder import Recorder

State = dict[str, Any]  # a module's attributes, its buffers, or its children
Copied = list[tuple[State, State]]  # each with a copy from before
Fields = tuple[
    tuple[str, ...], Callable[[State], tuple[Any, ...]], int
]  # names, what reads them, all there are
Watched = tuple[State, Fields, tuple[Any, ...]]
Node = tuple[Any, State, State, State]  # class, attributes, children, and a copy of these from before
INHERITED = frozenset(vars(nn.Module())) - {"training"}  # what torch keeps for itself in any module
CHAINED: Any = nn.Sequential.forward


@contextmanager
def as_found(modules: Modules, recorder: Recorder, *, training: bool) -> Iterator[list[Node]]:
    """The modules in that mode, then everything as it was; gives those that run Python of their own.

    Copies of all that a module stores would take a tenth of a capture. Of torch's own leaves, the most of a
    network, only the few attributes that make one convolution differ from another are looked at.
    """
    switched: list[State] = []
    copied: Copied = []
    parents: Copied = []
    watched: list[Watched] = []
    fields_of: dict[Any, Fields] = {}
    nodes: list[Node] = []
    for _, module in modules:
        state, kind = module.__dict__, type(module)
        if kind in LEAVES:
            fields = fields_of.get(kind) or fields_of.setdefault(kind, _fields(state))
            try:
                _, read, count = fields
                values = read(state)
            except KeyError:
                count = -1
            if len(state) == count:
                watched.append((state, fields, values))
            else:  # with attributes of the user's own
                copied.append((state, state.copy()))
        else:
            children = state["_modules"]
            before = children.copy()
            parents.append((children, before))
            if kind.forward is not CHAINED:
                copied.append((state, state.copy()))
                copied.append((state["_buffers"], state["_buffers"].copy()))
                nodes.append((kind, state, children, before))
        if state["training"] is not training:
            switched.append(state)
            state["training"] = training
    try:
        yield nodes
    finally:
        for state in switched:
            state["training"] = not training
        for state, before in copied:
            put_back(state, before)
        for children, before in parents:
            _put_back_children(children, before)
        _put_back_leaves(watched, exactly=recorder.sizes_read)


def put_back(state: State, before: State) -> None:
    """Undo what a forward pass stored; key by key, as other threads may be reading."""
    if len(state) == len(before) and all(map(is_, state.values(), before.values())):
        return
    for key in [key for key in state if key not in before]:
        state.pop(key, None)
    for key, value in before.items():
        if state.get(key) is not value:
            state[key] = value


def _put_back_children(children: State, before: State) -> None:
    put_back(children, before)
    if list(children) != list(before):  # one was deleted: what they are numbered by is their order
        for name, child in before.items():
            del children[name]
            children[name] = child


def _fields(state: State) -> Fields:
    names = ("_parameters", *(name for name in state if name not in INHERITED))
    return names, itemgetter(*names), len(state)


def _put_back_leaves(watched: list[Watched], *, exactly: bool) -> None:
    """The same for leaves. `exactly`: comparing a number that was read off a size would note a guard."""
    for state, (names, read, count), values in watched:
        try:
            now = read(state)
            if len(state) == count and (all(map(is_, now, values)) if exactly else now == values):
                continue
        except Exception:
            pass  # one is missing, or cannot be compared, as a tensor
        for key in [key for key in state if key not in names and key not in INHERITED]:
            state.pop(key, None)
        for name, value in zip(names, values, strict=True):
            if state.get(name) is not value:
                state[name] = value
