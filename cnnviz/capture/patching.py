"""A model while a pass is under way: calls report where they are, leaves are answered by their rules."""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import MethodType
from typing import Any

from torch import Tensor, nn
from torch.nn.modules import module as torch_module
from torch.utils.hooks import RemovableHandle

from cnnviz.capture.call import Call
from cnnviz.capture.marks import KEEP_STRIDES, UNTRACED, Frame, Stamp, blank
from cnnviz.capture.modules import LEAVES, SIMPLE, Leaf
from cnnviz.capture.paths import Modules
from cnnviz.capture.recorder import Recorder
from cnnviz.errors import ShapeError
from cnnviz.formulas import RULES, Rule, size_text

get_ident = threading.get_ident
PATCHING = threading.RLock()  # modules are patched by one pass at a time; other threads' calls go through
GLOBAL_HOOKS: tuple[Any, ...] = (
    torch_module._global_forward_hooks,
    torch_module._global_forward_pre_hooks,
    torch_module._global_backward_hooks,
    torch_module._global_backward_pre_hooks,
)
PATCHED = ("forward", "_compiled_call_impl")
CHAINED: Any = nn.Sequential.forward
NO_FORWARD: Any = nn.Module.forward  # of a container that is never called
# What works out a rule's output shapes; None where they are the input's.
SIZES_OF = {name: None if type(r).outputs is Rule.outputs else r.outputs for name, r in RULES.items()}
ATTENDED = ("query", "key", "value")  # the operands of the one leaf that takes several


@contextmanager
def patched(modules: Modules, recorder: Recorder, *, training: bool) -> Iterator[None]:
    """The modules in that mode with every call reporting to the recorder; then as they were. Hold PATCHING.

    `_compiled_call_impl` is what `nn.Module.__call__` runs instead of looking for hooks, in a third of the
    time; a module that has hooks is called torch's way, and only its forward is answered.
    """
    saved: list[tuple[dict[str, Any], str, Any]] = []
    kept: list[tuple[dict[str, Any], dict[str, Any]]] = []
    touched: list[dict[str, Any]] = []
    switched: list[dict[str, Any]] = []
    hooked_all = any(GLOBAL_HOOKS)
    kernels, owned = recorder.kernels, recorder.owned
    try:
        for path, module in modules:
            state, kind = module.__dict__, type(module)
            if state["training"] is not training:
                switched.append(state)
                state["training"] = training
            overridden = "forward" in state
            if overridden or "_compiled_call_impl" in state:
                saved += [(state, key, state[key]) for key in PATCHED if key in state]
            hooked = state["_forward_hooks"] or state["_forward_pre_hooks"] or hooked_all
            hooked = hooked or state["_backward_hooks"] or state["_backward_pre_hooks"]
            read = None if overridden else LEAVES.get(kind)
            known = read(module) if read is not None else None
            if hooked or (known is None and kind.forward is not CHAINED):  # Python that may set attributes
                buffers = state["_buffers"]
                kept += (state, state.copy()), (buffers, buffers.copy())
            if known is None:
                if not path or kind.forward is NO_FORWARD:
                    continue
                answer: Any = MethodType(_node_call, (recorder, path, module, kind.__name__, module.forward))
            elif kernels or known[4:] != SIMPLE:
                answer = partial(_leaf_call, recorder, path, module, known)
            else:
                op, rule, arguments, rank = known[:4]
                answer = MethodType(
                    _quick_leaf_call,
                    (
                        recorder,
                        path,
                        module,
                        (state["_parameters"].get("weight"), state["_parameters"].get("bias")),
                        kind.__name__,
                        op,
                        rule,
                        arguments,
                        rank,
                        SIZES_OF[rule],
                        owned.get(path, ()),
                    ),
                )
            if known is not None and known.unsized:  # the hook that would give it its size
                saved.append((state, "_forward_pre_hooks", state["_forward_pre_hooks"]))
                state["_forward_pre_hooks"] = {}
            state["forward"] = answer
            own_way = hooked or kind._call_impl is not nn.Module._call_impl
            state["_compiled_call_impl"] = None if own_way else answer
            touched.append(state)
        yield
    finally:
        for state in touched:
            del state["forward"], state["_compiled_call_impl"]
        for state, key, value in saved:
            state[key] = value
        for state, before in kept:
            _restore(state, before)
        for state in switched:
            state["training"] = not training
        for tensor in recorder.marked:
            tensor.__dict__.pop("_cnnviz", None)


def _restore(state: dict[str, Any], before: dict[str, Any]) -> None:
    """Undo what a forward pass stored; key by key, as other threads may be reading."""
    if len(state) == len(before) and all(map(operator.is_, state.values(), before.values())):
        return
    for key in [key for key in state if key not in before]:
        state.pop(key, None)
    for key, value in before.items():
        if state.get(key) is not value:
            state[key] = value


