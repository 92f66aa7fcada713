"""The page Convolution without a browser: what links show, what is said to those that cannot be, its cost."""

from __future__ import annotations

import json
from functools import partial

import pytest

from cnnviz.picture import small_picture, square_numbers
from cnnviz.ui import links, server
from cnnviz.ui.convolving import texts
from cnnviz.ui.convolving.component import ADDRESS, ASSETS
from cnnviz.windows import EXAMPLES, scene
from cnnviz.windows.scene import read_values
from tests.pages import page, page_errors, page_text
from tests.test_picture import image, written

opened = partial(page, "convolution")


def test_the_page_opens_on_the_course_example() -> None:
    """Oracle: the course: floor((6 + 2*0 - 3) / 1) + 1 = 4, 9 weights, 4*4*9 = 144 multiplications."""
    text = page_text(opened())
    assert r"\left\lfloor\dfrac{n + 2p - f}{s}\right\rfloor + 1" in text
    assert r"\dfrac{6 + 2 \cdot 0 - 3}{1}" in text
    assert r"\mathbf{4}" in text
    assert r"\mathbf{9}" in text
    assert r"\mathbf{144}" in text


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_opens(name: str) -> None:
    example = EXAMPLES[name]
    app = opened(op=example.kind, grid=example.values, cells=example.input, weights=example.weights)
    assert not app.error
    made = scene(example.kind, read_values(example.kind, example.values)).setting
    assert rf"\mathbf{{{made.out}}}" in page_text(app)


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ({"op": "fold"}, "The operation (op in the link) is one of conv, pointwise"),
        ({"grid": "n=99"}, "The sizes (grid in the link): input size must be a whole number from 1 to 32"),
        ({"grid": "n=7;rm"}, "got 7;rm"),
        ({"grid": "f=9"}, "does not fit on an input of 6 x 6"),
        ({"grid": "z=1"}, "takes n, f, s, p, d, C, m"),
        ({"grid": "nf=7"}, "got nf=7"),
        ({"grid": "=7"}, "got =7"),
        ({"cells": "hill"}, "The input (cells in the link): there is edge, dark"),
        ({"cells": "zAAAA"}, "may have been cut off"),
        ({"weights": "sobell"}, "The weights (weights in the link): there is"),
        ({"weights": "seed:x"}, "a seed is a whole number"),
        ({"at": "one"}, "The place of the window (at in the link): a place is written as 12"),
    ],
)
def test_a_link_that_cannot_be_is_told_and_the_page_goes_on(link: dict[str, str], says: str) -> None:
    app = opened(**link)
    told = page_errors(app)
    assert says.lower() in told.lower()
    assert "Here is what is usual instead" in told
    assert r"\mathbf{144}" in page_text(app)


def test_a_place_beyond_the_end_is_the_last_one() -> None:
    assert not opened(at="9999").error


def test_the_page_keeps_its_link_beside_the_network() -> None:
    app = opened(net="vgg16", grid="n=9", present="true")
    assert not app.error
    assert app.session_state[links.GRID] == "n=9"
    assert app.session_state[links.NET] == "vgg16"


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_a_change_sends_is_small(name: str) -> None:
    """Oracle: the rule that a click sends 10 KB at most."""
    example = EXAMPLES[name]
    made = scene(example.kind, read_values(example.kind, example.values), example.input, example.weights)
    assert len(json.dumps(texts.told(made))) < 6_000


def test_the_files_of_the_window_are_served_under_their_digest() -> None:
    sources = dict(server._sources())
    assert ADDRESS + "stage.js" in sources
    assert ASSETS["known.js"].startswith(b"export const known")
    for name in ("dom.js", "save.js"):  # what the window shares with other parts of the page
        line = next(line for line in ASSETS["shared.js"].decode().splitlines() if name in line)
        assert line.partition('"../..')[2].strip('"') in sources


def test_an_image_becomes_grey_numbers_or_three_colours() -> None:
    """Oracle: the image: red on the left, black on the right; grey is 0.299 of red (ITU-R 601-2)."""
    picture = image(size=(64, 64), colour=(255, 0, 0))
    picture.paste((0, 0, 0), (32, 0, 64, 64))
    jpeg = small_picture(written(picture, "PNG"))
    ((first, *_),) = square_numbers(jpeg, 8, colours=False)
    assert [abs(value - expected) < 8 for value, expected in zip(first, [76] * 4 + [0] * 4, strict=True)] == [
        True
    ] * 8
    red, green, blue = square_numbers(jpeg, 8, colours=True)
    assert red[0][0] > 240
    assert max(green[0][0], blue[0][0]) < 12
