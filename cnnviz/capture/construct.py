"""Building a network without spending time or memory on its weights."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd
from torch.overrides import TorchFunctionMode

Made = TypeVar("Made")
META = torch.device("meta")
FILLED = frozenset({torch.zeros, torch.ones, torch.rand, torch.randn})  # on meta they are all empty
FACTORIES = frozenset({torch.empty, torch.full, torch.eye, torch.empty_strided, torch.normal})
FILLS = frozenset(
    function
    for name in (
        "uniform_ normal_ fill_ zero_ trunc_normal_ bernoulli_ exponential_ copy_ clamp_ mul_ add_ erfinv_"
    ).split()
    if (function := getattr(Tensor, name, None)) is not None
) | {nn.init.kaiming_uniform_, nn.init.uniform_, nn.init.normal_, nn.init.constant_, nn.init.kaiming_normal_}


class _OnMeta(TorchFunctionMode):
    """Tensors are made on the meta device, and filling them with numbers is skipped. Local to the thread."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in FILLS:
            tensor = args[0] if args else kwargs.get("tensor")
            if isinstance(tensor, Tensor) and tensor.is_meta:
                return tensor
        elif func in FILLED and args and "out" not in kwargs:
            return torch.empty(*args, dtype=kwargs.get("dtype"), device=META)
        elif func in FACTORIES:
            kwargs = {**kwargs, "device": META}
        elif func is torch.tensor and isinstance(args[0], int):  # a counter, as batch norm has
            return torch.empty((), dtype=kwargs.get("dtype") or torch.int64, device=META)
        elif func is Tensor.__bool__ and args[0].is_meta:
            return False  # an initialisation that looks for numbers out of range: there are none
        return func(*args, **kwargs)


_BUILDING = threading.local()
_PATCHING = threading.RLock()
INITIALISED: tuple[Any, ...] = (
    _ConvNd,
    _NormBase,
    nn.Linear,
    nn.LayerNorm,
    nn.GroupNorm,
)  # most of a network's modules


@contextmanager
def _uninitialised() -> Iterator[None]:
    """Modules made by this thread skip `reset_parameters`; other threads' modules are initialised as ever."""

    def quiet(original: Callable[[Any], None]) -> Callable[[Any], None]:
        def reset_parameters(module: Any) -> None:
            if not getattr(_BUILDING, "now", False):
                original(module)

        return reset_parameters

    with _PATCHING:
        originals = [(kind, kind.reset_parameters) for kind in INITIALISED]
        _BUILDING.now = True
        try:
            for kind, original in originals:
                kind.reset_parameters = quiet(original)
            yield
        finally:
            _BUILDING.now = False
            for kind, original in originals:
                kind.reset_parameters = original


def on_meta(build: Callable[[], Made]) -> Made:
    """What `build` makes, a network without weights: shapes only, a few kB, several times faster.

    A network that cannot be built so, because its constructor reads values off tensors, is built as usual.
    """
    try:
        with _uninitialised(), _OnMeta(), torch.no_grad():
            made = build()
    except (RuntimeError, NotImplementedError):
        return build()
    if isinstance(made, nn.Module) and not all(t.is_meta for t in (*made.parameters(), *made.buffers())):
        made.to(META)  # tables that the constructor worked out
    return made
