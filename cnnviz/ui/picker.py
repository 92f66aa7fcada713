"""Picks a network, a variant, an input size and options; exists once, in the frame."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnviz.architectures import CATALOGUE
from cnnviz.architectures.architecture import Architecture, Network, Option, Value
from cnnviz.errors import CnnvizError
from cnnviz.ui import counting, link_problems, links, own_models, widgets
from cnnviz.ui.links import Chosen
from cnnviz.ui.own_models import find
from cnnviz.ui.widgets import Lid

DEFAULT = "alexnet"
_PICKED = "picked"  # the select box: its labels are for people, while the link has the network's name
_TITLES = {architecture.name: f"{architecture.year} · {architecture.title}" for architecture in CATALOGUE}


class Places(NamedTuple):
    """Where a page may add to the picker."""

    bar: DeltaGenerator
    options: Lid
    presented: bool  # whether the bar has the switch that shows the page on a projector


def network_picker(*, aside: bool = False, presented: bool = True) -> Places:
    """The bar, drawn; what it says is kept for the page: `links.chosen()`.

    `aside`: the page is not about this network, so that it lies in a menu. `presented`: the bar has the
    switch that shows the page on a projector.
    """
    bar = st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall")
    inside = aside or links.presenting()
    place: DeltaGenerator = bar.popover("Network", icon=":material/category:") if inside else bar
    if aside:
        place.markdown("What Explore and kin show. This page is not about it.")
    names, variants, sizes = (place.container(width=width) for width in (260, 150, 120))
    options = _more(place, "Options", ":material/tune:", inside=inside)
    details = _more(place, "About", ":material/info:", inside=inside)
    what = details.container() if details.open else details
    with details:
        typed = _name_box()
    found = _found(typed)
    link_problems.of_picker(found)
    with names:
        _network_box(found.architecture)
    with variants:
        variant = _variant_box(found)
    target = f"{found.architecture.name}@{variant}"
    network = find(target)
    link_problems.of_options(network)
    with sizes:
        height = _height_box(network)
    counting.problem()
    with options:
        width, values = _options(network, target, seen=bool(options.open))
    network = _with_options(target, values)
    choice = Chosen(network=network, input_shape=(network.input_shape[0], height, width or height))
    st.session_state["chosen"] = choice
    if details.open:
        with what:
            _about(network)
    with bar:
        _changed_options(network)
        if presented:
            st.toggle("Present", key=links.PRESENT, bind="query-params")
    return Places(bar, options, presented)


def _more(place: DeltaGenerator, label: str, icon: str, *, inside: bool) -> Lid:
    """A place for what is seldom needed, filled while it is open; inside a popover there is no second one."""
    if inside:
        return place.expander(label, icon=icon, key=f"picker_inner_{label}", on_change="rerun")
    return place.popover(label, icon=icon, key=f"picker_{label}", on_change="rerun")


def _options(network: Network, target: str, *, seen: bool) -> tuple[int | None, dict[str, Value]]:
    """The input's width, where it has one of its own, and what the options are set to."""
    counting.switch()  # also unseen: the page Conventions sets it, and the link must follow
    width = _width_box(network, seen=seen)
    values = _option_widgets(network, seen=seen)
    if seen and not own_models.is_own(network):
        st.button("Back to the published network", on_click=_reset, args=(target,), width="stretch")
    if seen:
        own_models.uploader(_opened)
    return width, values


def _about(network: Network) -> None:
    if isinstance(network, own_models.OwnNetwork):
        st.markdown(own_models.details(network))
    else:
        st.markdown(widgets.network_details(network))
        counting.stays("Published figures")


def _option_widgets(network: Network, *, seen: bool) -> dict[str, Value]:
    """What the options are set to. While nobody sees them, those that keep their default need no widget."""
    return {
        option.name: option_widget(option)
        for option in network.options
        if seen or links.says(option.name, option.default)
    }


