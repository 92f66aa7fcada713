"""Functions without a rule: torch's own shapes, listed as not counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from cnnviz.capture.call import Call, NeedsValuesError
from cnnviz.capture.marks import META, tensors_in, to_meta
from cnnviz.capture.sizes import plain
from cnnviz.formulas import RULES
from cnnviz.formulas.tensors import OpaqueArguments

if TYPE_CHECKING:
    from cnnviz.capture.recorder import Recorder

VALUES = frozenset(
    function
    for name in (
        "item tolist numpy __bool__ __float__ __int__ __index__ __complex__ __contains__ nonzero"
    ).split()
    if (function := getattr(Tensor, name, None)) is not None
) | {torch.nonzero, torch.unique, torch.masked_select, torch.bincount}
FACTORIES = frozenset(
    {torch.linspace, torch.eye, torch.full, torch.arange, torch.logspace, torch.randint, torch.randperm}
    | {torch.normal, torch.tril_indices, torch.triu_indices, torch.empty_strided}
)
IN_PLACE_WRITES = frozenset({Tensor.__setitem__, Tensor.copy_, Tensor.fill_, Tensor.zero_})


def run_unknown(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What torch makes of a function that no adapter knows. Raises NeedsValuesError if it asks for values."""
    if not recorder.kernels and func in VALUES:
        raise NeedsValuesError(getattr(func, "__name__", str(func)))
    if recorder.sizes_read:
        args, kwargs = plain(args), plain(kwargs)
    inputs = tensors_in((args, kwargs))
    if not inputs:
        if func in FACTORIES and not recorder.kernels:
            kwargs = {**kwargs, "device": META}
        return func(*args, **kwargs)
    run: Callable[[], Any] = lambda: func(*args, **kwargs)  # noqa: E731
    if not recorder.kernels:
        args, kwargs = to_meta(args), to_meta(kwargs)
        try:
            result = run()
        except (RuntimeError, NotImplementedError) as error:
            raise NeedsValuesError(str(error)) from error
    else:
        result = run()
    made = tensors_in(result)
    if func in IN_PLACE_WRITES and not made:
        made = [inputs[0]]
    if made and not all(recorder.stamp_of(t) and t is not inputs[0] for t in made):
        _write_unknown(recorder, func, inputs, made)
    return result


def _write_unknown(recorder: Recorder, func: Any, inputs: list[Tensor], made: list[Tensor]) -> None:
    name = getattr(func, "__name__", str(func)).strip("_")
    if name == "get":  # of a property, such as x.real
        name = getattr(getattr(func, "__self__", None), "__name__", name)
    shapes = tuple(tuple(t.shape) for t in inputs)
    outputs = tuple(tuple(t.shape) for t in made)
    in_place = made[0] is inputs[0]
    if in_place and func in IN_PLACE_WRITES:
        call = Call(name, "alias", RULES["alias"].arguments(), tuple(inputs), in_place=True)
    else:
        call = Call(name, "opaque", OpaqueArguments(shapes, outputs), tuple(inputs), in_place=in_place)
    numbers = tuple(recorder.operand(t)[0] for t in inputs)
    used: dict[int, None] = {}
    for tensor in inputs:
        recorder.note_use(tensor, used)
    recorder.write(call, numbers, len(outputs), made[0].dtype, tuple(used))
    if recorder.kernels:
        recorder.measured.append((lambda: 0.0, 0))
    recorder.stamp_all(call, made, outputs, [tensor.dtype for tensor in made])
