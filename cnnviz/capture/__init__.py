"""Any nn.Module, one pass of its forward, as a Program. The only tracer code that needs torch."""

from __future__ import annotations

import contextlib
import copy
import operator
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.jit import ScriptModule
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from cnnviz.capture.call import NeedsValuesError
from cnnviz.capture.construct import on_meta
from cnnviz.capture.modules import LEAVES
from cnnviz.capture.patching import PATCHING, patched, walked
from cnnviz.capture.recorder import META, Modules, Recorder
from cnnviz.errors import CnnvizError, DeviceError, ReplayError, ShapeError, TargetError
from cnnviz.formulas import Shape
from cnnviz.layer import Measurement
from cnnviz.program import Input, Operation, Parameter, Program

__all__ = ["capture", "measure", "on_meta"]

UNSIZED = (UninitializedParameter, UninitializedBuffer)  # of lazy layers that have seen no input
REPEATS = 3  # measured passes after one to warm up; each layer's time is their median
BY_VALUES = "its forward pass looks at the values of tensors: a real pass on the CPU was traced instead"
BY_LAZY = "lazy layers were given their sizes by a real pass on a copy of the model"


def capture(
    model: nn.Module,
    inputs: Sequence[Input],
    *,
    examples: Sequence[Tensor] | None = None,
    training: bool = False,
    verify: bool = False,
) -> Program:
    """One forward pass of the model as a Program; the model is left as it was found.

    Args:
        inputs: what the forward takes, each with the batch axis.
        examples: real inputs for passes that need values; random numbers otherwise.
        training: trace dropout, batch norm and branches as in training.
        verify: run torch's kernels on the CPU and check every rule against the shapes they produce.

    Raises ShapeError where a layer cannot take what it gets, TargetError where the forward fails otherwise.

    """
    model = getattr(model, "_orig_mod", model)  # torch.compile's wrapper
    remarks: tuple[str, ...] = ()
    given = _typed(inputs, model, examples)
    modules = _traceable(model)
    if _has_other_lazy_layers(modules):
        model = _on(model, torch.device("cpu"), given)
        modules, remarks = walked(model), (BY_LAZY,)
    if verify:
        real = _on(model, torch.device("cpu"), given)
        return _passed(real, given, torch.device("cpu"), training, examples)[0]
    try:
        recorder, result = _pass(model, given, META, training, examples, modules)
    except NeedsValuesError:
        real = _on(model, torch.device("cpu"), given)
        program, _ = _passed(real, given, torch.device("cpu"), training, examples, guarded=False)
        return _with_remarks(program, (*remarks, BY_VALUES))
    program = _program(recorder, given, result, replayable=True)
    if recorder.sizes_read and not _replays(model, program, given, training):
        program = _program(recorder, given, result, replayable=False)
    return _with_remarks(program, remarks)


def measure(
    model: nn.Module,
    inputs: Sequence[Input],
    device: str,
    *,
    examples: Sequence[Tensor] | None = None,
    training: bool = False,
) -> tuple[Program, tuple[Measurement, ...]]:
    """Real forward passes on this device: the program they took, and each operation's time and memory.

    Every rule is checked against the shapes that torch produced. Raises DeviceError where the machine does
    not have the device.
    """
    at = usable_device(device)
    given = _typed(inputs, model, examples)
    model = _on(getattr(model, "_orig_mod", model), at, given)
    _traceable(model)
    runs = []
    for _ in range(REPEATS + 1):
        program, measured = _passed(model, given, at, training, examples)
        runs.append(measured)
    steady = runs[1:] if len({len(run) for run in runs}) == 1 else runs[-1:]
    medians = tuple(
        Measurement(
            latency_ms=statistics.median(run[i].latency_ms for run in steady),
            memory_bytes=steady[-1][i].memory_bytes,
        )
        for i in range(len(steady[-1]))
    )
    return program, medians


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


def _passed(
    model: nn.Module,
    inputs: tuple[Input, ...],
    device: torch.device,
    training: bool,
    examples: Sequence[Tensor] | None,
    *,
    guarded: bool = True,
) -> tuple[Program, tuple[Measurement, ...]]:
    recorder, result = _pass(model, inputs, device, training, examples)
    program = _program(recorder, inputs, result, replayable=guarded)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    timed = tuple(Measurement(latency_ms=took(), memory_bytes=size) for took, size in recorder.measured)
    return program, timed


