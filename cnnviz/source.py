"""Show me the code: the PyTorch lines that a layer comes from, and its block with the values in place.

The lines are those of the catalogue's own files. Which class owns a layer is asked of the network itself,
built without weights: some milliseconds, once for each network, and torch.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cnnviz.architectures import Network, find
from cnnviz.layer import Layer
from cnnviz.tables import output_text
from cnnviz.trace import Trace

HOME = "cnnviz.architectures"
MOST_LINES = 45  # a class that is longer is shown by the lines that matter
MOST_VALUES = 24  # modules of one block that are listed with their values
# What PyTorch prints although it is what one gets without asking.
DEFAULTS = re.compile(
    r", (eps=1e-05|momentum=0\.1|affine=True|bias=True|track_running_stats=True|elementwise_affine=True"
    r"|stride=\(1, 1\)|padding=0|dilation=1|ceil_mode=False|inplace=False)(?=[,)])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Lines of one class or function of the catalogue."""

    name: str  # "Inception"
    file: str  # "cnnviz/architectures/googlenet.py"
    line: int  # where it begins
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The code behind one layer."""

    block: str  # module path of the block whose values are listed; "" for the network itself
    values: str  # its modules as PyTorch prints them, with what comes out; "" where it has none
    listings: tuple[Listing, ...]  # the block first, then the smaller parts that the layer lies in


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One module of a network: its class, and how PyTorch prints it where it has no parts itself."""

    module: str  # "torch.nn.modules.conv"
    kind: str  # "Conv2d"
    text: str  # "Conv2d(192, 64, kernel_size=(1, 1), stride=(1, 1))"; "" for one with parts


def code_of(trace: Trace, network: Network, index: int) -> Code:
    """The code behind the layer with that index."""
    layer = trace.layers[index]
    parts = _parts(network.name, tuple(network.changed.items()))
    owners = [path for path in _paths(layer.name) if parts[path].module.startswith(HOME)]
    inner = [path for path in owners if path][-2:] or [""]
    known: dict[str, Listing] = {}
    for path in inner:
        rest = layer.name[len(path) :].lstrip(".").split(".")[0]
        for listing in _listings(parts[path], rest):
            known.setdefault(listing.name, listing)
    # where the network's own constructor makes a group of layers, the group is the block
    block = inner[0] or layer.name.rpartition(".")[0]
    return Code(
        block=block,
        values="\n".join(_values(trace, parts, block, layer)),
        listings=tuple(known.values()),
    )


@lru_cache(maxsize=64)
def _parts(name: str, options: tuple[tuple[str, object], ...]) -> dict[str, Part]:
    """Every module of a network by its path; the network itself under ""."""
    from cnnviz.capture import on_meta

    built = on_meta(find(name, dict(options)).build)
    return {
        path: Part(
            module=type(module).__module__,
            kind=type(module).__name__,
            text="" if any(True for _ in module.children()) else DEFAULTS.sub("", repr(module)),
        )
        for path, module in built.named_modules()
    }


def _paths(path: str) -> Iterator[str]:
    """`""`, `a`, `a.b`: the module itself and everything around it, from outside in."""
    parts = path.split(".") if path else []
    return (".".join(parts[:end]) for end in range(len(parts) + 1))


