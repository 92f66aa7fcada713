"""A model while a pass is under way: calls report where they are, leaves are answered by their rules."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any, NamedTuple

from torch import nn
from torch.nn.modules import module as torch_module

from cnnviz.capture.calls import leaf_call, node_call, quick_leaf_call
from cnnviz.capture.keeping import Copied, State, as_found, put_back
from cnnviz.capture.modules import LEAVES, Read
from cnnviz.capture.paths import Modules
from cnnviz.capture.recorder import Recorder
from cnnviz.capture.shortcuts import shortcuts

PATCHING = threading.RLock()  # modules are patched by one pass at a time; other threads' calls go through
GLOBAL_HOOKS: tuple[Any, ...] = (
    torch_module._global_forward_hooks,
    torch_module._global_forward_pre_hooks,
    torch_module._global_backward_hooks,
    torch_module._global_backward_pre_hooks,
)


class _Class(NamedTuple):
    """What a pass needs of a class of modules; looked up once a pass, as a class may change between two."""

    name: str
    read: Read | None  # of a leaf
    lazy: bool
    called: bool  # False: a container, whose forward is never called
    own_call: bool


@contextmanager
def patched(modules: Modules, recorder: Recorder, *, training: bool, quick: bool) -> Iterator[None]:
    """The modules in that mode with every call reporting to the recorder; then as they were. Hold PATCHING.

    `_compiled_call_impl` is what `nn.Module.__call__` runs instead of looking for hooks, in a third of the
    time; a module that has hooks is called torch's way, and only its forward is answered.
    """
    kept: Copied = []
    touched: list[State] = []
    classes: dict[type, _Class] = {}
    hooked_all = any(GLOBAL_HOOKS)
    kernels, owned = recorder.kernels, recorder.owned
    with as_found(modules, recorder, training=training) as nodes, shortcuts(nodes if quick else ()):
        try:
            for path, module in modules:
                state, kind = module.__dict__, type(module)
                name, read, lazy, called, own_call = classes.get(kind) or classes.setdefault(
                    kind, _class(kind)
                )
                hooked = state["_forward_hooks"] or state["_forward_pre_hooks"] or hooked_all
                hooked = hooked or state["_backward_hooks"] or state["_backward_pre_hooks"]
                if hooked or lazy or "forward" in state or "_compiled_call_impl" in state:
                    kept += _set_aside(state, lazy=lazy)
                    read = None if "forward" in state else read
                if read is None:
                    if not (path and called):
                        continue
                    answer: Any = MethodType(node_call, (recorder, path, module, name, module.forward))
                elif kernels or lazy:
                    answer = MethodType(leaf_call, (recorder, path, module, read))
                else:
                    learned, used = state["_parameters"], owned.get(path, ())
                    built = learned.get("weight"), learned.get("bias")
                    answer = MethodType(quick_leaf_call, (recorder, path, module, *built, name, read, used))
                state["forward"] = answer
                state["_compiled_call_impl"] = None if hooked or own_call else answer
                touched.append(state)
            yield
        finally:
            for state in touched:
                del state["forward"], state["_compiled_call_impl"]
            for state, before in kept:
                put_back(state, before)
            for tensor in recorder.marked:
                tensor.__dict__.pop("_cnnviz", None)


def _class(kind: Any) -> _Class:
    called = kind.forward is not nn.Module.forward
    own_call = kind._call_impl is not nn.Module._call_impl
    return _Class(kind.__name__, LEAVES.get(kind), kind is nn.LazyLinear, called, own_call)


def _set_aside(state: State, *, lazy: bool) -> Copied:
    """What is in the way: a forward of the user's own, hooks that may set attributes or size a lazy layer."""
    buffers = state["_buffers"]
    kept = [(state, state.copy()), (buffers, buffers.copy())]
    if lazy:
        state["_forward_pre_hooks"] = {}
    return kept
