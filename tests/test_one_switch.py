"""One switch for what is counted: no view of the app and no command tells another number than it says.

A view either counts as the switch says, or says in a sentence that it counts plain MACs.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator
from itertools import accumulate, chain
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import cnnviz
from cnnviz import conventions, design
from cnnviz.cli import COMMANDS
from cnnviz.commands import compare as compare_command
from cnnviz.commands import trace as trace_command
from cnnviz.conventions import Convention
from cnnviz.design.text import packed
from cnnviz.graph.folding import Folding
from cnnviz.trace import Trace
from cnnviz.ui import links
from cnnviz.ui.compare import views as compare_views
from tests.pages import page as opened
from tests.run_store import store_in
from tests.terminal import run

NET, OTHER = "resnet18", "resnet34"
STAYS = "in plain MACs, whatever is counted elsewhere"
EXAMPLE = design.loads((Path(design.__file__).parent / "examples" / "residual.toml").read_text())
DESIGN = {"design": packed(EXAMPLE)}
COMPARED = {"nets": f"{NET} {OTHER}"}
# Where the switch has no meaning: a textbook's question, a physical limit, a claim of a paper.
PLAIN = {
    "explore, predicting": ("explore", {"net": NET, "predict": "macs"}),
    "bottleneck": ("bottleneck", {}),
    "measured": ("measured", {"net": NET}),
    "training": ("training", {"preset": "one_by_one"}),
    "exercises": ("exercises", {"net": NET}),
    "compare, Timeline": ("compare", {**COMPARED, "compared": "Timeline"}),
    "compare, Claims": ("compare", {**COMPARED, "compared": "Claims"}),
    "design, goal": ("design", {**DESIGN, "goal": "7x7 within 500 M MACs"}),
}
COUNTED = {
    "explore": ("explore", {"net": NET}),
    "explore, colours": ("explore", {"net": NET, "colour": "MACs", "level": "0"}),
    "explore, a layer": ("explore", {"net": NET, "layer": "1"}),
    "explore, presenting": ("explore", {"net": NET, "present": "true", "layer": "1", "level": "0"}),
    "conventions": ("conventions", {"net": NET}),
    "design": ("design", DESIGN),
    **{
        f"compare, {part}": ("compare", {**COMPARED, "compared": part})
        for part in compare_views.VIEWS
        if part not in ("Timeline", "Claims")
    },
}
# Pages on no network of the catalogue, which count the multiplications of an operation and call them so.
OF_THEIR_OWN = {"convolution", "inside", "ideas"}
TOOLS = ("torchinfo", "flops")
PACKED = re.compile(r'"packed": ?"([\w+/=]+)"')
SMALLEST = 100_000  # numbers below may well mean something else


@pytest.fixture(autouse=True, scope="module")
def store_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with store_in(tmp_path_factory.mktemp("runs")):
        yield


def shown(page: str, link: dict[str, str], convention: str) -> str:
    """Everything that the page sends: texts, figures, what its components get."""
    app = opened(page, **link, convention=convention)
    return "\n".join(_protos(app)).replace("{,}", ",")


def _protos(app: AppTest) -> Iterator[str]:
    waiting = list(app._tree.children.values())
    while waiting:
        element = waiting.pop()
        waiting += getattr(element, "children", {}).values()
        text = str(getattr(element, "proto", "")).replace("\\n", " ").replace("\\", "")
        yield PACKED.sub(_inflated, text)


def _inflated(packed: re.Match[str]) -> str:
    """What the browser makes of it."""
    return zlib.decompress(base64.b64decode(packed[1])).decode().replace("\\", "")


def sums(trace: Trace, counts: tuple[int, ...]) -> set[int]:
    """Every sum of counts that a view may show: of layers, of groups, so far, of all."""
    boxes = chain.from_iterable(Folding(level=level).view(trace).boxes for level in range(4))
    return {*counts, *accumulate(counts), *(sum(counts[i] for i in box.layers) for box in boxes)}


def contradicting(text: str, traces: list[Trace], convention: Convention, *, but: int = -1) -> set[int]:
    """Numbers of plain MACs that stand in the text and are none of the convention's.

    What says of itself that it is plain, as `MACs: 1,814,073,344` below the other total, is left out, and so
    is the formula of the layer `but`.
    """
    plain: set[int] = set()
    others: set[int] = set()
    for trace in traces:
        plain |= sums(trace, tuple(layer.macs for layer in trace.layers))
        others |= sums(trace, conventions.per_layer(trace, convention))
        others |= sums(trace, tuple(layer.parameters for layer in trace.layers))
        others |= sums(trace, tuple(layer.activation_bytes for layer in trace.layers))
        if but >= 0:
            others.add(trace.layers[but].macs)
    said = re.sub(r"MACs:?\s+[\d,]+", "", re.sub(r"</?\w+[^>]*>", " ", text))
    numbers = {int(found.replace(",", "")) for found in re.findall(r"\d{1,3}(?:,\d{3})+|\d{6,}", said)}
    return {n for n in plain - others if n >= SMALLEST} & numbers


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("view", COUNTED)
def test_a_view_counts_as_the_switch_says(view: str, tool: str) -> None:
    """Oracle: the counts of the convention, and of plain MACs, which must not be there."""
    page, link = COUNTED[view]
    convention, text = conventions.find(tool), shown(page, link, tool)
    names = [NET, OTHER] if page == "compare" else [NET]
    traces = [design.trace_design(EXAMPLE)] if page == "design" else [cnnviz.trace(name) for name in names]
    assert convention.quantity in text
    if page == "conventions":  # it tells both, side by side
        assert f"{conventions.counted(traces[0], convention):,}" in text
        return
    layer = int(link.get("layer", 0 if page == "design" else -1))
    assert not contradicting(text, traces, convention, but=layer)
    if "colour" in link:
        assert re.search(rf'"title": ?"{convention.label}"', text)  # of the legend
    if page != "compare" and "present" not in link:
        assert f"{conventions.counted(traces[0], convention):,}" in text


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("view", PLAIN)
def test_a_view_that_counts_plain_macs_says_so(view: str, tool: str) -> None:
    """Oracle: the sentence; without a convention it would be noise."""
    page, link = PLAIN[view]
    assert STAYS in shown(page, link, tool)
    assert STAYS not in shown(page, link, "macs")


def test_every_page_is_one_or_the_other() -> None:
    assert {page for page, _ in (*PLAIN.values(), *COUNTED.values())} == set(links.PAGES) - OF_THEIR_OWN


def test_about_says_that_published_figures_are_plain() -> None:
    """Oracle: torchvision publishes MACs, whatever is counted here."""
    app = opened(visit={"picker_About": True}, net=NET, convention="flops")
    told = [caption.value for caption in app.caption]
    assert any(text.startswith("Published figures") and STAYS in text for text in told)


# What a command prints or writes with `--convention`; the other commands know no cost.
PRINTED = {
    "show": f"show {NET}",
    "conventions": f"conventions {NET}",
    **{f"trace, {form}": f"trace {NET} --format {form}" for form in trace_command.FORMATS},
    **{f"compare, {form}": f"compare {NET} {OTHER} --format {form}" for form in compare_command.FORMATS},
    "compare, difference": f"compare {NET} {OTHER} --diff",
}
WRITTEN = {"graph": "a.dot", "handout": "a.html", "notebook": "a.ipynb"}
PLAIN_COMMANDS = {
    "exercise": f"exercise {NET} --count 1 --kind macs",
    "measure": "measure lenet5 --threads 1",
}
WITHOUT_COSTS = {"list", "train", "runs", "inside", "data", "app"}
LABELLED = ("json", "csv", "conventions", "show")  # these have plain MACs beside it, under their own name


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("command", PRINTED)
def test_a_command_counts_as_it_is_told(command: str, tool: str) -> None:
    """Oracle: as for the views."""
    convention = conventions.find(tool)
    result = run(*PRINTED[command].split(), "--convention", tool)
    assert (result.status, result.stderr) == (0, "")
    traces = [cnnviz.trace(name) for name in (NET, OTHER)]
    if not command.endswith(LABELLED):
        assert not contradicting(result.stdout, traces, convention)
    if command not in ("compare, difference", "trace, csv"):  # these have no total
        assert _has(result.stdout, conventions.counted(traces[0], convention))
    names = (convention.heading, convention.quantity, convention.column, convention.name)
    assert any(name in result.stdout for name in names)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("command", WRITTEN)
def test_a_file_counts_as_it_is_told(command: str, tool: str, tmp_path: Path) -> None:
    """Oracle: as for the views; a handout says of its formulas that they are of plain MACs."""
    convention, path = conventions.find(tool), tmp_path / WRITTEN[command]
    result = run(command, NET, "--level", "0", "-o", str(path), "--convention", tool)
    assert (result.status, result.stderr) == (0, "")
    text = path.read_text().partition('<section class="rules">')[0]
    assert convention.quantity in text
    assert not contradicting(text, [cnnviz.trace(NET)], convention)
    if command == "handout":
        assert f"{conventions.counted(cnnviz.trace(NET), convention):,}" in text
        assert "formulas are those of plain MACs" in text


@pytest.mark.parametrize("command", PLAIN_COMMANDS)
def test_a_command_that_counts_plain_macs_says_so(command: str) -> None:
    """Oracle: the sentence, on stderr: what is printed stays as it was."""
    words = PLAIN_COMMANDS[command].split()
    result = run(*words, "--convention", "flops")
    assert result.status == 0
    assert STAYS in result.stderr
    assert run(*words).stderr == ""


def test_every_command_is_one_or_the_other() -> None:
    named = {name.partition(",")[0] for name in chain(PRINTED, WRITTEN, PLAIN_COMMANDS)}
    assert named | WITHOUT_COSTS == set(COMMANDS)
    assert not named & WITHOUT_COSTS


def test_a_notebook_shows_what_the_convention_counts(tmp_path: Path) -> None:
    """Oracle: torchinfo's published count of ResNet-18, 1,814,083,944."""
    from tests.test_notebook import run as cells

    path = tmp_path / "made.ipynb"
    run("notebook", NET, "--convention", "torchinfo", "--level", "0", "-o", str(path))
    texts = " ".join(text for _, _, text in cells(path)["shown"])
    assert "MACs as torchinfo" in texts
    assert "1,814,083,944" in texts  # where the curve of costs ends


def _has(text: str, number: int) -> bool:
    return f"{number:,}" in text or str(number) in text


@pytest.mark.parametrize("page", ["explore", "conventions", "compare"])
def test_a_file_has_no_number_of_what_counts_modules(page: str) -> None:
    """Oracle: a file names operations: the page says so, and nothing is told to be torchinfo's count."""
    pytest.importorskip("onnx")
    from cnnviz.ui import own_models
    from tests.onnx.files import small_network

    uploads = {"net.onnx": own_models._read(small_network(), "net.onnx")}
    link = {"net": "net.onnx", "nets": "net.onnx lenet5", "convention": "torchinfo"}
    app = opened(page, visit={"own_models": uploads}, **link)
    text = "\n".join(_protos(app))
    assert "of which a file says nothing" in text
    assert page == "conventions" or "MACs as torchinfo" not in text
