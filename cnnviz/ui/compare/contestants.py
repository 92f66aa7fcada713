"""Which networks are compared: chips, presets, the frame's picker, the link.

The whole choice is one text, bound to the link; everything else writes it.
"""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from cnnviz.architectures import CATALOGUE, find
from cnnviz.compare.contestants import label_of, network_and_shape, read
from cnnviz.errors import CnnvizError
from cnnviz.ui import links, widgets
from cnnviz.ui.compare import cached, exports, views
from cnnviz.ui.links import Chosen

MOST = 16  # that the app compares; a shell takes any number
CLASSICS = "lenet5@course alexnet@paper vgg16@paper googlenet@paper resnet50@paper"
PRESETS = {
    "The classics": CLASSICS,
    "ResNets": "resnet18 resnet34 resnet50 resnet101 resnet152",
    "Plain against residual": "plain18 resnet18@paper plain34 resnet34@paper",
    "Small networks": "squeezenet1_1 mobilenet_v1 mobilenet_v2 efficientnet_b0",
    "Deep and dense": "vgg19 resnet101 densenet201 resnext50_32x4d inception_v3",
}
CHIPS_WIDTH = 740  # pixels; where there are fewer, the chips have a line of their own
_CHIPS = "compare_chips"
_EDITED = "compare_edited"  # the contestant that the picker has been given
_TITLES = {f"{a.name}@{v.name}": f"{a.year} · {a.title} @{v.name}" for a in CATALOGUE for v in a.variants}


class Comparison(NamedTuple):
    """What is compared, and what could not be."""

    labels: tuple[str, ...]
    problems: tuple[str, ...]


def chosen() -> Comparison:
    """Draws the chips and what changes them, and gives the contestants that work."""
    row = st.container(horizontal=True, vertical_alignment="top", gap="xsmall")
    large = links.presenting()  # then the networks stay out of sight, and inside a popover there is no other
    place = row.popover("Networks", icon=":material/list:") if large else row
    chips = place.container(width=CHIPS_WIDTH)
    more = place.expander if large else place.popover
    presets = more("Sets", icon=":material/playlist_add:")
    change = more("Change", icon=":material/tune:")
    with row:
        exports.export_menu()
    with presets:
        typed = _presets()
    labels, problems = _read(typed)
    st.session_state[views.SHOWN_LABELS] = labels
    with chips:
        _chips(typed)
    with change:
        _change(labels)
    for problem in problems:
        widgets.error(widgets.sentence(problem), icon=":material/link_off:")
    return Comparison(labels, problems)


def add_button() -> None:
    """Beside the picker: adds the network that it says, with its options and input, or puts it in place."""
    choice = links.chosen()
    label = label_of(choice.network, choice.input_shape)
    named = _texts()
    edited = st.session_state.get(_EDITED)
    if edited in named and label != edited:
        st.button(
            "Replace",
            icon=":material/swap_horiz:",
            on_click=_replace,
            args=(edited, label),
            type="primary",
            help=f"{label} instead of {edited}",
        )
    st.button(
        "Add",
        icon=":material/add:",
        on_click=_add,
        args=(label,),
        disabled=label in named,
        help=f"{label} is compared already" if label in named else f"Compare {label} too",
        key="compare_add",
    )


def _presets() -> str:
    for name, nets in PRESETS.items():
        st.button(name, on_click=_write, args=(nets,), width="stretch", key=f"compare_set_{name}")
    network = links.chosen().network.architecture
    variants = " ".join(f"{network.name}@{variant.name}" for variant in network.variants)
    st.button(
        f"Variants of {network.title}",
        on_click=_write,
        args=(variants,),
        width="stretch",
        key="compare_set_variants",
        help="Of the network that is picked above",
    )
    typed = st.text_input(
        "Their names in links and on the command line",
        CLASSICS,
        key=links.NETS,
        bind="query-params",
        help="Options and input after commas: resnet50@paper,width=32,input=160",
    )
    return typed or ""


def _chips(typed: str) -> None:
    """Search and pick, and a chip to take each away; what cannot be read stays as a chip, too."""
    texts = _known(typed)
    st.session_state[_CHIPS] = texts
    st.multiselect(
        "Networks",
        list(dict.fromkeys([*_TITLES, *texts])),
        format_func=lambda text: _title(text, texts),
        key=_CHIPS,
        on_change=_picked,
        accept_new_options=True,
        max_selections=MOST,
        placeholder="Search a network, or type resnet50@paper,width=32",
        label_visibility="collapsed",
    )


def _title(text: str, chosen: list[str]) -> str:
    """Chips are short; in the list stand year and title."""
    return text if text in chosen else _TITLES.get(text, text)


def _change(labels: tuple[str, ...]) -> None:
    st.markdown("Put one into the picker above, change it there, then *Replace* it or *Add* the changed one.")
    for label in labels:
        st.button(label, on_click=_edit, args=(label,), width="stretch", key=f"compare_edit_{label}")


def _read(typed: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels of those that work, each once, and what is wrong with the others."""
    labels: dict[str, None] = {}
    problems: list[str] = []
    texts = _texts(typed)
    for text in texts[:MOST]:
        try:
            label = cached.label(text)
            cached.contestant(label)
        except CnnvizError as error:
            problems.append(str(error))
        else:
            labels[label] = None
    if len(texts) > MOST:
        problems.append(
            f"the app compares {MOST} networks at once, and this link has {len(texts)}: "
            f"here are the first {MOST}; cnnviz compare takes any number"
        )
    return tuple(labels), tuple(problems)


def _known(typed: str) -> list[str]:
    """The texts, as short as they can be written, each once."""
    found: dict[str, None] = {}
    for text in _texts(typed)[:MOST]:
        try:
            found[cached.label(text)] = None
        except CnnvizError:
            found[text] = None
    return list(found)


def _texts(typed: str | None = None) -> list[str]:
    if typed is None:
        typed = st.session_state.get(links.NETS)
    if typed is None:
        typed = st.query_params.get(links.NETS, CLASSICS)
    return typed.split()


def _picked() -> None:
    _write(" ".join("".join(text.split()) for text in st.session_state[_CHIPS]))


def _add(label: str) -> None:
    _write(" ".join([*_texts(), label]))


def _replace(edited: str, label: str) -> None:
    _write(" ".join(label if text == edited else text for text in _known(" ".join(_texts()))))
    st.session_state[_EDITED] = label


def _edit(label: str) -> None:
    network, shape = network_and_shape(read(label))
    links.write(Chosen(network=find(network.name, network.changed), input_shape=shape))
    st.session_state[_EDITED] = label


def _write(nets: str) -> None:
    st.session_state[links.NETS] = nets
