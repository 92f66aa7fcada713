"""A model while a pass is under way: calls report where they are, leaves are answered by their rules."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any

from torch import nn
from torch.nn.modules import module as torch_module

from cnnviz.capture.calls import leaf_call, node_call, quick_leaf_call
from cnnviz.capture.children import children_at_hand
from cnnviz.capture.keeping import as_found, put_back
from cnnviz.capture.modules import LEAVES, Read
from cnnviz.capture.paths import Modules, Placed, State
from cnnviz.capture.recorder import Recorder

Aside = list[tuple[State, State]]  # with copies from before
PATCHING = threading.RLock()  # modules are patched by one pass at a time; other threads' calls go through
GLOBAL_HOOKS: tuple[Any, ...] = (
    torch_module._global_forward_hooks,
    torch_module._global_forward_pre_hooks,
    torch_module._global_backward_hooks,
    torch_module._global_backward_pre_hooks,
)


@contextmanager
def patched(modules: Modules, recorder: Recorder, *, training: bool, quick: bool) -> Iterator[None]:
    """The modules in that mode with every call reporting to the recorder; then as they were. Hold PATCHING.

    `_compiled_call_impl` is what `nn.Module.__call__` runs instead of looking for hooks, in a third of the
    time; a module that has hooks is called torch's way, and only its forward is answered.
    """
    aside: Aside = []
    touched: list[State] = []
    with as_found(modules, recorder, training=training), children_at_hand(modules, shortcuts=quick):
        try:
            for kind, placed in modules.by_class.items():
                read = LEAVES.get(kind)
                if read is None:
                    _answer_nodes(kind, placed, recorder, touched, aside)
                else:
                    _answer_leaves(kind, placed, read, recorder, touched, aside)
            yield
        finally:
            for state in touched:
                del state["forward"], state["_compiled_call_impl"]
            for state, before in aside:
                put_back(state, before)
            for tensor in recorder.marked:
                tensor.__dict__.pop("_cnnviz", None)


def _answer_leaves(
    kind: Any, placed: Placed, read: Read, recorder: Recorder, touched: list[State], aside: Aside
) -> None:
    name, lazy, own_way = kind.__name__, kind is nn.LazyLinear, _own_way(kind)
    slow, owned = recorder.kernels or lazy, recorder.owned
    for path, module, state in placed:
        hooked = state["_forward_hooks"] or state["_forward_pre_hooks"]
        hooked = hooked or state["_backward_hooks"] or state["_backward_pre_hooks"]
        if hooked or lazy or "forward" in state or "_compiled_call_impl" in state:
            aside += _set_aside(state, lazy=lazy)
        if "forward" in state:
            if not path:
                continue
            answer = MethodType(node_call, (recorder, path, module, name, module.forward))
        elif slow:
            answer = MethodType(leaf_call, (recorder, path, module, read))
        else:
            learned, used = state["_parameters"], owned.get(path, ())
            built = learned, learned.get("weight"), learned.get("bias")
            answer = MethodType(quick_leaf_call, (recorder, path, module, *built, name, read, used))
        state["forward"] = answer
        state["_compiled_call_impl"] = None if hooked or own_way else answer
        touched.append(state)


def _answer_nodes(kind: Any, placed: Placed, recorder: Recorder, touched: list[State], aside: Aside) -> None:
    name, own_way = kind.__name__, _own_way(kind)
    if kind.forward is nn.Module.forward:  # of a container that is never called
        return
    for path, module, state in placed:
        if not path:
            continue
        hooked = state["_forward_hooks"] or state["_forward_pre_hooks"]
        hooked = hooked or state["_backward_hooks"] or state["_backward_pre_hooks"]
        if "forward" in state or "_compiled_call_impl" in state:
            aside.append((state, state.copy()))
        answer = MethodType(node_call, (recorder, path, module, name, module.forward))
        state["forward"] = answer
        state["_compiled_call_impl"] = None if hooked or own_way else answer
        touched.append(state)


def _own_way(kind: Any) -> bool:
    """Whether modules of this class are called in a way of their own, or hooked all of them."""
    return kind._call_impl is not nn.Module._call_impl or any(GLOBAL_HOOKS)


def _set_aside(state: State, *, lazy: bool) -> Aside:
    """What is in the way: a forward of the user's own, hooks that may set attributes or size a lazy layer."""
    buffers = state["_buffers"]
    kept = [(state, state.copy()), (buffers, buffers.copy())]
    if lazy:
        state["_forward_pre_hooks"] = {}
    return kept
