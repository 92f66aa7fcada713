"""What makes each of a row's modules: a class and what it is called with, for code and for torch alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cnnviz.design.blocks import plain_conv
from cnnviz.design.built import Built, scopes, values_of
from cnnviz.design.design import Row
from cnnviz.design.kinds import ACTIVATIONS, NO_ACTIVATION
from cnnviz.formulas import Shape

Values = dict[str, Any]


class Torch(NamedTuple):
    """A class of torch as a value."""

    name: str  # "ReLU"


class Call(NamedTuple):
    """A class with its arguments. `options` may be at their defaults."""

    name: str  # of `torch.nn` after "nn.", otherwise of `torch_blocks`
    positional: tuple[Any, ...]
    options: Values


class Made(NamedTuple):
    """What a row is made by, one call for each of its repeats."""

    scope: str
    calls: tuple[Call, ...]


def made_by(made: Built) -> list[Made]:
    """The calls of every row that fits, in order."""
    found = []
    before: Shape = made.design.input_shape
    for row, scope, cost in zip(made.design.rows, scopes(made.design.rows), made.costs, strict=False):
        calls = (_call(row, i, n, before) for i, n in enumerate(cost.channels_in))
        found.append(Made(scope, tuple(calls)))
        before = cost.output_shape
    return found


def _call(row: Row, repetition: int, channels: int, shape: Shape) -> Call:
    """`channels` come into this module, `shape` into the row."""
    v = values_of(row, repetition)
    if row.kind == "batch_norm":
        return Call(f"nn.BatchNorm{2 if len(shape) == 3 else 1}d", (channels,), {})
    if row.kind in _PLAIN:
        return _PLAIN[row.kind](v)
    if row.kind == "conv" and plain_conv(v):
        windows = {name: v[name] for name in ("stride", "padding", "dilation", "groups")}
        return Call(
            "nn.Conv2d", (channels, v["channels"], v["kernel"]), {**windows, "bias": v["bias"] != "off"}
        )
    if row.kind == "linear" and v["activation"] == NO_ACTIVATION:
        return Call("nn.Linear", (channels, v["features"]), {"bias": v["bias"]})
    if row.kind == "squeeze_excite":
        v = {"squeezed": max(1, channels // v["reduction"]), "activation": v["activation"]}
    name = _UNITS.get(row.kind) or "".join(word.title() for word in row.kind.split("_"))
    return Call(name, (channels,), {option: _value(option, value) for option, value in v.items()})


def _pool(v: Values) -> Call:
    name = "nn.MaxPool2d" if v["mode"] == "max" else "nn.AvgPool2d"
    return Call(name, (v["kernel"], v["stride"]), {"padding": v["padding"], "ceil_mode": v["ceil"]})


def _value(option: str, value: Any) -> Any:
    """A row's value as a block takes it."""
    if option == "activation":
        return None if value == NO_ACTIVATION else Torch(ACTIVATIONS[value])
    if option == "bias" and isinstance(value, str):
        return {"auto": None, "on": True, "off": False}[value]
    return value


_UNITS = {"conv": "ConvUnit", "linear": "LinearUnit"}
_PLAIN: dict[str, Callable[[Values], Call]] = {
    "pool": _pool,
    "global_pool": lambda v: Call(f"nn.Adaptive{v['mode'].title()}Pool2d", (v["size"],), {}),
    "lrn": lambda v: Call("nn.LocalResponseNorm", (v["size"],), {}),
    "activation": lambda v: Call(f"nn.{ACTIVATIONS[v['function']]}", (), {}),
    "dropout": lambda v: Call("nn.Dropout", (v["share"],), {}),
    "flatten": lambda v: Call("nn.Flatten", (), {}),
}
