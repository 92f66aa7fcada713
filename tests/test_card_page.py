"""The layer card on a page, and what it hides while it is predicted."""

from __future__ import annotations

import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

import cnnviz
from tests.cards import find


def page(network: str, index: int, hidden: tuple[str, ...] = (), large: bool = False) -> AppTest:
    def script(network: str, index: int, hidden: tuple[str, ...], large: bool) -> None:
        import cnnviz
        from cnnviz.architectures import find
        from cnnviz.exercises.predictions import Predictions
        from cnnviz.ui.card import card_texts, layer_card

        trace = cnnviz.trace(network)
        texts = card_texts(trace, index, Predictions(trace=trace, chosen=hidden), large=large)
        layer_card(trace, find(network), index, texts, large=large)

    app = AppTest.from_function(script, args=(network, index, hidden, large), default_timeout=60).run()
    assert not app.exception
    return app


def words_of(app: AppTest) -> str:
    return "\n".join(markdown.value for markdown in app.markdown)


@pytest.mark.parametrize("large", [False, True])
def test_a_page_shows_the_card_with_few_elements(large: bool) -> None:
    """Oracle: the course's numbers; every element of a page costs about 0.2 ms a step."""
    app = page("alexnet@course", 0, large=large)
    assert r"\mathbf{34{,}944}" in words_of(app)
    assert r"n_H = n_W = \left\lfloor" in words_of(app)
    assert len(app.main) < 10


def test_a_join_tells_its_story_on_the_page() -> None:
    trace = cnnviz.trace("googlenet")
    said = words_of(page("googlenet", find(trace, "inception_3a", "cat")))
    assert "4 branches, concatenated" in said
    assert "64 + 128 + 32 + 32 = 256" in said


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(
    ("hidden", "secrets"),
    [
        (("n_H",), ("55", "1{,}161{,}600", "105{,}415{,}200")),
        (("n_W",), ("55", "1{,}161{,}600", "105{,}415{,}200")),
        (("parameters",), ("34{,}944", "105{,}415{,}200")),
        (("macs",), ("105{,}415{,}200",)),
    ],
)
def test_what_is_to_be_predicted_is_nowhere_on_the_card(
    hidden: tuple[str, ...], secrets: tuple[str, ...], large: bool
) -> None:
    """Oracle: the course's numbers of AlexNet's first layer; all of them are shown otherwise.

    Memory is 55*55*96*4 bytes and has n_H in it; MACs are the weights times 55*55.
    """
    said = words_of(page("alexnet@course", 0, hidden, large))
    shown = words_of(page("alexnet@course", 0, large=large))
    for secret in secrets:
        assert secret not in said
        assert secret in shown


def test_a_hidden_receptive_field_is_not_drawn_either() -> None:
    said = words_of(page("alexnet@course", 0, ("receptive_field",)))
    assert "r_H" not in said
    assert "j_H" in said


def test_a_filters_depth_is_not_told_where_channels_are_to_be_predicted() -> None:
    """Oracle: GoogLeNet's first module makes 256 channels, which the next one's filters are deep."""
    trace = cnnviz.trace("googlenet")
    after = next(
        layer.index for layer in trace.layers if layer.name.startswith("inception_3b.") and layer.parameters
    )
    assert "256" in words_of(page("googlenet", after))
    assert "256" not in words_of(page("googlenet", after, ("n_C",)))


def test_a_card_needs_no_torch() -> None:
    """Oracle: a process in which importing torch fails."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import cnnviz, cnnviz.source; from cnnviz.card import card_of\n"
        "print(card_of(cnnviz.trace('alexnet@course'), 0).quantity('parameters').value)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "34944", done.stderr
