"""What a component says to Python, read as what it should be: a browser may send anything.

What is something else is None, and whoever hears None does nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import streamlit as st

MOST_TEXT = 4_000  # letters of what a person types
_LARGEST = 2**53  # whole numbers that a browser can say exactly


def said(key: str, name: str) -> object:
    """What the component with this key has said under this name; None where it has not."""
    try:
        heard: object = st.session_state[key][name]
    except (KeyError, TypeError, AttributeError):
        return None
    return heard


def whole(value: object) -> int | None:
    """A whole number, also where it arrives as 3.0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not -_LARGEST <= value <= _LARGEST or value != int(value):  # NaN is in no range
        return None
    return int(value)


def index(value: object, last: int) -> int | None:
    """A whole number from 0 to `last`."""
    number = whole(value)
    return number if number is not None and 0 <= number <= last else None


def text(value: object) -> str | None:
    """A text of at most so many letters as a person types."""
    return value if isinstance(value, str) and len(value) <= MOST_TEXT else None


def word(value: object, known: Collection[str]) -> str | None:
    """One of the words that are known."""
    return value if isinstance(value, str) and value in known else None


def fields(value: object, of: str | None = None) -> Mapping[str, object]:
    """Named values; none where they are about something else than `of`."""
    if not isinstance(value, Mapping) or (of is not None and value.get("of") != of):
        return {}
    return value
