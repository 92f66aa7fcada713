"""Who may import whom: the rooms of the house, read off the source files."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "cnnviz"
FILES = sorted(PACKAGE.rglob("*.py"))

# Which rooms of the package each room may import, and which libraries beyond Python's own.
ROOMS: dict[str, tuple[set[str], set[str]]] = {
    "errors": (set(), set()),
    "record": (set(), set()),
    "processes": (set(), set()),
    "machine_limits": ({"errors", "architectures"}, set()),
    "formulas": ({"errors"}, set()),
    "architectures": ({"errors", "record"}, {"torch"}),
    "program": ({"errors", "record", "formulas"}, set()),
    "layer": ({"errors", "formulas", "program"}, set()),
    "trace": ({"errors", "record", "formulas", "program", "layer"}, set()),
    "programs": ({"errors", "formulas", "program"}, set()),
    "capture": ({"errors", "formulas", "program", "layer", "trace"}, {"torch"}),
    "design": ({"errors", "formulas", "program", "trace", "architectures"}, {"torch"}),
    "targets": (
        {"errors", "formulas", "program", "layer", "trace", "programs", "architectures", "capture", "onnx"}
        | {"design"},
        {"torch"},
    ),
    "onnx": ({"errors", "formulas", "program", "trace"}, set()),
    "graph": ({"errors", "formulas", "program", "layer", "trace", "tables"}, {"graphviz"}),
    "card": ({"errors", "formulas", "program", "layer", "trace", "tables"}, set()),
    "source": ({"errors", "formulas", "layer", "trace", "tables", "architectures", "capture"}, {"torch"}),
    "exercises": ({"errors", "formulas", "program", "layer", "trace", "tables"}, set()),
    "savings": (
        {"errors", "formulas", "program", "layer", "trace", "architectures", "card", "export"},
        set(),
    ),
    "ideas": (
        {"errors", "record", "architectures", "picture", "trace", "targets", "compare"},
        {"numpy", "PIL", "skimage"},
    ),
    "conventions": ({"errors", "formulas", "layer", "trace"}, set()),
    "tables": ({"errors", "formulas", "program", "layer", "trace", "conventions"}, set()),
    "count_plots": ({"formulas", "layer", "trace", "conventions"}, {"plotly"}),
    "peers": ({"errors", "architectures", "processes"}, {"torch", "torchinfo", "fvcore", "thop", "ptflops"}),
    "compare": (
        {
            "errors",
            "formulas",
            "program",
            "layer",
            "trace",
            "tables",
            "architectures",
            "targets",
            "conventions",
        },
        {"plotly", "numpy"},
    ),
    "plots": ({"errors", "formulas", "program", "layer", "trace", "tables"}, {"plotly", "numpy"}),
    "handout": (
        {"errors", "formulas", "program", "layer", "trace", "tables", "graph", "card", "architectures"}
        | {"conventions"},
        set(),
    ),
    "notebook": (
        {"errors", "formulas", "layer", "trace", "tables", "graph", "architectures", "export", "handout"},
        set(),
    ),
    "picture": ({"errors"}, {"PIL"}),
    "windows": ({"errors", "record", "formulas"}, {"numpy"}),
    "roofline": ({"errors", "formulas", "layer", "trace", "tables"}, {"plotly"}),
    "measure": (
        {"errors", "trace", "targets", "capture", "roofline"},
        {"torch", "platformdirs"},
    ),
    "training": (
        {"errors", "architectures", "targets", "trace", "design", "machine_limits"},
        {"torch", "numpy", "sklearn", "sqlalchemy", "platformdirs", "PIL", "pooch", "distributed"},
    ),
    "inside": (
        {"errors", "formulas", "layer", "trace", "targets", "architectures", "training", "picture"}
        | {"machine_limits"},
        {"torch", "numpy", "PIL", "captum"},
    ),
    "describe": ({"errors", "architectures", "targets", "tables"}, set()),
    "export": (
        {"errors", "formulas", "program", "layer", "trace", "tables", "graph", "plots", "card"}
        | {"conventions"},
        {"pandas", "graphviz"},
    ),
}
NOT_FOR_UI = {"cli", "commands"}

# Imports inside functions that go against the flow: a trace can show itself.
SHOWN_BY_THE_TRACE = {"trace": {"export", "graph", "tables"}}
# What writes the shipped programs captures the catalogue: a command, not part of reading them.
COMMANDS = {PACKAGE / "programs" / "regenerate.py"}
# Only the family files of the catalogue build networks.
WITHOUT_TORCH = (
    "cnnviz cnnviz.trace cnnviz.program cnnviz.formulas cnnviz.tables cnnviz.graph cnnviz.export "
    "cnnviz.programs cnnviz.cli cnnviz.card cnnviz.exercises cnnviz.architectures cnnviz.targets "
    "cnnviz.source cnnviz.errors cnnviz.handout cnnviz.notebook cnnviz.describe cnnviz.commands "
    "cnnviz.savings cnnviz.roofline cnnviz.conventions cnnviz.compare cnnviz.compare.report cnnviz.onnx "
    "cnnviz.design cnnviz.ideas cnnviz.windows cnnviz.windows.sheets "
    "cnnviz.training.presets cnnviz.training.laboratory cnnviz.training.datasets cnnviz.training.curves "
    "cnnviz.inside cnnviz.inside.kernels cnnviz.inside.photographs cnnviz.inside.limits cnnviz.inside.runs"
).split()


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> list[tuple[str, bool]]:
    """Every module that a file imports at run time, and whether that happens inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: list[tuple[str, bool]] = []

    def walk(node: ast.AST, inside: bool) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for child in node.orelse:
                walk(child, inside)
            return
        if isinstance(node, ast.Import):
            found.extend((alias.name, inside) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports name the whole path"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "cnnviz" else [module]
            found.extend((name, inside) for name in names)
        for child in ast.iter_child_nodes(node):
            walk(child, inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    walk(tree, False)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_file_imports_only_what_its_room_may(path: Path) -> None:
    """Oracle: the table of the design: data flows one way."""
    here = room(path)
    if here not in ROOMS or path in COMMANDS:
        pytest.skip("this room may use everything but what the other tests forbid")
    rooms, libraries = ROOMS[here]
    for name, inside in imports(path):
        top, _, rest = name.partition(".")
        if top == "cnnviz":
            other = rest.partition(".")[0]
            shown = inside and other in SHOWN_BY_THE_TRACE.get(here, set())
            assert other in rooms | {here} or shown, f"{here} imports {name}"
        else:
            assert top in sys.stdlib_module_names or top in libraries, f"{here} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_streamlit_is_for_the_ui_alone(path: Path) -> None:
    """Oracle: deleting ui/, app.py and pages/ leaves a working library and command line."""
    names = [name for name, inside in imports(path)]
    if room(path) == "ui":
        assert not any(name == f"cnnviz.{other}" for name in names for other in NOT_FOR_UI)
    else:
        assert not any(name.partition(".")[0] in ("streamlit", "starlette") for name in names)
        assert not any(name.startswith("cnnviz.ui") for name in names)


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("commands/*.py")), ids=lambda p: p.stem)
def test_a_command_tells_its_help_before_it_loads_what_it_works_with(path: Path) -> None:
    """Oracle: `cnnviz --help` reads every command's file, and a command its own."""
    for name, inside in imports(path):
        ours = name in ("cnnviz.errors", "cnnviz.commands.common")
        assert inside or ours or name.partition(".")[0] in sys.stdlib_module_names, name


