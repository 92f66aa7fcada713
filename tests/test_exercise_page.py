"""The exercise page without a browser: which set it asks, and what it says to links that cannot be."""

from __future__ import annotations

from functools import partial

import pytest

import cnnviz
from cnnviz.exercises import from_trace, random_chains
from cnnviz.ui import links
from tests.pages import page, page_errors, page_text

opened = partial(page, "exercises")


def test_the_page_asks_the_set_of_the_link() -> None:
    """Oracle: the same call in Python."""
    made = from_trace(cnnviz.trace("lenet5"), 7, 5)
    text = page_text(opened(net="lenet5", seed="7", count="5"))
    assert "Exercises on lenet5@course, input 1×32×32, seed 7" in text
    first = made.questions[0]
    assert first.asked in text.replace("$n_H$", "n_H")
    assert all(name in text for name, _ in first.layers)
    assert "of 5" in text


def test_the_page_asks_about_random_chains() -> None:
    made = random_chains(3, 2, kinds=("n_H",))
    text = page_text(opened(**dict(made.link)))
    assert made.questions[0].layers
    assert all(name in text for name, _ in made.questions[0].layers)
    assert "of 2" in text


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ({"seed": "abc"}, "seed=abc"),
        ({"seed": "-4"}, "a seed is a whole number from 0"),
        ({"count": "0"}, "a set has 1 to 100 questions"),
        ({"count": "500"}, "here are 10"),
        ({"count": "3.5"}, "here are 10"),
        ({"question": "99"}, "questions 1 to 10: here is the first"),
        ({"from": "nets"}, "from=network or from=chains"),
        ({"kinds": "mac"}, "did you mean macs?"),
    ],
)
def test_a_link_that_cannot_be_is_told_and_the_page_goes_on(link: dict[str, str], says: str) -> None:
    app = opened(net="lenet5", **link)
    told = page_errors(app)
    assert says in told
    assert len(app.error) == 1
    assert "Exercises on lenet5" in page_text(app)


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ({"net": "lenet5", "kinds": "bottleneck"}, "lenet5@course has nothing to ask about bottleneck"),
        ({"from": "chains", "kinds": "n_W"}, "choose other kinds"),
        ({"net": "vgg16", "size": "20"}, "at least 32x32"),
    ],
)
def test_where_there_is_nothing_to_ask_the_page_says_why(link: dict[str, str], says: str) -> None:
    app = opened(**link)
    assert says in app.error[0].value.replace("\\", "")
    assert "Exercises on" not in page_text(app)
    app.session_state[links.KINDS] = ""
    app.session_state[links.SIZE] = 224
    app.run()
    assert "Exercises on" in page_text(app)


def test_another_seed_mends_the_link_and_begins_anew() -> None:
    app = opened(net="lenet5", seed="abc", question="4")
    assert app.number_input(key=links.QUESTION).value == 4
    app.button(key="exercise_new").click().run()
    assert not app.error
    assert app.number_input(key=links.SEED).value != 1
    assert app.number_input(key=links.QUESTION).value == 1


def test_giving_up_shows_the_working_and_leads_to_the_layer() -> None:
    """Oracle: LeNet-5's conv1 has (5*5*1 + 1) * 6 = 156 parameters."""
    app = opened(net="lenet5", kinds="parameters", count="20")
    asked = from_trace(cnnviz.trace("lenet5"), 1, 20, kinds=("parameters",)).questions
    number = next(n for n, question in enumerate(asked, 1) if question.answer == 156)
    app.number_input(key=links.QUESTION).set_value(number).run()
    assert "156" not in page_text(app)
    app.button(key="exercise_show").click().run()
    text = page_text(app)
    assert "The answer: 156 parameters" in text
    assert r"(5 \cdot 5 \cdot 1 + 1) \cdot 6 = \mathbf{156}" in text
    (button,) = app.get("link_button")
    assert button.proto.url.endswith("/explore?net=lenet5&variant=course&size=32&layer=0")


def test_a_network_with_fewer_questions_begins_where_it_can() -> None:
    """LeNet-5 has four layers that change n_H, so a ninth question is not among them."""
    app = opened(net="googlenet", kinds="n_H", count="30", question="9")
    assert app.number_input(key=links.QUESTION).value == 9
    app.selectbox(key="picked").set_value("lenet5").run()
    assert not app.exception
    text = page_text(app)
    assert "Exercises on lenet5" in text
    last = int(next(line for line in text.splitlines() if line.startswith("of ")).split()[1])
    assert 1 <= app.number_input(key=links.QUESTION).value <= last < 9
