"""Which idea is behind an operation, and behind a view elsewhere in the app: the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from cnnviz.ideas import IDEAS, Idea, find


class Lead(NamedTuple):
    """An idea, and its values that show the case at hand."""

    idea: Idea
    values: str = ""  # as a link has them

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """Of the link to it."""
        return tuple(
            (name, text) for name, text in (("idea", self.idea.name), ("values", self.values)) if text
        )


_BEHIND = {
    "conv2d": ("layer", ""),
    "linear": ("sharing", ""),
    "sigmoid": ("activations", ""),
    "tanh": ("activations", "of=tanh"),
    "relu": ("activations", "of=relu"),
    "leaky_relu": ("activations", "of=leaky_relu"),
    "elu": ("activations", "of=elu"),
    "gelu": ("activations", "of=gelu"),
    "silu": ("activations", "of=silu"),
    "hardsigmoid": ("activations", "of=hard_sigmoid"),
    "hardtanh": ("activations", "of=hard_tanh"),
    "hardswish": ("activations", "of=hard_swish"),
    "max_pool2d": ("pooling", ""),
    "avg_pool2d": ("pooling", "mode=average"),
    "adaptive_avg_pool2d": ("pooling", "mode=global average"),
    "batch_norm": ("batchnorm", ""),
    "layer_norm": ("normalisation", "kind=layer"),
    "group_norm": ("normalisation", "kind=group"),
    "instance_norm": ("normalisation", "kind=instance"),
    "dropout": ("dropout", ""),
    "add": ("residual", ""),
    "cat": ("series", ""),
}


def behind_operation(op: str, kernel: Sequence[int] = (), output: Sequence[int] = ()) -> Lead | None:
    """The idea behind an operation of a trace, by its kernel and output shape; None where there is none."""
    if op == "conv2d" and set(kernel) == {1}:
        return Lead(find("pointwise"))
    if op == "adaptive_avg_pool2d" and set(output[-2:]) != {1}:
        op = "avg_pool2d"
    if op not in _BEHIND:
        return None
    name, values = _BEHIND[op]
    return Lead(find(name), values)


@cache
def behind_preset(name: str) -> tuple[Lead, ...]:
    """The ideas that lead to a preset of the laboratory."""
    return _leading("training", {"preset": name})


def _leading(page: str, query: Mapping[str, str]) -> tuple[Lead, ...]:
    return tuple(
        Lead(idea)
        for idea in IDEAS
        if any(place.page == page and dict(place.query) == query for place in idea.places)
    )
