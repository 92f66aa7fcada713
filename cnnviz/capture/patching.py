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
from cnnviz.capture.modules import LEAVES
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
            for kind, found in modules.by_class.items():
                _answer(kind, found, recorder, touched, aside)
            yield
        finally:
            for state in touched:
                del state["forward"], state["_compiled_call_impl"]
            for state, before in aside:
                put_back(state, before)
            for tensor in recorder.marked:
                tensor.__dict__.pop("_cnnviz", None)


def _answer(kind: Any, found: Placed, recorder: Recorder, touched: list[State], aside: Aside) -> None:
    """Answer the calls of all modules of one class."""
    name, read, lazy = kind.__name__, LEAVES.get(kind), kind is nn.LazyLinear
    if read is None and kind.forward is nn.Module.forward:
        return  # a container that is never called
    own_way = kind._call_impl is not nn.Module._call_impl or any(GLOBAL_HOOKS)
    quick, owned = not (recorder.kernels or lazy), recorder.owned
    for path, module, state in found:
        hooked = state["_forward_hooks"] or state["_forward_pre_hooks"]
        hooked = hooked or state["_backward_hooks"] or state["_backward_pre_hooks"]
        overridden = "forward" in state
        if overridden or lazy or "_compiled_call_impl" in state or (hooked and read is not None):
            aside += _set_aside(state, lazy=lazy)
        if read is None or overridden:
            if not path:
                continue
            answer = MethodType(node_call, (recorder, path, module, name, module.forward))
        elif quick:
            learned, used = state["_parameters"], owned.get(path, ())
            built = learned, learned.get("weight"), learned.get("bias")
            answer = MethodType(quick_leaf_call, (recorder, path, module, *built, name, read, used))
        else:
            answer = MethodType(leaf_call, (recorder, path, module, read))
        state["forward"] = answer
        state["_compiled_call_impl"] = None if hooked or own_way else answer
        touched.append(state)


def _set_aside(state: State, *, lazy: bool) -> Aside:
    """What is in the way: a forward of the user's own, and what hooks may set on a leaf or size it by."""
    buffers = state["_buffers"]
    kept = [(state, state.copy()), (buffers, buffers.copy())]
    if lazy:
        state["_forward_pre_hooks"] = {}
    return kept
