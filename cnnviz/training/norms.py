"""The size of what flows through each weight layer, forward and back, in one step of training."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

WEIGHT_LAYERS = (nn.Conv2d, nn.Linear)


class Watch:
    """Listens to one forward and backward pass; `read` takes its hooks away again."""

    def __init__(self, model: nn.Module) -> None:
        self.layers = {name: m for name, m in model.named_modules() if isinstance(m, WEIGHT_LAYERS)}
        self.outputs: dict[str, float] = {}
        self.hooks = [m.register_forward_hook(self._noting(name)) for name, m in self.layers.items()]

    def _noting(self, name: str) -> Any:
        def note(module: nn.Module, inputs: Any, output: Tensor) -> None:
            self.outputs[name] = float(output.detach().float().std())

        return note

    def read(self) -> dict[str, Any]:
        """The fields of `Norms`, in the order of the layers."""
        for hook in self.hooks:
            hook.remove()
        gradients = (m.weight.grad for m in self.layers.values())
        return {
            "layers": tuple(self.layers),
            "gradients": tuple(0.0 if g is None else float(g.norm()) for g in gradients),
            "activations": tuple(self.outputs.get(name, 0.0) for name in self.layers),
        }