def option_widget(option: Option) -> Value:
    """The widget that an option's declaration asks for. Its name in the link is the option's name."""
    label = option.name.replace("_", " ")
    if option.kind == "bool":
        return st.toggle(label, bool(option.default), key=option.name, bind="query-params", help=option.help)
    if option.kind == "choice":
        return st.selectbox(
            label,
            option.choices,
            option.choices.index(str(option.default)),
            key=option.name,
            bind="query-params",
            help=option.help,
        )
    number = int if option.kind == "int" else float
    return st.number_input(
        label,
        number(option.minimum or 0),
        number(option.maximum or 0),
        number(option.default),
        number(option.step or (1 if number is int else 0.05)),
        key=option.name,
        bind="query-params",
        help=f"{option.help}. {option.rule.capitalize()}",
    )


def _name_box() -> str:
    return st.text_input(
        "Name in links and on the command line",
        DEFAULT,
        key=links.NET,
        bind="query-params",
        on_change=_typed,
    )


def _found(typed: str) -> Network:
    try:
        return find(typed)
    except CnnvizError as problem:
        found = find(DEFAULT)
        said = f"{widgets.sentence(str(problem))} Here is {found.architecture.title} instead."
        widgets.error(said, icon=":material/search:")
        return found


def _with_options(target: str, values: dict[str, Value]) -> Network:
    try:
        return find(target, options=values)
    except CnnvizError as problem:  # a widget lets a person type values between its steps
        widgets.error(f"{problem}. Here is the published network instead.", icon=":material/tune:")
        return find(target)


def _network_box(architecture: Architecture) -> None:
    st.session_state[_PICKED] = architecture.name
    titles = {**_TITLES, **own_models.titles()}
    st.selectbox(
        "Network",
        list(titles),
        format_func=titles.__getitem__,
        key=_PICKED,
        on_change=_picked,
        help="A model of your own, as an ONNX file, can be opened under Options",
    )


def _variant_box(found: Network) -> str:
    names = [variant.name for variant in found.architecture.variants]
    return st.selectbox(
        "Variant",
        names,
        names.index(found.variant.name),
        key=links.VARIANT,
        bind="query-params",
        on_change=_varied,
        help="Peers draw different networks under one name; About says where each comes from",
    )


def _height_box(network: Network) -> int:
    return st.number_input(
        "Input size",
        1,
        links.LARGEST_SIZE,
        network.input_shape[1],
        key=links.SIZE,
        bind="query-params",
        help="n_H and n_W of the input image; Options has a width of its own",
    )


def _width_box(network: Network, *, seen: bool) -> int | None:
    height, width = network.input_shape[1:]
    default = None if width == height else width
    if not (seen or links.says(links.WIDTH, default)):
        return default
    return st.number_input(
        "n_W of the input, where it is not n_H",
        1,
        links.LARGEST_SIZE,
        default,
        key=links.WIDTH,
        bind="query-params",
        placeholder="the same as n_H",
    )


def _changed_options(network: Network) -> None:
    if network.changed:
        texts = {option.name: option.text for option in network.options}
        badges = [f":orange-badge[{name} = {texts[name](value)}]" for name, value in network.changed.items()]
        st.markdown(" ".join(badges), help="Changed options", width="content")


def _picked() -> None:
    links.write(links.carried_over(links.chosen(), st.session_state[_PICKED]))


def _opened(name: str) -> None:
    network = find(name)
    links.write(Chosen(network=network, input_shape=network.input_shape))


def _varied() -> None:
    network = links.chosen().network
    target = f"{network.architecture.name}@{st.session_state[links.VARIANT]}"
    links.write(links.carried_over(links.chosen(), target))


def _typed() -> None:
    try:
        links.write(links.carried_over(links.chosen(), st.session_state[links.NET].strip()))
    except CnnvizError:
        return  # the picker says so, and keeps what was typed


def _reset(target: str) -> None:
    network = find(target)
    links.write(Chosen(network=network, input_shape=network.input_shape))
