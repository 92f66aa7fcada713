"""What a pass knows of a tensor and of a module call, and the tensors in what goes in and out."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import _disable_current_modes

from cnnviz.formulas import Shape

if TYPE_CHECKING:
    from cnnviz.capture.recorder import Recorder

META = torch.device("meta")
KEEP_STRIDES = frozenset(
    {"activation", "prelu", "same"}
)  # rules whose output lies in memory as the input does
UNTRACED = torch._C.DisableTorchFunction  # our own tensor work inside a pass must not be seen by the mode


# Which tensor of the program a torch tensor is: whose pass, number, shape, dtype, the tensor it is a view of.
# It lies on the tensor object itself, as ids are reused. A plain tuple, as every operation makes one.
Stamp = tuple["Recorder", int, Shape, torch.dtype, Tensor | None]

# A module call under way: its path, its scope (the path with call marks), the module's class, how often each
# child has been called, and whether nothing above has been called twice.
Frame = tuple[str, str, str, dict[str, int], bool]


def frame(path: str, scope: str, module: str) -> Frame:
    """A module call that begins."""
    return path, scope, module, {}, scope == path


def blank(shape: Shape, dtype: torch.dtype) -> Tensor:
    """A new tensor that stands for an operation's output. To be called with torch's functions untraced."""
    return _pattern(shape, dtype).data  # a fifth of the time of torch.empty


@lru_cache(maxsize=2048)
def _pattern(shape: Shape, dtype: torch.dtype) -> Tensor:
    """A tensor that nobody sees, to be copied: half a kB, as it has no values."""
    with torch.inference_mode(False), _disable_current_modes():  # the caller's modes are not to stick to it
        return torch.empty(shape, dtype=dtype, device=META)


def tensors_in(value: Any) -> list[Tensor]:
    """The tensors in a value, however it is nested."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, list | tuple):
        return [tensor for part in value for tensor in tensors_in(part)]
    if isinstance(value, dict):
        return [tensor for part in value.values() for tensor in tensors_in(part)]
    return []


def to_meta(value: Any) -> Any:
    """A value with its tensors and devices on the meta device."""
    if isinstance(value, Tensor):
        return value if value.is_meta else value.detach().to(META)
    if isinstance(value, list | tuple):
        parts = [to_meta(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if isinstance(value, dict):
        return {key: to_meta(part) for key, part in value.items()}
    if isinstance(value, torch.device):
        return META
    return value
