"""The handout: formulas that work out, links that lead somewhere, a graph that can be read."""

from __future__ import annotations

import html.parser
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from torch import nn

import cnnviz
from cnnviz.card import card_of
from cnnviz.graph.folding import Folding, view_of
from cnnviz.handout import handout
from cnnviz.handout.formulas import _pieces
from cnnviz.handout.graph import graph_html
from cnnviz.handout.layout import BESIDE, Layout, _spread, laid_out
from cnnviz.handout.mathml import math
from cnnviz.programs import names
from tests.mathml_text import sides
from tests.terminal import run

NETWORKS = ("alexnet@course", "googlenet@paper", "resnet50@torchvision", "lenet5@paper", "efficientnet_b0")


class Page(html.parser.HTMLParser):
    """What a page holds: elements with their attributes, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, attribute: str) -> list[str]:
        return [attributes[attribute] for _, attributes in self.tags if attribute in attributes]


def made(name: str, **how: object) -> str:
    return handout(cnnviz.trace(name), cnnviz.find(name), **how)  # type: ignore[arg-type]


# ---- mathematical type


@pytest.mark.parametrize("name", names())
def test_every_formula_of_every_layer_works_out_to_its_number(name: str) -> None:
    """Oracle: the MathML alone, worked out with exact fractions."""
    trace = cnnviz.trace(name)
    cards = [card_of(trace, layer.index) for layer in trace.layers]
    quantities = {quantity for card in cards for quantity in card.quantities}
    for latex, value in {(quantity.latex, quantity.value) for quantity in quantities}:
        assert set(sides(math(latex))) == {value}, latex
        for piece in _pieces(latex):
            ElementTree.fromstring(math(piece))
    texts = {card.equation for card in cards} | {card.story.latex for card in cards if card.story}
    for latex in texts | {q.general for q in quantities} | {q.symbol for q in quantities}:
        ElementTree.fromstring(math(latex))


def test_formulas_are_typeset_as_the_course_writes_them() -> None:
    """Oracle: the elements that MathML 3 has for a fraction, scripts and fences, written out by hand."""
    assert math(r"\dfrac{a_1}{4}") == (
        '<math><mfrac displaystyle="true"><mrow><msub><mi>a</mi><mn>1</mn></msub></mrow><mn>4</mn></mfrac>'
        "</math>"
    )
    assert math("a^{[l-1]}") == (
        "<math><msup><mi>a</mi><mrow><mo>[</mo><mi>l</mi><mo>−</mo><mn>1</mn><mo>]</mo></mrow></msup></math>"
    )
    assert math(r"\text{a \_b<}") == "<math><mtext>a _b&lt;</mtext></math>"


def test_a_long_formula_is_cut_between_its_terms_only() -> None:
    """Oracle: put together again it is the same formula, and each piece is whole."""
    terms = " + ".join(rf"({i} + {i}) \cdot \dfrac{{{i} + 1}}{{2}}" for i in range(8))
    latex = f"n = {terms} = 7"
    pieces = _pieces(latex)
    assert " ".join(pieces) == latex
    assert len(pieces) == 1 + 8 + 1  # n, eight terms, the result
    for piece in pieces:
        ElementTree.fromstring(math(piece))
    assert _pieces("n = 3 + 4 = 7") == ["n = 3 + 4 = 7"]


def test_a_sequence_is_not_called_an_image() -> None:
    """Oracle: torch's order for a batch of sequences, length before features."""
    text = handout(cnnviz.trace(nn.Linear(16, 4), (10, 16)))
    assert "Input 10 × 16.</p>" in text
    assert "Input 8 × 9 × 3 <small>(n_H" in handout(cnnviz.trace(nn.Conv2d(3, 4, 3), (3, 8, 9)))


