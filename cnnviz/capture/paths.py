"""The modules of a model and where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import nn

Modules = Sequence[tuple[str, nn.Module]]


def walked(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """`model.named_modules()` as a list, several times faster."""
    found: dict[nn.Module, str] = {model: ""}

    def walk(prefix: str, children: Mapping[str, nn.Module | None]) -> None:
        for name, child in children.items():
            if child is not None and child not in found:
                path = found[child] = prefix + name
                if inner := child._modules:
                    walk(path + ".", inner)

    walk("", model._modules)
    return [(path, module) for module, path in found.items()]
