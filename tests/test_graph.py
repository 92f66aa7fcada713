"""The block graph: what is grouped, folded and drawn."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import cnnviz
from cnnviz.errors import ExportError
from cnnviz.graph import COLOURS, LIMIT_EDGES, dot, drawing, write_graph
from cnnviz.graph.colouring import QUANTITIES, RAMP, value
from cnnviz.graph.folding import MOST_EDGES, MOST_NODES, Folding, depth, groups, view_of

NAMES = [f"{a.name}@{v.name}" for a in cnnviz.CATALOGUE for v in a.variants]


def nodes(text: str) -> list[str]:
    return re.findall(r'^"([^"]+)" \[id=', text, flags=re.M)


def edges(text: str) -> list[tuple[str, str]]:
    return re.findall(r'^"([^"]+)" -> "([^"]+)"$', text, flags=re.M)


def label(text: str, node: str) -> str:
    found = re.search(rf'^"{re.escape(node)}" \[.*?label="([^"]*)"', text, flags=re.M)
    assert found, node
    return found[1]


@pytest.mark.parametrize("name", NAMES)
def test_the_default_view_is_small_enough_to_read(name: str) -> None:
    text = dot(cnnviz.trace(name))
    assert 2 <= len(nodes(text)) <= MOST_NODES + 2
    assert len(edges(text)) <= MOST_EDGES


@pytest.mark.parametrize("name", ["alexnet", "resnet50", "googlenet", "densenet121", "efficientnet_b0"])
@pytest.mark.parametrize("level", [0, 1, 2, None])
def test_every_layer_is_in_just_one_box_and_every_edge_joins_boxes(name: str, level: int | None) -> None:
    """Brute force over the trace's own edges: no edge is lost, none is invented."""
    trace = cnnviz.trace(name)
    assert sorted(groups(trace).layers()) == [layer.index for layer in trace.layers]
    boxes = view_of(trace, level=level).boxes
    assert sorted(i for box in boxes for i in box.layers) == [layer.index for layer in trace.layers]
    at = {i: box.id for box in boxes for i in box.layers}
    wanted = {("input:0" if a < 0 else at[a], at[b]) for a, b in trace.edges}
    assert set(edges(dot(trace, level=level))) == {(a, b) for a, b in wanted if a != b}


def test_alexnet_is_a_chain_of_its_layers() -> None:
    trace = cnnviz.trace("alexnet")
    text = dot(trace)
    assert nodes(text) == ["input:0", *(f"node:{i}" for i in range(len(trace.layers)))]
    assert label(text, "node:0") == "conv1: conv 11x11 / 4\\n55x55x96"
    assert label(text, "node:2") == "pool1: max pool 3x3 / 2\\n27x27x96"


def test_equal_blocks_fold_to_one_box_with_their_summed_cost() -> None:
    """ResNet-34's conv2_x: three blocks of two 3x3 convolutions of 64 with batch norm (He et al. 2015)."""
    text = dot(cnnviz.trace("resnet34"), level=1)
    each = 2 * (3 * 3 * 64 * 64 + 2 * 64)
    fold = next(node for node in nodes(text) if node.startswith("fold:conv2_x"))
    assert "x 3" in label(text, fold)
    assert f"{3 * each:,} parameters" in label(text, fold)
    assert len(nodes(dot(cnnviz.trace("resnet34"), level=1, fold=False))) > len(nodes(text))


def test_a_shortcut_is_seen_as_an_edge_past_the_block() -> None:
    """In an open ResNet-18 some addition reads from two places that are not its neighbours in order."""
    trace = cnnviz.trace("resnet18")
    text = dot(trace, level=9, fold=False)
    addition = next(layer for layer in trace.layers if layer.op == "add")
    into = [a for a, b in edges(text) if b == f"node:{addition.index}"]
    assert len(into) == 2


def test_an_inception_module_opens_to_four_branches() -> None:
    """Szegedy et al. 2014, figure 2b: four branches side by side, 64 + 128 + 32 + 32 = 256 channels."""
    trace = cnnviz.trace("googlenet")
    text = dot(trace, level=0, opened=["inception_3a"])
    joined = next(layer for layer in trace.layers if layer.op == "cat" and "3a" in layer.name)
    assert len([a for a, b in edges(text) if b == f"node:{joined.index}"]) == 4
    assert label(text, f"node:{joined.index}").endswith("28x28x256")


def test_a_graph_that_no_layout_ends_is_refused() -> None:
    with pytest.raises(ExportError, match=f"edges, more than any layout can draw .{LIMIT_EDGES:,}"):
        dot(cnnviz.trace("densenet201"), level=9, fold=False)


def test_a_module_called_twice_makes_no_cycle() -> None:
    """Folding by path alone would draw an edge back; calls are told apart."""
    from torch import nn

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.block = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU())
            self.last = nn.Conv2d(4, 4, 1)

        def forward(self, x):  # type: ignore[no-untyped-def]
            return self.last(self.block(self.block(x)))

    trace = cnnviz.trace(Twice(), (4, 8, 8))
    drawn = edges(dot(trace, level=0))
    order = {node: i for i, node in enumerate(nodes(dot(trace, level=0)))}
    assert all(order[a] < order[b] for a, b in drawn)


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz's dot is not on this machine")
@pytest.mark.parametrize("name", ["lenet5", "resnet50", "googlenet@torchvision", "densenet201"])
def test_graphviz_takes_every_graph(name: str, tmp_path: Path) -> None:
    """Graphviz itself reads the DOT; its SVG has every node's id and class."""
    trace = cnnviz.trace(name)
    write_graph(trace, tmp_path / "g.svg")
    svg = (tmp_path / "g.svg").read_text()
    for node in nodes(dot(trace)):
        assert f'id="{node}"' in svg
    assert 'class="node conv"' in svg or 'class="node block"' in svg
    write_graph(trace, tmp_path / "g.pdf")
    assert (tmp_path / "g.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz's dot is not on this machine")
