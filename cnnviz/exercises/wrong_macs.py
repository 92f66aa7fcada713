"""Wrong ways to the number of multiplications, the most likely first."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnnviz.exercises.mistake import Mistake, mistake, numbered, plain
from cnnviz.exercises.wrong_parameters import DENSE_SUM, TIMES, WEIGHTS
from cnnviz.exercises.wrong_sizes import PRODUCT
from cnnviz.formulas import Formula
from cnnviz.formulas.convolution import ConvArguments, TransposedArguments
from cnnviz.formulas.linear import PARAMETERS as DENSE
from cnnviz.formulas.linear import PARAMETERS_BIAS as DENSE_BIAS
from cnnviz.formulas.linear import LinearArguments
from cnnviz.formulas.pooling import PoolArguments
from cnnviz.layer import Layer

MACS = Formula("n*m * (f*C)", products="n f")
MACS_BIAS = Formula("n*m * (f*C + 1)", products="n f")
MACS_FLAT = Formula("n*m * f", products="n f")
MACS_ONE_FILTER = Formula("n * (f*C)", products="n f")
FLOPS = Formula("2 * n*m * (f*C)", products="n f")
DENSE_FLOPS = Formula("2 * n_in * n_out")
POOLED = Formula("n * f", products="n f")


def wrong_macs(layer: Layer) -> Iterator[Mistake]:
    """Wrong ways to the multiplications of a layer."""
    a = layer.arguments
    if isinstance(a, ConvArguments):
        yield from _of_convolution(layer, a)
    elif isinstance(a, TransposedArguments):
        yield from _of_transposed(layer, a)
    elif isinstance(a, LinearArguments):
        yield from _of_linear(layer, a)
    elif isinstance(a, PoolArguments):
        compared = "compared" if layer.op.startswith("max") else "added"
        free = f"so many numbers are {compared}, and none is multiplied with a weight"
        yield mistake(POOLED, (layer.output_shape, a.kernel), free)
    if layer.parameters:
        yield plain(layer.parameters, "the number of parameters; MACs count how often they are multiplied")
    if layer.macs:
        yield plain(2 * layer.macs, "the multiplications and the additions (FLOPs); MACs count pairs")
        if not isinstance(a, LinearArguments):
            yield mistake(
                PRODUCT, (layer.output_shape,), "how many outputs there are; each is a sum of products"
            )
    else:
        yield from _of_nothing(layer)


def _of_convolution(layer: Layer, a: ConvArguments) -> Iterator[Mistake]:
    positions = layer.output_shape[1:]
    f, C, n = a.kernel, a.in_channels // a.groups, a.channels
    where = "*".join(str(size) for size in positions)
    if layer.parameters and a.bias:
        again = f"the number of parameters, and each weight is used at every one of the {where} positions"
        yield plain(layer.parameters, again)
    yield mistake(WEIGHTS, (f, C, n), f"one position of the output, and there are {where}")
    yield mistake(MACS_ONE_FILTER, (positions, f, C), f"one filter, and there are {n:,}")
    yield mistake(MACS_BIAS, (positions, n, f, C), "a bias is added and not multiplied")
    if a.groups > 1:
        sees = f"with {a.groups} groups a filter sees {C} of the {numbered(a.in_channels, 'channel')}"
        yield mistake(MACS, (positions, n, f, a.in_channels), sees)
    yield mistake(FLOPS, (positions, n, f, C), "the additions are counted too (FLOPs); MACs count pairs")
    yield mistake(MACS, (layer.input_shapes[0][2:], n, f, C), "the filters stop at the output's positions")
    if C > 1:
        yield mistake(MACS_FLAT, (positions, n, f), f"a filter reaches through all {C} channels that it sees")
    if len(f) > 1 and f[0] > 1:
        once = f"each {'x'.join(map(str, f))} window has {'*'.join(map(str, f))} weights, not {f[0]}"
        yield mistake(MACS, (positions, n, f[:1], C), once)
    yield mistake(MACS, (positions[:1], n, f, C), f"one row of positions, and there are {where}")


def _of_transposed(layer: Layer, a: TransposedArguments) -> Iterator[Mistake]:
    f, C, n = a.kernel, a.in_channels, a.channels // a.groups
    positions = layer.input_shapes[0][2:]
    slides = "a transposed convolution multiplies every *input* value with the whole kernel"
    yield mistake(MACS, (layer.output_shape[1:], n, f, C), slides)
    yield mistake(MACS_BIAS, (positions, n, f, C), "a bias is added and not multiplied")
    yield mistake(FLOPS, (positions, n, f, C), "the additions are counted too (FLOPs); MACs count pairs")


def _of_linear(layer: Layer, a: LinearArguments) -> Iterator[Mistake]:
    n, m = layer.input_shapes[0][-1], a.out_features
    rows = layer.input_shapes[0][1:-1]
    if prod(rows) > 1:
        where = "*".join(str(size) for size in rows)
        yield mistake(DENSE, (n, m), f"one position, and there are {where}")
        return
    yield mistake(DENSE_BIAS, (n, m), "a bias is added and not multiplied")
    yield mistake(DENSE_FLOPS, (n, m), "the additions are counted too (FLOPs); MACs count pairs")
    yield mistake(DENSE_SUM, (n, m), "every input is multiplied for every output: a product, not a sum")
    yield plain(n, f"what one output takes, and there are {m:,}")


def _of_nothing(layer: Layer) -> Iterator[Mistake]:
    reason = {
        "norm": "normalisation is counted in a column of its own, and not in MACs",
        "act": "an activation function is applied, and nothing is multiplied with weights",
        "join": "joining tensors multiplies nothing with weights",
        "shape": "the numbers are only rearranged",
    }.get(layer.kind, "this layer multiplies nothing with weights")
    yield mistake(PRODUCT, (layer.output_shape,), reason)
    yield mistake(TIMES, (2, layer.output_shape), reason)
    if layer.n_C and layer.kind == "norm":
        yield mistake(TIMES, (2, (layer.n_C,)), reason)
