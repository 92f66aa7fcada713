"""The sections of a course, and that every link of the ideas into the app means what it says."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

import cnnviz
from cnnviz.architectures import find as find_network
from cnnviz.compare.contestants import read as read_contestant
from cnnviz.exercises.predictions import Predictions
from cnnviz.ideas import IDEAS, find, values
from cnnviz.ideas.course import CHAPTERS
from cnnviz.ideas.idea import Place
from cnnviz.ideas.leading import _BEHIND, behind_operation, behind_preset
from cnnviz.savings import TRICKS, trick
from cnnviz.training.presets import preset
from cnnviz.ui import APP_FOLDER, links, server
from cnnviz.ui.card import card_texts
from cnnviz.windows.numbers import read_input, read_weights
from cnnviz.windows.scene import read_values, scene
from tests.test_ideas import opened

SECTIONS = {section.title: section for chapter in CHAPTERS for section in chapter.sections}
PLACES = tuple(
    dict.fromkeys(
        [place for section in SECTIONS.values() for place in section.places]
        + [place for idea in IDEAS for place in idea.places]
    )
)
# Course 4 of the Deep Learning Specialization, weeks 1 and 2, and the sections of Dive into Deep Learning on
# convolutional networks (chapters 7 and 8) and on training (3.7, 4.1, 5.1, 5.4, 5.6, 14.1, 14.2).
NOTES = """
computer vision; edge detection; padding; strided; volumes; one layer; whole network; pooling; why
convolutions; lenet; alexnet; vgg; resnet; inception; 1 × 1; nin; mobilenet; efficientnet; resnext;
densenet; transfer learning; augmentation; batch normalisation; softmax; cross-entropy; hinge; mse; mae;
activations; vanishing; dropout; weight decay; epoch; shuffle; learning rate; layer, instance, group;
saliency; grad-cam; occlusion; feature maps; receptive field; transposed; dilated; history; hand-made
features
"""


@pytest.mark.parametrize("words", [" ".join(one.split()) for one in NOTES.split(";")])
def test_every_section_of_the_notes_is_there_to_be_touched(words: str) -> None:
    """Oracle: the tables of contents of the course and of d2l."""
    found = [section for title, section in SECTIONS.items() if words in title.lower()]
    assert found
    assert all(section.places for section in found)


def test_no_idea_and_no_way_to_save_is_left_out() -> None:
    """Oracle: the table of ideas."""
    led_to = {dict(place.query).get("idea") for section in SECTIONS.values() for place in section.places}
    assert {idea.name for idea in IDEAS} <= led_to


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.page}-{place.words:.24}")
def test_every_link_says_what_its_page_can_show(place: Place) -> None:
    """Oracle: the readers of the pages themselves, which raise or tell what cannot be."""
    query = dict(place.query)
    assert place.page in links.PAGES
    assert set(query) <= links.PARAMETERS
    READERS.get(place.page, _plain)(query, place)


def _plain(query: dict[str, str], place: Place) -> None:
    assert not query or place.page == "exercises"


def _idea(query: dict[str, str], place: Place) -> None:
    assert not values.read(find(query["idea"]).values, query.get("values", "")).problems


def _explore(query: dict[str, str], place: Place) -> None:
    assert place.layer in {layer.name for layer in cnnviz.trace(query["net"]).layers}


def _convolution(query: dict[str, str], place: Place) -> None:
    kind = query.get("op", "conv")
    made = scene(
        kind, read_values(kind, query.get("grid", "")), query.get("cells", ""), query.get("weights", "")
    )
    assert made.setting.out >= 1
    if "cells" in query:
        read_input(query["cells"])
    if "weights" in query:
        read_weights(query["weights"])


def _training(query: dict[str, str], place: Place) -> None:
    assert preset(query["preset"]).curves


def _bottleneck(query: dict[str, str], place: Place) -> None:
    assert trick(query["trick"]) in TRICKS


def _compare(query: dict[str, str], place: Place) -> None:
    from cnnviz.ui.compare.views import VIEWS

    assert query.get("compared", "Totals") in VIEWS
    for text in query["nets"].split():
        assert find_network(read_contestant(text).target)


def _inside(query: dict[str, str], place: Place) -> None:
    from cnnviz.inside.networks import trained
    from cnnviz.inside.pictures import samples
    from cnnviz.ui.looking.state import read

    network = trained(query["trained"])
    said = read(query.get("look", ""), network, samples(network)[0])
    assert not said.problems
    if said.state.view == "why":  # Grad-CAM looks at the last maps, as its paper does
        assert said.state.layer == network.mapped[-1]


READERS = {
    "ideas": _idea,
    "explore": _explore,
    "convolution": _convolution,
    "training": _training,
    "bottleneck": _bottleneck,
    "compare": _compare,
    "inside": _inside,
}


def test_the_page_of_sections_has_every_link() -> None:
    """Oracle: the table of sections; Explore's layers by their index, here that of AlexNet's first."""
    app = opened(idea="sections")
    assert not app.error
    text = "\n".join(element.value for element in app.markdown)
    assert all(f"**{title}**" in text for title in SECTIONS)
    assert text.count("](") == sum(len(section.places) for section in SECTIONS.values())
    assert "/explore?net=alexnet&layer=0)" in text


def test_an_idea_leads_on_to_other_pages() -> None:
    """Oracle: the idea's own table."""
    app = opened(idea="batchnorm")
    text = "\n".join(element.value for element in app.markdown)
    assert "/training?preset=batch-norm)" in text
    assert "/inside?trained=resnet20&look=bn1)" in text


