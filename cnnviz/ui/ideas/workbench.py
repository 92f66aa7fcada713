"""What an idea draws in the browser, where everything that is moved is worked out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.ideas.idea import Idea
from cnnviz.ideas.values import Given, read, written
from cnnviz.ui import links, widgets
from cnnviz.ui.ideas import browser

_HAS = "ideas_has"  # digests of what the browser has been sent to keep, the last used last
_MOST_KEPT = 12  # `ideas.js` keeps as many


def values(idea: Idea) -> dict[str, Given]:
    """The idea's values as the link has them; what it cannot say is told above the picture."""
    said = read(idea.values, st.session_state.get(links.IDEA_VALUES) or "")
    if said.problems:
        told = " ".join(widgets.sentence(problem) for problem in said.problems)
        widgets.error(f"{told} Here is what is usual instead.", icon=":material/link_off:")
    return said.values


def workbench(
    idea: Idea, now: Mapping[str, Given], *, kept: Mapping[str, str] | None = None, **data: Any
) -> None:
    """Draws the idea's own JavaScript with these values; what is moved there comes into the link.

    `data` is everything else that the script needs: a few kB at most, as it is sent each time. What is `kept`
    is sent once, and again to a browser that says it is without.
    """
    browser.idea(
        idea.name,
        dict(now),
        {**data, "kept": _parcels(kept or {})},
        key=f"idea_{idea.name}",
        large=links.presenting(),
        on_moved=partial(_moved, idea),
        on_missing=lambda: st.session_state.pop(_HAS, None),
    )


def _parcels(kept: Mapping[str, str]) -> dict[str, list[str]]:
    """The digest of each text, and the text too where the browser does not have it."""
    has: list[str] = st.session_state.setdefault(_HAS, [])
    told = {}
    for name, text in kept.items():
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        told[name] = [digest] if digest in has else [digest, text]
        has[:] = [*(one for one in has if one != digest), digest][-_MOST_KEPT:]
    return told


def _moved(idea: Idea, given: Mapping[str, object]) -> None:
    try:
        st.session_state[links.IDEA_VALUES] = written(idea.values, given)
    except CnnvizError:
        return  # a browser sends nothing else but what it draws; the link stays as it was
