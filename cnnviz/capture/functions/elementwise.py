"""Activations, arithmetic, reductions and conversions as torch functions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from cnnviz.capture.call import Call
from cnnviz.capture.functions.common import NOTHING, Adapter, add, every, named
from cnnviz.formulas.pooling import ReduceArguments

_TAKE_INPLACE_FIRST = frozenset({"relu", "relu6", "silu", "hardswish", "hardsigmoid", "mish", "selu"})
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


def _reduction(name: str) -> Adapter:
    def adapter(input: Tensor, dim: Any = None, keepdim: bool = False, **more: Any) -> Call | None:
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

    def adapter(input: Tensor, *rest: Any, **more: Any) -> Call | None:
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


def norm(
    input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, out: Any = None, dtype: Any = None
) -> Call | None:
    """The norm over some axes, as global response normalisation takes it (Woo et al. 2023)."""
    if out is not None or dtype is not None:
        return None
    return Call("norm", "reduce", ReduceArguments(() if dim is None else every(dim, 1), keepdim), (input,))


def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Call:
    return Call("addcmul", "arithmetic", NOTHING, (input, tensor1, tensor2))


def _same_shape(name: str) -> Adapter:
    """Values moved about or masked, in a new tensor of the same shape."""

    def adapter(input: Tensor, *rest: Any, **more: Any) -> Call | None:
        if "out" in more:
            return None
        others = tuple(
            value for value in (*rest, *more.values()) if isinstance(value, Tensor) and value.dim()
        )
        return Call(name, "arithmetic" if others else "same", NOTHING, (input, *others), dtype=input.dtype)

    return adapter


def _activation(name: str, *, in_place: bool = False) -> Adapter:
    def adapter(input: Tensor, *rest: Any, inplace: bool = False, **more: Any) -> Call | None:
        if "out" in more or any(isinstance(value, Tensor) for value in rest):
            return None
        if name in _TAKE_INPLACE_FIRST and rest and isinstance(rest[-1], bool):
            inplace = rest[-1]
        return Call(name, "activation", NOTHING, (input,), in_place=in_place or inplace)

    return adapter


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
    def adapter(input: Tensor, *rest: Any, **more: Any) -> Call | None:
        if set(more) - {"min", "max", "decimals"} or input.is_complex():
            return None
        if any(isinstance(value, Tensor) for value in (*rest, *more.values())):
            return None
        return Call(name, "arithmetic", NOTHING, (input,), in_place=in_place)

    return adapter


def identity(input: Tensor, *rest: Any, **more: Any) -> Call:
    return Call("identity", "alias", NOTHING, (input,), alias=True)


def copied(input: Tensor, *rest: Any, **more: Any) -> Call:
    return Call("clone", "same", NOTHING, (input,))


def _converted(name: str, dtype: torch.dtype) -> Adapter:
    def adapter(input: Tensor, **more: Any) -> Call:
        changed = input.dtype != dtype
        rule = "same" if changed else "alias"
        return Call(name, rule, NOTHING, (input,), alias=not changed, dtype=dtype)

    return adapter


def moved(input: Tensor, *rest: Any, **more: Any) -> Call | None:
    """`x.to(device)` and `x.to(dtype)`: a move costs nothing in a shape trace."""
    dtype = more.get("dtype") or next((v for v in rest if isinstance(v, torch.dtype)), None)
    like = next((v for v in rest if isinstance(v, Tensor)), None)
    dtype = like.dtype if like is not None else dtype
    if dtype is None or dtype == input.dtype:
        return Call("to", "alias", NOTHING, (input,), alias=True)
    return Call("to", "same", NOTHING, (input,), dtype=dtype)


ADAPTERS: dict[Any, Adapter] = {}
register = partial(add, ADAPTERS)
for _name in ("max", "min"):
    register(_extreme(_name), *named(_name, torch, Tensor))
for _name in REARRANGEMENTS:
    register(_same_shape(_name), *named(_name, torch, Tensor))
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
    register(_reduction(_name), *named(_name, torch, Tensor))
register(norm, *named("norm", torch, Tensor))
register(addcmul, *named("addcmul", torch, Tensor))
for _name in ACTIVATIONS:
    register(_activation(_name), *named(_name))
    register(_activation(_name, in_place=True), *named(f"{_name}_"))
for _name in UNARY:
    register(_unary(_name), *named(_name, torch, Tensor))
    register(_unary(_name, in_place=True), *named(f"{_name}_", torch, Tensor))
for _name in BINARY:
    register(_arithmetic(_name), *named(_name, torch, Tensor))
    register(_arithmetic(_name, in_place=True), *named(f"{_name}_", torch, Tensor))
for _symbol, _name in (("add", "add"), ("sub", "sub"), ("mul", "mul"), ("truediv", "div"), ("pow", "pow")):
    register(_arithmetic(_name), *named(f"__{_symbol}__", Tensor), *named(f"__r{_symbol}__", Tensor))
    register(_arithmetic(_name, in_place=True), *named(f"__i{_symbol}__", Tensor))
register(_unary("neg"), Tensor.__neg__)
register(_unary("bitwise_not"), Tensor.__invert__)
register(_arithmetic("floor_divide"), Tensor.__floordiv__, Tensor.__rfloordiv__)
register(_arithmetic("remainder"), Tensor.__mod__, Tensor.__rmod__)
for _name in COMPARISONS:
    register(_arithmetic(_name, boolean=True), *named(_name, torch, Tensor))
for _symbol in ("eq", "ne", "lt", "le", "gt", "ge", "and", "or"):
    register(_arithmetic(_symbol, boolean=True), *named(f"__{_symbol}__", Tensor))
register(_arithmetic("where"), torch.where)
register(identity, Tensor.detach, Tensor.requires_grad_, torch.detach, Tensor.data.__get__)  # type: ignore[attr-defined]
register(copied, Tensor.clone, torch.clone)
for _name, _dtype in (("float", torch.float32), ("half", torch.float16), ("bfloat16", torch.bfloat16)):
    register(_converted(_name, _dtype), *named(_name, Tensor))
for _name, _dtype in (
    ("long", torch.int64),
    ("int", torch.int32),
    ("bool", torch.bool),
    ("double", torch.float64),
):
    register(_converted(_name, _dtype), *named(_name, Tensor))
register(moved, Tensor.to, Tensor.type_as, Tensor.cpu, Tensor.cuda)
