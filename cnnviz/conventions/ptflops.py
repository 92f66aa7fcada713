"""How ptflops counts, with each of its two backends.

Source: ptflops 0.7.5, `pytorch_engine.py`, `pytorch_ops.py` and `aten_ops.py`,
https://github.com/sovrasov/flops-counter.pytorch. "pytorch" puts hooks on modules of known classes and
replaces functions of torch.nn.functional, so a module that has a hook and calls such a function counts
twice; "aten", the default, listens to what torch dispatches.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnnviz.conventions.convention import (
    ACTIVATION,
    BIAS,
    MACS,
    NORMALISATION,
    POOLING,
    Convention,
    Item,
    affine,
    biases,
    each,
    multiplications,
    multiplies,
    normalised,
)
from cnnviz.conventions.response_norm import response_norm
from cnnviz.layer import Layer
from cnnviz.trace import Trace

_MODULES = frozenset(["Linear", *(f"Conv{t}{n}d" for t in ("", "Transpose") for n in (1, 2, 3))])
_HOOKED = frozenset("ReLU PReLU ELU LeakyReLU ReLU6 GELU".split())
_FUNCTIONS = frozenset("relu prelu elu relu6 gelu silu softmax".split())
# These modules call another function than the one that is replaced: hardtanh, leaky_relu.
_ONCE = frozenset(["ReLU6", "LeakyReLU"])
_TWICE = ", as the module and the function it calls both count"


def _hooks(trace: Trace, layer: Layer) -> Iterator[Item]:
    if multiplies(layer):
        if layer.module in _MODULES or layer.operation.rule in ("matrix_product", "added_product"):
            yield Item(MACS, multiplications(layer), "")
            yield each(BIAS, 1, biases(layer), "output that gets a bias")
    elif layer.kind == "norm":
        yield from _norm(layer)
    elif layer.kind == "act":
        ways = (layer.module in _HOOKED) + (layer.op in _FUNCTIONS and layer.module not in _ONCE)
        if ways:
            what = f"element{_TWICE if ways == 2 else ''}"
            yield each(ACTIVATION, ways, prod(layer.output_shapes[0]), what)
    elif layer.operation.rule in ("pooling", "adaptive_pool"):
        ways = 2 if "Pool" in layer.module else 1
        what = f"number that comes in{_TWICE if ways == 2 else ''}"
        yield each(POOLING, ways, prod(layer.input_shapes[0]), what)


def _norm(layer: Layer) -> Iterator[Item]:
    if layer.op == "local_response_norm":
        count, why = response_norm(layer)
        yield Item(NORMALISATION, count, why)
    elif layer.module.startswith(("BatchNorm", "InstanceNorm", "GroupNorm")):
        factor = 2 if affine(layer) else 1
        yield each(NORMALISATION, factor, normalised(layer), "element")
    elif layer.module == "LayerNorm":
        yield each(NORMALISATION, 1, normalised(layer), "element")


def _dispatched(trace: Trace, layer: Layer) -> Iterator[Item]:
    if multiplies(layer):
        yield Item(MACS, multiplications(layer), "")
        yield each(BIAS, 1, biases(layer), "output that gets a bias")


HOOKS = Convention(
    name="ptflops",
    title="as ptflops (pytorch)",
    heading="as ptflops",
    words="MACs, biases, batch norm, ReLU, pooling x2",
    count=_hooks,
    by_modules=True,
    package="ptflops",
    version="0.7.5",
    says="MACs",
    notes=(
        "ReLU and pooling modules count twice: once by a hook on the module, once because the function that "
        "the module calls is replaced by one that counts.",
        "It knows modules by their exact class; + and * of tensors count nothing. A function that a forward "
        "calls counts once: torchvision's own DenseNet ends in such a ReLU and pooling.",
        "On torch's meta device it counts more, because there torch itself calls the replaced functions.",
    ),
)
DISPATCHED = Convention(
    name="ptflops-aten",
    title="as ptflops (aten)",
    heading="as ptflops-aten",
    words="MACs and biases",
    count=_dispatched,
    package="ptflops",
    version="0.7.5",
    says="MACs",
    notes=("Convolutions and products of matrices with their biases, nothing else.",),
)
