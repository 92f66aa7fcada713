"""The Compare page without a browser: what it compares, and what it says to links that cannot be."""

from __future__ import annotations

from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.compare import contestants
from cnnviz.compare.contestants import label_of, network_and_shape, read
from cnnviz.ui import links
from cnnviz.ui.compare import views
from cnnviz.ui.compare.contestants import CLASSICS, MOST, PRESETS
from tests.pages import page, page_errors

opened = partial(page, "compare")


def compared(app: AppTest) -> list[str]:
    return list(app.session_state[views.SHOWN_KEYS])


def labels(nets: str) -> list[str]:
    return [label_of(*network_and_shape(read(text))) for text in nets.split()]


def test_a_bare_visit_compares_the_classics() -> None:
    assert compared(opened()) == labels(CLASSICS)


@pytest.mark.parametrize("nets", PRESETS.values(), ids=PRESETS)
def test_every_set_works(nets: str) -> None:
    """Oracle: the library, which knows nothing of the page."""
    app = opened(nets=nets)
    assert not app.error
    assert compared(app) == [of.label for of in contestants(nets.split())]


@pytest.mark.parametrize("part", views.VIEWS)
def test_every_part_opens(part: str) -> None:
    app = opened(nets="alexnet@paper vgg16 resnet20 resnet50@paper,width=32,input=160", compared=part)
    assert not app.error


@pytest.mark.parametrize("part", views.VIEWS)
def test_every_part_opens_for_one_network_without_published_errors(part: str) -> None:
    assert not opened(nets="plain20", compared=part).error


@pytest.mark.parametrize(
    ("nets", "says"),
    [
        ("resnet51", "did you mean"),
        ("vgg16,input=8", "needs an input of at least 32x32"),
        ("vgg16,input=4000", "inputs up to 1024"),
        ("vgg16,widht=3", "no option 'widht'"),
        ("os:system", "does not offer os:system"),
        ("/etc/passwd", "no network"),
        ("vgg16,,", "name=value"),
        (",", "begins with its name"),
        ("<b>x", "no network"),
        ("vgg16,input=3x3x3x3", "needs an input like 3x224x224"),
        ("vgg16,input=3x99999999999999999999x3", "input is channels x height x width"),
    ],
)
def test_what_cannot_be_compared_is_told_and_the_rest_goes_on(nets: str, says: str) -> None:
    app = opened(nets=f"{nets} lenet5")
    told = page_errors(app)
    assert says in told
    assert compared(app) == ["lenet5@course"]


def test_a_link_with_too_many_is_cut_and_told() -> None:
    app = opened(nets=" ".join(f"mobilenet_v1,input={64 + 2 * i}" for i in range(MOST + 5)))
    assert len(compared(app)) == MOST
    assert f"compares {MOST} networks at once" in app.error[0].value


def test_nothing_compared_is_no_mistake() -> None:
    app = opened(nets=" ")
    assert not app.error
    assert "Nothing is compared yet" in app.info[0].value


def test_the_same_network_twice_is_compared_once() -> None:
    assert compared(opened(nets="vgg16 vgg16@paper vgg16,input=224")) == ["vgg16@paper"]


def test_the_picker_s_network_is_added_with_its_options_and_size() -> None:
    app = opened(nets="vgg16", net="resnet50", variant="paper", size="160", width="32")
    app.button(key="compare_add").click().run()
    assert compared(app) == ["vgg16@paper", "resnet50@paper,width=32,input=160"]
    assert app.query_params[links.NETS] == "vgg16 resnet50@paper,width=32,input=160"


def test_one_is_changed_in_the_picker_and_put_back() -> None:
    app = opened(nets="vgg16 resnet50@paper,width=32")
    app.button(key="compare_edit_resnet50@paper,width=32").click().run()
    assert app.session_state[links.NET] == "resnet50"
    app.session_state[links.SIZE] = 128
    app.run()
    next(button for button in app.button if button.label == "Replace").click().run()
    assert compared(app) == ["vgg16@paper", "resnet50@paper,width=32,input=128"]


def test_variants_of_the_picked_network_are_a_set() -> None:
    app = opened(net="alexnet")
    app.button(key="compare_set_variants").click().run()
    assert compared(app) == ["alexnet@course", "alexnet@paper", "alexnet@torchvision", "alexnet@d2l"]


@pytest.mark.parametrize("number", ["1e400", "-1e999", "9" * 4000])
def test_an_endless_number_in_a_link_is_told_in_a_sentence(number: str) -> None:
    """Oracle: the rule that the option declares."""
    app = opened(nets=f"alexnet,num_classes={number}")
    assert "must be a whole number from 1 to" in app.error[0].value
    assert len(app.error[0].value) < 300


def test_a_name_like_none_is_told_in_the_words_of_the_app() -> None:
    """Oracle: a visitor has no shell; the page has a search."""
    app = opened(nets="qqqqqq lenet5")
    assert "the search above has them all" in app.error[0].value
    assert "cnnviz list" not in app.error[0].value


@pytest.mark.parametrize("everything", ["true", "false"])
def test_networks_without_a_published_error_are_named_beside_the_bubbles(everything: str) -> None:
    """Oracle: LeNet-5 was made for digits, ResNet-20 for CIFAR-10; nobody published VGG-16 at 192."""
    app = opened(nets="lenet5 vgg16 resnet20 vgg16,input=192", compared="Errors", all=everything)
    told = next(text.value for text in app.markdown if "Not in the picture" in text.value)
    named = told.replace("\\", "").partition(":")[2].partition(". ")[0]
    assert named.split() == ["lenet5@course,", "resnet20@paper,", "vgg16@paper,input=192"]
