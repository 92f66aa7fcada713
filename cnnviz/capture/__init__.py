"""Any nn.Module, one pass of its forward, as a Program. The only tracer code that needs torch."""

from __future__ import annotations

import copy
import statistics
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

import torch
from torch import Tensor, nn
from torch.jit import ScriptModule
from torch.nn.modules.lazy import LazyModuleMixin

from cnnviz.capture.call import NeedsValuesError
from cnnviz.capture.children import ChildrenChangedError
from cnnviz.capture.construct import on_meta
from cnnviz.capture.marks import META
from cnnviz.capture.patching import PATCHING, patched
from cnnviz.capture.paths import Modules, modules_of
from cnnviz.capture.placing import (
    UNSIZED,
    dtype_of,
    enough_memory,
    input_text,
    placed,
    tensors_for,
    usable_device,
    values_as_found,
)
from cnnviz.capture.recorder import Recorder
from cnnviz.errors import CnnvizError, ReplayError, ShapeError, TargetError
from cnnviz.formulas import Shape
from cnnviz.layer import Measurement
from cnnviz.program import Input, Operation, Parameter, Program

__all__ = ["capture", "measure", "on_meta"]

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
        model = placed(model, torch.device("cpu"), given)
        modules, remarks = modules_of(model), (BY_LAZY,)
    if verify:
        real = placed(model, torch.device("cpu"), given)
        return _passed(real, given, torch.device("cpu"), training, examples)[0]
    try:
        recorder, result = _pass(model, given, META, training, examples, modules)
    except NeedsValuesError:
        real = placed(model, torch.device("cpu"), given)
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
    dtype: str = "",
    examples: Sequence[Tensor] | None = None,
    training: bool = False,
) -> tuple[Program, tuple[Measurement, ...]]:
    """Real forward passes on this device: the program they took, and each operation's time and memory.

    Every rule is checked against the shapes that torch produced. Raises DeviceError where the machine does
    not have the device, or not the memory.
    """
    at = usable_device(device)
    model = getattr(model, "_orig_mod", model)
    if dtype:
        model = copy.deepcopy(model).to(getattr(torch, dtype))
    given = _typed(inputs, model, examples)
    runs = []
    with enough_memory(at):
        model = placed(model, at, given)
        _traceable(model)
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
    modules = modules or modules_of(model)
    try:
        return _one_pass(model, inputs, device, training, examples, modules, quick=device.type == "meta")
    except ChildrenChangedError:
        return _one_pass(model, inputs, device, training, examples, modules, quick=False)


def _one_pass(
    model: nn.Module,
    inputs: tuple[Input, ...],
    device: torch.device,
    training: bool,
    examples: Sequence[Tensor] | None,
    modules: Modules,
    *,
    quick: bool,
) -> tuple[Recorder, Any]:
    recorder = Recorder(modules, kernels=device.type != "meta", device=device)
    given = tensors_for(inputs, device, examples, dtype_of(model))
    for tensor, spec in zip(given, inputs, strict=True):
        recorder.stamp(tensor, spec.shape, tensor.dtype)
    positional = [t for t, spec in zip(given, inputs, strict=True) if not spec.name]
    named = {spec.name: t for t, spec in zip(given, inputs, strict=True) if spec.name}
    quiet = values_as_found(model, device)
    with PATCHING, quiet, patched(modules, recorder, training=training, quick=quick), recorder:
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
                f"the forward pass of {name} fails on {' and '.join(input_text(i) for i in inputs)}: "
                f"{type(error).__name__}: {line[0]}"
            ) from error
    return recorder, result


def _typed(inputs: Sequence[Input], model: nn.Module, examples: Sequence[Tensor] | None) -> tuple[Input, ...]:
    if examples is not None:
        return tuple(inputs)
    itemsize = dtype_of(model).itemsize
    return tuple(i if i.itemsize == itemsize else i.replace(itemsize=itemsize) for i in inputs)


def _program(recorder: Recorder, inputs: tuple[Input, ...], result: Any, *, replayable: bool) -> Program:
    trainable = [parameter.requires_grad for parameter in recorder.parameter_list]
    parameters = zip(recorder.parameter_names, _counts(recorder), trainable, strict=True)
    outputs = (recorder.stamp_of(tensor) for tensor in _leaves(result))
    return Program(
        inputs=inputs,
        constants=tuple(recorder.constants),
        operations=_records(Operation, recorder.operations),
        parameters=_records(Parameter, parameters),
        outputs=tuple(stamp[1] for stamp in outputs if stamp is not None),
        sized=recorder.sizes_read,
        guards=tuple(recorder.guards),
        replayable=replayable,
    )


def _records(kind: Any, rows: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The rows as that NamedTuple, in half the time of its own constructor."""
    return tuple(map(tuple.__new__, repeat(kind), rows))


def _counts(recorder: Recorder) -> Iterable[int]:
    """How many numbers each parameter holds."""
    parameters, lazy = recorder.parameter_list, recorder.lazy_counts
    if {*map(type, parameters)}.isdisjoint(UNSIZED):  # nn.Parameter's own isinstance is slow
        return map(Tensor.numel, parameters)
    return (lazy.get(id(p), 0) if type(p) in UNSIZED else p.numel() for p in parameters)


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
        i.replace(
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


def _has_other_lazy_layers(modules: Modules) -> bool:
    """Lazy layers besides nn.LazyLinear, which the linear rule builds for whatever comes."""
    unsized: Any = LazyModuleMixin.has_uninitialized_params
    return any(
        any(unsized(module) for _, module, _ in found)
        for kind, found in modules.by_class.items()
        if issubclass(kind, LazyModuleMixin) and kind is not nn.LazyLinear
    )


def _traceable(model: nn.Module) -> Modules:
    """The model's modules with their paths. Raises TargetError where one hides what it does."""
    modules = modules_of(model)
    for kind, found in modules.by_class.items():
        if issubclass(kind, ScriptModule):
            raise TargetError(
                f"{found[0][0] or type(model).__name__} is TorchScript, which hides its operations: "
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