def _quick_leaf_call(plan: tuple[Any, ...], x: Any, *args: Any, **kwargs: Any) -> Any:
    """The common case of a leaf's call: one stamped tensor in, one new tensor out, no kernel."""
    recorder, path, module, (weight, bias), name, op, rule, arguments, rank, outputs_of, used = plan
    if RemovableHandle.next_id != recorder.hooks and _hooked_since(module):
        return _through_hooks(module, (x, *args), kwargs)
    stamp: Any = getattr(x, "_cnnviz", None)
    ours = stamp is not None and stamp.recorder is recorder and get_ident() == recorder.thread
    learned = module._parameters  # others for a while, under torch.func.functional_call
    as_built = learned.get("weight") is weight and learned.get("bias") is bias
    if not (ours and as_built) or args or kwargs or (rank and len(stamp.shape) != rank):
        known = LEAVES[type(module)](module)
        assert known is not None
        return _leaf_call(recorder, path, module, known, x, *args, **kwargs)
    shape, dtype = stamp.shape, stamp.dtype
    if outputs_of is None:
        out = shape
    else:
        try:
            (out,) = outputs_of(arguments, (shape,))
        except ShapeError as error:
            raise ShapeError(f"{path} ({op}) {error}") from None
    frame = recorder.stack[-1]
    if frame.unmarked and path not in frame.calls:
        frame.calls[path] = 0
        scope = path  # as `scope` would have it, for nearly every call
    else:
        scope = recorder.scope(path)
    recorder.operations.append(
        (scope, name, op, rule, arguments, (stamp.number,), 1, used, False, False, dtype.itemsize)
    )
    with recorder.quiet:
        made: Any = x.data if rule in KEEP_STRIDES else blank(out, dtype)
    number = recorder.tensors
    made._cnnviz = Stamp(recorder, number, out, dtype)
    recorder.tensors = number + 1
    return made


def _leaf_call(
    recorder: Recorder, path: str, module: nn.Module, known: Leaf, *args: Any, **kwargs: Any
) -> Any:
    """A leaf's call in full: real kernels, several tensors, or what the rule does not cover."""
    if RemovableHandle.next_id != recorder.hooks and _hooked_since(module):
        return _through_hooks(module, args, kwargs)
    own = type(module).forward
    if get_ident() != recorder.thread:
        return own(module, *args, **kwargs)
    weights = tuple(module._parameters.values())
    name = type(module).__name__.removeprefix("Lazy")
    recorder.stack.append(Frame(path, recorder.scope(path), name))
    try:
        tensors = args[: known.operands]
        if known.operands > len(tensors):
            tensors += tuple(kwargs[name] for name in ATTENDED[len(tensors) :] if name in kwargs)
        if len(tensors) < known.operands or not all(isinstance(a, Tensor) for a in tensors):
            return own(module, *args, **kwargs)
        shape = recorder.operand(tensors[0])[1]
        if known.rank and len(shape) != known.rank:
            image = len(shape) == known.rank - 1 and shape[0] == getattr(known.arguments, "in_channels", None)
            if known.rule == "convolution" and not image:
                got, axes = size_text(shape), known.rank
                raise ShapeError(f"{path} ({known.op}) needs {axes} axes, batch included, got {got}")
            return own(module, *args, **kwargs)  # without a batch axis: its functions are recognised
        if known.unsized:
            recorder.note_lazy(weights, shape[-1], known.arguments.out_features)
        op, rule, arguments, _, in_place, alias, _, pack, _ = known
        call = Call(op, rule, arguments, tensors, weights, in_place, alias, None, pack)
        return recorder.record(call, lambda: _quietly(own, (module, *args), kwargs))
    finally:
        recorder.stack.pop()


def _node_call(
    plan: tuple[Recorder, str, nn.Module, str, Callable[..., Any]], *args: Any, **kwargs: Any
) -> Any:
    """The call of a module that runs its own forward."""
    recorder, path, module, name, forward = plan
    if RemovableHandle.next_id != recorder.hooks and _hooked_since(module):
        return _through_hooks(module, args, kwargs)
    if get_ident() != recorder.thread:
        return forward(*args, **kwargs)
    stack = recorder.stack
    stack.append(Frame(path, recorder.scope(path), name))
    try:
        return forward(*args, **kwargs)
    finally:
        stack.pop()


def _hooked_since(module: Any) -> bool:
    """Whether a module that had no hooks has got one while the pass is under way."""
    hooked = module._forward_hooks or module._forward_pre_hooks
    return bool(hooked) and module._compiled_call_impl is not None


def _through_hooks(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call torch's own way; the module's forward is answered as before."""
    module.__dict__["_compiled_call_impl"] = None
    return module(*args, **kwargs)


def _quietly(forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    with UNTRACED():
        return forward(*args, **kwargs)
