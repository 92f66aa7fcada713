"""Which kind of target a text is: a name of the catalogue, of another library, a callable, or a file.

Only the command line and Python code may open models of one's own: opening one can import and run code.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from cnnviz.errors import TargetError
from cnnviz.formulas import Shape

# Libraries that name networks, `timm:resnet50d`: "module:function" of (name, real=...) -> Model.
LIBRARIES = {
    "timm": "cnnviz.targets.libraries:timm_model",
    "torchvision": "cnnviz.targets.libraries:torchvision_model",
    "design": "cnnviz.targets.libraries:design_model",
}
FOREIGN = frozenset(".pt .pth .ckpt .bin .safetensors .pkl .h5 .keras .tflite .pb .mlmodel .engine".split())


class FileKind(NamedTuple):
    """A kind of file that holds a network as data: who reads it, each named as "module:function"."""

    trace: str  # of (path, shapes of the inputs or None, batch size) -> Trace
    channels: str  # of (path): how many its usual input has
    model: str = ""  # of (path, real=...) -> Model, to be run; "" for what is read and never run


# One line for each kind of file that is a target.
FILES: dict[str, FileKind] = {
    ".onnx": FileKind("cnnviz.onnx:trace_file", "cnnviz.onnx:channels_of_file"),
    ".toml": FileKind(
        "cnnviz.design.files:trace_file",
        "cnnviz.design.files:channels_of_file",
        "cnnviz.targets.libraries:design_file",
    ),
}

FileReader = Callable[[str, Sequence[Shape] | None, int], Any]


def suffix(target: str) -> str:
    """`.onnx` of a target that is a file; "" of any other."""
    found = os.path.splitext(target)[1].lower()
    return found if found in FILES else ""


def library(target: str) -> str:
    """`timm` of `timm:resnet50d`; "" of any other target."""
    name, colon, _ = target.partition(":")
    return name if colon and name in LIBRARIES else ""


def of_catalogue(target: str) -> bool:
    """Whether the text can only be a name of the catalogue."""
    return ":" not in target and not suffix(target)


def refuse_foreign(target: str) -> None:
    """Raises TargetError for a file that cannot be a target, with what would do instead."""
    found = os.path.splitext(target)[1].lower()
    if found in FOREIGN and ":" not in target:
        raise TargetError(
            f"{target!r} is a {found} file, which holds weights or runs code when it is opened: give the "
            "model as an ONNX file (torch.onnx.export writes one) or as package.module:callable"
        )


def refuse_missing(target: str) -> None:
    """Raises TargetError for a file that is not there, where something else was probably meant."""
    if os.path.exists(target):
        return
    from cnnviz.targets import slips  # only mistakes need it

    if hint := slips.meant(target):
        raise TargetError(f"{target} is not there: {hint}")


def imported_attribute(address: str) -> Any:
    """What `"package.module:name"`, one of our own, names."""
    module, _, name = address.partition(":")
    return getattr(importlib.import_module(module), name)