def _values(trace: Trace, parts: dict[str, Part], block: str, selected: Layer) -> Iterator[str]:
    """The modules of a block (of the whole network just the selected one), one a line."""
    inside = [
        layer
        for layer in trace.layers
        if parts[layer.name].text
        and not parts[layer.name].module.startswith(HOME)
        and (layer.name.startswith(f"{block}.") if block else layer is selected)
    ]
    if len(inside) > MOST_VALUES:
        inside = [layer for layer in inside if layer.parameters or layer is selected]
    if len(inside) > MOST_VALUES:
        at = inside.index(selected) if selected in inside else 0
        start = max(0, min(at - MOST_VALUES // 2, len(inside) - MOST_VALUES))
        inside = inside[start : start + MOST_VALUES]
    names = [layer.name[len(block) :].lstrip(".") for layer in inside]
    wide = max((len(name) for name in names), default=0)
    for name, layer in zip(names, inside, strict=True):
        mark = "  <- this layer" if layer is selected else ""
        yield f"{name:<{wide}} = nn.{_text(parts[layer.name], layer)}  # {output_text(layer)}{mark}"


def _text(part: Part, layer: Layer) -> str:
    """How PyTorch prints the module; one built for whatever comes with what has come."""
    if layer.operation.rule == "linear":
        a = layer.arguments
        bias = "" if a.bias else ", bias=False"
        return f"Linear(in_features={layer.input_shapes[0][-1]}, out_features={a.out_features}{bias})"
    return part.text


def _listings(part: Part, attribute: str) -> Iterator[Listing]:
    """A class, the functions that make its part of that name, and its bases in the catalogue."""
    file = _file(part.module)
    found = _definition(part.module, part.kind)
    if not isinstance(found, ast.ClassDef):
        return
    yield _listing(file, found, attribute)
    for name in _makers(found, attribute):
        maker = _definition(part.module, name)
        if isinstance(maker, ast.FunctionDef):
            yield _listing(file, maker, attribute)
    for base in found.bases:
        home = _home_of(part.module, base.id) if isinstance(base, ast.Name) else ""
        if home and isinstance(base, ast.Name):
            yield from _listings(Part(module=home, kind=base.id, text=""), attribute)


def _makers(owner: ast.ClassDef, attribute: str) -> list[str]:
    """The names that the value of `self.attribute` is made with, through local variables and partial()."""
    values: dict[str, ast.expr] = {}
    for node in ast.walk(owner):
        if isinstance(node, ast.Assign) and node.value is not None:
            for target in node.targets:
                values[ast.unparse(target)] = node.value
    start = values.get(f"self.{attribute}")
    named = _called(start) if start else []
    return [*named, *(inner for name in named if name in values for inner in _called(values[name]))]


def _called(value: ast.expr) -> list[str]:
    return [node.id for node in ast.walk(value) if isinstance(node, ast.Name)]


def _home_of(module: str, name: str) -> str:
    """The catalogue's module that defines a name used in this one; "" where none does."""
    if _definition(module, name):
        return module
    for node in _tree(module).body:
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(HOME):
            continue
        if any((alias.asname or alias.name) == name for alias in node.names):
            return node.module or ""
    return ""


def _definition(module: str, name: str) -> ast.ClassDef | ast.FunctionDef | None:
    for node in _tree(module).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return node
    return None


def _listing(file: Path, node: ast.ClassDef | ast.FunctionDef, attribute: str) -> Listing:
    lines = file.read_text(encoding="utf-8").splitlines()
    kept = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    if len(kept) > MOST_LINES and isinstance(node, ast.ClassDef):
        text = "\n".join(_shortened(lines, node, attribute))
    else:
        text = "\n".join(lines[i - 1] for i in kept)
    return Listing(name=node.name, file=f"cnnviz/architectures/{file.name}", line=node.lineno, text=text)


def _shortened(lines: list[str], owner: ast.ClassDef, attribute: str) -> Iterator[str]:
    """A long class by its first line, what makes the attribute, and its forward pass."""
    yield lines[owner.lineno - 1]
    said = ast.get_docstring(owner)
    if said:
        yield f'    """{said.splitlines()[0]}"""'
        yield ""
    body = {node.name: node for node in owner.body if isinstance(node, ast.FunctionDef)}
    start = body.get("__init__")
    if start:
        yield "    def __init__(self, ...) -> None:"
        makes = [node for node in start.body if attribute and f"self.{attribute}" in _targets(node)]
        for node in makes:
            yield "        ..."
            yield from lines[node.lineno - 1 : node.end_lineno]
        yield "        ..."
    if "forward" in body:
        yield ""
        yield from lines[body["forward"].lineno - 1 : body["forward"].end_lineno]


def _targets(node: ast.stmt) -> list[str]:
    return [ast.unparse(target) for target in node.targets] if isinstance(node, ast.Assign) else []


@lru_cache(maxsize=32)
def _tree(module: str) -> ast.Module:
    return ast.parse(_file(module).read_text(encoding="utf-8"))


@lru_cache(maxsize=32)
def _file(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    return Path(spec.origin)
