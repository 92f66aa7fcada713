"""The ideas: their table, the values of links, and the page without a browser."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

import cnnviz
from cnnviz.errors import OptionError, UnknownNameError
from cnnviz.ideas import GROUPS, IDEAS, find
from cnnviz.ideas.values import read, written
from cnnviz.ui import block_graph, server
from tests.pages import page, page_text

UI = Path(server.__file__).parent / "ideas"
opened = partial(page, "ideas")


@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: idea.name)
def test_every_idea_is_whole(idea) -> None:
    """Oracle: the description of the package: a screen, a script and a small picture of its name."""
    assert idea.group in GROUPS
    assert idea.papers
    assert idea.words.strip()
    assert (UI / f"{idea.name}.py").is_file()
    for kind in ("js", "svg"):
        assert f"ideas/{idea.name}.{kind}" in block_graph.ASSETS
    assert all(paper.link.startswith("https://") for paper in idea.papers)
    assert idea.words.count("$") % 2 == 0


@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: idea.name)
def test_the_layers_that_use_an_idea_are_there(idea) -> None:
    """Oracle: the traces of the catalogue."""
    for use in idea.uses:
        assert use.layer in {layer.name for layer in cnnviz.trace(use.network).layers}, use


@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: idea.name)
def test_the_usual_values_are_allowed_and_need_no_word_in_the_link(idea) -> None:
    said = read(idea.values, "")
    assert not said.problems
    assert written(idea.values, said.values) == ""


@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: idea.name)
def test_every_idea_opens(idea) -> None:
    app = opened(idea=idea.name)
    assert not app.error
    text = page_text(app)
    assert idea.sentence in text
    assert idea.words.strip()[:60] in text
    assert text.count("/explore?net=") == len(idea.uses)


def test_what_is_moved_comes_into_the_link_and_back() -> None:
    """Oracle: a link is read as it was written."""
    declared = find("activations").values
    word = written(declared, {"of": "tanh", "x": -1.2500000001, "layers": 5.0})
    assert word == "of=tanh,x=-1.25,layers=5"
    assert read(declared, word).values == {"of": "tanh", "x": -1.25, "layers": 5}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x=7", "the place on the axis (x in the link) is a number from -6 to 6, got"),
        ("x=nan", "(x in the link) is a number from -6 to 6"),
        (
            "layers=twelve",
            "the number of layers (layers in the link) is a whole number from 1 to 20, got 'twelve'",
        ),
        ("of=<b>", "the function (of in the link) is one of sigmoid, tanh"),
        ("y=1", "no value called 'y': it has of, x, layers"),
        ("x=1," * 600, "longer than 2,000 letters"),
    ],
)
def test_values_that_cannot_be_are_told_and_have_their_default(text: str, says: str) -> None:
    said = read(find("activations").values, text)
    assert says in " ".join(said.problems)
    assert said.values["layers"] == 10
    told = opened(idea="activations", values=text).error[0].value
    assert says[1:] in told.replace("\\", "")


def test_a_browser_cannot_say_what_is_not_allowed() -> None:
    with pytest.raises(OptionError, match=r"\(x in the link\) is a number from -6 to 6"):
        written(find("activations").values, {"x": 1e9})


def test_an_idea_that_does_not_exist_is_told_and_the_index_is_shown() -> None:
    """Oracle: edit distance: activations is near."""
    with pytest.raises(UnknownNameError, match="did you mean activations"):
        find("activation")
    app = opened(idea="activation")
    assert "did you mean activations" in app.error[0].value
    assert "The ideas behind the blocks" in "\n".join(element.value for element in app.markdown)
