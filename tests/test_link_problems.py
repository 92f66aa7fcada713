"""Links that ask for what cannot be: each says what it asked for, the rule, and what is shown instead."""

from __future__ import annotations

import pytest

from cnnviz.design import packed
from cnnviz.design.examples import example
from cnnviz.ui import APP_FOLDER, links
from tests.pages import page as opened
from tests.pages import page_errors as told

LENET = {"net": "lenet5", "size": "32"}
TWO = {"nets": "lenet5 alexnet@paper"}
OWN = {"design": packed(example("lenet5"))}

# Each parameter that a page reads from its link, with a value that it cannot have, and what is shown instead.
BAD = [
    *(
        (page, name, {**LENET, name: value}, instead)
        for page in ("measured", "conventions", "bottleneck", "explore", "exercises", "training")
        for name, value, instead in (
            ("variant", "mine", "here is course"),
            ("size", "big", "here is 32"),
            ("n_W", "0", "here it is as the network has it"),
            ("present", "1", "here it is off"),
            ("num_classes", "-1", "here is 10"),
        )
    ),
    *(
        ("measured", name, {**LENET, name: value}, instead)
        for name, value, instead in (
            ("batch", "7", "here is 1"),
            ("batch", "", "here is 1"),
            ("batch", "NaN", "here is 1"),
            ("dtype", "int4", "here is float32"),
            ("threads", "999", "here is 1"),
            ("device", "tpu", "here is cpu"),
        )
    ),
    *(
        ("compare", name, {**TWO, name: value}, instead)
        for name, value, instead in (
            ("compared", "Everything", "here is Totals"),
            ("measure", "watts", "here is MACs"),
            ("curve", "n_Q", "here is MACs"),
            ("relative", "maybe", "here it is off"),
            ("along", "2", "here it is off"),
            ("top", "top-3", "here is top-1"),
            ("against", "price", "here is MACs"),
            ("all", "none", "here it is on"),
            ("before", "vgg99", "here is lenet5@course"),
            ("after", "vgg99", "here is alexnet@paper"),
            ("after", "lenet5@course", "here is alexnet@paper"),  # a difference is of two
            ("size", "x", "here is 227"),
        )
    ),
    *(
        ("design", name, {**OWN, name: value}, instead)
        for name, value, instead in (
            ("goal", "world peace", "here is no goal"),
            ("layer", "999", "showing the last"),
            ("level", "77", "here is auto"),
            ("colour", "mauve", "here is kind"),
            ("fold", "2", "equal blocks are folded"),
            ("open", "nowhere", "as it opens by itself"),
        )
    ),
    ("conventions", "convention", {**LENET, "convention": "grams"}, "Here are plain MACs instead"),
    ("compare", "nets", {"nets": "resnet51"}, "did you mean"),
    ("bottleneck", "trick", {"trick": "magic"}, "Here is the"),
    ("bottleneck", "with", {"with": "channels=-1"}, "Here is what is usual instead"),
    ("bottleneck", "on", {**LENET, "on": "conv99"}, "no convolution called"),
]


@pytest.mark.parametrize(("page", "name", "link", "instead"), BAD)
def test_a_value_that_cannot_be_is_told_with_what_is_shown(
    page: str, name: str, link: dict[str, str], instead: str
) -> None:
    """Oracle: the widget's own declaration, whose default the page falls back to."""
    app = opened(page, **link)
    said = told(app)
    assert instead in said
    assert len(said) < 700
    if "This link has" in said:
        assert f"{name}={link[name]}"[:30] in said


def test_every_parameter_of_these_pages_is_tried() -> None:
    """Oracle: the names that `links` keeps for them. A broken design is told beside its rows."""
    read = links.MEASURED | links.COMPARE | links.DESIGNS | links.BOTTLENECK | links.WALK
    named = read | {links.CONVENTION, links.VARIANT, links.SIZE, links.WIDTH, links.PRESENT}
    assert named - {name for _, name, _, _ in BAD} == {links.DESIGN}


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("measured", {**LENET, "batch": "64", "dtype": "float64", "threads": "as many as torch takes"}),
        ("measured", {**LENET, "device": "cpu", "threads": "1", "present": "true"}),
        ("compare", {**TWO, "compared": "Difference", "before": "alexnet@paper", "after": "lenet5@course"}),
        ("compare", {**TWO, "compared": "Curves", "curve": "n_W", "relative": "true", "along": "true"}),
        ("compare", {**TWO, "compared": "Errors", "top": "top-5", "against": "parameters", "all": "false"}),
        ("compare", {**TWO, "compared": "Stages", "measure": "memory", "convention": "fvcore"}),
        ("design", {**OWN, "goal": "50 layers deep", "layer": "3", "level": "0", "colour": "MACs"}),
        ("conventions", {**LENET, "convention": "flops,bias"}),
        ("bottleneck", {**LENET, "on": "conv2"}),
    ],
)
def test_a_link_that_can_be_used_says_nothing_and_is_kept(page: str, link: dict[str, str]) -> None:
    """Oracle: the link itself, which each widget says again."""
    app = opened(page, **link)
    assert not app.error
    for name in set(link) - {"net", "size", "design"}:
        assert str(app.session_state[name]).lower() in (link[name].lower(), "0" if name == "threads" else "")


def test_the_sentence_goes_with_what_it_is_about() -> None:
    app = opened("measured", **LENET, batch="7", dtype="int4")
    assert "batch=7" in told(app)
    app.selectbox(key=links.BATCH).set_value(4).run()
    assert "batch=7" not in told(app)
    assert "dtype=int4" in told(app)
    app.switch_page(str(APP_FOLDER / "pages" / "conventions.py")).run()
    assert not app.error
