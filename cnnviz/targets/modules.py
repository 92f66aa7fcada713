"""A module of one's own in, a Trace out; `package.module:callable` names one."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from cnnviz.architectures.architecture import near_misses
from cnnviz.errors import CnnvizError, ReplayError, ShapeError, TargetError
from cnnviz.formulas import size_text
from cnnviz.program import Input
from cnnviz.trace import Trace

if TYPE_CHECKING:
    from torch import Tensor, nn

OTHER_SIZES = (64, 128, 224, 256, 320, 512)  # where a program may be had of a model that fails at first


def module_trace(
    model: nn.Module,
    name: str,
    shape: Any,
    batch: int,
    specs: list[Input],
    examples: list[Tensor] | None,
    device: str,
    dtype: str,
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
    real, measured = measure(model, specs, device, dtype=dtype, examples=examples, training=training)
    if dtype or len(real.operations) != len(program.operations):
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
        from cnnviz.targets import slips  # only mistakes need it

        hint = slips.meant(target) or slips.meant(path)
        also = f": {hint}" if hint else ""
        raise TargetError(f"{target!r} is not of the form package.module:callable{also}")
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


def checked_module(target: object) -> nn.Module:
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
        meant = f": did you mean {path[:-3]}:{attribute}?" if os.path.isfile(path) else f": {error}"
        raise TargetError(f"cannot import {path!r} of {target}{meant}") from None
    except Exception as error:
        raise TargetError(f"importing {path!r} of {target} fails: {type(error).__name__}: {error}") from error
    for part in attribute.split("."):
        if not hasattr(found, part):
            near = near_misses(part, [name for name in vars(found) if not name.startswith("_")])
            meant = near if "did you mean" in near else ""
            raise TargetError(f"{path!r} has no {attribute!r}: {target} names nothing{meant}")
        found = getattr(found, part)
    return found


def _kind(value: object) -> str:
    name = type(value).__name__
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"
