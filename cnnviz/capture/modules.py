"""Torch's own leaf modules, each read once into the rule that knows it.

A leaf's forward is answered by its rule without running any of its Python: that is what makes a trace fast.
A module that is not in the table, or that has been changed, runs its own forward instead, and the functions
that it calls are recognised one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from torch import Tensor, nn

from cnnviz.capture.call import only
from cnnviz.capture.functions.common import NOTHING, every
from cnnviz.capture.functions.layers import conv_arguments
from cnnviz.capture.marks import KEEP_STRIDES
from cnnviz.formulas import RULES, Rule, Shape
from cnnviz.formulas.convolution import ConvArguments, TransposedArguments
from cnnviz.formulas.elementwise import (
    NormArguments,
    PreluArguments,
    ResponseNormArguments,
    SoftmaxArguments,
)
from cnnviz.formulas.linear import LinearArguments, MultiheadArguments, RecurrentArguments
from cnnviz.formulas.pooling import AdaptiveArguments, PoolArguments
from cnnviz.formulas.shapes import FlattenArguments


@dataclass(frozen=True, slots=True)
class Kind:
    """What the calls of many leaf modules have in common."""

    op: str
    rule: str
    rank: int = 0  # axes that the input must have, batch included; 0: any
    in_place: bool = False
    alias: bool = False
    operands: int = 1
    pack: Callable[[Sequence[Tensor]], Any] = only
    unsized: bool = False  # a lazy layer: its first input says how large it is
    simple: bool = field(init=False)  # one tensor in, one new tensor out
    keeps_strides: bool = field(init=False)
    sizes: Callable[[Any, Sequence[Shape]], tuple[Shape, ...]] | None = field(
        init=False
    )  # None: as the input

    def __post_init__(self) -> None:
        rule = RULES[self.rule]
        several = self.operands > 1 or self.pack is not only
        object.__setattr__(self, "simple", not (self.in_place or self.alias or several or self.unsized))
        object.__setattr__(self, "keeps_strides", self.rule in KEEP_STRIDES)
        object.__setattr__(self, "sizes", None if type(rule).outputs is Rule.outputs else rule.outputs)


Leaf = tuple[Kind, Any]  # and the static arguments of its rule
Read = Callable[[Any], Leaf | None]  # None: it is to run its own forward
new: Any = tuple.__new__  # a NamedTuple in half the time of its own constructor
LINEAR, LAZY_LINEAR = Kind("linear", "linear"), Kind("linear", "linear", unsized=True)
BATCH_NORM, BATCH_STATISTICS = Kind("batch_norm", "normalisation"), Kind("batch_norm", "batch_statistics")
GROUP_NORM, LAYER_NORM = Kind("group_norm", "normalisation"), Kind("layer_norm", "normalisation")
RESPONSE_NORM = Kind("local_response_norm", "response_norm")
PRELU = Kind("prelu", "prelu")
DROPOUT, DROPOUT_IN_PLACE = Kind("dropout", "same"), Kind("dropout", "same", in_place=True)
NO_DROPOUT, IDENTITY = Kind("dropout", "alias", alias=True), Kind("identity", "alias", alias=True)
FLATTEN = Kind("flatten", "flatten", alias=True)
ATTENTION = Kind("multi_head_attention", "multihead_attention", rank=3, operands=3, pack=tuple)
CONVOLUTION = itemgetter(
    "out_channels", "in_channels", "kernel_size", "stride", "padding", "dilation", "groups"
)


def _convolution(axes: int) -> Read:
    kind = Kind(f"conv{axes}d", "convolution", rank=axes + 2)

    def read(m: Any) -> Leaf | None:
        state = m.__dict__
        if state["padding_mode"] != "zeros":
            return None
        sizes = CONVOLUTION(state)
        bias = state["_parameters"]["bias"] is not None
        if type(sizes[3]) is type(sizes[4]) is type(sizes[5]) is tuple:  # as the constructor has them
            return kind, new(ConvArguments, (*sizes, bias, None))
        return kind, conv_arguments(*sizes, bias=bias)

    return read


def _transposed(axes: int) -> Read:
    kind = Kind(f"conv_transpose{axes}d", "transposed_convolution", rank=axes + 2)

    def read(m: Any) -> Leaf | None:
        arguments = TransposedArguments(
            m.out_channels,
            m.in_channels,
            every(m.kernel_size, axes),
            every(m.stride, axes),
            every(m.padding, axes),
            every(m.dilation, axes),
            m.groups,
            m.bias is not None,
            every(m.output_padding, axes),
        )
        return kind, arguments

    return read


def _linear(m: Any) -> Leaf:
    return LINEAR, LinearArguments(m.out_features, m.in_features, m._parameters["bias"] is not None)


def _lazy_linear(m: Any) -> Leaf:
    return LAZY_LINEAR, LinearArguments(m.out_features, None, m._parameters["bias"] is not None)


def _max_pool(axes: int) -> Read:
    kind = Kind(f"max_pool{axes}d", "pooling")

    def read(m: Any) -> Leaf | None:
        if m.return_indices:
            return None
        kernel = every(m.kernel_size, axes)
        arguments = PoolArguments(
            kernel, every(m.stride, axes), every(m.padding, axes), every(m.dilation, axes), m.ceil_mode
        )
        return kind, arguments

    return read


def _avg_pool(axes: int) -> Read:
    kind = Kind(f"avg_pool{axes}d", "pooling")

    def read(m: Any) -> Leaf:
        arguments = PoolArguments(
            every(m.kernel_size, axes),
            every(m.stride, axes),
            every(m.padding, axes),
            (1,) * axes,
            m.ceil_mode,
        )
        return kind, arguments

    return read


def _adaptive(of: str, axes: int) -> Read:
    kind = Kind(f"adaptive_{of}_pool{axes}d", "adaptive_pool")

    def read(m: Any) -> Leaf | None:
        if m.__dict__.get("return_indices", False):
            return None
        size = m.output_size
        sizes = (size,) * axes if size is None or isinstance(size, int) else tuple(size)
        return kind, AdaptiveArguments(sizes)

    return read


def _affine(m: Any) -> tuple[bool, bool]:
    weights = m._parameters
    return weights.get("weight") is not None, weights.get("bias") is not None


def _batch_norm(m: Any) -> Leaf:
    state = m.__dict__
    weights = state["_parameters"]
    scale, shift = weights.get("weight") is not None, weights.get("bias") is not None
    arguments = new(NormArguments, ((state["num_features"],), scale, shift, 1))
    by_batch = state["training"] or state["_buffers"].get("running_mean") is None
    return BATCH_STATISTICS if by_batch else BATCH_NORM, arguments


def _group_norm(m: Any) -> Leaf:
    return GROUP_NORM, NormArguments((m.num_channels,), *_affine(m), 1)


def _layer_norm(m: Any) -> Leaf:
    return LAYER_NORM, NormArguments(tuple(m.normalized_shape), *_affine(m), -1)


def _response_norm(m: Any) -> Leaf:
    return RESPONSE_NORM, ResponseNormArguments(m.size)


def _activation(name: str) -> Read:
    fresh, written = ((Kind(name, "activation", in_place=own), NOTHING) for own in (False, True))

    def read(m: Any) -> Leaf:
        return written if m.__dict__.get("inplace", False) else fresh

    return read


def _prelu(m: Any) -> Leaf:
    return PRELU, PreluArguments(m.num_parameters)


def _softmax(name: str) -> Read:
    kind = Kind(name, "softmax")

    def read(m: Any) -> Leaf | None:
        return None if m.dim is None else (kind, SoftmaxArguments(m.dim))

    return read


def _dropout(m: Any) -> Leaf:
    if m.training:
        return DROPOUT_IN_PLACE if m.inplace else DROPOUT, NOTHING
    return NO_DROPOUT, NOTHING


def _identity(m: Any) -> Leaf:
    return IDENTITY, NOTHING


def _flatten(m: Any) -> Leaf:
    return FLATTEN, FlattenArguments(m.start_dim, m.end_dim)


def _multihead(m: Any) -> Leaf | None:
    if m.bias_k is not None or m.add_zero_attn:
        return None
    arguments = MultiheadArguments(
        m.embed_dim, m.num_heads, m.kdim, m.vdim, m.in_proj_bias is not None, m.batch_first
    )
    return ATTENTION, arguments


def _recurrent(gates: int, name: str) -> Read:
    kind = Kind(name, "recurrent", rank=3, pack=_states if gates == 4 else tuple)

    def read(m: Any) -> Leaf:
        arguments = RecurrentArguments(
            gates,
            m.input_size,
            m.hidden_size,
            m.num_layers,
            m.bias,
            m.batch_first,
            2 if m.bidirectional else 1,
            m.proj_size,
        )
        return kind, arguments

    return read


def _states(tensors: Sequence[Tensor]) -> Any:
    out, hidden, cell = tensors
    return out, (hidden, cell)


LEAVES: dict[type[nn.Module], Read] = {
    nn.Conv1d: _convolution(1),
    nn.Conv2d: _convolution(2),
    nn.Conv3d: _convolution(3),
    nn.ConvTranspose1d: _transposed(1),
    nn.ConvTranspose2d: _transposed(2),
    nn.ConvTranspose3d: _transposed(3),
    nn.Linear: _linear,
    nn.LazyLinear: _lazy_linear,
    nn.MaxPool1d: _max_pool(1),
    nn.MaxPool2d: _max_pool(2),
    nn.MaxPool3d: _max_pool(3),
    nn.AvgPool1d: _avg_pool(1),
    nn.AvgPool2d: _avg_pool(2),
    nn.AvgPool3d: _avg_pool(3),
    nn.AdaptiveAvgPool1d: _adaptive("avg", 1),
    nn.AdaptiveAvgPool2d: _adaptive("avg", 2),
    nn.AdaptiveAvgPool3d: _adaptive("avg", 3),
    nn.AdaptiveMaxPool1d: _adaptive("max", 1),
    nn.AdaptiveMaxPool2d: _adaptive("max", 2),
    nn.AdaptiveMaxPool3d: _adaptive("max", 3),
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.BatchNorm3d: _batch_norm,
    nn.GroupNorm: _group_norm,
    nn.LayerNorm: _layer_norm,
    nn.LocalResponseNorm: _response_norm,
    nn.ReLU: _activation("relu"),
    nn.ReLU6: _activation("relu6"),
    nn.LeakyReLU: _activation("leaky_relu"),
    nn.ELU: _activation("elu"),
    nn.CELU: _activation("celu"),
    nn.SELU: _activation("selu"),
    nn.GELU: _activation("gelu"),
    nn.SiLU: _activation("silu"),
    nn.Mish: _activation("mish"),
    nn.Hardswish: _activation("hardswish"),
    nn.Hardsigmoid: _activation("hardsigmoid"),
    nn.Hardtanh: _activation("hardtanh"),
    nn.Softplus: _activation("softplus"),
    nn.Softsign: _activation("softsign"),
    nn.Sigmoid: _activation("sigmoid"),
    nn.Tanh: _activation("tanh"),
    nn.LogSigmoid: _activation("logsigmoid"),
    nn.PReLU: _prelu,
    nn.Softmax: _softmax("softmax"),
    nn.LogSoftmax: _softmax("log_softmax"),
    nn.Dropout: _dropout,
    nn.Dropout1d: _dropout,
    nn.Dropout2d: _dropout,
    nn.Dropout3d: _dropout,
    nn.AlphaDropout: _dropout,
    nn.Identity: _identity,
    nn.Flatten: _flatten,
    nn.MultiheadAttention: _multihead,
    nn.LSTM: _recurrent(4, "lstm"),
    nn.GRU: _recurrent(3, "gru"),
    nn.RNN: _recurrent(1, "rnn"),
}
