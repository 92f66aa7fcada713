"""What was probably meant by a target that names nothing: files that lie there under nearly that name.

Nothing is imported or run: Python files are read for the names in them. Only the command line and Python code
come here, never what a visitor of the app says.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from cnnviz.targets.kinds import FILES

_MOST_SHOWN = 3
_MOST_READ = 1_000_000  # bytes of a Python file
_MOST_FILES = 2_000  # of a folder
_RULE = (
    "a network is a name of the catalogue, an ONNX file (.onnx), a design (.toml) or package.module:callable"
)


def meant(target: str) -> str:
    """What to say to whoever typed this and meant something that lies on the disk; "" where nothing does."""
    path = Path(target.partition(":")[0].strip() or ".")
    try:
        if path.is_dir() and target.strip():
            return _in_folder(path)
        if path.is_file():
            return _python(path) if path.suffix.lower() == ".py" else _another_kind(path)
        near = list(_beside(path))
    except (OSError, ValueError):  # a name that no file can have
        return ""
    python = [one for one in near if one.suffix.lower() == ".py"]
    files = _either([f"{one}" for one in near if one not in python])
    if files:
        also = f", or {_either(_callables(python[0]))}" if python and _callables(python[0]) else ""
        return f"did you mean {files}{also}?"
    return _python(python[0]) if python else ""


def _python(path: Path) -> str:
    """How a model in a Python file is named."""
    if path.suffix != ".py":
        return f"{path} ends in {path.suffix}, and Python imports only files that end in .py: rename it"
    if path.stat().st_size == 0:
        return f"{path} is an empty file"
    module = _module(path)
    if not module:
        return f"{path} is Python code: go to its folder, and name the model as module:callable"
    named = _callables(path)
    if named:
        return f"{path} is Python code, and a model in it is named as module:callable: {_either(named)}"
    return f"{path} is Python code, and has nothing that {module}:callable could name"


def _callables(path: Path) -> list[str]:
    """`mynet:net` for what in the file may be a model or make one."""
    module = _module(path)
    try:
        with path.open("rb") as file:
            body = ast.parse(file.read(_MOST_READ)).body
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [f"{module}:{name}" for name in islice(_names(body), _MOST_SHOWN)] if module else []


def _names(body: list[ast.stmt]) -> Iterator[str]:
    """Values first, then what can be called without arguments, as far as that can be read."""
    for one in body:
        if isinstance(one, ast.Assign) and isinstance(one.value, ast.Call):
            yield from (part.id for part in one.targets if isinstance(part, ast.Name) and _public(part.id))
    for one in body:
        if isinstance(one, ast.FunctionDef) and _public(one.name) and not _needs(one.args):
            yield one.name
        if isinstance(one, ast.ClassDef) and _public(one.name) and one.bases:
            made = [
                part for part in one.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"
            ]
            if not made or not _needs(made[0].args, own=1):
                yield one.name


def _needs(arguments: ast.arguments, own: int = 0) -> bool:
    given = len(arguments.posonlyargs) + len(arguments.args) - own > len(arguments.defaults)
    return given or any(default is None for default in arguments.kw_defaults)


def _public(name: str) -> bool:
    return not name.startswith("_")


def _module(path: Path) -> str:
    """The file as Python would import it from here; "" where it does not."""
    try:
        parts = path.resolve().with_suffix("").relative_to(Path.cwd().resolve()).parts
    except ValueError:
        return ""
    return ".".join(parts) if all(part.isidentifier() for part in parts) else ""


def _in_folder(folder: Path) -> str:
    """The networks that lie in a folder."""
    found = [one for one in _files(folder) if one.suffix.lower() in FILES]
    if found:
        return f"{folder} is a folder: name a file in it, such as {_either([str(found[0])])}"
    return f"{folder} is a folder without a network: {_RULE}"


def _another_kind(path: Path) -> str:
    if path.stat().st_size == 0:
        return f"{path} is an empty file"
    return f"{path} is a file of another kind: {_RULE}"


def _beside(path: Path) -> Iterator[Path]:
    """Files that are named like this, whatever their ending and capitals."""
    name = path.name.lower()
    stem = Path(name).stem if Path(name).suffix in (*FILES, ".py") else name
    for one in sorted(_files(path.parent)):
        ending = one.suffix.lower()
        if (ending in FILES or ending == ".py") and one.stem.lower() == stem:
            yield one


def _files(folder: Path) -> list[Path]:
    return [one for one in islice(folder.iterdir(), _MOST_FILES) if one.is_file()]


def _either(names: list[str]) -> str:
    return " or ".join(names)
