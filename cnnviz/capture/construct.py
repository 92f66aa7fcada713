"""Building a network without spending time or memory on its weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

META = torch.device("meta")
FACTORIES = frozenset(
    getattr(torch, name) for name in "empty zeros ones full rand randn empty_strided eye normal".split()
)
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
        elif func in FACTORIES:
            kwargs = {**kwargs, "device": META}
        elif func is Tensor.__bool__ and args[0].is_meta:
            return False  # an initialisation that looks for numbers out of range: there are none
        return func(*args, **kwargs)


def on_meta(build: Callable[[], nn.Module]) -> nn.Module:
    """The network that `build` makes, without weights: shapes only, ten times faster and a few kB.

    A network that cannot be built so, because its constructor reads values off tensors, is built as usual.
    """
    try:
        with _OnMeta(), torch.no_grad():
            model = build()
    except (RuntimeError, NotImplementedError):
        return build()
    if any(not tensor.is_meta for tensor in (*model.parameters(), *model.buffers())):
        model = model.to(META)  # tables that the constructor worked out
    return model
