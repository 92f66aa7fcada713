"""Predict, then reveal: what is hidden, what counts as an answer, and that nothing tells a hidden number."""

from __future__ import annotations

import doctest
import re

import pytest
from streamlit.testing.v1 import AppTest

import cnnviz
from cnnviz import tables
from cnnviz.errors import ExportError
from cnnviz.exercises import predictions
from cnnviz.exercises.predictions import PREDICTED, Predictions, quantities_in
from cnnviz.graph import drawing
from cnnviz.graph.folding import Folding
from cnnviz.ui import widgets

LENET = cnnviz.trace("lenet5")  # 0 conv1, 1 act1, 2 pool1, 3 conv2, 4 act2, 5 pool2, 6 flatten, 7 fc3, ...


def lenet(*chosen: str) -> Predictions:
    return Predictions(trace=LENET, chosen=chosen)


# ---- what is asked, what is hidden


def test_height_and_width_are_one_question_and_take_along_what_has_them_as_a_factor():
    """Oracle: MACs are n_H*n_W*n_C*(work each), memory n_H*n_W*n_C*4 bytes."""
    known = lenet("n_H", "n_W")
    assert known.asked(0) == ("n_H",)
    assert known.hidden(0) == {"n_H", "n_W", "macs", "activation_bytes"}
    assert known.answered(0, "n_H", "28").hidden(0) == set()


@pytest.mark.parametrize("one", ["n_H", "n_W"])
def test_one_of_the_pair_hides_both(one: str):
    known = lenet(one)
    assert known.asked(0) == (one,)
    assert {"n_H", "n_W"} <= known.hidden(0)
    assert known.answered(0, one, "28").hidden(0) == set()


def test_a_map_that_is_not_square_has_two_questions():
    """Oracle: LeNet-5's first convolution, 5x5 without padding, on 32x40: 28 and 36."""
    known = Predictions(trace=LENET.at((1, 32, 40)), chosen=("n_H", "n_W"))
    assert known.asked(0) == ("n_H", "n_W")
    half = known.answered(0, "n_H", "28")
    assert half.open(0) == ("n_W",)
    assert "n_H" in half.hidden(0), "28 rows would be taken for 28 columns"
    assert half.answered(0, "n_W", "36").hidden(0) == set()


def test_zeros_by_convention_are_neither_asked_nor_hidden():
    """MACs of an activation are a convention; that a pooling learns nothing is arithmetic, and asked."""
    known = lenet("macs", "parameters")
    assert known.asked(1) == ("parameters",)
    assert "macs" not in known.hidden(1)
    assert known.answered(2, "parameters", "0").right(2) == {"parameters"}


def test_what_a_layer_does_not_have_is_not_asked():
    """Oracle: a fully connected layer has neither height nor width."""
    assert lenet("n_H", "n_W").asked(7) == ()
    assert lenet("n_H", "n_W").hidden(7) == set()


def test_flatten_waits_for_the_sizes_that_it_multiplies():
    """Oracle: 5*5*16 = 400: whoever sees 400 and 16 sees 5."""
    known = lenet("n_H")
    assert known.asked(6) == ()
    assert "n_C" in known.hidden(6)
    assert "n_C" not in known.answered(5, "n_H", "5").hidden(6)


# ---- answers


def test_a_wrong_number_gets_a_diagnosis_and_stays():
    """Oracle: 5*5*1*6 = 150 leaves out the six biases; the right number is 156."""
    said = lenet("parameters").answered(0, "parameters", "150").answer(0, "parameters")
    assert not said.known
    assert said.typed == "150"
    assert "bias" in said.message
    assert "156" not in said.message


def test_a_diagnosis_does_not_tell_what_is_still_to_be_predicted():
    """Oracle: conv1 has 156 parameters, each used at all of its 28*28 positions."""
    both = lenet("macs", "n_H").answered(0, "macs", "156").answer(0, "macs")
    assert "28" not in both.message
    assert both.message.startswith("Not right. ")
    after = lenet("macs", "n_H").answered(0, "n_H", "28").answered(0, "macs", "156").answer(0, "macs")
    assert "28*28" in after.message


def test_a_diagnosis_does_not_tell_the_right_number_either():
    """Oracle: ResNet-18 ends in 512 maps of 1x1; whoever says 1*1 has left out just that 512."""
    trace = cnnviz.trace("resnet18")
    flat = next(layer.index for layer in trace.layers if layer.op == "flatten")
    said = Predictions(trace=trace, chosen=("n_C",)).answered(flat, "n_C", "1").answer(flat, "n_C")
    assert "512" not in said.message
    assert said.message.startswith("Not right. ")


def test_what_is_no_number_is_told_and_is_no_try():
    known = lenet("n_C").answered(0, "n_C", "six")
    assert "'six' is no whole number" in known.answer(0, "n_C").message
    assert known.score == ""
    assert known.answered(0, "n_C", "6").score == "1 of 1 right at the first try"


@pytest.mark.parametrize("typed", ["48120", "48,120", "48 120", " 48_120 "])
def test_numbers_may_be_written_as_people_write_them(typed: str):
    """Oracle: (400 + 1) * 120."""
    assert lenet("parameters").answered(7, "parameters", typed).right(7) == {"parameters"}