def _pass(
    model: nn.Module,
    inputs: tuple[Input, ...],
    device: torch.device,
    training: bool,
    examples: Sequence[Tensor] | None,
    modules: Modules | None = None,
) -> tuple[Recorder, Any]:
    modules = modules or walked(model)
    recorder = Recorder(modules, kernels=device.type != "meta", device=device)
    given = _tensors_for(inputs, device, examples, _dtype(model))
    for tensor, spec in zip(given, inputs, strict=True):
        recorder.stamp(tensor, spec.shape, tensor.dtype)
    positional = [t for t, spec in zip(given, inputs, strict=True) if not spec.name]
    named = {spec.name: t for t, spec in zip(given, inputs, strict=True) if spec.name}
    with PATCHING, _left_as_found(modules, training, device), patched(modules, recorder), recorder:
        try:
            result = model(*positional, **named)
        except (CnnvizError, NeedsValuesError):
            raise
        except Exception as error:
            if device.type == "meta":
                raise NeedsValuesError(str(error)) from error
            name = type(model).__name__
            line = str(error).strip().splitlines() or [""]
            raise TargetError(
                f"the forward pass of {name} fails on {' and '.join(_text(i) for i in inputs)}: "
                f"{type(error).__name__}: {line[0]}"
            ) from error
    return recorder, result


def _tensors_for(
    inputs: tuple[Input, ...], device: torch.device, examples: Sequence[Tensor] | None, dtype: torch.dtype
) -> list[Tensor]:
    if examples is not None:
        return [tensor.detach().clone().to(device) for tensor in examples]
    if device.type == "meta":
        return [torch.empty(spec.shape, dtype=dtype, device=device) for spec in inputs]
    # Real numbers: uninitialised memory holds denormals, on which kernels run many times slower.
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(spec.shape, generator=generator).to(device, dtype) for spec in inputs]


def _dtype(model: nn.Module) -> torch.dtype:
    """What a model of half or double precision takes: the type of its parameters."""
    types = (p.dtype for p in model.parameters() if p.is_floating_point())
    return next(types, torch.get_default_dtype())


def _typed(inputs: Sequence[Input], model: nn.Module, examples: Sequence[Tensor] | None) -> tuple[Input, ...]:
    if examples is not None:
        return tuple(inputs)
    itemsize = _dtype(model).itemsize
    return tuple(i if i.itemsize == itemsize else replace(i, itemsize=itemsize) for i in inputs)


def _program(recorder: Recorder, inputs: tuple[Input, ...], result: Any, *, replayable: bool) -> Program:
    parameters = tuple(
        Parameter(
            name=name,
            numbers=_count(parameter, recorder),
            trainable=parameter.requires_grad,
        )
        for name, parameter in zip(recorder.parameter_names, recorder.parameter_list, strict=True)
    )
    outputs = (recorder.stamp_of(tensor) for tensor in _leaves(result))
    return Program(
        inputs=inputs,
        constants=tuple(recorder.constants),
        operations=tuple(map(Operation._make, recorder.operations)),
        parameters=parameters,
        outputs=tuple(stamp.number for stamp in outputs if stamp is not None),
        sized=recorder.sizes_read,
        guards=tuple(recorder.guards),
        replayable=replayable,
    )


def _count(parameter: nn.Parameter, recorder: Recorder) -> int:
    if isinstance(parameter, UNSIZED):
        return recorder.lazy_counts.get(id(parameter), 0)
    return parameter.numel()


def _replays(model: nn.Module, program: Program, inputs: tuple[Input, ...], training: bool) -> bool:
    """Whether another input size gives the same by replay as by tracing anew.

    Asked only of models that read sizes: a loop over `range(x.size(1))` leaves no mark on the numbers.
    """
    larger = _replays_at(model, program, _other(inputs, images=1, scale=2), training)
    if larger is None:
        larger = _replays_at(model, program, _other(inputs, images=1), training)
    return (
        larger is not False and _replays_at(model, program, _other(inputs, channels=1), training) is not False
    )


def _other(
    inputs: tuple[Input, ...], *, images: int = 0, channels: int = 0, scale: int = 1
) -> tuple[Input, ...]:
    """The inputs with more images or channels, or larger maps."""
    return tuple(
        replace(
            i,
            shape=(
                *(n + images for n in i.shape[:1]),
                *(n + channels for n in i.shape[1:2]),
                *(n * scale for n in i.shape[2:]),
            ),
        )
        for i in inputs
    )


