"""A module's children while a pass is under way: found at once, and put back.

Torch looks for a child only after Python has failed to find an attribute, which takes twenty times as long as
to find one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import is_
from typing import Any

from torch import nn

from cnnviz.capture.keeping import put_back
from cnnviz.capture.modules import LEAVES
from cnnviz.capture.paths import Modules, State

LOOKUPS = ("__getattribute__", "__getattr__", "__setattr__", "__delattr__")
# Their children are called in turn, or taken by number or key.
CONTAINERS: tuple[Any, ...] = (nn.Sequential.forward, nn.Module.forward)
ABSENT = object()
Parent = tuple[State, State, State]  # what it stores, its children, and a copy of these from before


class ChildrenChangedError(Exception):
    """The forward pass has put another child in a place where a shortcut led to the one before."""


@contextmanager
def children_at_hand(modules: Modules, *, shortcuts: bool) -> Iterator[None]:
    """With shortcuts, the modules' children among their attributes; in the end all children as they were.

    Raises ChildrenChangedError at the end where a child was removed or replaced behind a shortcut: the pass
    is then to be made again without. Setting a child by `self.conv = module` removes the shortcut.
    """
    parents: list[Parent] = []
    short: list[tuple[State, State]] = []
    try:
        for kind, found in modules.by_class.items():
            if kind not in LEAVES:
                parents += [(state, state["_modules"], state["_modules"].copy()) for _, _, state in found]
                if shortcuts and kind.forward not in CONTAINERS:
                    _make_shortcuts(kind, parents[-len(found) :], short)
        yield
    finally:
        moved = [parent for parent in parents if _changed(*parent[1:])]
        behind = any(_changed_behind_a_shortcut(*parent) for parent in moved) if short else False
        for state, before in short:
            for name in before:
                state.pop(name, None)
        for _, children, before in moved:
            _put_back_in_order(children, before)
        if behind:
            raise ChildrenChangedError


def _make_shortcuts(kind: Any, parents: Sequence[Parent], short: list[tuple[State, State]]) -> None:
    fits: dict[tuple[str, ...], bool] = {}
    for state, children, before in parents:
        names = (*children,)
        fit = fits.get(names)
        if fit is None:
            fit = fits[names] = _looked_up_as_torch_does(kind, names)
        if fit and children.keys().isdisjoint(state):
            short.append((state, before))
            state.update(children)


def _looked_up_as_torch_does(kind: Any, names: Sequence[str]) -> bool:
    """Whether these are attributes that torch's own lookup finds, and nothing else would."""
    own = any(getattr(kind, name) is not getattr(nn.Module, name) for name in LOOKUPS)
    return not (own or any(hasattr(kind, name) for name in names))


def _changed(children: State, before: State) -> bool:
    return len(children) != len(before) or not all(map(is_, children.values(), before.values()))


def _changed_behind_a_shortcut(state: State, children: State, before: State) -> bool:
    return any(
        state.get(name, ABSENT) is child and children.get(name, ABSENT) is not child
        for name, child in before.items()
    )


def _put_back_in_order(children: State, before: State) -> None:
    put_back(children, before)
    if list(children) != list(before):  # one was deleted
        for name, child in before.items():
            del children[name]
            children[name] = child
