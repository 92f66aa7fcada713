"""The modules of a model and where they are."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

Modules = Sequence[tuple[str, nn.Module]]


def walked(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """`model.named_modules()` as a list, several times faster."""
    found: dict[nn.Module, str] = {}

    def walk(path: str, module: nn.Module) -> None:
        found[module] = path
        for name, child in module._modules.items():
            if child is not None and child not in found:
                walk(f"{path}.{name}" if path else name, child)

    walk("", model)
    return [(path, module) for module, path in found.items()]
