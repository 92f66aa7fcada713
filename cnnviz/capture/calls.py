"""What answers a module's call while a pass is under way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from cnnviz.capture.call import Call
from cnnviz.capture.marks import UNTRACED, blank, frame
from cnnviz.capture.modules import Read
from cnnviz.capture.recorder import Recorder
from cnnviz.capture.sizes import holds_dims
from cnnviz.errors import ShapeError
from cnnviz.formulas import size_text

get_ident = threading.get_ident
ATTENDED = ("query", "key", "value")  # the operands of the one leaf that takes several


def quick_leaf_call(plan: tuple[Any, ...], x: Any, *args: Any, **kwargs: Any) -> Any:
    """The common case of a leaf's call: one stamped tensor in, one new tensor out, no kernel.

    The module is read when it is called, as a forward pass may set its attributes.
    """
    recorder, path, module, learned, weight, bias, name, read, used = plan
    if RemovableHandle.next_id != recorder.hooks and hooked_since(module):
        return through_hooks(module, (x, *args), kwargs)
    found = read(module)
    stamp: Any = getattr(x, "_cnnviz", None)
    if found is None or stamp is None or args or kwargs:
        return leaf_call((recorder, path, module, read), x, *args, **kwargs)
    kind, arguments = found
    whose, number, shape, dtype, _ = stamp
    if (
        not kind.simple
        or whose is not recorder
        # others for a while, under torch.func.functional_call
        or (learned and (learned.get("weight") is not weight or learned.get("bias") is not bias))
        or get_ident() != recorder.thread
        or (kind.rank and len(shape) != kind.rank)
        or (recorder.sizes_read and holds_dims(arguments))
    ):
        return leaf_call((recorder, path, module, read), x)
    if kind.sizes is None:
        out = shape
    else:
        try:
            (out,) = kind.sizes(arguments, (shape,))
        except ShapeError as error:
            raise ShapeError(f"{path} ({kind.op}) {error}") from None
    _, _, _, calls, unmarked = recorder.stack[-1]
    if unmarked and path not in calls:
        calls[path] = 0
        scope = path  # as `scope` would have it, for nearly every call
    else:
        scope = recorder.scope(path)
    recorder.operations.append(
        (scope, name, kind.op, kind.rule, arguments, (number,), 1, used, False, False, dtype.itemsize)
    )
    with recorder.quiet:
        made: Any = x.data if kind.keeps_strides else blank(out, dtype)
    number = recorder.tensors
    made._cnnviz = (recorder, number, out, dtype, None)
    recorder.tensors = number + 1
    return made


def leaf_call(plan: tuple[Recorder, str, nn.Module, Read], *args: Any, **kwargs: Any) -> Any:
    """A leaf's call in full: real kernels, several tensors, or what the rule does not cover."""
    recorder, path, module, read = plan
    if RemovableHandle.next_id != recorder.hooks and hooked_since(module):
        return through_hooks(module, args, kwargs)
    own = type(module).forward
    if get_ident() != recorder.thread:
        return own(module, *args, **kwargs)
    found = read(module)
    weights = tuple(module._parameters.values())
    name = type(module).__name__.removeprefix("Lazy")
    recorder.stack.append(frame(path, recorder.scope(path), name))
    try:
        if found is None:
            return own(module, *args, **kwargs)  # its functions are recognised
        kind, arguments = found
        tensors = args[: kind.operands]
        if kind.operands > len(tensors):
            tensors += tuple(kwargs[name] for name in ATTENDED[len(tensors) :] if name in kwargs)
        if len(tensors) < kind.operands or not all(isinstance(a, Tensor) for a in tensors):
            return own(module, *args, **kwargs)
        shape = recorder.operand(tensors[0])[1]
        if kind.rank and len(shape) != kind.rank:
            image = len(shape) == kind.rank - 1 and shape[0] == getattr(arguments, "in_channels", None)
            if kind.rule == "convolution" and not image:
                got, axes = size_text(shape), kind.rank
                raise ShapeError(f"{path} ({kind.op}) needs {axes} axes, batch included, got {got}")
            return own(module, *args, **kwargs)  # without a batch axis
        if kind.unsized:
            recorder.note_lazy(weights, shape[-1], arguments.out_features)
        call = Call(
            kind.op, kind.rule, arguments, tensors, weights, kind.in_place, kind.alias, None, kind.pack
        )
        return recorder.record(call, _quietly, (own, (module, *args), kwargs))
    finally:
        recorder.stack.pop()


def node_call(
    plan: tuple[Recorder, str, nn.Module, str, Callable[..., Any]], *args: Any, **kwargs: Any
) -> Any:
    """The call of a module that runs its own forward."""
    recorder, path, module, name, forward = plan
    if RemovableHandle.next_id != recorder.hooks and hooked_since(module):
        return through_hooks(module, args, kwargs)
    if get_ident() != recorder.thread:
        return forward(*args, **kwargs)
    stack = recorder.stack
    _, _, _, calls, unmarked = stack[-1]
    if unmarked and path not in calls:
        calls[path] = 0
        stack.append((path, path, name, {}, True))
    else:
        stack.append(frame(path, recorder.scope(path), name))
    try:
        return forward(*args, **kwargs)
    finally:
        stack.pop()


def hooked_since(module: Any) -> bool:
    """Whether a module that had no hooks has got one while the pass is under way."""
    hooked = module._forward_hooks or module._forward_pre_hooks
    return bool(hooked) and module._compiled_call_impl is not None


def through_hooks(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call torch's own way; the module's forward is answered as before."""
    module.__dict__["_compiled_call_impl"] = None
    return module(*args, **kwargs)


def _quietly(forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    with UNTRACED():
        return forward(*args, **kwargs)
