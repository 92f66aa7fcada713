"""Functions that rearrange, join, cut, pad, resize or make tensors."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.capture.call import Call
from cnnviz.capture.functions.common import NOTHING, Adapter, add, every, named
from cnnviz.capture.sizes import plain
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
    PadArguments,
    RepeatArguments,
    ResizeArguments,
    ShuffleArguments,
    SplitArguments,
    TakeArguments,
)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Call:
    alias = input.is_contiguous() or torch.flatten(input, start_dim, end_dim)._is_view()
    return Call("flatten", "flatten", FlattenArguments(start_dim, end_dim), (input,), alias=alias)


def view(input: Tensor, *shape: Any, **more: Any) -> Call | None:
    if more or not shape or isinstance(shape[0], torch.dtype):
        return None
    sizes = tuple(shape[0]) if isinstance(shape[0], list | tuple) else shape
    return Call("view", "view", ViewArguments(sizes), (input,), alias=True)


def reshape(input: Tensor, *shape: Any, **more: Any) -> Call | None:
    call = view(input, *(shape or (more.get("shape"),)))
    if call is None or input.is_contiguous():
        return call and call._replace(op="reshape")
    return call._replace(op="reshape", alias=_viewable(input, plain(call.arguments.shape)))


def _viewable(input: Tensor, shape: tuple[int, ...]) -> bool:
    """Whether torch can give a tensor this shape without copying its values into order."""
    try:
        input.view(shape)
    except RuntimeError:
        return False
    return True


def view_as(input: Tensor, other: Tensor) -> Call | None:
    return view(input, other.shape)


def permute(input: Tensor, *dims: Any) -> Call:
    axes = tuple(dims[0]) if isinstance(dims[0], list | tuple) else dims
    return Call("permute", "permute", AxesArguments(axes), (input,), alias=True)


def transpose(input: Tensor, dim0: int, dim1: int) -> Call:
    axes = list(range(input.dim()))
    axes[dim0], axes[dim1] = axes[dim1], axes[dim0]
    return Call("transpose", "permute", AxesArguments(tuple(axes)), (input,), alias=True)


def transposed_matrix(input: Tensor) -> Call:
    return transpose(input, -2, -1)


def reversed_axes(input: Tensor) -> Call:
    """`x.T` and `x.t()`."""
    axes = tuple(reversed(range(input.dim())))
    return Call("transpose", "permute", AxesArguments(axes), (input,), alias=True)


def movedim(input: Tensor, source: Any, destination: Any) -> Call | None:
    if not isinstance(source, int) or not isinstance(destination, int):
        return None
    axes = list(range(input.dim()))
    axes.insert(destination % len(axes), axes.pop(source % len(axes)))
    return Call("movedim", "permute", AxesArguments(tuple(axes)), (input,), alias=True)


def squeeze(input: Tensor, dim: Any = None) -> Call:
    axes = () if dim is None else every(dim, 1)
    return Call("squeeze", "squeeze", AxesArguments(axes), (input,), alias=True)


def unsqueeze(input: Tensor, dim: int) -> Call:
    return Call("unsqueeze", "unsqueeze", AxesArguments((dim,)), (input,), alias=True)


def expand(input: Tensor, *sizes: Any, implicit: bool = False) -> Call:
    shape = tuple(sizes[0]) if isinstance(sizes[0], list | tuple) else sizes
    return Call("expand", "expand", ViewArguments(shape), (input,), alias=True)


def expand_as(input: Tensor, other: Tensor) -> Call:
    return expand(input, tuple(other.shape))


def index(input: Tensor, key: Any) -> Call | None:
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


def select(input: Tensor, dim: int, index: int) -> Call:
    axis = dim % input.dim()
    entries = (*((("slice", None, None, None),) * axis), ("int", index))
    return Call("select", "index", IndexArguments(entries), (input,), alias=True)


def narrow(input: Tensor, dim: int, start: int, length: int) -> Call:
    axis = dim % input.dim()
    entries = (*((("slice", None, None, None),) * axis), ("slice", start, start + length, None))
    return Call("narrow", "index", IndexArguments(entries), (input,), alias=True)


def index_select(input: Tensor, dim: int, index: Tensor) -> Call:
    return Call("index_select", "take", TakeArguments(dim, index.numel()), (input,))


def cat(tensors: Sequence[Tensor], dim: int = 0, *, axis: int | None = None) -> Call:
    return Call("cat", "concatenate", AxisArguments(dim if axis is None else axis), tuple(tensors))


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Call:
    return Call("stack", "stack", AxisArguments(dim), tuple(tensors))


def chunk(input: Tensor, chunks: int, dim: int = 0) -> Call:
    arguments = ChunkArguments(dim, chunks, 0)
    return Call("chunk", "chunk", arguments, (input,), alias=True, pack=tuple)


def split(input: Tensor, split_size_or_sections: Any, dim: int = 0) -> Call:
    size = split_size_or_sections
    if isinstance(size, int):
        return Call("split", "chunk", ChunkArguments(dim, 0, size), (input,), alias=True, pack=tuple)
    return Call("split", "split", SplitArguments(dim, tuple(size)), (input,), alias=True, pack=tuple)


def split_method(input: Tensor, split_size: Any, dim: int = 0) -> Call:
    return split(input, split_size, dim)


def unbind(input: Tensor, dim: int = 0) -> Call:
    return Call("unbind", "unbind", AxisArguments(dim), (input,), alias=True, pack=tuple)


def iterated(input: Tensor) -> Call:
    """`for part in x` and `q, k, v = x`."""
    return unbind(input)._replace(pack=iter)


def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Call | None:
    if not isinstance(sizes, list | tuple) or -1 in sizes:
        return None
    axis, before = dim % input.dim(), input.shape
    shape = (*before[:axis], *sizes, *before[axis + 1 :])
    return Call("unflatten", "view", ViewArguments(shape), (input,), alias=True)


def pad(
    input: Tensor,
    pad: Sequence[int],
    mode: str = "constant",
    value: float | None = None,
) -> Call:
    return Call("pad", "pad", PadArguments(tuple(pad), mode), (input,))


def interpolate(
    input: Tensor,
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


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Call:
    return Call("pixel_shuffle", "pixel_shuffle", ShuffleArguments(upscale_factor), (input,))


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Call:
    return Call("pixel_unshuffle", "pixel_shuffle", ShuffleArguments(-downscale_factor), (input,))


def repeat(input: Tensor, *repeats: Any) -> Call:
    times = tuple(repeats[0]) if isinstance(repeats[0], list | tuple) else repeats
    return Call("repeat", "repeat", RepeatArguments(times), (input,))


def contiguous(input: Tensor, **more: Any) -> Call:
    copied = not input.is_contiguous(**more)
    return Call("contiguous", "same" if copied else "alias", NOTHING, (input,), alias=not copied)


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
    def adapter(input: Tensor, *rest: Any, **more: Any) -> Call:
        return Call(name, "same", NOTHING, (input,), dtype=more.get("dtype"))

    return adapter


ADAPTERS: dict[Any, Adapter] = {}
register = partial(add, ADAPTERS)
register(flatten, *named("flatten", torch, Tensor))
register(view, Tensor.view)
register(reshape, torch.reshape, Tensor.reshape)
register(view_as, Tensor.view_as, Tensor.reshape_as)
register(permute, *named("permute", torch, Tensor))
for _name in ("transpose", "swapaxes", "swapdims"):
    register(transpose, *named(_name, torch, Tensor))
register(transposed_matrix, Tensor.mT.__get__)  # type: ignore[attr-defined]
register(reversed_axes, Tensor.T.__get__, *named("t", torch, Tensor))  # type: ignore[attr-defined]
register(movedim, *named("movedim", torch, Tensor), *named("moveaxis", torch, Tensor))
register(squeeze, *named("squeeze", torch, Tensor))
register(unsqueeze, *named("unsqueeze", torch, Tensor))
register(expand, Tensor.expand, *named("broadcast_to", torch, Tensor))
register(expand_as, Tensor.expand_as)
register(index, Tensor.__getitem__)
register(select, *named("select", torch, Tensor))
register(narrow, *named("narrow", torch, Tensor))
register(index_select, *named("index_select", torch, Tensor))
register(cat, torch.cat, torch.concat, torch.concatenate)
register(stack, torch.stack)
register(chunk, *named("chunk", torch, Tensor))
register(split, torch.split, *named("split_with_sizes", torch, Tensor))
register(split_method, Tensor.split)
register(pad, F.pad)
register(interpolate, F.interpolate)
register(pixel_shuffle, torch.pixel_shuffle, F.pixel_shuffle)
register(pixel_unshuffle, torch.pixel_unshuffle, F.pixel_unshuffle)
register(repeat, Tensor.repeat)
register(unbind, *named("unbind", torch, Tensor))
register(iterated, Tensor.__iter__)
register(unflatten, *named("unflatten", torch, Tensor))
register(contiguous, Tensor.contiguous)
for _name in ("zeros", "ones", "empty", "rand", "randn", "full"):
    register(_filled(_name), getattr(torch, _name))
register(arange, torch.arange)
for _name in ("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like", "full_like"):
    register(_like(_name), getattr(torch, _name))
