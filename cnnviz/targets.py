"""The one public door: a catalogue name, `package.module:callable` or a module in, a Trace out."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cnnviz import programs
from cnnviz.architectures import Network, find
from cnnviz.errors import CnnvizError, ReplayError, ShapeError, TargetError
from cnnviz.formulas import Shape, size_text
from cnnviz.program import Input, Program
from cnnviz.trace import Trace, batched

if TYPE_CHECKING:
    from torch import Tensor, nn

InputShape = Shape | Sequence[Shape] | Mapping[str, Shape]
DEFAULT_INPUT: Shape = (3, 224, 224)
OTHER_SIZES = (64, 128, 224, 256, 320, 512)  # where a program may be had of a model that fails at first


def trace(
    target: str | nn.Module,
    input_shape: InputShape | None = None,
    *,
    batch_size: int = 1,
    device: str = "meta",
    options: Mapping[str, object] | None = None,
    inputs: Tensor | Sequence[Tensor] | Mapping[str, Tensor] | None = None,
    training: bool = False,
    verify: bool = False,
) -> Trace:
    """Every layer of a network: shapes, parameters, multiplications, memory, receptive field.

    Args:
        target: a catalogue name such as "alexnet" or "alexnet@paper", "package.module:callable", a design
            in a .toml file, or any torch.nn.Module.
        input_shape: channels, height, width, without the batch axis; several inputs as a sequence of
            shapes, keyword inputs as a mapping. Default: the catalogue's, or (3, 224, 224).
        batch_size: images at once; MACs are per image whatever it is, activation bytes for the batch.
        device: "meta" works everything out from shapes; "cpu" or "cuda" also runs the real forward pass,
            measures each layer and checks every rule against torch.
        options: of a catalogue network, such as {"num_classes": 10}.
        inputs: example tensors, batch included, instead of `input_shape`: for models that need integers.
        training: trace the forward pass as in training.
        verify: check every rule against torch's own kernels, on the CPU.

    Raises CnnvizError with what was wrong, the rule and the way out.

    """
    if isinstance(target, str) and target.endswith(".toml"):
        return _designed(target, input_shape, batch_size, device, options)
    if isinstance(target, str) and ":" not in target:
        return _named(target, input_shape, batch_size, device, options, training=training, verify=verify)
    if options:
        raise TargetError(f"options are for networks of the catalogue; {target!s:.60} is a model of its own")
    if isinstance(target, str):
        model, name = imported(target, real=device != "meta"), target
    else:
        model, name = _checked_module(target), type(target).__name__
    specs, examples = _inputs(input_shape if input_shape is not None else DEFAULT_INPUT, batch_size, inputs)
    shape = _without_batch(specs)
    batch = specs[0].shape[0] if specs and specs[0].shape else 1
    return _of_module(model, name, shape, batch, specs, examples, device, training, verify)


def _designed(
    path: str,
    input_shape: InputShape | None,
    batch_size: int,
    device: str,
    options: Mapping[str, object] | None,
) -> Trace:
    """The trace of a design in a file; without torch."""
    from cnnviz import design

    if options or device != "meta":
        raise TargetError(f"{path} is a design: it has no options and is not run; edit the file")
    made = design.trace_design(design.read(path))
    shape = made.input_shape if input_shape is None else _one_shape(made.model, input_shape)
    return made.at(shape, batch_size=_positive(batch_size, "the batch size"))


def program_of(network: Network) -> Program:
    """The program of a catalogue network: the shipped one, or captured where options are changed."""
    shipped = None if network.changed else programs.load(network.name)
    return shipped or _captured(network.name, tuple(network.changed.items()))


@lru_cache(maxsize=256)
def _captured(name: str, options: tuple[tuple[str, Any], ...], training: bool = False) -> Program:
    from cnnviz.capture import capture, on_meta

    network = find(name, dict(options))
    spec = Input(name="", shape=(2 if training else 1, *network.input_shape))
    return capture(on_meta(network.build), [spec], training=training)


def _named(
    target: str,
    input_shape: InputShape | None,
    batch_size: int,
    device: str,
    options: Mapping[str, object] | None,
    *,
    training: bool,
    verify: bool,
) -> Trace:
    network = find(target, options)
    shape = _one_shape(network.name, network.input_shape if input_shape is None else input_shape)
    program = (
        _captured(network.name, tuple(network.changed.items()), True) if training else program_of(network)
    )
    try:
        made = Trace(model=network.name, program=program, input_shape=network.input_shape).at(
            shape, batch_size=_positive(batch_size, "the batch size")
        )
    except ShapeError as error:
        raise ShapeError(str(error) + _channel_hint(network, shape)) from None
    if device == "meta" and not verify:
        return made
    from cnnviz.capture import measure

    spec = Input(name="", shape=(batch_size, *shape))
    _, measured = measure(network.build(), [spec], "cpu" if device == "meta" else device, training=training)
    if device == "meta":
        return made
    return Trace(
        model=network.name,
        program=program,
        input_shape=shape,
        batch_size=batch_size,
        device=device,
        measured=measured,
    )


def _of_module(
    model: nn.Module,
    name: str,
    shape: Any,
    batch: int,
    specs: list[Input],
    examples: list[Tensor] | None,
    device: str,
    training: bool,
    verify: bool,
) -> Trace:
    from cnnviz.capture import capture, measure

    try:
        program = capture(model, specs, examples=examples, training=training, verify=verify)
    except ShapeError as error:
        raise _explained(error, model, name, specs, training) from None
    made = Trace(
        model=name,
        program=program,
        input_shape=shape,
        batch_size=batch,
        device="meta" if program.replayable or device != "meta" else "cpu",
    )
    if device == "meta":
        return made
    real, measured = measure(model, specs, device, examples=examples, training=training)
    if len(real.operations) != len(program.operations):
        program = real
    return Trace(
        model=name, program=program, input_shape=shape, batch_size=batch, device=device, measured=measured
    )


def _explained(
    error: ShapeError, model: nn.Module, name: str, specs: list[Input], training: bool
) -> ShapeError:
    """The error with the smallest input that works, found by tracing the model where it does."""
    from cnnviz.capture import capture

    if len(specs) == 1 and len(specs[0].shape) > 2:
        batch, channels, *sides = specs[0].shape
        for side in OTHER_SIZES:
            spec = Input(name=specs[0].name, shape=(batch, channels, *(side for _ in sides)))
            try:
                program = capture(model, [spec], training=training)
                Trace(model=name, program=program, input_shape=spec.shape[1:]).at(specs[0].shape[1:])
            except ShapeError as explained:
                if " needs an input of at least " in str(explained) or " smallest " in str(explained):
                    return explained
            except (CnnvizError, ReplayError):
                continue
    got = " and ".join(size_text(spec.shape[1:]) for spec in specs)
    return ShapeError(f"{name} cannot take {got}: {error}")


def imported(target: str, *, real: bool = False) -> nn.Module:
    """The module that `package.module:callable` returns, built without weights unless `real`.

    Raises TargetError where it cannot be imported or called, or is not an nn.Module.
    """
    path, _, attribute = target.partition(":")
    if not path or not attribute:
        raise TargetError(f"{target!r} is not of the form package.module:callable")
    from torch import nn

    from cnnviz.capture import on_meta

    made = _attribute(target, path, attribute)
    if not isinstance(made, nn.Module):
        if not callable(made):
            raise TargetError(f"{target} is {_kind(made)}, needs an nn.Module or a callable that returns one")
        try:
            made = made() if real else on_meta(made)
        except TypeError as error:
            raise TargetError(f"{target} cannot be called without arguments: {error}") from None
        except Exception as error:
            raise TargetError(f"{target} fails: {type(error).__name__}: {error}") from error
    if not isinstance(made, nn.Module):
        raise TargetError(f"{target} returns {_kind(made)}, needs an nn.Module")
    return made


def _checked_module(target: object) -> nn.Module:
    from torch import nn

    if isinstance(target, nn.Module):
        return target
    if isinstance(target, type):
        raise TargetError(
            f"got the class {target.__name__}, needs a module made from it: {target.__name__}(...)"
        )
    raise TargetError(
        f"got {_kind(target)}, needs a catalogue name, package.module:callable or a torch.nn.Module"
    )


def _attribute(target: str, path: str, attribute: str) -> Any:
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)  # a model of one's own lies in the folder one works in
    try:
        found: Any = importlib.import_module(path)
    except ImportError as error:
        raise TargetError(f"cannot import {path!r} of {target}: {error}") from None
    except Exception as error:
        raise TargetError(f"importing {path!r} of {target} fails: {type(error).__name__}: {error}") from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise TargetError(f"{path!r} has no {attribute!r}: {target} names nothing")
        found = getattr(found, part)
    return found


def _kind(value: object) -> str:
    name = type(value).__name__
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"


def _inputs(input_shape: InputShape, batch_size: int, inputs: Any) -> tuple[list[Input], list[Tensor] | None]:
    if inputs is None:
        _positive(batch_size, "the batch size")
        names = list(input_shape) if isinstance(input_shape, Mapping) else []
        shapes = batched(input_shape, batch_size)
        for shape in shapes:
            _checked_shape("the model", shape[1:])
        return [
            Input(name=str(names[i]) if names else "", shape=shape) for i, shape in enumerate(shapes)
        ], None
    tensors = list(inputs.values()) if isinstance(inputs, Mapping) else inputs
    names = list(inputs) if isinstance(inputs, Mapping) else []
    tensors = list(tensors) if isinstance(tensors, list | tuple) else [tensors]
    specs = [
        Input(name=names[i] if names else "", shape=tuple(t.shape), itemsize=t.element_size())
        for i, t in enumerate(tensors)
    ]
    return specs, tensors


def _without_batch(specs: list[Input]) -> Any:
    shapes = tuple(spec.shape[1:] for spec in specs)
    return shapes[0] if len(shapes) == 1 else shapes


def _one_shape(name: str, input_shape: InputShape) -> Shape:
    if isinstance(input_shape, Mapping) or not all(isinstance(n, int) for n in input_shape):
        raise ShapeError(f"{name} takes one input, channels x height x width, such as 3x224x224")
    return _checked_shape(name, tuple(n for n in input_shape if isinstance(n, int)))


def _checked_shape(name: str, shape: Shape) -> Shape:
    for n in shape:
        _positive(n, f"each size of the input of {name}")
    return shape


def _positive(value: object, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ShapeError(f"{what} must be a whole number of at least 1, got {value!s}")
    return value


def _channel_hint(network: Network, shape: Shape) -> str:
    options = {option.name for option in network.options}
    if len(shape) == 3 and shape[0] != network.input_shape[0] and "in_channels" in options:
        return f"; the option in_channels={shape[0]} builds it for {shape[0]}"
    return ""