def _replays_at(model: nn.Module, program: Program, other: tuple[Input, ...], training: bool) -> bool | None:
    """None where the model does not take such inputs, either way."""
    shapes = [spec.shape for spec in other]
    replayed: list[Shape] | None
    traced: list[Shape] | None
    try:
        replayed = program.shapes(shapes)
    except ReplayError:
        return True  # its guards already know
    except ShapeError:
        replayed = None
    try:
        recorder, result = _pass(model, other, META, training, None)
        traced = _program(recorder, other, result, replayable=True).shapes(shapes)
    except (CnnvizError, NeedsValuesError):
        traced = None
    return None if replayed is None and traced is None else replayed == traced


@contextlib.contextmanager
def _left_as_found(modules: Modules, training: bool, device: torch.device) -> Iterator[None]:
    """Mode, buffers and random state as they were, whatever the pass does."""
    modes = [(module.__dict__, module.training) for _, module in modules if module.training != training]
    states = [saved for _, module in modules if _runs_python(module) for saved in _saved(module)]
    buffers: list[tuple[Tensor, Tensor]] = []
    if device.type != "meta":
        buffers = [(b, b.detach().clone()) for b in modules[0][1].buffers()]
    devices = [device] if device.type == "cuda" else []
    try:
        with torch.no_grad(), contextlib.ExitStack() as stack:
            if device.type != "meta":
                stack.enter_context(torch.random.fork_rng(devices))
            for state, _ in modes:
                state["training"] = training
            yield
    finally:
        for state, mode in modes:
            state["training"] = mode
        for state, before in states:
            _restore(state, before)
        with torch.no_grad():
            for buffer, values in buffers:
                buffer.copy_(values)


def _runs_python(module: nn.Module) -> bool:
    """Whether a pass runs Python that may set attributes of this module."""
    return type(module) not in LEAVES or bool(module._forward_pre_hooks)


def _saved(module: nn.Module) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(state, dict(state)) for state in (module.__dict__, module._buffers)]


def _restore(state: dict[str, Any], before: dict[str, Any]) -> None:
    """Undo what a forward pass stored; key by key, as other threads may be reading."""
    if len(state) == len(before) and all(map(operator.is_, state.values(), before.values())):
        return
    for key in [key for key in state if key not in before]:
        state.pop(key, None)
    for key, value in before.items():
        if state.get(key) is not value:
            state[key] = value


def _on(model: nn.Module, device: torch.device, inputs: tuple[Input, ...]) -> nn.Module:
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
    given = _tensors_for(inputs, device, None, _dtype(model))
    named = {spec.name: t for t, spec in zip(given, inputs, strict=True) if spec.name}
    model.eval()  # a copy of ours: batch norm is not to learn from random numbers
    with torch.no_grad(), torch.random.fork_rng([device] if device.type == "cuda" else []):
        try:
            model(*(t for t, spec in zip(given, inputs, strict=True) if not spec.name), **named)
        except Exception as error:
            shapes = " and ".join(_text(i) for i in inputs)
            line = (str(error).strip().splitlines() or [""])[0]
            raise TargetError(
                f"the lazy layers of {type(model).__name__} cannot be sized by {shapes}: {line}"
            ) from error


def _has_other_lazy_layers(modules: Modules) -> bool:
    """Lazy layers besides nn.LazyLinear, which the linear rule builds for whatever comes."""
    lazy = {kind for kind in {type(m) for _, m in modules} if issubclass(kind, LazyModuleMixin)}
    lazy.discard(nn.LazyLinear)
    unsized: Any = LazyModuleMixin.has_uninitialized_params
    return any(type(m) in lazy and unsized(m) for _, m in modules) if lazy else False


def _traceable(model: nn.Module) -> Modules:
    """The model's modules with their paths. Raises TargetError where one hides what it does."""
    modules = walked(model)
    hiding = {kind for kind in {type(module) for _, module in modules} if issubclass(kind, ScriptModule)}
    for path, module in modules if hiding else ():
        if type(module) in hiding:
            raise TargetError(
                f"{path or type(model).__name__} is TorchScript, which hides its operations: "
                "trace the Python module that it was made from"
            )
    return modules


def _with_remarks(program: Program, remarks: tuple[str, ...]) -> Program:
    if not remarks:
        return program
    fields = program.__getstate__()
    return Program(**{**fields, "remarks": (*program.remarks, *remarks)})


def _leaves(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Mapping):
        return [tensor for part in value.values() for tensor in _leaves(part)]
    if isinstance(value, list | tuple):
        return [tensor for part in value for tensor in _leaves(part)]
    return (
        [tensor for part in vars(value).values() for tensor in _leaves(part)]
        if hasattr(value, "__dict__")
        else []
    )


def _text(spec: Input) -> str:
    return "x".join(str(n) for n in spec.shape[1:]) or "a number"
