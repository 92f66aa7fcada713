"""Where one output element looks: the pixels that can reach it, and those that do."""

from __future__ import annotations

from math import ceil, floor
from typing import NamedTuple

import torch
from torch import Tensor

from cnnviz.errors import OptionError
from cnnviz.inside.hooks import Pass, passing
from cnnviz.inside.looking import Seen

ENOUGH = 0.01  # of the largest gradient: pixels with less are not counted as seen


class Box(NamedTuple):
    """Pixels of the image, the last ones included; they may lie outside of it, in the padding."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> tuple[int, int]:
        return self.bottom - self.top + 1, self.right - self.left + 1


class Element(NamedTuple):
    """One number of a layer's output."""

    layer: str
    channel: int
    row: int = 0
    column: int = 0


def checked(seen: Seen, element: Element) -> Element:
    """The element. Raises OptionError where the layer has no such one."""
    shape = tuple(seen.maps(element.layer).shape)
    for name, value, size in zip(("channel", "row", "column"), element[1:], shape, strict=True):
        if not 0 <= value < size:
            raise OptionError(f"{element.layer} has {name}s 0 to {size - 1}, got {value}")
    return element


def theoretical(seen: Seen, element: Element) -> Box:
    """The receptive field by the trace: the pixels that can reach the element, padding included."""
    element = checked(seen, element)
    layer = seen.network.layer(element.layer)
    height, width = seen.network.shape[1:]
    if not layer.field or len(layer.field) != 2:
        return Box(0, 0, height - 1, width - 1)
    ends = []
    for reach, position in zip(layer.field, (element.row, element.column), strict=True):
        low, high = reach.low, reach.high
        if reach.axis is not None and reach.jump is not None:
            low, high = low + position * reach.jump, high + position * reach.jump
        if reach.fixed:
            low, high = min(low, reach.fixed[0]), max(high, reach.fixed[1])
        ends.append((floor(low), ceil(high)))
    (top, bottom), (left, right) = ends
    return Box(top, left, bottom, right)


def effective(seen: Seen, element: Element) -> Tensor:
    """How much each pixel of the image moves the element: n_H x n_W, the size of the gradient.

    Luo et al. 2016, "Understanding the Effective Receptive Field" (https://arxiv.org/abs/1701.04128), for
    this very image: where a ReLU is off nothing passes.
    """
    element = checked(seen, element)
    given = seen.given.clone().requires_grad_(True)
    with torch.enable_grad(), passing(Pass(keep=lambda name: name == element.layer)) as it:
        seen.network.model(given)
        output = it.kept[element.layer][0]
        value = output.reshape(output.shape[0], *(output.shape[1:] or (1, 1)))[element[1:]]
        (gradient,) = torch.autograd.grad(value, given)
    return gradient[0].abs().sum(0)


def effective_box(gradient: Tensor) -> Box | None:
    """The smallest box around the pixels that count; None where none does."""
    largest = float(gradient.max())
    if largest == 0:
        return None
    rows, columns = torch.nonzero(gradient >= ENOUGH * largest, as_tuple=True)
    return Box(int(rows.min()), int(columns.min()), int(rows.max()), int(columns.max()))
