"""The bottleneck page without a browser: what a link shows, and what it says to links that cannot be."""

from __future__ import annotations

from functools import partial

import pytest

from cnnviz.savings import TRICKS, compared
from cnnviz.ui import links
from tests.pages import page, page_errors, page_text

opened = partial(page, "bottleneck")


def test_the_page_opens_on_the_course_question() -> None:
    """Oracle: the course notes: 120,422,400 against 2,408,448 + 10,035,200 = 12,443,648."""
    text = page_text(opened())
    for number in ("120,422,400", "2,408,448 + 10,035,200", "12,443,648"):
        assert number in text
    assert "Break-even: 154" in text  # 28*28*5*5*192*32 / (28*28*(192 + 5*5*32)) = 154.8


@pytest.mark.parametrize("of", TRICKS, ids=lambda of: of.name)
def test_every_way_to_save_opens(of) -> None:
    app = opened(trick=of.name)
    assert not app.error
    made = compared(of, {})
    assert f"{made.macs[1]:,} instead of {made.macs[0]:,}" in page_text(app)
    assert of.pays in page_text(app)


def test_a_link_brings_values_and_a_layer() -> None:
    """Oracle: VGG-16's conv3-256 on 56x56x256 takes 9*256 products for each of 56*56*256 outputs."""
    app = opened(net="vgg16", trick="bottleneck", with_="width=64", on="block3.conv3_2")
    macs = 56 * 56 * 256 * 9 * 256
    text = page_text(app)
    assert not app.error
    assert f"{macs:,}" in text
    assert f"{15_470_264_320 - macs + 56 * 56 * (256 * 64 + 9 * 64 * 256):,}" in text  # torchvision's total


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ({"trick": "botleneck"}, "did you mean bottleneck? Here is the 1x1 bottleneck"),
        ({"with_": "width=0"}, "Width must be a whole number from 1 to 512, got 0"),
        ({"with_": "groups=5"}, "take 190 or 195"),
        ({"with_": "width=16;rm"}, "got 16;rm"),
        ({"on": "conv99"}, "has no convolution called 'conv99'"),
    ],
)
def test_a_link_that_cannot_be_is_told_and_the_page_goes_on(link: dict[str, str], says: str) -> None:
    app = opened(**link)
    assert says in page_errors(app)
    assert "12,443,648" in page_text(app)


def test_a_layer_that_does_not_fit_gets_a_kind_word() -> None:
    app = opened(net="resnet50", on="conv2_x.block_1.residual.conv1")
    assert "a 1x1 convolution is itself" in app.info[0].value
    assert not app.error


def test_another_network_starts_without_the_layer() -> None:
    app = opened(net="vgg16", on="block3.conv3_2")
    app.selectbox(key="picked").set_value("lenet5").run()
    assert not app.error
    assert not app.session_state[links.ON]


def test_an_endless_number_in_a_link_is_told_in_a_sentence() -> None:
    """Oracle: the rule that the option declares."""
    app = opened(with_="width=1e400")
    assert "must be a whole number from 1 to" in app.error[0].value