@pytest.mark.parametrize(
    ("network", "layer", "leads"),
    [
        ("alexnet", "conv1", "idea=layer"),
        ("nin", "mlpconv1.cccp1", "idea=pointwise"),
        ("lenet5", "act1", "idea=activations&values=of%3Dtanh"),
        ("alexnet", "pool1", "idea=pooling"),
        ("resnet50", "avg_pool", "idea=pooling&values=mode%3Dglobal+average"),
        ("alexnet@torchvision", "avgpool", "idea=pooling&values=mode%3Daverage"),
        ("resnet50", "bn1", "idea=batchnorm"),
        ("convnext_tiny", "norm", "idea=normalisation&values=kind%3Dlayer"),
        ("alexnet", "drop6", "idea=dropout"),
        ("alexnet", "fc6", "idea=sharing"),
        ("resnet50", "conv2_x.block_1", "idea=residual"),
        ("densenet121", "dense_block_1.layer_1", "idea=series"),
    ],
)
def test_a_layers_card_leads_to_the_idea_behind_it(network: str, layer: str, leads: str) -> None:
    """Oracle: what these layers are in their papers. Nothing leads away while numbers are predicted."""
    trace = cnnviz.trace(network)
    found = [one.index for one in trace.layers if one.name == layer and one.op != "permute"]
    said = card_texts(trace, found[-1], Predictions(trace=trace, chosen=()))
    assert f"](ideas?{leads})" in said.heading
    hiding = card_texts(
        trace, found[-1], Predictions(trace=trace, chosen=("n_H", "n_C", "parameters", "macs"))
    )
    shown = card_texts(trace, found[-1], Predictions(trace=trace, chosen=()), large=True)
    assert "ideas?" not in hiding.heading + shown.heading


def test_every_way_back_leads_to_values_that_an_idea_can_have() -> None:
    """Oracle: the ideas' own rules."""
    for op in _BEHIND:
        lead = behind_operation(op, (3, 3), (8, 1, 1))
        assert lead is not None
        assert not values.read(lead.idea.values, lead.values).problems, op


def test_presets_and_convolutions_lead_back_to_their_ideas() -> None:
    """Oracle: the tables of the ideas: dropout, decay and augmentation are the remedies of `overfitting`."""
    assert {lead.idea.name for lead in behind_preset("overfitting")} == {"dropout", "decay", "augmentation"}
    app = AppTest.from_file(str(server.MAIN_SCRIPT), default_timeout=60)
    app.query_params["op"] = "max"
    app.switch_page(str(APP_FOLDER / "pages" / "convolution.py"))
    app.run()
    assert "](ideas?idea=pooling)" in "\n".join(element.value for element in app.markdown)


def test_a_link_to_a_normalisation_selects_it_and_not_what_turns_its_axes() -> None:
    """Oracle: the trace: three operations of ConvNeXt's stem have one name, and one of them normalises."""
    named = [layer for layer in cnnviz.trace("convnext_tiny").layers if layer.name == "stem.1"]
    (norm,) = [layer for layer in named if layer.op == "layer_norm"]
    text = "\n".join(element.value for element in opened(idea="normalisation").markdown)
    assert f"/explore?net=convnext_tiny&variant=torchvision&layer={norm.index})" in text