def test_the_score_counts_first_tries_and_what_was_shown():
    known = lenet("n_H", "n_C")
    for index, name, typed in (
        (0, "n_H", "28"),
        (0, "n_C", "5"),
        (0, "n_C", "5 "),
        (0, "n_C", "6"),
        (2, "n_H", "13"),
    ):
        known = known.answered(index, name, typed)
    known = known.revealed(2, ["n_H"])
    assert known.score == "1 of 3 right at the first try, 1 shown"
    assert known.right(2) == set()
    assert known.open(2) == ("n_C",)


def test_what_is_known_stays_so():
    known = lenet("n_C").answered(0, "n_C", "6")
    assert known.answered(0, "n_C", "7") is known
    assert lenet("n_C").revealed(0, ["n_C"]).answered(0, "n_C", "6").score == "1 shown"


def test_answers_are_independent_of_what_is_hidden():
    answers = lenet("n_C").answered(0, "n_C", "6").answers
    again = Predictions(trace=LENET, chosen=("n_C", "parameters"), answers=answers)
    assert again.open(0) == ("parameters",)


def test_every_layer_of_a_network_can_be_answered_with_its_own_numbers():
    """Oracle: the table of the trace: with all of it typed in, nothing is hidden any more."""
    trace = cnnviz.trace("googlenet")
    known = Predictions(trace=trace, chosen=PREDICTED)
    for layer in trace.layers[:40]:
        for name in known.asked(layer.index):
            value = getattr(layer, name)
            known = known.answered(layer.index, name, str(value[0] if isinstance(value, tuple) else value))
    assert not any(known.hidden(i) for i in range(40))


def test_the_example_of_the_module_is_right():
    assert doctest.testmod(predictions).attempted
    assert not doctest.testmod(predictions).failed


# ---- the link


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("n_H,macs", ("n_H", "macs")),
        ("MACs, N_h", ("n_H", "macs")),
        ("receptive field", ("receptive_field",)),
        ("", ()),
        (",,", ()),
    ],
)
def test_a_link_names_quantities(text: str, names: tuple[str, ...]):
    assert quantities_in(text) == (names, "")


def test_a_link_with_other_names_keeps_the_good_ones_and_says_what_is_wrong():
    names, wrong = quantities_in("n_H,mac,colour")
    assert names == ("n_H",)
    assert "'mac'" in wrong
    assert "macs?" in wrong


# ---- nothing tells a hidden number


@pytest.mark.parametrize("network", ["resnet18", "googlenet", "mobilenet_v2"])
def test_with_sizes_hidden_nothing_changes_with_the_size_of_the_input(network: str):
    """Oracle: another input size changes every n_H; what is the same for both sizes cannot tell it.

    The input itself is given, and behind the global pooling the receptive field covers the whole map.
    """
    small, large = (seen(network, size) for size in (160, 224))
    for part, what in small.items():
        assert what == large[part], part


def test_otherwise_everything_changes_with_the_size_of_the_input():
    """The control: what the test above compares does show sizes."""
    small, large = (seen("resnet18", size, ()) for size in (160, 224))
    assert all(what != large[part] for part, what in small.items())


def seen(network: str, size: int, chosen: tuple[str, ...] = ("n_H",)) -> dict[str, object]:
    """What a page shows of a network while these quantities are to be predicted."""
    trace = cnnviz.trace(network, (3, size, size))
    known = Predictions(trace=trace, chosen=chosen)
    hidden = [known.hidden(layer.index) for layer in trace.layers]
    whole = next(layer.index for layer in trace.layers if layer.op == "adaptive_avg_pool2d")
    columns = widgets.hidden_columns(widgets.layer_columns(tables.layer_rows(trace)), hidden)
    graph = drawing(trace, Folding(), hidden=hidden)
    cards = AppTest.from_function(all_cards, args=(network, size, whole, chosen), default_timeout=60).run()
    assert not cards.exception
    return {
        "table": [(column["name"], column["values"][:whole]) for column in columns],
        "graph": [line for line in graph.dot.splitlines() if 'id="input' not in line],
        "cards": [
            without_pictures(text.value).replace(f"{size} × {size}", "input") for text in cards.markdown
        ],
    }


def without_pictures(text: str) -> str:
    """A card's texts alone: its receptive field is drawn on the input, whose size is given."""
    return re.sub(r"<div .*?</div>", "", text, flags=re.DOTALL)


def all_cards(network: str, size: int, end: int, chosen: tuple[str, ...]) -> None:
    import cnnviz
    from cnnviz.architectures import find
    from cnnviz.exercises.predictions import Predictions
    from cnnviz.ui.card import card_texts, layer_card

    trace = cnnviz.trace(network, (3, size, size))
    known = Predictions(trace=trace, chosen=chosen)
    for index in range(end):
        layer_card(trace, find(network), index, card_texts(trace, index, known), key=f"card{index}")


def test_a_graph_cannot_be_coloured_by_what_is_hidden():
    known = lenet("n_H")
    hidden = [known.hidden(layer.index) for layer in LENET.layers]
    drawing(LENET, Folding(), colour="parameters", hidden=hidden)
    with pytest.raises(ExportError, match="cannot colour by 'MACs'"):
        drawing(LENET, Folding(), colour="MACs", hidden=hidden)


def test_a_closed_group_does_not_tell_its_costs():
    """ResNet-18 closed has one box for each stage, with its parameters."""
    trace = cnnviz.trace("resnet18")
    known = Predictions(trace=trace, chosen=("parameters",))
    hidden = [known.hidden(layer.index) for layer in trace.layers]
    assert "parameters" in drawing(trace, Folding(level=0)).dot
    assert "parameters" not in drawing(trace, Folding(level=0), hidden=hidden).dot
