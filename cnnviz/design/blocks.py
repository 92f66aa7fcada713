"""What each kind of row is made of: the operations that it adds to a program.

Scopes are the module paths of `torch_blocks`, whose classes are the same in torch; a test captures these
and holds both against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnviz.design.builder import Builder
from cnnviz.design.kinds import NO_ACTIVATION
from cnnviz.errors import ShapeError

# (program so far, tensor that comes in, module path, the row's values) -> tensor that comes out
Build = Callable[[Builder, int, str, dict[str, Any]], int]


def _conv(b: Builder, x: int, scope: str, v: dict[str, Any]) -> int:
    _divides("groups", v["groups"], b.channels(x), v["channels"])
    windows = {name: v[name] for name in ("stride", "padding", "dilation", "groups")}
    if plain_conv(v):
        return b.conv(x, scope, v["channels"], v["kernel"], bias=v["bias"] != "off", **windows)
    return b.unit(x, scope, v["channels"], v["kernel"], **_followers(v), **windows)


def plain_conv(v: dict[str, Any]) -> bool:
    """Whether nothing follows the convolution, so that it is torch's own module."""
    return v["activation"] == NO_ACTIVATION and not v["batch_norm"]


def _pool(b: Builder, x: int, scope: str, v: dict[str, Any]) -> int:
    if 2 * v["padding"] > v["kernel"]:
        raise ShapeError(f"has padding {v['padding']}, needs at most half its window: {v['kernel'] // 2}")
    return b.pool(x, scope, v["mode"], v["kernel"], stride=v["stride"], padding=v["padding"], ceil=v["ceil"])


def _linear(b: Builder, x: int, scope: str, v: dict[str, Any]) -> int:
    if v["activation"] == NO_ACTIVATION:
        return b.linear(x, scope, v["features"], bias=v["bias"])
    x = b.linear(x, f"{scope}.linear", v["features"], bias=v["bias"])
    return b.activation(x, f"{scope}.act", v["activation"])


def _residual(b: Builder, x: int, scope: str, v: dict[str, Any]) -> int:
    followers, same = _followers(v), _same(v["kernel"])
    y = b.unit(x, f"{scope}.conv1", v["channels"], v["kernel"], stride=v["stride"], padding=same, **followers)
    y = b.unit(y, f"{scope}.conv2", v["channels"], v["kernel"], padding=same, **_linearly(followers))
    return _with_shortcut(b, x, y, scope, v, "Residual")


def _bottleneck(b: Builder, x: int, scope: str, v: dict[str, Any]) -> int:
    _divides("groups", v["groups"], v["width"])
    followers, stride = _followers(v), v["stride"]
    first, second = (stride, 1) if v["stride_in"] == "1x1" else (1, stride)
    y = b.unit(x, f"{scope}.conv1", v["width"], stride=first, **followers)
    y = b.unit(y, f"{scope}.conv2", v["width"], 3, stride=second, padding=1, groups=v["groups"], **followers)
    y = b.unit(y, f"{scope}.conv3", v["channels"], **_linearly(followers))
    return _with_shortcut(b, x, y, scope, v, "Bottleneck")


def _with_shortcut(b: Builder, x: int, y: int, scope: str, v: dict[str, Any], module: str) -> int:
    y = b.join([y, _shortcut(b, x, scope, v)], scope, module, "add")
    return b.activation(y, f"{scope}.act", v["activation"])


def _shortcut(b: Builder, x: int, scope: str, v: dict[str, Any]) -> int:
    channels, stride = v["channels"], v["stride"]
    if b.channels(x) == channels and stride == 1:
        return x
    if v["shortcut"] == "padding":
        if channels < b.channels(x):
            raise ShapeError(
                f"pads {b.channels(x)} channels with zeros, needs at least as many, got {channels}"
            )
        x = b.pool(x, f"{scope}.shortcut.subsample", "max", 1, stride=stride) if stride > 1 else x
        return b.zeros(x, f"{scope}.shortcut", channels) if channels > b.channels(x) else x
    norm = bool(v["batch_norm"]) and v["shortcut"] == "projection"
    bias = "on" if v["bias"] == "on" or (v["bias"] == "auto" and not v["batch_norm"]) else "off"
    return b.unit(x, f"{scope}.shortcut", channels, stride=stride, batch_norm=norm, bias=bias)


def _inception(b: Builder, x: int, scope: str, v: dict[str, Any]) -> int:
    followers = _followers(v)
    branches = [b.unit(x, f"{scope}.conv1x1", v["n1x1"], **followers)]
    for branch, kernel in (("3x3", 3), ("5x5", v["kernel"])):
        y = x
        if v[f"reduce{branch}"]:
            y = b.unit(y, f"{scope}.reduce{branch}", v[f"reduce{branch}"], **followers)
        padding = _same(kernel)
        branches.append(
            b.unit(y, f"{scope}.conv{branch}", v[f"n{branch}"], kernel, padding=padding, **followers)
        )
    y = b.pool(x, f"{scope}.pool", "max", 3, stride=1, padding=1)
    if v["pool_proj"]:
        y = b.unit(y, f"{scope}.pool_proj", v["pool_proj"], **followers)
    return b.join([*branches, y], scope, "Inception", "cat")


