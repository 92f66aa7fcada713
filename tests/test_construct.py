"""A network built without weights is the network that torch's own constructors build."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

import cnnviz
from cnnviz.capture import on_meta

PLAIN = (int, float, bool, str, tuple, list, dict, type(None))


def told(module: nn.Module) -> dict[str, Any]:
    """What a module is, but for the numbers in its tensors."""
    tensors = {**module._parameters, **module._buffers}
    return {
        "plain": {name: value for name, value in vars(module).items() if type(value) in PLAIN},
        "children": list(module._modules),
        "parameters": list(module._parameters),
        "buffers": list(module._buffers),
        "tensors": {name: kind_of(tensor) for name, tensor in tensors.items()},
        "learn": {n: p if p is None else p.requires_grad for n, p in module._parameters.items()},
    }


def kind_of(tensor: Tensor | None) -> Any:
    if tensor is None or is_lazy(tensor):
        return type(tensor)
    return type(tensor), tuple(tensor.shape), tensor.dtype


def without_dicts(plain: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in plain.items() if not isinstance(value, dict)}


@pytest.mark.parametrize(
    "name", ["lenet5@paper", "googlenet@paper", "densenet121", "efficientnet_b0", "convnext_tiny"]
)
def test_a_network_is_built_as_torch_builds_it(name: str) -> None:
    """Oracle: the same constructor without any help."""
    quick, slow = on_meta(cnnviz.find(name).build), cnnviz.find(name).build()
    assert [path for path, _ in quick.named_modules()] == [path for path, _ in slow.named_modules()]
    for (path, ours), (_, own) in zip(quick.named_modules(), slow.named_modules(), strict=True):
        a, b = told(ours), told(own)
        assert without_dicts(a.pop("plain")) == without_dicts(b.pop("plain")), path
        assert a == b, path
    assert all(t.is_meta for t in (*quick.parameters(), *quick.buffers()))


def test_names_that_torch_refuses_are_refused() -> None:
    """Oracle: torch's own errors for the same class."""

    class Renames(nn.Module):
        def __init__(self, value: object) -> None:
            super().__init__()
            self.part = nn.Linear(2, 2)
            self.part = value  # type: ignore[assignment]

    class Early(nn.Module):
        def __init__(self) -> None:
            self.part = nn.Linear(2, 2)
            super().__init__()

    for build in (lambda: Renames(3), lambda: Renames("x"), Early):
        with pytest.raises(Exception) as own:  # noqa: PT011 - whatever torch raises
            build()
        with pytest.raises(type(own.value)) as ours:
            on_meta(build)
        assert str(ours.value) == str(own.value)


def test_a_constructor_that_looks_at_numbers_is_run_with_numbers() -> None:
    """Oracle: the same constructor without any help: three ones are more than two."""

    class Choosy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.part = nn.Conv2d(3, 4, 3) if torch.ones(3).sum() > 2 else nn.Identity()

    assert type(on_meta(Choosy).part) is nn.Conv2d


def test_a_module_that_registers_its_own_way_does_so() -> None:
    """Oracle: the same constructor without any help."""

    class Counting(nn.Module):
        def __init__(self) -> None:
            self.__dict__["registered"] = []
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(2))

        def register_parameter(self, name: str, param: nn.Parameter | None) -> None:
            self.registered.append(name)
            super().register_parameter(name, param)

    assert on_meta(Counting).registered == Counting().registered == ["weight"]


def test_other_threads_build_as_ever() -> None:
    """Oracle: torch's initialisation: a convolution's weights are numbers, not all alike."""
    inside, done = threading.Event(), threading.Event()
    made: list[Tensor] = []

    def elsewhere() -> None:
        inside.wait(10)
        made.append(nn.Conv2d(3, 4, 3).weight.detach())
        done.set()

    def build() -> nn.Module:
        inside.set()
        done.wait(10)
        return nn.Conv2d(3, 4, 3)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    assert next(on_meta(build).parameters()).is_meta
    thread.join()
    assert not made[0].is_meta
    assert made[0].unique().numel() == 4 * 3 * 3 * 3
    assert nn.Module.__setattr__.__module__ == "torch.nn.modules.module"
    assert torch.nn.Conv2d(1, 1, 1).weight.numel() == 1
