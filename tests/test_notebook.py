"""The notebook: valid for Jupyter, and every cell runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import cnnviz
from cnnviz.errors import ExportError
from cnnviz.graph.folding import Folding
from cnnviz.notebook import formulas, graph, notebook
from tests.latex_text import chain
from tests.terminal import run as run_command

ROOT = Path(__file__).parents[1]

# What the documentation of nbformat 4.5 asks of the cells that occur here.
LINES = {"type": "array", "items": {"type": "string"}}
CELL = {
    "type": "object",
    "required": ["cell_type", "id", "metadata", "source"],
    "properties": {
        "cell_type": {"enum": ["markdown", "code"]},
        "id": {"type": "string", "pattern": "^[a-zA-Z0-9-_]{1,64}$"},
        "metadata": {"type": "object"},
        "source": LINES,
        "execution_count": {"type": ["integer", "null"]},
        "outputs": {"type": "array"},
    },
    "additionalProperties": False,
    "if": {"properties": {"cell_type": {"const": "code"}}},
    "then": {"required": ["execution_count", "outputs"]},
    "else": {"properties": {"execution_count": False, "outputs": False}},
}
NOTEBOOK = {
    "type": "object",
    "required": ["metadata", "nbformat", "nbformat_minor", "cells"],
    "properties": {
        "nbformat": {"const": 4},
        "nbformat_minor": {"const": 5},
        "metadata": {
            "type": "object",
            "properties": {
                "kernelspec": {"type": "object", "required": ["name", "display_name"]},
                "language_info": {"type": "object", "required": ["name"]},
            },
        },
        "cells": {"type": "array", "items": CELL},
    },
    "additionalProperties": False,
}

# Runs the cells as Jupyter does: one after the other, showing what the last line of each gives.
RUNNER = """
import ast, json, sys
known, shown = {}, []
for cell in json.load(open(sys.argv[1], encoding="utf-8"))["cells"]:
    if cell["cell_type"] != "code":
        continue
    tree = ast.parse("".join(cell["source"]))
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), known)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), known)
        if value is None:
            continue
        names = ("_repr_html_", "_repr_latex_", "_repr_mimebundle_")
        how = next((name for name in names if hasattr(value, name)), "repr")
        text = repr(value) if how in ("repr", "_repr_mimebundle_") else getattr(value, how)()
        shown.append((how, type(value).__name__, text))
trace = known["trace"]
print(json.dumps({"macs": trace.macs, "parameters": trace.parameters, "model": trace.model, "shown": shown}))
"""


def run(path: Path, *, torch: bool = False) -> dict[str, Any]:
    """What the cells show, in a fresh process; without torch unless it is asked for."""
    blocked = "" if torch else "import sys; sys.modules['torch'] = None\n"
    done = subprocess.run(
        [sys.executable, "-c", blocked + RUNNER, str(path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def write(tmp_path: Path, *arguments: str) -> Path:
    path = tmp_path / "made.ipynb"
    done = run_command("notebook", *arguments, "-o", str(path))
    assert done.stdout == f"wrote {path}\n"
    return path


@pytest.mark.parametrize("name", ["lenet5@course", "alexnet@course", "googlenet@paper", "densenet201"])
def test_it_is_a_notebook(name: str) -> None:
    """Oracle: nbformat 4.5, and its rule that ids are unique."""
    document = json.loads(notebook(cnnviz.trace(name), name))
    Draft202012Validator(NOTEBOOK).validate(document)
    ids = [cell["id"] for cell in document["cells"]]
    assert len(set(ids)) == len(ids)


def test_the_cells_run_from_top_to_bottom_and_show_the_network(tmp_path: Path) -> None:
    """Oracle: the course's AlexNet, 62,378,344 parameters; conv2's (5*5*96 + 1) * 256 = 614,656."""
    made = run(write(tmp_path, "alexnet", "--layer", "3", "--level", "0"))
    assert (made["model"], made["parameters"]) == ("alexnet@course", 62_378_344)
    kinds = [kind for _, kind, _ in made["shown"]]
    assert kinds[:3] == ["Trace", "Latex", "Html"]
    assert kinds.count("Figure") == 2
    assert "DataFrame" in kinds
    texts = {kind: text for _, kind, text in made["shown"]}
    assert "62,378,344" in texts["Trace"]
    assert r"614{,}656" in texts["Latex"]
    assert texts["Html"].count("<svg") >= 1


def test_options_and_size_are_those_of_the_view(tmp_path: Path) -> None:
    """Oracle: 512 features, 10 classes: (512 + 1) * 10 parameters less 513,000 than with 1000."""
    path = write(tmp_path, "resnet18", "--set", "num_classes=10", "--input", "96x64")
    made = run(path, torch=True)
    usual = cnnviz.trace("resnet18")
    assert made["parameters"] == usual.parameters - 513 * 990
    assert made["macs"] == cnnviz.trace("resnet18", (3, 96, 64), options={"num_classes": 10}).macs


def test_the_folding_is_that_of_the_view() -> None:
    document = json.loads(
        notebook(cnnviz.trace("resnet50"), "resnet50", folding=Folding(level=0, opened=("conv2_x",)))
    )
    code = "".join(line for cell in document["cells"] for line in cell["source"])
    assert "graph(trace, Folding(level=0, opened=('conv2_x',)))" in code


def test_names_of_modules_stay_text() -> None:
    """A target is written as Python writes a string, whatever is in it."""
    target = "a'); import os; ('"
    document = json.loads(notebook(cnnviz.trace("lenet5"), target))
    code = next("".join(c["source"]) for c in document["cells"] if "cnnviz.trace(" in "".join(c["source"]))
    assert repr(target) in code


def test_what_has_several_inputs_is_refused_kindly() -> None:
    from torch import Tensor, nn

    class Sum(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return a + b

    trace = cnnviz.trace(Sum(), ((3, 8, 8), (3, 8, 8)))
    with pytest.raises(ExportError, match="one input"):
        notebook(trace, "Sum")


def test_formulas_and_graph_show_themselves() -> None:
    """Oracle: the LaTeX alone, worked out: (11*11*3 + 1) * 96 = 34,944."""
    trace = cnnviz.trace("alexnet")
    text = formulas(trace, 0)
    line = next(line for line in text.splitlines() if line.startswith(r"\text{parameters}"))
    assert set(chain(line.split("&= ")[1].removesuffix(r" \\"))) == {34_944}
    assert text._repr_latex_().startswith("$")
    assert "<svg" in graph(trace)._repr_html_()
    assert "href=" not in graph(trace)  # there is nothing to lead to


def test_a_layer_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = run_command("notebook", "lenet5", "--layer", "12", "-o", str(tmp_path / "a.ipynb"))
    assert done.status == 2
    assert "from 0 to 11" in done.stderr
