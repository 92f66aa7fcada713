"""Torch's functions, each read into the rule that knows it.

An adapter has the signature of the function it stands for and returns a Call, or None where it does not know
these arguments; torch itself then runs the operation, and the trace lists it as not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.capture.call import Call
from cnnviz.capture.sizes import plain
from cnnviz.formulas.convolution import ConvArguments, TransposedArguments
from cnnviz.formulas.elementwise import NormArguments, PreluArguments, SoftmaxArguments
from cnnviz.formulas.linear import EinsumArguments, LinearArguments
from cnnviz.formulas.pooling import AdaptiveArguments, PoolArguments, ReduceArguments
from cnnviz.formulas.rule import Nothing
from cnnviz.formulas.shapes import (
    AxesArguments,
    AxisArguments,
    FlattenArguments,
    IndexArguments,
    ViewArguments,
)
from cnnviz.formulas.tensors import (
    ChunkArguments,
    CreateArguments,
    EmbeddingArguments,
    PadArguments,
    RepeatArguments,
    ResizeArguments,
    ShuffleArguments,
    SplitArguments,
    TakeArguments,
)

Adapter = Callable[..., Call | None]
ADAPTERS: dict[Any, Adapter] = {}
NOTHING = Nothing()


def every(value: Any, axes: int) -> tuple[int, ...]:
    """One number for each axis, from an int or a sequence as torch takes them."""
    if isinstance(value, int):
        return (value,) * axes
    values = tuple(value)
    return values * axes if len(values) == 1 else values


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
        input: Tensor,  # noqa: A002 - torch's own keyword
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
        input: Tensor,  # noqa: A002
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


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Call:  # noqa: A002
    n_out, n_in = weight.shape
    return Call("linear", "linear", LinearArguments(n_out, n_in, bias is not None), (input,), (weight, bias))


def matmul(input: Tensor, other: Tensor) -> Call:  # noqa: A002
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


def addmm(input: Tensor, a: Tensor, b: Tensor, *, beta: float = 1, alpha: float = 1) -> Call:  # noqa: A002
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
        input: Tensor,  # noqa: A002
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
        input: Tensor,  # noqa: A002
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
    def adapter(input: Tensor, output_size: Any, return_indices: bool = False) -> Call | None:  # noqa: A002
        if return_indices:
            return None
        size = (output_size,) * axes if output_size is None else every(output_size, axes)
        return Call(f"adaptive_{kind}_pool{axes}d", "adaptive_pool", AdaptiveArguments(size), (input,))

    return adapter


def batch_norm(
    input: Tensor,  # noqa: A002
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
    input: Tensor,  # noqa: A002
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    *rest: Any,
    **more: Any,
) -> Call:
    return batch_norm(input, running_mean, running_var, weight, bias)._replace(op="instance_norm")


def layer_norm(
    input: Tensor,  # noqa: A002
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Call:
    arguments = NormArguments(tuple(normalized_shape), weight is not None, bias is not None, -1)
    return Call("layer_norm", "normalisation", arguments, (input,), (weight, bias))


def rms_norm(
    input: Tensor,  # noqa: A002
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Call:
    return layer_norm(input, normalized_shape, weight)._replace(op="rms_norm")


def group_norm(
    input: Tensor,  # noqa: A002
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Call:
    channels = () if weight is None else tuple(weight.shape)
    arguments = NormArguments(channels, weight is not None, bias is not None, 1)
    return Call("group_norm", "normalisation", arguments, (input,), (weight, bias))


def local_response_norm(input: Tensor, *rest: Any, **more: Any) -> Call:  # noqa: A002
    return Call("local_response_norm", "normalisation", NormArguments((), False, False, 1), (input,))


def normalize(input: Tensor, *rest: Any, out: Tensor | None = None, **more: Any) -> Call | None:  # noqa: A002
    if out is not None:
        return None
    return Call("normalize", "normalisation", NormArguments((), False, False, 1), (input,))


def prelu(input: Tensor, weight: Tensor) -> Call:  # noqa: A002
    return Call("prelu", "prelu", PreluArguments(weight.numel()), (input,), (weight,))


def softmax(input: Tensor, dim: int | None = None, *rest: Any, **more: Any) -> Call | None:  # noqa: A002
    if dim is None:
        return None
    return Call("softmax", "softmax", SoftmaxArguments(dim), (input,))


def dropout(
    input: Tensor,  # noqa: A002
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
) -> Call:
    return Call(
        "dropout", "same" if training else "alias", NOTHING, (input,), in_place=inplace, alias=not training
    )


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Call:  # noqa: A002
    alias = input.is_contiguous() or torch.flatten(input, start_dim, end_dim)._is_view()
    return Call("flatten", "flatten", FlattenArguments(start_dim, end_dim), (input,), alias=alias)


def view(input: Tensor, *shape: Any, **more: Any) -> Call | None:  # noqa: A002
    if more or not shape or isinstance(shape[0], torch.dtype):
        return None
    sizes = tuple(shape[0]) if isinstance(shape[0], list | tuple) else shape
    return Call("view", "view", ViewArguments(sizes), (input,), alias=True)


def reshape(input: Tensor, *shape: Any, **more: Any) -> Call | None:  # noqa: A002
    call = view(input, *(shape or (more.get("shape"),)))
    if call is None or input.is_contiguous():
        return call and call._replace(op="reshape")
    return call._replace(op="reshape", alias=_viewable(input, plain(call.arguments.shape)))


def _viewable(input: Tensor, shape: tuple[int, ...]) -> bool:  # noqa: A002
    """Whether torch can give a tensor this shape without copying its values into order."""
    try:
        input.view(shape)
    except RuntimeError:
        return False
    return True


def view_as(input: Tensor, other: Tensor) -> Call | None:  # noqa: A002
    return view(input, other.shape)


def permute(input: Tensor, *dims: Any) -> Call:  # noqa: A002
    axes = tuple(dims[0]) if isinstance(dims[0], list | tuple) else dims
    return Call("permute", "permute", AxesArguments(axes), (input,), alias=True)


def transpose(input: Tensor, dim0: int, dim1: int) -> Call:  # noqa: A002
    axes = list(range(input.dim()))
    axes[dim0], axes[dim1] = axes[dim1], axes[dim0]
    return Call("transpose", "permute", AxesArguments(tuple(axes)), (input,), alias=True)


def transposed_matrix(input: Tensor) -> Call:  # noqa: A002
    return transpose(input, -2, -1)


def reversed_axes(input: Tensor) -> Call:  # noqa: A002
    """`x.T` and `x.t()`."""
    axes = tuple(reversed(range(input.dim())))
    return Call("transpose", "permute", AxesArguments(axes), (input,), alias=True)


def movedim(input: Tensor, source: Any, destination: Any) -> Call | None:  # noqa: A002
    if not isinstance(source, int) or not isinstance(destination, int):
        return None
    axes = list(range(input.dim()))
    axes.insert(destination % len(axes), axes.pop(source % len(axes)))
    return Call("movedim", "permute", AxesArguments(tuple(axes)), (input,), alias=True)


def squeeze(input: Tensor, dim: Any = None) -> Call:  # noqa: A002
    axes = () if dim is None else every(dim, 1)
    return Call("squeeze", "squeeze", AxesArguments(axes), (input,), alias=True)


def unsqueeze(input: Tensor, dim: int) -> Call:  # noqa: A002
    return Call("unsqueeze", "unsqueeze", AxesArguments((dim,)), (input,), alias=True)


def expand(input: Tensor, *sizes: Any, implicit: bool = False) -> Call:  # noqa: A002
    shape = tuple(sizes[0]) if isinstance(sizes[0], list | tuple) else sizes
    return Call("expand", "expand", ViewArguments(shape), (input,), alias=True)


def expand_as(input: Tensor, other: Tensor) -> Call:  # noqa: A002
    return expand(input, tuple(other.shape))


def index(input: Tensor, key: Any) -> Call | None:  # noqa: A002
    entries: list[tuple[Any, ...]] = []
    for part in key if isinstance(key, tuple) else (key,):
        if part is None:
            entries.append(("new",))
        elif part is Ellipsis:
            entries.append(("rest",))
        elif isinstance(part, bool):
            return None
        elif isinstance(part, int):
            entries.append(("int", part))
        elif isinstance(part, slice):
            entries.append(("slice", part.start, part.stop, part.step))
        else:
            return None  # an index tensor: its values decide
    return Call("getitem", "index", IndexArguments(tuple(entries)), (input,), alias=True)


def select(input: Tensor, dim: int, index: int) -> Call:  # noqa: A002
    axis = dim % input.dim()
    entries = (*((("slice", None, None, None),) * axis), ("int", index))
    return Call("select", "index", IndexArguments(entries), (input,), alias=True)


def narrow(input: Tensor, dim: int, start: int, length: int) -> Call:  # noqa: A002
    axis = dim % input.dim()
    entries = (*((("slice", None, None, None),) * axis), ("slice", start, start + length, None))
    return Call("narrow", "index", IndexArguments(entries), (input,), alias=True)


def index_select(input: Tensor, dim: int, index: Tensor) -> Call:  # noqa: A002
    return Call("index_select", "take", TakeArguments(dim, index.numel()), (input,))


def cat(tensors: Sequence[Tensor], dim: int = 0, *, axis: int | None = None) -> Call:
    return Call("cat", "concatenate", AxisArguments(dim if axis is None else axis), tuple(tensors))


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Call:
    return Call("stack", "stack", AxisArguments(dim), tuple(tensors))


def chunk(input: Tensor, chunks: int, dim: int = 0) -> Call:  # noqa: A002
    arguments = ChunkArguments(dim, chunks, 0)
    return Call("chunk", "chunk", arguments, (input,), alias=True, pack=tuple)


def split(input: Tensor, split_size_or_sections: Any, dim: int = 0) -> Call:  # noqa: A002
    size = split_size_or_sections
    if isinstance(size, int):
        return Call("split", "chunk", ChunkArguments(dim, 0, size), (input,), alias=True, pack=tuple)
    return Call("split", "split", SplitArguments(dim, tuple(size)), (input,), alias=True, pack=tuple)


def split_method(input: Tensor, split_size: Any, dim: int = 0) -> Call:  # noqa: A002
    return split(input, split_size, dim)


def unbind(input: Tensor, dim: int = 0) -> Call:  # noqa: A002
    return Call("unbind", "unbind", AxisArguments(dim), (input,), alias=True, pack=tuple)


def iterated(input: Tensor) -> Call:  # noqa: A002
    """`for part in x` and `q, k, v = x`."""
    return unbind(input)._replace(pack=iter)


def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Call | None:  # noqa: A002
    if not isinstance(sizes, list | tuple) or -1 in sizes:
        return None
    axis, before = dim % input.dim(), input.shape
    shape = (*before[:axis], *sizes, *before[axis + 1 :])
    return Call("unflatten", "view", ViewArguments(shape), (input,), alias=True)


def pad(
    input: Tensor,  # noqa: A002
    pad: Sequence[int],
    mode: str = "constant",
    value: float | None = None,
) -> Call:
    return Call("pad", "pad", PadArguments(tuple(pad), mode), (input,))


def interpolate(
    input: Tensor,  # noqa: A002
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Call | None:
    axes = input.dim() - 2
    taps = {"linear": 2, "bilinear": 2, "trilinear": 2, "bicubic": 4}.get(mode, 1)
    if size is not None:
        return Call("interpolate", "resize", ResizeArguments(every(size, axes), (), taps), (input,))
    if scale_factor is None:
        return None
    factors = scale_factor if isinstance(scale_factor, list | tuple) else (scale_factor,) * axes
    ratios = (Fraction(factor).limit_denominator(1 << 20) for factor in factors)
    scale = tuple((ratio.numerator, ratio.denominator) for ratio in ratios)
    return Call("interpolate", "resize", ResizeArguments((), scale, taps), (input,))


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Call:  # noqa: A002
    return Call("pixel_shuffle", "pixel_shuffle", ShuffleArguments(upscale_factor), (input,))


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Call:  # noqa: A002
    return Call("pixel_unshuffle", "pixel_shuffle", ShuffleArguments(-downscale_factor), (input,))


def repeat(input: Tensor, *repeats: Any) -> Call:  # noqa: A002
    times = tuple(repeats[0]) if isinstance(repeats[0], list | tuple) else repeats
    return Call("repeat", "repeat", RepeatArguments(times), (input,))


def _reduction(name: str) -> Adapter:
    def adapter(input: Tensor, dim: Any = None, keepdim: bool = False, **more: Any) -> Call | None:  # noqa: A002
        if "out" in more or isinstance(dim, Tensor):
            return None
        axes = () if dim is None else every(more.get("axis", dim), 1)
        dtype = more.get("dtype")
        if (
            dtype is None
            and name in ("sum", "prod")
            and not (input.is_floating_point() or input.is_complex())
        ):
            dtype = torch.int64
        dtype = {"any": torch.bool, "all": torch.bool, "argmax": torch.int64, "argmin": torch.int64}.get(
            name, dtype
        )
        return Call(name, "reduce", ReduceArguments(axes, keepdim), (input,), dtype=dtype)

    return adapter


def _extreme(name: str) -> Adapter:
    """torch.max and torch.min: of all values, along an axis with the places, or of two tensors."""

    def adapter(input: Tensor, *rest: Any, **more: Any) -> Call | None:  # noqa: A002
        operands = (*rest, more.get("other"))
        if any(isinstance(value, Tensor) for value in operands):
            return ADAPTERS[getattr(torch, f"{name}imum")](input, *rest, **more)
        if not rest and "dim" not in more:
            return Call(name, "reduce", ReduceArguments((), False), (input,))
        axis, keep = (
            rest[0] if rest else more["dim"],
            rest[1] if len(rest) > 1 else more.get("keepdim", False),
        )
        pair = getattr(torch.return_types, name)
        arguments = ReduceArguments((axis,), bool(keep))
        return Call(name, "reduce_with_index", arguments, (input,), pack=pair)

    return adapter


def _same_shape(name: str) -> Adapter:
    """Values moved about or masked, in a new tensor of the same shape."""

    def adapter(input: Tensor, *rest: Any, **more: Any) -> Call | None:  # noqa: A002
        if "out" in more:
            return None
        others = tuple(
            value for value in (*rest, *more.values()) if isinstance(value, Tensor) and value.dim()
        )
        return Call(name, "arithmetic" if others else "same", NOTHING, (input, *others), dtype=input.dtype)

    return adapter


def embedding(input: Tensor, weight: Tensor, *rest: Any, **more: Any) -> Call:  # noqa: A002
    rows, width = weight.shape
    arguments = EmbeddingArguments(rows, width)
    return Call("embedding", "embedding", arguments, (input,), (weight,), dtype=weight.dtype)


def contiguous(input: Tensor, **more: Any) -> Call:  # noqa: A002
    copied = not input.is_contiguous(**more)
    return Call("contiguous", "same" if copied else "alias", NOTHING, (input,), alias=not copied)


def _activation(name: str, *, in_place: bool = False) -> Adapter:
    def adapter(input: Tensor, *rest: Any, inplace: bool = False, **more: Any) -> Call | None:  # noqa: A002
        if "out" in more or any(isinstance(value, Tensor) for value in rest):
            return None
        if name in _TAKE_INPLACE_FIRST and rest and isinstance(rest[-1], bool):
            inplace = rest[-1]
        return Call(name, "activation", NOTHING, (input,), in_place=in_place or inplace)

    return adapter


_TAKE_INPLACE_FIRST = frozenset({"relu", "relu6", "silu", "hardswish", "hardsigmoid", "mish", "selu"})


def _arithmetic(name: str, *, in_place: bool = False, boolean: bool = False) -> Adapter:
    def adapter(*operands: Any, **more: Any) -> Call | None:
        if not more and len(operands) == 2 and not boolean:
            a, b = operands
            if isinstance(a, Tensor) and isinstance(b, Tensor) and (in_place or a.dtype == b.dtype):
                return Call(name, "arithmetic", NOTHING, operands, (), in_place)
        if set(more) - {"alpha", "rounding_mode", "other", "exponent"}:
            return None
        values = (*operands, *(more[k] for k in ("other", "exponent") if k in more))
        tensors = tuple(value for value in values if isinstance(value, Tensor))
        if not tensors or not all(isinstance(value, Tensor | int | float | bool) for value in values):
            return None
        dtype = torch.bool if boolean else _promoted(name, values, tensors)
        return Call(name, "arithmetic", NOTHING, tensors, (), in_place, dtype=None if in_place else dtype)

    return adapter


def _promoted(name: str, values: Sequence[Any], tensors: Sequence[Tensor]) -> torch.dtype:
    dtype = tensors[0].dtype
    for tensor in tensors[1:]:
        other = tensor.dtype
        if other != dtype:
            dtype = torch.promote_types(dtype, other)
    floats = name == "div" or any(isinstance(value, float) for value in values)
    whole = not (dtype.is_floating_point or dtype.is_complex)
    return torch.get_default_dtype() if floats and whole else dtype


def _unary(name: str, *, in_place: bool = False) -> Adapter:
    def adapter(input: Tensor, *rest: Any, **more: Any) -> Call | None:  # noqa: A002
        if set(more) - {"min", "max", "decimals"} or input.is_complex():
            return None
        if any(isinstance(value, Tensor) for value in (*rest, *more.values())):
            return None
        return Call(name, "arithmetic", NOTHING, (input,), in_place=in_place)

    return adapter


def identity(input: Tensor, *rest: Any, **more: Any) -> Call:  # noqa: A002
    return Call("identity", "alias", NOTHING, (input,), alias=True)


def copied(input: Tensor, *rest: Any, **more: Any) -> Call:  # noqa: A002
    return Call("clone", "same", NOTHING, (input,))


def _converted(name: str, dtype: torch.dtype) -> Adapter:
    def adapter(input: Tensor, **more: Any) -> Call:  # noqa: A002
        changed = input.dtype != dtype
        rule = "same" if changed else "alias"
        return Call(name, rule, NOTHING, (input,), alias=not changed, dtype=dtype)

    return adapter


def moved(input: Tensor, *rest: Any, **more: Any) -> Call | None:  # noqa: A002
    """`x.to(device)` and `x.to(dtype)`: a move costs nothing in a shape trace."""
    dtype = more.get("dtype") or next((v for v in rest if isinstance(v, torch.dtype)), None)
    like = next((v for v in rest if isinstance(v, Tensor)), None)
    dtype = like.dtype if like is not None else dtype
    if dtype is None or dtype == input.dtype:
        return Call("to", "alias", NOTHING, (input,), alias=True)
    return Call("to", "same", NOTHING, (input,), dtype=dtype)


def _filled(name: str) -> Adapter:
    def adapter(*size: Any, **more: Any) -> Call | None:
        if "out" in more:
            return None
        if name == "full":
            size = size[:1] or (more.get("size"),)
        sizes = tuple(size[0]) if size and isinstance(size[0], list | tuple) else size
        dtype = more.get("dtype") or torch.get_default_dtype()
        return Call(name, "create", CreateArguments(sizes), (), dtype=dtype)

    return adapter


def arange(start: Any, end: Any = None, step: Any = 1, **more: Any) -> Call | None:
    if end is None:
        start, end = 0, start
    if step != 1 or not isinstance(start, int) or not isinstance(end, int):
        return None
    return Call(
        "arange", "create", CreateArguments((end - start,)), (), dtype=more.get("dtype") or torch.int64
    )


def _like(name: str) -> Adapter:
    def adapter(input: Tensor, *rest: Any, **more: Any) -> Call:  # noqa: A002
        return Call(name, "same", NOTHING, (input,), dtype=more.get("dtype"))

    return adapter


def _register(adapter: Adapter, *functions: Any) -> None:
    for function in functions:
        if function is not None:
            ADAPTERS[function] = adapter


def _named(name: str, *homes: Any) -> list[Any]:
    """What goes by this name in torch, its functional module and on tensors."""
    return [getattr(home, name) for home in (homes or (torch, F, Tensor)) if hasattr(home, name)]


ACTIVATIONS = (
    "relu relu6 leaky_relu elu celu selu gelu silu mish hardswish hardsigmoid hardtanh softplus "
    "sigmoid tanh softsign tanhshrink softshrink hardshrink logsigmoid threshold rrelu"
).split()
UNARY = (
    "abs neg exp log log2 log1p sqrt rsqrt square sin cos floor ceil round sign reciprocal erf clamp clip "
    "clamp_min clamp_max tan sinh cosh asin acos atan expm1 trunc frac nan_to_num bitwise_not"
).split()
REARRANGEMENTS = "roll flip fliplr flipud cumsum cumprod tril triu masked_fill".split()
BINARY = "add sub mul div true_divide floor_divide pow maximum minimum fmod remainder atan2".split()
COMPARISONS = "eq ne lt le gt ge logical_and logical_or logical_not bitwise_and bitwise_or".split()

for _axes in (1, 2, 3):
    _register(_convolution(_axes), getattr(F, f"conv{_axes}d"), getattr(torch, f"conv{_axes}d"))
    _register(_transposed(_axes), *_named(f"conv_transpose{_axes}d", torch, F))
    _register(_max_pool(_axes), *_named(f"max_pool{_axes}d", torch, F))
    _register(_avg_pool(_axes), *_named(f"avg_pool{_axes}d", F), *_named(f"avg_pool{_axes}d", torch))
    for _kind in ("avg", "max"):
        _register(_adaptive(_kind, _axes), *_named(f"adaptive_{_kind}_pool{_axes}d", F))
    _register(_adaptive("avg", _axes), *_named(f"adaptive_avg_pool{_axes}d", torch))
    _register(dropout, *_named(f"dropout{_axes}d", F))
_register(linear, F.linear)
for _name in ("matmul", "bmm", "mm", "mv", "__matmul__"):
    _register(matmul, *_named(_name, torch, Tensor))
_register(einsum, torch.einsum)
_register(addmm, *_named("addmm", torch, Tensor), *_named("baddbmm", torch, Tensor))
_register(attention, F.scaled_dot_product_attention)
_register(batch_norm, F.batch_norm, torch.batch_norm)
_register(instance_norm, F.instance_norm)
_register(layer_norm, F.layer_norm)
_register(rms_norm, *_named("rms_norm", F))
_register(group_norm, F.group_norm)
_register(local_response_norm, F.local_response_norm)
_register(normalize, F.normalize)
_register(prelu, F.prelu, torch.prelu)
for _name in ("softmax", "log_softmax"):
    _register(softmax, *_named(_name))
for _name in ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"):
    _register(dropout, *_named(_name, torch, F))
_register(flatten, *_named("flatten", torch, Tensor))
_register(view, Tensor.view)
_register(reshape, torch.reshape, Tensor.reshape)
_register(view_as, Tensor.view_as, Tensor.reshape_as)
_register(permute, *_named("permute", torch, Tensor))
for _name in ("transpose", "swapaxes", "swapdims"):
    _register(transpose, *_named(_name, torch, Tensor))
_register(transposed_matrix, Tensor.mT.__get__)  # type: ignore[attr-defined]
_register(reversed_axes, Tensor.T.__get__, *_named("t", torch, Tensor))  # type: ignore[attr-defined]
_register(movedim, *_named("movedim", torch, Tensor), *_named("moveaxis", torch, Tensor))
_register(squeeze, *_named("squeeze", torch, Tensor))
_register(unsqueeze, *_named("unsqueeze", torch, Tensor))
_register(expand, Tensor.expand, *_named("broadcast_to", torch, Tensor))
_register(expand_as, Tensor.expand_as)
_register(index, Tensor.__getitem__)
_register(select, *_named("select", torch, Tensor))
_register(narrow, *_named("narrow", torch, Tensor))
_register(index_select, *_named("index_select", torch, Tensor))
_register(cat, torch.cat, torch.concat, torch.concatenate)
_register(stack, torch.stack)
_register(chunk, *_named("chunk", torch, Tensor))
_register(split, torch.split, *_named("split_with_sizes", torch, Tensor))
_register(split_method, Tensor.split)
_register(pad, F.pad)
_register(interpolate, F.interpolate)
_register(pixel_shuffle, torch.pixel_shuffle, F.pixel_shuffle)
_register(pixel_unshuffle, torch.pixel_unshuffle, F.pixel_unshuffle)
_register(repeat, Tensor.repeat)
_register(unbind, *_named("unbind", torch, Tensor))
_register(iterated, Tensor.__iter__)
_register(unflatten, *_named("unflatten", torch, Tensor))
for _name in ("max", "min"):
    _register(_extreme(_name), *_named(_name, torch, Tensor))
for _name in REARRANGEMENTS:
    _register(_same_shape(_name), *_named(_name, torch, Tensor))
for _name in (
    "mean",
    "sum",
    "amax",
    "amin",
    "logsumexp",
    "std",
    "var",
    "prod",
    "any",
    "all",
    "argmax",
    "argmin",
):
    _register(_reduction(_name), *_named(_name, torch, Tensor))
_register(embedding, F.embedding)
_register(contiguous, Tensor.contiguous)
for _name in ACTIVATIONS:
    _register(_activation(_name), *_named(_name))
    _register(_activation(_name, in_place=True), *_named(f"{_name}_"))
for _name in UNARY:
    _register(_unary(_name), *_named(_name, torch, Tensor))
    _register(_unary(_name, in_place=True), *_named(f"{_name}_", torch, Tensor))
for _name in BINARY:
    _register(_arithmetic(_name), *_named(_name, torch, Tensor))
    _register(_arithmetic(_name, in_place=True), *_named(f"{_name}_", torch, Tensor))
for _symbol, _name in (("add", "add"), ("sub", "sub"), ("mul", "mul"), ("truediv", "div"), ("pow", "pow")):
    _register(_arithmetic(_name), *_named(f"__{_symbol}__", Tensor), *_named(f"__r{_symbol}__", Tensor))
    _register(_arithmetic(_name, in_place=True), *_named(f"__i{_symbol}__", Tensor))
_register(_unary("neg"), Tensor.__neg__)
_register(_unary("bitwise_not"), Tensor.__invert__)
_register(_arithmetic("floor_divide"), Tensor.__floordiv__, Tensor.__rfloordiv__)
_register(_arithmetic("remainder"), Tensor.__mod__, Tensor.__rmod__)
for _name in COMPARISONS:
    _register(_arithmetic(_name, boolean=True), *_named(_name, torch, Tensor))
for _symbol in ("eq", "ne", "lt", "le", "gt", "ge", "and", "or"):
    _register(_arithmetic(_symbol, boolean=True), *_named(f"__{_symbol}__", Tensor))
_register(_arithmetic("where"), torch.where)
_register(identity, Tensor.detach, Tensor.requires_grad_, torch.detach, Tensor.data.__get__)  # type: ignore[attr-defined]
_register(copied, Tensor.clone, torch.clone)
for _name, _dtype in (("float", torch.float32), ("half", torch.float16), ("bfloat16", torch.bfloat16)):
    _register(_converted(_name, _dtype), *_named(_name, Tensor))
for _name, _dtype in (
    ("long", torch.int64),
    ("int", torch.int32),
    ("bool", torch.bool),
    ("double", torch.float64),
):
    _register(_converted(_name, _dtype), *_named(_name, Tensor))
_register(moved, Tensor.to, Tensor.type_as, Tensor.cpu, Tensor.cuda)
for _name in ("zeros", "ones", "empty", "rand", "randn", "full"):
    _register(_filled(_name), getattr(torch, _name))
_register(arange, torch.arange)
for _name in ("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like", "full_like"):
    _register(_like(_name), getattr(torch, _name))