def _dense(b: Builder, x: int, scope: str, v: dict[str, Any]) -> int:
    for i in range(v["layers"]):
        x = b.join([x, _dense_layer(b, x, f"{scope}.{i}", v)], f"{scope}.{i}", "DenseLayer", "cat")
    return x


def _dense_layer(b: Builder, x: int, scope: str, v: dict[str, Any]) -> int:
    bias = v["bias"] == "on"
    y = b.activation(b.batch_norm(x, f"{scope}.bn1"), f"{scope}.act1", "relu")
    if v["reduce"]:
        y = b.conv(y, f"{scope}.conv1", v["reduce"], bias=bias)
        y = b.activation(b.batch_norm(y, f"{scope}.bn2"), f"{scope}.act2", "relu")
    return b.conv(y, f"{scope}.conv2", v["growth"], 3, padding=1, bias=bias)


def _separable(b: Builder, x: int, scope: str, v: dict[str, Any]) -> int:
    n, followers = b.channels(x), _followers(v)
    x = b.unit(
        x,
        f"{scope}.depthwise",
        n,
        v["kernel"],
        stride=v["stride"],
        padding=_same(v["kernel"]),
        groups=n,
        **followers,
    )
    return b.unit(x, f"{scope}.pointwise", v["channels"], **followers)


def _inverted(b: Builder, x: int, scope: str, v: dict[str, Any]) -> int:
    before, kernel = b.channels(x), v["kernel"]
    inside = before * v["expansion"]
    followers = {"batch_norm": True, "activation": v["activation"]}
    y = x
    if v["expansion"] > 1:
        y = b.unit(y, f"{scope}.expand", inside, **followers)
    y = b.unit(
        y,
        f"{scope}.depthwise",
        inside,
        kernel,
        stride=v["stride"],
        padding=_same(kernel),
        groups=inside,
        **followers,
    )
    if v["squeeze"]:
        squeezed = max(1, before // v["squeeze"])
        y = _gate(b, y, f"{scope}.squeeze_excite", squeezed, v["activation"])
    y = b.unit(y, f"{scope}.project", v["channels"], batch_norm=True)
    if v["stride"] == 1 and before == v["channels"]:
        y = b.join([y, x], scope, "Inverted", "add")
    return y


def _squeeze_excite(b: Builder, x: int, scope: str, v: dict[str, Any]) -> int:
    return _gate(b, x, scope, max(1, b.channels(x) // v["reduction"]), v["activation"])


def _gate(b: Builder, x: int, scope: str, squeezed: int, activation: str) -> int:
    y = b.global_pool(x, f"{scope}.pool")
    y = b.conv(y, f"{scope}.reduce", squeezed, bias=True)
    y = b.activation(y, f"{scope}.act", activation)
    y = b.conv(y, f"{scope}.expand", b.channels(x), bias=True)
    return b.join([x, b.activation(y, f"{scope}.gate", "sigmoid")], scope, "SqueezeExcite", "mul")


def _fire(b: Builder, x: int, scope: str, v: dict[str, Any]) -> int:
    followers = {"batch_norm": False, "activation": v["activation"]}
    x = b.unit(x, f"{scope}.squeeze", v["squeeze"], **followers)
    small = b.unit(x, f"{scope}.expand1x1", v["expand1x1"], **followers)
    large = b.unit(x, f"{scope}.expand3x3", v["expand3x3"], 3, padding=1, **followers)
    return b.join([small, large], scope, "Fire", "cat")


def _same(kernel: int) -> int:
    """The padding that keeps the size; even windows have none, and blocks take odd ones."""
    if kernel % 2 == 0:
        raise ShapeError(
            f"has a window of {kernel}x{kernel}, needs an odd one, such as {kernel + 1}x{kernel + 1}"
        )
    return kernel // 2


def _followers(v: dict[str, Any]) -> dict[str, Any]:
    return {name: v[name] for name in ("batch_norm", "activation", "bias")}


def _linearly(followers: dict[str, Any]) -> dict[str, Any]:
    return {**followers, "activation": NO_ACTIVATION}


def _divides(what: str, groups: int, *channels: int) -> None:
    for n in channels:
        if n % groups:
            raise ShapeError(f"has {groups} {what}, needs a number that divides {n} channels")


BUILD: dict[str, Build] = {
    "conv": _conv,
    "pool": _pool,
    "global_pool": lambda b, x, scope, v: b.global_pool(x, scope, v["mode"], v["size"]),
    "batch_norm": lambda b, x, scope, v: b.batch_norm(x, scope),
    "lrn": lambda b, x, scope, v: b.local_response_norm(x, scope, v["size"]),
    "activation": lambda b, x, scope, v: b.activation(x, scope, v["function"]),
    "dropout": lambda b, x, scope, v: b.dropout(x, scope),
    "flatten": lambda b, x, scope, v: b.flatten(x, scope),
    "linear": _linear,
    "residual": _residual,
    "bottleneck": _bottleneck,
    "inception": _inception,
    "dense": _dense,
    "separable": _separable,
    "inverted": _inverted,
    "squeeze_excite": _squeeze_excite,
    "fire": _fire,
}
ON_ANYTHING = frozenset({"batch_norm", "activation", "dropout", "flatten"})  # maps and vectors alike
ON_VECTORS = frozenset({"linear"})  # every other kind takes maps
FIRST_STRIDE = frozenset({"residual", "bottleneck", "inverted"})  # only the first of repeated ones strides
