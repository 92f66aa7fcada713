"""A trick on a layer of a real network: what becomes of the layer, and of the whole network."""

from __future__ import annotations

from typing import NamedTuple

from cnnviz.errors import CnnvizError
from cnnviz.layer import Layer
from cnnviz.savings.options import direct
from cnnviz.savings.path import Path
from cnnviz.savings.trick import Trick, Values
from cnnviz.trace import Trace

BLOCKS_ONLY = (
    "This is about a whole block and not about one convolution, so it cannot take the place of a layer."
)


class Totals(NamedTuple):
    """Costs of a layer or of a network."""

    macs: int
    parameters: int
    activation_bytes: int

    @classmethod
    def of(cls, counted: Layer | Trace) -> Totals:
        return cls(counted.macs, counted.parameters, counted.activation_bytes)

    def exchanged(self, before: Totals, after: Totals) -> Totals:
        """These totals once a part of them has become another."""
        return Totals(*(n - b + a for n, b, a in zip(self, before, after, strict=True)))


class Effect(NamedTuple):
    """Before and after, of the layer and of the network that it is in."""

    layer: Layer
    path: Path  # what takes the layer's place
    before: Totals
    after: Totals
    network_before: Totals
    network_after: Totals


def real_convolutions(trace: Trace) -> tuple[Layer, ...]:
    """The convolutions in two dimensions of a network, those that a trick may replace."""
    return tuple(
        layer
        for layer in trace.layers
        if layer.operation.rule == "convolution" and len(layer.arguments.kernel) == 2
    )


def why_not(trick: Trick, layer: Layer, values: Values) -> str:
    """Why the trick cannot take this layer's place, in a sentence; "" where it can."""
    if trick.fits is None or trick.replace is None:
        return BLOCKS_ONLY
    if layer.shared_with:
        return "This layer shares its weights with another one, which would have to change too."
    return trick.fits(layer.input_shapes[0][1:], layer.arguments, values)


def on_layer(trick: Trick, trace: Trace, layer: Layer, values: Values) -> Effect:
    """What the trick does there, with the width or groups of `values`. Raises CnnvizError where it cannot."""
    reason = why_not(trick, layer, values)
    if reason or trick.replace is None:
        raise CnnvizError(reason)
    path = trick.replace(layer.input_shapes[0][1:], layer.arguments, values)
    before, after, whole = Totals.of(layer), Totals.of(path.trace()), Totals.of(trace)
    return Effect(layer, path, before, after, whole, whole.exchanged(before, after))


def numbers_of(trick: Trick, layer: Layer) -> dict[str, int]:
    """The layer's sizes as the trick's options have them, for those that it has.

    Raises CnnvizError where the layer has what the options cannot say.
    """
    a = layer.arguments
    _, channels, n_H, n_W = layer.input_shapes[0]
    square = all(len(set(pair)) == 1 for pair in (a.kernel, a.stride, a.padding))
    if not square or a.padding_after or set(a.dilation) != {1}:
        plain = direct((channels, n_H, n_W), a).title
        raise CnnvizError(f"{layer.name} ({plain}) is not square: the fields above cannot say what it does")
    same = a.padding[0] == (a.kernel[0] - 1) // 2
    sizes = {
        "n_H": n_H,
        "n_W": n_W,
        "channels": channels,
        "filters": a.channels,
        "kernel": a.kernel[0],
        "same": int(same),
        "stride": a.stride[0],
        "bias": int(a.bias),
    }
    if not same:
        sizes["padding"] = a.padding[0]
    if trick.name == "bottleneck":
        sizes["groups"] = a.groups
    known = {option.name for option in trick.options}
    return {name: value for name, value in sizes.items() if name in known}
