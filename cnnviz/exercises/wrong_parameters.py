"""Wrong ways to the number of parameters, the most likely first."""

from __future__ import annotations

from collections.abc import Iterator

from cnnviz.exercises.mistake import Mistake, mistake, numbered, plain
from cnnviz.exercises.wrong_sizes import PRODUCT
from cnnviz.formulas import Formula
from cnnviz.formulas.convolution import PARAMETERS_BIAS as WITH_BIAS
from cnnviz.formulas.convolution import ConvArguments, TransposedArguments
from cnnviz.formulas.elementwise import NormArguments
from cnnviz.formulas.linear import PARAMETERS as DENSE
from cnnviz.formulas.linear import PARAMETERS_BIAS as DENSE_BIAS
from cnnviz.formulas.linear import LinearArguments
from cnnviz.formulas.pooling import PoolArguments
from cnnviz.layer import Layer

WEIGHTS = Formula("(f*C) * n", products="f")
FLAT = Formula("f * n", products="f")
FLAT_BIAS = Formula("(f + 1) * n", products="f")
ONE_BIAS = Formula("f*C * n + 1", products="f")
ONE_FILTER = Formula("f*C", products="f")
ONE_FILTER_BIAS = Formula("f*C + 1", products="f")
BIAS_EACH_SLICE = Formula("(f + 1)*C * n", products="f")
DENSE_ONE_BIAS = Formula("n_in * n_out + 1")
DENSE_SUM = Formula("n_in + n_out")
TIMES = Formula("k * n", products="n")


def wrong_parameters(layer: Layer) -> Iterator[Mistake]:
    """Wrong ways to the number of parameters of a layer."""
    a = layer.arguments
    if layer.shared_with:
        held = layer.rule.parameters(a, layer.input_shapes)
        yield Mistake(
            held.number, f"That is {held.text}: they belong to an earlier layer too, and count there."
        )
    if isinstance(a, ConvArguments | TransposedArguments):
        yield from _of_convolution(layer, a)
    elif isinstance(a, LinearArguments):
        yield from _of_linear(layer, a)
    elif isinstance(a, NormArguments):
        yield from _of_norm(layer, a)
    elif isinstance(a, PoolArguments):
        yield from _of_pooling(layer, a)
    elif not layer.parameters:
        yield from _of_nothing(layer)
    if layer.macs:
        used = "how many multiplications it takes (MACs), not how many numbers it learns"
        yield plain(layer.macs, used)
    shown = layer.output_shape
    yield mistake(PRODUCT, (shown,), "how many outputs (activations) there are, not how much is learned")


def _of_convolution(layer: Layer, a: ConvArguments | TransposedArguments) -> Iterator[Mistake]:
    f, C, n = a.kernel, a.in_channels // a.groups, a.channels
    filters = f"each of the {numbered(n, 'filter')}"
    if a.bias:
        yield mistake(WEIGHTS, (f, C, n), f"{filters} also has a bias" if n > 1 else "the filter has a bias")
    else:
        yield mistake(WITH_BIAS, (f, C, n), "this layer is built without a bias")
    yield from _structural(a, *((WITH_BIAS, FLAT_BIAS) if a.bias else (WEIGHTS, FLAT)), "")
    if a.bias:
        yield mistake(ONE_BIAS, (f, C, n), f"{filters} has a bias of its own")
        yield mistake(BIAS_EACH_SLICE, (f, C, n), "a filter has one bias, not one for each channel it sees")
        yield mistake(ONE_FILTER_BIAS, (f, C), f"one filter, and there are {n:,}")
    yield mistake(ONE_FILTER, (f, C), f"one filter, and there are {n:,}")
    bias = "the bias is missing too" if a.bias else "there is no bias either"
    yield from _structural(a, *((WEIGHTS, FLAT) if a.bias else (WITH_BIAS, FLAT_BIAS)), f"; {bias}")


