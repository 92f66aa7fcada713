"""The catalogue's variants as captured programs: data, read without torch.

`python -m cnnviz.programs.regenerate` writes them anew; a test holds each against a fresh capture.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from cnnviz.formulas import RULES
from cnnviz.program import Input, Operation, Parameter, Program

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The variants that have a program: `alexnet@course`, ..."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


@lru_cache(maxsize=256)
def load(name: str) -> Program | None:
    """The shipped program of a variant with its default options, or None where there is none."""
    path = FOLDER / f"{name}.json"
    return loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def loads(text: str) -> Program:
    """The program that `dumps` wrote."""
    data = json.loads(text)
    return Program(
        inputs=tuple(Input(name=n, shape=tuple(s), itemsize=b) for n, s, b in data["inputs"]),
        constants=tuple(tuple(shape) for shape in data["constants"]),
        operations=tuple(_operation(row) for row in data["operations"]),
        parameters=tuple(Parameter(name=n, numbers=c, trainable=t) for n, c, t in data["parameters"]),
        outputs=tuple(data["outputs"]),
    )


def dumps(program: Program) -> str:
    """The program as JSON, one operation and one parameter a line, so that a change reads well in a diff."""
    if program.sized or program.guards or program.remarks or not program.replayable:
        raise ValueError("only a program that is right at every input size can be shipped")
    inputs = [[i.name, i.shape, i.itemsize] for i in program.inputs]
    parameters = [[p.name, p.numbers, p.trainable] for p in program.parameters]
    operations = [list(operation) for operation in program.operations]
    fields = {
        "inputs": _lines(inputs),
        "constants": json.dumps(program.constants),
        "outputs": json.dumps(program.outputs),
        "parameters": _lines(parameters),
        "operations": _lines(operations),
    }
    return "{\n" + ",\n".join(f'"{name}": {text}' for name, text in fields.items()) + "\n}\n"


def _lines(rows: list[Any]) -> str:
    return (
        "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]" if rows else "[]"
    )


def _operation(row: list[Any]) -> Operation:
    operation = Operation._make(_tuples(row))
    return operation._replace(arguments=RULES[operation.rule].arguments(*operation.arguments))


def _tuples(value: Any) -> Any:
    return tuple([_tuples(part) for part in value]) if type(value) is list else value
