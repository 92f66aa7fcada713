"""A design as PyTorch source: a class that anybody can run, with the shapes as comments."""

from __future__ import annotations

import ast
import json
import keyword
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from cnnviz.design.blocks import plain_conv
from cnnviz.design.built import built, scopes, sized, values_of
from cnnviz.design.design import Design, Row
from cnnviz.design.kinds import ACTIVATIONS, NO_ACTIVATION
from cnnviz.errors import DesignError
from cnnviz.formulas import Shape

_BLOCKS = Path(__file__).with_name("torch_blocks.py")
_UNITS = {"conv": "ConvUnit", "linear": "LinearUnit"}


def torch_code(design: Design) -> str:
    """Source of an nn.Module that is the design. Raises DesignError where its rows do not fit together."""
    made = built(design)
    if made.problem:
        raise DesignError(f"{design.name}: {made.problem.message}")
    if not design.rows:
        raise DesignError(f"{design.name} has no rows yet: add a layer")
    name, bodies = class_name(design.name), []
    before: Shape = design.input_shape
    calls: list[str] = []
    for row, scope, cost in zip(design.rows, scopes(design.rows), made.costs, strict=True):
        bodies += _assigned(scope, [_call(row, i, n, shape=before) for i, n in enumerate(cost.channels_in)])
        before = cost.output_shape
        calls.append(f"        {f'x = self.{scope}(x)':<30}  # {sized(before)}")
    size = sized(design.input_shape)
    network = [
        f"class {name}(nn.Module):",
        f'    """{design.name}: {made.parameters:,} parameters,',
        f"    {made.macs:,} multiplications for one image.",
        '    """',
        "",
        "    def __init__(self) -> None:",
        "        super().__init__()",
        *bodies,
        "",
        f"    def forward(self, x: Tensor) -> Tensor:  # {size}: height x width x channels",
        *calls,
        "        return x",
    ]
    blocks = _needed("\n".join(bodies))
    imports = "import torch\n" if any("torch." in block for block in blocks) else ""
    return "\n\n\n".join([f"{imports}from torch import Tensor, nn", *blocks, "\n".join(network)]) + "\n"


def class_name(name: str) -> str:
    """A design's name as that of a class: `LeNet-5` becomes LeNet5."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    taken = joined in _definitions() or keyword.iskeyword(joined) or joined in {"Tensor", "None"}
    return f"Net{joined}" if taken or not joined or joined[0].isdigit() else joined


def _assigned(scope: str, instances: list[str]) -> list[str]:
    """The lines of `__init__` that make a row's modules."""
    if len(instances) == 1:
        return [f"        self.{scope} = {instances[0]}"]
    first, rest = instances[0], instances[1:]
    if len(rest) > 1 and len({*rest}) == 1:
        lines = [] if first == rest[0] else [f"            {first},"]
        times = len(instances) - len(lines)
        lines.append(f"            *({rest[0]} for _ in range({times})),")
    else:
        lines = [f"            {instance}," for instance in instances]
    return [f"        self.{scope} = nn.Sequential(", *lines, "        )"]


def _call(row: Row, repetition: int, channels: int, shape: Shape) -> str:
    """The call that makes one of a row's modules; `channels` come into it, `shape` into the row."""
    v = values_of(row, repetition)
    plain = _PLAIN.get(row.kind)
    if row.kind == "batch_norm":
        return f"nn.BatchNorm{2 if len(shape) == 3 else 1}d({channels})"
    if plain:
        return plain(v)
    if row.kind == "conv" and plain_conv(v):
        windows = _keywords({name: v[name] for name in ("stride", "padding", "dilation", "groups")}, _TORCH)
        bias = ", bias=False" if v["bias"] == "off" else ""
        return f"nn.Conv2d({channels}, {v['channels']}, {v['kernel']}{windows}{bias})"
    if row.kind == "linear" and v["activation"] == NO_ACTIVATION:
        return f"nn.Linear({channels}, {v['features']}{'' if v['bias'] else ', bias=False'})"
    if row.kind == "squeeze_excite":
        v = {"squeezed": max(1, channels // v["reduction"]), "activation": v["activation"]}
    name = _UNITS.get(row.kind) or "".join(word.title() for word in row.kind.split("_"))
    return f"{name}({channels}{_arguments(name, v)})"


_PLAIN: dict[str, Callable[[dict[str, Any]], str]] = {
    "pool": lambda v: (
        f"nn.{'Max' if v['mode'] == 'max' else 'Avg'}Pool2d({v['kernel']}, {v['stride']}"
        + (f", padding={v['padding']}" if v["padding"] else "")
        + (", ceil_mode=True)" if v["ceil"] else ")")
    ),
    "global_pool": lambda v: f"nn.Adaptive{v['mode'].title()}Pool2d({v['size']})",
    "lrn": lambda v: f"nn.LocalResponseNorm({v['size']})",
    "activation": lambda v: f"nn.{ACTIVATIONS[v['function']]}()",
    "dropout": lambda v: f"nn.Dropout({v['share']:g})",
    "flatten": lambda v: "nn.Flatten()",
}
_TORCH = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}


def _arguments(name: str, v: dict[str, Any]) -> str:
    """What a block is called with: what has no default in its class, and what is not at that."""
    defaults = _signature(name)
    return _keywords({option: _python(option, value) for option, value in v.items()}, defaults)


def _keywords(values: dict[str, Any], defaults: dict[str, Any]) -> str:
    shown = (f", {name}={value}" for name, value in values.items() if str(value) != str(defaults[name]))
    return "".join(shown)


def _python(option: str, value: Any) -> str:
    """A row's value as Python source."""
    if option == "activation":
        return "None" if value == NO_ACTIVATION else f"nn.{ACTIVATIONS[value]}"
    if option == "bias" and isinstance(value, str):
        return {"auto": "None", "on": "True", "off": "False"}[value]
    return json.dumps(value) if isinstance(value, str) else str(value)


@lru_cache(maxsize=1)
def _definitions() -> dict[str, tuple[str, ast.stmt]]:
    """Each class and function of the blocks by its name: source and syntax tree."""
    source = _BLOCKS.read_text(encoding="utf-8")
    return {
        node.name: (ast.get_source_segment(source, node) or "", node)
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }


@lru_cache(maxsize=32)
def _signature(name: str) -> dict[str, Any]:
    """Each argument of a block's constructor with its default as source; "" where it has none."""
    node = _definitions()[name][1]
    init = next(f for f in ast.walk(node) if isinstance(f, ast.FunctionDef) and f.name == "__init__")
    found = init.args
    names = [a.arg for a in found.args]
    usual = [""] * (len(names) - len(found.defaults)) + [_source(d) for d in found.defaults]
    named = {a.arg: _source(d) for a, d in zip(found.kwonlyargs, found.kw_defaults, strict=True)}
    return {**dict(zip(names, usual, strict=True)), **named}


def _source(default: ast.expr | None) -> str:
    if isinstance(default, ast.Constant) and isinstance(default.value, str):
        return json.dumps(default.value)  # quoted as `_python` does
    return ast.unparse(default) if default else ""


def _needed(text: str) -> list[str]:
    """The source of every block that the text uses, and of what these use, in the order of the file."""
    found: set[str] = set()
    waiting = [text]
    while waiting:
        words = set(re.findall(r"\w+", waiting.pop()))
        for name, (source, _) in _definitions().items():
            if name in words and name not in found:
                found.add(name)
                waiting.append(source)
    return [source for name, (source, _) in _definitions().items() if name in found]