def test_notebooks_get_a_source_that_renders() -> None:
    svg = cnnviz.trace("lenet5").graph().pipe(format="svg", encoding="utf-8")
    assert "<svg" in svg


def test_names_with_quotes_do_not_break_the_text() -> None:
    from torch import nn

    model = nn.Sequential()
    model.add_module('odd "name"\\', nn.Conv2d(3, 4, 3))
    text = dot(cnnviz.trace(model, (3, 8, 8)))
    if shutil.which("dot"):
        done = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["resnet34", "googlenet", "mobilenet_v2"])
@pytest.mark.parametrize("level", [None, 0, 1, 2])
def test_a_click_opens_what_is_closed_and_closes_what_is_open(name: str, level: int | None) -> None:
    """Whatever is drawn as a group changes its state by a click, and no other group changes its own."""
    trace = cnnviz.trace(name)
    folding = Folding(level=level)
    view = folding.view(trace)
    for path in view.opened:
        after = folding.toggled(trace, path).view(trace)
        inside = {other for other in view.opened if other.startswith(f"{path}.")}
        assert after.opened == view.opened - {path} - inside
    for box in view.boxes:
        if box.groups:
            path = box.groups[0].path
            after = folding.toggled(trace, path).view(trace)
            assert path in after.opened
            assert view.opened <= after.opened
            assert sorted(i for b in after.boxes for i in b.layers) == [la.index for la in trace.layers]


def test_a_folding_is_a_text_and_back() -> None:
    folding = Folding(level=1, opened=("conv2_x.block_1", "conv3_x"), closed=("conv4_x",))
    assert folding.groups == "conv2_x.block_1,conv3_x,-conv4_x"
    assert Folding.of(folding.groups, level=1) == folding
    assert Folding.of(" , -,,") == Folding()
    assert Folding.of("no_such_group,-nor_this").view(cnnviz.trace("lenet5")).boxes


def test_depth_counts_stage_block_branch() -> None:
    """ResNet-34: conv2_x > block_1 > residual."""
    assert depth(groups(cnnviz.trace("resnet34"))) == 3
    assert depth(groups(cnnviz.trace("alexnet"))) == 0


@pytest.mark.parametrize("colour", ["parameters", "MACs", "memory", "receptive field"])
@pytest.mark.parametrize("name", NAMES[::4])
def test_the_darker_a_box_the_more_it_has(name: str, colour: str) -> None:
    """Sorted by value, shades never get lighter; nothing has no shade; the legend says the largest."""
    trace = cnnviz.trace(name)
    drawn = drawing(trace, Folding(), colour=colour)
    quantity = QUANTITIES[colour]
    values = {id_: value(quantity, [trace.layers[i] for i in layers]) for id_, layers in drawn.boxes}
    classes = dict(re.findall(r'^"([^"]+)" \[id="[^"]+", class="\w+ (\w+)"', drawn.dot, flags=re.M))
    assert set(classes) == set(values)
    steps = [classes[id_] for id_ in sorted(values, key=lambda id_: values[id_] or 0)]
    assert steps == sorted(steps, key=["none", "q0", "q1", "q2", "q3", "q4"].index)
    assert all((classes[id_] == "none") == (not number) for id_, number in values.items())
    assert set(classes.values()) <= {name for name, _ in drawn.legend}
    largest = max(number for number in values.values() if number)
    assert drawn.legend[-1][1] == f"to {quantity.short(largest)}"


def test_a_quantity_is_written_in_the_box_and_summed_over_a_group() -> None:
    """AlexNet's conv1: (11*11*3 + 1) * 96 = 34,944; ResNet-18's conv2_x: 2 blocks of 2 3x3 convolutions."""
    assert label(dot(cnnviz.trace("alexnet"), colour="parameters"), "node:0").endswith("34,944 parameters")
    text = dot(cnnviz.trace("resnet18"), level=0, colour="parameters")
    assert label(text, "block:conv2_x").endswith(f"{4 * (3 * 3 * 64 * 64 + 2 * 64):,} parameters")


def test_larger_tensors_have_larger_boxes() -> None:
    """Down AlexNet's features n_H only shrinks, so no box is higher than the one before."""
    text = dot(cnnviz.trace("alexnet"))
    heights = [float(h) for h in re.findall(r'^"(?:input|node):.*?height=([\d.]+)', text, flags=re.M)]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] > heights[-1]


def test_an_unknown_colour_is_refused() -> None:
    with pytest.raises(ExportError, match="choose one of kind, parameters, MACs"):
        dot(cnnviz.trace("lenet5"), colour="time")  # nothing was measured


def test_dark_text_can_be_read_on_every_fill() -> None:
    """WCAG 2.1, contrast of at least 4.5:1 with the nodes' text."""
    for fill in [*RAMP, *(fill for fill, _ in COLOURS.values())]:
        assert contrast(fill, "#16202e") >= 4.5


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
