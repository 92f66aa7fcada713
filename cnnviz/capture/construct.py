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
from torch.nn.modules.module import _global_module_registration_hooks, _global_parameter_registration_hooks
from torch.overrides import TorchFunctionMode

from cnnviz.capture.paths import walked

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


REGISTRY_HOOKS = (_global_module_registration_hooks, _global_parameter_registration_hooks)
PLAIN = frozenset({int, float, bool, str, tuple, list, dict, type(None)})


def _set(module: Any, name: str, value: Any) -> bool:
    """Sets an attribute as `nn.Module.__setattr__` does, where it is a new one of a common kind.

    Torch's own asks of every value whether it is a parameter or a buffer, and looks for the name everywhere.
    """
    state, kind = module.__dict__, type(value)
    children = state.get("_modules")
    if children is None or name in children or name in state["_parameters"] or name in state["_buffers"]:
        return False
    if kind in PLAIN:
        object.__setattr__(module, name, value)
    elif name in state or any(REGISTRY_HOOKS) or hasattr(type(module), name):
        return False
    elif kind is nn.Parameter and type(module).register_parameter is nn.Module.register_parameter:
        state["_parameters"][name] = value
    elif isinstance(value, nn.Module):
        children[name] = value
    else:
        return False
    return True


@contextmanager
def _quick() -> Iterator[None]:
    """Modules made by this thread skip `reset_parameters` and the long way of setting an attribute.

    Other threads' modules are made as ever.
    """

    def quiet(original: Callable[[Any], None]) -> Callable[[Any], None]:
        def reset_parameters(module: Any) -> None:
            if not getattr(_BUILDING, "now", False):
                original(module)

        return reset_parameters

    slowly: Any = nn.Module.__setattr__

    def set_attribute(module: Any, name: str, value: Any) -> None:
        if not (getattr(_BUILDING, "now", False) and _set(module, name, value)):
            slowly(module, name, value)

    with _PATCHING:
        originals = [(kind, kind.reset_parameters) for kind in INITIALISED]
        before = getattr(_BUILDING, "now", False)
        _BUILDING.now = True
        try:
            for kind, original in originals:
                kind.reset_parameters = quiet(original)
            nn.Module.__setattr__ = set_attribute  # type: ignore[method-assign, assignment]
            yield
        finally:
            _BUILDING.now = before
            nn.Module.__setattr__ = slowly  # type: ignore[method-assign]
            for kind, original in originals:
                kind.reset_parameters = original


def on_meta(build: Callable[[], Made]) -> Made:
    """What `build` makes, a network without weights: shapes only, a few kB, several times faster.

    A network that cannot be built so, because its constructor reads values off tensors, is built as usual.
    """
    try:
        with _quick(), _OnMeta(), torch.no_grad():
            made = build()
    except (RuntimeError, NotImplementedError):
        return build()
    if isinstance(made, nn.Module) and not all(map(_all_on_meta, walked(made))):
        made.to(META)  # tables that the constructor worked out
    return made


def _all_on_meta(module: nn.Module) -> bool:
    tensors = (*module._parameters.values(), *module._buffers.values())
    return all(tensor is None or tensor.is_meta for tensor in tensors)
