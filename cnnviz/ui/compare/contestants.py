"""Which networks are compared: chips, presets, the frame's picker, the link.

The whole choice is one text, bound to the link; everything else writes it.
"""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from cnnviz.architectures import CATALOGUE
from cnnviz.compare.contestants import network_and_shape, read, shape_of
from cnnviz.errors import CnnvizError, UnknownNetworkError
from cnnviz.ui import cached, links, own_models, widgets
from cnnviz.ui.compare import entries, exports, views
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

    keys: tuple[str, ...]
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
    keys, problems = _read(typed)
    st.session_state[views.SHOWN_KEYS] = keys
    with chips:
        _chips(typed)
    with change:
        _change(keys)
    for problem in problems:
        widgets.error(widgets.sentence(problem), icon=":material/link_off:")
    return Comparison(keys, problems)


def add_button() -> None:
    """Beside the picker: adds the network that it says, with its options and input, or puts it in place."""
    choice = links.chosen()
    label = entries.own_text(choice.network, choice.input_shape)
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
    network = links.chosen().network
    if not own_models.is_own(network):
        known = network.architecture
        st.button(
            f"Variants of {known.title}",
            on_click=_write,
            args=(" ".join(f"{known.name}@{variant.name}" for variant in known.variants),),
            width="stretch",
            key="compare_set_variants",
            help="Of the network that is picked above",
        )
    _design_button()
    typed = st.text_input(
        "Their names in links and on the command line",
        CLASSICS,
        key=links.NETS,
        bind="query-params",
        help="Options and input after commas: resnet50@paper,width=32,input=160",
    )
    return typed or ""


def _design_button() -> None:
    """Adds what stands on the page Design, where that is something."""
    text = _design_text()
    if text:
        st.button(
            "Add your design",
            icon=":material/architecture:",
            on_click=_add,
            args=(text,),
            width="stretch",
            disabled=text in _texts(),
            key="compare_design",
            help=f"{widgets.plain(entries.title(text))}, from the page Design; the link takes it along",
        )


def _design_text() -> str:
    """What names the design of the page Design; "" where there is none that works."""
    word = str(st.session_state.get(links.DESIGN) or "").strip()
    try:
        return entries.key(f"{cached.DESIGNED}{word}") if word else ""
    except CnnvizError:
        return ""


def _chips(typed: str) -> None:
    """Search and pick, and a chip to take each away; what cannot be read stays as a chip, too."""
    texts = _known(typed)
    titles = _titles(texts)
    st.session_state[_CHIPS] = texts
    st.multiselect(
        "Networks",
        list(titles),
        format_func=lambda text: titles.get(text, text),
        key=_CHIPS,
        on_change=_picked,
        accept_new_options=True,
        max_selections=MOST,
        placeholder="Search a network, or type resnet50@paper,width=32",
        label_visibility="collapsed",
    )


def _titles(chosen: list[str]) -> dict[str, str]:
    """All that can be picked. Chips are short; in the list stand year and title; no two are called alike."""
    found = {**_TITLES, **own_models.titles()}
    for text in chosen:
        name = _called(text)
        others = [title for other, title in found.items() if other != text]
        found[text] = f"{name} ({others.count(name) + 1})" if name in others else name
    return found


def _called(text: str) -> str:
    """What a chip says; a design that cannot be read stays the word that it is."""
    try:
        return f"design {entries.title(text)}" if text.startswith(cached.DESIGNED) else text
    except CnnvizError:
        return text


def _change(keys: tuple[str, ...]) -> None:
    st.markdown("Put one into the picker above, change it there, then *Replace* it or *Add* the changed one.")
    for key in keys:
        if key.startswith(cached.DESIGNED):
            continue
        name = widgets.plain(entries.title(key))
        st.button(name, on_click=_edit, args=(key,), width="stretch", key=f"compare_edit_{key}")
    if any(key.startswith(cached.DESIGNED) for key in keys):
        st.caption("A design is changed on the page Design.")


def _read(typed: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The keys of those that work, each once, and what is wrong with the others."""
    keys: dict[str, None] = {}
    problems: list[str] = []
    texts = _texts(typed)
    for text in texts[:MOST]:
        try:
            key = entries.key(text)
            entries.contestant(key)
        except UnknownNetworkError as error:
            problems.append(str(error) if error.near else f"{error}: the search above has them all")
        except CnnvizError as error:
            problems.append(str(error))
        else:
            keys[key] = None
    if len(texts) > MOST:
        problems.append(
            f"the app compares {MOST} networks at once, and this link has {len(texts)}: "
            f"here are the first {MOST}; cnnviz compare takes any number"
        )
    return tuple(keys), tuple(problems)


def _known(typed: str) -> list[str]:
    """The texts, as short as they can be written, each once."""
    found: dict[str, None] = {}
    for text in _texts(typed)[:MOST]:
        try:
            found[entries.text_of(entries.key(text))] = None
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


def _edit(key: str) -> None:
    spec = read(key)
    if spec.own:
        network = own_models.find(spec.target.partition("#")[0])
        shape = shape_of(spec.size, network.input_shape) if spec.size else network.input_shape
    else:
        network, shape = network_and_shape(spec)
    links.write(Chosen(network=network, input_shape=shape))
    st.session_state[_EDITED] = entries.text_of(key)


def _write(nets: str) -> None:
    st.session_state[links.NETS] = nets
