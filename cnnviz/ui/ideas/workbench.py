"""What an idea draws in the browser, where everything that is moved is worked out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.ideas.idea import Idea
from cnnviz.ideas.values import Given, read, written
from cnnviz.ui import links, widgets
from cnnviz.ui.ideas import browser


def values(idea: Idea) -> dict[str, Given]:
    """The idea's values as the link has them; what it cannot say is told above the picture."""
    said = read(idea.values, st.session_state.get(links.IDEA_VALUES) or "")
    if said.problems:
        told = " ".join(widgets.sentence(problem) for problem in said.problems)
        widgets.error(f"{told} Here is what is usual instead.", icon=":material/link_off:")
    return said.values


def workbench(idea: Idea, now: Mapping[str, Given], **data: Any) -> None:
    """Draws the idea's own JavaScript with these values; what is moved there comes into the link.

    `data` is everything else that the script needs: a few kB at most, as it is sent each time.
    """
    key = f"idea_{idea.name}"
    browser.idea(
        idea.name, dict(now), data, key=key, large=links.presenting(), on_moved=partial(_moved, idea)
    )


def _moved(idea: Idea, given: Mapping[str, object]) -> None:
    try:
        st.session_state[links.IDEA_VALUES] = written(idea.values, given)
    except CnnvizError:
        return  # a browser sends nothing else but what it draws; the link stays as it was
