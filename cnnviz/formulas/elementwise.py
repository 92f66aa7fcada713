"""Operations that work element by element: activations, normalisation, dropout, arithmetic."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from cnnviz.errors import ShapeError
from cnnviz.formulas.formula import Formula, Term
from cnnviz.formulas.linear import broadcast
from cnnviz.formulas.receptive_field import Field, Fields, Shape, Shapes, join, mix_axes
from cnnviz.formulas.rule import NOTHING, NUMBER, Extra, Nothing, Rule, size_text

NORM_PARAMETERS = Formula("2*n", products="n")  # a scale and a shift for each channel
SCALE_PARAMETERS = Formula("n", products="n")


class Same(Rule):
    """One tensor in, one of the same shape out, no arithmetic worth counting."""

    kind = "other"


class Alias(Same):
    """One tensor in, the same out: identity, detach, dropout outside training."""

    alias = True


class Activation(Rule):
    """A function of each element: ReLU, sigmoid, GELU, ..."""

    kind = "act"

    def extra(self, a: Nothing, inputs: Shapes, outputs: Shapes) -> Extra:
        return Extra(activation=prod(outputs[0]))


class PreluArguments(NamedTuple):
    """How many slopes a PReLU learns: 1, or one for each channel."""

    slopes: int


class Prelu(Activation):
    """A ReLU whose negative slope is learned (He et al. 2015)."""

    arguments = PreluArguments

    def parameters(self, a: PreluArguments, inputs: Shapes) -> Term:
        return Term(NUMBER, (a.slopes,))


class SoftmaxArguments(NamedTuple):
    """The axis that sums to one."""

    axis: int


class Softmax(Activation):
    """Softmax or log-softmax along one axis."""

    arguments = SoftmaxArguments

    def field(self, a: SoftmaxArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        axis = a.axis if a.axis < 0 else a.axis - len(inputs[0])
        return fields[0] and mix_axes(fields[0], (axis,), inputs[0], keep=True)


class NormArguments(NamedTuple):
    """What a normalisation layer learns and is built for."""

    channels: tuple[int, ...]  # () for one that takes any
    scale: bool
    shift: bool
    axis: int  # of the channels: 1 for batch norm, -1 for layer norm on the last axes


class Normalisation(Rule):
    """Batch, layer, group and instance normalisation."""

    kind = "norm"
    arguments = NormArguments

    def outputs(self, a: NormArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        if a.channels:
            got = x[a.axis : a.axis + 1] if a.axis > 0 else x[-len(a.channels) :]
            if got != a.channels:
                raise ShapeError(f"got {size_text(got)} channels, needs {size_text(a.channels)}")
        return (x,)

    def parameters(self, a: NormArguments, inputs: Shapes) -> Term:
        if a.scale and a.shift:
            return Term(NORM_PARAMETERS, (a.channels,))
        return Term(SCALE_PARAMETERS, (a.channels,)) if a.scale or a.shift else NOTHING

    def extra(self, a: NormArguments, inputs: Shapes, outputs: Shapes) -> Extra:
        return Extra(normalisation=prod(outputs[0]))


class BatchStatistics(Normalisation):
    """Batch normalisation by the mean and variance of the batch itself, as in training."""

    def outputs(self, a: NormArguments, inputs: Shapes) -> tuple[Shape, ...]:
        (x,) = super().outputs(a, inputs)
        if prod(x) == x[1]:
            raise ShapeError(f"got {size_text(x)}, needs more than one value for each channel in training")
        return (x,)


class ResponseNormArguments(NamedTuple):
    """How many neighbouring channels a number is normalised by, itself among them."""

    size: int


class ResponseNormalisation(Rule):
    """Local response normalisation, which learns nothing."""

    kind = "norm"
    arguments = ResponseNormArguments

    def extra(self, a: ResponseNormArguments, inputs: Shapes, outputs: Shapes) -> Extra:
        return Extra(normalisation=prod(outputs[0]))


class Arithmetic(Rule):
    """`x + y` and kin, with broadcasting; tensors joined element by element."""

    kind = "join"

    def outputs(self, a: Nothing, inputs: Shapes) -> tuple[Shape, ...]:
        out = inputs[0]
        for shape in inputs[1:]:
            out = broadcast(out, shape)
        return (out,)

    def extra(self, a: Nothing, inputs: Shapes, outputs: Shapes) -> Extra:
        return Extra(elementwise=prod(outputs[0]))

    def field(self, a: Nothing, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return join(fields, inputs, outputs[0])
