"""The one public door: a catalogue name, a model of one's own or a file in, a Trace out."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cnnviz.architectures import find
from cnnviz.errors import DeviceError, TargetError
from cnnviz.formulas import Shape
from cnnviz.targets import kinds
from cnnviz.targets.catalogue import named_trace, program_of
from cnnviz.targets.kinds import of_catalogue
from cnnviz.targets.modules import checked_module, imported, module_trace
from cnnviz.targets.shapes import InputShape, file_shapes, inputs_of, without_batch
from cnnviz.trace import Trace

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["DTYPES", "channels", "imported", "module", "of_catalogue", "opened", "program_of", "trace"]

DEFAULT_INPUT: Shape = (3, 224, 224)
# What to give in the place of a file, to have it run.
_TO_RUN = {
    ".onnx": "give the model that it was made from, as package.module:callable",
}
DTYPES = ("float32", "float64", "bfloat16", "float16")  # that a real pass may be run with


def trace(
    target: str | nn.Module,
    input_shape: InputShape | None = None,
    *,
    batch_size: int = 1,
    device: str = "meta",
    dtype: str = "",
    options: Mapping[str, object] | None = None,
    inputs: Tensor | Sequence[Tensor] | Mapping[str, Tensor] | None = None,
    training: bool = False,
    verify: bool = False,
) -> Trace:
    """Every layer of a network: shapes, parameters, multiplications, memory, receptive field.

    Args:
        target: a catalogue name such as "alexnet" or "alexnet@paper", a name of timm or torchvision such as
            "timm:resnet50d", "package.module:callable", an ONNX file, or any torch.nn.Module.
        input_shape: channels, height, width, without the batch axis; several inputs as a sequence of
            shapes, keyword inputs as a mapping. Default: the network's own, or (3, 224, 224).
        batch_size: images at once; MACs are per image whatever it is, activation bytes for the batch.
        device: "meta" works everything out from shapes; "cpu" or "cuda" also runs the real forward pass,
            measures each layer and checks every rule against torch.
        dtype: of weights and activations in a real pass, such as "bfloat16"; default: as the model has it.
        options: of a catalogue network, such as {"num_classes": 10}.
        inputs: example tensors, batch included, instead of `input_shape`: for models that need integers.
        training: trace the forward pass as in training.
        verify: check every rule against torch's own kernels, on the CPU.

    Raises CnnvizError with what was wrong, the rule and the way out.

    """
    _checked_dtype(dtype, device)
    if isinstance(target, str):
        kinds.refuse_foreign(target)
        if of_catalogue(target):
            return named_trace(
                target, input_shape, batch_size, device, dtype, options, training=training, verify=verify
            )
    if options:
        raise TargetError(f"options are for networks of the catalogue; {target!s:.60} is a model of its own")
    runs = device != "meta" or verify or training or inputs is not None
    if isinstance(target, str) and kinds.suffix(target) and not (runs and _can_run(target)):
        return _read(target, input_shape, batch_size, runs=runs)
    model, usual, own_name = _opened(target, real=device != "meta")
    name = own_name or (target if isinstance(target, str) else type(target).__name__)
    specs, examples = inputs_of(usual if input_shape is None else input_shape, batch_size, inputs)
    shape = without_batch(specs)
    batch = specs[0].shape[0] if specs and specs[0].shape else 1
    return module_trace(model, name, shape, batch, specs, examples, device, dtype, training, verify)


def _read(target: str, input_shape: InputShape | None, batch_size: int, *, runs: bool) -> Trace:
    """The trace of a file. Raises TargetError where it would have to be run."""
    if runs:
        raise TargetError(
            f"{target} is data, read and never run, so that device, inputs, training and verify are not "
            f"for it: {_TO_RUN[kinds.suffix(target)]}"
        )
    kinds.refuse_missing(target)
    read: kinds.FileReader = kinds.imported_attribute(kinds.FILES[kinds.suffix(target)].trace)
    made: Trace = read(target, file_shapes(input_shape), batch_size)
    return made


def opened(target: str | nn.Module, *, real: bool = False) -> tuple[nn.Module, Shape]:
    """The module that a target of one's own stands for, and the input that it is meant for.

    Built without weights unless `real`. This imports and runs what the target names. Raises TargetError and
    UnknownNameError.
    """
    return _opened(target, real=real)[:2]


def _opened(target: str | nn.Module, *, real: bool) -> tuple[nn.Module, Shape, str]:
    """As `opened`, with the name that the network has of its own, mostly none."""
    if not isinstance(target, str):
        return checked_module(target), DEFAULT_INPUT, ""
    library, ending = kinds.library(target), kinds.suffix(target)
    if not library and not ending:
        return imported(target, real=real), DEFAULT_INPUT, ""
    build = kinds.imported_attribute(kinds.LIBRARIES[library] if library else kinds.FILES[ending].model)
    model = build(target.partition(":")[2] if library else target, real=real)
    return model.module, model.input_shape or DEFAULT_INPUT, model.name


def _can_run(target: str) -> bool:
    """Whether a file holds what torch can be built from."""
    return bool(kinds.FILES[kinds.suffix(target)].model)


def module(target: str | nn.Module, options: Mapping[str, object] | None = None) -> nn.Module:
    """The network itself, with numbers in its weights and nobody else's: a copy of a module that is given."""
    if not isinstance(target, str):
        return copy.deepcopy(checked_module(target))
    if of_catalogue(target):
        return find(target, options).build()
    if kinds.suffix(target) and not _can_run(target):
        raise TargetError(f"{target} is data, read and never run: {_TO_RUN[kinds.suffix(target)]}")
    return opened(target, real=True)[0]


def _checked_dtype(dtype: str, device: str) -> None:
    if dtype and dtype not in DTYPES:
        raise DeviceError(f"there is no dtype {dtype!r}: use one of {', '.join(DTYPES)}")
    if dtype and device == "meta":
        raise DeviceError(f"dtype={dtype} is for a real pass: use it with device cpu or cuda")


def channels(target: str, options: Mapping[str, object] | None = None) -> int:
    """The channels of a target's usual input, for who gives height and width alone."""
    if of_catalogue(target):
        return find(target, options).input_shape[0]
    if not kinds.suffix(target):
        return DEFAULT_INPUT[0]
    kinds.refuse_missing(target)
    count: int = kinds.imported_attribute(kinds.FILES[kinds.suffix(target)].channels)(target)
    return count
