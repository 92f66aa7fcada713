"""Torch's own leaf modules, each read once into the rule that knows it.

A leaf's forward is answered by its rule without running any of its Python: that is what makes a trace fast.
A module that is not in the table, or that has been changed, runs its own forward instead, and the functions
that it calls are recognised one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from cnnviz.capture.call import only
from cnnviz.capture.functions.common import every
from cnnviz.capture.functions.layers import conv_arguments
from cnnviz.formulas.convolution import ConvArguments, TransposedArguments
from cnnviz.formulas.elementwise import NormArguments, PreluArguments, SoftmaxArguments
from cnnviz.formulas.linear import LinearArguments, MultiheadArguments, RecurrentArguments
from cnnviz.formulas.pooling import AdaptiveArguments, PoolArguments
from cnnviz.formulas.rule import Nothing
from cnnviz.formulas.shapes import FlattenArguments

NOTHING = Nothing()


class Leaf(NamedTuple):
    """Everything about a leaf module's call but the tensors."""

    op: str
    rule: str
    arguments: Any
    rank: int = 0  # axes that the input must have, batch included; 0: any
    in_place: bool = False
    alias: bool = False
    operands: int = 1
    pack: Callable[[Sequence[Tensor]], Any] = only
    unsized: bool = False  # a lazy layer: its first input says how large it is


SIMPLE = Leaf("", "", None)[4:]  # one tensor in, one new tensor out
new: Any = tuple.__new__  # for the two commonest leaves: a NamedTuple in half the time of its constructor


def _convolution(axes: int) -> Callable[[Any], Leaf | None]:
    op, rank = f"conv{axes}d", axes + 2

    def read(m: Any) -> Leaf | None:
        if m.padding_mode != "zeros":
            return None
        bias = m._parameters["bias"] is not None
        sizes = m.out_channels, m.in_channels, m.kernel_size, m.stride
        if isinstance(m.padding, str):
            arguments = conv_arguments(*sizes, m.padding, m.dilation, m.groups, bias=bias)
        else:
            arguments = new(ConvArguments, (*sizes, m.padding, m.dilation, m.groups, bias, None))
        found: Leaf = new(Leaf, (op, "convolution", arguments, rank, *SIMPLE))
        return found

    return read


def _transposed(axes: int) -> Callable[[Any], Leaf | None]:
    def read(m: Any) -> Leaf | None:
        arguments = TransposedArguments(
            m.out_channels,
            m.in_channels,
            tuple(m.kernel_size),
            tuple(m.stride),
            tuple(m.padding),
            tuple(m.dilation),
            m.groups,
            m.bias is not None,
            tuple(m.output_padding),
        )
        return Leaf(f"conv_transpose{axes}d", "transposed_convolution", arguments, rank=axes + 2)

    return read


def _linear(m: Any) -> Leaf:
    bias = m._parameters["bias"] is not None
    return Leaf("linear", "linear", LinearArguments(m.out_features, m.in_features, bias))


def _lazy_linear(m: Any) -> Leaf:
    arguments = LinearArguments(m.out_features, None, m._parameters["bias"] is not None)
    return Leaf("linear", "linear", arguments, unsized=True)


def _max_pool(axes: int) -> Callable[[Any], Leaf | None]:
    def read(m: Any) -> Leaf | None:
        if m.return_indices:
            return None
        kernel = every(m.kernel_size, axes)
        arguments = PoolArguments(
            kernel, every(m.stride, axes), every(m.padding, axes), every(m.dilation, axes), m.ceil_mode
        )
        return Leaf(f"max_pool{axes}d", "pooling", arguments)

    return read


def _avg_pool(axes: int) -> Callable[[Any], Leaf | None]:
    def read(m: Any) -> Leaf:
        arguments = PoolArguments(
            every(m.kernel_size, axes),
            every(m.stride, axes),
            every(m.padding, axes),
            (1,) * axes,
            m.ceil_mode,
        )
        return Leaf(f"avg_pool{axes}d", "pooling", arguments)

    return read


def _adaptive(kind: str, axes: int) -> Callable[[Any], Leaf | None]:
    op = f"adaptive_{kind}_pool{axes}d"

    def read(m: Any) -> Leaf | None:
        if m.__dict__.get("return_indices", False):
            return None
        size = m.output_size
        sizes = (size,) * axes if size is None or isinstance(size, int) else tuple(size)
        return Leaf(op, "adaptive_pool", AdaptiveArguments(sizes))

    return read


def _affine(m: Any) -> tuple[bool, bool]:
    weights = m._parameters
    return weights.get("weight") is not None, weights.get("bias") is not None


def _batch_norm(m: Any) -> Leaf:
    weights = m._parameters
    scale, shift = weights.get("weight") is not None, weights.get("bias") is not None
    arguments = new(NormArguments, ((m.num_features,), scale, shift, 1))
    by_batch = m.training or m._buffers.get("running_mean") is None
    rule = "batch_statistics" if by_batch else "normalisation"
    found: Leaf = new(Leaf, ("batch_norm", rule, arguments, 0, *SIMPLE))
    return found


def _group_norm(m: Any) -> Leaf:
    arguments = NormArguments((m.num_channels,), *_affine(m), 1)
    return Leaf("group_norm", "normalisation", arguments)


def _layer_norm(m: Any) -> Leaf:
    arguments = NormArguments(tuple(m.normalized_shape), *_affine(m), -1)
    return Leaf("layer_norm", "normalisation", arguments)


def _response_norm(m: Any) -> Leaf:
    return Leaf("local_response_norm", "normalisation", NormArguments((), False, False, 1))


def _activation(name: str) -> Callable[[Any], Leaf | None]:
    fresh, written = (Leaf(name, "activation", NOTHING, in_place=in_place) for in_place in (False, True))

    def read(m: Any) -> Leaf:
        return written if m.__dict__.get("inplace", False) else fresh

    return read


def _prelu(m: Any) -> Leaf:
    return Leaf("prelu", "prelu", PreluArguments(m.num_parameters))


def _softmax(name: str) -> Callable[[Any], Leaf | None]:
    def read(m: Any) -> Leaf | None:
        return None if m.dim is None else Leaf(name, "softmax", SoftmaxArguments(m.dim))

    return read


def _dropout(m: Any) -> Leaf:
    if m.training:
        return Leaf("dropout", "same", NOTHING, in_place=m.inplace)
    return Leaf("dropout", "alias", NOTHING, alias=True)


def _identity(m: Any) -> Leaf:
    return Leaf("identity", "alias", NOTHING, alias=True)


def _flatten(m: Any) -> Leaf:
    return Leaf("flatten", "flatten", FlattenArguments(m.start_dim, m.end_dim), alias=True)


def _multihead(m: Any) -> Leaf | None:
    if m.bias_k is not None or m.add_zero_attn:
        return None
    arguments = MultiheadArguments(
        m.embed_dim, m.num_heads, m.kdim, m.vdim, m.in_proj_bias is not None, m.batch_first
    )
    return Leaf("multi_head_attention", "multihead_attention", arguments, rank=3, operands=3, pack=tuple)


def _recurrent(gates: int, name: str) -> Callable[[Any], Leaf | None]:
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
        pack = _states if gates == 4 else tuple
        return Leaf(name, "recurrent", arguments, rank=3, pack=pack)

    return read


def _states(tensors: Sequence[Tensor]) -> Any:
    out, hidden, cell = tensors
    return out, (hidden, cell)


LEAVES: dict[type[nn.Module], Callable[[Any], Leaf | None]] = {
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
