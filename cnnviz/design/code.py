"""A design as PyTorch source: a class that anybody can run, with the shapes as comments."""

from __future__ import annotations

import ast
import json
import keyword
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from cnnviz.design.built import sized, whole
from cnnviz.design.calls import Call, Torch, made_by
from cnnviz.design.design import Design

_BLOCKS = Path(__file__).with_name("torch_blocks")
_FILES = ("units", "residual", "depthwise", "branches")  # each uses at most those before it


def torch_code(design: Design) -> str:
    """Source of an nn.Module that is the design. Raises DesignError where its rows do not fit together."""
    made = whole(design)
    name, bodies = class_name(design.name), []
    calls: list[str] = []
    for row, cost in zip(made_by(made), made.costs, strict=True):
        bodies += _assigned(row.scope, [_text(call) for call in row.calls])
        calls.append(f"        {f'x = self.{row.scope}(x)':<30}  # {sized(cost.output_shape)}")
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


def _text(call: Call) -> str:
    """The call as source, without what is at its default."""
    defaults = _TORCH if call.name.startswith("nn.") else _signature(call.name)
    named = ((name, _python(value)) for name, value in call.options.items())
    shown = (f"{name}={value}" for name, value in named if value != defaults[name])
    return f"{call.name}({', '.join([*map(_python, call.positional), *shown])})"


_TORCH = {
    "stride": "1",
    "padding": "0",
    "dilation": "1",
    "groups": "1",
    "bias": "True",
    "ceil_mode": "False",
}


def _python(value: Any) -> str:
    """A value as Python source."""
    if isinstance(value, Torch):
        return f"nn.{value.name}"
    if isinstance(value, float):
        return f"{value:g}"
    return json.dumps(value) if isinstance(value, str) else str(value)


@lru_cache(maxsize=1)
def _definitions() -> dict[str, tuple[str, ast.stmt]]:
    """Each class and function of the blocks by its name: source and syntax tree."""
    return {
        node.name: (ast.get_source_segment(source, node) or "", node)
        for source in ((_BLOCKS / f"{file}.py").read_text(encoding="utf-8") for file in _FILES)
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }


@lru_cache(maxsize=32)
def _signature(name: str) -> dict[str, str]:
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
    """The source of every block that the text uses, and of what these use, in the order of the files."""
    found: set[str] = set()
    waiting = [text]
    while waiting:
        words = set(re.findall(r"\w+", waiting.pop()))
        for name, (source, _) in _definitions().items():
            if name in words and name not in found:
                found.add(name)
                waiting.append(source)
    return [source for name, (source, _) in _definitions().items() if name in found]
