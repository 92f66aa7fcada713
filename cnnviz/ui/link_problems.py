"""What a link asks for and cannot have: said in a sentence each, with what is shown instead.

Streamlit puts such values right without a word. So they are looked at, and taken out of the link, before any
widget reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st

from cnnviz.architectures.architecture import Network, Option
from cnnviz.errors import OptionError
from cnnviz.graph.colouring import KIND, colours
from cnnviz.graph.folding import depth, groups, paths
from cnnviz.trace import Trace
from cnnviz.ui import links, widgets
from cnnviz.ui.links import Chosen, Designed

_KEPT = "link_problems"


class _Told(NamedTuple):
    """A sentence, the parameter that it is about, and what its widget says while it is true."""

    name: str
    sentence: str
    instead: object


class _Kept(NamedTuple):
    """What is wrong with a link, until another network, size or page is chosen."""

    told: tuple[_Told, ...]
    page: str
    about: object = None  # the network and size; None until it is shown


@dataclass(frozen=True, slots=True)
class Rule:
    """What one parameter of a link may say."""

    name: str
    holds: Callable[[str], bool]
    rule: str
    way_out: str  # what is shown instead
    default: object  # what the widget begins with
    instead: int | None = None  # what it shows, where that is not the default


def one_of(name: str, names: Iterable[str], default: object = None, *, also: Iterable[str] = ()) -> Rule:
    """The rule of a parameter that has names to choose from, the first one where there is no other default.

    `also` are other spellings of them.
    """
    known = list(names)
    usual = known[0] if default is None else str(default)
    return Rule(
        name,
        lambda text: text in known or text in also,
        f"{name} is {_listed(known)}",
        f"here is {usual}",
        default=known[0] if default is None else default,
    )


def switch(name: str, *, on: bool = False) -> Rule:
    """The rule of a parameter that is true or false."""
    return Rule(name, _switch, f"{name} is true or false", f"here it is {'on' if on else 'off'}", default=on)


def take(rules: Iterable[Rule]) -> None:
    """Takes what breaks these rules from the link, and keeps a sentence for each. Before the widgets."""
    new = tuple(_taken(rules))
    if new:
        kept = _kept()
        st.session_state[_KEPT] = _Kept((*kept.told, *new), links.page())


def of_picker(network: Network) -> None:
    """Takes from the link what the picker cannot take. Call it before the picker's widgets."""
    variants = [variant.name for variant in network.architecture.variants]
    size = f"a size is a whole number from 1 to {links.LARGEST_SIZE:,}"
    height, width = network.input_shape[1:]
    rules = (
        Rule(
            links.VARIANT,
            lambda text: text in variants,
            f"{network.architecture.name} comes as {', '.join(variants)}",
            f"here is {network.variant.name}",
            default=network.variant.name,
        ),
        Rule(links.SIZE, _whole(1, links.LARGEST_SIZE), size, f"here is {height}", default=height),
        Rule(
            links.WIDTH,
            _whole(1, links.LARGEST_SIZE),
            size,
            "here it is as the network has it",
            default=None if height == width else width,
        ),
        switch(links.PRESENT),
    )
    take(rules)


def of_options(network: Network) -> None:
    """The same for the options of the network. Call it before their widgets."""
    take(
        Rule(
            option.name,
            lambda text, option=option: _allowed(option, text),  # type: ignore[misc]
            f"{option.name} is {option.rule}",
            f"here is {option.text(option.default)}",
            default=option.default,
        )
        for option in network.options
    )


def of_walk(choice: Chosen | Designed, trace: Trace) -> None:
    """The same for graph and card. Call it before their widgets."""
    if not any(map(_fresh, links.WALK)):
        return
    last, deepest = len(trace.layers) - 1, depth(groups(trace))
    name = choice.network.architecture.name if choice.network else trace.model
    possible = colours(trace)  # also one that would tell what is hidden: that it is left out needs no word
    beyond = _beyond(st.query_params.get(links.LAYER, ""), last)
    known = set(paths(groups(trace)))
    rules = (
        Rule(
            links.LAYER,
            _whole(0, last),
            f"{name} has layers 0 to {last}",
            "showing the last" if beyond else "showing the first",
            default=0,
            instead=last if beyond else None,
        ),
        Rule(
            links.LEVEL,
            lambda text: text == links.AUTO or _whole(0, deepest)(text),
            f"{name} has levels 0 to {deepest}, and {links.AUTO}",
            f"here is {links.AUTO}",
            default=links.AUTO,
        ),
        Rule(
            links.COLOUR,
            lambda text: text in possible,
            f"colours are {', '.join(possible)}",
            f"here is {KIND}",
            default=KIND,
        ),
        Rule(links.FOLD, _switch, "fold is true or false", "equal blocks are folded", default=True),
        Rule(
            links.GROUPS,
            lambda text: all(part.strip().removeprefix("-") in known for part in text.split(",") if part),
            f"{name} has no such group",
            "here it is as it opens by itself",
            default="",
        ),
    )
    take(rules)


def show(choice: Chosen) -> None:
    """Says what was wrong, until that is chosen anew, or another network or size, or another page."""
    kept = _kept()
    state = st.session_state
    told = tuple(one for one in kept.told if state.get(one.name, one.instead) == one.instead)
    if told and kept.about in (None, choice.key):
        widgets.error(" ".join(one.sentence for one in told), icon=":material/link_off:")
        state[_KEPT] = _Kept(told, kept.page, choice.key)
    else:
        state.pop(_KEPT, None)


def _kept() -> _Kept:
    """What was found on this page."""
    page = links.page()
    kept: _Kept = st.session_state.get(_KEPT, _Kept((), page))
    return kept if kept.page == page else _Kept((), page)


def _taken(rules: Iterable[Rule]) -> Iterator[_Told]:
    for rule in rules:
        text = st.query_params.get(rule.name)
        if text is None or not _fresh(rule.name) or rule.holds(text):
            continue
        del st.query_params[rule.name]
        if rule.instead is not None:
            st.session_state[rule.name] = rule.instead
        said = f"This link has {rule.name}={text:.30}, but {rule.rule}; {rule.way_out}."
        yield _Told(rule.name, said, rule.default if rule.instead is None else rule.instead)


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
    return text.lower() in ("true", "false")


def _allowed(option: Option, text: str) -> bool:
    if option.kind == "bool":  # Streamlit reads no other words from a link
        return _switch(text)
    if option.kind == "choice":
        return text in option.choices
    try:
        option.check(text)
    except OptionError:
        return False
    return True


def _listed(names: list[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
