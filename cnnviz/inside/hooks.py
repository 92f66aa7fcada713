"""Looking into a forward pass, and changing it, without touching the network: several people share it.

Every module of a watched network asks, after its own forward, whether the pass that is going on in this
thread wants its output kept or changed. Nothing happens where nobody asks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from cnnviz.architectures.resnet import ResidualBlock


@dataclass(frozen=True, slots=True)
class Change:
    """What is different in a pass: channels of layers times a factor, and blocks without their shortcuts."""

    scales: tuple[tuple[str, int, float], ...] = ()  # layer, channel, factor
    without_shortcut: tuple[str, ...] = ()  # blocks

    def __bool__(self) -> bool:
        return bool(self.scales or self.without_shortcut)


@dataclass(slots=True)
class Pass:
    """One forward pass: what it keeps, and what is changed in it."""

    keep: Callable[[str], bool] = lambda _: True
    change: Change = Change()
    kept: dict[str, Tensor] = field(default_factory=dict)  # outputs by module
    given: dict[str, Tensor] = field(default_factory=dict)  # inputs by module
    instead: Mapping[str, Tensor] = field(default_factory=dict)  # outputs put in the place of a module's own


RESIDUAL = ".residual"  # of a block: what its shortcut is added to
_now = threading.local()


def watched(model: nn.Module) -> nn.Module:
    """The model, its modules ready to be asked."""
    for name, module in model.named_modules():
        module.register_forward_hook(_asking(name))
    return model


@contextmanager
def passing(wanted: Pass) -> Iterator[Pass]:
    """What is computed meanwhile, in this thread, is this pass."""
    before = getattr(_now, "it", None)
    _now.it = wanted
    try:
        yield wanted
    finally:
        _now.it = before


def _asking(name: str) -> Callable[[nn.Module, tuple[Any, ...], Any], Any]:
    def asked(module: nn.Module, given: tuple[Any, ...], output: Any) -> Any:
        it: Pass | None = getattr(_now, "it", None)
        if it is None or not isinstance(output, Tensor):
            return None
        made = _changed(it, name, module, output)
        if it.keep(name) or name.removesuffix(RESIDUAL) in it.change.without_shortcut:
            it.kept[name] = made
            if given and isinstance(given[0], Tensor):
                it.given[name] = given[0]
        return made

    return asked


def _changed(it: Pass, name: str, module: nn.Module, output: Tensor) -> Tensor:
    if name in it.instead:
        return it.instead[name]
    if name in it.change.without_shortcut and isinstance(module, ResidualBlock):
        alone: Tensor = module.act(it.kept[f"{name}{RESIDUAL}"])  # f(x) in the place of f(x) + x
        output = alone
    factors = [(channel, factor) for of, channel, factor in it.change.scales if of == name]
    if factors:
        output = output.clone()
        for channel, factor in factors:
            output[:, channel] = output[:, channel] * factor
    return output
