"""What a link asks for and cannot have: said in a sentence each, with what is shown instead.

Streamlit puts such values right without a word. So they are looked at, and taken out of the link, before any
widget reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import streamlit as st

from cnnviz.architectures.architecture import Network
from cnnviz.graph.colouring import KIND, colours
from cnnviz.graph.folding import Group, depth, groups
from cnnviz.trace import Trace
from cnnviz.ui import links, widgets
from cnnviz.ui.links import Chosen

_KEPT = "link_problems"  # the sentences, and the network that they are about


@dataclass(frozen=True, slots=True)
class Rule:
    """What one parameter of a link may say."""

    name: str
    holds: Callable[[str], bool]
    rule: str
    way_out: str  # what is shown instead
    instead: int | None = None  # that value, where it is not the default


def of_picker(network: Network) -> None:
    """Takes from the link what the picker cannot take. Call it before the picker's widgets."""
    variants = [variant.name for variant in network.architecture.variants]
    size = f"a size is a whole number from 1 to {links.LARGEST_SIZE:,}"
    height = network.input_shape[1]
    rules = (
        Rule(
            links.VARIANT,
            lambda text: text in variants,
            f"{network.architecture.name} comes as {', '.join(variants)}",
            f"here is {network.variant.name}",
        ),
        Rule(links.SIZE, _whole(1, links.LARGEST_SIZE), size, f"here is {height}"),
        Rule(links.WIDTH, _whole(1, links.LARGEST_SIZE), size, "here it is as the network has it"),
        Rule(links.PRESENT, _switch, "present is true or false", "here it is off"),
    )
    _keep(_taken(rules))


def of_walk(choice: Chosen, trace: Trace) -> None:
    """The same for graph and card. Call it before their widgets."""
    if not any(map(_fresh, links.WALK)):
        return
    last, deepest = len(trace.layers) - 1, depth(groups(trace))
    name = choice.network.architecture.name
    possible = colours(trace)  # also one that would tell what is hidden: that it is left out needs no word
    beyond = _beyond(st.query_params.get(links.LAYER, ""), last)
    known = set(_paths(groups(trace)))
    rules = (
        Rule(
            links.LAYER,
            _whole(0, last),
            f"{name} has layers 0 to {last}",
            "showing the last" if beyond else "showing the first",
            last if beyond else None,
        ),
        Rule(
            links.LEVEL,
            lambda text: text == links.AUTO or _whole(0, deepest)(text),
            f"{name} has levels 0 to {deepest}, and {links.AUTO}",
            f"here is {links.AUTO}",
        ),
        Rule(
            links.COLOUR,
            lambda text: text in possible,
            f"colours are {', '.join(possible)}",
            f"here is {KIND}",
        ),
        Rule(links.FOLD, _switch, "fold is true or false", "equal blocks are folded"),
        Rule(
            links.GROUPS,
            lambda text: all(part.strip().removeprefix("-") in known for part in text.split(",") if part),
            f"{name} has no such group",
            "here it is as it opens by itself",
        ),
    )
    _keep(_taken(rules))


def show(choice: Chosen) -> None:
    """Says what was wrong, until another network or size is chosen."""
    said, about = st.session_state.get(_KEPT, ([], None))
    if said and about in (None, choice.key):
        widgets.error(" ".join(said), icon=":material/link_off:")
        st.session_state[_KEPT] = (said, choice.key)
    else:
        st.session_state.pop(_KEPT, None)


def _keep(found: Iterable[str]) -> None:
    new = list(found)
    if new:
        st.session_state[_KEPT] = ([*st.session_state.get(_KEPT, ([], None))[0], *new], None)


def _taken(rules: tuple[Rule, ...]) -> Iterator[str]:
    for rule in rules:
        text = st.query_params.get(rule.name)
        if text is None or not _fresh(rule.name) or rule.holds(text):
            continue
        del st.query_params[rule.name]
        if rule.instead is not None:
            st.session_state[rule.name] = rule.instead
        yield f"This link has {rule.name}={text:.30}, but {rule.rule}; {rule.way_out}."


def _fresh(name: str) -> bool:
    """Whether the link brings this, and no widget has read it yet."""
    return name in st.query_params and name not in st.session_state


def _whole(least: int, most: int) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        return text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most

    return holds


def _beyond(text: str, last: int) -> bool:
    return text.isascii() and text.isdigit() and (len(text) >= 20 or int(text) > last)


def _switch(text: str) -> bool:
    return text in ("true", "false")


def _paths(group: Group) -> Iterator[str]:
    for member in group.members:
        if isinstance(member, Group):
            yield member.path
            yield from _paths(member)
