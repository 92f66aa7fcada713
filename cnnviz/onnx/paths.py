"""Where an operation of an ONNX file comes from: the module path that exporters leave in names and notes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cnnviz.onnx.model import Node, Tensor

LONGEST = 160  # characters of a path
MOST_LEVELS = 24
_WEIGHT = re.compile(r"^(.+)\.(weight|bias|gamma|beta)(_[a-z]+)?$")
_QUOTED = re.compile(r"'([^']*)'")


def module_path(node: Node, number: int, weights: Mapping[str, Tensor]) -> str:
    """`layer1.0.conv1`, as `named_modules()` has it where the exporter tells; a name of our own otherwise."""
    told = _scoped(node) or _slashed(node.name)
    if not told or node.op.startswith("Conv"):  # one that batch norm was folded into is named after that
        told = _of_weights(node, weights) or told
    return clean(told) or _own(node, number)


def _scoped(node: Node) -> str:
    """Of torch's newer exporter: the note `['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d_1']`."""
    names = _QUOTED.findall(node.scopes)
    return names[-2] if len(names) > 1 else ""


def _slashed(name: str) -> str:
    """Of torch's older exporter: the node's name `/layer1/layer1.0/conv1/Conv`."""
    parts = name.split("/")[1:-1] if name.startswith("/") else []
    path: list[str] = []
    for part in parts:
        if path and part.startswith(f"{path[-1]}."):
            path.append(part.removeprefix(f"{path[-1]}."))
        else:
            path.append(part)
    return ".".join(path)


def _of_weights(node: Node, weights: Mapping[str, Tensor]) -> str:
    """Of any exporter that kept the names of weights: `conv1.weight`."""
    for name in node.inputs[1:]:
        found = _WEIGHT.match(name) if name in weights else None
        if found:
            return found[1]
    return ""


def _own(node: Node, number: int) -> str:
    name = clean(node.name.strip("/").replace("/", ".").removeprefix("node_"))
    return name or f"{clean(node.op.lower()) or 'operation'}_{number}"


def clean(path: str) -> str:
    """Nothing but what a module path has: letters, digits, `_` and dots; short enough to be shown."""
    parts = [re.sub(r"[^\w-]+", "_", part) for part in path.split(".")]
    return ".".join([part for part in parts if part][:MOST_LEVELS])[:LONGEST].strip(".")