def _structural(
    a: ConvArguments | TransposedArguments, deep: Formula, flat: Formula, besides: str
) -> Iterator[Mistake]:
    """What goes wrong with the weights, with and without a bias."""
    f, C, n = a.kernel, a.in_channels // a.groups, a.channels
    if a.groups > 1:
        sees = f"with {a.groups} groups a filter sees {C} of the {numbered(a.in_channels, 'channel')}"
        yield mistake(deep, (f, a.in_channels, n), f"{sees}{besides}")
        only = f"the groups change what a filter sees, and not how many filters there are{besides}"
        yield mistake(deep, (f, C, n // a.groups), only)
    if C > 1:
        yield mistake(flat, (f, n), f"a filter reaches through all {C} channels that it sees{besides}")
    if len(f) > 1 and f[0] > 1:
        square = "x".join(str(k) for k in f)
        weights = "*".join(str(k) for k in f)
        once = f"each {square} window has {weights} weights, not {f[0]}"
        yield mistake(deep, (f[:1], C, n), f"{once}{besides}")
    if a.groups == 1 and n != C:
        swapped = f"there are {numbered(n, 'filter')} that see {numbered(C, 'channel')}, not the reverse"
        yield mistake(deep, (f, n, C), f"{swapped}{besides}")


def _of_linear(layer: Layer, a: LinearArguments) -> Iterator[Mistake]:
    n, m = layer.input_shapes[0][-1], a.out_features
    if a.bias:
        yield mistake(DENSE, (n, m), f"each of the {numbered(m, 'output')} also has a bias")
        yield mistake(DENSE_BIAS, (m, n), f"the bias belongs to the {m:,} outputs, not to the {n:,} inputs")
        yield mistake(DENSE_ONE_BIAS, (n, m), "every output has a bias of its own")
    else:
        yield mistake(DENSE_BIAS, (n, m), "this layer is built without a bias")
    every = "every input is connected with every output: a product, not a sum"
    yield mistake(DENSE_SUM, (n, m), every)


def _of_norm(layer: Layer, a: NormArguments) -> Iterator[Mistake]:
    n = a.channels or ((layer.n_C,) if layer.n_C else ())
    if not a.scale and not a.shift:
        nothing = "this normalisation learns nothing"
        for k in (1, 2, 4):
            yield mistake(TIMES, (k, n), nothing)
        return
    each = "each channel has a scale and a shift" if a.scale and a.shift else "each channel has one number"
    yield mistake(TIMES, (1, n), each)
    if a.axis == 1:
        kept = "the running mean and variance are kept, and not learned"
        yield mistake(TIMES, (4, n), f"{kept}: {each}")
    yield plain(2, f"a scale and a shift for the whole layer; {each}")
    yield mistake(TIMES, (2, layer.output_shape), f"{each}, shared by all positions")


def _of_pooling(layer: Layer, a: PoolArguments) -> Iterator[Mistake]:
    what = "maximum" if layer.op.startswith("max") else "mean"
    nothing = f"a {what} has no weights, so that there is nothing to learn"
    f, channels = a.kernel, layer.n_C or 1
    yield mistake(ONE_FILTER, (f, 1), nothing)
    yield mistake(ONE_FILTER_BIAS, (f, 1), nothing)
    for formula in (FLAT, FLAT_BIAS):
        yield mistake(formula, (f, channels), nothing)
    for formula in (WEIGHTS, WITH_BIAS):
        yield mistake(formula, (f, channels, channels), nothing)
    yield mistake(ONE_FILTER_BIAS, (f, channels), nothing)


def _of_nothing(layer: Layer) -> Iterator[Mistake]:
    nothing = f"{layer.op.replace('_', ' ')} has no weights, so that there is nothing to learn"
    if layer.n_C:
        for k in (1, 2):
            yield mistake(TIMES, (k, (layer.n_C,)), nothing)
    yield plain(1, f"one too many: {nothing}")