@pytest.mark.parametrize("name", WITHOUT_TORCH)
def test_it_can_be_imported_without_torch(name: str) -> None:
    """Oracle: a process in which importing torch fails."""
    run(f"import {name}")


def test_a_catalogue_trace_needs_no_torch() -> None:
    """Oracle: a process without torch: the totals, another size, JSON and the table."""
    run(
        "import cnnviz; t = cnnviz.trace('resnet18'); assert t.parameters == 11689512; "
        "assert t.at((3, 64, 64)).macs < t.macs; t.to_json(); str(t); t.layers[0].formulas"
    )


def run(code: str) -> None:
    blocked = "import sys; sys.modules.update(torch=None, streamlit=None, plotly=None); "
    done = subprocess.run([sys.executable, "-c", blocked + code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_pages_use_the_ui_and_the_public_api() -> None:
    """Oracle: the design: pages hold no arithmetic and do not reach into the tracer."""
    for path in (ROOT / "app.py", *(ROOT / "pages").glob("*.py")):
        for name, _ in imports(path):
            if name.startswith("cnnviz."):
                inner = name.split(".")[1]
                assert inner not in ("capture", "formulas", "program", "programs", "cli", "commands"), (
                    f"{path.name}: {name}"
                )


def test_no_file_of_the_ui_takes_the_name_of_a_package_that_pandas_looks_for() -> None:
    """While a script runs, Streamlit has `cnnviz/ui` in `sys.path`: there pandas asks for `bottleneck`.

    Oracle: the optional packages that pandas itself lists.
    """
    from pandas.compat._optional import VERSIONS

    assert not {path.stem for path in (PACKAGE / "ui").iterdir()} & set(VERSIONS)
