"""A model where a pass can run: on its device, with numbers in its weights, and left as it was found."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from cnnviz.capture.marks import META
from cnnviz.errors import DeviceError, TargetError
from cnnviz.program import Input

UNSIZED: tuple[Any, ...] = (
    UninitializedParameter,
    UninitializedBuffer,
)  # of lazy layers that have seen no input
OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")  # in torch's words


def usable_device(device: str) -> torch.device:
    """The device of that name, if this machine has it. Raises DeviceError."""
    try:
        at = torch.device(device)
    except RuntimeError:
        raise DeviceError(f"there is no device {device!r}: use meta, cpu or cuda") from None
    if at.type not in ("cpu", "cuda"):
        raise DeviceError(f"cannot measure on {device!r}: use meta, cpu or cuda")
    if at.type == "cuda" and (not torch.cuda.is_available() or (at.index or 0) >= torch.cuda.device_count()):
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        has = f"{count} CUDA device{'s' * (count != 1)}" if count else "no CUDA device that torch can use"
        raise DeviceError(f"cannot measure on {device!r}, this machine has {has}: use cpu or meta")
    return at


@contextlib.contextmanager
def enough_memory(device: torch.device) -> Iterator[None]:
    """Raises DeviceError where torch cannot have the memory that it asks for."""
    try:
        yield
    except (RuntimeError, TargetError) as error:  # a layer's own failure comes as TargetError
        if not any(said in str(error) for said in OUT_OF_MEMORY):
            raise
        raise DeviceError(
            f"this takes more memory than {device.type} has: take fewer images at once or a smaller input, "
            "or work from shapes alone with device meta"
        ) from error


def placed(model: nn.Module, device: torch.device, inputs: tuple[Input, ...]) -> nn.Module:
    """The model where its parameters lie on this device with numbers in them; a copy where they do not."""
    tensors = [*model.parameters(), *model.buffers()]
    lazy = any(isinstance(t, UNSIZED) for t in tensors)
    here = all(t.device.type == device.type for t in tensors)
    if here and not lazy:
        return model
    unsized = [t for t in tensors if isinstance(t, UninitializedBuffer)]  # torch cannot copy them
    fresh: Any = UninitializedBuffer
    own = copy.deepcopy(model, {id(t): fresh(device=t.device, dtype=t.dtype) for t in unsized})
    empty = any(t.is_meta for t in tensors)
    if lazy:
        own = own if empty else own.to(device)
        _run_plainly(own, inputs, META if empty else device)
    if empty:
        own = own.to_empty(device=device)
        with torch.no_grad():
            for tensor in (*own.parameters(), *own.buffers()):
                tensor.fill_(0.01 if tensor.is_floating_point() else 0)
    return own.to(device)


def _run_plainly(model: nn.Module, inputs: tuple[Input, ...], device: torch.device) -> None:
    given = tensors_for(inputs, device, None, dtype_of(model))
    named = {spec.name: t for t, spec in zip(given, inputs, strict=True) if spec.name}
    model.eval()  # a copy of ours: batch norm is not to learn from random numbers
    with torch.no_grad(), torch.random.fork_rng([device] if device.type == "cuda" else []):
        try:
            model(*(t for t, spec in zip(given, inputs, strict=True) if not spec.name), **named)
        except Exception as error:
            shapes = " and ".join(input_text(i) for i in inputs)
            line = (str(error).strip().splitlines() or [""])[0]
            raise TargetError(
                f"the lazy layers of {type(model).__name__} cannot be sized by {shapes}: {line}"
            ) from error


def tensors_for(
    inputs: tuple[Input, ...], device: torch.device, examples: Sequence[Tensor] | None, dtype: torch.dtype
) -> list[Tensor]:
    if examples is not None:
        return [tensor.detach().clone().to(device) for tensor in examples]
    if device.type == "meta":
        return [torch.empty(spec.shape, dtype=dtype, device=device) for spec in inputs]
    # Real numbers: uninitialised memory holds denormals, on which kernels run many times slower.
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(spec.shape, generator=generator).to(device, dtype) for spec in inputs]


def dtype_of(model: nn.Module) -> torch.dtype:
    """What a model of half or double precision takes: the type of its parameters."""
    types = (p.dtype for p in model.parameters() if p.is_floating_point())
    return next(types, torch.get_default_dtype())


@contextlib.contextmanager
def values_as_found(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Buffers and random state as they were, whatever the pass does; no gradients."""
    if device.type == "meta":  # no values there
        with torch.no_grad():
            yield
        return
    buffers = [(b, b.detach().clone()) for b in model.buffers()]
    try:
        with torch.no_grad(), torch.random.fork_rng([device] if device.type == "cuda" else []):
            yield
    finally:
        with torch.no_grad():
            for buffer, values in buffers:
                buffer.copy_(values)


def input_text(spec: Input) -> str:
    return "x".join(str(n) for n in spec.shape[1:]) or "a number"
