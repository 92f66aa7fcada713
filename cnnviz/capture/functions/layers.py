"""Convolutions, linear layers, matrix products, attention, pooling and normalisation as torch functions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.capture.call import Call
from cnnviz.capture.functions.common import NOTHING, Adapter, add, every, named
from cnnviz.formulas.convolution import ConvArguments, TransposedArguments
from cnnviz.formulas.elementwise import (
    NormArguments,
    PreluArguments,
    ResponseNormArguments,
    SoftmaxArguments,
)
from cnnviz.formulas.linear import EinsumArguments, LinearArguments
from cnnviz.formulas.pooling import AdaptiveArguments, PoolArguments
from cnnviz.formulas.tensors import (
    EmbeddingArguments,
)


def same_padding(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Padding before and after for `padding="same"`; an even window gets the odd pixel behind."""
    totals = [d * (f - 1) for f, d in zip(kernel, dilation, strict=True)]
    return tuple(t // 2 for t in totals), tuple(t - t // 2 for t in totals)


def conv_arguments(
    channels: int,
    in_channels: int,
    kernel: tuple[int, ...],
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    *,
    bias: bool,
) -> ConvArguments:
    axes = len(kernel)
    dilation = every(dilation, axes)
    after = None
    if padding == "same":
        before, after = same_padding(kernel, dilation)
        after = None if after == before else after
    else:
        before = (0,) * axes if padding == "valid" else every(padding, axes)
    return ConvArguments(
        channels, in_channels, kernel, every(stride, axes), before, dilation, groups, bias, after
    )


def _convolution(axes: int) -> Adapter:
    def adapter(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Call | None:
        n_out, c, *kernel = weight.shape
        if input.dim() != axes + 2:
            return None
        arguments = conv_arguments(
            n_out, c * groups, tuple(kernel), stride, padding, dilation, groups, bias=bias is not None
        )
        return Call(f"conv{axes}d", "convolution", arguments, (input,), (weight, bias))

    return adapter


def _transposed(axes: int) -> Adapter:
    def adapter(
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> Call | None:
        c, per_group, *kernel = weight.shape
        if input.dim() != axes + 2:
            return None
        arguments = TransposedArguments(
            per_group * groups,
            c,
            tuple(kernel),
            every(stride, axes),
            every(padding, axes),
            every(dilation, axes),
            groups,
            bias is not None,
            every(output_padding, axes),
        )
        return Call(f"conv_transpose{axes}d", "transposed_convolution", arguments, (input,), (weight, bias))

    return adapter


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Call:
    n_out, n_in = weight.shape
    return Call("linear", "linear", LinearArguments(n_out, n_in, bias is not None), (input,), (weight, bias))


def matmul(input: Tensor, other: Tensor) -> Call:
    return Call("matmul", "matrix_product", NOTHING, (input, other))


def einsum(equation: Any, *operands: Any) -> Call | None:
    operands = (
        tuple(operands[0]) if len(operands) == 1 and isinstance(operands[0], list | tuple) else operands
    )
    if not isinstance(equation, str) or len(operands) != 2 or "." in equation:
        return None
    inputs, arrow, out = equation.replace(" ", "").partition("->")
    left, _, right = inputs.partition(",")
    if any(len(set(letters)) != len(letters) for letters in (left, right, out)):
        return None  # a diagonal
    if not arrow:
        letters = left + right
        out = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    return Call("einsum", "einsum", EinsumArguments(left, right, out), operands)


def addmm(input: Tensor, a: Tensor, b: Tensor, *, beta: float = 1, alpha: float = 1) -> Call:
    return Call("addmm", "added_product", NOTHING, (input, a, b))


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Call | None:
    if enable_gqa or query.shape[:-2] != key.shape[:-2]:
        return None
    masks = () if attn_mask is None else (attn_mask,)
    return Call("scaled_dot_product_attention", "attention", NOTHING, (query, key, value, *masks))


def _max_pool(axes: int) -> Adapter:
    def adapter(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Call | None:
        if return_indices:
            return None
        kernel = every(kernel_size, axes)
        steps = kernel if stride is None or stride == () or stride == [] else every(stride, axes)
        arguments = PoolArguments(kernel, steps, every(padding, axes), every(dilation, axes), ceil_mode)
        return Call(f"max_pool{axes}d", "pooling", arguments, (input,))

    return adapter


def _avg_pool(axes: int) -> Adapter:
    def adapter(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Call:
        kernel = every(kernel_size, axes)
        steps = kernel if stride is None or stride == () or stride == [] else every(stride, axes)
        arguments = PoolArguments(kernel, steps, every(padding, axes), (1,) * axes, ceil_mode)
        return Call(f"avg_pool{axes}d", "pooling", arguments, (input,))

    return adapter


def _adaptive(kind: str, axes: int) -> Adapter:
    def adapter(input: Tensor, output_size: Any, return_indices: bool = False) -> Call | None:
        if return_indices:
            return None
        size = (output_size,) * axes if output_size is None else every(output_size, axes)
        return Call(f"adaptive_{kind}_pool{axes}d", "adaptive_pool", AdaptiveArguments(size), (input,))

    return adapter


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    *rest: Any,
    **more: Any,
) -> Call:
    known = next((t for t in (weight, bias, running_mean) if t is not None), None)
    channels = () if known is None else tuple(known.shape)
    arguments = NormArguments(channels, weight is not None, bias is not None, 1)
    rule = "batch_statistics" if training else "normalisation"
    return Call("batch_norm", rule, arguments, (input,), (weight, bias))


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    *rest: Any,
    **more: Any,
) -> Call:
    return batch_norm(input, running_mean, running_var, weight, bias)._replace(op="instance_norm")


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Call:
    arguments = NormArguments(tuple(normalized_shape), weight is not None, bias is not None, -1)
    return Call("layer_norm", "normalisation", arguments, (input,), (weight, bias))


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Call:
    return layer_norm(input, normalized_shape, weight)._replace(op="rms_norm")


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Call:
    channels = () if weight is None else tuple(weight.shape)
    arguments = NormArguments(channels, weight is not None, bias is not None, 1)
    return Call("group_norm", "normalisation", arguments, (input,), (weight, bias))


def local_response_norm(input: Tensor, size: int, *rest: Any, **more: Any) -> Call:
    return Call("local_response_norm", "response_norm", ResponseNormArguments(size), (input,))


def normalize(input: Tensor, *rest: Any, out: Tensor | None = None, **more: Any) -> Call | None:
    if out is not None:
        return None
    return Call("normalize", "normalisation", NormArguments((), False, False, 1), (input,))


def prelu(input: Tensor, weight: Tensor) -> Call:
    return Call("prelu", "prelu", PreluArguments(weight.numel()), (input,), (weight,))


def softmax(input: Tensor, dim: int | None = None, *rest: Any, **more: Any) -> Call | None:
    if dim is None:
        return None
    return Call("softmax", "softmax", SoftmaxArguments(dim), (input,))


def dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
) -> Call:
    return Call(
        "dropout", "same" if training else "alias", NOTHING, (input,), in_place=inplace, alias=not training
    )


def embedding(input: Tensor, weight: Tensor, *rest: Any, **more: Any) -> Call:
    rows, width = weight.shape
    arguments = EmbeddingArguments(rows, width)
    return Call("embedding", "embedding", arguments, (input,), (weight,), dtype=weight.dtype)


ADAPTERS: dict[Any, Adapter] = {}
register = partial(add, ADAPTERS)
for _axes in (1, 2, 3):
    register(_convolution(_axes), getattr(F, f"conv{_axes}d"), getattr(torch, f"conv{_axes}d"))
    register(_transposed(_axes), *named(f"conv_transpose{_axes}d", torch, F))
    register(_max_pool(_axes), *named(f"max_pool{_axes}d", torch, F))
    register(_avg_pool(_axes), *named(f"avg_pool{_axes}d", F), *named(f"avg_pool{_axes}d", torch))
    for _kind in ("avg", "max"):
        register(_adaptive(_kind, _axes), *named(f"adaptive_{_kind}_pool{_axes}d", F))
    register(_adaptive("avg", _axes), *named(f"adaptive_avg_pool{_axes}d", torch))
    register(dropout, *named(f"dropout{_axes}d", F))
register(linear, F.linear)
for _name in ("matmul", "bmm", "mm", "mv", "__matmul__"):
    register(matmul, *named(_name, torch, Tensor))
register(einsum, torch.einsum)
register(addmm, *named("addmm", torch, Tensor), *named("baddbmm", torch, Tensor))
register(attention, F.scaled_dot_product_attention)
register(batch_norm, F.batch_norm, torch.batch_norm)
register(instance_norm, F.instance_norm)
register(layer_norm, F.layer_norm)
register(rms_norm, *named("rms_norm", F))
register(group_norm, F.group_norm)
register(local_response_norm, F.local_response_norm)
register(normalize, F.normalize)
register(prelu, F.prelu, torch.prelu)
for _name in ("softmax", "log_softmax"):
    register(softmax, *named(_name))
for _name in ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"):
    register(dropout, *named(_name, torch, F))
register(embedding, F.embedding)
