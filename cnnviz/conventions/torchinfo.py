"""How torchinfo counts: from the parameters of each module that has no modules inside.

Source: torchinfo 1.8.0, `layer_info.py`, `calculate_macs`, https://github.com/TylerYep/torchinfo: each
tensor called weight or bias counts its numbers, times the positions of the output where the module's class
has "Conv" in its name, and once for each image where not.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnnviz.conventions.convention import (
    BIAS,
    ELEMENTWISE,
    MACS,
    NORMALISATION,
    OVER_OUTPUTS,
    Convention,
    Item,
    multiplications,
    weights,
)
from cnnviz.formulas.convolution import Convolution, TransposedConvolution
from cnnviz.formulas.linear import Linear
from cnnviz.layer import Layer
from cnnviz.trace import Trace

_COUNTED = ("weight", "bias")


def _count(trace: Trace, layer: Layer) -> Iterator[Item]:
    own = trace.program.parameters
    named = [own[i] for i in layer.operation.parameters if own[i].name.rpartition(".")[2] in _COUNTED]
    if not named or layer.name in trace.program.containers:
        return
    batch = layer.output_shapes[0][0]
    positions = batch * prod(layer.output_shapes[0][2:]) if "Conv" in layer.module else batch
    if isinstance(layer.rule, Convolution | TransposedConvolution | Linear):
        counted = weights(layer) * positions
        yield Item(MACS, counted, _mistake(layer, counted))
        if layer.arguments.bias:
            yield Item(BIAS, _outputs(layer) * positions, "1 for each bias at each position it is added at")
        return
    numbers = sum(parameter.numbers for parameter in named) * positions
    if layer.kind == "norm":
        yield Item(NORMALISATION, numbers, "its parameters, once for the whole map")
    else:
        yield Item(ELEMENTWISE, numbers, "its parameters, once for the whole map")


def _mistake(layer: Layer, counted: int) -> str:
    """Why its multiplications are not the real ones; "" where they are."""
    if counted == multiplications(layer):
        return ""
    if isinstance(layer.rule, TransposedConvolution):
        return OVER_OUTPUTS
    return "a mistake: its weights once, however many positions they are used at"


def _outputs(layer: Layer) -> int:
    a = layer.arguments
    return int(a.out_features if isinstance(layer.rule, Linear) else a.channels)


CONVENTION = Convention(
    name="torchinfo",
    title="as torchinfo",
    heading="as torchinfo",
    words="MACs, biases, parameters of norms",
    count=_count,
    by_modules=True,
    package="torchinfo",
    version="1.8.0",
    says="mult-adds",
    notes=(
        "It multiplies parameters by positions, so a batch norm counts its parameters and not its elements.",
        "A linear layer counts its weights once, although it may be used at each position of a map: "
        "ConvNeXt comes out about 13 times too low. Fixed in its source, not yet released.",
        "A transposed convolution counts the positions of its output instead of its input.",
        "Parameters that a module with modules inside holds itself are left out.",
    ),
)