@pytest.mark.parametrize("latex", [r"\input{x}", r"\dfrac{1}", "a_", r"\text{never", "{", "a}", r"\left("])
def test_what_is_not_understood_is_never_drawn_wrong(latex: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        math(latex)


# ---- the page


@pytest.mark.parametrize("name", NETWORKS)
def test_every_link_leads_somewhere_and_every_layer_to_its_formulas(name: str) -> None:
    """Oracle: the trace's own number of layers; HTML's rule that an id stands once."""
    page = Page(made(name))
    ids = page.all("id")
    assert [i for i, count in Counter(ids).items() if count > 1] == []
    inner = [link[1:] for link in page.all("href") if link.startswith("#")]
    assert set(inner) <= set(ids)
    indexes = range(len(cnnviz.trace(name).layers))
    assert {f"layer-{i}" for i in indexes} <= set(inner)
    assert {f"row-{i}" for i in indexes} <= set(ids)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_file_needs_nothing_but_itself(name: str) -> None:
    """Oracle: HTML's list of elements and attributes that fetch something."""
    text = made(name)
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base"} & {tag for tag, _ in page.tags}
    assert not page.all("src")
    assert "url(" not in text
    assert "@import" not in text
    outside = [link for link in page.all("href") if not link.startswith("#")]
    assert all(link.startswith(("https://", "http://")) for link in outside)  # sources, for a reader to click


def test_totals_stand_beside_what_was_published() -> None:
    """Oracle: the course's 62,378,344 parameters; the paper's 60 million are of another network."""
    text = made("alexnet@course")
    row = text[text.index('<th scope="row">Parameters') : text.index('<th scope="row">MACs')]
    assert "<b>62,378,344</b>" in row
    assert "✓ <b>62,378,344</b>" in row
    assert "<p><b>≈ 60 million</b>" in row
    assert "105,415,200" in text  # 55*55*96 * (11*11*3)
    smaller = handout(cnnviz.trace("alexnet@course", (3, 195, 195)), cnnviz.find("alexnet@course"))
    assert "✓" not in smaller  # at another size nothing published is confirmed


def test_changed_options_are_said_and_the_command_makes_the_file_again(tmp_path: Path) -> None:
    first, again = tmp_path / "a.html", tmp_path / "b.html"
    made = run("handout", "resnet18", "--set", "num_classes=10", "--input", "64", "-o", str(first))
    assert made.stdout == f"wrote {first}\n"
    text = first.read_text(encoding="utf-8")
    assert "num_classes = 10" in text
    command = re.search(r"Made by <code>cnnviz (.*?)</code>", text)
    assert command is not None
    words = command[1].replace("handout.html", str(again)).split()
    assert run(*words).status == 0
    assert again.read_text(encoding="utf-8") == text


def test_a_model_of_ones_own_has_a_handout_and_its_names_stay_names() -> None:
    model = nn.Sequential()
    model.add_module("<b>&$", nn.Conv2d(3, 4, 3))
    text = handout(cnnviz.trace(model, (3, 8, 8)))
    assert "<b>&amp;" not in text
    assert "&lt;b&gt;&amp;$" in text


def test_the_largest_network_of_the_catalogue_stays_a_file_that_mail_takes() -> None:
    """711 operations of DenseNet-201; 2 MB is the bound that this project sets."""
    assert len(made("densenet201").encode()) < 2_000_000


def test_remarks_are_there() -> None:
    """Oracle: AlexNet's fc6 takes 256*5*5 values at 195, where it takes 256*6*6 at 227."""
    text = handout(cnnviz.trace("alexnet@course", (3, 195, 195)), cnnviz.find("alexnet@course"))
    assert "it takes 6,400 values, 9,216 at" in re.sub(r"<[^>]+>", "", text)


@pytest.mark.parametrize("file", ["handout.txt", "missing/handout.html"])
def test_a_file_that_cannot_be_written_is_told_in_one_line(file: str, tmp_path: Path) -> None:
    done = run("handout", "lenet5", "-o", str(tmp_path / file))
    assert done.status == 2
    assert done.stderr.count("\n") == 1


# ---- the graph


@pytest.mark.parametrize("name", names())
def test_every_box_and_every_edge_of_the_folded_view_is_drawn_once(name: str) -> None:
    """Oracle: the view that the app draws too."""
    trace = cnnviz.trace(name)
    view, drawn = view_of(trace), graph_html(trace)
    assert drawn.count('class="tip"') == len(view.edges)
    links = Counter(re.findall(r'href="#layer-(\d+)"', drawn))
    assert links == Counter(str(box.layers[0]) for box in view.boxes)
    for column in re.findall(r"<svg.*?</svg>", drawn):
        ElementTree.fromstring(column)


@pytest.mark.parametrize("name", names())
def test_boxes_do_not_overlap_and_ways_pass_beside_them(name: str) -> None:
    """Oracle: brute force, each pair of neighbours of a row."""
    view = view_of(cnnviz.trace(name))
    layout, widths = lay_out(view.edges)
    for row in layout.rows:
        sides_of = [(layout.x[n], widths.get(n, 0.0) / 2) for n in row]  # type: ignore[arg-type]
        for (a, half_a), (b, half_b) in pairwise(sides_of):
            assert b - half_b >= a + half_a + BESIDE / 2


def lay_out(edges: tuple[tuple[str, str], ...]) -> tuple[Layout, dict[str, float]]:
    boxes = dict.fromkeys(name for edge in edges for name in edge)
    ordered = sorted(boxes, key=lambda name: (not name.startswith("input"), list(boxes).index(name)))
    widths = {name: 40.0 + 7 * (len(name) % 20) for name in ordered}
    return laid_out(edges, widths), widths


def test_edges_lead_down_and_long_ones_pass_every_row_between() -> None:
    """Oracle: a residual block by hand: 0 forks to 1 and past it to 2."""
    layout, _ = lay_out((("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")))
    assert [[n for n in row if isinstance(n, str)] for row in layout.rows] == [["a"], ["b"], ["c"], ["d"]]
    assert layout.ways[2] == ("a", ("a", "c", 1), "c")
    assert layout.cuts() == [2]  # inside the block two ways would be cut


def test_places_are_the_nearest_that_keep_their_distance() -> None:
    """Oracle: least squares by hand: two boxes that both want 0 stand half their distance to either side."""
    widths = {"a": 40.0, "b": 60.0, "c": 20.0}
    assert _spread([0.0, 0.0], ["a", "b"], widths) == [-(50 + BESIDE) / 2, (50 + BESIDE) / 2]
    assert _spread([-300.0, 0.0, 300.0], ["a", "b", "c"], widths) == [-300.0, 0.0, 300.0]


def test_the_graph_shows_the_folding_that_was_asked_for() -> None:
    """Oracle: table 1 of the ResNet paper: conv2_x to conv5_x are four stages."""
    trace = cnnviz.trace("resnet50")
    drawn = graph_html(trace, Folding(level=0))
    assert sum(f">conv{i}_x</text>" in drawn for i in (2, 3, 4, 5)) == 4
    assert drawn.count('class="block"') == 5  # the four, and one entry of the legend
    assert "block_1" not in drawn


def test_what_nobody_could_follow_is_drawn_closed() -> None:
    """DenseNet-201 opened to its layers has thousands of edges."""
    trace = cnnviz.trace("densenet201")
    assert graph_html(trace, Folding(level=9)) == graph_html(trace)
