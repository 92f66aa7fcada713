"""A model while a pass is under way: calls report where they are, leaves are answered by their rules."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from cnnviz.capture.call import Call
from cnnviz.capture.modules import Leaf, leaf
from cnnviz.capture.recorder import META, UNTRACED, Modules, Recorder, Stamp
from cnnviz.errors import ShapeError
from cnnviz.formulas import RULES, Shape, size_text

get_ident, empty = threading.get_ident, torch.empty
PATCHING = threading.RLock()  # modules are patched by one pass at a time; other threads' calls go through
ATTENDED = ("query", "key", "value")  # the operands of the one leaf that takes several


def walked(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """`model.named_modules()` as a list, several times faster."""
    found: dict[nn.Module, str] = {}

    def walk(path: str, module: nn.Module) -> None:
        found[module] = path
        for name, child in module._modules.items():
            if child is not None and child not in found:
                walk(f"{path}.{name}" if path else name, child)

    walk("", model)
    return [(path, module) for module, path in found.items()]


@contextmanager
def patched(modules: Modules, recorder: Recorder) -> Iterator[None]:
    """The modules with every forward reporting to the recorder; put back as they were. Hold PATCHING."""
    saved: list[tuple[dict[str, Any], str, Any]] = []
    try:
        for path, module in modules:
            state = module.__dict__
            if "forward" in state:
                saved.append((state, "forward", state["forward"]))
                known = None
            else:
                known = leaf(module)
            if "_compiled_call_impl" in state:
                saved.append((state, "_compiled_call_impl", state["_compiled_call_impl"]))
                state["_compiled_call_impl"] = None
            if known is None:
                if path:
                    state["forward"] = partial(_node_call, recorder, path, module, module.forward)
                continue
            if type(module) is nn.LazyLinear:  # the hook that would give it its size
                saved.append((state, "_forward_pre_hooks", state["_forward_pre_hooks"]))
                state["_forward_pre_hooks"] = {}
            state["forward"] = _leaf_forward(recorder, path, module, known)
        yield
    finally:
        for _, module in modules:
            module.__dict__.pop("forward", None)
        for state, key, value in saved:
            state[key] = value
        for tensor in recorder.marked:
            tensor.__dict__.pop("_cnnviz", None)


def _leaf_forward(recorder: Recorder, path: str, module: nn.Module, known: Leaf) -> Callable[..., Any]:
    """A leaf's forward, answered by its rule."""
    if recorder.kernels or not known.simple or type(module) is nn.LazyLinear:
        return partial(_leaf_call, recorder, path, module, known)
    return partial(_quick_leaf_call, recorder, path, module, known, RULES[known.rule].outputs)


def _quick_leaf_call(
    recorder: Recorder,
    path: str,
    module: nn.Module,
    known: Leaf,
    outputs_of: Callable[[Any, Any], tuple[Shape, ...]],
    x: Any,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """The common case of a leaf's call: one stamped tensor in, one new tensor out, no kernel."""
    stamp: Any = getattr(x, "_cnnviz", None)
    op, rule, arguments, rank = known[:4]
    ours = stamp is not None and stamp.recorder is recorder and get_ident() == recorder.thread
    if not ours or args or kwargs or (rank and len(stamp.shape) != rank):
        return _leaf_call(recorder, path, module, known, x, *args, **kwargs)
    shape, dtype = stamp.shape, stamp.dtype
    try:
        (out,) = outputs_of(arguments, (shape,))
    except ShapeError as error:
        raise ShapeError(f"{path} ({op}) {error}") from None
    weights = module._parameters
    used = tuple([recorder.names[id(w)] for w in weights.values() if w is not None]) if weights else ()
    frame = recorder.stack[-1]
    if frame.unmarked and path not in frame.calls:
        frame.calls[path], scope = 0, path  # as `scope` would have it, for nearly every call
    else:
        scope = recorder.scope(path)
    name, inputs = type(module).__name__, (stamp.number,)
    recorder.operations.append(
        (scope, name, op, rule, arguments, inputs, 1, used, False, False, stamp.itemsize)
    )
    made: Any
    with UNTRACED():
        made = x.detach() if out == shape else empty(out, dtype=dtype, device=META)
    made._cnnviz = Stamp(recorder, recorder.tensors, out, dtype)
    recorder.tensors += 1
    return made


def _leaf_call(
    recorder: Recorder, path: str, module: nn.Module, known: Leaf, *args: Any, **kwargs: Any
) -> Any:
    """A leaf's call in full: real kernels, several tensors, or what the rule does not cover."""
    own = type(module).forward
    if get_ident() != recorder.thread:
        return own(module, *args, **kwargs)
    weights = tuple(module._parameters.values())
    recorder.enter(path, type(module).__name__.removeprefix("Lazy"))
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
        if type(module) is nn.LazyLinear:
            recorder.note_lazy(weights, shape[-1], known.arguments.out_features)
        op, rule, arguments, _, in_place, alias, _, pack = known
        call = Call(op, rule, arguments, tensors, weights, in_place, alias, None, pack)
        return recorder.record(call, lambda: _quietly(own, (module, *args), kwargs))
    finally:
        recorder.leave()


def _node_call(
    recorder: Recorder, path: str, module: nn.Module, forward: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    """The call of a module that runs its own forward."""
    if get_ident() != recorder.thread:
        return forward(*args, **kwargs)
    recorder.enter(path, type(module).__name__)
    try:
        return forward(*args, **kwargs)
    finally:
        recorder.leave()


def _quietly(forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    with UNTRACED():
        return forward(*args, **kwargs)
