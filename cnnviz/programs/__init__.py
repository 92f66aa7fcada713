"""The catalogue's variants as captured programs: data, read without torch.

`python -m cnnviz.programs.regenerate` writes them anew; a test holds each against a fresh capture.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from typing import Any

from cnnviz.formulas import RULES
from cnnviz.program import Input, Operation, Parameter, Program

FOLDER = os.path.dirname(__file__)


def names() -> list[str]:
    """The variants that have a program: `alexnet@course`, ..."""
    return sorted(file.removesuffix(".json") for file in os.listdir(FOLDER) if file.endswith(".json"))


@lru_cache(maxsize=256)
def load(name: str) -> Program | None:
    """The shipped program of a variant with its default options, or None where there is none."""
    try:
        with open(os.path.join(FOLDER, f"{name}.json"), encoding="utf-8") as file:
            return loads(file.read())
    except FileNotFoundError:
        return None


def loads(text: str) -> Program:
    """The program that `dumps` wrote."""
    data = json.loads(text)
    return Program(
        inputs=tuple(Input(name=n, shape=tuple(s), itemsize=b) for n, s, b in data["inputs"]),
        constants=tuple(tuple(shape) for shape in data["constants"]),
        operations=tuple(map(_operation, data["operations"])),
        parameters=tuple(map(Parameter._make, data["parameters"])),
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
    row[4] = RULES[row[3]].arguments._make(_tuples(row[4]))
    row[5], row[7] = tuple(row[5]), tuple(row[7])  # inputs and parameters: plain numbers
    return Operation._make(row)


def _tuples(value: Any) -> Any:
    return tuple([_tuples(part) for part in value]) if type(value) is list else value
